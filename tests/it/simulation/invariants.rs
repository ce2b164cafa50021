//! What must hold after every run (workflow.md, Invariants), read from the store's rows and the world's log.
//! What concerns the way through the gateways is in `failover`, what concerns the audit log in `chain`, what
//! people are told or left without in `told`, deadlines in `deadlines`.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use nyckelbud::keyring::{KeyBytes, Keyring};
use nyckelbud::store::{Claim, SealedChange, TicketFilter, TicketView};
use nyckelbud::ticket::{Hand, State, TicketId};
use nyckelbud::types::{AccountId, Credential, Outcome, Override};
use sqlx::Row;

use super::history::state;
use super::log::{Commit, Entry, Seen, What, Words, key_parts};
use super::people::number_of;
use super::technicians::is_ordered;
use super::world::{World, outside};

/// A number is the directory's for so long.
const FRESH: Duration = Duration::from_secs(60);

/// Everything there is to look at.
pub struct Evidence {
    pub world: Arc<World>,
    pub log: Vec<Entry>,
    pub tickets: Vec<TicketView>,
    pub claims: Vec<Claim>,
    /// Ticket, event and data of each row.
    pub audit: Vec<(i64, String, String)>,
    pub chain: String,
    /// Gateway, reference and word of each receipt.
    pub receipts: Vec<(String, String, String)>,
}

impl Evidence {
    pub fn gather(world: &Arc<World>) -> Self {
        outside(async {
            let store = &world.store;
            store.free_leases().await.expect("leases are freed");
            let tickets = store.tickets(&TicketFilter::default()).await.expect("tickets");
            let mut claims = Vec::new();
            for view in &tickets {
                let claim = store.claim_ticket(view.ticket.id, "look", FRESH).await;
                claims.push(claim.expect("the store works").expect("nobody else has it"));
            }
            let keyring = Keyring::new(KeyBytes::new([7; 32]), Vec::new());
            while store.seal_audit(&keyring, 500).await.expect("sealed") > 0 {}
            let chain = format!("{:?}", store.verify_audit(&keyring).await.expect("the chain is read"));
            let sql = "SELECT ticket, event, data FROM audit ORDER BY id";
            let mut kept = world.rows.lock().await;
            let rows = sqlx::query(sql).fetch_all(&mut *kept).await.expect("rows");
            let audit = rows.iter().map(|row| (row.get(0), row.get(1), row.get(2))).collect();
            let sql = "SELECT gateway, reference, receipt FROM receipt";
            let rows = sqlx::query(sql).fetch_all(&mut *kept).await.expect("rows");
            let receipts = rows.iter().map(|row| (row.get(0), row.get(1), row.get(2))).collect();
            Self { world: Arc::clone(world), log: world.log(), tickets, claims, audit, chain, receipts }
        })
    }

    /// What must hold and does not.
    pub fn broken(&self) -> Vec<String> {
        let mut broken = Vec::new();
        for (place, entry) in self.log.iter().enumerate() {
            self.one_entry(place, entry, &mut broken);
        }
        self.one_value_a_generation(&mut broken);
        self.one_live_request(&mut broken);
        self.one_browser(&mut broken);
        self.no_reset_after_a_hand_over(&mut broken);
        self.everybody_is_served(&mut broken);
        self.nobody_is_locked_out_in_silence(&mut broken);
        self.nobody_waits_past_a_deadline(&mut broken);
        super::failover::broken(self, &mut broken);
        super::chain::broken(self, &mut broken);
        super::held::broken(self, &mut broken);
        broken
    }

    fn one_entry(&self, place: usize, entry: &Entry, broken: &mut Vec<String>) {
        match &entry.what {
            What::Text { to, words, key, .. } => {
                self.texted_to_whom_the_directory_says(place, to, key, broken);
                if let Words::Password(value) = words {
                    self.opens_the_account(place, value, "texted", broken);
                }
                self.in_time(place, key, broken);
            }
            What::Set { .. } => {
                if let Some(key) = self.begun_by(place) {
                    self.in_time(place, &key, broken);
                } else {
                    broken.push("I17: a reset without an intent".to_owned());
                }
            }
            What::Revealed { value, .. } => self.opens_the_account(place, value, "shown", broken),
            What::Looked { .. } => {
                let after = self.log[place + 1..].iter().filter(|other| other.task == entry.task);
                let reads =
                    |other: &&Entry| matches!(other.what, What::Asked | What::Facts(_) | What::Stopped(_));
                let changed = after.filter(|other| !reads(other)).count();
                if changed > 0 {
                    broken.push("I13: looking at a link changed something".to_owned());
                }
            }
            _ => {}
        }
    }

    /// What this task has done before.
    pub fn before(&self, place: usize) -> impl Iterator<Item = &Entry> {
        let task = self.log[place].task;
        self.log[..place].iter().rev().filter(move |entry| entry.task == task)
    }

    /// The key of what this task has begun last.
    pub fn begun_by(&self, place: usize) -> Option<String> {
        self.before(place).find_map(|entry| match &entry.what {
            What::Commit(commit) => commit.begun.as_ref().map(|intent| intent.key.clone()),
            _ => None,
        })
    }

    pub fn commits(&self, ticket: TicketId) -> impl DoubleEndedIterator<Item = (usize, &Commit)> {
        let commits = self.log.iter().enumerate().filter_map(|(place, entry)| match &entry.what {
            What::Commit(commit) => Some((place, commit.as_ref())),
            _ => None,
        });
        commits.filter(move |(_, commit)| commit.ticket == ticket)
    }

    /// The ticket's state at this place of the log.
    pub fn state_at(&self, ticket: TicketId, place: usize) -> Option<&State> {
        let before = self.commits(ticket).rfind(|(at, _)| *at < place);
        before.map(|(_, commit)| &commit.state)
    }

    /// I4: the number is the directory's, read in the same attempt, and it is the right hand's.
    fn texted_to_whom_the_directory_says(&self, place: usize, to: &str, key: &str, broken: &mut Vec<String>) {
        let seen: Option<(&Entry, &Seen)> = self.before(place).find_map(|entry| match &entry.what {
            What::Facts(Some(seen)) => Some((entry, seen)),
            _ => None,
        });
        let Some((read, seen)) = seen else {
            broken.push(format!("I4: {key} was texted without a look into the directory"));
            return;
        };
        if self.log[place].at.saturating_sub(read.at) > FRESH {
            broken.push(format!("I4: {key} was texted to a number that was read long before"));
        }
        let whose = match key_parts(key).and_then(|(ticket, ..)| self.state_at(ticket, place)) {
            Some(State::Offered { offer, .. }) => Some(&offer.hand),
            Some(State::Sending { job, .. } | State::Sent { job, .. }) => Some(&job.hand),
            _ => None,
        };
        let managers = seen.managers.iter();
        if let Some(Hand::Chosen(id)) = whose {
            return self.of_the_chosen(id, seen, place, to, key, broken);
        }
        let numbers: Vec<&String> = match whose {
            Some(Hand::Manager(id) | Hand::Chosen(id)) => {
                managers.filter(|(one, _)| one == id).flat_map(|(_, it)| it).collect()
            }
            Some(Hand::Requester) => seen.phones.iter().collect(),
            // A warning is the owner's; a reminder and the word that a link is closed are a manager's.
            None => seen.phones.iter().chain(managers.flat_map(|(_, phones)| phones)).collect(),
        };
        if !numbers.into_iter().any(|number| number == to) {
            broken.push(format!("I4: {key} was texted to a number that the directory did not say"));
        }
        // Two people may have it texted to a registered phone that no mail names.
        let ticket = key_parts(key).map(|(ticket, ..)| ticket);
        let by_people = ticket.and_then(|ticket| self.overridden(ticket, place));
        let chosen = matches!(by_people, Some((_, Override::ToRegisteredPhone)));
        if matches!(whose, Some(Hand::Requester)) && !chosen && !self.is_named_in_a_mail(&seen.account, to) {
            broken.push(format!("I4: {key} was texted to a number that no mail named"));
        }
        if whose.is_some() && !seen.may_be_helped {
            broken.push(format!("I4: {key} was texted although the account is out"));
        }
    }

    fn is_named_in_a_mail(&self, account: &AccountId, number: &str) -> bool {
        let people = self.world.people.lock().unwrap();
        let mut mails = self.world.plan.mails.iter().filter(|mail| people[mail.who].id == *account);
        mails.any(|mail| number_of(mail.who, mail.right_phone) == number)
    }

    /// I5: what is handed over was surely taken by the register, and opens the account.
    fn opens_the_account(&self, place: usize, value: &str, how: &str, broken: &mut Vec<String>) {
        let mut taken = self.log[..place].iter().filter(|entry| match &entry.what {
            What::SetAnswered { value: set, code, .. } => set == value && *code == "accepted",
            What::Issued { value: issued, .. } => issued == value,
            _ => false,
        });
        if taken.next().is_none() {
            broken.push(format!("I5: {how} before the register took it"));
            return;
        }
        let held = |entry: &Entry| match &entry.what {
            What::Holds { account, value, .. } => Some((account.clone(), value.clone())),
            _ => None,
        };
        let holds: Vec<_> = self.log[..place].iter().filter_map(held).collect();
        let whose = holds.iter().find(|(_, held)| held == value).map(|(account, _)| account);
        let newest = holds.iter().rfind(|(account, _)| Some(account) == whose);
        if newest.is_none_or(|(_, newest)| newest != value) {
            broken.push(format!("I5: what was {how} opens nothing any more"));
        }
    }

    /// I6, I10: one value a generation, sealed before it is set, and set a few times.
    fn one_value_a_generation(&self, broken: &mut Vec<String>) {
        let mut values: BTreeMap<(TicketId, u32), BTreeSet<&str>> = BTreeMap::new();
        let mut resets: BTreeMap<(TicketId, u32), i32> = BTreeMap::new();
        for (place, entry) in self.log.iter().enumerate() {
            let (value, counts) = match &entry.what {
                What::Set { value, .. } => (value, 1),
                What::SetAnswered { value, code, .. } => (value, if *code == "not-sent" { -1 } else { 0 }),
                _ => continue,
            };
            let Some(key) = self.begun_by(place) else { continue };
            let Some((ticket, _, generation)) = key_parts(&key) else { continue };
            values.entry((ticket, generation)).or_default().insert(value);
            *resets.entry((ticket, generation)).or_default() += counts;
            let sealed = |(at, commit): (usize, &Commit)| {
                let of_it = commit.state.job().is_some_and(|job| job.generation == generation);
                at < place && of_it && matches!(commit.sealed, SealedChange::Put(_))
            };
            if !self.commits(ticket).any(sealed) {
                broken.push(format!("I6: {key} was set before it was sealed"));
            }
        }
        for ((ticket, generation), values) in values {
            if values.len() > 1 {
                broken.push(format!(
                    "I6: {} values in generation {generation} of ticket {}",
                    values.len(),
                    ticket.0
                ));
            }
        }
        for ((ticket, generation), resets) in resets {
            if resets > 5 {
                broken
                    .push(format!("I10: {resets} resets of generation {generation} of ticket {}", ticket.0));
            }
        }
    }

    /// I7.
    fn one_live_request(&self, broken: &mut Vec<String>) {
        let mut live: BTreeMap<TicketId, AccountId> = BTreeMap::new();
        let mut accounts: BTreeMap<TicketId, AccountId> = BTreeMap::new();
        for entry in &self.log {
            let What::Commit(commit) = &entry.what else { continue };
            if let Some(account) = &commit.account {
                accounts.insert(commit.ticket, account.clone());
            }
            live.remove(&commit.ticket);
            if let Some(account) = accounts.get(&commit.ticket).filter(|_| commit.state.live()) {
                if live.values().any(|other| other == account) {
                    broken.push(format!("I7: two live requests of {account}"));
                }
                live.insert(commit.ticket, account.clone());
            }
        }
    }

    /// I13: a password is shown to one browser.
    fn one_browser(&self, broken: &mut Vec<String>) {
        let mut browsers: BTreeMap<TicketId, u8> = BTreeMap::new();
        for entry in &self.log {
            if let Some(ticket) = is_ordered(&entry.what) {
                browsers.remove(&ticket);
            }
            let What::Revealed { ticket, browser, .. } = entry.what else { continue };
            if *browsers.entry(ticket).or_insert(browser) != browser {
                broken.push(format!("I13: the password of ticket {} was shown to two browsers", ticket.0));
            }
        }
    }

    /// I8.
    fn no_reset_after_a_hand_over(&self, broken: &mut Vec<String>) {
        let mut handed_over = BTreeSet::new();
        let whose = |value: &str| {
            self.log.iter().find_map(|entry| match &entry.what {
                What::Holds { value: held, ticket, .. } if held == value => Some(*ticket),
                _ => None,
            })
        };
        for (place, entry) in self.log.iter().enumerate() {
            // A second value is made when a person decides so, and only then (decisions, 20).
            if let Some(ticket) = is_ordered(&entry.what) {
                handed_over.remove(&ticket);
            }
            match &entry.what {
                What::InPhone { words: Words::Password(value), .. } | What::Revealed { value, .. } => {
                    handed_over.extend(whose(value));
                }
                What::Set { .. } => {
                    let key = self.begun_by(place);
                    let ticket = key.as_deref().and_then(key_parts).map(|(ticket, ..)| ticket);
                    if ticket.is_some_and(|ticket| handed_over.contains(&ticket)) {
                        broken.push(format!("I8: {key:?} after the password was in a hand"));
                    }
                }
                _ => {}
            }
        }
    }

    /// L1, I11: everybody is served or is in a technician's queue, and nothing sealed is left.
    fn everybody_is_served(&self, broken: &mut Vec<String>) {
        for view in &self.tickets {
            let (number, now) = (view.ticket.number, &view.ticket.state);
            let over = matches!(
                now,
                State::Done { checked: true, .. }
                    | State::Technician { .. }
                    | State::Coalesced { .. }
                    | State::Asked
                    | State::Closed { .. }
            );
            if !over {
                broken.push(format!("L1: {number} is left {}", state(now)));
            }
        }
        if self.tickets.is_empty() {
            broken.push("there is no ticket at all".to_owned());
        }
        for claim in self.claims.iter().filter(|claim| claim.sealed.is_some()) {
            broken.push(format!("I11: {} keeps a sealed password", claim.ticket.number));
        }
    }

    /// The gateways that were handed a password, in order; `manager` where one was then offered it.
    pub fn way(&self) -> String {
        let step = |entry: &Entry| match &entry.what {
            What::Text { gateway, words: Words::Password(_), .. } => Some(*gateway),
            What::Commit(commit) => match &commit.state {
                State::Offered { offer, .. } if offer.already_set.is_some() => Some("manager"),
                _ => None,
            },
            _ => None,
        };
        let mut steps: Vec<&str> = self.log.iter().filter_map(step).collect();
        steps.dedup_by(|one, other| one == other && *one == "manager");
        steps.join(" ")
    }

    /// What became of the tickets, and what else there was.
    pub fn ends(&self) -> Vec<String> {
        let mut ends = Vec::new();
        let shown = |ticket: TicketId| {
            self.log
                .iter()
                .any(|entry| matches!(&entry.what, What::Revealed { ticket: of, .. } if *of == ticket))
        };
        for view in &self.tickets {
            ends.push(match &view.ticket.state {
                State::Done { .. } if shown(view.ticket.id) => "done, by page".to_owned(),
                State::Done { credential: Credential::Password, .. } => "done, by text".to_owned(),
                State::Done { .. } => "done, by a pass in a text".to_owned(),
                State::Coalesced { .. } => "merged".to_owned(),
                other => {
                    format!("{}: {}", other.name(), view.ticket.reason.map_or("no reason", |r| r.code()))
                }
            });
        }
        ends.extend(self.acts());
        let mut phones: BTreeSet<&str> = BTreeSet::new();
        for entry in &self.log {
            ends.extend(
                match &entry.what {
                    What::Stopped(_) => Some("a stop of the program"),
                    What::Turned(_) => Some("a clock that was turned"),
                    What::Receipt { forged: true, .. } => Some("a forged receipt"),
                    What::Pressed { browser: 2, .. } => Some("a second browser"),
                    What::InMailbox { what: "an alarm", .. } => Some("an alarm"),
                    What::Replaced { .. } => Some("a password that was replaced"),
                    What::Text { words: Words::Code(_), .. } => Some("a code by text"),
                    What::Text { words, .. } if words.typed_code().is_some() => words.typed_code(),
                    What::InMailbox { what: "a code", .. } => Some("a code by mail"),
                    What::InPhone { words: Words::Password(value), .. } if !phones.insert(value) => {
                        Some("a text that left twice")
                    }
                    What::TextAnswered { outcome: Some(Outcome::Uncertain { .. }), .. } => {
                        Some("an unclear answer")
                    }
                    _ => None,
                }
                .map(str::to_owned),
            );
        }
        ends
    }
}
