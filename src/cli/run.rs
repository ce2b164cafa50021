//! `run`: the daemon.

use std::sync::Arc;
use std::time::Duration;

use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

use super::{CliError, Common, assembly};
use crate::config::Settings;
use crate::web::RevealPage;
use crate::worker::{DeskPort, Health, Parts, Worker};

/// A clean stop takes at most this long; then the leases run out by themselves.
const STOP_WITHIN: Duration = Duration::from_secs(18);

pub(super) async fn run(common: &Common) -> Result<(), CliError> {
    let loaded = assembly::load(common)?;
    let settings = &loaded.settings;
    crate::telemetry::init(&settings.telemetry).map_err(|e| CliError::Wrong(e.to_string()))?;
    let _only_one = lock(settings)?;
    let store = assembly::store(settings).await?;
    if settings.store.url.sqlite_path().is_some() {
        // The lock file says that no other process works on this database.
        store.free_leases().await?;
    }
    let parts = Arc::new(assembly::parts(settings, store)?);
    let stop = CancellationToken::new();
    tokio::spawn(stop_on_signal(stop.clone()));
    tracing::info!(
        mailboxes = settings.mailboxes.len(),
        gateways = parts.gateways.len(),
        automation = super::automation::code(settings.automation()),
        "nyckelbud is at work"
    );
    let _ = sd_notify::notify(&[sd_notify::NotifyState::Ready]);
    serve(settings, parts, stop.clone()).await?;
    let _ = sd_notify::notify(&[sd_notify::NotifyState::Stopping]);
    tracing::info!("stopped cleanly");
    Ok(())
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
    let stopping = stop.clone();
    let pages = tokio::spawn(crate::web::serve(listener, web, renderer, desk, async move {
        stopping.cancelled().await;
    }));
    let inboxes = assembly::inboxes(settings)?;
    let working = Worker::new(parts, health).run(inboxes, stop.clone());
    let stopped = async {
        stop.cancelled().await;
        tokio::time::sleep(STOP_WITHIN).await;
    };
    tokio::select! {
        () = working => {}
        () = stopped => tracing::warn!("a step did not end in time; its lease runs out by itself"),
    }
    stop.cancel();
    match tokio::time::timeout(Duration::from_secs(2), pages).await {
        Ok(Ok(Err(error))) => Err(CliError::No(format!("the pages stopped: {error}"))),
        Ok(Ok(Ok(())) | Err(_)) | Err(_) => Ok(()),
    }
}

async fn stop_on_signal(stop: CancellationToken) {
    let (Ok(mut term), Ok(mut int)) = (signal(SignalKind::terminate()), signal(SignalKind::interrupt()))
    else {
        tracing::error!("signals cannot be heard; stop the program with SIGKILL, nothing is lost");
        return;
    };
    tokio::select! {
        _ = term.recv() => {}
        _ = int.recv() => {}
    }
    tracing::info!("stopping: no new work, the running steps end");
    stop.cancel();
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
