//! Time: what o'clock it is, and how people write it. jiff is used only here.

use std::time::Instant;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::types::UnixMillis;

mod opening;

pub use opening::OpeningHours;

/// Tells the time. A trait, so that tests and the simulation can turn the hands.
pub trait Clock: Send + Sync {
    /// The wall clock now.
    fn now(&self) -> UnixMillis;

    /// A moment, for how long something lasts: nobody sets it back.
    fn moment(&self) -> Instant {
        Instant::now()
    }
}

/// The machine's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> UnixMillis {
        UnixMillis(Timestamp::now().as_millisecond())
    }
}

/// A time zone of the tz database, for texts that people read.
#[derive(Clone, Debug)]
pub struct Zone(TimeZone);

impl Zone {
    /// The zone named `name` (`Europe/Stockholm`), or `None` when the tz database lacks it.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        TimeZone::get(name).ok().map(Self)
    }

    /// The time of day as Swedish texts write it: `14.05`.
    #[must_use]
    pub fn time_of_day(&self, at: UnixMillis) -> String {
        self.at(at).strftime("%H.%M").to_string()
    }

    /// The date: `2026-11-24`.
    #[must_use]
    pub fn date(&self, at: UnixMillis) -> String {
        self.at(at).strftime("%Y-%m-%d").to_string()
    }

    /// The year, for ticket numbers.
    #[must_use]
    pub fn year(&self, at: UnixMillis) -> i64 {
        i64::from(self.at(at).year())
    }

    /// The day of the week, counted from 0 for Monday.
    #[must_use]
    pub fn weekday(&self, at: UnixMillis) -> usize {
        usize::try_from(self.at(at).weekday().to_monday_zero_offset()).unwrap_or_default()
    }

    /// When the day of `at` began.
    #[must_use]
    pub fn midnight(&self, at: UnixMillis) -> UnixMillis {
        let begin = self.at(at).start_of_day();
        begin.map_or(at, |begin| UnixMillis(begin.timestamp().as_millisecond()))
    }

    /// The instant at which clocks in the zone show `civil`, written `2026-11-24T10:00:00.0000000` without
    /// an offset; `None` when it is no time. Where clocks show it twice, the first one.
    #[must_use]
    pub fn instant(&self, civil: &str) -> Option<UnixMillis> {
        if civil.ends_with(['Z', 'z']) {
            return None;
        }
        let civil: jiff::civil::DateTime = civil.parse().ok()?;
        let instant = self.0.to_ambiguous_timestamp(civil).compatible().ok()?;
        Some(UnixMillis(instant.as_millisecond()))
    }

    fn at(&self, at: UnixMillis) -> jiff::Zoned {
        timestamp(at).to_zoned(self.0.clone())
    }
}

/// `at` in RFC 3339 with seconds, in UTC: `2026-11-24T09:14:05Z`.
#[must_use]
pub fn rfc3339(at: UnixMillis) -> String {
    timestamp(at).strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// Reads an RFC 3339 time; `None` when it is none.
#[must_use]
pub fn parse_rfc3339(text: &str) -> Option<UnixMillis> {
    text.parse::<Timestamp>().ok().map(|t| UnixMillis(t.as_millisecond()))
}

/// Reads the time of an HTTP field (RFC 9110 5.6.7, IMF-fixdate), such as
/// `Tue, 24 Nov 2026 09:14:05 GMT`; `None` when it is none.
#[must_use]
pub fn parse_http_date(text: &str) -> Option<UnixMillis> {
    let parsed = jiff::fmt::rfc2822::parse(text.trim()).ok()?;
    Some(UnixMillis(parsed.timestamp().as_millisecond()))
}

/// `at` as the Date field of a mail wants it (RFC 5322 3.3), in UTC.
#[must_use]
pub fn rfc5322(at: UnixMillis) -> String {
    timestamp(at).strftime("%a, %d %b %Y %H:%M:%S +0000").to_string()
}

fn timestamp(at: UnixMillis) -> Timestamp {
    Timestamp::from_millisecond(at.0).unwrap_or(Timestamp::UNIX_EPOCH)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_read_their_own_time_and_programs_read_utc() {
        let at = parse_rfc3339("2026-11-22T09:14:05Z").unwrap();
        let zone = Zone::named("Europe/Stockholm").unwrap();
        assert_eq!(zone.time_of_day(at), "10.14");
        assert_eq!(zone.date(at), "2026-11-22");
        assert_eq!(rfc3339(at), "2026-11-22T09:14:05Z");
        assert_eq!(rfc5322(at), "Sun, 22 Nov 2026 09:14:05 +0000");
        assert_eq!(parse_http_date("Sun, 22 Nov 2026 09:14:05 GMT"), Some(at));
        assert_eq!(parse_http_date("now"), None);
        assert!(Zone::named("Europe/Atlantis").is_none());
        assert_eq!(zone.instant("2026-11-22T10:14:05.0000000"), Some(at));
        for other in ["", "2026-11-22T09:14:05Z", "soon", "2026-13-22T10:14:05"] {
            assert_eq!(zone.instant(other), None, "{other}");
        }
    }
}
