//! Receipts: a text that the message centre delivers to us, marked as one (SMPP 3.4, 5.2.12), with words of a
//! form that appendix B only suggests: `id:… sub:… dlvrd:… submit date:… done date:… stat:… err:… text:…`.
//! Optional parameters say the same more clearly, where the centre sends them.

use super::name_of;
use super::pdu::Delivered;
use crate::delivery::Receipt;

/// Of the class: what kind of text it is.
const KIND: u8 = 0b0011_1100;
/// A receipt of the message centre.
const RECEIPT: u8 = 0b0000_0100;
/// What it says in between.
const INTERMEDIATE: u8 = 0b0010_0000;

/// Letters of a word that nobody knows, for the log: enough to know it by, too few for words of a text.
const WORD: usize = 10;

/// How the words of receipts write the names that the answers to submits give.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ReceiptIds {
    /// Letter by letter.
    #[default]
    Same,
    /// As decimal numbers; the answers write them in hexadecimal.
    Decimal,
    /// In hexadecimal; the answers write them as decimal numbers.
    Hexadecimal,
}

impl ReceiptIds {
    /// The name in the answer to a submit, as it is kept.
    pub(super) fn in_answer(self, id: &[u8]) -> String {
        match self {
            Self::Same => name_of(id),
            Self::Decimal => number(id, 16),
            Self::Hexadecimal => number(id, 10),
        }
    }

    /// The same in the words of a receipt.
    fn in_words(self, id: &[u8]) -> String {
        match self {
            Self::Same => name_of(id),
            Self::Decimal => number(id, 10),
            Self::Hexadecimal => number(id, 16),
        }
    }
}

/// What is no number keeps its letters.
fn number(id: &[u8], radix: u32) -> String {
    let digits = std::str::from_utf8(id).ok().map(str::trim);
    let value = digits.and_then(|digits| u128::from_str_radix(digits, radix).ok());
    value.map_or_else(|| name_of(id), |value| value.to_string())
}

/// What a delivered text tells.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Report {
    /// What became of the text of this name.
    Told(String, Receipt),
    /// It is a receipt, and does not say what became of which text; in words, why.
    Unclear(String),
    /// Somebody has written to us. Words of theirs are no receipt, whatever they are.
    NoReceipt,
}

/// Reads it. A phone can write any words; only the message centre sets the class and the parameters.
pub(super) fn read(delivered: &Delivered<'_>, ids: ReceiptIds) -> Report {
    let kind = delivered.class & KIND;
    if !matches!(kind, RECEIPT | INTERMEDIATE) && delivered.id.is_none() {
        return Report::NoReceipt;
    }
    let (id, stat) = fields(delivered.words);
    let in_words = ids.in_words(id.unwrap_or_default());
    let name = match delivered.id {
        Some(id) => ids.in_answer(id),
        None => in_words.clone(),
    };
    // In two number systems a parameter that is written as the words are would be another text's name.
    if ids != ReceiptIds::Same && !in_words.is_empty() && in_words != name {
        return Report::Unclear("its parameter and its words name two texts".to_owned());
    }
    let receipt = delivered.state.and_then(by_state).or_else(|| by_word(stat?));
    match receipt {
        _ if name.is_empty() => Report::Unclear("it names no text".to_owned()),
        // What is told in between is not the end.
        Some(_) if kind == INTERMEDIATE => Report::Told(name, Receipt::Pending),
        Some(receipt) => Report::Told(name, receipt),
        None => Report::Unclear(unknown(&name, stat, delivered.state)),
    }
}

/// What it says in place of what we know, for the log: whoever reads that can tell us what this centre writes.
fn unknown(name: &str, stat: Option<&[u8]>, state: Option<u8>) -> String {
    let letters = stat.unwrap_or_default().iter().filter(|octet| octet.is_ascii_alphabetic());
    let word: String = letters.take(WORD).copied().map(char::from).collect();
    let state = state.map_or_else(|| "no message_state".to_owned(), |state| format!("message_state {state}"));
    if word.is_empty() {
        return format!("of the text {name} it tells {state} and no stat");
    }
    format!("of the text {name} it tells {state} and stat {word}")
}

/// The values of `id` and `stat`; some put a blank before them. What follows `text:` are words of the text itself.
fn fields(words: &[u8]) -> (Option<&[u8]>, Option<&[u8]>) {
    let (mut id, mut stat) = (None, None);
    let mut fields = words.split(u8::is_ascii_whitespace).filter(|field| !field.is_empty()).peekable();
    while let Some(field) = fields.next() {
        let value = |name: &str| {
            let (start, value) = field.split_at_checked(name.len())?;
            start.eq_ignore_ascii_case(name.as_bytes()).then_some(value)
        };
        if value("text:").is_some() {
            break;
        }
        for (name, found) in [("id:", &mut id), ("stat:", &mut stat)] {
            let Some(value) = value(name) else { continue };
            let value =
                if value.is_empty() { fields.next_if(|next| !next.contains(&b':')) } else { Some(value) };
            *found = found.or(value);
        }
    }
    (id, stat)
}

/// Appendix B, and what centres write besides. `ACCEPTD`: somebody has read it on the phone's behalf, which is no
/// delivery. `EXPIRED`: nobody has confirmed it within the validity; it may be in the phone all the same.
fn by_word(stat: &[u8]) -> Option<Receipt> {
    match stat.to_ascii_uppercase().as_slice() {
        b"DELIVRD" | b"DELIVERED" => Some(Receipt::Delivered),
        b"DELETED" | b"UNDELIV" | b"UNDELIVERABLE" | b"REJECTD" | b"REJECTED" => Some(Receipt::Failed),
        b"ENROUTE" | b"ACCEPTD" | b"UNKNOWN" | b"EXPIRED" => Some(Receipt::Pending),
        _ => None,
    }
}

/// The same as numbers (5.2.28).
fn by_state(state: u8) -> Option<Receipt> {
    match state {
        2 => Some(Receipt::Delivered),
        4 | 5 | 8 => Some(Receipt::Failed),
        1 | 3 | 6 | 7 => Some(Receipt::Pending),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WORDS: &str = "id:m1 sub:001 dlvrd:000 submit date:2611300805 done date:2611300806 stat:DELIVRD err:000 \
                         text:id:m2 stat:UNDELIV";

    fn told(name: &str, receipt: Receipt) -> Report {
        Report::Told(name.to_owned(), receipt)
    }

    fn read_words(words: &str) -> Report {
        let delivered = Delivered { class: RECEIPT, words: words.as_bytes(), id: None, state: None };
        read(&delivered, ReceiptIds::Same)
    }

    #[test]
    fn the_words_of_a_receipt_say_what_became_of_which_text() {
        assert_eq!(read_words(WORDS), told("m1", Receipt::Delivered), "what follows `text:` says nothing");
        for (stat, receipt) in [
            ("DELIVRD", Receipt::Delivered),
            ("delivered", Receipt::Delivered),
            ("EXPIRED", Receipt::Pending),
            ("DELETED", Receipt::Failed),
            ("UNDELIV", Receipt::Failed),
            ("UNDELIVERABLE", Receipt::Failed),
            (" UNDELIV", Receipt::Failed),
            ("REJECTD", Receipt::Failed),
            ("ENROUTE", Receipt::Pending),
            ("ACCEPTD", Receipt::Pending),
            ("UNKNOWN", Receipt::Pending),
        ] {
            assert_eq!(read_words(&WORDS.replace("DELIVRD", stat)), told("m1", receipt), "{stat}");
        }
        assert_eq!(read_words("ID:7f\nSTAT:DELIVRD"), told("7f", Receipt::Delivered));
        assert_eq!(read_words("id: m1  stat: DELIVRD"), told("m1", Receipt::Delivered));
        let long = format!("id:{} stat:DELIVRD", "7".repeat(66));
        for odd in ["", "stat:DELIVRD", "id: stat:DELIVRD", "xid:m1 stat:DELIVRD", long.as_str()] {
            assert_eq!(read_words(odd), Report::Unclear("it names no text".to_owned()), "{odd}");
        }
        for (odd, says) in [
            ("id:m1", "no stat"),
            ("id:m1 stat: text:Tillf", "no stat"),
            ("id:m1 stat:OK text:Tillf", "stat OK"),
            ("id:m1 stat:Kod-4711-till-dig", "stat Kodtilldig"),
            ("id:m1 stat:ABCDEFGHIJKLMNOP", "stat ABCDEFGHIJ"),
        ] {
            let unclear = format!("of the text m1 it tells no message_state and {says}");
            assert_eq!(read_words(odd), Report::Unclear(unclear), "{odd}");
        }
        assert_eq!(read_words("id:a/b stat:DELIVRD"), told("x612f62", Receipt::Delivered));
    }

    #[test]
    fn parameters_come_before_words() {
        let with = |id: &'static [u8], state, words: &'static str| {
            let delivered =
                Delivered { class: RECEIPT, words: words.as_bytes(), id: Some(id), state: Some(state) };
            read(&delivered, ReceiptIds::Same)
        };
        assert_eq!(with(b"m9", 5, WORDS), told("m9", Receipt::Failed));
        for (state, receipt) in [
            (1, Receipt::Pending),
            (2, Receipt::Delivered),
            (3, Receipt::Pending),
            (4, Receipt::Failed),
            (5, Receipt::Failed),
            (6, Receipt::Pending),
            (7, Receipt::Pending),
            (8, Receipt::Failed),
        ] {
            assert_eq!(with(b"m9", state, ""), told("m9", receipt), "{state}");
        }
        assert_eq!(
            with(b"m9", 77, WORDS),
            told("m9", Receipt::Delivered),
            "of an unknown state the words count"
        );
        assert_eq!(with(b"", 2, WORDS), Report::Unclear("it names no text".to_owned()));
    }

    #[test]
    fn what_a_phone_writes_is_no_receipt() {
        for class in [0, 0b0000_1000, 0b0001_0000, 0b0001_1000, 0b0100_0000, 0b1100_0011] {
            let delivered = Delivered { class, words: WORDS.as_bytes(), id: None, state: Some(2) };
            assert_eq!(read(&delivered, ReceiptIds::Same), Report::NoReceipt, "{class:#b}");
        }
    }

    #[test]
    fn what_is_told_in_between_ends_nothing() {
        let delivered = Delivered { class: INTERMEDIATE, words: WORDS.as_bytes(), id: None, state: None };
        assert_eq!(read(&delivered, ReceiptIds::Same), told("m1", Receipt::Pending));
    }

    #[test]
    fn names_in_two_number_systems_are_the_same_name() {
        let words = |ids: ReceiptIds, id: &str| {
            let words = format!("id:{id} stat:DELIVRD");
            let delivered = Delivered { class: RECEIPT, words: words.as_bytes(), id: None, state: None };
            read(&delivered, ids)
        };
        for (ids, in_answer, in_words) in [
            (ReceiptIds::Decimal, "1A2B3C", "0001715004"),
            (ReceiptIds::Decimal, "1a2b3c", "1715004"),
            (ReceiptIds::Hexadecimal, "1715004", "001a2b3c"),
            (ReceiptIds::Same, "1A2b", "1A2b"),
            (ReceiptIds::Decimal, "m-1", "m-1"),
        ] {
            let name = ids.in_answer(in_answer.as_bytes());
            assert_eq!(words(ids, in_words), told(&name, Receipt::Delivered), "{in_answer}");
        }
        // A parameter has the name as the answer had it.
        let delivered = Delivered { class: RECEIPT, words: b"", id: Some(b"1A2B3C"), state: Some(2) };
        assert_eq!(read(&delivered, ReceiptIds::Decimal), told("1715004", Receipt::Delivered));
        // One that has it as the words do names another text, if it is a number.
        let both = |id: &'static [u8], words: &'static str| {
            let delivered =
                Delivered { class: RECEIPT, words: words.as_bytes(), id: Some(id), state: Some(2) };
            read(&delivered, ReceiptIds::Decimal)
        };
        let two = Report::Unclear("its parameter and its words name two texts".to_owned());
        assert_eq!(both(b"16", "id:16 stat:DELIVRD"), two, "22, or 16?");
        assert_eq!(both(b"10", "id:16 stat:DELIVRD"), told("16", Receipt::Delivered));
        assert_eq!(both(b"10", ""), told("16", Receipt::Delivered));
    }
}
