//! What must hold after any stop and a restart (workflow.md, Invariants), read from the world's own
//! log, its files, and the store's rows.

use std::collections::{BTreeMap, BTreeSet};

use nyckelbud::cli::assembly;
use nyckelbud::password::file::{credentials_path, verify};
use nyckelbud::store::{Claim, TicketFilter, TicketView};
use nyckelbud::ticket::{Fate, PasswordFact, State};
use nyckelbud::types::{AccountId, Reason};

use super::effects;
use super::passes::{issued, opens};
use super::stops::fingerprint;
use super::story::{ANNAS_SAMPLE, FILIPS_SAMPLE, Story, UNRECORDED};
use super::world::World;
use crate::support::{audit_rows, demo_desk};

const ANNA: &str = "a-anna";
const FILIP: &str = "a-filip";
const ANNAS_MOBILE: &str = "+46701740605";
const FILIPS_MOBILE: &str = "+46701740624";
const KARINS_MOBILE: &str = "+46701740610";

/// Everything there is to look at.
pub struct Evidence<'a> {
    pub world: &'a World,
    pub log: Vec<Vec<String>>,
    pub tickets: Vec<TicketView>,
    pub claims: Vec<Claim>,
    pub audit: Vec<(i64, String, String)>,
    chain: String,
    /// Deliveries that count towards limits.
    pub counted: i64,
}

/// One invariant: it panics when the evidence speaks against it.
pub type Check = fn(&Evidence<'_>);

const OF_EVERY_STORY: [(&str, Check); 3] = [
    ("I1, I2: no mail lost, one fate each", no_mail_lost_and_one_fate_each),
    ("I11: nothing sealed is left", nothing_sealed_is_left),
    ("I17: every effect is in the audit chain", every_effect_is_in_the_chain),
];

/// What holds beside that in [`Story::Plain`] and what varies it.
fn of_a_variation(story: Story) -> Vec<(&'static str, Check)> {
    let handed_over: (&str, Check) = match story {
        Story::Passes => {
            ("I5, I6: only a pass that opens the account is in a hand", only_good_passes_are_in_hands)
        }
        Story::Scrambles => {
            ("I5, I14: what nobody used opens nothing, and a technician knows", unused_passwords_are_replaced)
        }
        _ => ("I5: handed over only after a confirmed reset", handed_over_after_the_reset),
    };
    vec![
        ("I4: handed over only after the directory was read", handed_over_after_reading),
        handed_over,
        ("I6: one value a generation, sealed before it is set", one_value_a_generation),
        ("I7: one live request an account", one_live_request),
        ("I14: nobody is locked out in silence", nobody_is_locked_out_in_silence),
        ("the manager hears what is to be heard of a link", the_manager_hears_of_the_link),
    ]
}

/// Panics, naming `when`, if an invariant does not hold.
pub fn hold(world: &World, when: &str) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let evidence = runtime.block_on(gather(world));
    let story = world.story();
    let own = if story.is_a_variation() { of_a_variation(story) } else { effects::of_another_story(story) };
    for (name, check) in OF_EVERY_STORY.into_iter().chain(own) {
        let checked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| check(&evidence)));
        if checked.is_err() {
            let reason = |v: &TicketView| v.ticket.reason.map_or("no reason", Reason::code);
            let states: Vec<_> = evidence.tickets.iter().map(|v| (&v.ticket.state, reason(v))).collect();
            panic!("{when}: {name}\nlog: {:#?}\nstates: {states:#?}", evidence.log);
        }
    }
}

async fn gather(world: &World) -> Evidence<'_> {
    let settings = demo_desk::settings(world.folder());
    let store = assembly::store(&settings).await.expect("the store opens");
    store.free_leases().await.expect("leases are freed");
    let tickets = store.tickets(&TicketFilter::default()).await.expect("tickets");
    let mut claims = Vec::new();
    for view in &tickets {
        let claim = store.claim_ticket(view.ticket.id, "test", std::time::Duration::from_secs(5)).await;
        claims.push(claim.expect("the store works").expect("nobody else has it"));
    }
    let keyring = assembly::keyring(&settings).expect("the key");
    let chain = format!("{:?}", store.verify_audit(&keyring).await.expect("the chain is read"));
    let log = world.log().lines();
    Evidence {
        world,
        log: log.iter().map(|line| line.split(' ').map(ToOwned::to_owned).collect()).collect(),
        tickets,
        claims,
        audit: audit_rows::read(&world.folder().join("var/nyckelbud.db")).await,
        chain,
        counted: audit_rows::counted(&world.folder().join("var/nyckelbud.db")).await,
    }
}

impl Evidence<'_> {
    pub fn ticket(&self, mail: &str) -> &TicketView {
        let id = format!("{mail}@kommun.example");
        self.tickets.iter().find(|view| view.messages.contains(&id)).expect("the mail's ticket")
    }

    /// The words of the log's lines that begin with `what`.
    pub fn calls<'e>(&'e self, what: &'e str) -> impl Iterator<Item = &'e [String]> {
        self.log.iter().filter(move |line| line[0] == what).map(|line| &line[1..])
    }

    /// Fingerprints of the values that the directory has surely taken for an account.
    pub fn set_values(&self, account: &str) -> BTreeSet<&str> {
        let done = self.calls("was-set").filter(|call| call[0] == account && call[2] == "accepted");
        done.map(|call| call[1].as_str()).collect()
    }
}

fn no_mail_lost_and_one_fate_each(evidence: &Evidence<'_>) {
    let folder = evidence.world.folder();
    assert!(demo_desk::inbox(folder).is_empty(), "a mail is left in the inbox");
    let handled = demo_desk::files(&folder.join("mailbox/.Nyckelbud.Hanterade/cur"));
    let mails = evidence.world.mails();
    assert_eq!(handled.len(), mails.len(), "{handled:?}");
    let mut fates: BTreeMap<String, usize> = BTreeMap::new();
    for message in evidence.tickets.iter().flat_map(|view| &view.messages) {
        *fates.entry(message.clone()).or_default() += 1;
    }
    let expected: BTreeMap<String, usize> =
        mails.iter().map(|mail| (format!("{mail}@kommun.example"), 1)).collect();
    assert_eq!(fates, expected);
    if mails.iter().any(|mail| mail == UNRECORDED) {
        assert_eq!(evidence.ticket(UNRECORDED).ticket.reason, Some(Reason::StoreRestored));
    }
}

fn handed_over_after_reading(evidence: &Evidence<'_>) {
    let mut fresh: BTreeMap<&str, usize> = BTreeMap::new();
    // Reminder and warning may leave side by side: both have read by then.
    let most = if evidence.world.story() == Story::Stops { 2 } else { 1 };
    for line in &evidence.log {
        match line[0].as_str() {
            "start" => fresh.clear(),
            "facts" => {
                let reads = fresh.entry(&line[1]).or_default();
                *reads = (*reads + 1).min(most);
            }
            "text" => {
                let account = if line[1] == ANNAS_MOBILE { ANNA } else { FILIP };
                let reads = fresh.entry(account).or_default();
                assert!(*reads > 0, "texted without reading: {line:?}");
                *reads -= 1;
                let to_right_hand = [ANNAS_MOBILE, KARINS_MOBILE, FILIPS_MOBILE].contains(&line[1].as_str());
                assert!(to_right_hand, "{line:?}");
            }
            _ => {}
        }
    }
}

fn handed_over_after_the_reset(evidence: &Evidence<'_>) {
    let folder = evidence.world.folder();
    let credentials = credentials_path(&folder.join("directory.toml"));
    for text in demo_desk::texts(folder) {
        if let Some(password) = demo_desk::password_in(&text) {
            assert!(text.starts_with("To: 46701740605\n"), "a password went to another phone");
            assert!(verify(&credentials, &AccountId::new(ANNA), password), "it does not open the account");
            assert!(evidence.set_values(ANNA).contains(fingerprint(password).as_str()), "it was not set");
        }
    }
    for shown in evidence.calls("reveal") {
        assert!(evidence.set_values(FILIP).contains(shown[0].as_str()), "shown before it was set");
    }
    if let Ok(shown) = std::fs::read_to_string(folder.join("shown")) {
        assert!(verify(&credentials, &AccountId::new(FILIP), &shown), "it does not open the account");
    }
}

/// What reached a hand was set before, opens nothing any more, and is a technician's.
fn unused_passwords_are_replaced(evidence: &Evidence<'_>) {
    let folder = evidence.world.folder();
    let credentials = credentials_path(&folder.join("directory.toml"));
    let texts = demo_desk::texts(folder);
    let texted = texts.iter().filter_map(|text| demo_desk::password_in(text)).map(|p| (ANNA, p.to_owned()));
    let shown = std::fs::read_to_string(folder.join("shown")).ok().map(|password| (FILIP, password));
    for (account, password) in texted.chain(shown) {
        assert!(evidence.set_values(account).contains(fingerprint(&password).as_str()), "it was not set");
        let mail = if account == ANNA { "sms-registered-phone" } else { "manager-phone-mismatch" };
        let ticket = &evidence.ticket(mail).ticket;
        assert!(matches!(ticket.state, State::Technician { .. }), "{account}: {:?}", ticket.state);
        if ticket.reason == Some(Reason::PasswordUnused) {
            assert!(!verify(&credentials, &AccountId::new(account), &password), "it still opens the account");
        }
    }
    assert!(evidence.calls("was-exchanged").count() > 0, "nothing was replaced: this would prove nothing");
}

/// No password was touched, and whatever pass somebody got is the one that opens the account.
fn only_good_passes_are_in_hands(evidence: &Evidence<'_>) {
    assert_eq!(evidence.calls("set").count(), 0, "a password was set");
    let folder = evidence.world.folder();
    for text in demo_desk::texts(folder) {
        if let Some(pass) = demo_desk::password_in(&text) {
            assert!(text.starts_with("To: 46701740605\n"), "a pass went to another phone");
            assert!(opens(folder, ANNA, pass), "another pass has taken its place");
        }
    }
    if let Ok(shown) = std::fs::read_to_string(folder.join("shown")) {
        assert!(opens(folder, FILIP, &shown), "another pass has taken its place");
    }
    for account in [ANNA, FILIP] {
        let passes = issued(folder).iter().filter(|(who, _)| who == account).count();
        assert!((1..=2).contains(&passes), "{passes} passes for {account}");
    }
}

fn one_value_a_generation(evidence: &Evidence<'_>) {
    for account in [ANNA, FILIP] {
        let values: BTreeSet<&str> =
            evidence.calls("set").filter(|call| call[0] == account).map(|call| call[1].as_str()).collect();
        assert!(values.len() <= 1, "{account} was set to several values");
        let calls = evidence.calls("set").filter(|call| call[0] == account).count();
        assert!(calls <= 5, "{calls} resets of one generation");
    }
    let keys: Vec<&String> = evidence.calls("text").map(|call| &call[1]).collect();
    let passwords = keys.iter().filter(|key| key.contains("-text-")).count();
    assert!(passwords <= 4, "{passwords} texts of one generation");
}

fn one_live_request(evidence: &Evidence<'_>) {
    for account in [ANNA, FILIP] {
        let live = evidence.tickets.iter().filter(|view| {
            view.ticket.state.live() && view.ticket.account.as_ref().is_some_and(|id| id.as_str() == account)
        });
        assert!(live.count() <= 1);
    }
}

fn nothing_sealed_is_left(evidence: &Evidence<'_>) {
    for claim in &evidence.claims {
        assert!(claim.sealed.is_none(), "{} keeps a sealed password", claim.ticket.number);
    }
}

/// A password that was set is in the right hand, or its ticket is open and says so.
fn nobody_is_locked_out_in_silence(evidence: &Evidence<'_>) {
    let mails = evidence.world.mails();
    let asked = [(ANNA, ANNAS_SAMPLE), (FILIP, FILIPS_SAMPLE)];
    for (account, mail) in asked.into_iter().filter(|(_, mail)| mails.iter().any(|came| came == mail)) {
        let ticket = &evidence.ticket(mail).ticket;
        match &ticket.state {
            State::Done { .. } if evidence.world.story() == Story::Passes => {}
            State::Done { .. } => assert_eq!(evidence.set_values(account).len(), 1),
            State::Technician { password } => {
                let changed = !evidence.set_values(account).is_empty();
                assert!(!changed || *password != PasswordFact::NotChanged, "{account}: {password:?}");
                assert_eq!(ticket.outcome, Some(Fate::Technician));
            }
            state => panic!("{account} is left {state:?}"),
        }
    }
    let shown = evidence.calls("reveal").count();
    let by_text = demo_desk::texts(evidence.world.folder());
    let by_text = by_text.iter().filter(|text| demo_desk::password_in(text).is_some()).count();
    let stopped = evidence.world.story() == Story::Stops;
    assert!(stopped || shown + by_text >= 1, "nothing reached a hand: the test would prove nothing");
}

/// What a kill leaves unclear is not said again.
fn the_manager_hears_of_the_link(evidence: &Evidence<'_>) {
    let world = evidence.world;
    let texts = world.texts_to_karin();
    let of = |words: &str| texts.iter().filter(|text| text.contains(words)).count();
    let wrong_codes = evidence.audit.iter().filter(|(_, event, _)| event == "ticket.wrong-code").count();
    if world.story() == Story::Stops {
        once_or_nobody_knows(evidence, "reminder", of("Påminnelse"));
        once_or_nobody_knows(evidence, "link-closed", of("Länken är stängd"));
        assert!(evidence.set_values(FILIP).is_empty(), "it was stopped");
    } else if world.story() == Story::Codes {
        let mails = world.mails_to_karin();
        let reminders = mails.iter().filter(|mail| mail.contains("waiting for a password")).count();
        once_or_nobody_knows(evidence, "reminder", reminders);
        assert_eq!(of("/p/"), 0, "the link goes by mail");
        assert!(wrong_codes <= 1, "entered once, counted {wrong_codes} times");
    } else {
        assert_eq!((of("Påminnelse"), of("Länken är stängd"), wrong_codes), (0, 0, 0), "{texts:#?}");
    }
}

/// A message of this kind was begun once, and came once, or its end is not known.
pub fn once_or_nobody_knows(evidence: &Evidence<'_>, kind: &str, came: usize) {
    let rows: Vec<(&str, serde_json::Value)> = evidence
        .audit
        .iter()
        .map(|(_, event, data)| (event.as_str(), serde_json::from_str(data).expect("JSON")))
        .collect();
    let begun: Vec<_> = rows.iter().filter(|(_, data)| data["message"] == kind).collect();
    assert_eq!(begun.len(), 1, "{kind}: {begun:?}");
    let key = &begun[0].1["key"];
    let ends = rows.iter().filter(|(event, data)| data["key"] == *key && !event.ends_with(".intended"));
    let ends: Vec<&str> = ends.map(|(event, _)| event.rsplit('.').next().expect("a word")).collect();
    match ends[..] {
        ["accepted"] => assert_eq!(came, 1, "{kind}"),
        ["uncertain"] => assert!(came <= 1, "{kind} came {came} times"),
        _ => panic!("{kind} ended {ends:?}"),
    }
}

fn every_effect_is_in_the_chain(evidence: &Evidence<'_>) {
    assert!(evidence.chain.starts_with("Whole"), "{}", evidence.chain);
    let rows: BTreeSet<(i64, &str, String)> = evidence
        .audit
        .iter()
        .filter_map(|(ticket, event, data)| {
            let data: serde_json::Value = serde_json::from_str(data).expect("JSON");
            Some((*ticket, event.as_str(), data["key"].as_str()?.to_owned()))
        })
        .collect();
    let mut known = BTreeSet::new();
    for claim in &evidence.claims {
        for intent in &claim.intents {
            let outcome = intent.outcome.as_ref().unwrap_or_else(|| panic!("{} has no outcome", intent.key));
            for word in ["intended", outcome.code()] {
                let event = format!("{}.{word}", intent.kind.code());
                let row = (claim.ticket.id.0, event.as_str(), intent.key.clone());
                assert!(rows.contains(&row), "the audit log lacks {row:?}");
            }
            known.insert(intent.key.as_str());
        }
    }
    let resets = evidence.calls("set").count();
    let intended = known.iter().filter(|key| key.contains("-set-")).count();
    assert!(resets <= intended, "{resets} resets, {intended} intents");
    for text in evidence.calls("text").filter(|call| !call[1].starts_with('m')) {
        let known = known.iter().any(|key| key.starts_with(text[1].as_str()));
        assert!(known, "a text without intent: {text:?}");
    }
}
