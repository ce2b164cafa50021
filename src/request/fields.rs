//! Collects from the lines of a mail what is tied to a label or a number, and leaves the rest as free
//! text, in which nothing is ever taken for a value but a lone pair.

use super::closing::{belongs_to_another, closing};
use super::item::{both_items, item};
use super::label::{Segment, Tie, segments};
use super::line::{Line, bare};
use super::loose::{self, Around};
use super::tail::part;
use super::value::Value;
use super::vocabulary::Field;
use super::{phone, username};
use crate::types::{PhoneNumber, Username};

/// What was read for one field, with the lines it stands on.
pub(super) struct Candidates<T> {
    pub(super) found: Vec<(usize, T)>,
    pub(super) unclear: Vec<(usize, &'static str)>,
    /// The field itself is there, filled in or not.
    pub(super) labelled: bool,
}

impl<T> Candidates<T> {
    fn new() -> Self {
        Self { found: Vec::new(), unclear: Vec::new(), labelled: false }
    }

    fn is_empty(&self) -> bool {
        self.found.is_empty() && self.unclear.is_empty()
    }

    /// Takes `value` in; false when there was none. A doubted value is none that could be used.
    pub(super) fn add(&mut self, line: usize, value: Value<T>, doubted: bool) -> bool {
        match value {
            Value::Is(_) if doubted => self.unclear.push((line, "a value in doubt")),
            Value::Is(value) => self.found.push((line, value)),
            Value::Unclear(why) => self.unclear.push((line, why)),
            Value::Missing => return false,
        }
        self.labelled = true;
        true
    }
}

/// Everything that one part of a mail says.
pub(super) struct Fields {
    pub(super) usernames: Candidates<Username>,
    pub(super) phones: Candidates<PhoneNumber>,
    /// Text outside the fields, with its lines.
    pub(super) free: Vec<(usize, String)>,
}

/// Reads `lines`; `around` is for values that stand alone in them.
pub(super) fn collect(lines: &[Line], around: &Around<'_>) -> Fields {
    let mut reader = Reader {
        lines,
        closing: closing(lines).unwrap_or(lines.len()),
        gapped: is_gapped(lines),
        tabled: false,
        taken: vec![false; lines.len()],
        fields: Fields { usernames: Candidates::new(), phones: Candidates::new(), free: Vec::new() },
    };
    for at in 0..lines.len() {
        reader.line(at);
    }
    let tabled = reader.tabled;
    let mut fields = reader.fields;
    if !tabled && fields.usernames.is_empty() && fields.phones.is_empty() {
        let (username, phone) = loose::lone_values(&fields.free, around);
        let lines = [username.as_ref().map(|(line, _)| *line), phone.as_ref().map(|(line, _)| *line)];
        fields.free.retain(|(line, _)| !lines.contains(&Some(*line)));
        fields.usernames.found.extend(username);
        fields.phones.found.extend(phone);
    }
    fields
}

pub(super) struct Reader<'a> {
    lines: &'a [Line],
    /// Where the writer signs: no phone from here on is an answer.
    closing: usize,
    /// Blank lines stand between the labels and their values.
    gapped: bool,
    /// There is a table, so that a value outside it may be of any of its columns.
    pub(super) tabled: bool,
    /// Lines that were read together with one above.
    pub(super) taken: Vec<bool>,
    pub(super) fields: Fields,
}

impl Reader<'_> {
    fn line(&mut self, at: usize) {
        let Some(line) = self.lines.get(at) else { return };
        if self.taken[at] || line.is_blank() {
            return;
        }
        if !(self.table(at, line)
            || self.items_on_one_line(line)
            || self.labels(at, line)
            || self.items(at, line))
        {
            self.fields.free.push((line.number, line.text()));
        }
    }

    /// The next line below `at` that is not blank.
    pub(super) fn below(&self, at: usize) -> Option<(usize, &Line)> {
        let rest = self.lines.iter().enumerate().skip(at + 1);
        rest.into_iter().find(|(_, line)| !line.is_blank()).filter(|(below, _)| !self.taken[*below])
    }

    fn free(&mut self, line: usize, text: String) {
        if !text.trim().is_empty() {
            self.fields.free.push((line, text));
        }
    }

    fn labels(&mut self, at: usize, line: &Line) -> bool {
        let segments = segments(line);
        let Some(first) = segments.first() else { return false };
        self.free(line.number, line.cut(0..first.start));
        let own = segments.iter().any(|segment| segment.field == Field::Username);
        let anothers = !own && belongs_to_another(self.lines, at);
        for segment in segments {
            let phone = segment.field == Field::Phone;
            if phone && at > self.closing {
                self.free(line.number, line.cut(segment.start..segment.value.end));
                continue;
            }
            let segment = &Segment { doubted: segment.doubted || (phone && anothers), ..segment.clone() };
            let text = line.cut(segment.value.clone());
            let is_empty = line.folded().get(segment.value.clone()).is_none_or(|text| bare(text).is_empty());
            if !is_empty {
                self.value(line, segment, &text);
                continue;
            }
            self.mark(segment);
            if segment.weak {
                self.free(line.number, line.cut(segment.start..segment.value.end));
            }
            if segment.value.end == line.folded().len() {
                self.value_below(at, segment);
            }
        }
        true
    }

    /// The field is there, although nothing may be in it.
    fn mark(&mut self, segment: &Segment) {
        if segment.weak || !(segment.tie == Tie::Firm || segment.opens_line) {
            return;
        }
        match segment.field {
            Field::Username => self.fields.usernames.labelled = true,
            Field::Phone => self.fields.phones.labelled = true,
            Field::Other | Field::Elsewhere => {}
        }
    }

    fn value(&mut self, line: &Line, segment: &Segment, text: &str) {
        let firm = segment.tie == Tie::Firm && !segment.weak;
        let (value, rest) = part(segment.field, text);
        let added = match segment.field {
            Field::Username => {
                // A name before a workplace is no username.
                let read = username::read(&value, firm && rest.trim().is_empty());
                let prose = segment.tie == Tie::Loose && (segment.weak || !segment.opens_line);
                let read = if prose { without_doubt(read) } else { read };
                self.fields.usernames.add(line.number, read, segment.doubted)
            }
            Field::Phone => {
                let read = phone::read(&value, firm);
                let read = if segment.weak { without_doubt(read) } else { read };
                self.fields.phones.add(line.number, read, segment.doubted)
            }
            Field::Other => false,
            Field::Elsewhere => return,
        };
        if added {
            self.free(line.number, rest);
        } else {
            if firm {
                self.mark(segment);
            }
            self.free(line.number, line.cut(segment.start..segment.value.end));
        }
    }

    /// The value of a label that ends its line stands on the next one, alone; behind a blank line only
    /// where the whole template is written so.
    fn value_below(&mut self, at: usize, segment: &Segment) {
        let Some((below, line)) = self.below(at) else { return };
        if is_asked(line) {
            return;
        }
        // Behind a gap may stand a signature, where nobody has filled in anything.
        let alone = self.lines.get(below + 1).is_none_or(|line| line.is_blank() || is_asked(line));
        if below > at + 1 && !(self.gapped && alone) {
            return;
        }
        let (number, text) = (line.number, line.text());
        let text = loose::without_bullet(&text);
        let added = match segment.field {
            Field::Username => {
                let read = username::read(text, false);
                let read = if text.split_whitespace().count() > 4 { without_doubt(read) } else { read };
                self.fields.usernames.add(number, read, segment.doubted)
            }
            Field::Phone if loose::begins_as_number(text) => {
                self.fields.phones.add(number, phone::read(text, true), segment.doubted)
            }
            Field::Phone | Field::Other | Field::Elsewhere => false,
        };
        self.taken[below] = added;
    }

    fn items_on_one_line(&mut self, line: &Line) -> bool {
        let Some((first, second)) = both_items(line) else { return false };
        let (username, phone) = (username::read(&first, false), phone::read(&second, false));
        if phone == Value::Missing || !segments(line).is_empty() {
            return false;
        }
        self.fields.usernames.add(line.number, username, false);
        self.fields.phones.add(line.number, phone, false);
        self.fields.usernames.labelled = true;
        true
    }

    /// `1.` and `2.` on lines of their own. They count together only: a numbered list of other things
    /// is no template.
    fn items(&mut self, at: usize, line: &Line) -> bool {
        match item(line) {
            Some((1, text)) => self.first_item(at, line.number, text),
            Some((_, text)) => self.second_item_after_label(at, line.number, &text),
            None => false,
        }
    }

    fn first_item(&mut self, at: usize, number: usize, text: String) -> bool {
        let (username_at, username_number, username) = if bare(&super::line::fold(&text)).is_empty() {
            match self.below(at) {
                Some((below, line)) if item(line).is_none() => (below, line.number, line.text()),
                Some(_) | None => (at, number, text),
            }
        } else {
            (at, number, text)
        };
        let Some((second, line)) = self.below(username_at) else { return false };
        let Some((2, phone)) = item(line) else { return false };
        let labelled = segments(line).iter().any(|segment| segment.field == Field::Phone);
        let (mut phone_at, mut phone_number, mut phone) = (second, line.number, phone);
        if phone.trim().is_empty()
            && let Some((below, line)) = self.below(second)
            && (below == second + 1 || username_at > at + 1)
            && loose::begins_as_number(&line.text())
        {
            (phone_at, phone_number, phone) = (below, line.number, line.text());
        }
        let phone_read = phone::read(&phone, false);
        let unfilled = !phone.chars().any(char::is_alphabetic);
        let username_read = username::read(&username, false);
        let phone_shaped = match phone_read {
            Value::Is(_) => true,
            Value::Unclear(_) => matches!(username_read, Value::Is(_)) || loose::begins_as_number(&phone),
            Value::Missing => unfilled,
        };
        if !phone_shaped && !labelled {
            return false;
        }
        self.fields.usernames.add(username_number, username_read, false);
        self.fields.usernames.labelled = true;
        self.taken[username_at] = true;
        if !labelled {
            self.fields.phones.add(phone_number, phone_read, false);
            self.fields.phones.labelled = true;
            self.taken[second] = true;
            self.taken[phone_at] = true;
        }
        true
    }

    /// `1. Användarnamn: annand12`, `2. 070-174 06 05`.
    fn second_item_after_label(&mut self, at: usize, number: usize, text: &str) -> bool {
        let above = self.lines.iter().take(at).rev().find(|line| !line.is_blank());
        let follows = above.is_some_and(|line| {
            item(line).is_some_and(|(number, _)| number == 1)
                && segments(line).iter().any(|segment| segment.field == Field::Username)
        });
        follows && self.fields.phones.add(number, phone::read(text, false), false)
    }
}

/// Does a field begin on the line?
fn is_asked(line: &Line) -> bool {
    item(line).is_some() || !segments(line).is_empty()
}

/// Does a blank line, and then a value, stand below every label of a template?
fn is_gapped(lines: &[Line]) -> bool {
    let mut fields = Vec::new();
    for (at, line) in lines.iter().enumerate() {
        let wanted = |segment: &Segment| matches!(segment.field, Field::Username | Field::Phone);
        let Some(segment) = segments(line).iter().rfind(|segment| wanted(segment)) else { continue };
        let empty = line.folded().get(segment.value.clone()).is_none_or(|text| bare(text).is_empty());
        let mut below = lines.iter().skip(at + 1).skip_while(|line| line.is_blank());
        let gap = lines.get(at + 1).is_some_and(Line::is_blank);
        if !(empty && gap && below.next().is_some_and(|line| !is_asked(line))) {
            return false;
        }
        fields.push(segment.field);
    }
    fields.contains(&Field::Username) && fields.contains(&Field::Phone)
}

/// In running text only a clear value counts.
fn without_doubt<T>(value: Value<T>) -> Value<T> {
    match value {
        Value::Unclear(_) => Value::Missing,
        Value::Is(_) | Value::Missing => value,
    }
}
