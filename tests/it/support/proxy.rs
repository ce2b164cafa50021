//! A TCP proxy that cuts connections on command, as networks do.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use tokio::io::{AsyncReadExt, AsyncWriteExt, copy};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// Forwards connections to one port of this machine.
pub struct Proxy {
    port: u16,
    cuts: watch::Sender<()>,
    octets_left: Arc<AtomicI64>,
    task: JoinHandle<()>,
}

impl Proxy {
    pub async fn to(target: u16) -> Self {
        Self::on("127.0.0.1", target).await
    }

    /// The same, listening on another of this machine's addresses.
    pub async fn on(address: &str, target: u16) -> Self {
        let listener = TcpListener::bind((address, 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (cuts, cut) = watch::channel(());
        let octets_left = Arc::new(AtomicI64::new(i64::MAX));
        let left = Arc::clone(&octets_left);
        let task = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let (mut cut, left) = (cut.clone(), Arc::clone(&left));
                cut.mark_unchanged();
                tokio::spawn(async move {
                    tokio::select! {
                        _ = forward(client, target, &left) => {}
                        _ = cut.changed() => {}
                    }
                });
            }
        });
        Self { port, cuts, octets_left, task }
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    /// Cuts every connection there is now.
    pub fn cut(&self) {
        self.cuts.send_replace(());
    }

    /// Cuts the connection when the server has sent `octets` more.
    pub fn cut_after(&self, octets: i64) {
        self.octets_left.store(octets, Ordering::SeqCst);
    }

    /// Cuts no more.
    pub fn heal(&self) {
        self.octets_left.store(i64::MAX, Ordering::SeqCst);
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn forward(client: TcpStream, target: u16, octets_left: &AtomicI64) -> std::io::Result<()> {
    let server = TcpStream::connect(("127.0.0.1", target)).await?;
    let (mut from_client, mut to_client) = client.into_split();
    let (mut from_server, mut to_server) = server.into_split();
    let answers = async {
        let mut buffer = vec![0; 4096];
        loop {
            let read = from_server.read(&mut buffer).await?;
            let before = octets_left.fetch_sub(i64::try_from(read).unwrap(), Ordering::SeqCst);
            let passed = read.min(usize::try_from(before).unwrap_or(0));
            to_client.write_all(&buffer[..passed]).await?;
            if read == 0 || passed < read {
                return Ok(());
            }
        }
    };
    tokio::select! {
        ended = answers => ended,
        ended = copy(&mut from_client, &mut to_server) => ended.map(|_| ()),
    }
}
