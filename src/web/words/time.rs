//! Times and sizes, as people say them.

use std::time::Duration;

use super::Words;
use crate::clock::{Zone, rfc3339};
use crate::types::UnixMillis;
use crate::web::language::Language;

/// An instant for `<time>`: what a machine reads, and what a person does.
pub(in crate::web) fn stamp(
    at: UnixMillis,
    now: UnixMillis,
    zone: &Zone,
    language: Language,
) -> serde_json::Value {
    serde_json::json!({ "iso": rfc3339(at), "text": moment(at, now, zone, language) })
}

/// `i dag 09.14`, `i går 14.02`, `2026-11-24 14.02`; in English with a colon.
pub(in crate::web) fn moment(at: UnixMillis, now: UnixMillis, zone: &Zone, language: Language) -> String {
    const DAY: Duration = Duration::from_secs(24 * 3600);
    let date = zone.date(at);
    let day = if date == zone.date(now) {
        Words("i dag", "today").of(language).to_owned()
    } else if date == zone.date(now.minus(DAY)) {
        Words("i går", "yesterday").of(language).to_owned()
    } else {
        date
    };
    format!("{day} {}", time_of_day(at, zone, language))
}

/// The same, but of today only the time of day.
pub(in crate::web) fn short(at: UnixMillis, now: UnixMillis, zone: &Zone, language: Language) -> String {
    if zone.date(at) == zone.date(now) {
        time_of_day(at, zone, language)
    } else {
        moment(at, now, zone, language)
    }
}

/// `09.14`, in English `09:14`.
pub(in crate::web) fn time_of_day(at: UnixMillis, zone: &Zone, language: Language) -> String {
    let time = zone.time_of_day(at);
    match language {
        Language::Swedish => time,
        Language::English => time.replace('.', ":"),
    }
}

/// So long after it a time of yesterday is no other day for anybody.
const SAME_NIGHT: Duration = Duration::from_secs(6 * 3600);

/// How late is what waits since then (`bad`, `warn` or nothing), when what waits since the first of `late` turns amber,
/// and since the second red?
pub(in crate::web) fn lateness(since: UnixMillis, late: [UnixMillis; 2]) -> &'static str {
    match since {
        since if since <= late[1] => "bad",
        since if since <= late[0] => "warn",
        _ => "",
    }
}

/// What is said of it before the time, for whoever does not see colours.
pub(in crate::web) fn late(level: &str) -> Words {
    match level {
        "bad" => Words("Försenat: ", "Late: "),
        "warn" => Words("Snart försenat: ", "Late soon: "),
        _ => Words("", ""),
    }
}

/// How long somebody waits who waits since then, in words: `47 min` and `2 tim 5 min` of the time that the desk was
/// open, and what is not of today by its day, `i går 14.02` or `2026-11-20`.
pub(in crate::web) fn waited(
    since: UnixMillis,
    (today, now): (UnixMillis, UnixMillis),
    waited: Duration,
    zone: &Zone,
    language: Language,
) -> String {
    // What came before midnight is not said by its day at once.
    if since >= today || now.since(since) < SAME_NIGHT {
        return span(waited, language);
    }
    if since < zone.midnight(UnixMillis(today.0 - 1)) {
        return zone.date(since);
    }
    format!("{} {}", Words("i går", "yesterday").of(language), time_of_day(since, zone, language))
}

/// `47 min`, `2 tim 5 min`, `3 dygn`.
pub(in crate::web) fn span(span: Duration, language: Language) -> String {
    let minutes = span.as_secs() / 60;
    let (hours, days) = (minutes / 60, minutes / (24 * 60));
    match (days, hours, language) {
        (2.., _, Language::Swedish) => format!("{days} dygn"),
        (2.., _, Language::English) => format!("{days} days"),
        (_, 0, _) => format!("{minutes} min"),
        (_, _, Language::Swedish) if minutes.is_multiple_of(60) => format!("{hours} tim"),
        (_, _, Language::English) if minutes.is_multiple_of(60) => format!("{hours} h"),
        (_, _, Language::Swedish) => format!("{hours} tim {} min", minutes % 60),
        (_, _, Language::English) => format!("{hours} h {} min", minutes % 60),
    }
}

/// `184 kB`, `1,2 MB`.
pub(in crate::web) fn size(octets: usize, language: Language) -> String {
    const KILO: usize = 1000;
    if octets < KILO {
        return match language {
            Language::Swedish => format!("{octets} byte"),
            Language::English => format!("{octets} bytes"),
        };
    }
    if octets < KILO * KILO {
        return format!("{} kB", octets.div_ceil(KILO));
    }
    let tenths = octets / (KILO * KILO / 10);
    let point = Words(",", ".").of(language);
    format!("{}{point}{} MB", tenths / 10, tenths % 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: UnixMillis = UnixMillis(1_795_521_600_000);

    #[test]
    fn a_time_is_said_as_each_language_writes_it() {
        let zone = Zone::named("Europe/Stockholm").unwrap();
        let hours = |hours: u64| NOW.minus(Duration::from_secs(hours * 3600));
        let both =
            |at| [Language::Swedish, Language::English].map(|language| moment(at, NOW, &zone, language));
        assert_eq!(both(hours(1)), ["i dag 12.00", "today 12:00"]);
        assert_eq!(both(hours(24)), ["i går 13.00", "yesterday 13:00"]);
        assert_eq!(both(hours(72)), ["2026-11-21 13.00", "2026-11-21 13:00"]);
    }

    #[test]
    fn a_wait_is_late_by_the_desks_limits_and_said_by_the_day_when_it_is_not_of_today() {
        let zone = Zone::named("Europe/Stockholm").unwrap();
        let before = |minutes: u64| NOW.minus(Duration::from_secs(minutes * 60));
        let late = [before(15), before(30)];
        for (minutes, words, tone) in [
            (0, "0 min", ""),
            (14, "14 min", ""),
            (15, "15 min", "warn"),
            (30, "30 min", "bad"),
            (60, "1 tim", "bad"),
            (125, "2 tim 5 min", "bad"),
        ] {
            let since = before(minutes);
            let (today, open) = (zone.midnight(NOW), Duration::from_secs(minutes * 60));
            let told = waited(since, (today, NOW), open, &zone, Language::Swedish);
            assert_eq!((told.as_str(), lateness(since, late)), (words, tone));
        }
        let told = |hours: u64| {
            let (today, since) = (zone.midnight(NOW), before(hours * 60));
            waited(since, (today, NOW), Duration::ZERO, &zone, Language::Swedish)
        };
        assert_eq!([told(24), told(72)], ["i går 13.00", "2026-11-21"]);
        let (now, since) = (
            zone.midnight(NOW).plus(Duration::from_secs(600)),
            zone.midnight(NOW).minus(Duration::from_secs(1200)),
        );
        let told =
            waited(since, (zone.midnight(now), now), Duration::from_secs(1800), &zone, Language::Swedish);
        assert_eq!(told, "30 min", "a night has no border");
        assert_eq!(span(Duration::from_secs(48 * 3600), Language::Swedish), "2 dygn");
        assert_eq!(span(Duration::from_secs(125 * 60), Language::English), "2 h 5 min");
    }

    #[test]
    fn sizes_are_short() {
        for (octets, words) in
            [(0, "0 byte"), (999, "999 byte"), (1000, "1 kB"), (183_400, "184 kB"), (1_250_000, "1,2 MB")]
        {
            assert_eq!(size(octets, Language::Swedish), words);
        }
        assert_eq!(size(1_250_000, Language::English), "1.2 MB");
    }
}
