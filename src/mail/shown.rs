//! Text as people may safely see it, in a list or a trail: on one line, without characters that
//! move, hide or colour anything.

/// `text` on one line, at most `limit` characters.
pub(super) fn one_line(text: &str, limit: usize) -> String {
    let mut line = String::new();
    let mut length = 0;
    for word in text.split(|c: char| c.is_whitespace() || c.is_control()) {
        let mut word = word.chars().filter(|c| !is_invisible(*c)).peekable();
        if word.peek().is_none() {
            continue;
        }
        let blank = (!line.is_empty()).then_some(' ');
        for c in blank.into_iter().chain(word) {
            if length == limit {
                return line.trim_end().to_owned();
            }
            line.push(c);
            length += 1;
        }
    }
    line
}

/// As many digits may be a whole phone number; a date has fewer.
const NUMBER_DIGITS: usize = 9;
/// So many signs may stand between two digits of a number (`46 (0)70`).
const BETWEEN_DIGITS: usize = 3;

/// `text` with every digit but the last two of what may be a phone number hidden: `••• 05`. Lists and
/// tickets show and keep only this; the whole number stays in the mail itself. It hides too much
/// rather than too little.
#[must_use]
pub fn without_numbers(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find(is_digit) {
        let (before, from) = rest.split_at(start);
        let (run, digits) = number_at(from);
        shown.push_str(before);
        if digits.len() < NUMBER_DIGITS {
            shown.push_str(run);
        } else {
            shown.push_str("••• ");
            shown.extend(&digits[digits.len() - 2..]);
        }
        rest = &from[run.len()..];
    }
    shown.push_str(rest);
    shown
}

/// What may be one number at the beginning of `text`, to its last digit, and its digits.
fn number_at(text: &str) -> (&str, Vec<char>) {
    let (mut end, mut digits, mut between) = (0, Vec::new(), 0);
    for (place, c) in text.char_indices() {
        if is_digit(c) {
            digits.push(c);
            (end, between) = (place + c.len_utf8(), 0);
        } else if is_invisible(c) {
        } else if is_within_numbers(c) && between < BETWEEN_DIGITS {
            between += 1;
        } else {
            break;
        }
    }
    (&text[..end], digits)
}

/// Full-width digits too: they are read as digits.
fn is_digit(c: char) -> bool {
    c.is_ascii_digit() || ('\u{ff10}'..='\u{ff19}').contains(&c)
}

/// The signs with which people part a number, hyphens and dashes of all kinds among them.
fn is_within_numbers(c: char) -> bool {
    c.is_whitespace() || "-./()+,".contains(c) || matches!(c, '\u{2010}'..='\u{2015}' | '\u{2212}')
}

/// Characters without a shape of their own: directional marks and overrides (Unicode UAX 9),
/// zero-width characters, the soft hyphen, tag characters and interlinear marks.
pub(super) fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_holds_nothing_that_moves_or_hides_text() {
        assert_eq!(
            one_line("a\r\nb\t\u{1b}[31mc \u{202e}d\u{200b}e\u{0}f \u{feff} g", 99),
            "a b [31mc de f g"
        );
    }

    #[test]
    fn a_whole_phone_number_is_never_shown() {
        for (text, shown) in [
            ("ring 070-174 06 05 nu", "ring ••• 05 nu"),
            ("+46 (0)70 174 06 05.", "+••• 05."),
            ("0046701740605", "••• 05"),
            ("070\u{a0}174\u{2011}06\u{2013}05", "••• 05"),
            ("０70 17\u{200b}40 605", "••• 05"),
            ("1. 0701740605", "••• 05"),
            ("Mobil:0701740605/0701740606", "Mobil:••• 06"),
            ("070-174 06 05 eller 070-174 06 06", "••• 05 eller ••• 06"),
        ] {
            assert_eq!(without_numbers(text), shown);
        }
    }

    #[test]
    fn what_is_no_phone_number_stays() {
        for text in ["", "åäö", "[26-1141] 2026-11-24", "plan 2, rum 14 personer", "ext-1a2b3c", "112"] {
            assert_eq!(without_numbers(text), text);
        }
    }

    #[test]
    fn a_line_is_cut_between_characters() {
        assert_eq!(one_line("åäö åäö", 5), "åäö å");
        assert_eq!(one_line("åäö åäö", 4), "åäö");
    }
}
