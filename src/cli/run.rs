//! `run`: the daemon.

use std::sync::Arc;
use std::time::Duration;

use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

use super::{CliError, Common, assembly};
use crate::config::{Loaded, Settings};
use crate::web::RevealPage;
use crate::worker::{DeskPort, Health, Parts, Worker};

/// A clean stop takes at most this long; then the leases run out by themselves.
const STOP_WITHIN: Duration = Duration::from_secs(18);

pub(super) async fn run(common: &Common) -> Result<(), CliError> {
    let mut loaded = assembly::load(common)?;
    crate::telemetry::init(&loaded.settings.telemetry).map_err(|e| CliError::Wrong(e.to_string()))?;
    let mut signals = Signals::listen()?;
    let _only_one = lock(&loaded.settings)?;
    while let Some(next) = one_desk(common, &loaded.settings, &mut signals).await? {
        loaded = next;
    }
    let _ = sd_notify::notify(&[sd_notify::NotifyState::Stopping]);
    tracing::info!("stopped cleanly");
    Ok(())
}

/// Runs the desk until a signal. Answers with the configuration to go on with, after SIGHUP.
async fn one_desk(
    common: &Common,
    settings: &Settings,
    signals: &mut Signals,
) -> Result<Option<Loaded>, CliError> {
    let store = assembly::store(settings).await?;
    if settings.store.url.sqlite_path().is_some() {
        // The lock file says that no other process works on this database.
        store.free_leases().await?;
    }
    let parts = Arc::new(assembly::parts(settings, store)?);
    tracing::info!(
        mailboxes = settings.mailboxes.len(),
        gateways = parts.gateways.len(),
        automation = super::automation::code(settings.automation()),
        "nyckelbud is at work"
    );
    let stop = CancellationToken::new();
    let mut serving = std::pin::pin!(serve(settings, parts, stop.clone()));
    let _ = sd_notify::notify(&[sd_notify::NotifyState::Ready]);
    let next = loop {
        tokio::select! {
            served = &mut serving => return served.map(|()| None),
            signal = signals.next() => match signal {
                Signal::Stop => break None,
                Signal::Reload => match reload(common, settings) {
                    Ok(next) => break Some(next),
                    Err(error) => tracing::error!("not reloaded, the desk goes on as it was: {error}"),
                },
            },
        }
    };
    tracing::info!("stopping: no new work, the running steps end");
    stop.cancel();
    serving.await?;
    Ok(next)
}

/// Reads the configuration again. A desk never changes its database while it runs: the lock that
/// keeps others away lies beside it.
fn reload(common: &Common, settings: &Settings) -> Result<Loaded, CliError> {
    let next = assembly::load(common)?;
    if next.settings.store.url.expose() != settings.store.url.expose() {
        return Err(CliError::Wrong("store.url has changed: restart instead".to_owned()));
    }
    Ok(next)
}

/// Works and serves the pages until `stop`.
pub(super) async fn serve(
    settings: &Settings,
    parts: Arc<Parts>,
    stop: CancellationToken,
) -> Result<(), CliError> {
    let names: Vec<String> = settings.mailboxes.iter().map(|m| m.name.clone()).collect();
    let health = Arc::new(Health::expecting(&names));
    let web = assembly::web(settings)?;
    let renderer = assembly::renderer(settings)?;
    let listener = tokio::net::TcpListener::bind(web.listen).await.map_err(|e| {
        CliError::No(format!("cannot listen on {}: {e}; is another nyckelbud running?", web.listen))
    })?;
    let page: Box<RevealPage> = crate::web::reveal_page(web.clone(), Arc::clone(&renderer));
    let callbacks = assembly::callbacks(settings);
    let desk = Arc::new(DeskPort::new(Arc::clone(&parts), Arc::clone(&health), callbacks, page));
    // A desk without its pages cannot hand passwords to managers: when they end, all ends.
    let (stopping, ends_all) = (stop.clone(), stop.clone().drop_guard());
    let pages = tokio::spawn(async move {
        let _ends_all = ends_all;
        crate::web::serve(listener, web, renderer, desk, async move { stopping.cancelled().await }).await
    });
    let inboxes = assembly::inboxes(settings)?;
    let working = Worker::new(parts, health).run(inboxes, stop.clone());
    let stopped = async {
        stop.cancelled().await;
        tokio::time::sleep(STOP_WITHIN).await;
    };
    let ended = tokio::select! {
        worked = working => worked.map_err(|e| CliError::No(e.to_string())),
        () = stopped => {
            tracing::warn!("a step did not end in time; its lease runs out by itself");
            Ok(())
        }
    };
    stop.cancel();
    if let Ok(served) = tokio::time::timeout(Duration::from_secs(2), pages).await {
        page_error(served)?;
    }
    ended
}

fn page_error<E: std::fmt::Display>(
    ended: Result<Result<(), E>, tokio::task::JoinError>,
) -> Result<(), CliError> {
    match ended {
        Ok(Ok(())) => Ok(()),
        Ok(Err(error)) => Err(CliError::No(format!("the pages stopped: {error}; nothing is lost"))),
        Err(error) => Err(CliError::No(format!("the pages broke off: {error}; nothing is lost"))),
    }
}

/// What a signal asks for.
enum Signal {
    Stop,
    Reload,
}

/// The signals that the daemon answers to.
struct Signals {
    terminate: tokio::signal::unix::Signal,
    interrupt: tokio::signal::unix::Signal,
    hang_up: tokio::signal::unix::Signal,
}

impl Signals {
    fn listen() -> Result<Self, CliError> {
        let deaf = |e: std::io::Error| CliError::No(format!("signals cannot be heard: {e}"));
        Ok(Self {
            terminate: signal(SignalKind::terminate()).map_err(deaf)?,
            interrupt: signal(SignalKind::interrupt()).map_err(deaf)?,
            hang_up: signal(SignalKind::hangup()).map_err(deaf)?,
        })
    }

    async fn next(&mut self) -> Signal {
        tokio::select! {
            _ = self.terminate.recv() => Signal::Stop,
            _ = self.interrupt.recv() => Signal::Stop,
            _ = self.hang_up.recv() => Signal::Reload,
        }
    }
}

/// One process a SQLite database: the lock lies beside it, and dies with the process.
pub(super) fn lock(settings: &Settings) -> Result<Option<std::fs::File>, CliError> {
    let Some(path) = settings.store.url.sqlite_path() else { return Ok(None) };
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)
            .map_err(|e| CliError::No(format!("cannot make {}: {e}", folder.display())))?;
    }
    let place = path.with_extension("lock");
    let failed = |e: &dyn std::fmt::Display| CliError::No(format!("cannot lock {}: {e}", place.display()));
    let file = std::fs::OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(false)
        .open(&place)
        .map_err(|e| failed(&e))?;
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(std::fs::TryLockError::WouldBlock) => {
            Err(CliError::No(format!("another nyckelbud works on {}; nothing was changed", path.display())))
        }
        Err(std::fs::TryLockError::Error(e)) => Err(failed(&e)),
    }
}
