//! The wire under an IMAP connection: TCP or TLS, buffered so that a command leaves as one
//! segment, with a limit on silence and on the size of one answer. async-imap bounds neither.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, BufStream, ReadBuf};
use tokio::time::{Instant, Sleep, sleep};

/// A line of the talk before sign-in is never longer than this (octets).
const LINE_MAX: usize = 8 * 1024;

/// What a wire runs over: TCP, or TLS over TCP.
pub(super) trait Transport: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Transport for T {}

/// A buffered transport on which every wait ends.
pub(super) struct Wire {
    inner: BufStream<Box<dyn Transport>>,
    silence: Duration,
    timer: Pin<Box<Sleep>>,
    waiting: bool,
    allowance: u64,
}

impl Wire {
    /// Reads and writes fail after `silence` without progress.
    pub(super) fn new(transport: Box<dyn Transport>, silence: Duration) -> Self {
        Self {
            inner: BufStream::new(transport),
            silence,
            timer: Box::pin(sleep(silence)),
            waiting: false,
            allowance: u64::MAX,
        }
    }

    /// Changes how long the other side may stay silent; idling waits longer than a command.
    pub(super) fn set_silence(&mut self, silence: Duration) {
        self.silence = silence;
        self.waiting = false;
    }

    /// At most this many octets may be read until the next call: a bound on memory, because an
    /// answer is held whole while it is parsed.
    pub(super) fn allow(&mut self, octets: u64) {
        self.allowance = octets;
    }

    /// The transport below; what was read ahead is thrown away. That is what STARTTLS needs: words
    /// that arrived in clear must not count as words said under TLS.
    pub(super) fn into_transport(self) -> Box<dyn Transport> {
        self.inner.into_inner()
    }

    /// Reads one line without its end, for the talk before async-imap takes over.
    pub(super) async fn read_line(&mut self) -> io::Result<String> {
        let mut line = Vec::new();
        loop {
            match self.read_u8().await? {
                b'\n' => break,
                octet => line.push(octet),
            }
            if line.len() > LINE_MAX {
                return Err(io::Error::new(io::ErrorKind::InvalidData, "a line of the server is too long"));
            }
        }
        Ok(String::from_utf8_lossy(&line).trim_end().to_owned())
    }

    fn until_silent<T>(
        &mut self,
        cx: &mut Context<'_>,
        progress: Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        if progress.is_ready() {
            self.waiting = false;
            return progress;
        }
        if !self.waiting {
            self.waiting = true;
            self.timer.as_mut().reset(Instant::now() + self.silence);
        }
        ready!(self.timer.as_mut().poll(cx));
        self.waiting = false;
        Poll::Ready(Err(io::Error::new(io::ErrorKind::TimedOut, "no progress")))
    }
}

impl AsyncRead for Wire {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        let progress = Pin::new(&mut self.inner).poll_read(cx, buf);
        ready!(self.until_silent(cx, progress))?;
        let read = u64::try_from(buf.filled().len() - before).unwrap_or(u64::MAX);
        match self.allowance.checked_sub(read) {
            Some(left) => {
                self.allowance = left;
                Poll::Ready(Ok(()))
            }
            None => Poll::Ready(Err(io::Error::new(
                io::ErrorKind::InvalidData,
                "an answer of the server is too large",
            ))),
        }
    }
}

impl AsyncWrite for Wire {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let progress = Pin::new(&mut self.inner).poll_write(cx, buf);
        self.until_silent(cx, progress)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let progress = Pin::new(&mut self.inner).poll_flush(cx);
        self.until_silent(cx, progress)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let progress = Pin::new(&mut self.inner).poll_shutdown(cx);
        self.until_silent(cx, progress)
    }
}

/// async-imap asks for it; what travels over the wire is never shown.
impl std::fmt::Debug for Wire {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Wire")
    }
}
