//! Signing in, sessions, and the gate before every page of the desk's people: the real store and the real worker,
//! over HTTP.

use std::time::Duration;

use nyckelbud::clock::Clock;
use nyckelbud::store::{AuditEntry, NewSession, StaffChange};
use nyckelbud::totp;
use nyckelbud::types::{Role, StaffName, UnixMillis};

use crate::support::audit_rows;
use crate::support::browser::Browser;
use crate::support::client::{Answer, Asked, ask};
use crate::support::demo_desk;
use crate::support::desk::{OpenDesk, TurnedClock};
use crate::support::staff::{PASSWORD, account, sign_in};

/// A desk that serves its pages, with people at work.
pub struct Open {
    pub folder: tempfile::TempDir,
    pub clock: TurnedClock,
    pub desk: OpenDesk,
    pub address: std::net::SocketAddr,
}

pub async fn open() -> Open {
    open_behind("").await
}

/// The same, with `more` under `[web]`.
pub async fn open_behind(more: &str) -> Open {
    open_with(more, "").await
}

/// The same, with more sections.
pub async fn open_with(more: &str, sections: &str) -> Open {
    let (folder, clock) = (tempfile::tempdir().unwrap(), TurnedClock::default());
    demo_desk::build_with(folder.path(), sections);
    let file = folder.path().join("nyckelbud.toml");
    let config = std::fs::read_to_string(&file).unwrap();
    assert!(config.contains("[web]\n"));
    std::fs::write(&file, config.replace("[web]\n", &format!("[web]\n{more}\n"))).unwrap();
    let desk = OpenDesk::open(folder.path(), &clock, |_| {}).await;
    for (name, role) in
        [("eva.lind", Role::Technician), ("gun.ek", Role::Auditor), ("per.ost", Role::Administrator)]
    {
        desk.employ(&account(name, role, None)).await;
    }
    let address = desk.serve().await;
    Open { folder, clock, desk, address }
}

impl Open {
    pub fn browser(&self) -> Browser {
        Browser::new(self.address)
    }

    pub async fn signed_in(&self, name: &str) -> Browser {
        let mut browser = self.browser();
        let page = sign_in(&mut browser, name, PASSWORD, "").await;
        assert_eq!(page.status, 200, "{}", page.body);
        browser
    }

    pub async fn events(&self, event: &str) -> Vec<String> {
        let rows = audit_rows::read(&self.folder.path().join("var/nyckelbud.db")).await;
        rows.into_iter().filter(|(_, name, _)| name == event).map(|(_, _, data)| data).collect()
    }

    async fn change(&self, name: &str, change: StaffChange) {
        let audit =
            AuditEntry { actor: "cli:test".to_owned(), event: "user.x".to_owned(), data: "{}".to_owned() };
        let name = StaffName::parse(name).unwrap();
        assert!(self.desk.parts.store.change_staff(&name, &change, &audit, self.clock.now()).await.unwrap());
    }
}

/// What a page says, without what is made for one browser.
fn words(answer: &Answer) -> String {
    let (before, rest) = answer.body.split_once("name=\"form\" value=\"").expect("a form");
    let (_, after) = rest.split_once('"').unwrap();
    format!("{} {before}{after}", answer.status)
}

#[tokio::test]
async fn whoever_signs_in_lands_where_they_were_going_and_leaves_for_good() {
    let open = open().await;
    let mut browser = open.browser();
    let sent = browser.open("/account?x=1").await;
    assert_eq!((sent.status, sent.header("location")), (303, "/login?to=%2Faccount%3Fx%3D1"));
    browser.open("/login?to=%2Faccount%3Fx%3D1").await;
    let page = browser.press_with("/login", &format!("&name=Eva.Lind&password={PASSWORD}&code=")).await;
    assert!(page.status == 200 && page.body.contains("Eva Lind"), "{}", page.body);
    assert!(page.body.contains("tekniker"), "{}", page.body);
    assert_eq!(open.events("user.signed-in").await, [r#"{"how":"local","role":"technician"}"#]);
    let kept = browser.cookie("nyckelbud-staff");
    let gone = browser.press("/logout").await;
    assert!(gone.body.contains("Logga in"), "{}", gone.body);
    assert_eq!(open.events("user.signed-out").await.len(), 1);
    let cookie = format!("nyckelbud-staff={kept}");
    let again = ask(open.address, &Asked::get("/account").with(&[("cookie", &cookie)])).await;
    assert_eq!(again.status, 303, "the session is over at the desk, too");
}

#[tokio::test]
async fn nobody_learns_what_was_wrong_with_a_sign_in() {
    let open = open().await;
    open.desk
        .employ(&nyckelbud::store::Staff { disabled: true, ..account("bo.berg", Role::Technician, None) })
        .await;
    let from_provider = nyckelbud::store::Staff {
        password: String::new(),
        provider: "subject-1".to_owned(),
        ..account("ida.ek", Role::Technician, None)
    };
    open.desk.employ(&from_provider).await;
    let mut said = Vec::new();
    for (name, password) in [
        ("eva.lind", "wrong"),
        ("nobody", PASSWORD),
        ("bo.berg", PASSWORD),
        ("ida.ek", ""),
        ("%00", PASSWORD),
    ] {
        let page = sign_in(&mut open.browser(), name, password, "").await;
        assert_eq!(page.status, 403, "{name}");
        said.push(
            words(&page)
                .replace(&format!("value=\"{name}\""), "value=\"\"")
                .replace("value=\"\u{fffd}\"", "value=\"\"")
                .replace("value=\"\0\"", "value=\"\""),
        );
    }
    said.dedup();
    assert_eq!(said.len(), 1, "{said:#?}");
    assert_eq!(open.events("user.refused").await.len(), 5);
}

/// The code of now, as an app makes it.
pub fn code(address: &str, at: UnixMillis) -> String {
    let totp = totp_rs::Totp::from_url(address).unwrap();
    totp.generate(u64::try_from(at.0 / 1000).unwrap()).to_string()
}

#[tokio::test]
async fn an_account_with_codes_needs_one_that_nobody_has_used() {
    let open = open().await;
    let ring = open.desk.parts.keyring.clone().unwrap();
    let key = totp::new_key(&ring);
    open.desk.employ(&account("siv.alm", Role::Administrator, Some(key.clone()))).await;
    let address = totp::codes(&ring, &key, &StaffName::parse("siv.alm").unwrap()).unwrap().address().unwrap();
    assert_eq!(sign_in(&mut open.browser(), "siv.alm", PASSWORD, "").await.status, 403);
    let now = code(&address, open.clock.now());
    assert_eq!(sign_in(&mut open.browser(), "siv.alm", PASSWORD, &now).await.status, 200);
    assert_eq!(
        sign_in(&mut open.browser(), "siv.alm", PASSWORD, &now).await.status,
        403,
        "once (RFC 6238 5.2)"
    );
    open.clock.pass(60);
    let next = code(&address, open.clock.now());
    assert_eq!(sign_in(&mut open.browser(), "siv.alm", PASSWORD, &next).await.status, 200);
}

#[tokio::test]
async fn a_session_ends_when_it_is_not_used_and_after_twelve_hours_and_with_its_account() {
    let open = open().await;
    let alive = async |browser: &mut Browser| browser.open("/account").await.status == 200;
    let mut used = open.signed_in("eva.lind").await;
    let mut left = open.signed_in("eva.lind").await;
    for _ in 0..2 {
        open.clock.pass(5 * 60 * 60);
        assert!(alive(&mut used).await);
    }
    assert!(!alive(&mut left).await, "eight hours without a look");
    open.clock.pass(2 * 60 * 60 + 1);
    assert!(!alive(&mut used).await, "twelve hours in all");
    for change in [
        StaffChange::Disabled(true),
        StaffChange::Disabled(false),
        StaffChange::Role(Role::Auditor),
        StaffChange::Totp(None),
    ] {
        let mut other = open.signed_in("per.ost").await;
        open.change("eva.lind", StaffChange::Disabled(false)).await;
        assert!(alive(&mut other).await, "a colleague's change ends nobody else's session");
        open.change("per.ost", change.clone()).await;
        assert!(!alive(&mut other).await, "{change:?}");
        open.change("per.ost", StaffChange::Disabled(false)).await;
    }
    let mut back = open.signed_in("gun.ek").await;
    open.clock.turn(-30 * 24 * 60);
    assert!(!alive(&mut back).await, "a clock that is set back lengthens nothing");
}

#[tokio::test]
async fn a_page_that_loads_itself_again_keeps_no_session_alive_and_the_warning_knows() {
    let open = open().await;
    let (mut wall, mut used) = (open.signed_in("gun.ek").await, open.signed_in("eva.lind").await);
    let left = async |browser: &mut Browser| {
        let answer = browser.open("/account/session").await;
        let number = answer.body.trim_start_matches("{\"left\":").trim_end_matches('}').parse::<u64>();
        (answer.status, number.unwrap_or_default())
    };
    let board = "/status?again=1&board=1";
    assert!(wall.open("/status?board=1").await.body.contains("data-to=\"/status?again=1&amp;board=1\""));
    for (wall_has, used_has) in [(3, 7), (0, 2)] {
        open.clock.pass(5 * 60 * 60);
        assert_eq!(wall.open(board).await.status, if wall_has > 0 { 200 } else { 303 });
        assert_eq!(used.open("/queue").await.status, 200);
        let (status, seconds) = left(&mut wall).await;
        assert_eq!((status, seconds.div_ceil(60 * 60)), (if wall_has > 0 { 200 } else { 401 }, wall_has));
        // Twelve hours end it, however much it is used.
        assert_eq!(left(&mut used).await.1.div_ceil(60 * 60), used_has);
    }
}

#[tokio::test]
async fn no_password_code_or_cookie_lies_in_the_database_as_it_is() {
    let open = open().await;
    let mut eva = open.signed_in("eva.lind").await;
    sign_in(&mut open.browser(), "Kf7mRq4xTw9bHn3p", "wrong", "").await;
    eva.open("/account").await;
    let cookie = eva.cookie("nyckelbud-staff");
    for file in ["nyckelbud.db", "nyckelbud.db-wal"] {
        let octets = std::fs::read(open.folder.path().join("var").join(file)).unwrap_or_default();
        for secret in [PASSWORD, cookie.as_str(), "kf7mrq4xtw9bhn3p"] {
            let found = octets.windows(secret.len()).any(|window| window == secret.as_bytes());
            assert!(!found, "{file} holds a secret of {} letters", secret.len());
        }
    }
}

#[tokio::test]
async fn whoever_is_changed_while_they_sign_in_does_not_come_in() {
    let open = open().await;
    let store = &open.desk.parts.store;
    let judged = account("eva.lind", Role::Technician, None);
    let audit =
        AuditEntry { actor: String::new(), event: "user.signed-in".to_owned(), data: "{}".to_owned() };
    let now = open.clock.now();
    let begin = async |staff: &nyckelbud::store::Staff, hash: &str| {
        let session = NewSession {
            hash: hash.to_owned(),
            staff: staff.clone(),
            ends_at: now.plus(Duration::from_secs(60)),
        };
        store.begin_session(&session, &[], &audit, now).await.unwrap()
    };
    assert!(begin(&judged, "a").await.is_some());
    for (number, change) in [
        StaffChange::Password("another".to_owned()),
        StaffChange::Totp(Some(totp::new_key(open.desk.parts.keyring.as_ref().unwrap()))),
        StaffChange::Role(Role::Administrator),
        StaffChange::Disabled(true),
    ]
    .into_iter()
    .enumerate()
    {
        let before = store.staff(&judged.member.name).await.unwrap().unwrap();
        open.change("eva.lind", change.clone()).await;
        assert_eq!(begin(&before, &format!("b{number}")).await, None, "{change:?}");
    }
}

#[tokio::test]
async fn a_form_of_another_site_or_session_changes_nothing() {
    let open = open().await;
    let (mut eva, mut per) = (open.signed_in("eva.lind").await, open.signed_in("per.ost").await);
    let page = eva.open("/account").await;
    let token =
        page.body.split("name=\"form\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let body = format!("form={token}&language=en&theme=dark");
    let own = format!("nyckelbud-staff={}", eva.cookie("nyckelbud-staff"));
    let other = format!("nyckelbud-staff={}", per.cookie("nyckelbud-staff"));
    for (cookie, site) in [(&own, "cross-site"), (&own, "same-site"), (&other, "same-origin")] {
        let asked = Asked::post("/account", &body).with(&[("cookie", cookie), ("sec-fetch-site", site)]);
        let answer = ask(open.address, &asked).await;
        assert_eq!(answer.status, 403, "{site}");
        assert!(answer.body.contains("Inget har ändrats"), "{}", answer.body);
    }
    assert!(per.open("/account").await.body.contains("lang=\"sv\""));
    let asked = Asked::post("/account", &body).with(&[("cookie", &own), ("sec-fetch-site", "same-origin")]);
    assert_eq!(ask(open.address, &asked).await.status, 303);
    let page = eva.open("/account").await;
    assert!(page.body.contains("<html lang=\"en\" data-theme=\"dark\">"), "{}", page.body);
}

#[tokio::test]
async fn every_answer_has_its_headers_and_no_page_an_active_word_of_its_own() {
    let open = open().await;
    let mut eva = open.signed_in("eva.lind").await;
    for page in [eva.open("/account").await, open.browser().open("/login").await, eva.open("/nothing").await]
    {
        let policy = page.header("content-security-policy");
        assert!(
            policy.starts_with("default-src 'none'; ") && policy.contains("frame-ancestors 'none'"),
            "{policy}"
        );
        assert_eq!(page.header("cache-control"), "no-store");
        assert_eq!(page.header("referrer-policy"), "no-referrer");
        for active in [" style=\"", " onclick", "<script>", "javascript:"] {
            assert!(!page.body.contains(active), "{active}");
        }
    }
    let page = eva.open("/account").await;
    assert!(page.header("content-security-policy").contains("require-trusted-types-for 'script'"));
    for path in ["/staff.css", "/staff.js"] {
        let packed = ask(open.address, &Asked::get(path).with(&[("accept-encoding", "br")])).await;
        assert!(packed.status == 200 && packed.find("content-encoding").is_none());
        assert!(packed.header("cache-control").contains("immutable"));
    }
}
