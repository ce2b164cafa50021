//! Who could be helped, before anybody asks.

use super::*;
use crate::decision::coverage::{Help, by_unit, coverage};
use crate::directory::{Listed, ListedPhones, PhoneType, Standing};

/// Somebody whose manager is `above`.
fn somebody(id: &str, above: Option<&str>, phones: ListedPhones, numbers: &[(&str, PhoneType)]) -> Listed {
    let account = Account {
        id: AccountId::new(id),
        username: Username::parse(&format!("{id}@kommun.example")).unwrap(),
        unit: "Skolan".to_owned(),
        phones: numbers.iter().map(|(text, kind)| phone(text, *kind)).collect(),
        ..anna()
    };
    let manager = above.map(AccountId::new);
    Listed { account, phones, manager, sponsors: Some(Vec::new()), passed_over: false }
}

fn with_numbers(id: &str, above: Option<&str>, numbers: &[(&str, PhoneType)]) -> Listed {
    somebody(id, above, ListedPhones::Numbers, numbers)
}

fn help_of(listed: &[Listed], policy: &Policy) -> Vec<(String, Help)> {
    let all = coverage(listed, policy, NOW);
    all.iter().map(|one| (one.username.as_str().replace("@kommun.example", ""), one.help)).collect()
}

fn expected(all: &[(&str, Help)]) -> Vec<(String, Help)> {
    all.iter().map(|(who, help)| ((*who).to_owned(), *help)).collect()
}

#[test]
fn everybody_is_helped_by_text_by_a_manager_or_not_at_all() {
    let mut protected = with_numbers("f", None, &[(MOBILE, PhoneType::Mobile)]);
    protected.account.privilege = Privilege::Unknown("no right".to_owned());
    let mut gone = with_numbers("g", None, &[]);
    gone.account.standing = closed();
    let listed = [
        with_numbers("a", Some("e"), &[(MOBILE, PhoneType::Mobile)]),
        with_numbers("b", Some("e"), &[]),
        with_numbers("c", None, &[(LANDLINE, PhoneType::Mobile)]),
        with_numbers("d", Some("d"), &[]),
        with_numbers("e", None, &[(OTHER_MOBILE, PhoneType::Mobile)]),
        protected,
        gone,
        somebody("h", None, ListedPhones::Unknown("no right".to_owned()), &[]),
        somebody("i", None, ListedPhones::Types(vec![PhoneType::Mobile]), &[]),
        somebody("j", Some("i"), ListedPhones::Types(vec![PhoneType::Office]), &[]),
        somebody("k", Some("j"), ListedPhones::Types(Vec::new()), &[]),
    ];
    let policy = Asked::fine().policy;
    let all = [
        ("a", Help::Text),
        ("b", Help::Manager),
        ("c", Help::NoTexts),
        ("d", Help::NoPhone),
        ("e", Help::Text),
        ("f", Help::Protected),
        ("h", Help::Unknown),
        ("i", Help::Text),
        ("j", Help::Manager),
        ("k", Help::Manager),
    ];
    assert_eq!(help_of(&listed, &policy), expected(&all), "who cannot sign in is nobody to be helped");
    let units = by_unit(&coverage(&listed, &policy, NOW)).remove("Skolan").unwrap();
    assert_eq!((units[&Help::Text], units[&Help::Manager], units.values().sum::<usize>()), (3, 3, 10));
}

#[test]
fn a_manager_counts_only_within_reach_and_where_the_site_asks_managers() {
    let listed = [
        with_numbers("a", Some("b"), &[]),
        with_numbers("b", Some("c"), &[]),
        with_numbers("c", Some("d"), &[]),
        with_numbers("d", Some("a"), &[(MOBILE, PhoneType::Mobile)]),
    ];
    let mut policy = Policy { manager_depth: 3, ..Asked::fine().policy };
    let help = |policy: &Policy| help_of(&listed, policy)[0].1;
    assert_eq!(help(&policy), Help::Manager);
    policy.manager_depth = 2;
    assert_eq!(help(&policy), Help::NoPhone);
    policy.manager_depth = 3;
    policy.no_phone = Fallback::Review;
    assert_eq!(help(&policy), Help::NoPhone);
    let mut away = listed.clone();
    away[3].account.standing = Standing::Closed("expired".to_owned());
    policy.no_phone = Fallback::Manager;
    assert_eq!(help_of(&away, &policy)[0].1, Help::NoPhone, "whose account is closed cannot be asked");
}

#[test]
fn a_manager_who_was_not_read_is_unknown_and_not_no_phone() {
    let hidden = || ListedPhones::Unknown("no right".to_owned());
    let listed = [
        with_numbers("a", Some("elsewhere"), &[]),
        with_numbers("b", Some("elsewhere"), &[(LANDLINE, PhoneType::Mobile)]),
        with_numbers("c", Some("f"), &[]),
        with_numbers("d", Some("g"), &[]),
        with_numbers("e", Some("elsewhere"), &[(MOBILE, PhoneType::Mobile)]),
        somebody("f", None, hidden(), &[]),
        somebody("g", Some("e"), hidden(), &[]),
    ];
    let mut policy = Asked::fine().policy;
    let unknown = Help::Unknown;
    let all = [
        ("a", unknown),
        ("b", unknown),
        ("c", unknown),
        ("d", Help::Manager),
        ("e", Help::Text),
        ("f", unknown),
        ("g", unknown),
    ];
    assert_eq!(help_of(&listed, &policy), expected(&all));
    policy.no_phone = Fallback::Review;
    assert_eq!(help_of(&listed, &policy)[0].1, Help::NoPhone, "where no manager is asked, none matters");
}

#[test]
fn whoever_has_only_phones_that_a_technician_must_look_at_is_not_helped_by_a_manager() {
    let of = |id: &str, kind: PhoneType, change: fn(&mut RegisteredPhone)| {
        let mut one = with_numbers(id, Some("e"), &[(MOBILE, kind)]);
        change(&mut one.account.phones[0]);
        one
    };
    let too_new = |phone: &mut RegisteredPhone| phone.registered_at = Some(NOW);
    let no_number = |phone: &mut RegisteredPhone| phone.number = None;
    let mut two = of("d", PhoneType::Mobile, too_new);
    two.account.phones.push(phone(OTHER_MOBILE, PhoneType::AlternateMobile));
    let listed = [
        of("a", PhoneType::Mobile, too_new),
        of("b", PhoneType::Mobile, no_number),
        of("c", PhoneType::Office, no_number),
        two,
        with_numbers("e", None, &[(OTHER_MOBILE, PhoneType::Mobile)]),
        somebody("f", None, ListedPhones::Types(vec![PhoneType::Mobile]), &[]),
    ];
    let mut policy = Policy { phone_age: Duration::from_secs(60), ..Asked::fine().policy };
    let all = [
        ("a", Help::NoTexts),
        ("b", Help::NoTexts),
        ("c", Help::Manager),
        ("d", Help::Text),
        ("e", Help::Text),
        ("f", Help::Text),
    ];
    assert_eq!(help_of(&listed, &policy), expected(&all));
    let by_type = coverage(&listed, &policy, NOW).iter().filter(|one| one.by_type).count();
    assert_eq!(by_type, 1, "of whom the age of the phone is not known");
    policy.countries = vec!["NO".to_owned()];
    let all = ["a", "b", "c", "d", "e"].map(|who| (who, Help::NoTexts));
    assert_eq!(help_of(&listed, &policy)[..5], expected(&all), "and no manager's phone is texted");
}

#[test]
fn a_guest_is_passed_over_as_a_manager_and_whoever_is_above_is_not() {
    let mut listed = [
        with_numbers("a", Some("b"), &[]),
        with_numbers("b", Some("c"), &[(MOBILE, PhoneType::Mobile)]),
        with_numbers("c", None, &[]),
    ];
    let policy = Asked::fine().policy;
    assert_eq!(help_of(&listed, &policy)[0].1, Help::Manager);
    listed[1].passed_over = true;
    assert_eq!(help_of(&listed, &policy)[0].1, Help::NoPhone);
    listed[2] = with_numbers("c", None, &[(OTHER_MOBILE, PhoneType::Mobile)]);
    assert_eq!(help_of(&listed, &policy)[0].1, Help::Manager);
    listed[1].phones = ListedPhones::Unknown("masked".to_owned());
    listed[2] = with_numbers("c", None, &[]);
    assert_eq!(help_of(&listed, &policy)[0].1, Help::NoPhone, "nor does it matter what phones it has");
}

#[test]
fn sponsors_are_asked_side_by_side_where_there_is_no_manager() {
    let ids = |names: &[&str]| Some(names.iter().map(|name| AccountId::new(*name)).collect());
    let mut listed = [
        with_numbers("a", None, &[]),
        with_numbers("b", Some("c"), &[]),
        with_numbers("c", None, &[(MOBILE, PhoneType::Mobile)]),
    ];
    let mut policy = Policy { manager_depth: 2, ..Asked::fine().policy };
    let mut help = |sponsors: Option<Vec<AccountId>>, depth: u8| {
        listed[0].sponsors = sponsors;
        policy.manager_depth = depth;
        help_of(&listed, &policy)[0].1
    };
    assert_eq!(help(ids(&["b", "c"]), 2), Help::Manager);
    assert_eq!(help(ids(&["b", "c"]), 1), Help::NoPhone, "one is asked");
    assert_eq!(help(ids(&["b"]), 2), Help::NoPhone, "a sponsor's manager is nobody's");
    assert_eq!(help(ids(&["elsewhere", "b"]), 2), Help::Unknown);
    assert_eq!(help(ids(&["elsewhere", "c"]), 2), Help::Manager);
    assert_eq!(help(ids(&[]), 2), Help::NoPhone);
    assert_eq!(help(None, 2), Help::Unknown, "nobody knows them");
    listed[0].sponsors = ids(&["c"]);
    listed[0].manager = Some(AccountId::new("b"));
    listed[1].manager = None;
    assert_eq!(help_of(&listed, &policy)[0].1, Help::NoPhone, "nor is anybody but the manager asked");
}

#[test]
fn what_a_managers_link_asks_for_says_who_can_be_one() {
    let above = |mail: bool, number: &str| {
        let mut manager = with_numbers("e", None, &[(number, PhoneType::Mobile)]);
        manager.account.mail = manager.account.mail.filter(|_| mail);
        [with_numbers("b", Some("e"), &[]), manager]
    };
    let helped = |pickup, mail, number: &str, told| {
        let policy = Policy { pickup, manager_told: told, ..policy() };
        help_of(&above(mail, number), &policy)[0].1 == Help::Manager
    };
    let both = ToldBy { text: true, mail: true };
    assert!(helped(Pickup::LinkAndCode, true, MOBILE, both));
    assert!(!helped(Pickup::LinkAndCode, false, MOBILE, both));
    assert!(!helped(Pickup::LinkAndCode, true, LANDLINE, both));
    assert!(helped(Pickup::SignIn, true, LANDLINE, both));
    assert!(helped(Pickup::SignIn, false, MOBILE, both));
    assert!(!helped(Pickup::SignIn, false, MOBILE, ToldBy { text: false, mail: true }));
    assert!(!helped(Pickup::SignIn, true, LANDLINE, ToldBy { text: true, mail: false }));
    for by_text in [Pickup::Link, Pickup::Code] {
        assert!(helped(by_text, false, MOBILE, both));
        assert!(!helped(by_text, true, LANDLINE, both));
    }
}
