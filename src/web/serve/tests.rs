//! Tests of the limits, with shorter ones.

use std::net::SocketAddr;

use axum::routing::get;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::*;

const LONG: Duration = Duration::from_secs(60);
const SHORT: Duration = Duration::from_millis(50);
const REQUEST: &[u8] = b"GET / HTTP/1.1\r\nhost: a\r\n\r\n";

/// A server with these limits; it ends with the test's runtime.
async fn served(limits: Limits, router: Router) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let (stop, connections) = (CancellationToken::new(), TaskTracker::new());
        accept(&listener, &router, &stop, &connections, limits).await;
    });
    address
}

fn hello() -> Router {
    Router::new().route("/", get(async || "hello"))
}

/// Reads until the server closes.
async fn read_all(stream: &mut TcpStream) -> String {
    let mut octets = Vec::new();
    let read = stream.read_to_end(&mut octets);
    let _ = tokio::time::timeout(LONG / 3, read).await.expect("the server closes the connection");
    String::from_utf8(octets).unwrap()
}

#[tokio::test]
async fn a_request_that_never_gets_ready_and_an_idle_connection_are_closed() {
    let limits = Limits { connections: 9, head_within: SHORT, longest_connection: LONG };
    let address = served(limits, hello()).await;
    let mut slow = TcpStream::connect(address).await.unwrap();
    slow.write_all(b"GET / HTTP/1.1\r\nhost").await.unwrap();
    assert!(!read_all(&mut slow).await.contains("200 OK"));
    let mut idle = TcpStream::connect(address).await.unwrap();
    idle.write_all(REQUEST).await.unwrap();
    assert!(read_all(&mut idle).await.contains("200 OK"));
    let mut silent = TcpStream::connect(address).await.unwrap();
    assert_eq!(read_all(&mut silent).await, "");
}

#[tokio::test]
async fn no_connection_lives_for_ever() {
    let limits = Limits { connections: 9, head_within: LONG, longest_connection: SHORT };
    let never = Router::new().route("/", get(std::future::pending::<&'static str>));
    let mut stream = TcpStream::connect(served(limits, never).await).await.unwrap();
    stream.write_all(REQUEST).await.unwrap();
    assert_eq!(read_all(&mut stream).await, "");
}

#[tokio::test]
async fn more_connections_than_allowed_wait_for_their_turn() {
    let limits = Limits { connections: 1, head_within: LONG, longest_connection: LONG };
    let address = served(limits, hello()).await;
    let mut first = TcpStream::connect(address).await.unwrap();
    first.write_all(REQUEST).await.unwrap();
    let mut buffer = [0; 512];
    assert!(first.read(&mut buffer).await.unwrap() > 0);
    let mut second = TcpStream::connect(address).await.unwrap();
    second.write_all(REQUEST).await.unwrap();
    let early = tokio::time::timeout(SHORT, second.read(&mut buffer)).await;
    assert!(early.is_err(), "the first connection is still open");
    drop(first);
    let answered = tokio::time::timeout(LONG / 3, second.read(&mut buffer)).await;
    assert!(answered.expect("its turn comes").unwrap() > 0);
}

#[tokio::test]
async fn a_head_without_end_is_refused() {
    let limits = Limits { connections: 9, head_within: LONG, longest_connection: LONG };
    let mut stream = TcpStream::connect(served(limits, hello()).await).await.unwrap();
    let line = format!("x: {}\r\n", "a".repeat(LARGEST_HEAD));
    let _ = stream.write_all(b"GET / HTTP/1.1\r\n").await;
    let _ = stream.write_all(line.as_bytes()).await;
    assert!(!read_all(&mut stream).await.contains("200 OK"));
}
