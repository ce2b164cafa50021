//! The connection that is kept up: it comes back by itself, and whoever needs it finds out how it stands.

use std::time::Duration;

use tokio::sync::{Notify, mpsc, watch};
use tokio::time::{Instant, sleep, timeout};

use super::SmppSetup;
use super::connect::{NotBound, bound};
use super::pdu::{self, Pdu};
use super::session::{End, Names, Order, QUEUE, Session};
use super::status::Until;
use crate::delivery::ReceiptKeeper;

/// The longest pause between two tries.
const PAUSE_MAX: Duration = Duration::from_secs(60);
/// After a refusal that only other settings can lift: an operator locks out who goes on.
const PAUSE_REFUSED: Duration = Duration::from_secs(10 * 60);
/// After so many refusals in a row that may pass or not, the pause is this long, and no text begins another try: an
/// earlier session of ours is over by then.
const DOUBTS: u32 = 5;
const PAUSE_DOUBTFUL: Duration = Duration::from_secs(5 * 60);
/// A connection that has held for so long was a good one. Longer than the longest pause: two desks that throw each
/// other out would else begin with the shortest one again and again.
const STEADY: Duration = Duration::from_secs(5 * 60);
/// So long the message centre has to say goodbye.
const GOODBYE: Duration = Duration::from_secs(2);

/// How the connection stands.
#[derive(Clone)]
enum Standing {
    /// It is being made.
    Begins,
    /// Texts go here.
    Up(mpsc::Sender<Order>),
    /// It is not there, and what was said; `refused`: nor will it be before the settings change.
    Down { why: String, refused: bool, tries: u64 },
}

/// A connection that is kept up.
pub(super) struct Line {
    standing: watch::Sender<Standing>,
    /// Rung when somebody needs it now.
    needed: Notify,
}

impl Default for Line {
    fn default() -> Self {
        Self { standing: watch::Sender::new(Standing::Begins), needed: Notify::new() }
    }
}

impl Line {
    /// The way to the message centre. One that is down is tried at once, unless it was refused; the first
    /// try that fails after the question is the answer.
    ///
    /// # Errors
    /// In words, why there is none.
    pub async fn up(&self) -> Result<mpsc::Sender<Order>, String> {
        let mut standing = self.standing.subscribe();
        let mut before = None;
        loop {
            let now = standing.borrow_and_update().clone();
            match now {
                Standing::Up(orders) => return Ok(orders),
                Standing::Begins => before = before.or(Some(0)),
                Standing::Down { why, refused: true, .. } => return Err(why),
                Standing::Down { why, tries, .. } => match before {
                    Some(known) if known < tries => return Err(why),
                    Some(_) | None => {
                        before = Some(tries);
                        self.needed.notify_one();
                    }
                },
            }
            if standing.changed().await.is_err() {
                return Err("the connection was given up".to_owned());
            }
        }
    }

    /// Is there a connection?
    pub fn is_up(&self) -> bool {
        matches!(*self.standing.borrow(), Standing::Up(_))
    }

    /// Connects, and connects again, until `leave` is rung.
    pub async fn keep_up(
        &self,
        setup: &SmppSetup,
        names: &Names,
        keeper: &dyn ReceiptKeeper,
        leave: &Notify,
    ) {
        let session = Session { gateway: &setup.name, ids: setup.receipt_ids, names, keeper, leave };
        let mut said = Said::default();
        // A desk that goes says so to whoever still asks.
        let _gone = Gone(self);
        for tries in 1.. {
            self.standing.send_replace(Standing::Begins);
            let made = tokio::select! {
                made = bound(setup) => made,
                () = leave.notified() => return,
            };
            let began = Instant::now();
            let lost = match made {
                Err(not_bound) => not_bound,
                Ok(connection) => {
                    said.bound(setup);
                    let (orders, ordered) = mpsc::channel(QUEUE);
                    self.standing.send_replace(Standing::Up(orders.clone()));
                    match session.serve(connection, orders, ordered).await {
                        End::Left => return,
                        End::Lost(why) => {
                            NotBound { why: format!("{} {why}", setup.host), until: Until::Later }
                        }
                    }
                }
            };
            if began.elapsed() > STEADY {
                said.in_a_row = 0;
            }
            let (pause, refused) = said.lost(setup, &lost);
            let why = lost.why;
            self.standing.send_replace(Standing::Down { why, refused, tries });
            tokio::select! {
                () = leave.notified() => return,
                () = sleep(pause) => {}
                () = self.needed.notified(), if !refused => {}
            }
        }
    }
}

/// Says at its end that the connection is not kept up any more.
struct Gone<'a>(&'a Line);

impl Drop for Gone<'_> {
    fn drop(&mut self) {
        let why = "the desk has left the message centre".to_owned();
        self.0.standing.send_replace(Standing::Down { why, refused: true, tries: 0 });
    }
}

/// What was said in the log: a message centre that is down all night is told of once.
#[derive(Default)]
struct Said {
    /// Failures since the last good connection.
    in_a_row: u32,
    /// Refusals in a row that may pass or not, with no other failure and no connection between them.
    doubtful: u32,
    last: Option<NotBound>,
}

impl Said {
    fn bound(&mut self, setup: &SmppSetup) {
        tracing::info!(gateway = setup.name, "bound to the message centre at {}:{}", setup.host, setup.port);
        self.last = None;
        self.doubtful = 0;
    }

    /// Answers how long to wait, and whether nobody shall begin another try before.
    fn lost(&mut self, setup: &SmppSetup, lost: &NotBound) -> (Duration, bool) {
        let seconds = 1u64.checked_shl(self.in_a_row).unwrap_or(u64::MAX);
        self.in_a_row = self.in_a_row.saturating_add(1);
        self.doubtful = if lost.until == Until::LaterOrChanged { self.doubtful.saturating_add(1) } else { 0 };
        if self.last.as_ref() != Some(lost) {
            let (gateway, why) = (setup.name.as_str(), lost.why.as_str());
            if lost.until == Until::Changed {
                tracing::error!(
                    gateway,
                    "the message centre {why}: no text leaves by it; correct username, password or \
                     system_type of this gateway; it is tried again every 10 minutes"
                );
            } else {
                tracing::warn!(gateway, "the message centre {why}; it is tried again by itself");
            }
            self.last = Some(lost.clone());
        }
        match lost.until {
            Until::Changed => (PAUSE_REFUSED, true),
            Until::LaterOrChanged if self.doubtful > DOUBTS => (PAUSE_DOUBTFUL, true),
            Until::LaterOrChanged | Until::Later => (Duration::from_secs(seconds).min(PAUSE_MAX), false),
        }
    }
}

/// Binds and takes leave, without keeping anything up.
///
/// # Errors
/// In words, why that fails.
pub(super) async fn tried(setup: &SmppSetup) -> Result<(), String> {
    let (mut hearing, mut saying) = bound(setup).await.map_err(|not_bound| not_bound.why)?;
    // It knows us, and that is all there was to find out.
    let unbind = Pdu { command: pdu::UNBIND, status: 0, sequence: 2, body: zeroize::Zeroizing::default() };
    let _ = saying.say(&unbind).await;
    // Centres that count sessions have it until then, and the desk may bind next.
    let _ = timeout(GOODBYE, async {
        while hearing.next().await.is_ok_and(|heard| heard.command != pdu::UNBIND_RESP) {}
    })
    .await;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_and_a_refusal_is_not_hammered() {
        let mut said = Said::default();
        let setup = super::super::tests::setup();
        let lost = |until| NotBound { why: "is lost".to_owned(), until };
        let pauses: Vec<u64> = (0..8).map(|_| said.lost(&setup, &lost(Until::Later)).0.as_secs()).collect();
        assert_eq!(pauses, [1, 2, 4, 8, 16, 32, 60, 60]);
        assert_eq!(said.lost(&setup, &lost(Until::Changed)), (PAUSE_REFUSED, true));
        // What many centres say to a wrong password is tried soon at first, and then seldom.
        let mut said = Said::default();
        let doubtful: Vec<_> = (0..7).map(|_| said.lost(&setup, &lost(Until::LaterOrChanged))).collect();
        assert_eq!(doubtful[0], (Duration::from_secs(1), false));
        assert_eq!(doubtful[4], (Duration::from_secs(16), false));
        assert_eq!(doubtful[5..], [(PAUSE_DOUBTFUL, true), (PAUSE_DOUBTFUL, true)]);
    }

    #[test]
    fn after_an_outage_a_doubtful_refusal_closes_nothing() {
        let mut said = Said::default();
        let setup = super::super::tests::setup();
        let lost = |until| NotBound { why: "is lost".to_owned(), until };
        for _ in 0..10 {
            said.lost(&setup, &lost(Until::Later));
        }
        // The centre still has the session from before the outage.
        assert_eq!(said.lost(&setup, &lost(Until::LaterOrChanged)), (PAUSE_MAX, false));
        for between in ["another failure", "a connection"] {
            for _ in 0..DOUBTS {
                assert!(!said.lost(&setup, &lost(Until::LaterOrChanged)).1);
                if between == "a connection" {
                    said.bound(&setup);
                } else {
                    said.lost(&setup, &lost(Until::Later));
                }
            }
            assert!(!said.lost(&setup, &lost(Until::LaterOrChanged)).1, "{between} lies between them");
            said.bound(&setup);
        }
    }
}
