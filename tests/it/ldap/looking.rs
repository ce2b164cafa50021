//! Looking people up: by every name, with filters that hold, and by identifier.

use nyckelbud::directory::ldap::ObjectGuid;
use nyckelbud::directory::{Census, Directory, DirectoryError, ListedPhones, Lookup, PhoneType, Privilege};
use nyckelbud::directory::{Part, Progress, Standing, Walk, Who};
use nyckelbud::types::AccountId;

use super::{directory, facts, named, one, people, settings};
use crate::support::samba::{PWD_LAST_SET, domain};

#[tokio::test]
async fn a_person_is_found_by_every_name_and_read_whole() {
    let unit = domain().unit();
    let alias = format!("smtp:alias.{}", unit.mail("anna"));
    let details: &[(&str, &str)] = &[
        ("displayName", "Anna Asp"),
        ("department", "Hemtjänst Norr"),
        ("mobile", "070-174 06 05"),
        ("otherMobile", "ingen siffra"),
        ("proxyAddresses", &alias),
    ];
    unit.people(&[("anna", details)]);
    unit.group("Lag", &[unit.dn_of("anna")]);
    let people = people(&unit);
    let account = one(facts(&people, &unit.account("anna"), 3).await);
    for name in [unit.mail("anna").to_uppercase(), format!("alias.{}", unit.mail("anna"))] {
        assert_eq!(one(facts(&people, &name, 3).await), account, "{name}");
    }
    let by_id = people.facts(&Who::Id(account.id.clone()), 3).await.unwrap();
    assert_eq!(one(by_id), account);
    let guid = ObjectGuid::parse(account.id.as_str()).expect("the textual form");
    let person = people.by_guid(&guid).await.unwrap().expect("by its octets, too");
    assert_eq!((&person.account, person.expires, person.locked), (&account, None, Some(false)));

    assert_eq!(account.name, "Anna Asp");
    assert_eq!(account.unit, "Hemtjänst Norr");
    assert_eq!(account.username.as_str(), unit.account("anna"));
    assert_eq!((&account.standing, &account.privilege), (&Standing::Open, &Privilege::Ordinary));
    assert!(account.groups.contains(&unit.account("Lag")), "{:?}", account.groups);
    assert!(account.groups.contains(&"Domain Users".to_owned()), "the primary group");
    let phones: Vec<_> = account.phones.iter().map(|p| (p.kind, p.number.is_some())).collect();
    assert_eq!(phones, [(PhoneType::Mobile, true), (PhoneType::AlternateMobile, false)]);
}

#[tokio::test]
async fn immutable_ids_of_entra_lead_to_the_same_person() {
    let unit = domain().unit();
    unit.people(&[("anna", &[]), ("berit", &[])]);
    let people = people(&unit);
    let octets = |text: &str| *ObjectGuid::parse(text).unwrap().octets();
    let base64 = |octets: &[u8]| data_encoding::BASE64.encode(octets);
    let anna = one(facts(&people, &unit.account("anna"), 0).await);
    let own = base64(&octets(anna.id.as_str()));
    assert_eq!(people.by_immutable_id(&own).await.unwrap().unwrap().account, anna);
    // An account that was moved from another forest keeps its old identifier beside its own.
    let old = octets("11111111-2222-3333-4444-555555555555");
    let line = format!("replace: mS-DS-ConsistencyGuid\nmS-DS-ConsistencyGuid:: {}", base64(&old));
    domain().ldif(&format!("dn: {}\nchangetype: modify\n{line}\n", unit.dn_of("anna")));
    assert_eq!(people.by_immutable_id(&base64(&old)).await.unwrap().unwrap().account, anna);
    assert_eq!(people.by_immutable_id(&own).await.unwrap(), None, "it counts no more");
    assert!(people.by_immutable_id("*").await.is_err());
}

#[tokio::test]
async fn two_with_one_name_are_several_and_none_is_nobody() {
    let unit = domain().unit();
    let same = unit.mail("anna");
    let proxy = format!("smtp:{same}");
    unit.people(&[("anna", &[]), ("berit", &[("proxyAddresses", &proxy)]), ("cilla", &[("mail", &same)])]);
    let people = people(&unit);
    assert_eq!(facts(&people, &same, 0).await.lookup, Lookup::Several);
    assert!(matches!(facts(&people, &unit.account("berit"), 0).await.lookup, Lookup::One(_)));
    for nobody in ["doris", "Administrator", "svc-nyckelbud", "a~", "o'hara!#^"] {
        assert_eq!(facts(&people, nobody, 0).await.lookup, Lookup::Nobody, "{nobody}");
    }
    for id in ["", "*", "11111111-2222-3333-4444-555555555555", "*)(objectClass=*"] {
        let found = people.facts(&Who::Id(AccountId::new(id)), 0).await.unwrap();
        assert_eq!(found.lookup, Lookup::Nobody, "{id}");
    }
}

#[tokio::test]
async fn a_bare_name_is_an_account_name_or_a_principal_name_in_an_own_domain_and_of_one_alone() {
    let unit = domain().unit();
    let upn = |domain: &str| format!("{}@{domain}", unit.account("anna.berg"));
    let (own, foreign) = (upn("kommun.example"), upn("frammande.example"));
    unit.people(&[("annber01", &[("userPrincipalName", &own)]), ("anders", &[])]);
    let people = people(&unit);
    let annber = unit.account("annber01");
    for name in [&annber, &unit.account("anna.berg"), &unit.account("ANNA.Berg"), &own] {
        assert_eq!(one(facts(&people, name, 0).await).username.as_str(), annber, "{name}");
    }
    // Mail addresses are not looked for under a domain: a bare name is one of an account.
    unit.set("annber01", "mail", &format!("{}@kommun.example", unit.account("a.berg")));
    assert_eq!(facts(&people, &unit.account("a.berg"), 0).await.lookup, Lookup::Nobody);
    // Another's account name.
    unit.set("anders", "sAMAccountName", &unit.account("anna.berg"));
    assert_eq!(facts(&people, &unit.account("anna.berg"), 0).await.lookup, Lookup::Several);
    assert_eq!(one(facts(&people, &own, 0).await).username.as_str(), annber, "a whole name is clear");
    // A domain that is not the organisation's.
    unit.set("annber01", "userPrincipalName", &foreign);
    assert_eq!(one(facts(&people, &unit.account("anna.berg"), 0).await).name, "anders");
    assert_eq!(one(facts(&people, &foreign, 0).await).username.as_str(), annber);
}

#[tokio::test]
async fn a_letter_with_an_accent_is_another_letter() {
    let unit = domain().unit();
    let accented = unit.mail("björn");
    unit.people(&[("bjorgvin", &[("mail", &accented), ("displayName", "Björn")])]);
    let people = people(&unit);
    assert_eq!(facts(&people, &unit.mail("bjorn"), 0).await.lookup, Lookup::Nobody);
    assert_eq!(one(facts(&people, &unit.account("bjorgvin"), 0).await).mail, None, "no address of ours");
}

#[tokio::test]
async fn closed_and_locked_accounts_are_told_apart() {
    let unit = domain().unit();
    // 2026-11-01T00:00:00 in Stockholm.
    let expired: &[(&str, &str)] = &[("accountExpires", "134379612000000000")];
    unit.people(&[("anna", &[("userAccountControl", "514")]), ("berit", expired), ("cilla", &[])]);
    unit.lock("cilla");
    let people = people(&unit);
    let closed = |why: &str| Standing::Closed(why.to_owned());
    let anna = one(facts(&people, &unit.account("anna"), 0).await);
    assert_eq!(anna.standing, closed("switched off"));
    let berit = one(facts(&people, &unit.account("berit"), 0).await);
    assert_eq!(berit.standing, closed("expired on 2026-10-31"));
    let guid = ObjectGuid::parse(berit.id.as_str()).unwrap();
    assert!(people.by_guid(&guid).await.unwrap().unwrap().expires.is_some());
    let cilla = one(facts(&people, &unit.account("cilla"), 0).await);
    assert_eq!(cilla.standing, Standing::Open, "a reset unlocks it");
    let guid = ObjectGuid::parse(cilla.id.as_str()).unwrap();
    assert_eq!(people.by_guid(&guid).await.unwrap().unwrap().locked, Some(true));
}

#[tokio::test]
async fn what_may_not_be_read_is_an_error_and_never_no_phone() {
    let unit = domain().unit_with(&[super::rights::READ_NOTHING_OF_ACCOUNTS]);
    unit.people(&[("anna", &[("mobile", "070-174 06 05")])]);
    let read = people(&unit).facts(&named(&unit.account("anna")), 1).await;
    let hidden = matches!(&read, Err(DirectoryError::Half(_)))
        || matches!(&read, Ok(facts) if facts.lookup == Lookup::Nobody);
    assert!(hidden, "{read:?}");

    let mut settings = settings(&unit.dn());
    settings.phone_attributes = vec!["mobil".to_owned()];
    let misspelt = directory(settings).facts(&named("anna"), 1).await.unwrap_err();
    assert!(misspelt.to_string().contains("no attribute mobil"), "{misspelt}");
}

#[tokio::test]
async fn a_walk_reads_everybody_as_a_look_up_does() {
    let unit = domain().unit();
    let manager = unit.dn_of("berit");
    unit.people(&[("berit", &[("mobile", "070-174 06 06")]), ("anna", &[("manager", &manager)])]);
    let inner = unit.group("Inre", &[unit.dn_of("anna")]);
    unit.group("Yttre", &[inner]);
    let people = people(&unit);
    let told = std::sync::Mutex::new(Vec::new());
    let listed = people.walk(Walk::Export, &|progress| told.lock().unwrap().push(progress)).await.unwrap();
    assert_eq!(listed.len(), 2);
    assert_eq!(
        told.lock().unwrap().last(),
        Some(&Progress::Read { what: Part::Accounts, done: 2, all: Some(2) })
    );
    let berit = one(facts(&people, &unit.account("berit"), 0).await);
    for one_listed in &listed {
        assert_eq!(one_listed.phones, ListedPhones::Numbers);
        let looked_up = one(facts(&people, one_listed.account.username.as_str(), 0).await);
        let mut walked = one_listed.account.clone();
        // The built-in Users come with a sign-in, through Domain Users.
        walked.groups.retain(|group| looked_up.groups.contains(group));
        assert_eq!(walked.standing, looked_up.standing);
        assert_eq!((walked.privilege, walked.phones), (looked_up.privilege, looked_up.phones));
    }
    let anna = listed.iter().find(|l| l.account.username.as_str() == unit.account("anna")).unwrap();
    assert_eq!(anna.manager.as_ref(), Some(&berit.id));
    for group in ["Inre", "Yttre"] {
        assert!(anna.account.groups.contains(&unit.account(group)), "{:?}", anna.account.groups);
    }
}

#[tokio::test]
async fn one_odd_account_hides_no_other_and_where_all_are_odd_nothing_was_read() {
    let unit = domain().unit();
    unit.people(&[("anna", &[("mobile", "070-174 06 05")]), ("bo", &[("manager", &unit.dn_of("anna"))])]);
    unit.hide("anna", PWD_LAST_SET);
    let people = people(&unit);
    let looked = people.facts(&named(&unit.account("anna")), 0).await.unwrap_err();
    let told = std::sync::Mutex::new(Vec::new());
    let tell = |progress| told.lock().unwrap().push(progress);
    let listed = people.walk(Walk::Coverage, &tell).await.unwrap();
    let names: Vec<&str> = listed.iter().map(|one| one.account.username.as_str()).collect();
    assert_eq!(names, [unit.account("bo")]);
    assert!(listed[0].manager.is_some(), "whose manager is known all the same");
    let first = told.lock().unwrap().iter().find_map(|progress| match progress {
        Progress::LeftOut { accounts: 1, first } => Some(first.clone()),
        _ => None,
    });
    let first = first.expect("it is told");
    assert!(first.contains(&unit.dn_of("anna")) && first.contains("pwdLastSet"), "{first}");
    assert!(looked.to_string().contains("pwdLastSet"), "as a look-up says it: {looked}");
    unit.hide("bo", PWD_LAST_SET);
    let error = people.walk(Walk::Coverage, &|_| {}).await.unwrap_err();
    assert!(matches!(&error, DirectoryError::Half(why) if why.contains("no account")), "{error}");
}
