//! Technicians who press what they like, whenever they like, on whatever is with them: nothing that must hold may
//! depend on what they decide.

use std::sync::Arc;

use nyckelbud::store::TicketFilter;
use nyckelbud::ticket::{Act, Grounds, KeptAct, State, Ticket, TicketId};
use nyckelbud::types::{AccountId, Order, Ordered, Override, Role, StaffMember, StaffName};
use nyckelbud::web::port::{ActForm, Performed, TicketActs};
use nyckelbud::worker::ActsPort;

use super::dice::Throws;
use super::invariants::Evidence;
use super::log::{Commit, Seen, What};
use super::plan::MANAGERS;
use super::process::Desk;
use super::world::World;

fn staff(name: &str) -> StaffMember {
    let shown = name.to_owned();
    StaffMember { name: StaffName::parse(name).expect("a name"), shown, role: Role::Technician }
}

/// What is pressed, and what then happens to it.
#[derive(Clone, Copy)]
enum Press {
    Approve,
    Retry,
    ToManager,
    ToRegisteredPhone,
    SetAside,
    AnotherManager,
    Note,
    Ask,
    Close,
}

impl World {
    /// In some runs people work through what is with them.
    pub async fn technicians_work(self: Arc<Self>) {
        let mut throws = self.throws("technicians");
        if self.plan.is_scripted() || !throws.percent(40) {
            return;
        }
        for round in 0..2 + throws.below(8) {
            tokio::time::sleep(throws.seconds(5, 2400)).await;
            self.one_acts(round, &mut throws).await;
        }
    }

    async fn one_acts(&self, round: u64, throws: &mut Throws) {
        let Some(ticket) = self.one_of_theirs(throws).await else { return };
        let act = self.act_of(throws);
        let key = format!("{round}");
        let form = ActForm { ticket: ticket.number, version: ticket.version, key, act };
        let performed = self
            .asks(move |desk| {
                let form = form.clone();
                async move { ActsPort::new(Arc::clone(&desk.parts)).perform(&staff("eva"), form).await }
            })
            .await;
        match performed {
            Performed::Kept(act) if throws.percent(15) => self.take_back(&act).await,
            Performed::Colleague(act) => {
                tokio::time::sleep(throws.seconds(1, 1200)).await;
                let approves = throws.percent(85);
                self.asks(move |desk| async move {
                    let port = ActsPort::new(Arc::clone(&desk.parts));
                    port.second(&staff("per"), act.number, act.id, act.version, approves).await
                })
                .await;
            }
            Performed::Kept(_)
            | Performed::Done(_)
            | Performed::Changed(_)
            | Performed::Waits(_)
            | Performed::Refused(_)
            | Performed::NotNow => {}
        }
    }

    async fn take_back(&self, act: &KeptAct) {
        let (number, id) = (act.number, act.id);
        self.asks(move |desk| async move {
            ActsPort::new(Arc::clone(&desk.parts)).undo(&staff("eva"), number, id).await
        })
        .await;
    }

    async fn one_of_theirs(&self, throws: &mut Throws) -> Option<Ticket> {
        let tickets =
            self.asks(|desk| async move { desk.parts.store.tickets(&TicketFilter::default()).await }).await;
        let with_people = |ticket: &Ticket| matches!(ticket.state, State::Technician { .. } | State::Asked);
        let theirs = tickets.expect("the store works").into_iter().map(|view| view.ticket);
        let mut theirs: Vec<_> = theirs.filter(with_people).collect();
        let count = u64::try_from(theirs.len()).ok().filter(|count| *count > 0)?;
        Some(theirs.swap_remove(usize::try_from(throws.below(count)).unwrap_or(0)))
    }

    fn act_of(&self, throws: &mut Throws) -> Act {
        let overrides = |way| {
            let why = "because".to_owned();
            Act::Override { way, account: None, grounds: Grounds::Other, why, whom: String::new() }
        };
        match throws.one(&[
            (3, Press::Approve),
            (3, Press::Retry),
            (4, Press::ToManager),
            (3, Press::ToRegisteredPhone),
            (3, Press::SetAside),
            (2, Press::AnotherManager),
            (1, Press::Note),
            (1, Press::Ask),
            (1, Press::Close),
        ]) {
            Press::Approve => Act::Approve,
            Press::Retry => Act::Retry,
            Press::ToManager => Act::ToManager { account: None },
            Press::ToRegisteredPhone => overrides(Override::ToRegisteredPhone),
            Press::SetAside => overrides(Override::AsUsual),
            Press::AnotherManager => overrides(Override::ToManager(self.the_manager_above())),
            Press::Note => Act::Note { text: "seen".to_owned() },
            Press::Ask => Act::Ask,
            Press::Close => Act::Close,
        }
    }

    fn the_manager_above(&self) -> AccountId {
        self.people.lock().unwrap()[MANAGERS[1]].id.clone()
    }

    /// Asks the running program until one has answered: who was cut off posts the same form again.
    async fn asks<T, F>(&self, what: impl Fn(Arc<Desk>) -> F) -> T
    where
        T: Send + 'static,
        F: Future<Output = T> + Send + 'static,
    {
        loop {
            let process = self.whenever_it_runs().await;
            if let Some(desk) = process.desk() {
                let wakes = Arc::clone(&desk);
                if let Some(answer) = process.serve(what(desk)).await {
                    wakes.parts.wake.notify_one();
                    return answer;
                }
            }
            tokio::time::sleep(std::time::Duration::from_secs(1)).await;
        }
    }
}

impl Evidence {
    /// What people had decided of a ticket by this place of the log, the last first.
    pub fn orders(&self, ticket: TicketId, place: usize) -> impl Iterator<Item = (usize, &Order)> {
        let before = self.commits(ticket).filter(move |(at, _)| *at < place);
        let mut orders: Vec<(usize, &Order)> =
            before.filter_map(|(at, commit): (usize, &Commit)| Some((at, commit.state.order()?))).collect();
        orders.reverse();
        orders.into_iter()
    }

    /// Was the last thing that people decided of it an override by this way?
    pub fn overridden(&self, ticket: TicketId, place: usize) -> Option<(usize, &Override)> {
        self.orders(ticket, place).next().and_then(|(at, order)| match &order.what {
            Ordered::Override(way) => Some((at, way)),
            Ordered::Again | Ordered::SenderApproved | Ordered::ToManager => None,
        })
    }

    /// I4: whom people chose was read last, and before them the account; the number is theirs.
    pub fn of_the_chosen(
        &self,
        id: &AccountId,
        read: &Seen,
        place: usize,
        to: &str,
        key: &str,
        broken: &mut Vec<String>,
    ) {
        let account = self.before(place).find_map(|entry| match &entry.what {
            What::Facts(Some(seen)) if seen.account != *id => Some(seen),
            _ => None,
        });
        if read.account != *id || !read.phones.iter().any(|phone| phone == to) {
            broken.push(format!("I4: {key} was texted to a number that is not the chosen manager's"));
        }
        if account.is_none_or(|seen| !seen.may_be_helped) {
            broken.push(format!("I4: {key} was texted although the account is out"));
        }
    }

    /// What people did, for the tally.
    pub fn acts(&self) -> Vec<String> {
        let done = self.audit.iter().filter(|(_, event, _)| event.starts_with("act."));
        done.map(|(_, event, data)| {
            let data: serde_json::Value = serde_json::from_str(data).expect("JSON");
            format!("{event} {}", data["act"].as_str().unwrap_or_default())
        })
        .collect()
    }
}

/// Does this entry of the log begin what a person has ordered?
pub fn is_ordered(what: &What) -> Option<TicketId> {
    match what {
        What::Commit(commit) => commit.state.order().map(|_| commit.ticket),
        _ => None,
    }
}
