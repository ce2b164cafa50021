//! A TCP proxy that cuts connections, or lets them stall, on command, as networks do.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU8, Ordering};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// Forwards connections to one port of this machine.
pub struct Proxy {
    port: u16,
    cuts: watch::Sender<()>,
    faults: Arc<Faults>,
    task: JoinHandle<()>,
}

/// What the next octets meet.
struct Faults {
    /// So many octets of the server's pass.
    octets_left: AtomicI64,
    /// Then it says no more, in place of a cut.
    stall: AtomicBool,
    /// The server's octets come in drops.
    slow: AtomicBool,
    healed: watch::Sender<()>,
    /// So many of the client's commands pass before …
    commands_left: AtomicI64,
    /// … what the next octets meet: [`PASSES`], [`IS_LOST`] or [`ITS_ANSWER_IS_LOST`].
    next_command: AtomicU8,
}

const PASSES: u8 = 0;
const IS_LOST: u8 = 1;
const ITS_ANSWER_IS_LOST: u8 = 2;

impl Proxy {
    pub async fn to(target: u16) -> Self {
        Self::on("127.0.0.1", target).await
    }

    /// The same, listening on another of this machine's addresses.
    pub async fn on(address: &str, target: u16) -> Self {
        let listener = TcpListener::bind((address, 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (cuts, cut) = watch::channel(());
        let faults = Arc::new(Faults {
            octets_left: AtomicI64::new(i64::MAX),
            stall: AtomicBool::new(false),
            slow: AtomicBool::new(false),
            healed: watch::channel(()).0,
            commands_left: AtomicI64::new(0),
            next_command: AtomicU8::new(PASSES),
        });
        let shared = Arc::clone(&faults);
        let task = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let (mut cut, faults) = (cut.clone(), Arc::clone(&shared));
                cut.mark_unchanged();
                tokio::spawn(async move {
                    tokio::select! {
                        _ = forward(client, target, &faults) => {}
                        _ = cut.changed() => {}
                    }
                });
            }
        });
        Self { port, cuts, faults, task }
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
        self.faults.stall.store(false, Ordering::SeqCst);
        self.faults.octets_left.store(octets, Ordering::SeqCst);
    }

    /// Lets nothing more of the server's through when it has sent `octets` more.
    pub fn stall_after(&self, octets: i64) {
        self.faults.stall.store(true, Ordering::SeqCst);
        self.faults.octets_left.store(octets, Ordering::SeqCst);
    }

    /// The server's octets come in drops until [`Proxy::heal`].
    pub fn slow_down(&self) {
        self.faults.slow.store(true, Ordering::SeqCst);
    }

    /// Cuts the connection once, before the client's next octets pass.
    pub fn lose_the_next_command(&self) {
        self.faults.next_command.store(IS_LOST, Ordering::SeqCst);
    }

    /// Lets the client's next octets pass, and cuts the connection when the server answers.
    pub fn lose_the_next_answer(&self) {
        self.faults.next_command.store(ITS_ANSWER_IS_LOST, Ordering::SeqCst);
    }

    /// As [`Proxy::lose_the_next_command`], after so many others.
    pub fn lose_a_command_after(&self, others: i64) {
        self.faults.commands_left.store(others, Ordering::SeqCst);
        self.lose_the_next_command();
    }

    /// As [`Proxy::lose_the_next_answer`], after so many others.
    pub fn lose_an_answer_after(&self, others: i64) {
        self.faults.commands_left.store(others, Ordering::SeqCst);
        self.lose_the_next_answer();
    }

    /// Has a command been lost since [`Proxy::lose_the_next_command`], or its answer since
    /// [`Proxy::lose_the_next_answer`]?
    pub fn has_lost_the_command(&self) -> bool {
        self.faults.next_command.load(Ordering::SeqCst) == PASSES
    }

    /// Has the server sent more than may pass?
    pub fn is_at_its_limit(&self) -> bool {
        self.faults.octets_left.load(Ordering::SeqCst) < 0
    }

    /// Everything passes again, what was held back first.
    pub fn heal(&self) {
        self.faults.octets_left.store(i64::MAX, Ordering::SeqCst);
        self.faults.slow.store(false, Ordering::SeqCst);
        self.faults.healed.send_replace(());
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn forward(client: TcpStream, target: u16, faults: &Faults) -> std::io::Result<()> {
    let server = TcpStream::connect(("127.0.0.1", target)).await?;
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = server.into_split();
    tokio::select! {
        ended = answers(from_server, to_client, faults) => ended,
        ended = commands(from_client, to_server, faults) => ended,
    }
}

async fn answers(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, faults: &Faults) -> std::io::Result<()> {
    let mut buffer = vec![0; 4096];
    let mut healed = faults.healed.subscribe();
    loop {
        let read = from.read(&mut buffer).await?;
        healed.mark_unchanged();
        let before = faults.octets_left.fetch_sub(i64::try_from(read).unwrap(), Ordering::SeqCst);
        let passed = read.min(usize::try_from(before).unwrap_or(0));
        for drop in buffer[..passed].chunks(if faults.slow.load(Ordering::SeqCst) { 64 } else { 4096 }) {
            to.write_all(drop).await?;
            if drop.len() < passed {
                tokio::time::sleep(std::time::Duration::from_millis(5)).await;
            }
        }
        if read == 0 {
            return Ok(());
        }
        if passed < read {
            if !faults.stall.load(Ordering::SeqCst) {
                return Ok(());
            }
            let _ = healed.changed().await;
            to.write_all(&buffer[passed..read]).await?;
        }
    }
}

async fn commands(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, faults: &Faults) -> std::io::Result<()> {
    let mut buffer = vec![0; 4096];
    loop {
        let read = from.read(&mut buffer).await?;
        if read == 0 {
            return Ok(());
        }
        let spared = faults.next_command.load(Ordering::SeqCst) != PASSES
            && faults.commands_left.fetch_sub(1, Ordering::SeqCst) > 0;
        match if spared { PASSES } else { faults.next_command.swap(PASSES, Ordering::SeqCst) } {
            IS_LOST => return Ok(()),
            ITS_ANSWER_IS_LOST => {
                faults.stall.store(false, Ordering::SeqCst);
                faults.octets_left.store(0, Ordering::SeqCst);
            }
            _ => {}
        }
        to.write_all(&buffer[..read]).await?;
    }
}
