//! What a register must refuse, and what it answers.

use super::*;

const TODAY: &str = "2026-11-24";

const REGISTER: &str = r#"
[[account]]
id = "1"
username = "anna.andersson@kommun.example"
aliases = ["aand01"]
name = "Anna Andersson"
mail = "Anna@kommun.example"
unit = "Skolan"
groups = ["Lärare"]
manager = "erik.ek@kommun.example"
[[account.phone]]
number = "070-174 06 05"
type = "mobile"
registered_at = 2026-01-02T03:04:05Z
[[account.phone]]
number = "040-628 04 00 ankn 12"
type = "office"

[[account]]
id = "2"
username = "erik.ek@kommun.example"
name = "Erik Ek"
manager = "3"
absent = 2026-11-24

[[account]]
id = "3"
username = "Karin.Ek@kommun.example"
enabled = false
manager = "1"
"#;

fn named(name: &str) -> Who {
    Who::Named(Username::parse(name).unwrap())
}

fn account(register: &Register, who: &Who) -> Account {
    match register.facts(who, &[], 3, TODAY).unwrap().lookup {
        Lookup::One(account) => *account,
        other => panic!("{other:?}"),
    }
}

fn minimal(id: &str, username: &str, more: &str) -> String {
    format!("[[account]]\nid = \"{id}\"\nusername = \"{username}\"\n{more}\n")
}

fn error(text: &str) -> RegisterError {
    parse(text).unwrap_err()
}

#[test]
fn an_account_answers_to_all_its_names_in_any_case() {
    let register = parse(REGISTER).unwrap();
    for name in ["Anna.Andersson@KOMMUN.example", "AAND01", "anna@kommun.example"] {
        assert_eq!(account(&register, &named(name)).id, AccountId::new("1"), "{name}");
    }
    assert_eq!(account(&register, &Who::Id(AccountId::new("1"))).name, "Anna Andersson");
    assert_eq!(register.facts(&named("anna"), &[], 3, TODAY).unwrap().lookup, Lookup::Nobody);
    assert_eq!(register.counts(), (3, 1));
}

#[test]
fn phones_come_with_type_and_age_and_a_text_that_is_no_number_stays_known_as_one() {
    let anna = account(&parse(REGISTER).unwrap(), &named("aand01"));
    assert_eq!(
        anna.phones,
        [
            RegisteredPhone {
                number: PhoneNumber::parse("0701740605").ok(),
                kind: PhoneType::Mobile,
                registered_at: parse_rfc3339("2026-01-02T03:04:05Z"),
            },
            RegisteredPhone { number: None, kind: PhoneType::Office, registered_at: None },
        ]
    );
}

#[test]
fn the_chain_goes_up_by_username_or_id_as_far_as_asked_and_ends_where_a_cycle_closes() {
    let register = parse(REGISTER).unwrap();
    let chain = |depth| -> Vec<String> {
        let managers = register.facts(&named("aand01"), &[], depth, TODAY).unwrap().managers;
        managers.iter().map(|manager| manager.id.to_string()).collect()
    };
    assert_eq!(chain(0), Vec::<String>::new());
    assert_eq!(chain(1), ["2"]);
    assert_eq!(chain(9), ["2", "3", "1"], "the one who comes again is told");
    let own = parse(&minimal("1", "anna", "manager = \"anna\"")).unwrap();
    let above = own.facts(&named("anna"), &[], 3, TODAY).unwrap().managers;
    assert_eq!(above.iter().map(|manager| manager.id.as_str()).collect::<Vec<_>>(), ["1"]);
}

#[test]
fn an_absence_lasts_until_the_end_of_its_last_day() {
    for (absent, on, expected) in [
        ("true", TODAY, Absence::Absent),
        ("false", TODAY, Absence::Present),
        ("2026-11-24", "2026-11-24", Absence::Absent),
        ("2026-11-24", "2026-11-25", Absence::Present),
        ("2026-11-24T08:00:00+01:00", "2026-11-24", Absence::Absent),
        ("\"2026-11-24T08:00:00Z\"", "2026-11-24", Absence::Absent),
        ("\"2026-11-24\"", "2026-11-25", Absence::Present),
        ("2027-01-07", "2026-12-31", Absence::Absent),
    ] {
        let text = minimal("1", "anna", "manager = \"2\"") + &minimal("2", "erik", "") + "absent = " + absent;
        let facts = parse(&text).unwrap().facts(&named("anna"), &[], 1, on).unwrap();
        assert_eq!(facts.managers[0].absence, expected, "{absent} on {on}");
    }
}

#[test]
fn a_manager_who_does_not_exist_or_could_be_two_is_half_an_answer() {
    let nobody = parse(&minimal("1", "anna", "manager = \"erik\"")).unwrap();
    let two = parse(
        &[minimal("1", "anna", "manager = \"erik\""), minimal("2", "erik", ""), minimal("erik", "karin", "")]
            .concat(),
    )
    .unwrap();
    let same_id = parse(
        &[minimal("1", "anna", "manager = \"erik\""), minimal("2", "erik", ""), minimal("2", "karin", "")]
            .concat(),
    )
    .unwrap();
    for register in [nobody, two, same_id] {
        let error = register.facts(&named("anna"), &[], 3, TODAY).unwrap_err();
        assert!(matches!(error, DirectoryError::Half(_)), "{error}");
        // Nobody asks for the chain: the account itself is whole.
        assert!(register.facts(&named("anna"), &[], 0, TODAY).is_ok());
    }
}

#[test]
fn a_name_or_id_of_two_accounts_names_nobody() {
    let same = |a: &str, b: &str| parse(&[a, b].concat()).unwrap();
    let username = same(&minimal("1", "anna", ""), &minimal("2", "ANNA", ""));
    let alias = same(&minimal("1", "anna", ""), &minimal("2", "annb", "aliases = [\"Anna\"]"));
    let mail = same(
        &minimal("1", "anna@kommun.example", ""),
        &minimal("2", "annb", "mail = \"anna@kommun.example\""),
    );
    let id = same(&minimal("1", "anna", ""), &minimal("1", "annb", ""));
    for (register, who) in [
        (&username, named("anna")),
        (&alias, named("anna")),
        (&mail, named("anna@kommun.example")),
        (&id, named("anna")),
        (&id, Who::Id(AccountId::new("1"))),
    ] {
        assert_eq!(register.facts(&who, &[], 3, TODAY).unwrap().lookup, Lookup::Several, "{who:?}");
    }
    // The same name twice on one account is one person, and the other account is still clear.
    let twice = parse(&minimal("1", "anna", "aliases = [\"anna\", \"aand01\", \"ANNA\"]")).unwrap();
    assert_eq!(account(&twice, &named("anna")).id, AccountId::new("1"));
    assert_eq!(account(&alias, &named("annb")).id, AccountId::new("2"));
}

#[test]
fn what_is_not_understood_completely_is_refused_with_its_line() {
    for (text, line, words) in [
        (minimal("1", "anna", "nick = \"x\""), 4, "nick"),
        (minimal("1", "anna", "enabled = \"yes\""), 4, "boolean"),
        (minimal("1", "anna", "mail = \"not a mail\""), 4, "mail address"),
        (minimal("1", "anna", "\naliases = [\"a b\"]"), 5, "username"),
        (minimal("1", "anna", "absent = \"soon\""), 4, "absent"),
        (minimal("1", "anna", "absent = 7"), 4, "absent"),
        (minimal(" ", "anna", ""), 2, "id"),
        ("[[account]]\nid = \"1\"\n".to_owned(), 1, "username"),
        ("[[account]]\nid = ".to_owned(), 2, ""),
        (String::new(), 1, "no [[account]]"),
        ("[[person]]\nid = \"1\"\n".to_owned(), 1, "person"),
        (
            minimal("1", "anna", "[[account.phone]]\nnumber = \"070-174 06 05\"\ntype = \"fax\""),
            6,
            "alternate-mobile",
        ),
        (
            minimal(
                "1",
                "anna",
                "[[account.phone]]\nnumber = \"070-174 06 05\"\ntype = \"mobile\"\nregistered_at = 1",
            ),
            7,
            "registered_at",
        ),
    ] {
        let error = error(&text);
        assert_eq!(error.line, line, "{error}\n{text}");
        assert!(error.to_string().contains(words), "{error}");
    }
}

#[test]
fn no_error_shows_a_phone_number() {
    for phone in [
        "number = 46701740605\ntype = \"mobile\"",
        "number = \"x\"\ntype = \"46701740605\"",
        "number = \"0701740605\"\ntype = \"mobile\"\n46701740605 = 1",
        "number = 0701740605\ntype = \"mobile\"",
    ] {
        let error = error(&minimal("1", "anna", &format!("[[account.phone]]\n{phone}")));
        assert!(!error.to_string().contains("1740605"));
    }
}

#[test]
fn what_a_time_leaves_open_makes_the_phone_younger() {
    for (value, expected) in [
        ("2026-01-02T03:04:05+01:00", "2026-01-02T02:04:05Z"),
        ("\"2026-01-02T03:04:05Z\"", "2026-01-02T03:04:05Z"),
        ("2026-01-02T03:04:05", "2026-01-02T03:04:05Z"),
        ("2026-01-02", "2026-01-02T23:59:59Z"),
    ] {
        let text = minimal(
            "1",
            "anna",
            &format!(
                "[[account.phone]]\nnumber = \"0701740605\"\ntype = \"mobile\"\nregistered_at = {value}"
            ),
        );
        let anna = account(&parse(&text).unwrap(), &named("anna"));
        assert_eq!(anna.phones[0].registered_at, parse_rfc3339(expected), "{value}");
    }
}

#[test]
fn a_register_is_written_as_it_is_read() {
    let text = REGISTER.replace("name = \"Erik Ek\"", "name = \"Erik Ek\"\nprotected = \"directory role\"");
    let read = parse(&text).unwrap();
    let written = write(&read.listed().unwrap()).unwrap();
    let again = parse(&written).unwrap();
    let expected = read.listed().unwrap();
    assert_eq!(again.listed().unwrap(), expected);
    assert_eq!(expected[1].account.privilege, Privilege::Privileged("directory role".to_owned()));

    let mut unknown = expected.clone();
    unknown[2].phones = ListedPhones::Types(vec![PhoneType::Mobile]);
    let error = write(&unknown).unwrap_err().to_string();
    assert!(error.contains("the phones of Karin.Ek@kommun.example are not known"), "{error}");
}

#[test]
fn a_bare_name_is_looked_for_under_each_own_domain() {
    let text = "[[account]]\nid = \"1\"\nusername = \"anna.berg@kommun.example\"\nmail = \"a.b@kommun.example\"\n\
        [[account]]\nid = \"2\"\nusername = \"bo@annan.example\"\naliases = [\"bosse\"]\n";
    let domains = ["edu.kommun.example", "kommun.example"].map(str::to_owned);
    let found = |register: &Register, name: &str| match register
        .facts(&named(name), &domains, 0, TODAY)
        .unwrap()
        .lookup
    {
        Lookup::One(account) => account.id.as_str().to_owned(),
        Lookup::Nobody => "nobody".to_owned(),
        Lookup::Several => "several".to_owned(),
    };
    let register = parse(text).unwrap();
    for (name, who) in
        [("Anna.Berg", "1"), ("a.b", "nobody"), ("bo", "nobody"), ("bosse", "2"), ("bo@annan.example", "2")]
    {
        assert_eq!(found(&register, name), who, "{name}");
    }
    let register = parse(&text.replace("bosse", "anna.berg")).unwrap();
    assert_eq!(found(&register, "anna.berg"), "several");
    assert_eq!(found(&register, "anna.berg@kommun.example"), "1");
}

#[test]
fn whose_phones_are_not_known_has_unreadable_ones_and_whoever_is_passed_over_has_none() {
    let mut listed = parse(REGISTER).unwrap().listed().unwrap();
    listed[0].phones = ListedPhones::Unknown("masked".to_owned());
    listed[0].manager = None;
    listed[0].sponsors = Some(["elsewhere", "2", "3"].map(AccountId::new).to_vec());
    listed[1].passed_over = true;
    listed[1].account.phones = listed[0].account.phones.clone();
    let again = parse(&write(&listed).unwrap()).unwrap().listed().unwrap();
    let kinds = [PhoneType::Mobile, PhoneType::AlternateMobile, PhoneType::Office];
    let unreadable = kinds.map(|kind| RegisteredPhone { number: None, kind, registered_at: None });
    assert_eq!(again[0].account.phones, unreadable, "nor is one that could be read all there is");
    assert_eq!(again[0].manager, Some(AccountId::new("3")), "the first who is asked");
    assert_eq!(again[1].account.phones, []);
}

#[test]
fn people_are_found_by_the_beginnings_of_the_words_of_their_names() {
    let register = parse(REGISTER).unwrap();
    let found = |name: &str| {
        let found = register.people(name, 10);
        found.into_iter().map(|one| one.username.folded()).collect::<Vec<_>>()
    };
    for name in ["anna", "ANDERS an", "aand", "anna.andersson@kommun.example"] {
        assert_eq!(found(name), ["anna.andersson@kommun.example"], "{name}");
    }
    assert_eq!(found("ek"), ["erik.ek@kommun.example", "karin.ek@kommun.example"]);
    for name in ["nna", "anna ek", "", " ", "*"] {
        assert_eq!(found(name), [""; 0], "{name}");
    }
    assert_eq!(register.people("ek", 1).len(), 1);
    let karin = register.people("karin", 1).remove(0);
    assert!(!karin.open && karin.mail.is_none(), "switched off is told: {karin:?}");
}
