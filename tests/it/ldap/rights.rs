//! `check`: each right that is taken away is named, and each that is too much.

use nyckelbud::directory::{Directory, Finding, Verdict};
use nyckelbud::password::PasswordReset;

use super::{people, reset_of, settings_of};
use crate::support::samba::{
    DELEGATED, DOMAIN, READ_NO_LOCK, READ_NOTHING, RESET_PASSWORD, WRITE_ACCOUNT_CONTROL, WRITE_LOCKOUT_TIME,
    WRITE_PWD_LAST_SET, domain,
};

pub(super) const READ_NOTHING_OF_ACCOUNTS: &str = READ_NOTHING;

const NEEDED: [&str; 3] = ["Reset Password", "Write pwdLastSet", "Write lockoutTime"];

async fn writing(rights: &[&str]) -> Vec<Finding> {
    let unit = domain().unit_with(rights);
    unit.people(&[("anna", &[]), ("berit", &[])]);
    reset_of(&people(&unit)).rights().await
}

#[track_caller]
fn of<'f>(findings: &'f [Finding], right: &str) -> &'f Finding {
    findings.iter().find(|f| f.right == right).unwrap_or_else(|| panic!("no {right} in {findings:#?}"))
}

#[tokio::test]
async fn with_its_delegation_the_account_has_each_right_and_none_too_many() {
    let findings = writing(&DELEGATED).await;
    for finding in &findings {
        assert_eq!(finding.verdict, Verdict::Good, "{finding:#?}");
        assert!(finding.todo.is_empty(), "{finding:#?}");
    }
    assert_eq!(findings.len(), 5, "{findings:#?}");
}

#[tokio::test]
async fn each_right_that_is_taken_away_is_named_with_the_command_that_gives_it() {
    let delegated = [
        (RESET_PASSWORD, NEEDED[0], "CA;Reset Password;user"),
        (WRITE_PWD_LAST_SET, NEEDED[1], "RPWP;pwdLastSet;user"),
        (WRITE_LOCKOUT_TIME, NEEDED[2], "RPWP;lockoutTime;user"),
    ];
    for (line, right, command) in delegated {
        let kept: Vec<&str> = DELEGATED.into_iter().filter(|other| *other != line).collect();
        let findings = writing(&kept).await;
        for needed in NEEDED {
            let wanted = if needed == right { Verdict::Bad } else { Verdict::Good };
            assert_eq!(of(&findings, needed).verdict, wanted, "{findings:#?}");
        }
        let todo = &of(&findings, right).todo;
        assert!(todo.starts_with("dsacls \"OU=Enhet ") && todo.contains(command), "{todo}");
    }
}

#[tokio::test]
async fn a_right_too_many_is_told() {
    let findings = writing(&[&DELEGATED[..], &[WRITE_ACCOUNT_CONTROL]].concat()).await;
    let found = of(&findings, "no right too many");
    assert_eq!(found.verdict, Verdict::Care, "{found:#?}");
    assert!(found.text.contains("userAccountControl"), "{found:#?}");
}

#[tokio::test]
async fn a_protected_group_that_nobody_has_is_named_and_one_that_is_known_by_number_is_not() {
    let unit = domain().unit();
    unit.people(&[("anna", &[])]);
    let group = unit.group("Skyddade", &[]);
    let (_, cn) = group.split_once('=').unwrap();
    let (cn, _) = cn.split_once(',').unwrap();
    let (misspelt, accented) = (unit.account("Skydade"), unit.account("Skyddåde"));
    let there = [unit.account("SKYDDADE"), cn.to_owned(), "domain admins".to_owned()];
    // As in a domain in another language, or one that is older than this group.
    let by_number = ["Key Admins".to_owned()];
    let mut settings = super::settings(&unit.dn());
    settings.watched_groups = [&there[..], &by_number, &[misspelt.clone(), accented.clone()]].concat();
    let findings = super::directory(settings.clone()).rights().await;
    let named: Vec<&Finding> = findings.iter().filter(|f| f.right == "policy.protected_groups").collect();
    assert_eq!(named.len(), 2, "{named:#?}");
    for (finding, name) in named.into_iter().zip([misspelt, accented]) {
        assert_eq!(finding.verdict, Verdict::Care, "{finding:#?}");
        assert!(finding.text.contains(&name) && finding.todo.contains("sAMAccountName"), "{finding:#?}");
    }
    // Of a directory that cannot be asked nobody knows what groups it has.
    settings.servers.addresses = vec!["ldaps://127.0.0.1:9".to_owned()];
    let findings = super::directory(settings).rights().await;
    assert!(findings.iter().all(|f| f.right != "policy.protected_groups"), "{findings:#?}");
}

#[tokio::test]
async fn reading_is_tried_on_every_server_and_for_every_attribute() {
    let unit = domain().unit();
    unit.people(&[("anna", &[("mobile", "070-174 06 05")])]);
    let addresses =
        [format!("ldaps://127.0.0.1:{}", domain().ldaps_port()), "ldaps://127.0.0.1:9".to_owned()];
    let findings = super::directory(settings_of(&addresses, &unit.dn())).rights().await;
    let servers: Vec<_> = findings.iter().filter(|f| f.right == "server").map(|f| f.verdict).collect();
    assert_eq!(servers, [Verdict::Good, Verdict::Bad], "{findings:#?}");
    assert_eq!(of(&findings, "Read all properties").verdict, Verdict::Good);
    assert_eq!(of(&findings, "Read mobile").verdict, Verdict::Good);
    assert_eq!(of(&findings, "Read otherMobile").verdict, Verdict::Care, "nobody has one");

    let unit = domain().unit_with(&[&DELEGATED[..], &[READ_NOTHING]].concat());
    unit.people(&[("anna", &[("mobile", "070-174 06 05")])]);
    let findings = people(&unit).rights().await;
    assert_eq!(of(&findings, "Read all properties").verdict, Verdict::Bad, "{findings:#?}");
    let unit = domain().unit_with(&[&DELEGATED[..], &[READ_NO_LOCK]].concat());
    unit.people(&[("anna", &[("mobile", "070-174 06 05")])]);
    let findings = people(&unit).rights().await;
    let found = of(&findings, "Read all properties");
    assert_eq!(found.verdict, Verdict::Bad, "{found:#?}");
    assert!(found.text.contains("msDS-User-Account-Control-Computed in "), "{found:#?}");
    let missing = super::directory(settings_of(&addresses[..1], &format!("OU=Finns inte,{DOMAIN}")));
    let why = missing.probe().await.unwrap_err().to_string();
    assert!(why.contains("base_dn"), "{why}");
}
