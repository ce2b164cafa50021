//! The demo's queue: forty invented mails that only people can settle, as they came in during the last hour, and two
//! colleagues who have begun on them.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::json;
use tokio_util::sync::CancellationToken;
use zeroize::Zeroizing;

use super::super::CliError;
use super::folder;
use crate::clock::{Clock, SystemClock, rfc3339, rfc5322};
use crate::store::{AuditEntry, Outage, Store, TicketFilter, TicketView};
use crate::ticket::{Act, Standing};
use crate::types::{Role, StaffMember, StaffName, UnixMillis};
use crate::web::port::{ActForm, Performed, TicketActs};

const MAILS: &str = include_str!("../../../deploy/demo/queue.txt");
/// How many there are.
pub(super) const COUNT: usize = 40;
/// All of them are settled by then, or something is wrong.
const PATIENCE: Duration = Duration::from_secs(60);
/// The telephones went down before the first of them came.
const DOWN_FOR: Duration = Duration::from_secs(64 * 60);

/// Who may sign in at the demo's pages: an administrator, and the colleague that four eyes need.
pub(super) const PEOPLE: [(&str, &str, Role); 2] =
    [("eva.lind", "Eva Lind", Role::Administrator), ("per.ost", "Per Öst", Role::Technician)];

/// One of the mails.
struct Mail {
    age: Duration,
    /// The lines of its head that are its own, then an empty line, then its text.
    text: &'static str,
}

/// The mails of the file, in the order in which they came.
fn mails() -> impl Iterator<Item = Mail> {
    MAILS.split("==== ").skip(1).filter_map(|record| {
        let (head, text) = record.split_once('\n')?;
        let minutes = head.split(' ').next()?.parse::<u64>().ok()?;
        Some(Mail { age: Duration::from_secs(60 * minutes), text: text.trim_end() })
    })
}

impl Mail {
    /// As it comes, with the part of its head that is the same in all (RFC 6532: in UTF-8).
    fn whole(&self, nth: usize) -> Vec<u8> {
        let date = rfc5322(SystemClock.now().minus(self.age));
        let mut text = format!(
            "To: Servicedesk <servicedesk@kommun.example>\nDate: {date}\nMessage-ID: <{}>\n",
            message_id(nth)
        );
        if !self.text.contains("\nContent-Type: ") {
            text += "MIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n";
        }
        text += self.text;
        text.push('\n');
        text.replace('\n', "\r\n").into_bytes()
    }
}

fn message_id(nth: usize) -> String {
    format!("queue-{nth:02}@kommun.example")
}

/// The demo's people with the passwords they sign in with.
pub(super) async fn add_people(
    store: &dyn Store,
) -> Result<Vec<(&'static str, Zeroizing<String>)>, CliError> {
    let mut all = Vec::new();
    for (name, shown, role) in PEOPLE {
        let member = StaffMember { name: parsed(name)?, shown: shown.to_owned(), role };
        all.push((name, super::super::user::add_for_demo(store, member).await?));
    }
    Ok(all)
}

fn parsed(name: &str) -> Result<StaffName, CliError> {
    StaffName::parse(name).map_err(|error| CliError::No(error.to_string()))
}

/// Drops all of them in, and waits until each is a ticket that people see: open, or merged into the open one of the
/// same writer. Answers them, the first that came first.
pub(super) async fn fill(
    dir: &Path,
    store: &Arc<dyn Store>,
    stop: &CancellationToken,
) -> Result<Vec<TicketView>, CliError> {
    for (nth, mail) in mails().enumerate() {
        folder::drop_in(dir, &format!("queue-{nth:02}"), &mail.whole(nth), Some(mail.age))?;
    }
    let until = Instant::now() + PATIENCE;
    while Instant::now() < until && !stop.is_cancelled() {
        let views = store.tickets(&TicketFilter::default()).await?;
        let settled: Vec<TicketView> =
            (0..COUNT).filter_map(|nth| views.iter().find(|view| is_open(view, nth))).cloned().collect();
        if settled.len() == COUNT {
            return Ok(settled);
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    Ok(Vec::new())
}

fn is_open(view: &TicketView, nth: usize) -> bool {
    view.messages.contains(&message_id(nth)) && view.ticket.state.standing() == Standing::Open
}

/// The telephones are down since before the first mail came; Eva has two tickets, Per has two and left a note at one.
pub(super) async fn begin_work(
    acts: &dyn TicketActs,
    store: &dyn Store,
    tickets: &[TicketView],
) -> Result<(), CliError> {
    begin_outage(store, SystemClock.now()).await?;
    let take = |who: usize, nth: usize| (who, nth, None);
    let note = "Har ringt Jonas på internt nummer. Tidrapporten är vit för hela våningen.";
    for (who, nth, note) in [take(0, 0), take(0, 20), take(1, 4), (1, 1, Some(note)), take(1, 13)] {
        let Some(ticket) = tickets.get(nth).map(|view| &view.ticket) else { continue };
        let (name, shown, role) = PEOPLE[who];
        let member = StaffMember { name: parsed(name)?, shown: shown.to_owned(), role };
        let act = match note {
            Some(text) => Act::Note { text: text.to_owned() },
            None => Act::Take,
        };
        let key = format!("demo-{nth}");
        let form = ActForm { ticket: ticket.number, version: ticket.version, key, act };
        match acts.perform(&member, form).await {
            Performed::Done(_) | Performed::Kept(_) => {}
            other => return Err(CliError::No(format!("{shown} could not work on a ticket: {other:?}"))),
        }
    }
    Ok(())
}

async fn begin_outage(store: &dyn Store, now: UnixMillis) -> Result<(), CliError> {
    let actor = parsed(PEOPLE[0].0)?.actor();
    let outage = Outage {
        began_at: now.minus(DOWN_FOR),
        ended_at: None,
        why: "Växeln svarar inte".to_owned(),
        begun_by: actor.clone(),
    };
    let audit = AuditEntry {
        actor,
        event: "outage.begun".to_owned(),
        data: json!({ "at": rfc3339(outage.began_at), "why": outage.why }).to_string(),
    };
    store.begin_outage(&outage, &audit, now).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_forty_and_each_has_an_age_a_writer_a_subject_and_words() {
        let all: Vec<Mail> = mails().collect();
        assert_eq!(all.len(), COUNT);
        for mail in all {
            let (head, text) = mail.text.split_once("\n\n").expect("a head and a text");
            assert!(head.contains("From: ") && head.contains("\nSubject: ") && !text.is_empty(), "{head}");
            assert!(mail.age < DOWN_FOR, "{head}");
        }
    }
}
