//! The connections: how many, how slow they may be, and how they end. The limits are for clients
//! that hold connections open to keep others out; a reverse proxy stands in front, but the pages
//! must also live without one.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::WebSettings;
use super::client::{Peer, Proxies};
use super::pickup::Pages;
use super::routes::{self, App, Ports};
use super::staff;
use crate::render::{RenderError, Renderer};

/// What clients may take, all together. Nothing is counted by client: behind a reverse proxy all of them
/// have its address. Who fills the connections keeps others out only as long as one may live.
#[derive(Clone, Copy)]
struct Limits {
    /// Connections at a time; more wait in the system's own queue.
    connections: usize,
    /// The head of a request arrives within this time, and an idle connection is closed after it.
    head_within: Duration,
    /// No connection lives longer, whatever it does: long enough for any directory.
    longest_connection: Duration,
}

const LIMITS: Limits = Limits {
    connections: 256,
    head_within: Duration::from_secs(10),
    longest_connection: Duration::from_secs(120),
};

/// The head of a request, in octets.
const LARGEST_HEAD: usize = 16 * 1024;

/// A stop waits so long for the running answers.
const STOP_WITHIN: Duration = Duration::from_secs(10);

/// How long nothing is accepted after the system refused to (no file descriptors left).
const ACCEPT_PAUSE: Duration = Duration::from_secs(1);

/// Why the pages are not served.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// A page cannot be made, most likely from a template of the site's own.
    #[error("a page cannot be made: {0}; no page is served, correct the template and start again")]
    Page(#[from] RenderError),
}

/// Serves the pages until `shutdown`; then takes no new connections and lets the running answers
/// end.
///
/// # Errors
/// [`ServeError`]; a connection's troubles are never an error of the server.
pub async fn serve(
    listener: TcpListener,
    settings: WebSettings,
    renderer: Arc<Renderer>,
    ports: Ports,
    shutdown: impl Future<Output = ()> + Send,
) -> Result<(), ServeError> {
    super::check_pages(&settings, Arc::clone(&renderer))?;
    let staff = staff::Pages::new(&settings, Arc::clone(&renderer));
    let pages = Pages::new(&settings, renderer);
    let proxies = Proxies::new(settings.trusted_proxies);
    let router =
        routes::router(Arc::new(App { pages, staff, ports, proxies, presence: staff::Presence::default() }));
    let (stop, connections) = (CancellationToken::new(), TaskTracker::new());
    tokio::select! {
        () = accept(&listener, &router, &stop, &connections, LIMITS) => {}
        () = shutdown => {}
    }
    drop(listener);
    stop.cancel();
    connections.close();
    if tokio::time::timeout(STOP_WITHIN, connections.wait()).await.is_err() {
        tracing::warn!(open = connections.len(), "some connections did not end in time and were cut");
    }
    Ok(())
}

/// Accepts connections for ever.
async fn accept(
    listener: &TcpListener,
    router: &Router,
    stop: &CancellationToken,
    connections: &TaskTracker,
    limits: Limits,
) {
    let free = Arc::new(Semaphore::new(limits.connections));
    // The semaphore is never closed.
    while let Ok(permit) = Arc::clone(&free).acquire_owned().await {
        match listener.accept().await {
            Ok((stream, peer)) => {
                let router = (router.clone(), Peer(peer.ip()));
                let answered = answer(stream, router, stop.clone(), limits.head_within);
                connections.spawn(async move {
                    let _permit = permit;
                    let _ = tokio::time::timeout(limits.longest_connection, answered).await;
                });
            }
            Err(error) if is_of_one_connection(&error) => {}
            Err(error) => {
                tracing::error!("no connection can be accepted: {error}; trying again in a second");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

/// The client went away between its knock and our answer (accept(2), "Error handling").
fn is_of_one_connection(error: &std::io::Error) -> bool {
    use std::io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset)
}

/// Answers the requests of one connection.
async fn answer(
    stream: TcpStream,
    (router, peer): (Router, Peer),
    stop: CancellationToken,
    head_within: Duration,
) {
    let router = TowerToHyperService::new(router);
    let service = service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(peer);
        router.call(request)
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(head_within)
        .max_buf_size(LARGEST_HEAD)
        .serve_connection(TokioIo::new(stream), service);
    let mut connection = pin!(connection);
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = stop.cancelled() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        // A closed phone, a slow client, a scanner that does not speak HTTP: all everyday.
        tracing::debug!("a connection ended early: {error}");
    }
}

#[cfg(test)]
mod tests;
