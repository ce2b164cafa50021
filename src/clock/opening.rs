//! When the desk is open: a ticket ages only then.

use std::time::Duration;

use super::Zone;
use crate::types::UnixMillis;

/// Days that are looked at; what waits longer is late in any case.
const DAYS: i64 = 60;
const MINUTE: i64 = 60_000;
const DAY_MINUTES: i64 = 24 * 60;
/// As they are written, from Monday on.
const WEEKDAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

/// The hours of a week in which the desk is open.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OpeningHours {
    /// For each day from Monday on, the first minute that is open and the first that is not. Empty:
    /// always open.
    days: Vec<Vec<(i64, i64)>>,
}

impl OpeningHours {
    /// Reads `Mon-Fri 07:30-16:30, Sat 10:00-14:00`; nothing means always open.
    ///
    /// # Errors
    /// In words, what is wrong.
    pub fn parse(text: &str) -> Result<Self, String> {
        if text.trim().is_empty() {
            return Ok(Self::default());
        }
        let mut days = vec![Vec::new(); WEEKDAYS.len()];
        for part in text.split(',') {
            let (which, hours) = part.trim().split_once(' ').ok_or_else(|| form(part))?;
            let (from, to) = hours.trim().split_once('-').ok_or_else(|| form(part))?;
            let span = (minute(from).ok_or_else(|| form(part))?, minute(to).ok_or_else(|| form(part))?);
            if span.0 >= span.1 {
                return Err(format!("{:?} ends before it begins", part.trim()));
            }
            let (first, last) = which.split_once('-').unwrap_or((which, which));
            let (first, last) =
                (weekday(first).ok_or_else(|| form(part))?, weekday(last).ok_or_else(|| form(part))?);
            let length = (last + WEEKDAYS.len() - first) % WEEKDAYS.len() + 1;
            for day in (first..).take(length) {
                if let Some(spans) = days.get_mut(day % WEEKDAYS.len()) {
                    spans.push(span);
                }
            }
        }
        for spans in &mut days {
            spans.sort_unstable();
            if spans.windows(2).any(|two| two[1].0 < two[0].1) {
                return Err("a day has hours that overlap".to_owned());
            }
        }
        Ok(Self { days })
    }

    /// How long the desk was open between `from` and `to`; of more than two months only those.
    #[must_use]
    pub fn between(&self, zone: &Zone, from: UnixMillis, to: UnixMillis) -> Duration {
        if self.days.is_empty() {
            return to.since(from);
        }
        let open: i64 = self.back_from(zone, to).map(|(begin, end)| (end - begin.max(from.0)).max(0)).sum();
        Duration::from_millis(open.unsigned_abs())
    }

    /// Since when something waits that has waited for `length` at `now`: what waits since then or longer has
    /// waited at least so long.
    #[must_use]
    pub fn before(&self, zone: &Zone, now: UnixMillis, length: Duration) -> UnixMillis {
        if self.days.is_empty() {
            return now.minus(length);
        }
        let mut left = i64::try_from(length.as_millis()).unwrap_or(i64::MAX);
        let mut earliest = now.0 - DAYS * DAY_MINUTES * MINUTE;
        for (begin, end) in self.back_from(zone, now) {
            if end - begin >= left {
                return UnixMillis(end - left);
            }
            left -= end - begin;
            earliest = earliest.min(begin);
        }
        UnixMillis(earliest)
    }

    /// Open spans before `to`, the newest first, each in milliseconds.
    fn back_from(&self, zone: &Zone, to: UnixMillis) -> impl Iterator<Item = (i64, i64)> {
        let days = (0..DAYS).filter_map(move |back| {
            // Noon is within its day, whatever the clocks are set to in the night before.
            let noon = zone.instant(&format!("{}T12:00:00", zone.date(to)))?;
            let date = zone.date(UnixMillis(noon.0 - back * DAY_MINUTES * MINUTE));
            let spans = self.days.get(zone.weekday(UnixMillis(noon.0 - back * DAY_MINUTES * MINUTE)))?;
            let at = |minute: i64| {
                let (hours, minutes) = (minute / 60, minute % 60);
                if minute == DAY_MINUTES {
                    return Some(zone.instant(&format!("{date}T23:59:59"))?.0 + 1000);
                }
                Some(zone.instant(&format!("{date}T{hours:02}:{minutes:02}:00"))?.0)
            };
            let spans =
                spans.iter().rev().filter_map(|(begin, end)| Some((at(*begin)?, at(*end)?.min(to.0))));
            Some(spans.filter(|(begin, end)| begin < end).collect::<Vec<_>>())
        });
        days.flatten()
    }
}

fn form(part: &str) -> String {
    format!("{:?} is not like `Mon-Fri 07:30-16:30`", part.trim())
}

fn weekday(text: &str) -> Option<usize> {
    WEEKDAYS.iter().position(|day| text.trim().eq_ignore_ascii_case(day))
}

/// The minute of a day; `24:00` is its end.
fn minute(text: &str) -> Option<i64> {
    let (hours, minutes) = text.trim().split_once(':')?;
    let number = |digits: &str| (digits.len() == 2).then(|| digits.parse::<i64>().ok()).flatten();
    let (hours, minutes) = (number(hours)?, number(minutes)?);
    let minute = hours * 60 + minutes;
    ((0..60).contains(&minutes) && (0..=DAY_MINUTES).contains(&minute)).then_some(minute)
}

#[cfg(test)]
mod tests {
    use super::super::parse_rfc3339;
    use super::*;

    const HOUR: Duration = Duration::from_secs(3600);

    fn zone() -> Zone {
        Zone::named("Europe/Stockholm").unwrap()
    }

    fn at(text: &str) -> UnixMillis {
        parse_rfc3339(text).unwrap()
    }

    #[test]
    fn a_ticket_ages_only_while_the_desk_is_open() {
        let hours = OpeningHours::parse("Mon-Fri 07:30-16:30").unwrap();
        // Friday 4 December 2026, 16.00 in Stockholm, to Monday 8.00.
        let (friday, monday) = (at("2026-12-04T15:00:00Z"), at("2026-12-07T07:00:00Z"));
        assert_eq!(hours.between(&zone(), friday, monday), HOUR);
        assert_eq!(hours.before(&zone(), monday, HOUR), friday);
        assert_eq!(hours.before(&zone(), monday, HOUR / 4), at("2026-12-07T06:45:00Z"));
        // Whatever comes while it is closed has not waited when it opens.
        let saturday = at("2026-12-05T11:00:00Z");
        assert_eq!(hours.between(&zone(), saturday, at("2026-12-07T06:30:00Z")), Duration::ZERO);
        assert_eq!(hours.between(&zone(), friday, friday), Duration::ZERO);
        assert_eq!(OpeningHours::default().between(&zone(), friday, monday), monday.since(friday));
        assert_eq!(OpeningHours::default().before(&zone(), monday, HOUR), monday.minus(HOUR));
    }

    #[test]
    fn a_night_in_which_clocks_change_is_as_long_as_it_is() {
        let always = OpeningHours::parse("Mon-Sun 00:00-24:00").unwrap();
        // 25 October 2026 has 25 hours in Stockholm.
        let (begin, end) = (at("2026-10-24T22:00:00Z"), at("2026-10-25T23:00:00Z"));
        assert_eq!(always.between(&zone(), begin, end), HOUR * 25);
        assert_eq!(always.before(&zone(), end, HOUR * 25), begin);
    }

    #[test]
    fn what_waits_since_the_cut_or_longer_has_waited_long_enough() {
        let hours = OpeningHours::parse("Mon-Thu 07:30-12:00, Mon-Thu 13:00-16:30, Fri 08:00-15:00").unwrap();
        let now = at("2026-12-08T12:30:00Z");
        for minutes in [1, 29, 90, 400, 2000] {
            let length = Duration::from_secs(minutes * 60);
            let cut = hours.before(&zone(), now, length);
            assert_eq!(hours.between(&zone(), cut, now), length, "{minutes}");
            assert!(hours.between(&zone(), cut.plus(Duration::from_secs(60)), now) < length, "{minutes}");
        }
    }

    #[test]
    fn hours_that_cannot_be_read_are_refused_in_words() {
        for text in [
            "always",
            "Mon-Fri",
            "Mon-Fri 7:30-16:30",
            "Mon 16:00-08:00",
            "Mon 08:00-25:00",
            "Mön 08:00-09:00",
        ] {
            assert!(OpeningHours::parse(text).is_err(), "{text}");
        }
        assert!(OpeningHours::parse("Mon 08:00-12:00, Mon 11:00-13:00").unwrap_err().contains("overlap"));
        let weekend = OpeningHours::parse("sat-mon 08:00-09:00").unwrap();
        assert_eq!(weekend.days.iter().filter(|spans| !spans.is_empty()).count(), 3);
    }
}
