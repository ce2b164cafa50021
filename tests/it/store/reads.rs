//! What is asked of the store: history, lists, mails, the switch.

use nyckelbud::decision::Automation;
use nyckelbud::store::*;
use nyckelbud::ticket::{Standing, TicketId};
use nyckelbud::types::{AccountId, History, Outcome, UnixMillis};

use super::make::*;
use super::world::World;

async fn start(world: &World, id: TicketId, now: UnixMillis, change: impl FnOnce(&mut Started)) {
    let store = world.store.as_ref();
    let mut started = Started {
        account: AccountId::new("a-anna"),
        sender: ANNA.to_owned(),
        phone_hash: "phone".to_owned(),
        unit: "Skola".to_owned(),
        texted_hash: String::new(),
        texts: 1,
        counts: true,
        mismatch: false,
    };
    change(&mut started);
    let claim = claim(store, id).await;
    let step = Step { started: Some(started), now, ..step(sealed_state()) };
    assert_eq!(store.commit(id, claim.fence, &sealed_state(), step).await.unwrap(), Committed::Done);
}

pub async fn history_counts_days_and_hours(world: World) {
    let store = world.store.as_ref();
    let id = live_ticket(store, "1", "a-anna").await;
    let ago = |hours: i64, millis: i64| UnixMillis(NOW.0 - hours * 3_600_000 + millis);
    start(&world, id, ago(24, 0), |_| {}).await;
    start(&world, id, ago(24, 1), |_| {}).await;
    start(&world, id, ago(1, 0), |started| started.account = AccountId::new("a-bo")).await;
    start(&world, id, ago(1, 1), |started| {
        started.sender.clear();
        started.phone_hash.clear();
        started.unit.clear();
    })
    .await;
    start(&world, id, NOW, |started| (started.counts, started.mismatch) = (false, true)).await;

    let text = |key: &str, at| Intent { at, ..intent(key, IntentKind::Text) };
    let not_sent = Outcome::NotSent { cause: "busy".to_owned() };
    let intents = [
        text("n1-text-1", ago(24, 0)),
        text("n1-text-2", ago(24, 1)),
        Intent { outcome: Some(not_sent), ..text("n1-text-3", NOW) },
        Intent { kind: IntentKind::Link, ..text("n1-link-1", NOW) },
        Intent { kind: IntentKind::Set, ..text("n1-set-1", NOW) },
    ];
    for intent in intents {
        let claim = claim(store, id).await;
        let step = Step { intent: IntentChange::Begin(intent), ..step(sealed_state()) };
        store.commit(id, claim.fence, &sealed_state(), step).await.unwrap();
    }

    let anna = store.history(&AccountId::new("a-anna"), ANNA, "phone", "Skola", NOW).await.unwrap();
    let expected = History {
        account_last: Some(ago(1, 1)),
        account_day: 2,
        sender_day: 2,
        phone_day: 2,
        unit_hour: 0,
        desk_hour: 1,
        texts_day: 2,
        texts_owed: 1,
        account_mismatches_day: 1,
        frozen: false,
        lifted: false,
        live: Some(number(1)),
    };
    assert_eq!(anna, expected);
    let nobody = store.history(&AccountId::new("a-cia"), "", "", "", NOW).await.unwrap();
    assert_eq!(nobody, History { desk_hour: 1, texts_day: 2, texts_owed: 1, ..History::default() });
}

pub async fn tickets_are_listed_in_order_and_filtered(world: World) {
    let store = world.store.as_ref();
    let other_box = mail_but("2", |mail| mail.mailbox = "other".to_owned());
    let open = mail_but("3", |mail| mail.ticket.state = technician());
    let year_before = mail_but("4", |mail| mail.ticket.year = 2025);
    let answer = reply("5", message_id("1"));
    store.record(vec![mail("1"), other_box, open, year_before, answer], NOW).await.unwrap();
    let list = async |standing, mailbox: Option<&str>| {
        let filter = TicketFilter { standing, mailbox: mailbox.map(str::to_owned) };
        let views = store.tickets(&filter).await.unwrap();
        views.iter().map(|view| (view.ticket.number.to_string(), view.messages.len())).collect::<Vec<_>>()
    };
    let named = |names: &[(&str, usize)]| {
        names.iter().map(|(name, mails)| ((*name).to_owned(), *mails)).collect::<Vec<_>>()
    };
    assert_eq!(list(None, None).await, named(&[("25-1", 1), ("26-1", 2), ("26-2", 1), ("26-3", 1)]));
    assert_eq!(list(Some(Standing::Open), None).await, named(&[("26-3", 1)]));
    assert_eq!(list(None, Some("other")).await, named(&[("26-2", 1)]));
    assert_eq!(list(Some(Standing::Open), Some("other")).await, []);
}

pub async fn a_ticket_that_cannot_be_read_hides_no_other(world: World) {
    let store = world.store.as_ref();
    store.record(vec![mail("1"), mail("2"), mail("3")], NOW).await.unwrap();
    world.run("UPDATE ticket SET trail = 'x' WHERE id = 2").await;
    let all = store.tickets(&TicketFilter::default()).await.unwrap();
    let numbers: Vec<u32> = all.iter().map(|view| view.ticket.number.running()).collect();
    assert_eq!(numbers, [1, 3]);
}

/// A damaged file: only SQLite gives a text that is none.
pub async fn a_value_that_cannot_be_read_hides_no_other_row(world: World) {
    if !world.is_sqlite() {
        return;
    }
    let store = world.store.as_ref();
    store.record(["1", "2", "3"].map(mail).to_vec(), NOW).await.unwrap();
    let damage = [
        "UPDATE ticket SET subject = CAST(x'ff' AS TEXT) WHERE id = 1",
        "UPDATE mail SET message_id = CAST(x'ff' AS TEXT) WHERE ticket = 3",
    ];
    for sql in damage {
        world.run(sql).await;
    }
    let listed = store.list(&TicketFilter::default()).await.unwrap();
    let readable: Vec<u32> = listed.tickets.iter().map(|view| view.ticket.number.running()).collect();
    let named: Vec<&str> = listed.unreadable.iter().map(|(number, _)| number.as_str()).collect();
    assert_eq!((readable, named), (vec![2], vec!["26-1", "26-3"]));
    let claimed = store.claim("one", LEASE, 9, NOW).await.unwrap();
    let claimed: Vec<TicketId> = claimed.iter().map(|claim| claim.ticket.id).collect();
    assert_eq!(claimed, [TicketId(2), TicketId(3)], "the work on the others goes on");
}

pub async fn mails_come_back_as_they_came(world: World) {
    let store = world.store.as_ref();
    let large: Vec<u8> = (0..3_000_000_u32).map(|n| n.to_le_bytes()[0]).collect();
    let late = mail_but("1", |mail| {
        mail.received_at = NOW.plus(HOUR);
        mail.raw.clone_from(&large);
    });
    let early = mail_but("2", |mail| {
        mail.answers = vec![message_id("1")];
        mail.mailbox = "other".to_owned();
    });
    store.record(vec![late, early], NOW).await.unwrap();
    let mails = mails_of(store, TicketId(1)).await;
    assert_eq!(mails.iter().map(|mail| mail.mailbox.as_str()).collect::<Vec<_>>(), ["other", BOX]);
    assert!(mails[1].raw == large);
    assert!(mails_of(store, TicketId(99)).await.is_empty());

    let octets = u32::try_from(mails[0].raw.len() + mails[1].raw.len()).unwrap();
    for (limit, fits) in [
        (MailsLimit { count: 2, octets }, true),
        (MailsLimit { count: 1, octets }, false),
        (MailsLimit { count: 2, octets: octets - 1 }, false),
    ] {
        let loaded = store.mails_of(TicketId(1), limit).await.unwrap();
        assert_eq!(loaded.is_some(), fits, "{limit:?}");
    }
}

pub async fn the_switch_holds_until_its_end(world: World) {
    let store = world.store.as_ref();
    assert_eq!(store.switch(NOW).await.unwrap(), None);
    let told = || AuditEntry {
        actor: "cli:anna".to_owned(),
        event: "automation.off".to_owned(),
        data: "{}".to_owned(),
    };
    let mut switch = Switch {
        automation: Automation::Off,
        why: "outage".to_owned(),
        by: "cli:anna".to_owned(),
        at: NOW,
        until: Some(NOW.plus(HOUR)),
    };
    store.turn(&switch, told()).await.unwrap();
    assert_eq!(store.switch(UnixMillis(NOW.0 + 3_599_999)).await.unwrap(), Some(switch.clone()));
    assert_eq!(store.switch(NOW.plus(HOUR)).await.unwrap(), None);
    switch.until = None;
    switch.automation = Automation::Observe;
    store.turn(&switch, told()).await.unwrap();
    assert_eq!(store.switch(UnixMillis(i64::MAX)).await.unwrap(), Some(switch));
    assert_eq!(world.texts("SELECT actor FROM audit").await, ["cli:anna"; 2]);
}

pub async fn the_probe_writes_and_reads(world: World) {
    world.store.record(vec![mail("1")], NOW).await.unwrap();
    let words = world.store.probe().await.unwrap();
    assert!(words.ends_with("writes and reads; 1 tickets"), "{words}");
    world.run("DELETE FROM turn WHERE name = 'probe'").await;
    assert!(world.store.probe().await.is_err());
}

/// The number itself goes into the hash; nothing else of it into any column but the raw mail.
pub async fn no_column_holds_a_phone(world: World) {
    let columns = if world.is_sqlite() {
        "SELECT c.name FROM pragma_table_list t JOIN pragma_table_info(t.name) c WHERE t.schema = 'main'"
    } else {
        "SELECT column_name::text FROM information_schema.columns WHERE table_schema = 'public'"
    };
    let phones: Vec<_> =
        world.texts(columns).await.into_iter().filter(|name| name.contains("phone")).collect();
    assert_eq!(phones.len(), 2);
    assert!(phones.iter().all(|name| name == "phone_hash"), "{phones:?}");

    let asking = mail_but("1", |mail| {
        mail.subject = "Nytt lösenord 070-174 06 05".to_owned();
        mail.raw = b"Subject: 070-174 06 05".to_vec();
        mail.ticket.acknowledge = Some(address(ANNA));
    });
    world.store.record(vec![asking], NOW).await.unwrap();
    let texts = if world.is_sqlite() {
        "SELECT 'SELECT ''' || t.name || '.' || c.name || ' '' || ' || c.name || ' FROM ' || t.name
         FROM pragma_table_list t JOIN pragma_table_info(t.name) c
         WHERE t.schema = 'main' AND c.type = 'TEXT' AND t.name NOT LIKE 'sqlite_%'"
    } else {
        "SELECT 'SELECT ''' || table_name || '.' || column_name || ' '' || ' || column_name
             || ' FROM ' || table_name
         FROM information_schema.columns WHERE table_schema = 'public' AND data_type = 'text'"
    };
    let mut all = Vec::new();
    for column in world.texts(texts).await {
        all.extend(world.texts(&column).await);
    }
    assert!(all.len() > 40, "{all:?}");
    assert!(all.contains(&"ticket.subject Nytt lösenord ••• 05".to_owned()), "{all:?}");
    let held = |text: &&String| text.replace([' ', '-'], "").contains("0701740605");
    assert_eq!(all.iter().filter(held).collect::<Vec<_>>(), [""; 0]);
    assert!(mails_of(world.store.as_ref(), TicketId(1)).await[0].raw.ends_with(b"070-174 06 05"));
}
