//! Where a quoted mail starts, told by the words that mail programs put above it.

use super::{Line, Zone, folded};

/// What starts at a line.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Start {
    /// An attribution ("On … wrote:") of this many lines, above text that is marked as quoted; below
    /// that text the writer may go on.
    Attribution {
        /// Its lines.
        lines: usize,
    },
    /// A quoted mail with no mark at its end.
    ToTheEnd,
}

/// An attribution may be folded, and a name and an address are long.
const MAX_ATTRIBUTION_LINES: usize = 4;
const MAX_ATTRIBUTION: usize = 400;
/// Fields of the header that Outlook puts above a quoted mail, with room for folded recipients.
const HEADER_LINES: usize = 10;

/// The longest label has ten, and blanks may stand around it.
const LABEL: usize = 64;
/// The first of them starts a header.
const LABELS: [&[&str]; 5] = [
    &["fran:", "from:", "avsandare:", "von:", "fra:"],
    &["skickat:", "sent:", "datum:", "date:"],
    &["till:", "to:"],
    &["kopia:", "cc:"],
    &["amne:", "subject:"],
];

/// Which field of a header a line may be: its place in [`LABELS`]. Told once for each line, because many
/// lines above each other are looked at from each of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Label(Option<usize>);

impl Label {
    pub(super) fn of(line: &Line) -> Self {
        let text = line.text.trim_start_matches(['*', ' ']).chars().take(LABEL).collect::<String>();
        // "*Från:* Anna" (a bold label in plain text), "Från : Anna"
        let text = folded(&text).replace(":*", ":").replace(" :", ":");
        Self(LABELS.iter().position(|labels| labels.iter().any(|label| text.starts_with(label))))
    }
}

/// What starts at the first of these lines, if a quoted mail does; `labels` are theirs.
pub(super) fn starts(lines: &[Line], labels: &[Label]) -> Option<Start> {
    let first = lines.first().filter(|line| !line.is_blank())?;
    if let Some(length) = attribution(lines) {
        let next = lines[length..].iter().find(|line| !line.is_blank());
        return Some(match next {
            Some(line) if line.zone == Zone::Quoted => Start::Attribution { lines: length },
            Some(_) | None => Start::ToTheEnd,
        });
    }
    let is_rule = first.text.len() >= 5 && first.text.chars().all(|c| c == '_');
    let near = &lines[..lines.len().min(HEADER_LINES)];
    let after_rule = near.iter().position(|line| is_rule && !line.is_blank() && line != first);
    let header = &labels[after_rule.unwrap_or(0)..];
    (is_separator(&first.text) || is_header(header)).then_some(Start::ToTheEnd)
}

/// How many lines form an attribution: "Den 24 nov. 2026 kl. 10:12 skrev Anna <…>:", "On … wrote:",
/// "Anna skrev:".
fn attribution(lines: &[Line]) -> Option<usize> {
    let mut text = String::new();
    for (place, line) in lines.iter().take(MAX_ATTRIBUTION_LINES).enumerate() {
        if line.is_blank() || line.zone != lines[0].zone || text.len() + line.text.len() > MAX_ATTRIBUTION {
            return None;
        }
        if place > 0 {
            text.push(' ');
        }
        text.push_str(&folded(&line.text));
        if text.ends_with(':') {
            let length = place + 1;
            let next = lines[length..].iter().find(|line| !line.is_blank());
            let above_quote = next.is_some_and(|line| line.zone == Zone::Quoted);
            return is_attribution(&text, above_quote && length == 1).then_some(length);
        }
        // Only a line with a date is worth a look at the next one.
        if place == 0 && !starts_as_attribution(&text) {
            return None;
        }
    }
    None
}

fn is_attribution(text: &str, above_quote: bool) -> bool {
    let words = text.split(|c: char| !c.is_alphanumeric());
    let wrote = words.clone().any(|word| matches!(word, "skrev" | "wrote"));
    let says_so = wrote && words.filter(|w| !w.is_empty()).count() >= 2;
    let names_address = text.contains('@') && has_year_or_time(text);
    says_so && (above_quote || names_address || starts_as_attribution(text))
}

/// Starts like a date ("den", "on", a weekday, a day), and a year or a time of day is there: a line
/// of the template has neither.
fn starts_as_attribution(text: &str) -> bool {
    let first = text.split([' ', ',', '.']).next().unwrap_or_default();
    let weekday = ["man", "tis", "ons", "tor", "fre", "lor", "son"].iter().any(|day| first.starts_with(day));
    let start = matches!(first, "den" | "on") || weekday || first.starts_with(|c: char| c.is_ascii_digit());
    start && has_year_or_time(text)
}

fn has_year_or_time(text: &str) -> bool {
    let numbers = |c: char| !c.is_ascii_digit();
    let year = text.split(numbers).any(|n| n.len() == 4 && n.starts_with("20"));
    let time = text.split_whitespace().any(|word| {
        let word = word.trim_end_matches([',', ';']);
        word.split_once([':', '.']).is_some_and(|(hours, minutes)| {
            let two = |n: &str| (1..=2).contains(&n.len()) && n.bytes().all(|b| b.is_ascii_digit());
            two(hours) && minutes.len() >= 2 && two(minutes.get(..2).unwrap_or_default())
        })
    });
    year || time
}

/// "-----Ursprungligt meddelande-----" and its kin.
fn is_separator(line: &str) -> bool {
    let words = line.trim_matches(|c: char| matches!(c, '-' | '_' | '*' | ' '));
    let dashed = line.starts_with("--");
    match folded(words).trim_end_matches(':') {
        "ursprungligt meddelande"
        | "originalmeddelande"
        | "original message"
        | "vidarebefordrat meddelande"
        | "vidarebefordrat brev"
        | "forwarded message" => dashed || line.ends_with(':'),
        "borja vidarebefordrat brev" | "borja vidarebefordrat meddelande" | "begin forwarded message" => true,
        _ => false,
    }
}

/// "Från:" with at least two more of the fields that Outlook and Apple write above a quoted mail.
fn is_header(labels: &[Label]) -> bool {
    if labels.first() != Some(&Label(Some(0))) {
        return false;
    }
    let below = &labels[1..labels.len().min(HEADER_LINES)];
    (1..LABELS.len()).filter(|other| below.contains(&Label(Some(*other)))).count() >= 2
}
