//! `run`: the daemon.

use std::net::TcpListener;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

use super::{CliError, Common, assembly};
use crate::config::{self, Loaded, Settings};
use crate::render::Renderer;
use crate::store::Store;
use crate::token::Tokens;
use crate::web::{Ports, RevealPage, TicketActs, WebSettings};
use crate::worker::{
    AccountsPort, ActsPort, DeskPort, Health, Inbox, OperationsPort, Parts, PeoplePort, ProgramsPort,
    QueuePort, ViewPort, Worker,
};

/// A stop is over within this time, whatever hangs.
const PROMISED: Duration = Duration::from_secs(20);
/// The running steps end within this time; then their leases run out by themselves.
const STEPS_WITHIN: Duration = Duration::from_secs(14);
/// The pages have had the same time already.
const PAGES_WITHIN: Duration = Duration::from_secs(2);
const _: () = assert!(
    STEPS_WITHIN.as_secs() + PAGES_WITHIN.as_secs() + super::THREADS_WITHIN.as_secs() < PROMISED.as_secs()
);

pub(super) async fn run(common: &Common) -> Result<(), CliError> {
    let loaded = assembly::load(common)?;
    let settings = loaded.settings.clone();
    crate::telemetry::init(&settings.telemetry).map_err(|e| CliError::Wrong(e.to_string()))?;
    let mut signals = Signals::listen()?;
    let _only_one = lock(&settings)?;
    let store = assembly::store(&settings).await?;
    let mut desk = Desk::open(loaded, Arc::clone(&store), None)?;
    loop {
        if desk.settings.store.url.sqlite_path().is_some() {
            // The lock file says that no other process works on this database.
            store.free_leases().await?;
        }
        match until_signal(common, desk, &store, &mut signals).await? {
            Some(next) => desk = next,
            None => break,
        }
    }
    let _ = sd_notify::notify(&[sd_notify::NotifyState::Stopping]);
    tracing::info!("stopped cleanly");
    Ok(())
}

/// Runs the desk until a signal. Answers with the desk to go on with, after SIGHUP.
async fn until_signal(
    common: &Common,
    desk: Desk,
    store: &Arc<dyn Store>,
    signals: &mut Signals,
) -> Result<Option<Desk>, CliError> {
    tracing::info!(
        mailboxes = desk.settings.mailboxes.len(),
        gateways = desk.parts.gateways.len(),
        automation = super::automation::code(desk.settings.automation()),
        listen = %desk.settings.web.listen,
        "nyckelbud is at work"
    );
    let stop = CancellationToken::new();
    let (settings, door) = (desk.settings.clone(), desk.door.try_clone().map_err(unserved)?);
    let mut serving = std::pin::pin!(desk.serve(stop.clone()));
    let _ = sd_notify::notify(&[sd_notify::NotifyState::Ready]);
    let next = loop {
        tokio::select! {
            served = &mut serving => return served.map(|()| None),
            signal = signals.next() => match signal {
                Signal::Stop => break None,
                Signal::Reload => match reload(common, &settings, store, &door) {
                    Ok(next) => break Some(next),
                    Err(error) => tracing::error!("not reloaded, the desk goes on as it was: {error}"),
                },
            },
        }
    };
    match &next {
        Some(_) => tracing::info!("reloading: the running steps end, then the new configuration holds"),
        None => tracing::info!("stopping: no new work, the running steps end"),
    }
    stop.cancel();
    serving.await?;
    Ok(next)
}

/// Reads the configuration again and makes every part that it names, before the old desk stops: a
/// mistake costs nothing. A desk never changes its database while it runs: the lock that keeps others
/// away lies beside it.
fn reload(
    common: &Common,
    settings: &Settings,
    store: &Arc<dyn Store>,
    door: &TcpListener,
) -> Result<Desk, CliError> {
    let next = assembly::load(common)?;
    if next.settings.store.url.expose() != settings.store.url.expose() {
        return Err(CliError::Wrong("store.url has changed: restart instead".to_owned()));
    }
    Desk::open(next, Arc::clone(store), Some(door))
}

/// A desk with all its parts, ready to work.
pub(super) struct Desk {
    settings: Settings,
    parts: Arc<Parts>,
    accounts: Arc<AccountsPort>,
    operations: Arc<OperationsPort>,
    queue: Arc<QueuePort>,
    inboxes: Vec<Inbox>,
    web: WebSettings,
    renderer: Arc<Renderer>,
    /// Where the pages are asked for.
    door: TcpListener,
}

impl Desk {
    /// Makes every part that the settings name. `door` is the one of the desk before, taken over when
    /// its address stays.
    pub(super) fn open(
        loaded: Loaded,
        store: Arc<dyn Store>,
        door: Option<&TcpListener>,
    ) -> Result<Self, CliError> {
        let tokens = Arc::new(Tokens::default());
        let shown = config::shown(&loaded);
        let settings = loaded.settings;
        let parts = Arc::new(assembly::parts(&settings, store, &tokens)?);
        let accounts = assembly::accounts(&settings, &parts)?;
        let operations = assembly::operations(&settings, shown, &parts, &tokens)?;
        let queue = assembly::queue(&settings, &parts)?;
        let inboxes = assembly::inboxes(&settings, &tokens)?;
        let web = assembly::web(&settings)?;
        let renderer = assembly::renderer(&settings)?;
        crate::web::check_pages(&web, Arc::clone(&renderer))
            .map_err(|e| CliError::Wrong(format!("a page cannot be made: {e}; correct its template")))?;
        let same = door.filter(|door| door.local_addr().is_ok_and(|address| address == web.listen));
        let door = match same {
            Some(door) => door.try_clone().map_err(unserved)?,
            None => TcpListener::bind(web.listen).map_err(|e| {
                CliError::No(format!(
                    "cannot listen on {}: {e}; nothing was begun; correct web.listen, or \
                    stop the program that has it",
                    web.listen
                ))
            })?,
        };
        door.set_nonblocking(true).map_err(unserved)?;
        Ok(Self { settings, parts, accounts, operations, queue, inboxes, web, renderer, door })
    }

    /// What people do to the tickets of this desk.
    pub(super) fn acts(&self) -> Arc<dyn TicketActs> {
        Arc::new(ActsPort::new(Arc::clone(&self.parts)))
    }

    /// Works and serves the pages until `stop`.
    pub(super) async fn serve(self, stop: CancellationToken) -> Result<(), CliError> {
        let Self { settings, parts, accounts, operations, queue, inboxes, web, renderer, door } = self;
        let mailboxes: Vec<_> = settings.mailboxes.iter().map(|m| (m.name.clone(), m.poll)).collect();
        let health = Arc::new(Health::expecting(&mailboxes));
        let door = tokio::net::TcpListener::from_std(door).map_err(unserved)?;
        let page: Box<RevealPage> = crate::web::reveal_page(web.clone(), Arc::clone(&renderer));
        let ready = CancellationToken::new();
        let port = DeskPort::new(Arc::clone(&parts), Arc::clone(&health), page, ready.clone());
        let view = Arc::new(ViewPort::new(Arc::clone(&parts)));
        let acts = Arc::new(ActsPort::new(Arc::clone(&parts)));
        let people = Arc::new(PeoplePort::new(Arc::clone(&parts)));
        let programs = Arc::new(ProgramsPort::new(Arc::clone(&parts)));
        let ports = Ports { desk: Arc::new(port), accounts, operations, queue, view, acts, people, programs };
        // A desk without its pages cannot hand passwords to managers: when they end, all ends.
        let (stopping, ends_all) = (stop.clone(), stop.clone().drop_guard());
        let pages = tokio::spawn(async move {
            let _ends_all = ends_all;
            crate::web::serve(door, web, renderer, ports, async move { stopping.cancelled().await }).await
        });
        let working = Worker::new(parts, health).run(inboxes, ready, stop.clone());
        let stopped = async {
            stop.cancelled().await;
            tokio::time::sleep(STEPS_WITHIN).await;
        };
        let ended = tokio::select! {
            worked = working => worked.map_err(|e| CliError::No(e.to_string())),
            () = stopped => {
                tracing::warn!("a step did not end in time; its lease runs out by itself");
                Ok(())
            }
        };
        stop.cancel();
        if let Ok(served) = tokio::time::timeout(PAGES_WITHIN, pages).await {
            page_error(served)?;
        }
        ended
    }
}

fn unserved(error: std::io::Error) -> CliError {
    CliError::No(format!("the pages cannot be served: {error}; nothing was changed"))
}

fn page_error<E: std::fmt::Display>(
    ended: Result<Result<(), E>, tokio::task::JoinError>,
) -> Result<(), CliError> {
    match ended {
        Ok(Ok(())) => Ok(()),
        Ok(Err(error)) => Err(CliError::No(format!("the pages stopped: {error}; nothing is lost"))),
        Err(error) => {
            let how = crate::telemetry::how_it_ended(&error);
            Err(CliError::No(format!("the pages broke off, {how}; nothing is lost")))
        }
    }
}

/// What a signal asks for.
pub(super) enum Signal {
    Stop,
    Reload,
}

/// The signals that the daemon answers to.
pub(super) struct Signals {
    terminate: tokio::signal::unix::Signal,
    interrupt: tokio::signal::unix::Signal,
    hang_up: tokio::signal::unix::Signal,
}

impl Signals {
    pub(super) fn listen() -> Result<Self, CliError> {
        let failed = |e: std::io::Error| CliError::No(format!("signals cannot be heard: {e}"));
        Ok(Self {
            terminate: signal(SignalKind::terminate()).map_err(failed)?,
            interrupt: signal(SignalKind::interrupt()).map_err(failed)?,
            hang_up: signal(SignalKind::hangup()).map_err(failed)?,
        })
    }

    pub(super) async fn next(&mut self) -> Signal {
        tokio::select! {
            _ = self.terminate.recv() => Signal::Stop,
            _ = self.interrupt.recv() => Signal::Stop,
            _ = self.hang_up.recv() => Signal::Reload,
        }
    }
}

/// Where the lock of a SQLite database lies.
pub(super) fn lock_file(database: &Path) -> PathBuf {
    database.with_extension("lock")
}

/// One process a SQLite database: the lock lies beside it, and dies with the process.
pub(super) fn lock(settings: &Settings) -> Result<Option<std::fs::File>, CliError> {
    let Some(path) = settings.store.url.sqlite_path() else { return Ok(None) };
    if let Some(folder) = path.parent() {
        std::fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(folder)
            .map_err(|e| CliError::No(format!("cannot make {}: {e}", folder.display())))?;
    }
    let place = lock_file(path);
    let failed = |e: &dyn std::fmt::Display| CliError::No(format!("cannot lock {}: {e}", place.display()));
    let file = std::fs::OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(false)
        .open(&place)
        .map_err(|e| failed(&e))?;
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(std::fs::TryLockError::WouldBlock) => Err(CliError::No(format!(
            "another nyckelbud is at work on {}; this one ends, and nothing was changed",
            path.display()
        ))),
        Err(std::fs::TryLockError::Error(e)) => Err(failed(&e)),
    }
}
