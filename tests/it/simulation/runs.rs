//! One run of one seed, from the first mail until nothing will ever happen again.

use std::sync::Arc;
use std::time::Duration;

use nyckelbud::clock::Clock;
use nyckelbud::mail::Trust;
use nyckelbud::mailbox::{Folder, MailUid};
use nyckelbud::store::{Incoming, NewTicket};
use nyckelbud::ticket::{Kind, State};
use nyckelbud::types::{EmailAddress, MessageId, Trail};

use super::dice::Dice;
use super::history;
use super::invariants;
use super::log::What;
use super::people::number_of;
use super::plan::{MailPlan, Plan};
use super::process::{Process, TEMPLATE};
use super::world::World;
use crate::support::letters;

/// How a run ended.
pub struct Ended {
    /// What must hold and did not.
    pub broken: Vec<String>,
    /// What became of the tickets, and what else there was.
    pub ends: Vec<String>,
    /// The gateways that were handed the password, and whether its manager was asked then.
    pub way: String,
    /// How much happened.
    pub events: usize,
    /// Everything that happened; only when something is broken or one seed was wanted.
    pub history: String,
}

/// Runs `seed`.
pub fn run(seed: u64) -> Ended {
    let dice = Dice::new(seed);
    let ended = run_plan(dice, Plan::of(dice));
    if std::env::var_os("NYCKELBUD_SEED").is_some() && ended.broken.is_empty() {
        println!("{}", ended.history);
    }
    ended
}

/// Runs what was planned.
pub fn run_plan(dice: Dice, plan: Plan) -> Ended {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .max_blocking_threads(1)
        .build()
        .expect("a runtime");
    let folder = tempfile::tempdir();
    runtime.block_on(async {
        let world = World::new(dice, plan, &TEMPLATE.database, folder.expect("a folder")).await;
        let through = Arc::clone(&world);
        let run = tokio::spawn(async move { until_nothing_happens(&through).await });
        let went = run.await;
        let mut broken = std::mem::take(&mut *world.broken.lock().unwrap());
        if went.is_err() {
            broken.push("the simulation broke off".to_owned());
        }
        let evidence = invariants::Evidence::gather(&world);
        broken.extend(evidence.broken());
        broken.sort();
        broken.dedup();
        let wanted = !broken.is_empty() || std::env::var_os("NYCKELBUD_SEED").is_some();
        let history = if wanted { history::told(&world.plan, &evidence.log) } else { String::new() };
        let way = evidence.way();
        Ended { broken, ends: evidence.ends(), way, events: evidence.log.len(), history }
    })
}

async fn until_nothing_happens(world: &Arc<World>) {
    begin(world);
    for id in 1.. {
        let process = Process::start(world, id);
        let working = process.serve(Arc::clone(&process).work());
        let ended = tokio::select! {
            biased;
            ended = working => ended.is_some(),
            () = process.died.notified() => false,
        };
        process.end();
        if ended || !world.broken.lock().unwrap().is_empty() {
            return;
        }
        tokio::time::sleep(world.throws("downtime").seconds(0, 100)).await;
    }
}

/// Everything that happens by itself.
fn begin(world: &Arc<World>) {
    for (number, mail) in world.plan.mails.iter().enumerate() {
        let (home, mail) = (Arc::clone(world), mail.clone());
        world.act(async move {
            tokio::time::sleep(mail.at).await;
            home.write(0, What::Mail(home.people.lock().unwrap()[mail.who].id.clone()));
            while !home.take_in(number, &mail).await {}
        });
    }
    for (at, change) in world.plan.changes.clone() {
        let home = Arc::clone(world);
        world.act(async move {
            tokio::time::sleep(at).await;
            home.change(change);
        });
    }
    for (at, seconds) in world.plan.turns.clone() {
        let home = Arc::clone(world);
        world.act(async move {
            tokio::time::sleep(at).await;
            home.turn(seconds);
            // What upkeep does within two seconds (src/worker/upkeep.rs).
            tokio::time::sleep(Duration::from_secs(2)).await;
            while seconds < -1 && !home.all_look_again().await {}
        });
    }
    world.act(Arc::clone(world).forges());
    world.act(Arc::clone(world).technicians_work());
    let (home, calm_at) = (Arc::clone(world), world.plan.calm_at);
    world.act(async move {
        tokio::time::sleep(calm_at).await;
        home.calm_down();
    });
}

impl World {
    /// The program takes a mail in, as soon as it runs. `false`: it was stopped meanwhile.
    async fn take_in(&self, number: usize, mail: &MailPlan) -> bool {
        let process = self.whenever_it_runs().await;
        let Some(desk) = process.desk() else { return false };
        let incoming = self.incoming(number, mail);
        let now = self.clock.now();
        let keeping = async move {
            let kept = desk.parts.store.record(vec![incoming], now).await;
            desk.parts.wake.notify_one();
            kept.is_ok()
        };
        process.serve(keeping).await == Some(true)
    }

    async fn all_look_again(&self) -> bool {
        let process = self.whenever_it_runs().await;
        let Some(desk) = process.desk() else { return false };
        let now = self.clock.now();
        let waking = async move {
            let woken = desk.parts.store.wake_all(now).await;
            desk.parts.wake.notify_one();
            woken.is_ok()
        };
        process.serve(waking).await == Some(true)
    }

    fn incoming(&self, number: usize, mail: &MailPlan) -> Incoming {
        let short = self.people.lock().unwrap()[mail.who].short;
        let id = format!("mail-{number}");
        let letter = letters::request(&id, short, number_of(mail.who, mail.right_phone));
        let (own, another) = (format!("From: {short}@"), "From: gun.gran@");
        let letter = if mail.by_colleague { letter.replacen(&own, another, 1) } else { letter };
        let from = if mail.by_colleague { "gun.gran" } else { short };
        let from = EmailAddress::parse(&format!("{from}@kommun.example")).expect("an address");
        Incoming {
            mailbox: "servicedesk".to_owned(),
            validity: 1,
            uid: MailUid::new(&id),
            received_at: self.clock.now(),
            raw: letter.replace('\n', "\r\n").into_bytes(),
            content_hash: format!("the content of {id}"),
            earlier_hash: None,
            message_id: MessageId::parse(&format!("{id}@kommun.example")).ok(),
            answers: Vec::new(),
            tag: None,
            subject: "Nytt lösenord".to_owned(),
            from: Some(from.clone()),
            trust: Trust::OwnDomain,
            returned: None,
            from_desk: false,
            signatures: None,
            folder: Some(Folder::Handled),
            excerpt: nyckelbud::mail::Excerpt::default(),
            ticket: NewTicket {
                kind: Kind::Password,
                state: State::requested(),
                outcome: None,
                reason: None,
                trail: Trail::default(),
                observed: false,
                year: 2026,
                acknowledge: Some(from),
            },
        }
    }
}
