//! The tests of the record: which event each state takes, what holds on every walk through the
//! states, and the way of a text through the gateways.

use super::texting::Phase;
use super::*;
use crate::types::{Credential, Order, Ordered, Person, StaffName};

mod proposals;
mod rows;
mod table;
mod texting;
mod walks;

pub(super) const NOW: UnixMillis = UnixMillis(1_795_511_645_000);

pub(super) fn job(way: Way) -> Job {
    let hand = match way {
        Way::Text => Hand::Requester,
        Way::Page { .. } => Hand::Manager(AccountId::new("karin")),
    };
    let (credential, before) = (Credential::Password, PasswordFact::NotChanged);
    Job { generation: 1, credential, valid_until: None, hand, way, deadline: NOW, before }
}

/// The same for a pass; once it was issued, with its end.
pub(super) fn pass(way: Way, issued: bool) -> Job {
    let valid_until = issued.then_some(NOW);
    Job { credential: Credential::TemporaryAccessPass, valid_until, ..job(way) }
}

fn done(job: Job, checked: bool) -> State {
    let Job { generation, credential, valid_until, .. } = job;
    State::Done { generation, since: NOW, checked, credential, valid_until }
}

pub(super) fn page() -> Way {
    Way::Page { browser: "b".to_owned() }
}

pub(super) fn offer(already_set: Option<u32>) -> Offer {
    Offer {
        number: 1,
        hand: Hand::Manager(AccountId::new("karin")),
        expires_at: NOW,
        key_id: "k".to_owned(),
        nonce: "n".to_owned(),
        already_set,
        guard: Guard::Nothing,
        wrong_codes: 0,
        deliver_by: None,
        remind_at: Some(NOW),
        before: PasswordFact::NotChanged,
    }
}

/// Eva has decided that it is looked at again.
pub(super) fn order() -> Order {
    let by = Person { name: StaffName::parse("eva.lind").unwrap(), shown: "Eva Lind".to_owned() };
    Order {
        by,
        with: None,
        what: Ordered::Again,
        account: None,
        named_before: false,
        because: Reason::PhoneMismatch,
        aside: Vec::new(),
        of: None,
    }
}

/// The same on its way, when this had become of the password before.
pub(super) fn ordered(password: PasswordFact) -> State {
    State::Requested { waiting_since: None, directed: Some(Box::new(Directed { order: order(), password })) }
}

/// A link that people ordered when the password had been changed.
fn offered_before() -> Offer {
    Offer { before: PasswordFact::Changed, ..offer(None) }
}

pub(super) fn text(phase: Phase) -> Texting {
    Texting { submits: 1, phase, ..Texting::fresh(NOW) }
}

/// Every state, by name; those with a way or an offer once for each kind.
pub(super) fn states() -> Vec<(&'static str, State)> {
    let text = || Texting::fresh(NOW);
    vec![
        ("requested", State::requested()),
        ("sealed/text", State::Sealed { job: job(Way::Text) }),
        ("sealed/page", State::Sealed { job: job(page()) }),
        ("applied/text", State::Applied { job: job(Way::Text) }),
        ("applied/page", State::Applied { job: job(page()) }),
        ("sending", State::Sending { job: job(Way::Text), text: text() }),
        ("sent", State::Sent { job: job(Way::Text), text: text() }),
        ("offered", State::Offered { offer: offer(None), text: text() }),
        ("offered/set", State::Offered { offer: offer(Some(1)), text: text() }),
        ("revealed", State::Revealed { job: job(page()), since: NOW, erased: false }),
        ("revealed/erased", State::Revealed { job: job(page()), since: NOW, erased: true }),
        ("done", done(job(Way::Text), false)),
        ("done/checked", done(job(Way::Text), true)),
        ("issuing/text", State::Issuing { job: pass(Way::Text, false) }),
        ("issuing/page", State::Issuing { job: pass(page(), false) }),
        ("applied/text/pass", State::Applied { job: pass(Way::Text, true) }),
        ("sent/pass", State::Sent { job: pass(Way::Text, true), text: text() }),
        ("revealed/pass", State::Revealed { job: pass(page(), true), since: NOW, erased: false }),
        ("done/pass", done(pass(Way::Text, true), false)),
        ("asked", State::Asked),
        ("technician", State::Technician { password: PasswordFact::NotChanged }),
        ("filed", State::Filed),
        ("observed", State::Observed),
        ("coalesced", State::Coalesced { into: TicketNumber::new(2026, 1) }),
        ("held", State::Held),
        ("ordered", ordered(PasswordFact::NotChanged)),
        ("ordered/set", ordered(PasswordFact::Changed)),
        ("offered/before", State::Offered { offer: offered_before(), text: text() }),
        ("technician/set", State::Technician { password: PasswordFact::Changed }),
        ("waiting", State::Waiting { password: PasswordFact::NotChanged }),
        ("waiting/set", State::Waiting { password: PasswordFact::Changed }),
        ("closed", State::Closed { how: Closing::Resolved, password: PasswordFact::NotChanged }),
        ("closed/set", State::Closed { how: Closing::Resolved, password: PasswordFact::Changed }),
        ("phishing", State::Closed { how: Closing::Phishing, password: PasswordFact::NotChanged }),
        ("phishing/set", State::Closed { how: Closing::Phishing, password: PasswordFact::Changed }),
        ("merged", State::Merged { into: TicketNumber::new(2026, 1) }),
    ]
}

/// Every event, by name.
pub(super) fn events() -> Vec<(&'static str, Event)> {
    let decided = |plan| Event::Decided { plan, reason: None };
    let texted = |phase| Event::Texted { text: text(phase), now: NOW };
    vec![
        ("plan seal", decided(Plan::Seal(job(Way::Text)))),
        ("plan issue", decided(Plan::Issue(pass(Way::Text, false)))),
        ("plan offer", decided(Plan::Offer(offer(None)))),
        ("plan ask", decided(Plan::Ask)),
        ("plan technician", decided(Plan::Technician)),
        ("plan file", decided(Plan::File)),
        ("plan observe", decided(Plan::Observe(Fate::Sms))),
        ("plan wait", decided(Plan::Wait { since: NOW })),
        ("coalesced", Event::Coalesced { into: TicketNumber::new(2026, 1) }),
        ("password set", Event::PasswordSet),
        ("value refused", Event::ValueRefused { generation: 2 }),
        ("pass issued", Event::PassIssued { valid_until: NOW }),
        ("pass lost", Event::PassLost { generation: 2 }),
        (
            "reset given up",
            Event::ResetGivenUp { reason: Reason::ResetUncertain, password: PasswordFact::MayHaveChanged },
        ),
        ("texted submitted", texted(Phase::Submitted)),
        ("texted taken", texted(Phase::Taken { reference: "r".to_owned(), until: NOW })),
        ("texted delivered", texted(Phase::Delivered)),
        ("rerouted", Event::Rerouted { offer: Some(offer(Some(1))), reason: Reason::DeliveryFailed }),
        ("rerouted for a pass", Event::Rerouted { offer: Some(offer(None)), reason: Reason::DeliveryFailed }),
        ("rerouted to nobody", Event::Rerouted { offer: None, reason: Reason::DeliveryFailed }),
        ("link texted", Event::LinkTexted { text: text(Phase::Delivered) }),
        ("link exhausted", Event::LinkTexted { text: text(Phase::Exhausted) }),
        ("link not mailed", Event::LinkNotMailed),
        ("offer withdrawn", Event::OfferWithdrawn { reason: Reason::NoManager }),
        ("reminded", Event::Reminded),
        ("wrong code", Event::WrongCode),
        ("opened", Event::Opened { job: job(page()) }),
        ("opened for a pass", Event::Opened { job: pass(page(), false) }),
        ("shown", Event::Shown { now: NOW }),
        ("erased", Event::Erased),
        ("confirmed", Event::Confirmed { now: NOW }),
        ("did not work", Event::DidNotWork),
        ("declined", Event::Declined),
        ("stopped", Event::Stopped),
        ("disowned", Event::Disowned),
        ("time over", Event::TimeOver { password: PasswordFact::MayHaveChanged }),
        ("use known", Event::UseKnown),
        ("unused", Event::Unused),
        ("replied", Event::Replied { by_another: false }),
        ("replied by another", Event::Replied { by_another: true }),
        ("question lost", Event::QuestionLost),
        ("forgotten", Event::Forgotten),
        ("order", Event::Ordered { order: order() }),
        ("question", Event::Questioned),
        ("answer", Event::Answered { closes: false }),
        ("answer and close", Event::Answered { closes: true }),
        ("close", Event::Closed { how: Closing::Resolved }),
        ("phishing", Event::Closed { how: Closing::Phishing }),
        ("reopen", Event::Reopened),
        ("merge", Event::Merged { into: TicketNumber::new(2026, 1) }),
    ]
}
