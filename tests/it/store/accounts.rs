//! Accounts, sessions and tries to sign in.

use std::time::Duration;

use nyckelbud::store::*;
use nyckelbud::types::{Preferences, Role, Shortcuts, StaffMember, StaffName, Theme, TotpKey, UnixMillis};

use super::make::*;
use super::world::World;

const HOUR: Duration = Duration::from_secs(60 * 60);

fn name(text: &str) -> StaffName {
    StaffName::parse(text).unwrap()
}

pub fn staff(text: &str, role: Role) -> Staff {
    Staff {
        member: StaffMember { name: name(text), shown: text.to_owned(), role },
        provider: String::new(),
        password: "hash".to_owned(),
        totp: None,
        disabled: false,
        signed_in_at: None,
        person: String::new(),
    }
}

pub fn audit() -> AuditEntry {
    AuditEntry { actor: "cli:eva".to_owned(), event: "user.x".to_owned(), data: "{}".to_owned() }
}

fn session(hash: &str, staff: &Staff) -> NewSession {
    NewSession { hash: hash.to_owned(), staff: staff.clone(), ends_at: NOW.plus(12 * HOUR) }
}

async fn who(store: &dyn Store, hash: &str, now: UnixMillis) -> Option<Session> {
    store.session(hash, 8 * HOUR, true, now).await.unwrap()
}

pub async fn an_account_is_added_once_and_changed_by_name(world: World) {
    let store = world.store.as_ref();
    let eva = staff("eva.lind", Role::Technician);
    assert!(store.add_staff(&eva, &audit(), NOW).await.unwrap());
    assert!(!store.add_staff(&staff("eva.lind", Role::Administrator), &audit(), NOW).await.unwrap());
    let key = TotpKey { key_id: "k".to_owned(), nonce: "n".to_owned() };
    for change in [
        StaffChange::Password("new".to_owned()),
        StaffChange::Totp(Some(key.clone())),
        StaffChange::Role(Role::Auditor),
        StaffChange::Disabled(true),
    ] {
        assert!(store.change_staff(&name("eva.lind"), &change, &audit(), NOW).await.unwrap());
        assert!(!store.change_staff(&name("nobody"), &change, &audit(), NOW).await.unwrap());
    }
    let now = store.staff(&name("eva.lind")).await.unwrap().unwrap();
    assert_eq!((now.password.as_str(), now.member.role, now.disabled), ("new", Role::Auditor, true));
    assert_eq!(now.totp, Some(key));
    assert_eq!(store.all_staff().await.unwrap().len(), 1);
    assert_eq!(store.audit_rows(&AuditFilter::default(), 100).await.unwrap().len(), 5, "one row a change");
}

pub async fn a_session_is_its_accounts_and_ends_with_it(world: World) {
    let store = world.store.as_ref();
    let eva = staff("eva.lind", Role::Technician);
    store.add_staff(&eva, &audit(), NOW).await.unwrap();
    let begun = store.begin_session(&session("a", &eva), &[], &audit(), NOW).await.unwrap();
    assert_eq!(begun, Some(name("eva.lind")));
    let wish = Preferences { language: "en".to_owned(), theme: Theme::Dark, shortcuts: Shortcuts::CtrlAlt };
    store.prefer(&name("eva.lind"), &wish).await.unwrap();
    let seen = who(store, "a", NOW).await.unwrap();
    assert_eq!((seen.member.role, seen.preferences), (Role::Technician, wish));
    assert_eq!(who(store, "b", NOW).await, None);
    assert!(who(store, "a", NOW.plus(7 * HOUR)).await.is_some());
    assert!(who(store, "a", NOW.plus(11 * HOUR)).await.is_some(), "it was used in between");
    assert_eq!(who(store, "a", NOW.plus(12 * HOUR)).await, None);
    let unused = store.session("a", 3 * HOUR, false, NOW.plus(11 * HOUR)).await.unwrap();
    assert!(unused.is_some());
    store.end_session("a", &audit(), NOW).await.unwrap();
    assert_eq!(who(store, "a", NOW).await, None);
}

pub async fn what_a_program_asks_keeps_no_session_alive(world: World) {
    let store = world.store.as_ref();
    let eva = staff("eva.lind", Role::Technician);
    store.add_staff(&eva, &audit(), NOW).await.unwrap();
    store.begin_session(&session("a", &eva), &[], &audit(), NOW).await.unwrap();
    for hour in 1..8 {
        assert!(store.session("a", 8 * HOUR, false, NOW.plus(hour * HOUR)).await.unwrap().is_some());
    }
    assert_eq!(store.session("a", 8 * HOUR, false, NOW.plus(8 * HOUR)).await.unwrap(), None);
}

pub async fn somebody_of_the_provider_is_known_by_its_own_name_for_them(world: World) {
    let store = world.store.as_ref();
    store.add_staff(&staff("eva.lind", Role::Administrator), &audit(), NOW).await.unwrap();
    let of = |subject: &str, text: &str, role| Staff {
        provider: subject.to_owned(),
        password: String::new(),
        ..staff(text, role)
    };
    let begin = async |hash: &str, staff: &Staff| {
        store.begin_session(&session(hash, staff), &[], &audit(), NOW).await.unwrap()
    };
    assert_eq!(begin("a", &of("s1", "eva.lind", Role::Technician)).await, Some(name("eva.lind-2")));
    assert_eq!(begin("b", &of("s2", "eva.lind", Role::Auditor)).await, Some(name("eva.lind-3")));
    assert_eq!(
        begin("c", &of("s1", "eva.berg", Role::Auditor)).await,
        Some(name("eva.lind-2")),
        "renamed there"
    );
    assert_eq!(store.staff(&name("eva.lind-2")).await.unwrap().unwrap().member.role, Role::Auditor);
    assert_eq!(store.staff(&name("eva.lind")).await.unwrap().unwrap().member.role, Role::Administrator);
    store.change_staff(&name("eva.lind-3"), &StaffChange::Disabled(true), &audit(), NOW).await.unwrap();
    assert_eq!(begin("d", &of("s2", "eva.lind", Role::Auditor)).await, None);
}

pub async fn tries_are_exact_and_grow_old(world: World) {
    let store = world.store.as_ref();
    let limit = |subject: &str, most| TryLimit { subject: subject.to_owned(), most };
    let limits = [limit("person", 2), limit("place", 3)];
    let within = Duration::from_secs(900);
    let minutes = |minutes: u64| NOW.plus(Duration::from_secs(60 * minutes));
    let count = async |limits: &[TryLimit], now| store.count_try(limits, within, now).await.unwrap();
    assert_eq!(count(&limits, NOW).await, None);
    assert_eq!(count(&limits, minutes(5)).await, None);
    assert_eq!(count(&limits, minutes(6)).await, Some(minutes(15)), "the oldest has to grow old");
    assert_eq!(count(&limits[1..], minutes(6)).await, None, "what is refused does not count");
    assert_eq!(count(&limits[1..], minutes(7)).await, Some(minutes(15)));
    assert_eq!(count(&limits, minutes(15)).await, None);
    let ahead = minutes(60 * 24);
    assert_eq!(count(&[limit("other", 1)], ahead).await, None);
    assert_eq!(count(&[limit("other", 1)], NOW).await, None, "a clock that was ahead keeps nobody out");
}

pub async fn a_step_of_codes_is_used_once(world: World) {
    let store = world.store.as_ref();
    store.add_staff(&staff("eva.lind", Role::Technician), &audit(), NOW).await.unwrap();
    let eva = name("eva.lind");
    assert!(store.use_code(&eva, 7).await.unwrap());
    assert!(!store.use_code(&eva, 7).await.unwrap());
    assert!(!store.use_code(&eva, 6).await.unwrap(), "an older one neither");
    assert!(store.use_code(&eva, 8).await.unwrap());
}

pub async fn one_outage_is_open_at_a_time(world: World) {
    let store = world.store.as_ref();
    let outage = |at| Outage { began_at: at, ended_at: None, why: "w".to_owned(), begun_by: "b".to_owned() };
    assert!(store.begin_outage(&outage(NOW), &audit(), NOW).await.unwrap());
    assert!(!store.begin_outage(&outage(NOW), &audit(), NOW).await.unwrap());
    let before = UnixMillis(NOW.0 - 1);
    assert_eq!(store.end_outage(before, &audit(), NOW).await.unwrap(), None, "it began later");
    assert!(store.end_outage(NOW.plus(HOUR), &audit(), NOW).await.unwrap().is_some());
    assert_eq!(store.outage().await.unwrap(), None);
    assert!(store.begin_outage(&outage(NOW.plus(2 * HOUR)), &audit(), NOW).await.unwrap());
    let all = store.outages(10).await.unwrap();
    assert_eq!(all.iter().map(|one| one.ended_at.is_some()).collect::<Vec<_>>(), [false, true]);
}

pub async fn the_audit_log_is_read_by_person_event_time_and_ticket_in_pages(world: World) {
    let store = world.store.as_ref();
    let id = keep(store, mail("1")).await;
    let number = store.ticket(id).await.unwrap().unwrap().number;
    for (place, actor) in ["user:eva", "user:per", "user:eva"].into_iter().enumerate() {
        let entry =
            AuditEntry { actor: actor.to_owned(), event: format!("user.e{place}"), data: "{}".to_owned() };
        store.note(&entry, NOW.plus(Duration::from_secs(place as u64 + 1))).await.unwrap();
    }
    let rows = async |filter: AuditFilter, limit| store.audit_rows(&filter, limit).await.unwrap();
    let events = |rows: Vec<AuditRow>| rows.into_iter().map(|row| row.entry.event).collect::<Vec<_>>();
    let of = AuditFilter { actor: "user:eva".to_owned(), ..AuditFilter::default() };
    assert_eq!(events(rows(of.clone(), 10).await), ["user.e2", "user.e0"]);
    let first = rows(of.clone(), 1).await;
    let next = AuditFilter { before: Some(first[0].id), ..of };
    assert_eq!(events(rows(next, 1).await), ["user.e0"]);
    let some = AuditFilter { event: "user.".to_owned(), ..AuditFilter::default() };
    assert_eq!(rows(some.clone(), 10).await.len(), 3);
    let time = AuditFilter {
        from: Some(NOW.plus(Duration::from_secs(2))),
        to: Some(NOW.plus(Duration::from_secs(3))),
        ..some
    };
    assert_eq!(events(rows(time, 10).await), ["user.e1"]);
    let ticket = rows(AuditFilter { ticket: Some(number), ..AuditFilter::default() }, 10).await;
    assert!(!ticket.is_empty() && ticket.iter().all(|row| row.ticket == Some(number)));
}
