//! Swedish numbers once more, by the rules of the numbering plan (PTS, "Telefonnummers struktur"):
//! country 46, trunk digit 0, mobiles 70, 72, 73, 76, 79 and seven digits, landlines seven to nine
//! digits behind the trunk digit; freephone (20) has fewer, premium (900, 939, 944, 99) and mailboxes
//! (25, 67) more.

/// What a text is.
#[derive(Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Surely this number.
    Is { e164: String, mobile: bool },
    /// This number, if its area code is in use.
    MayBe { e164: String },
    /// Of another country, by its digits.
    Foreign { digits: String },
    /// Surely none.
    No,
}

pub fn judge(text: &str) -> Verdict {
    let Some(digits) = digits(text) else { return Verdict::No };
    match digits.strip_prefix('+').or_else(|| digits.strip_prefix("00")) {
        Some(international) => match international.strip_prefix("46") {
            Some(national) => swedish(national.strip_prefix('0').unwrap_or(national)),
            None => Verdict::Foreign { digits: international.to_owned() },
        },
        None => national(&digits),
    }
}

/// A number as it is dialled in Sweden, or as programs write it.
fn national(digits: &str) -> Verdict {
    if let Some(national) = digits.strip_prefix('0') {
        return swedish(national);
    }
    // As gateways and files write it, the country without a sign before it.
    match digits.strip_prefix("467") {
        Some(rest) if rest.len() == 8 => swedish(&digits[2..]),
        Some(_) | None => swedish(digits),
    }
}

/// Digits behind the country or the trunk digit.
fn swedish(national: &str) -> Verdict {
    let e164 = format!("+46{national}");
    let mobile = ["70", "72", "73", "76", "79"].iter().any(|start| national.starts_with(start));
    let fiction = national.len() == 9 && national.starts_with("4062804");
    match national.len() {
        9 if mobile => Verdict::Is { e164, mobile: true },
        _ if fiction => Verdict::Is { e164, mobile: false },
        7..=9 if !mobile && !national.starts_with('0') => Verdict::MayBe { e164 },
        6 if national.starts_with("20") => Verdict::MayBe { e164 },
        10 if ["900", "939", "944", "99"].iter().any(|start| national.starts_with(start)) => {
            Verdict::MayBe { e164 }
        }
        12 if ["25", "67"].iter().any(|start| national.starts_with(start)) => Verdict::MayBe { e164 },
        _ => Verdict::No,
    }
}

/// The digits of a text that holds nothing but digits and what may stand between them, with the plus
/// before them.
fn digits(text: &str) -> Option<String> {
    let text = text.trim();
    let text = text.strip_prefix("tel:").unwrap_or(text);
    let mut signs = String::new();
    for c in text.chars() {
        match c {
            '0'..='9' | '(' | ')' => signs.push(c),
            '０'..='９' => signs.push(char::from_digit(u32::from(c) - u32::from('０'), 10)?),
            '+' if signs.is_empty() || signs == "(" => signs.push(c),
            ' ' | '-' | '.' | '/' | '\u{ad}' | '\u{200b}' | '\u{feff}' | '‐' | '‑' | '‒' | '–' | '—'
            | '―' | '−' => {}
            c if c.is_whitespace() => {}
            _ => return None,
        }
    }
    let signs = match signs.split_once("(0)") {
        Some((before, behind)) if is_country(before.trim_matches(['(', ')'])) => format!("{before}{behind}"),
        Some(_) | None => signs,
    };
    Some(signs.replace(['(', ')'], ""))
}

/// May a trunk digit in brackets follow?
fn is_country(text: &str) -> bool {
    let number = text.trim_start_matches(['+', '0']);
    let sign = &text[..text.len() - number.len()];
    text == "46" || matches!(sign, "+" | "00") && (1..=3).contains(&number.len())
}
