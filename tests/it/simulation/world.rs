//! The world of one run: its time, its people, what they hold, and the log of what happened.

use std::collections::HashMap;
use std::future::Future;
use std::path::PathBuf;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock, Mutex};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

use nyckelbud::clock::Clock;
use nyckelbud::store::{self, Store};
use nyckelbud::ticket::TicketId;
use nyckelbud::types::UnixMillis;
use sqlx::{ConnectOptions, SqliteConnection};
use tokio::sync::Notify;
use tokio::time::Instant;

use super::dice::{Dice, Throws};
use super::gateway::Sent;
use super::log::{Entry, What};
use super::people::Person;
use super::plan::Plan;
use super::process::Process;

/// 2026-11-24, about noon.
const BEGINNING: UnixMillis = UnixMillis(1_795_521_600_000);

/// The store's own threads run in real time, apart from the time of the runs.
static STORE: LazyLock<tokio::runtime::Runtime> = LazyLock::new(|| {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    runtime.expect("a runtime")
});

/// The clock on the wall, which can be turned, over the time of the run.
#[derive(Clone)]
pub struct RunClock {
    began: Instant,
    turned: Arc<AtomicI64>,
}

impl RunClock {
    pub fn elapsed(&self) -> Duration {
        self.began.elapsed()
    }

    /// What every clock but the desk's own shows.
    pub fn elsewhere(&self) -> UnixMillis {
        BEGINNING.plus(self.elapsed())
    }
}

impl Clock for RunClock {
    fn now(&self) -> UnixMillis {
        UnixMillis(self.elsewhere().0 + self.turned.load(Ordering::SeqCst))
    }

    fn moment(&self) -> std::time::Instant {
        Instant::now().into_std()
    }
}

/// When something happened, and in which task.
pub type Stamp = (Duration, UnixMillis, Option<tokio::task::Id>);

/// Everything outside the program, and what is told of it.
pub struct World {
    pub plan: Plan,
    pub dice: Dice,
    pub clock: RunClock,
    pub store: Arc<dyn Store>,
    /// A look past the store at its rows.
    pub rows: tokio::sync::Mutex<SqliteConnection>,
    pub people: Mutex<Vec<Person>>,
    /// What each gateway has taken.
    pub sent: Mutex<Vec<Sent>>,
    /// Links that somebody was handed already.
    pub links: Mutex<Vec<String>>,
    /// Codes that came for the links of a ticket, the last one.
    pub codes: Mutex<HashMap<TicketId, String>>,
    /// What was begun last in a task.
    pub begun: Mutex<HashMap<tokio::task::Id, String>>,
    /// The ends of leases, by the clock on the wall.
    pub leases: Mutex<HashMap<TicketId, UnixMillis>>,
    /// What must not be, seen while it happened.
    pub broken: Mutex<Vec<String>>,
    pub process: Mutex<Option<Arc<Process>>>,
    log: Mutex<Vec<Entry>>,
    counts: Mutex<HashMap<String, u32>>,
    calm: AtomicBool,
    acting: AtomicUsize,
    pub quiet: Notify,
    _folder: tempfile::TempDir,
}

impl World {
    /// A world over a copy of the database at `template`.
    pub async fn new(dice: Dice, plan: Plan, template: &PathBuf, folder: tempfile::TempDir) -> Arc<Self> {
        let file = folder.path().join("nyckelbud.db");
        std::fs::copy(template, &file).expect("a copy of the database");
        let url = format!("sqlite://{}", file.display());
        let opened = async {
            let store = store::open(&url, "kommun.example").await.expect("the store opens");
            let options = sqlx::sqlite::SqliteConnectOptions::new().filename(&file).read_only(true);
            (store, options.connect().await.expect("the database opens"))
        };
        let (store, rows) = outside(opened);
        let people = super::people::people(&plan);
        let clock = RunClock { began: Instant::now(), turned: Arc::default() };
        Arc::new(Self {
            dice,
            clock,
            store,
            rows: tokio::sync::Mutex::new(rows),
            people: Mutex::new(people),
            sent: Mutex::default(),
            links: Mutex::default(),
            codes: Mutex::default(),
            begun: Mutex::default(),
            leases: Mutex::default(),
            broken: Mutex::default(),
            process: Mutex::default(),
            log: Mutex::default(),
            counts: Mutex::default(),
            calm: AtomicBool::new(false),
            acting: AtomicUsize::new(0),
            quiet: Notify::new(),
            plan,
            _folder: folder,
        })
    }

    pub fn write(&self, process: u32, what: What) {
        self.write_then(self.stamp(), process, what);
    }

    /// What o'clock it is in the run, and in whose task. The store's own threads do not know.
    pub fn stamp(&self) -> Stamp {
        (self.clock.elapsed(), self.clock.now(), tokio::task::try_id())
    }

    pub fn write_then(&self, (at, wall, task): Stamp, process: u32, what: What) {
        self.log.lock().unwrap().push(Entry { at, wall, process, task, what });
    }

    pub fn log(&self) -> Vec<Entry> {
        self.log.lock().unwrap().clone()
    }

    /// What must not be has happened.
    pub fn breaks(&self, what: String) {
        self.broken.lock().unwrap().push(what);
    }

    /// The throws for the next time that this happens.
    pub fn throws(&self, what: &str) -> Throws {
        let mut counts = self.counts.lock().unwrap();
        let count = counts.entry(what.to_owned()).or_default();
        *count += 1;
        self.dice.of(&format!("{what} {count}"))
    }

    /// Does nothing go wrong any more?
    pub fn is_calm(&self) -> bool {
        self.calm.load(Ordering::SeqCst)
    }

    pub fn calm_down(&self) {
        self.write(0, What::Calm);
        self.calm.store(true, Ordering::SeqCst);
    }

    /// Does this time lie in one of the windows?
    pub fn within(&self, windows: &[(Duration, Duration)]) -> bool {
        let at = self.clock.elapsed();
        windows.iter().any(|(from, until)| *from <= at && at < *until)
    }

    /// Somebody does something by and by; the run does not end before.
    pub fn act(self: &Arc<Self>, act: impl Future<Output = ()> + Send + 'static) {
        self.acting.fetch_add(1, Ordering::SeqCst);
        let world = Arc::clone(self);
        tokio::spawn(async move {
            if let Err(error) = tokio::spawn(act).await
                && error.is_panic()
            {
                world.breaks("somebody in the world broke off: the simulation is wrong".to_owned());
            }
            world.acting.fetch_sub(1, Ordering::SeqCst);
            world.quiet.notify_one();
        });
    }

    /// Has everybody done what they wanted?
    pub fn is_quiet(&self) -> bool {
        self.acting.load(Ordering::SeqCst) == 0
    }

    /// The wall clock is turned.
    pub fn turn(&self, seconds: i64) {
        self.clock.turned.fetch_add(seconds * 1000, Ordering::SeqCst);
        self.write(0, What::Turned(seconds));
    }

    /// The program as it runs now.
    pub fn running(&self) -> Option<Arc<Process>> {
        self.process.lock().unwrap().clone()
    }

    /// The program, as soon as it runs again.
    pub async fn whenever_it_runs(&self) -> Arc<Process> {
        loop {
            if let Some(process) = self.running() {
                return process;
            }
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
    }
}

struct Unpark(std::thread::Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

/// Makes a call to the store at one go: the time of the run stands still, and nobody else does anything
/// meanwhile, so that a seed tells the same story every time.
pub fn outside<T>(call: impl Future<Output = T>) -> T {
    let _in = STORE.enter();
    let mut call = pin!(tokio::task::unconstrained(call));
    let waker = Waker::from(Arc::new(Unpark(std::thread::current())));
    let mut context = Context::from_waker(&waker);
    loop {
        match call.as_mut().poll(&mut context) {
            Poll::Ready(answer) => return answer,
            Poll::Pending => std::thread::park(),
        }
    }
}
