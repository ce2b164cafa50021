//! The way of a password through the gateways (workflow.md): the next one only after a definite no or after
//! silence, the same words to the same number, a few times; and what a receipt has said is not forgotten.

use std::collections::BTreeMap;
use std::time::Duration;

use nyckelbud::delivery::Receipt;
use nyckelbud::ticket::{State, TicketId, Way};
use nyckelbud::types::Outcome;

use super::invariants::Evidence;
use super::log::{Entry, What, Words, key_parts};
use super::plan::GatewayPlan;

/// How long a receipt is awaited when nobody knows whether a text left.
const SILENCE: Duration = Duration::from_secs(90);

/// A receipt wakes its ticket; who has it just now comes to its end first.
const AT_ONCE: Duration = Duration::from_secs(75);

/// One call of a gateway.
struct Call<'e> {
    place: usize,
    entry: &'e Entry,
    gateway: &'static str,
    to: &'e str,
    words: &'e Words,
    /// As the gateway got it.
    key: &'e str,
    /// As the store has it.
    intent: String,
}

pub fn broken(evidence: &Evidence, broken: &mut Vec<String>) {
    let mut texts: BTreeMap<(TicketId, &str, u32), Vec<Call<'_>>> = BTreeMap::new();
    for (place, entry) in evidence.log.iter().enumerate() {
        let What::Text { gateway, to, words, key } = &entry.what else { continue };
        let Some(parts) = key_parts(key) else { continue };
        let Some(intent) = evidence.begun_by(place).filter(|begun| begun.starts_with(key.as_str())) else {
            broken.push(format!("I17: {key} was texted without an intent"));
            continue;
        };
        let call = Call { place, entry, gateway, to, words, key, intent };
        texts.entry(parts).or_default().push(call);
    }
    for ((ticket, kind, generation), calls) in &texts {
        let name = format!("generation {generation} of ticket {}", ticket.0);
        let left =
            calls.iter().filter(|call| !matches!(outcome(evidence, call), Some(Outcome::NotSent { .. })));
        let left = left.count();
        if left > 4 {
            broken.push(format!("I10: {left} texts of {name}"));
        }
        if calls.iter().any(|call| call.words != calls[0].words) {
            broken.push(format!("I10: {name} was texted in different words"));
        }
        for (next, call) in calls.iter().enumerate().skip(1) {
            let before = &calls[..next];
            if before.iter().any(|other| other.key == call.key && other.to != call.to) {
                broken.push(format!("failover: {} stands for two numbers", call.key));
            }
            let last = &before[next - 1];
            let why = may_not_follow(evidence, before, call).or_else(|| in_doubt(evidence, before, call));
            if let Some(why) = why {
                broken.push(format!("failover: {} after {}: {why}", call.intent, last.intent));
            }
        }
        nothing_after_a_delivery(evidence, calls, broken);
        if *kind == "text" {
            who_got_it_is_done(evidence, *ticket, calls, broken);
        }
    }
    delivered_means_delivered(evidence, &texts, broken);
    no_receipt_goes_back(evidence, broken);
}

/// How a call ended, as the store was told, and where in the log.
fn ended<'e>(evidence: &'e Evidence, call: &Call<'_>) -> Option<(usize, &'e Outcome)> {
    evidence.log.iter().enumerate().skip(call.place).find_map(|(place, entry)| match &entry.what {
        What::Commit(commit) => {
            let (key, outcome) = commit.ended.as_ref()?;
            (*key == call.intent).then_some((place, outcome))
        }
        _ => None,
    })
}

fn outcome<'e>(evidence: &'e Evidence, call: &Call<'_>) -> Option<&'e Outcome> {
    ended(evidence, call).map(|(_, outcome)| outcome)
}

fn plan<'e>(evidence: &'e Evidence, name: &str) -> &'e GatewayPlan {
    let gateways = &evidence.world.plan.gateways;
    gateways.iter().find(|gateway| gateway.name == name).expect("a gateway of this run")
}

/// Why `next` may not follow the last of the calls `before`, if so.
fn may_not_follow(evidence: &Evidence, before: &[Call<'_>], next: &Call<'_>) -> Option<String> {
    let call = before.last()?;
    let gateway = plan(evidence, call.gateway);
    let not_sent =
        before.iter().filter(|call| matches!(outcome(evidence, call), Some(Outcome::NotSent { .. })));
    // The last of four tries is another gateway's, where there is one. A stop may have come between a try's intent
    // and its call.
    let begun = next.intent.rsplit('-').next().and_then(|number| number.parse::<usize>().ok()).unwrap_or(0);
    let gave_up = next.gateway != call.gateway && begun > 3 + not_sent.count();
    let (at, outcome) = ended(evidence, call)?;
    if at > next.place {
        return Some("the one before had not ended".to_owned());
    }
    let failed = tells(evidence, call, next.place).any(|receipt| receipt == Receipt::Failed);
    match outcome {
        Outcome::Refused { .. } | Outcome::NotSent { .. } => None,
        Outcome::Accepted { .. } if !gateway.receipts => {
            Some("it was taken, and no receipt comes".to_owned())
        }
        Outcome::Accepted { .. } => {
            (!failed).then(|| "it was taken, and nobody said that it failed".to_owned())
        }
        Outcome::Uncertain { .. } if gateway.honours_keys && !gave_up => {
            // A manager may have another number by now, and a key stands for one.
            let same = next.gateway == call.gateway && (next.key == call.key || next.to != call.to);
            (!same).then(|| "nobody knows, and the same key was not used again".to_owned())
        }
        Outcome::Uncertain { .. } if gateway.receipts && !failed => waited_too_little(evidence, at, next),
        Outcome::Uncertain { .. } => None,
    }
}

/// A gateway that may have taken the text is given its time to tell, also when its last answer was that a
/// second try did not leave.
fn in_doubt(evidence: &Evidence, before: &[Call<'_>], next: &Call<'_>) -> Option<String> {
    let last = before.last().filter(|last| last.gateway != next.gateway)?;
    if !plan(evidence, last.gateway).receipts
        || !matches!(outcome(evidence, last), Some(Outcome::NotSent { .. }))
    {
        return None;
    }
    let of_it = before.iter().rev().take_while(|call| call.gateway == last.gateway);
    let unclear = of_it.filter_map(|call| match ended(evidence, call) {
        Some((at, Outcome::Uncertain { .. })) => Some((at, call)),
        _ => None,
    });
    let (at, call) = unclear.max_by_key(|(at, _)| *at)?;
    let failed = tells(evidence, call, next.place).any(|receipt| receipt == Receipt::Failed);
    if failed { None } else { waited_too_little(evidence, at, next) }
}

/// Between an unclear answer, at this place of the log, and the next gateway.
fn waited_too_little(evidence: &Evidence, at: usize, next: &Call<'_>) -> Option<String> {
    let turned = evidence.log[at..next.place].iter().any(|entry| matches!(entry.what, What::Turned(_)));
    let waited = next.entry.at.saturating_sub(evidence.log[at].at);
    (waited < SILENCE && !turned).then(|| format!("nobody knows, and it waited {waited:?}"))
}

/// I21: that a text arrived is not taken back by what is said of it later.
fn no_receipt_goes_back(evidence: &Evidence, broken: &mut Vec<String>) {
    for entry in &evidence.log {
        let What::ReceiptAnswered { gateway, reference, receipt: Receipt::Delivered, kept: true, .. } =
            &entry.what
        else {
            continue;
        };
        let kept = |(by, name, word): &&(String, String, String)| {
            by == gateway && name == reference && word == "delivered"
        };
        if !evidence.receipts.iter().any(|row| kept(&row)) {
            broken.push(format!("I21: the store has forgotten that {reference} arrived"));
        }
    }
}

/// The name under which a gateway has this text.
fn reference(evidence: &Evidence, call: &Call<'_>) -> Option<String> {
    let sent = evidence.world.sent.lock().unwrap();
    let found = sent.iter().find(|sent| sent.gateway == call.gateway && sent.key == call.key);
    found.map(|sent| sent.reference.clone())
}

/// What the gateway has said of a text until then, by itself or asked.
fn tells(evidence: &Evidence, call: &Call<'_>, until: usize) -> impl Iterator<Item = Receipt> {
    let of_it = reference(evidence, call);
    let sent = evidence.world.sent.lock().unwrap();
    let asked = sent.iter().find(|sent| Some(&sent.reference) == of_it.as_ref()).map(|sent| sent.status);
    let asked = asked.filter(|_| plan(evidence, call.gateway).answers_questions);
    let told = evidence.log[..until].iter().filter_map(move |entry| match &entry.what {
        What::Receipt { reference, receipt, forged: false, .. } => {
            (Some(reference) == of_it.as_ref()).then_some(*receipt)
        }
        _ => None,
    });
    told.chain(asked)
}

/// I21: once a receipt is known that says "delivered", no attempt begins any more.
fn nothing_after_a_delivery(evidence: &Evidence, calls: &[Call<'_>], broken: &mut Vec<String>) {
    if !matches!(calls[0].words, Words::Password(_)) {
        return;
    }
    let known = calls.iter().filter_map(|call| known_at(evidence, call)).min();
    let Some(known) = known else { return };
    for call in calls.iter().filter(|call| call.place > known) {
        let began = evidence.log[..call.place]
            .iter()
            .enumerate()
            .rev()
            .find(|(_, entry)| entry.task == call.entry.task && matches!(entry.what, What::Asked));
        if began.is_some_and(|(place, _)| place > known) {
            broken.push(format!("I21: {} after a receipt that it arrived", call.intent));
        }
    }
}

/// I21: a receipt moves the ticket on, also that of a gateway before the current one.
fn who_got_it_is_done(evidence: &Evidence, ticket: TicketId, calls: &[Call<'_>], broken: &mut Vec<String>) {
    let known = calls.iter().filter_map(|call| known_at(evidence, call).filter(|at| *at > call.place)).min();
    let Some(known) = known else { return };
    let on_its_way = |state: &State| matches!(state, State::Sending { .. } | State::Sent { .. });
    if !evidence.state_at(ticket, known).is_some_and(on_its_way) {
        return;
    }
    let mut after = evidence.commits(ticket).filter(|(place, _)| *place > known);
    let Some((place, commit)) = after.find(|(_, commit)| !on_its_way(&commit.state)) else { return };
    let between = &evidence.log[known..place];
    let began_before = evidence.log[..known].iter().any(|entry| entry.task == evidence.log[place].task);
    if !began_before && !matches!(commit.state, State::Done { .. }) {
        broken.push(format!("I21: ticket {} arrived, and is {}", ticket.0, commit.state.name()));
    }
    let later = evidence.log[place].at.saturating_sub(evidence.log[known].at);
    // One that stood still when the receipt came had to start first.
    let hindered = |entry: &Entry| matches!(entry.what, What::Turned(_) | What::Stopped(_) | What::Began);
    if later > AT_ONCE && !between.iter().any(hindered) {
        broken.push(format!("I21: ticket {} arrived, and moved on {later:?} later", ticket.0));
    }
}

/// From where on in the log the program knows that this text arrived.
fn known_at(evidence: &Evidence, call: &Call<'_>) -> Option<usize> {
    let of_it = reference(evidence, call)?;
    let delivered = evidence.log.iter().position(|entry| match &entry.what {
        What::Receipt { reference, receipt: Receipt::Delivered, forged: false, .. } => *reference == of_it,
        _ => false,
    })?;
    let (kept, key) =
        evidence.log.iter().enumerate().skip(delivered).find_map(|(place, entry)| match &entry.what {
            What::ReceiptAnswered { reference, kept: true, receipt: Receipt::Delivered, key, .. }
                if *reference == of_it =>
            {
                Some((place, key))
            }
            _ => None,
        })?;
    // By its key at once, by its reference as soon as that is known.
    if key.as_ref() == Some(&call.intent) {
        return Some(kept);
    }
    match ended(evidence, call) {
        Some((place, Outcome::Accepted { reference })) if *reference == of_it => Some(kept.max(place)),
        _ => None,
    }
}

/// A ticket is done when a text surely arrived, as far as its gateway can tell, or when a page was shown.
fn delivered_means_delivered(
    evidence: &Evidence,
    texts: &BTreeMap<(TicketId, &str, u32), Vec<Call<'_>>>,
    broken: &mut Vec<String>,
) {
    for view in &evidence.tickets {
        let ticket = view.ticket.id;
        let Some((at, _)) =
            evidence.commits(ticket).find(|(_, commit)| matches!(commit.state, State::Done { .. }))
        else {
            continue;
        };
        let before = evidence.commits(ticket).rfind(|(place, _)| *place < at);
        let by_text =
            before.and_then(|(_, commit)| commit.state.job()).is_some_and(|job| job.way == Way::Text);
        let shown = evidence.log[..at].iter().any(|entry| match entry.what {
            What::Revealed { ticket: of, .. } => of == ticket,
            _ => false,
        });
        let arrived = texts.iter().filter(|((of, kind, _), _)| *of == ticket && *kind == "text");
        let arrived = arrived.flat_map(|(_, calls)| calls).any(|call| {
            let accepted = matches!(outcome(evidence, call), Some(Outcome::Accepted { .. }));
            let surely = !plan(evidence, call.gateway).receipts && accepted;
            surely || tells(evidence, call, at).any(|receipt| receipt == Receipt::Delivered)
        });
        if (by_text && !arrived) || (!by_text && !shown) {
            broken.push(format!("{} is done, and nothing has arrived", view.ticket.number));
        }
    }
}
