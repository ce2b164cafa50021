//! A ticket as a row of the queue shows it, and what stands beside the list, as values for the templates.

use serde_json::{Value, json};

use super::super::Signed;
use super::super::frame::initials;
use super::super::presence::{self, Colleague};
use super::asked::{Tab, code_of};
use crate::clock::Zone;
use crate::ticket::queue::{FAILURES, RATE_STEP, Row};
use crate::types::{Reason, UnixMillis};
use crate::web::language::Language;
use crate::web::port::{Queue, Snapshot};
use crate::web::words::{self, time};

/// What words need: the language, the zone, and what is late.
pub(super) struct Shown<'a> {
    pub signed: &'a Signed,
    pub zone: &'a Zone,
    pub snapshot: &'a Snapshot,
    pub queue: &'a dyn Queue,
}

impl Shown<'_> {
    /// Of two texts the one in the language of the page.
    pub fn say<'t>(&self, [swedish, english]: [&'t str; 2]) -> &'t str {
        match self.signed.language {
            Language::Swedish => swedish,
            Language::English => english,
        }
    }

    /// The age of what waits since then: in words, and how late it is.
    pub fn age(&self, since: UnixMillis) -> (String, &'static str) {
        (self.waited(since), time::lateness(since, self.snapshot.late))
    }

    /// `47 min`, `2 tim 5 min`, `i går 14.02`, `2026-11-20`.
    fn waited(&self, since: UnixMillis) -> String {
        let waited = self.queue.waited(since, self.snapshot.at);
        time::waited(since, (self.snapshot.today, self.snapshot.at), waited, self.zone, self.signed.language)
    }

    /// The time of day as the language writes it.
    pub fn clock(&self, at: UnixMillis) -> String {
        time::time_of_day(at, self.zone, self.signed.language)
    }

    /// A row, with the colleagues who look at it.
    pub fn row(&self, row: &Row, colleagues: &[Colleague], base: &str) -> Value {
        let (age, level) = self.age(row.waits_since);
        let (language, open) = (self.signed.language, words::Words("Öppna", "Open"));
        let name =
            if row.name.is_empty() { row.from.split('@').next().unwrap_or_default() } else { &row.name };
        let nobody = self.say(["Okänd avsändare", "Unknown sender"]);
        let login = row.username.split('@').next().unwrap_or_default();
        let subject =
            if row.subject.is_empty() { self.say(["(utan ämne)", "(no subject)"]) } else { &row.subject };
        json!({
            "id": row.id.0,
            "number": row.number.to_string(),
            "version": row.version,
            "path": format!("{base}/tickets/{}", row.number),
            "from": row.from,
            "name": if name.is_empty() { nobody } else { name },
            "login": login,
            "subject": subject,
            "snippet": row.snippet,
            "attached": row.attached,
            "mails": if row.mails > 1 { row.mails } else { 0 },
            "tickets": row.tickets,
            "urgent": row.urgent,
            "age": age,
            "level": level,
            "settled": self.clock(row.settled_at),
            "assignee": row.assignee,
            "assigned": self.person(&row.assignee),
            "initials": initials(self.person(&row.assignee)),
            "looking": presence::in_row(colleagues, language),
            "acting": row.acting,
            "step": row.step().map_or(open, words::acts::short).of(language),
            "why": words::reason::title(row.reason).of(language),
            "standing": row.standing.code(),
            "over": words::ticket::over(row.standing).of(language),
        })
    }

    /// How people at the desk call whoever has this name.
    pub fn person<'n>(&'n self, name: &'n str) -> &'n str {
        self.snapshot.people.get(name).map_or(name, String::as_str)
    }

    /// The number that stands at each tab.
    pub fn count(&self, tab: Tab) -> u32 {
        let counts = &self.snapshot.counts;
        let me = self.signed.member.name.as_str();
        match tab {
            Tab::All => counts.rows(|_| true),
            Tab::Mine => counts.rows_of(me),
            Tab::Nobodys => counts.rows_of(""),
            Tab::Late => counts.open.iter().map(|count| count.late).sum(),
            Tab::Pending => counts.pending,
            Tab::Failed => counts.rows(|count| count.reason.is_some_and(|reason| FAILURES.contains(&reason))),
            Tab::Done => counts.done,
        }
    }

    /// The rows of a reason that a tab lists.
    fn in_group(&self, tab: Tab, reason: Option<Reason>) -> u32 {
        let of_it = self.snapshot.counts.open.iter().filter(|count| count.reason == reason);
        let me = self.signed.member.name.as_str();
        match tab {
            Tab::Mine => of_it.filter(|count| count.assignee == me).map(|count| count.own).sum(),
            Tab::Nobodys => of_it.filter(|count| count.assignee.is_empty()).map(|count| count.own).sum(),
            Tab::Late => of_it.map(|count| count.late).sum(),
            Tab::All | Tab::Failed | Tab::Pending | Tab::Done => of_it.map(|count| count.rows).sum(),
        }
    }

    /// Every number beside the list, by the name that the page gives it.
    pub fn numbers(&self) -> Value {
        let counts = &self.snapshot.counts;
        let mut numbers: serde_json::Map<String, Value> = Tab::ALL
            .into_iter()
            .map(|tab| (if tab == Tab::All { "all" } else { tab.code() }.to_owned(), json!(self.count(tab))))
            .collect();
        let done = u64::from(counts.done) * 100;
        let share = done.checked_div(u64::from(counts.today)).unwrap_or(0).min(100);
        numbers.insert("share".to_owned(), json!(share));
        numbers.insert("today".to_owned(), json!(counts.today));
        let oldest = match counts.oldest() {
            Some(since) if since >= self.snapshot.today => {
                format!("{} {}", self.say(["Äldsta har väntat", "The oldest has waited"]), self.waited(since))
            }
            Some(since) => {
                format!("{} {}", self.say(["Äldsta sedan", "The oldest since"]), self.waited(since))
            }
            None => self.say(["Ingen väntar", "Nobody is waiting"]).to_owned(),
        };
        numbers.insert("oldest".to_owned(), json!(oldest));
        let newest = counts.rate.last().copied().unwrap_or_default();
        numbers.insert("rate".to_owned(), json!(per_minute(newest, self.signed.language)));
        Value::Object(numbers)
    }

    /// The line of mails per minute: its points, and when it was highest.
    pub fn spark(&self) -> Value {
        line(self.snapshot, self.zone, self.signed.language)
    }

    /// The groups of rows of a page, in their order.
    pub fn groups(&self, tab: Tab, rows: &[Row], row_values: Vec<Value>) -> Vec<Value> {
        let mut groups: Vec<Value> = Vec::new();
        let mut last = None;
        for (row, value) in rows.iter().zip(row_values) {
            if last != Some(row.reason) {
                let count = self.in_group(tab, row.reason);
                groups.push(json!({
                    "title": words::reason::title(row.reason).of(self.signed.language), "code": code_of(row.reason), "count": count,
                    "rows": [],
                }));
                last = Some(row.reason);
            }
            if let Some(rows) = groups.last_mut().and_then(|group| group["rows"].as_array_mut()) {
                rows.push(value);
            }
        }
        groups
    }
}

/// Mails of five minutes, per minute.
pub(in crate::web::staff) fn per_minute(mails: u32, language: Language) -> String {
    let tenths = mails * 2;
    match (tenths / 10, tenths % 10) {
        (whole, 0) => whole.to_string(),
        (whole, part) => format!("{whole}{}{part}", words::Words(",", ".").of(language)),
    }
}

/// The line of mails per minute: its points, and when it was highest.
pub(in crate::web::staff) fn line(snapshot: &Snapshot, zone: &Zone, language: Language) -> Value {
    let rate = &snapshot.counts.rate;
    let highest = rate.iter().copied().max().unwrap_or_default();
    let (last, mut points) = (rate.len().saturating_sub(1).max(1) as f64, Vec::new());
    let mut end = (0.0, 48.0);
    for (nth, mails) in rate.iter().enumerate() {
        end = (112.0 * nth as f64 / last, 48.0 - 42.0 * f64::from(*mails) / f64::from(highest.max(1)));
        points.push(format!("{:.1},{:.1}", end.0, end.1));
    }
    let place = rate.iter().rposition(|mails| *mails == highest).unwrap_or_default();
    let back = i64::try_from(rate.len() - place).unwrap_or(0);
    let at = UnixMillis(snapshot.at.0 - back * RATE_STEP);
    json!({
        "points": points.join(" "), "x": format!("{:.1}", end.0), "y": format!("{:.1}", end.1),
        "most": if highest == 0 { String::new() } else { per_minute(highest, language) },
        "at": time::time_of_day(at, zone, language),
    })
}
