//! The program under test in this world: it works what is due, answers calls, and is stopped at any of its
//! points, as by SIGKILL: whatever it was doing never goes on.

use std::future::{Future, pending};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, LazyLock, Mutex};
use std::time::Duration;

use nyckelbud::cli::assembly;
use nyckelbud::clock::Clock;
use nyckelbud::keyring::{KeyBytes, Keyring};
use nyckelbud::store::{Claim, Committed, IntentChange, Step};
use nyckelbud::ticket::{State, TicketId};
use nyckelbud::token::Tokens;
use nyckelbud::types::EmailAddress;
use nyckelbud::web::{Page, RevealPage};
use nyckelbud::worker::{Breakers, DeskPort, Health, Parts, Rules, Timing, Worker};
use sqlx::Row;
use tokio::sync::Notify;
use tokio::task::AbortHandle;

use super::log::{Commit, What};
use super::world::{Stamp, World, outside};
use crate::crash::stopping_store::{Around, StoppingStore};
use crate::support::demo_desk;
use crate::support::desk::at_work;

/// The secret in the path of every gateway's receipts.
pub const SECRET: &str = "a-secret-in-the-path";
/// Who gets alarms.
pub const WATCH: &str = "jour@kommun.example";
/// More rounds than any run has.
const TOO_MANY: u32 = 20_000;
/// More claims than any process makes: without time passing, they would go on for ever.
const TOO_MANY_CLAIMS: u64 = 100_000;

/// What is the same in all runs: words, rules, and a database with tables.
pub struct Template {
    texts: Arc<nyckelbud::delivery::texts::Texts>,
    rules: Rules,
    pub database: std::path::PathBuf,
    _folder: tempfile::TempDir,
}

pub static TEMPLATE: LazyLock<Template> = LazyLock::new(|| {
    let folder = tempfile::tempdir().expect("a folder");
    demo_desk::build(folder.path());
    let settings = demo_desk::settings(folder.path());
    let database = folder.path().join("var/nyckelbud.db");
    let parts = outside(async {
        let store = assembly::store(&settings).await.expect("the store opens");
        assembly::parts(&settings, store, &Tokens::default()).expect("the parts fit")
    });
    let (texts, rules) = (Arc::clone(&parts.texts), parts.rules.clone());
    drop(parts);
    outside(async {
        use sqlx::{ConnectOptions, Connection};
        let options = sqlx::sqlite::SqliteConnectOptions::new().filename(&database);
        let mut connection = options.connect().await.expect("the database opens");
        let all = "PRAGMA wal_checkpoint(TRUNCATE)";
        sqlx::query(all).execute(&mut connection).await.expect("one file");
        connection.close().await.expect("closed");
    });
    Template { texts, rules, database, _folder: folder }
});

/// The program from one start to its stop.
pub struct Process {
    pub id: u32,
    pub world: Arc<World>,
    pub died: Notify,
    dead: AtomicBool,
    points: AtomicU64,
    claims: AtomicU64,
    stop_at: u64,
    tasks: Mutex<Vec<AbortHandle>>,
    desk: Mutex<Option<Arc<Desk>>>,
}

/// What a running program consists of.
pub struct Desk {
    pub parts: Arc<Parts>,
    pub port: DeskPort,
}

impl Process {
    /// Starts the program over what the last one has left.
    pub fn start(world: &Arc<World>, id: u32) -> Arc<Self> {
        let stop_at = world.plan.stops.get(id as usize - 1).copied().unwrap_or(u64::MAX);
        let process = Arc::new(Self {
            id,
            world: Arc::clone(world),
            died: Notify::new(),
            dead: AtomicBool::new(false),
            points: AtomicU64::new(0),
            claims: AtomicU64::new(0),
            stop_at,
            tasks: Mutex::default(),
            desk: Mutex::default(),
        });
        world.write(id, What::Began);
        outside(world.store.free_leases()).expect("leases are freed");
        let parts = Arc::new(process.parts());
        let page: Box<RevealPage> = Box::new(|_, _, _, revealed| {
            Ok(Page::new(zeroize::Zeroizing::new(revealed.password.expose().to_owned())))
        });
        let health = Arc::new(Health::expecting(&[]));
        let port = DeskPort::new(Arc::clone(&parts), health, page, at_work());
        *process.desk.lock().unwrap() = Some(Arc::new(Desk { parts, port }));
        *world.process.lock().unwrap() = Some(Arc::clone(&process));
        process
    }

    fn parts(self: &Arc<Self>) -> Parts {
        let (template, plan) = (&*TEMPLATE, &self.world.plan);
        let mut rules = template.rules.clone();
        rules.policy.requester = plan.requester;
        rules.policy.manager = plan.manager;
        rules.policy.cooldown = plan.cooldown;
        rules.policy.pickup = plan.pickup;
        rules.policy.manager_told = plan.manager_told;
        rules.policy.per_hour = plan.limits.per_hour;
        rules.policy.per_sender_per_day = plan.limits.per_sender;
        rules.policy.per_phone_per_day = plan.limits.per_phone;
        rules.texts_per_day = plan.limits.texts_per_day;
        rules.scramble = plan.scramble;
        rules.alarm_to = EmailAddress::parse(WATCH).ok().into_iter().collect();
        let around = Surroundings(Arc::clone(self));
        let register = Arc::new(super::register::Register(Arc::clone(self)));
        let gateways = (0..plan.gateways.len())
            .map(|place| Arc::new(super::gateway::Gateway::new(place, Arc::clone(self))) as _);
        Parts {
            store: Arc::new(StoppingStore { inner: Arc::clone(&self.world.store), around }),
            directory: Arc::clone(&register) as _,
            reset: Arc::clone(&register) as _,
            passes: Some(Arc::clone(&register) as _),
            gateways: gateways.collect(),
            breakers: Breakers::default(),
            mail: register,
            dkim: None,
            clock: Arc::new(self.world.clock.clone()),
            keyring: Some(Arc::new(Keyring::new(KeyBytes::new([7; 32]), Vec::new()))),
            texts: Arc::clone(&template.texts),
            rules,
            timing: Timing::default(),
            owner: format!("process-{}", self.id),
            wake: Notify::new(),
            acted: Notify::new(),
            provider: None,
            webhooks: Vec::new(),
        }
    }

    pub fn desk(&self) -> Option<Arc<Desk>> {
        self.desk.lock().unwrap().clone()
    }

    pub fn write(&self, what: What) {
        self.world.write(self.id, what);
    }

    /// A place at which it may be stopped. A stopped program does not come back from it.
    pub async fn point(&self, place: &'static str) {
        if !self.dead.load(Ordering::SeqCst) {
            let points = self.points.fetch_add(1, Ordering::SeqCst) + 1;
            if points != self.stop_at || self.world.is_calm() {
                return;
            }
            self.dead.store(true, Ordering::SeqCst);
            self.write(What::Stopped(place));
            self.died.notify_one();
        }
        pending().await
    }

    /// Is it stopped, or about to be?
    pub fn is_dead(&self) -> bool {
        self.dead.load(Ordering::SeqCst)
    }

    /// Does something within the program; `None` when it was stopped meanwhile.
    pub async fn serve<T: Send + 'static>(
        &self,
        what: impl Future<Output = T> + Send + 'static,
    ) -> Option<T> {
        if self.is_dead() {
            return None;
        }
        let task = tokio::spawn(what);
        self.tasks.lock().unwrap().push(task.abort_handle());
        match task.await {
            Ok(answer) => Some(answer),
            Err(error) => {
                if error.is_panic() {
                    self.world.breaks("the program panicked".to_owned());
                }
                None
            }
        }
    }

    /// It is gone.
    pub fn end(&self) {
        self.dead.store(true, Ordering::SeqCst);
        *self.world.process.lock().unwrap() = None;
        for task in self.tasks.lock().unwrap().drain(..) {
            task.abort();
        }
        self.desk.lock().unwrap().take();
    }

    /// Works what is due, until nothing will ever be due again.
    pub async fn work(self: Arc<Self>) {
        let Some(desk) = self.desk() else { return };
        let parts = Arc::clone(&desk.parts);
        drop(desk);
        let worker = Worker::new(Arc::clone(&parts), Arc::new(Health::expecting(&[])));
        for _ in 0..TOO_MANY {
            worker.drain().await.expect("the store works");
            self.nothing_expired_is_left().await;
            let due = parts.store.next_due().await.expect("the store works");
            if due.is_none() && self.world.is_calm() && self.world.is_quiet() {
                return;
            }
            // What somebody has in hand just now is asked for a moment later; they wake it sooner.
            let least = Timing::default().look;
            let pause = due.map_or(Duration::from_secs(3600), |due| due.since(parts.clock.now()).max(least));
            tokio::select! {
                biased;
                () = parts.wake.notified() => {}
                () = self.world.quiet.notified(), if due.is_none() => {}
                () = tokio::time::sleep(pause) => {}
            }
        }
        self.world.breaks("L1: it does not come to rest".to_owned());
    }

    /// I11: upkeep has just run. Looked at now and then.
    async fn nothing_expired_is_left(&self) {
        if !self.points.load(Ordering::SeqCst).is_multiple_of(8) {
            return;
        }
        let long_ago = self.world.clock.now().0 - 60_000;
        let sql = "SELECT count(*) FROM sealed WHERE expires_at < ?";
        let left = outside(self.world.count(sql, long_ago));
        if left > 0 {
            self.world.breaks("I11: an expired password is left".to_owned());
        }
    }
}

impl World {
    /// Counts rows.
    pub async fn count(&self, sql: &'static str, value: i64) -> i64 {
        let mut rows = self.rows.lock().await;
        sqlx::query(sql).bind(value).fetch_one(&mut *rows).await.expect("rows").get(0)
    }
}

/// What surrounds the store of a process.
pub struct Surroundings(pub Arc<Process>);

impl Around for Surroundings {
    type Noted = (Stamp, Commit);

    async fn point(&self, place: &'static str) {
        self.0.point(place).await;
    }

    async fn call<T: Send>(&self, call: impl Future<Output = T> + Send) -> T {
        outside(call)
    }

    /// The end of a lease is told by the database's clock, which in this world is the clock on the wall.
    fn claimed(&self, claims: &mut [Claim]) {
        let claimed = self.0.claims.fetch_add(claims.len() as u64, Ordering::SeqCst);
        assert!(claimed < TOO_MANY_CLAIMS, "L1: it does not come to rest");
        let world = &self.0.world;
        let mut leases = world.leases.lock().unwrap();
        for claim in claims {
            let end = world.clock.now().plus(Timing::default().lease);
            let before = leases.insert(claim.ticket.id, end);
            claim.previous_lease_end = claim.previous_lease_end.and(before);
        }
    }

    fn note(&self, ticket: TicketId, step: &Step) -> (Stamp, Commit) {
        let (begun, ended) = match &step.intent {
            IntentChange::None => (None, None),
            IntentChange::Begin(intent) => (Some(intent.clone()), None),
            IntentChange::End { key, outcome, .. } => (None, Some((key.clone(), outcome.clone()))),
        };
        let account = step.account.as_ref().map(|(id, _)| id.clone());
        let (state, sealed) = (step.state.clone(), step.sealed.clone());
        let freezes = step.freeze.as_ref().map(|freeze| freeze.account.clone());
        (self.0.world.stamp(), Commit { ticket, account, state, sealed, begun, ended, freezes })
    }

    async fn committed(&self, (stamp, commit): (Stamp, Commit), committed: &Committed) {
        if *committed != Committed::Done {
            return;
        }
        let world = &self.0.world;
        if let (Some(task), Some(begun)) = (stamp.2, &commit.begun) {
            world.begun.lock().unwrap().insert(task, begun.key.clone());
        }
        // What nobody has used yet is kept where it is replaced.
        let kept = world.plan.scramble
            && matches!(commit.state, State::Done { checked: false, .. } | State::Revealed { .. });
        let over = !commit.state.live() || matches!(commit.state, State::Revealed { erased: true, .. });
        let over = over && !kept;
        let sql = "SELECT count(*) FROM sealed WHERE ticket = ?";
        if over && world.count(sql, commit.ticket.0).await > 0 {
            world.breaks(format!("I11: {} keeps a sealed password", commit.state.name()));
        }
        world.write_then(stamp, self.0.id, What::Commit(Box::new(commit)));
    }
}
