//! What is held back: nothing is begun for an account that is frozen, no more is begun than the limits allow, the
//! desk pauses once, and nobody guesses more than five codes.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use nyckelbud::ticket::{State, TicketId};
use nyckelbud::types::AccountId;

use super::invariants::Evidence;
use super::log::{Entry, What, Words, key_parts};

/// A text counts from the moment it is begun; it may leave a minute later.
const NEARLY_A_DAY: Duration = Duration::from_secs(24 * 60 * 60 - 60);
/// So many wrong codes close a link (src/ticket/guard.rs).
const WRONG_CODES: usize = 5;

pub fn broken(evidence: &Evidence, broken: &mut Vec<String>) {
    nothing_while_frozen(evidence, broken);
    texts_of_a_day(evidence, broken);
    once_each(evidence, broken);
}

/// Whose ticket this is, as far as a commit has said.
fn owner(evidence: &Evidence, ticket: TicketId) -> Option<&AccountId> {
    let view = evidence.tickets.iter().find(|view| view.ticket.id == ticket)?;
    view.ticket.account.as_ref()
}

/// Whoever begins after the freeze has seen it: what was under way by then comes to its end.
fn nothing_while_frozen(evidence: &Evidence, broken: &mut Vec<String>) {
    let mut frozen: BTreeMap<&AccountId, usize> = BTreeMap::new();
    let mut disowned = BTreeSet::new();
    for (place, entry) in evidence.log.iter().enumerate() {
        if let What::Commit(commit) = &entry.what
            && let Some(account) = &commit.freezes
        {
            // An owner may say so of each of their tickets.
            frozen.entry(account).or_insert(place);
            if !disowned.insert(commit.ticket) && evidence.orders(commit.ticket, place).next().is_none() {
                broken.push(format!("{account} was frozen twice by one ticket"));
            }
        }
        // What this task did last before, and so the latest at which it may have looked.
        let looked = || {
            let own = evidence.log[..place].iter().enumerate().rev().filter(|(_, e)| e.task == entry.task);
            let mut asked = own.filter(|(_, e)| matches!(e.what, What::Asked | What::Pressed { .. }));
            asked.next().map(|(at, _)| at)
        };
        // Two people may set a freeze aside for a ticket, until its owner says so again.
        let since = |ticket: TicketId| {
            let at = owner(evidence, ticket).and_then(|account| frozen.get(account).copied())?;
            let aside = evidence.overridden(ticket, place).is_some_and(|(aside, _)| aside > at);
            (!aside).then_some(at)
        };
        match &entry.what {
            What::Text { key, words: Words::Password(_) | Words::Link(_) | Words::Code(_), .. } => {
                let Some((ticket, ..)) = key_parts(key) else { continue };
                if since(ticket).is_some_and(|at| looked().is_some_and(|looked| looked > at)) {
                    broken.push(format!("{key} was texted though its account was frozen"));
                }
            }
            What::Set { .. } => {
                let Some(key) = evidence.begun_by(place) else { continue };
                let Some((ticket, ..)) = key_parts(&key) else { continue };
                let first = !evidence.log[..place].iter().enumerate().any(|(at, e)| {
                    matches!(e.what, What::Set { .. })
                        && evidence.begun_by(at).and_then(|k| key_parts(&k).map(|(t, ..)| t)) == Some(ticket)
                });
                let began = evidence.log[..place].iter().rposition(|e| {
                    e.task == entry.task && matches!(&e.what, What::Commit(c) if c.begun.is_some())
                });
                if first && since(ticket).is_some_and(|at| began.is_some_and(|began| began > at)) {
                    broken.push(format!("{key} was set though its account was frozen"));
                }
            }
            What::Revealed { ticket, .. } => {
                let pressed = evidence.log[..place]
                    .iter()
                    .rposition(|e| matches!(e.what, What::Pressed { ticket: of, .. } if of == *ticket));
                let late =
                    |at| !was_shown(evidence, at, *ticket) && pressed.is_some_and(|pressed| pressed > at);
                if since(*ticket).is_some_and(late) {
                    broken.push(format!("ticket {} was shown though its account was frozen", ticket.0));
                }
            }
            _ => {}
        }
    }
}

/// Had a browser been shown the ticket's password by then? It may see it again.
fn was_shown(evidence: &Evidence, by: usize, ticket: TicketId) -> bool {
    evidence.log[..by].iter().any(|e| matches!(e.what, What::Revealed { ticket: of, .. } if of == ticket))
}

/// As many texts leave in a day as `sms.per_day` says. While a clock is turned, nobody can tell a day.
fn texts_of_a_day(evidence: &Evidence, broken: &mut Vec<String>) {
    if evidence.log.iter().any(|entry| matches!(entry.what, What::Turned(_))) {
        return;
    }
    let most = evidence.world.plan.limits.texts_per_day as usize;
    let gone = |entry: &&Entry| matches!(entry.what, What::Took { .. });
    let times: Vec<Duration> = evidence.log.iter().filter(gone).map(|entry| entry.at).collect();
    for (first, from) in times.iter().enumerate() {
        let within = times[first..].iter().take_while(|at| at.saturating_sub(*from) < NEARLY_A_DAY).count();
        if within > most {
            broken.push(format!("sms.per_day is {most}, and {within} texts left in a day"));
            return;
        }
    }
}

fn once_each(evidence: &Evidence, broken: &mut Vec<String>) {
    if evidence.audit.iter().filter(|(_, told, _)| told == "automation.paused").count() > 1 {
        broken.push("the desk paused twice".to_owned());
    }
    let mut of: BTreeMap<(i64, &str), usize> = BTreeMap::new();
    for event in ["pickup.second-browser", "ticket.wrong-code"] {
        for (ticket, ..) in evidence.audit.iter().filter(|(_, told, _)| told == event) {
            *of.entry((*ticket, event)).or_default() += 1;
        }
    }
    for ((ticket, event), count) in of {
        // A ticket has two offers at most, one, and one more when a text of the password failed; and as many for each
        // order of people.
        let orders = evidence.orders(TicketId(ticket), usize::MAX).count();
        let most = if event == "ticket.wrong-code" { 2 * WRONG_CODES * (1 + orders) } else { 1 + orders };
        if count > most {
            broken.push(format!("{event} of ticket {ticket}: {count} times"));
        }
    }
    for view in &evidence.tickets {
        if let State::Technician { .. } = view.ticket.state
            && view.ticket.reason.is_none()
        {
            broken.push(format!("{} is a technician's, and nobody knows why", view.ticket.number));
        }
    }
}
