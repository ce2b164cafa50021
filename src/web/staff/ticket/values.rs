//! What the template of a ticket's page puts down, in the page's language.

use std::ops::Range;

use serde_json::{Value, json};

use crate::clock::Zone;
use crate::mail::display::{Attachment, Passage, PassageKind};
use crate::request::marks::MarkedField;
use crate::ticket::{Standing, State};
use crate::types::{Check, CheckResult, TrailLine, UnixMillis};
use crate::web::language::Language;
use crate::web::port::{HappenedShown, MailBody, MailShown, SentShown, TicketShown};
use crate::web::staff::frame::initials;
use crate::web::words::{self, time};

/// So many characters of a mail are shown at first; some five screens.
const SHOWN_AT_FIRST: usize = 12_000;

/// Whose page it is, and when it is made.
pub(in crate::web::staff) struct Made<'a> {
    /// In which language.
    pub language: Language,
    /// Where the desk is.
    pub zone: &'a Zone,
    /// Now.
    pub now: UnixMillis,
    /// The mail that is shown whole.
    pub whole: i64,
}

impl Made<'_> {
    /// All values of the page.
    pub fn ticket(&self, ticket: &TicketShown) -> Value {
        let say = |words: words::Words| words.of(self.language);
        let fact = match &ticket.state {
            State::Technician { password } => Some(say(words::ticket::password(*password))),
            State::Requested { .. }
            | State::Sealed { .. }
            | State::Issuing { .. }
            | State::Applied { .. }
            | State::Sending { .. }
            | State::Sent { .. }
            | State::Offered { .. }
            | State::Revealed { .. }
            | State::Done { .. }
            | State::Asked
            | State::Filed
            | State::Observed
            | State::Coalesced { .. }
            | State::Waiting { .. }
            | State::Closed { .. }
            | State::Merged { .. }
            | State::Held => None,
        };
        let marks: serde_json::Map<String, Value> = [MarkedField::Username, MarkedField::Phone]
            .into_iter()
            .filter_map(|field| Some((name(field).to_owned(), json!(place(ticket, field)?))))
            .collect();
        json!({
            "number": ticket.number.to_string(),
            "subject": ticket.subject,
            "writer": self.writer(ticket),
            "from": ticket.from,
            "username": ticket.username,
            "named": ticket.named,
            "assignee": ticket.assignee,
            "urgent": ticket.urgent,
            "observed": ticket.observed,
            "standing": { "words": say(words::ticket::standing(ticket.standing)), "tone": tone(ticket.standing) },
            "over": ticket.standing != Standing::Open,
            "state": say(words::ticket::state(&ticket.state)),
            "kind": say(words::ticket::kind(ticket.kind)),
            "reason": ticket.reason.map(|reason| say(words::reason::of(reason))),
            "password": fact,
            "received": self.stamp(ticket.received_at),
            "mails": ticket.mails.iter().map(|mail| self.mail(mail)).collect::<Vec<_>>(),
            "more_mails": ticket.more_mails,
            "trail": shown_lines(&ticket.trail).map(|line| self.line(line, &marks)).collect::<Vec<_>>(),
            "sent": ticket.sent.iter().map(|sent| self.sent(sent)).collect::<Vec<_>>(),
            "history": ticket.history.iter().rev().map(|row| self.happened(row)).collect::<Vec<_>>(),
            "more_history": ticket.more_history,
            "related": ticket.related.iter().map(|other| json!({
                "number": other.number.to_string(),
                "how": say(words::ticket::related(other.how)),
                "subject": other.subject,
                "standing": say(words::ticket::standing(other.standing)),
            })).collect::<Vec<_>>(),
        })
    }

    pub(super) fn stamp(&self, at: UnixMillis) -> Value {
        time::stamp(at, self.now, self.zone, self.language)
    }

    /// By what name people speak of whoever wrote.
    fn writer(&self, ticket: &TicketShown) -> String {
        let mails = ticket.mails.iter().rev().filter(|mail| !mail.machine);
        let mut names = mails.filter_map(|mail| mail.body.as_ref()).map(|body| body.displayed.name.clone());
        names.find(|name| !name.is_empty()).unwrap_or_else(|| ticket.from.clone())
    }

    fn mail(&self, mail: &MailShown) -> Value {
        json!({
            "id": mail.id,
            "of": mail.of.map(|number| number.to_string()),
            "when": self.stamp(mail.received_at),
            "machine": mail.machine,
            "vouched": mail.vouched,
            "sender": mail.sender,
            "body": mail.body.as_deref().map(|body| self.body(mail.id, body)),
        })
    }

    fn body(&self, id: i64, body: &MailBody) -> Value {
        let displayed = &body.displayed;
        let name = if displayed.name.is_empty() { displayed.address.clone() } else { displayed.name.clone() };
        let mut room = if self.whole == id { usize::MAX } else { SHOWN_AT_FIRST };
        let mut passages = Vec::new();
        let mut cut = false;
        for passage in &displayed.text {
            if room == 0 {
                cut = true;
                break;
            }
            let (value, whole) = passage_value(passage, body, id, &mut room);
            cut |= !whole;
            passages.push(value);
        }
        let unreadable = displayed.unreadable.as_ref().map(ToString::to_string);
        json!({
            "initials": initials(&name),
            "name": name,
            "address": displayed.address,
            "to": displayed.to,
            "subject": displayed.subject,
            "passages": passages,
            "cut": cut,
            "turned": displayed.turned,
            "attachments": displayed.attachments.iter().map(|file| self.file(file)).collect::<Vec<_>>(),
            "html": displayed.html.as_ref().map(|html| json!({
                "remote": html.remote,
                "active": html.active > 0,
                "more_links": html.more_links,
                "links": html.links.iter().map(|link| json!({
                    "said": link.said, "host": link.host, "target": link.target, "misleads": link.misleads,
                })).collect::<Vec<_>>(),
            })),
            "unreadable": unreadable,
        })
    }

    fn file(&self, file: &Attachment) -> Value {
        json!({
            "place": file.place,
            "name": file.name,
            "size": time::size(file.size, self.language),
            "kind": file.kind,
            "blocked": file.blocked.map(|why| words::ticket::blocked(why).of(self.language)),
        })
    }

    fn line(&self, line: &TrailLine, marks: &serde_json::Map<String, Value>) -> Value {
        let evidence = words::evidence::of(line, self.language);
        let field = match (line.check, line.result) {
            (Check::Username, CheckResult::Pass) => Some(MarkedField::Username),
            (Check::Phone, CheckResult::Pass) | (Check::PhoneRegistered, _) => Some(MarkedField::Phone),
            _ => None,
        };
        let compared =
            line.evidence.split_once(" is none of ").filter(|_| line.check == Check::PhoneRegistered);
        json!({
            "headline": words::trail::headline(line).of(self.language),
            "result": match line.result {
                CheckResult::Pass => "pass",
                CheckResult::Fail => "fail",
                CheckResult::Unknown => "unknown",
                CheckResult::Skipped => "skipped",
            },
            "said": words::trail::result(line.result).of(self.language),
            "evidence": evidence.text,
            "foreign": evidence.foreign,
            "jump": field.and_then(|field| marks.get(name(field))),
            "compared": compared.map(|(mail, registered)| json!({ "mail": mail, "registered": registered })),
            "end": line.check == Check::Outcome,
        })
    }

    fn sent(&self, sent: &SentShown) -> Value {
        let why = words::sent::returned(&sent.detail).map(|words| words.of(self.language).to_owned());
        json!({
            "what": words::sent::what(sent.what).of(self.language),
            "by_text": sent.by_text,
            "to": sent.to,
            "gateway": sent.gateway,
            "when": self.stamp(sent.at),
            "time": time::time_of_day(sent.at, self.zone, self.language),
            "status": words::sent::status(sent.status).of(self.language),
            "tone": words::sent::tone(sent.status),
            "why": why.unwrap_or_else(|| sent.detail.clone()),
        })
    }

    pub(super) fn happened(&self, row: &HappenedShown) -> Value {
        let words = words::history::event(&row.event).map(|words| words.of(self.language));
        json!({
            "when": self.stamp(row.at),
            "who": words::history::actor(&row.actor, self.language),
            "what": words,
            "code": row.event,
            "detail": words::history::detail(&row.data),
        })
    }
}

/// The lines of a trail of which no mail is shown beside.
pub(in crate::web::staff) fn trail(lines: &[TrailLine], language: Language, zone: &Zone) -> Vec<Value> {
    let made = Made { language, zone, now: UnixMillis(0), whole: 0 };
    let marks = serde_json::Map::new();
    shown_lines(lines).map(|line| made.line(line, &marks)).collect()
}

fn tone(standing: Standing) -> &'static str {
    match standing {
        Standing::Open => "info",
        Standing::Pending | Standing::New | Standing::Working => "warn",
        Standing::Resolved => "ok",
        Standing::Closed => "",
    }
}

/// The lines of a trail, but for those that only say again that the machine stopped: what has become of the
/// password stands at the top of the page.
fn shown_lines(trail: &[TrailLine]) -> impl Iterator<Item = &TrailLine> {
    let again = |at: usize, line: &TrailLine| {
        let before = at.checked_sub(1).and_then(|at| trail.get(at));
        let stopped =
            |line: &TrailLine| line.check == Check::Outcome && line.evidence.contains("a technician");
        line.result == CheckResult::Fail && stopped(line) && before.is_some_and(stopped)
    };
    trail.iter().enumerate().filter(move |(at, line)| !again(*at, line)).map(|(_, line)| line)
}

/// A passage as pieces of text, with what was read marked. The second is false when it was cut.
fn passage_value(passage: &Passage, body: &MailBody, id: i64, room: &mut usize) -> (Value, bool) {
    let mut pieces: Vec<Value> = Vec::new();
    let mut text = String::new();
    let mut whole = true;
    for (at, line) in passage.lines.iter().enumerate() {
        let length = line.chars().count() + 1;
        if length > *room {
            whole = false;
            *room = 0;
            break;
        }
        *room -= length;
        if at > 0 {
            text.push('\n');
        }
        let mut from = 0;
        for (field, range) in marks_on(passage, body, at) {
            let (Some(before), Some(marked)) = (line.get(from..range.start), line.get(range.clone())) else {
                continue;
            };
            text.push_str(before);
            pieces.push(json!({ "text": std::mem::take(&mut text), "mark": null }));
            pieces.push(json!({ "text": marked, "mark": name(field), "id": mark_id(field, id) }));
            from = range.end;
        }
        text.push_str(line.get(from..).unwrap_or_default());
    }
    pieces.push(json!({ "text": text, "mark": null }));
    let kind = match passage.kind {
        PassageKind::Written => "written",
        PassageKind::Signature => "signature",
        PassageKind::Quoted => "quoted",
    };
    (json!({ "kind": kind, "pieces": pieces }), whole)
}

/// The marks on a line, from left to right.
fn marks_on(passage: &Passage, body: &MailBody, at: usize) -> Vec<(MarkedField, Range<usize>)> {
    if passage.kind != PassageKind::Written {
        return Vec::new();
    }
    let on_line = body.marks.iter().filter(|mark| mark.line == passage.first + at);
    let mut marks: Vec<_> = on_line.map(|mark| (mark.field, mark.at.clone())).collect();
    marks.sort_by_key(|(_, range)| range.start);
    marks
}

/// The mark of `field` to which the trail leads: that of the first mail that has one.
fn place(ticket: &TicketShown, field: MarkedField) -> Option<String> {
    let with = |mail: &&MailShown| {
        mail.body.as_ref().is_some_and(|body| body.marks.iter().any(|mark| mark.field == field))
    };
    ticket.mails.iter().find(with).map(|mail| mark_id(field, mail.id))
}

fn mark_id(field: MarkedField, mail: i64) -> String {
    format!("mark-{}-{mail}", name(field))
}

fn name(field: MarkedField) -> &'static str {
    match field {
        MarkedField::Username => "username",
        MarkedField::Phone => "phone",
    }
}
