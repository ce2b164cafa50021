//! How long a mailbox is left alone after a failure.

use std::time::Duration;

use super::RoundError;
use crate::mailbox::MailboxError;
use crate::worker::Backoff;

/// The first pause is at most so long …
const FIRST: Duration = Duration::from_secs(2);
/// … and later ones are no longer than this.
const LONGEST: Duration = Duration::from_secs(300);
/// The same credentials will be refused again, and hammering locks accounts. No error stops a mailbox for
/// good.
const AFTER_SIGN_IN: Duration = Duration::from_secs(300);
/// A connection that worked for so long, or from one poll to the next, was a good one.
const GOOD_FOR: Duration = Duration::from_secs(60);

/// The pauses of one mailbox.
#[derive(Debug)]
pub(super) struct Pauses {
    /// After connections in which the mailbox could not be looked through.
    failed: Backoff,
    /// After those that broke off only then: it is looked at as often as any other, and no server is asked
    /// without end because it closes every connection after the first look.
    broken: Backoff,
    poll: Duration,
}

impl Pauses {
    /// Of a mailbox that is looked at every `poll`.
    pub(super) fn new(poll: Duration) -> Self {
        Self { failed: Backoff::new(FIRST, LONGEST), broken: Backoff::new(FIRST, LONGEST.min(poll)), poll }
    }

    /// The pause after a connection that ended with `error`. `worked`: how long it lasted, when
    /// everything in the mailbox was looked at through it.
    pub(super) fn after(
        &mut self,
        error: &RoundError,
        worked: Option<Duration>,
        rng: &mut impl rand::Rng,
    ) -> Duration {
        let pause = match worked {
            None => self.failed.next_pause(rng),
            Some(lasted) => {
                self.failed.reset();
                if lasted >= GOOD_FOR.min(self.poll) {
                    self.broken.reset();
                }
                self.broken.next_pause(rng)
            }
        };
        match error {
            RoundError::Mailbox(MailboxError::SignIn { .. }) => AFTER_SIGN_IN,
            RoundError::Mailbox(MailboxError::Busy { pause: asked, .. }) => pause.max(*asked),
            RoundError::Mailbox(_) | RoundError::Store(_) | RoundError::Renumbered(..) => pause,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn lost() -> RoundError {
        MailboxError::Lost { command: "IDLE", cause: "closed".to_owned() }.into()
    }

    /// The longest of many draws, after `count` ends of connections of this kind.
    fn longest(count: u32, worked: Option<Duration>) -> Duration {
        let draw = |_| {
            let mut pauses = Pauses::new(60 * SECOND);
            (0..count).map(|_| pauses.after(&lost(), worked, &mut rand::rng())).last().unwrap()
        };
        (0..200).map(draw).max().unwrap()
    }

    #[test]
    fn pauses_grow_up_to_the_poll_where_the_mailbox_is_looked_through_and_to_minutes_where_it_is_not() {
        assert!(longest(1, None) <= 2 * SECOND);
        assert!((100 * SECOND..=300 * SECOND).contains(&longest(12, None)));
        assert!(longest(1, Some(SECOND)) <= 2 * SECOND);
        assert!((20 * SECOND..=60 * SECOND).contains(&longest(12, Some(SECOND))));
        assert!(longest(12, Some(1700 * SECOND)) <= 2 * SECOND, "a server may end an idle of half an hour");
    }

    /// The tries of an hour, when every one fails like this.
    fn tries(error: MailboxError) -> usize {
        let (error, mut pauses) = (RoundError::Mailbox(error), Pauses::new(60 * SECOND));
        let (mut hour, mut tries) = (3600 * SECOND, 1);
        while let Some(left) = hour.checked_sub(pauses.after(&error, None, &mut rand::rng())) {
            (hour, tries) = (left, tries + 1);
        }
        tries
    }

    #[test]
    fn refused_credentials_are_shown_every_five_minutes_and_no_failure_disables_a_mailbox() {
        let cause = || "words".to_owned();
        assert_eq!(tries(MailboxError::SignIn { cause: cause() }), 13);
        for error in [
            MailboxError::NoToken { cause: cause() },
            MailboxError::TimedOut { command: "SELECT", seconds: 60 },
            MailboxError::Refused { command: "LOGIN", cause: cause() },
            MailboxError::Lost { command: "LOGIN", cause: cause() },
        ] {
            assert!(tries(error) >= 13);
        }
    }

    #[test]
    fn one_look_ends_the_growth_of_what_came_before() {
        let (mut pauses, mut rng) = (Pauses::new(60 * SECOND), rand::rng());
        for _ in 0..12 {
            pauses.after(&lost(), None, &mut rng);
        }
        pauses.after(&lost(), Some(SECOND), &mut rng);
        assert!(pauses.after(&lost(), None, &mut rng) <= 2 * SECOND);
    }

    #[test]
    fn a_server_that_asks_for_time_and_one_that_refuses_the_sign_in_are_given_it_from_the_first_try() {
        let (mut pauses, mut rng) = (Pauses::new(SECOND), rand::rng());
        let pause = 299 * SECOND;
        let busy = MailboxError::Busy { command: "UID FETCH", cause: String::new(), pause };
        let sign_in = MailboxError::SignIn { cause: String::new() };
        assert!(pauses.after(&busy.into(), Some(SECOND), &mut rng) >= pause);
        assert_eq!(pauses.after(&sign_in.into(), None, &mut rng), AFTER_SIGN_IN);
    }
}
