//! Wrong codes of late, as this node counts them. Codes are too long to be guessed (`docs/architecture.md`), so a count
//! keeps nobody out: it slows a place's wrong codes down, bounds what is written of them, and has people told.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde_json::json;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

use crate::store::{AuditEntry, AuditFilter, MACHINE};
use crate::types::{EmailAddress, UnixMillis};
use crate::worker::backoff::Backoff;
use crate::worker::{Parts, watch};

/// Counts begin anew after this time.
const COUNTED_FOR: Duration = Duration::from_secs(15 * 60);
/// So many wrong codes of one place are answered soon and written down: phones share an address, and people mistype.
const PLACE_USUAL: u32 = 20;
/// With so many from everywhere somebody guesses. People are told, and no more are written down.
const GUESSED: u32 = 100;
/// So many places are told apart. The others count for the whole only.
const PLACES: usize = 4_096;
/// A wrong code is answered after this time, whatever was looked up for it …
const USUAL: Duration = Duration::from_millis(250);
/// … and after this when the place has had its usual ones.
const SLOW: Duration = Duration::from_secs(2);
/// So many answers wait at once; the next one does not. Answers that wait hold connections, which others need.
const WAITING: usize = 32;
/// People are told of guesses once in this time, and for so long it is tried.
const TOLD_FOR: Duration = Duration::from_secs(6 * 3600);
/// In the audit log: somebody guesses …
const GUESSES: &str = "pickup.guesses";
/// … and each who is to hear of it has a mail.
const TOLD: &str = "pickup.guesses-told";
/// The longest pause between two tries to tell them.
const TELL_AGAIN: Duration = Duration::from_secs(5 * 60);

/// The counts, and who waits.
pub(super) struct Guesses {
    counts: Mutex<Counts>,
    waiting: Semaphore,
}

#[derive(Default)]
struct Counts {
    since: UnixMillis,
    all: u32,
    places: HashMap<String, u32>,
    alarm: Alarm,
}

/// How far people have been told.
#[derive(Default)]
enum Alarm {
    #[default]
    None,
    /// Somebody is telling them.
    Begun,
    /// A mail has left to each.
    Told(UnixMillis),
}

/// What follows from a wrong code.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Follows {
    /// Its answer comes late.
    pub slow: bool,
    /// It is written down.
    pub noted: bool,
    /// People are told now.
    pub alarm: bool,
}

impl Default for Guesses {
    fn default() -> Self {
        Self { counts: Mutex::default(), waiting: Semaphore::new(WAITING) }
    }
}

impl Guesses {
    /// Counts a wrong code from there.
    pub fn wrong(&self, place: &str, now: UnixMillis) -> Follows {
        let mut counts = self.counts();
        // A clock that was set back begins anew, too.
        if now < counts.since || now >= counts.since.plus(COUNTED_FOR) {
            let alarm = std::mem::take(&mut counts.alarm);
            *counts = Counts { since: now, alarm, ..Counts::default() };
        }
        counts.all = counts.all.saturating_add(1);
        let is_known = counts.places.contains_key(place);
        let of_place = if is_known || counts.places.len() < PLACES {
            let count = counts.places.entry(place.to_owned()).or_default();
            *count = count.saturating_add(1);
            *count
        } else {
            0
        };
        let alarm = counts.all >= GUESSED
            && match counts.alarm {
                Alarm::None => true,
                Alarm::Begun => false,
                Alarm::Told(at) => now < at || now >= at.plus(TOLD_FOR),
            };
        if alarm {
            counts.alarm = Alarm::Begun;
        }
        let slow = of_place > PLACE_USUAL;
        Follows { slow, noted: !slow && counts.all <= GUESSED, alarm }
    }

    /// Waits before a wrong code is answered for which so much time has passed.
    pub async fn wait(&self, slow: bool, passed: Duration) {
        let Ok(_place) = self.waiting.try_acquire() else { return };
        tokio::time::sleep(if slow { SLOW } else { USUAL }.saturating_sub(passed)).await;
    }

    /// Writes it down and tells people.
    pub async fn tell(self: Arc<Self>, parts: Arc<Parts>) {
        // Whatever ends this early, the next wrong code begins it anew.
        let _begun = Begun(&self);
        tracing::error!("{}", words());
        let data = json!({ "minutes": COUNTED_FOR.as_secs() / 60, "wrong": GUESSED }).to_string();
        written(&parts, GUESSES, data).await;
        if mail_all(&parts).await {
            self.counts().alarm = Alarm::Told(parts.now());
        }
    }

    fn counts(&self) -> MutexGuard<'_, Counts> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Somebody tells people.
struct Begun<'g>(&'g Guesses);

impl Drop for Begun<'_> {
    fn drop(&mut self) {
        let mut counts = self.0.counts();
        if matches!(counts.alarm, Alarm::Begun) {
            counts.alarm = Alarm::None;
        }
    }
}

/// Tells people of guesses of whom nobody knows whether each had a mail: the program was stopped before that was written.
pub(in crate::worker) async fn after_a_stop(parts: Arc<Parts>, stop: CancellationToken) {
    tokio::select! {
        () = told_of_before(&parts) => {}
        () = stop.cancelled() => {}
    }
}

async fn told_of_before(parts: &Parts) {
    let wanted = AuditFilter {
        from: Some(parts.now().minus(TOLD_FOR)),
        event: GUESSES.to_owned(),
        ..AuditFilter::default()
    };
    let mut pauses = Backoff::new(parts.timing.retry, TELL_AGAIN);
    // After a power cut a database may begin later than this program.
    let rows = loop {
        match parts.store.audit_rows(&wanted, 1).await {
            Ok(rows) => break rows,
            Err(error) => {
                tracing::error!("whether people were told of guesses could not be looked up: {error}");
                let pause = pauses.next_pause(&mut rand::rng());
                tokio::time::sleep(pause).await;
            }
        }
    };
    if rows.first().is_some_and(|row| row.entry.event == GUESSES) {
        tracing::error!("people may not have been told of this before the start: {}", words());
        mail_all(parts).await;
    }
}

async fn written(parts: &Parts, event: &str, data: String) {
    let audit = AuditEntry { actor: MACHINE.to_owned(), event: event.to_owned(), data };
    if let Err(error) = parts.store.note(&audit, parts.now()).await {
        tracing::error!("that somebody guesses codes could not be written down: {error}");
    }
}

/// Mails all of them, and tries again until a mail has left to each: the mail server may be down for the same reason as
/// the directory, and guesses that have ended raise no second alarm. `false` when that took too long.
async fn mail_all(parts: &Parts) -> bool {
    let (now, text) = (parts.now(), words());
    let mut pauses = Backoff::new(parts.timing.retry, TELL_AGAIN);
    let mut missing: Vec<EmailAddress> = parts.rules.alarm_to.clone();
    loop {
        let mut still = Vec::new();
        for to in missing {
            if !watch::tell(parts, &to, &text).await {
                still.push(to);
            }
        }
        missing = still;
        if missing.is_empty() {
            written(parts, TOLD, "{}".to_owned()).await;
            return true;
        }
        if parts.now() >= now.plus(TOLD_FOR) {
            return false;
        }
        let pause = pauses.next_pause(&mut rand::rng());
        tokio::time::sleep(pause).await;
    }
}

fn words() -> String {
    format!(
        "{GUESSED} wrong codes were typed at the desk's page within {} minutes: somebody guesses. That opens \
         nothing, the odds are less than one in a hundred million an hour, and whoever has a code can use it all the \
         time. The audit log has where the first ones came from (pickup.wrong-code); the proxy can keep those away.",
        COUNTED_FOR.as_secs() / 60
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: UnixMillis = UnixMillis(1_800_000_000_000);

    fn wrong(guesses: &Guesses, place: &str, times: u32, now: UnixMillis) -> Vec<Follows> {
        (0..times).map(|_| guesses.wrong(place, now)).collect()
    }

    #[test]
    fn a_place_is_slowed_down_after_its_usual_ones_and_no_other_is() {
        let guesses = Guesses::default();
        let usual = Follows { slow: false, noted: true, alarm: false };
        assert!(wrong(&guesses, "192.0.2.7", PLACE_USUAL, NOW).iter().all(|follows| *follows == usual));
        let slow = Follows { slow: true, noted: false, alarm: false };
        assert_eq!(guesses.wrong("192.0.2.7", NOW), slow);
        assert_eq!(guesses.wrong("192.0.2.8", NOW), usual);
        assert_eq!(guesses.wrong("192.0.2.7", NOW.plus(COUNTED_FOR)), usual, "it grows old");
        assert_eq!(guesses.wrong("192.0.2.7", NOW), usual, "a clock that was ahead slows nobody down");
    }

    #[test]
    fn what_is_kept_and_written_of_a_flood_is_bounded_and_people_are_told_once() {
        let guesses = Guesses::default();
        let all: Vec<_> = (0..2 * PLACES).map(|n| guesses.wrong(&format!("place {n}"), NOW)).collect();
        let hundred = usize::try_from(GUESSED).unwrap();
        assert_eq!(all.iter().filter(|follows| follows.noted).count(), hundred);
        assert_eq!(all.iter().position(|follows| follows.alarm), Some(hundred - 1));
        assert_eq!(all.iter().filter(|follows| follows.alarm).count(), 1);
        assert_eq!(guesses.counts().places.len(), PLACES);
        let later = NOW.plus(COUNTED_FOR);
        assert!(wrong(&guesses, "p", 2 * GUESSED, later).iter().all(|follows| !follows.alarm), "being told");
        guesses.counts().alarm = Alarm::Told(later);
        let later = later.plus(COUNTED_FOR);
        assert!(wrong(&guesses, "p", 2 * GUESSED, later).iter().all(|follows| !follows.alarm), "told");
        let day = later.plus(TOLD_FOR);
        assert_eq!(wrong(&guesses, "p", 2 * GUESSED, day).iter().filter(|follows| follows.alarm).count(), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn an_answer_waits_unless_too_many_do() {
        let guesses = Guesses::default();
        let took = async |slow, passed| {
            let begun = tokio::time::Instant::now();
            guesses.wait(slow, passed).await;
            begun.elapsed()
        };
        assert_eq!(took(false, Duration::ZERO).await, USUAL);
        assert_eq!(took(false, Duration::from_millis(100)).await, USUAL - Duration::from_millis(100));
        assert_eq!(took(true, Duration::ZERO).await, SLOW);
        let _others = guesses.waiting.acquire_many(u32::try_from(WAITING).unwrap()).await.unwrap();
        assert_eq!(took(true, Duration::ZERO).await, Duration::ZERO);
    }
}
