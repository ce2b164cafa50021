//! The way of mails from the connection that reads them to whoever takes them. What waits on it is bounded
//! in octets, because one mail may be as large as ten thousand others: many small mails flow, and a few
//! large ones fill no memory.

use std::sync::Arc;

use tokio::runtime::Handle;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};

use super::RawMail;

/// Mails that wait, at most: what a mail costs beside its octets.
const WAITING_MAILS: usize = 100;
/// Octets of mails that wait, at most. A larger mail waits alone.
const WAITING_OCTETS: u32 = 1024 * 1024;

/// A way for the mails of one fetch.
///
/// Nobody can wait for ever: what waits belongs to this way alone, and whoever takes it needs nothing of
/// the sender's.
#[must_use]
pub fn channel() -> (RawMailSender, RawMailReceiver) {
    let room = usize::try_from(WAITING_OCTETS).unwrap_or(usize::MAX);
    let (to, from) = mpsc::channel(WAITING_MAILS);
    (RawMailSender { to, room: Arc::new(Semaphore::new(room)) }, RawMailReceiver { from })
}

/// Nobody takes mails any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("nobody takes mails any more")]
pub struct NobodyTakes;

/// The end that mails go in at.
#[derive(Debug)]
pub struct RawMailSender {
    to: mpsc::Sender<Waiting>,
    room: Arc<Semaphore>,
}

/// The end that they come out of, in the order in which they went in.
#[derive(Debug)]
pub struct RawMailReceiver {
    from: mpsc::Receiver<Waiting>,
}

/// A mail on the way, with the room that it takes.
#[derive(Debug)]
struct Waiting {
    mail: RawMail,
    _room: OwnedSemaphorePermit,
}

impl RawMailSender {
    /// Hands a mail over, once there is room for it.
    ///
    /// # Errors
    /// [`NobodyTakes`] when the other end was dropped.
    pub async fn send(&self, mail: RawMail) -> Result<(), NobodyTakes> {
        let octets = u32::try_from(mail.bytes.len()).unwrap_or(u32::MAX).min(WAITING_OCTETS);
        let room = tokio::select! {
            biased;
            // A mail that came in while the other end was dropped keeps its room for ever.
            () = self.to.closed() => return Err(NobodyTakes),
            room = Arc::clone(&self.room).acquire_many_owned(octets) => room.map_err(|_| NobodyTakes)?,
        };
        self.to.send(Waiting { mail, _room: room }).await.map_err(|_| NobodyTakes)
    }

    /// The same on a thread for blocking work.
    ///
    /// # Errors
    /// As [`Self::send`].
    pub fn blocking_send(&self, mail: RawMail) -> Result<(), NobodyTakes> {
        Handle::current().block_on(self.send(mail))
    }
}

impl RawMailReceiver {
    /// The next mail; `None` when there are no more.
    pub async fn recv(&mut self) -> Option<RawMail> {
        self.from.recv().await.map(|waiting| waiting.mail)
    }

    /// Does no mail wait?
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.from.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use std::future::{poll_fn, ready};
    use std::pin::pin;
    use std::task::Poll;

    use tokio::task::unconstrained;

    use super::*;
    use crate::mailbox::MailUid;

    const MIB: usize = 1024 * 1024;

    fn mail(n: u32, octets: usize) -> RawMail {
        RawMail { uid: MailUid::from(n), received_at: None, bytes: vec![b'x'; octets], truncated: false }
    }

    /// How many of such mails can wait while nobody takes any.
    async fn fit(octets: usize) -> usize {
        let (to, _from) = channel();
        for n in 0..1000 {
            tokio::select! {
                biased;
                sent = unconstrained(to.send(mail(n, octets))) => sent.unwrap(),
                () = ready(()) => return usize::try_from(n).unwrap(),
            }
        }
        1000
    }

    #[tokio::test]
    async fn many_small_mails_wait_or_few_large_ones_and_one_that_is_too_large_waits_alone() {
        let half = MIB / 2;
        let expected =
            [(0, 100), (1000, 100), (MIB / 4, 4), (half, 2), (half + 1, 1), (MIB, 1), (25 * MIB, 1)];
        for (octets, count) in expected {
            assert_eq!(fit(octets).await, count, "{octets} octets");
        }
    }

    #[tokio::test]
    async fn mails_of_all_sizes_come_through_in_order_while_no_more_than_the_room_or_one_waits() {
        let (to, mut from) = channel();
        let sizes: Vec<usize> = (0..300).map(|n| [10, MIB, 0, 9 * MIB, 3 * MIB, 100_000][n % 6]).collect();
        let all = sizes.clone();
        let mut sending = pin!(unconstrained(async move {
            for (n, size) in (0..).zip(all) {
                to.send(mail(n, size)).await.unwrap();
            }
        }));
        let (mut ended, mut came, mut most) = (false, Vec::<(MailUid, usize)>::new(), 0);
        while !ended {
            // As far as it goes while nobody takes any.
            ended = poll_fn(|context| Poll::Ready(sending.as_mut().poll(context).is_ready())).await;
            let (mut waited, before) = (0, came.len());
            while !from.is_empty() {
                let mail = unconstrained(from.recv()).await.unwrap();
                waited += mail.bytes.len();
                came.push((mail.uid, mail.bytes.len()));
            }
            assert!(ended || came.len() > before, "nothing waits, and nothing comes");
            most = most.max(waited);
        }
        assert!(came.into_iter().eq((0..).map(MailUid::from).zip(sizes)), "in order");
        assert_eq!(most, 9 * MIB, "the largest alone");
    }

    #[tokio::test]
    async fn who_waits_for_room_hears_that_nobody_takes_mails_any_more() {
        let (to, from) = channel();
        to.send(mail(1, 9 * MIB)).await.unwrap();
        let (sent, ()) = tokio::join!(to.send(mail(2, 1)), async { drop(from) });
        assert_eq!(sent, Err(NobodyTakes));
    }

    #[tokio::test]
    async fn who_waits_for_room_that_no_one_can_give_back_hears_it_too() {
        let (to, from) = channel();
        // As by a mail of another thread that came in while the other end was dropped.
        let _kept = Arc::clone(&to.room).acquire_many_owned(WAITING_OCTETS).await.unwrap();
        drop(from);
        tokio::select! {
            biased;
            sent = unconstrained(to.send(mail(1, 1))) => assert_eq!(sent, Err(NobodyTakes)),
            () = ready(()) => panic!("it would wait for ever"),
        }
    }
}
