//! Mails, steps and keys for the tests, with only what a test is about left to say.

use std::time::Duration;

use nyckelbud::keyring::{KeyBytes, Keyring};
use nyckelbud::mail::{Excerpt, Trust};
use nyckelbud::mailbox::{Folder, MailUid, Shelf};
use nyckelbud::password::seal::Sealed;
use nyckelbud::store::*;
use nyckelbud::ticket::{Hand, Job, Kind, PasswordFact, State, TicketId, Way};
use nyckelbud::types::{
    AccountId, Credential, EmailAddress, MessageId, Outcome, TicketNumber, Trail, UnixMillis, Username,
};

/// 2026-11-24, about noon.
pub const NOW: UnixMillis = UnixMillis(1_795_521_600_000);
pub const LEASE: Duration = Duration::from_secs(60);
pub const HOUR: Duration = Duration::from_secs(3600);
pub const BOX: &str = "servicedesk";
pub const ANNA: &str = "anna.andersson@kommun.example";

pub fn address(text: &str) -> EmailAddress {
    EmailAddress::parse(text).unwrap()
}

pub fn message_id(name: &str) -> MessageId {
    MessageId::parse(&format!("{name}@mail.kommun.example")).unwrap()
}

pub fn uid(name: &str) -> MailUid {
    MailUid::new(name)
}

/// The inbox under a UIDVALIDITY.
pub fn inbox(validity: u32) -> UidScope {
    UidScope { mailbox: BOX.to_owned(), shelf: Shelf::Inbox, validity }
}

/// A folder for filed mails, under its UIDVALIDITY 3.
pub fn in_folder(folder: Folder) -> UidScope {
    UidScope { mailbox: BOX.to_owned(), shelf: Shelf::Filed(folder), validity: 3 }
}

/// A request that Anna sent, named `name` in the mailbox and in its Message-ID.
pub fn mail(name: &str) -> Incoming {
    Incoming {
        mailbox: BOX.to_owned(),
        validity: 1,
        uid: uid(name),
        received_at: NOW,
        raw: format!("Subject: {name}\r\n\r\nHej").into_bytes(),
        content_hash: format!("hash of {name}"),
        earlier_hash: None,
        message_id: Some(message_id(name)),
        answers: Vec::new(),
        tag: None,
        subject: format!("Lösenord {name}"),
        from: Some(address(ANNA)),
        trust: Trust::OwnDomain,
        returned: None,
        from_desk: false,
        signatures: None,
        folder: Some(Folder::Handled),
        excerpt: Excerpt::default(),
        ticket: NewTicket {
            kind: Kind::Password,
            state: State::requested(),
            outcome: None,
            reason: None,
            trail: Trail::default(),
            observed: false,
            year: 2026,
            acknowledge: None,
        },
    }
}

/// The same with a change.
pub fn mail_but(name: &str, change: impl FnOnce(&mut Incoming)) -> Incoming {
    let mut mail = mail(name);
    change(&mut mail);
    mail
}

/// The same from an address of its own: Anna alone would be a flood.
pub fn crowd_mail(name: &str) -> Incoming {
    mail_but(name, |mail| mail.from = Some(address(&format!("user-{name}@kommun.example"))))
}

/// A reply to `answered`.
pub fn reply(name: &str, answered: MessageId) -> Incoming {
    mail_but(name, |mail| mail.answers = vec![answered])
}

pub fn number(running: u32) -> TicketNumber {
    TicketNumber::new(2026, running)
}

/// Everything that was kept for the ticket.
pub async fn mails_of(store: &dyn Store, id: TicketId) -> Vec<KeptMail> {
    let all = MailsLimit { count: u32::MAX, octets: u32::MAX };
    store.mails_of(id, all).await.unwrap().expect("no limit is so large")
}

/// Keeps one mail; answers its ticket.
pub async fn keep(store: &dyn Store, mail: Incoming) -> TicketId {
    match store.record(vec![mail], NOW).await.unwrap()[0] {
        Recorded::Made(id, _) | Recorded::Joined(id, _) | Recorded::Duplicate(id, _) => id,
        Recorded::Known => panic!("it was known"),
    }
}

pub async fn claim(store: &dyn Store, id: TicketId) -> Claim {
    store.claim_ticket(id, "one", LEASE).await.unwrap().expect("nobody else has it")
}

/// A step into `state` that changes nothing else and gives the lease back.
pub fn step(state: State) -> Step {
    Step {
        state,
        outcome: None,
        reason: None,
        account: None,
        trail: None,
        observed: false,
        asked: false,
        act: None,
        freeze_lifted_at: None,
        named: None,
        set_aside: None,
        sealed: SealedChange::Keep,
        intent: IntentChange::None,
        pickup_hash: None,
        pickup_browser: None,
        started: None,
        limits: None,
        text_cap: None,
        pause: None,
        freeze: None,
        urgent: false,
        messages: Vec::new(),
        audit: Vec::new(),
        due_at: None,
        release: true,
        now: NOW,
    }
}

/// More texts than any test sends.
pub fn cap() -> TextCap {
    TextCap { per_day: 1000, alarms: Vec::new(), again_at: NOW }
}

pub fn technician() -> State {
    State::Technician { password: PasswordFact::NotChanged }
}

pub fn sealed_state() -> State {
    let deadline = NOW.plus(HOUR);
    let (credential, valid_until) = (Credential::Password, None);
    let (hand, way, before) = (Hand::Requester, Way::Text, PasswordFact::NotChanged);
    let job = Job { generation: 1, credential, valid_until, hand, way, deadline, before };
    State::Sealed { job }
}

/// A password that reached a hand.
pub fn delivered(checked: bool) -> State {
    State::Done { generation: 1, since: NOW, checked, credential: Credential::Password, valid_until: None }
}

pub fn account(id: &str) -> (AccountId, Username) {
    (AccountId::new(id), Username::parse(&format!("{id}@kommun.example")).unwrap())
}

pub fn sealed(ciphertext: &str, expires_at: UnixMillis) -> Sealed {
    Sealed {
        key_id: "0011aabb".to_owned(),
        nonce: "bm9uY2U=".to_owned(),
        ciphertext: ciphertext.to_owned(),
        expires_at,
    }
}

/// An intent of the first generation through the gateway `elks`.
pub fn intent(key: &str, kind: IntentKind) -> Intent {
    Intent { key: key.to_owned(), kind, generation: 1, gateway: "elks".to_owned(), at: NOW, outcome: None }
}

pub fn accepted(reference: &str) -> Outcome {
    Outcome::Accepted { reference: reference.to_owned() }
}

/// Moves a fresh ticket of `account` into a live state. Answers its id.
pub async fn live_ticket(store: &dyn Store, name: &str, account_id: &str) -> TicketId {
    let id = keep(store, mail(name)).await;
    let claim = claim(store, id).await;
    let step = Step { account: Some(account(account_id)), ..step(sealed_state()) };
    let committed = store.commit(id, claim.fence, &claim.ticket.state, step).await.unwrap();
    assert_eq!(committed, Committed::Done);
    id
}

/// The ticket as a list shows it.
pub async fn view(store: &dyn Store, id: TicketId) -> TicketView {
    let all = store.tickets(&TicketFilter::default()).await.unwrap();
    all.into_iter().find(|view| view.ticket.id == id).expect("it is listed")
}

pub fn keyring(first: u8) -> Keyring {
    Keyring::new(key(first), vec![])
}

pub fn key(first: u8) -> KeyBytes {
    let mut bytes = [0; 32];
    for (octet, value) in bytes.iter_mut().zip(first..) {
        *octet = value;
    }
    KeyBytes::new(bytes)
}
