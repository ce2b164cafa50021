//! Delivery reports: which mail could not be delivered, and whether it is still tried. Sources:
//! RFC 3464 (the report), RFC 3463 (its codes), RFC 6522 (its envelope); for servers that tell it in
//! words, the form that qmail and Exim have in common: words first, then a copy of the mail.

use super::AutomaticKind;
use super::automatic::Signs;
use super::fields::Fields;
use crate::types::{MessageId, Returned, ReturnedFate};

/// Groups of fields that are looked at; a report has one for each recipient, and our mails have one.
const MAX_GROUPS: usize = 100;
/// Lines of a report in words; the copy of a long mail goes on for ever.
const MAX_LINES: usize = 2_000;
/// Identifiers that are looked up.
const MAX_IDS: usize = 20;

/// A part of a report, decoded, at least its beginning.
#[derive(Debug)]
pub(super) enum Piece {
    /// The fields of RFC 3464.
    Status(Vec<u8>),
    /// The mail that it is about, or its header alone.
    Header(Vec<u8>),
}

/// What a mail tells of another one; `None` when it is no report, or when that mail arrived or was
/// handed on (`delivered`, `relayed`, `expanded`). `words` is its plain text.
///
/// In-Reply-To and References name the returned mail too (Exchange writes them): so do those of any
/// automatic reply, and that is why only a report says what became of it, or a mail server's words.
pub(super) fn returned(
    signs: &Signs<'_>,
    kind: Option<AutomaticKind>,
    pieces: &[Piece],
    words: &str,
    answers: &[MessageId],
) -> Option<Returned> {
    if kind != Some(AutomaticKind::Bounce) {
        return None;
    }
    let words = Words::of(words);
    let (fate, status) = match by_fields(pieces) {
        Some(told) => told?,
        None if signs.by_server() => words.told(signs)?,
        None => return None,
    };
    let mut ids: Vec<MessageId> = pieces.iter().filter_map(id_of).collect();
    ids.extend(words.ids);
    ids.extend_from_slice(answers);
    ids.truncate(MAX_IDS);
    Some(Returned { fate, status, ids })
}

/// The worst that the report's fields tell of any recipient; `None` when there are no such fields,
/// `Some(None)` when nothing failed.
fn by_fields(pieces: &[Piece]) -> Option<Option<(ReturnedFate, String)>> {
    let octets = pieces.iter().find_map(|piece| match piece {
        Piece::Status(octets) => Some(octets.as_slice()),
        Piece::Header(_) => None,
    })?;
    let mut rest = octets;
    let mut told = None;
    for _ in 0..MAX_GROUPS {
        let Ok((group, after)) = Fields::split(rest) else { break };
        rest = after;
        if let Some(of_group) = told_by(&group) {
            told = told.max(Some(of_group));
        }
        if rest.is_empty() {
            break;
        }
    }
    told
}

/// What the fields of one recipient tell; the group about the report as a whole tells nothing.
fn told_by(group: &Fields) -> Option<Option<(ReturnedFate, String)>> {
    let status = group.first("status").and_then(code_in).unwrap_or_default();
    let action = group.first("action").unwrap_or_default().to_ascii_lowercase();
    let fate = match action.split(|c: char| !c.is_ascii_alphabetic()).next().unwrap_or_default() {
        "failed" => Some(ReturnedFate::Failed),
        "delayed" => Some(ReturnedFate::Delayed),
        "delivered" | "relayed" | "expanded" => None,
        // The class of the code says the same (RFC 3463 3.1).
        _ if status.starts_with('5') => Some(ReturnedFate::Failed),
        _ if status.starts_with('4') => Some(ReturnedFate::Delayed),
        _ => return None,
    };
    Some(fate.map(|fate| (fate, status)))
}

fn id_of(piece: &Piece) -> Option<MessageId> {
    let Piece::Header(octets) = piece else { return None };
    let (fields, _) = Fields::split(octets).ok()?;
    MessageId::parse(fields.first("message-id")?).ok()
}

/// A report in words.
struct Words<'a> {
    /// The server's own lines.
    said: Vec<&'a str>,
    /// What the copy below them names.
    ids: Vec<MessageId>,
}

impl<'a> Words<'a> {
    /// The server's words end where the copy of the mail names itself.
    fn of(text: &'a str) -> Self {
        let mut said = Vec::new();
        let mut ids = Vec::new();
        let mut lines = text.lines().take(MAX_LINES);
        while let Some(line) = lines.next() {
            match after_name(line) {
                Some("") => ids.extend(lines.next().and_then(|next| MessageId::parse(next).ok())),
                Some(value) => ids.extend(MessageId::parse(value).ok()),
                None if ids.is_empty() => said.push(line),
                None => {}
            }
        }
        ids.truncate(MAX_IDS);
        Self { said, ids }
    }

    /// A failure shows its code, or the field that Exim writes; a warning says so in its subject.
    fn told(&self, signs: &Signs<'_>) -> Option<(ReturnedFate, String)> {
        let subject = signs.subject.to_lowercase();
        let status = self.said.iter().find_map(|line| code_in(line).or_else(|| reply_code(line)));
        if subject.contains("delay") || subject.contains("warning") {
            return Some((ReturnedFate::Delayed, status.unwrap_or_default()));
        }
        let failed = status.is_some() || signs.fields.first("x-failed-recipients").is_some();
        failed.then(|| (ReturnedFate::Failed, status.unwrap_or_default()))
    }
}

/// What follows `Message-ID:` on a line of a copy, quoted or not.
fn after_name(line: &str) -> Option<&str> {
    let line = line.trim_start_matches(|c: char| c == '>' || c == '|' || c.is_whitespace());
    let (name, value) = line.split_once(':')?;
    name.eq_ignore_ascii_case("message-id").then(|| value.trim())
}

/// The first code of the form `5.1.1` or `4.4.7` (RFC 3463 2); an address of four numbers is none.
fn code_in(text: &str) -> Option<String> {
    let words = text.split(|c: char| !(c.is_ascii_digit() || c == '.')).map(|word| word.trim_matches('.'));
    words.filter(|word| is_code(word)).map(str::to_owned).next()
}

fn is_code(word: &str) -> bool {
    let parts: Vec<&str> = word.split('.').collect();
    let [class, subject, detail] = parts[..] else { return false };
    let number = |part: &str| (1..=3).contains(&part.len());
    matches!(class, "4" | "5") && number(subject) && number(detail)
}

/// The first `550`: a refusal of a server that knows no other codes (RFC 5321 4.2.1).
fn reply_code(line: &str) -> Option<String> {
    let words = line.split(|c: char| c.is_whitespace() || ":-(<>".contains(c));
    let refusal = |word: &&str| word.len() == 3 && word.starts_with("55") && word.parse::<u16>().is_ok();
    words.clone().find(refusal).map(str::to_owned)
}

#[cfg(test)]
mod tests;
