//! The wire under an IMAP connection: TCP or TLS, buffered so that a command leaves as one
//! segment, with a limit on silence and on the size of one answer. async-imap bounds neither.

use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncBufRead, AsyncRead, AsyncReadExt, AsyncWrite, BufStream, ReadBuf};
use tokio::time::{Instant, Sleep, sleep};

use super::answer::Answer;
use super::frame::{Frame, Room};

/// An answer up to the end of sign-in has no more.
const SIGN_IN_ROOM: Room = Room { lines: 64 * 1024, literals: 8 * 1024 };

/// What a wire runs over: TCP, or TLS over TCP.
pub(super) trait Transport: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Transport for T {}

/// A buffered transport on which every wait ends.
pub(super) struct Wire {
    inner: BufStream<Box<dyn Transport>>,
    silence: Duration,
    timer: Pin<Box<Sleep>>,
    waiting: bool,
    /// The answer that is arriving: a wait that is given up in its middle loses nothing of it.
    frame: Frame,
    /// What is left of an answer for async-imap, which reads up to the end of sign-in. It gets one at a
    /// time, so that nothing stays with it that came after the sign-in.
    handed: io::Cursor<Vec<u8>>,
}

impl Wire {
    /// Reads and writes fail after `silence` without progress.
    pub(super) fn new(transport: Box<dyn Transport>, silence: Duration) -> Self {
        Self {
            inner: BufStream::new(transport),
            silence,
            timer: Box::pin(sleep(silence)),
            waiting: false,
            frame: Frame::default(),
            handed: io::Cursor::default(),
        }
    }

    /// Changes how long the other side may stay silent; idling waits longer than a command.
    pub(super) fn set_silence(&mut self, silence: Duration) {
        self.silence = silence;
        self.waiting = false;
    }

    /// The next answer, whole; `None` at the end of the stream.
    ///
    /// # Errors
    /// Silence, a broken stream, or an answer that is larger than `room`.
    pub(super) async fn read_answer(&mut self, room: Room) -> io::Result<Option<Vec<u8>>> {
        poll_fn(|cx| self.poll_answer(cx, room)).await
    }

    /// Octets that are there of an answer that is not whole yet.
    pub(super) fn arriving(&self) -> usize {
        self.frame.len()
    }

    fn poll_answer(&mut self, cx: &mut Context<'_>, room: Room) -> Poll<io::Result<Option<Vec<u8>>>> {
        loop {
            let frame = &mut self.frame;
            let taken = Pin::new(&mut self.inner).poll_fill_buf(cx).map(|filled| match filled? {
                [] => Ok(None),
                arrived => frame.take(arrived, room).map(Some),
            });
            match ready!(self.until_silent(cx, taken))? {
                Some((taken, complete)) => {
                    Pin::new(&mut self.inner).consume(taken);
                    if complete {
                        return Poll::Ready(Ok(Some(self.frame.finish())));
                    }
                }
                None if self.frame.len() == 0 => return Poll::Ready(Ok(None)),
                None => return Poll::Ready(Err(io::ErrorKind::UnexpectedEof.into())),
            }
        }
    }

    /// The transport below; what was read ahead is thrown away. That is what STARTTLS needs: words
    /// that arrived in clear must not count as words said under TLS.
    pub(super) fn into_transport(self) -> Box<dyn Transport> {
        self.inner.into_inner()
    }

    /// Reads one line without its end, for the talk before async-imap takes over; it is bounded as every
    /// answer up to the end of sign-in is.
    pub(super) async fn read_line(&mut self) -> io::Result<String> {
        let mut line = Vec::new();
        loop {
            match self.read_u8().await? {
                b'\n' => break,
                octet => line.push(octet),
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
        let this = &mut *self;
        while this.handed.position() >= this.handed.get_ref().len() as u64 {
            let Some(answer) = ready!(this.poll_answer(cx, SIGN_IN_ROOM))? else {
                return Poll::Ready(Ok(()));
            };
            // The first is the greeting: connect.rs reads it, whatever it says.
            if !this.handed.get_ref().is_empty() {
                match Answer::from_octets(&answer) {
                    Some(Answer::Bye(words)) => return Poll::Ready(Err(goodbye(&words))),
                    // async-imap breaks off at what it does not know.
                    Some(Answer::Other) => continue,
                    _ => {}
                }
            }
            this.handed = io::Cursor::new(answer);
        }
        Pin::new(&mut this.handed).poll_read(cx, buf)
    }
}

/// async-imap passes over a `* BYE`, and its reason would be lost.
fn goodbye(words: &str) -> io::Error {
    io::Error::new(io::ErrorKind::ConnectionAborted, format!("the server says goodbye: {words}"))
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
