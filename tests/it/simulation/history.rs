//! The history of a run for people: what happened, in order, without a password, a token or a full number.

use std::collections::BTreeMap;

use nyckelbud::ticket::{State, Way};
use nyckelbud::types::Outcome;

use super::log::{Commit, Entry, What, Words};
use super::people::owner_of;
use super::plan::Plan;

/// Gives values names: A, B, C.
#[derive(Default)]
struct Names(BTreeMap<String, String>);

impl Names {
    fn of(&mut self, value: &str) -> String {
        let next = format!("value {}", self.0.len() + 1);
        self.0.entry(value.to_owned()).or_insert(next).clone()
    }

    fn words(&mut self, words: &Words) -> String {
        match words {
            Words::Password(value) => self.of(value),
            Words::Link(token) => format!("a link, {}", self.of(token)),
            Words::Warning(_) => "a warning".to_owned(),
            Words::Code(_) => "a code".to_owned(),
            Words::Closed => "that the link is closed".to_owned(),
        }
    }
}

/// The whole history.
pub fn told(plan: &Plan, log: &[Entry]) -> String {
    let mut names = Names::default();
    let mut lines = Vec::new();
    for gateway in &plan.gateways {
        lines.push(format!("{gateway:?}"));
    }
    lines.push(format!("requester {:?}, manager {:?}, stops {:?}", plan.requester, plan.manager, plan.stops));
    let (limits, scramble) = (plan.limits, plan.scramble);
    lines.push(format!("{:?} {:?}, {limits:?}, scramble {scramble}", plan.pickup, plan.manager_told));
    for entry in log {
        let seconds = entry.at.as_secs();
        let time = format!("{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60);
        let task = entry.task.map_or_else(String::new, |task| format!("t{task}"));
        let what = line(&entry.what, &mut names);
        lines.push(format!("{time}.{:03} p{} {task:>6}  {what}", entry.at.subsec_millis(), entry.process));
    }
    lines.join("\n")
}

fn line(what: &What, names: &mut Names) -> String {
    match what {
        What::Began => "the program starts".to_owned(),
        What::Stopped(place) => format!("the program is stopped: {place}"),
        What::Mail(account) => format!("a mail about {account}"),
        What::Asked => "the directory is asked".to_owned(),
        What::Facts(Some(seen)) => {
            let owners = |numbers: &[String]| numbers.iter().map(|n| masked(n)).collect::<Vec<_>>().join(" ");
            let managers: Vec<_> =
                seen.managers.iter().map(|(id, phones)| format!("{id} {}", owners(phones))).collect();
            let (may, phones) = (seen.may_be_helped, owners(&seen.phones));
            format!("the directory: {} {phones}, may be helped: {may}, above: {managers:?}", seen.account)
        }
        What::Facts(None) => "the directory: nobody".to_owned(),
        What::Set { account, value } => format!("set {account} to {}", names.of(value)),
        What::SetAnswered { account, value, code } => format!("set {account} to {}: {code}", names.of(value)),
        What::Holds { account, value, ticket } => {
            format!("{account} opens with {} of ticket {}", names.of(value), ticket.0)
        }
        What::Issued { account, value } => format!("a pass for {account}: {}", names.of(value)),
        What::Text { gateway, to, words, key } => {
            format!("{gateway}: {key} to {}: {}", masked(to), names.words(words))
        }
        What::TextAnswered { gateway, key, outcome } => {
            format!("{gateway}: {key}: {}", outcome.as_ref().map_or("no answer", Outcome::code))
        }
        What::Took { gateway, key } => format!("{gateway} has {key}"),
        What::InPhone { to, words } => format!("in the phone {}: {}", masked(to), names.words(words)),
        What::Receipt { gateway, key, reference, receipt, forged } => {
            let by = if *forged { "a forger" } else { gateway };
            format!(
                "{by} calls back: {receipt:?} of {reference} {}",
                key.as_deref().unwrap_or("without a key")
            )
        }
        What::ReceiptAnswered { gateway, key, reference, kept, .. } => {
            format!("{gateway}'s receipt of {reference} {key:?}: kept {kept}")
        }
        What::InMailbox { to, what } => format!("in the mailbox {to}: {what}"),
        What::Replaced { account } => format!("{account} opens with what nobody knows"),
        What::Looked { ticket } => format!("somebody looks at the link of ticket {}", ticket.0),
        What::Pressed { ticket, browser } => format!("ticket {}: browser {browser} presses", ticket.0),
        What::Revealed { ticket, browser, value } => {
            format!("ticket {}: browser {browser} is shown {}", ticket.0, names.of(value))
        }
        What::Answered { ticket, answer } => format!("ticket {}: {answer}", ticket.0),
        What::Commit(commit) => committed(commit),
        What::Changed(what) => what.clone(),
        What::Turned(seconds) => format!("the wall clock is turned by {seconds} s"),
        What::Calm => "from here on nothing goes wrong".to_owned(),
    }
}

fn committed(commit: &Commit) -> String {
    let begun = commit.begun.as_ref().map_or_else(String::new, |intent| format!(", intends {}", intent.key));
    let ended = commit.ended.as_ref();
    let ended = ended.map_or_else(String::new, |(key, outcome)| format!(", {key} {}", outcome.code()));
    let frozen = if commit.freezes.is_some() { ", frozen" } else { "" };
    format!("commit: ticket {} {}{begun}{ended}{frozen}", commit.ticket.0, state(&commit.state))
}

/// A state, without what could be a browser's or a link's secret.
pub fn state(state: &State) -> String {
    match state {
        State::Sending { text, .. } | State::Sent { text, .. } => format!("{} {text:?}", state.name()),
        State::Offered { offer, text } => {
            format!("offered to {:?}, set already: {:?}, {text:?}", offer.hand, offer.already_set)
        }
        State::Technician { password } => format!("technician, {}", password.words()),
        State::Done { checked, .. } => format!("done, checked: {checked}"),
        State::Sealed { job }
        | State::Issuing { job }
        | State::Applied { job }
        | State::Revealed { job, .. } => {
            let way = if job.way == Way::Text { "text" } else { "page" };
            format!("{} {} by {way} to {:?}", state.name(), job.generation, job.hand)
        }
        State::Coalesced { into } => format!("coalesced into {into}"),
        State::Requested { waiting_since, .. } => format!("requested, waits: {}", waiting_since.is_some()),
        State::Asked
        | State::Filed
        | State::Observed
        | State::Held
        | State::Waiting { .. }
        | State::Closed { .. }
        | State::Merged { .. } => state.name().to_owned(),
    }
}

fn masked(number: &str) -> String {
    format!("{}'s ••{}", owner_of(number), number.get(number.len().saturating_sub(2)..).unwrap_or_default())
}
