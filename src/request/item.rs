//! The numbers of the template: `1.` stands before the username, `2.` before the phone.

use super::line::Line;

/// The number (1 or 2) with which a line begins, and what stands behind it.
pub(super) fn item(line: &Line) -> Option<(u8, String)> {
    let folded = line.folded();
    let start = folded.len() - folded.trim_start_matches([' ', '\t', '>', '-']).len();
    let (number, end) = number_at(folded, start)?;
    Some((number, line.cut(end..folded.len())))
}

/// Both items of a line such as `1. annand12 2. 070-174 06 05`.
pub(super) fn both_items(line: &Line) -> Option<(String, String)> {
    let folded = line.folded();
    let start = folded.len() - folded.trim_start().len();
    let (_, first) = number_at(folded, start).filter(|(number, _)| *number == 1)?;
    let second = folded.match_indices('2').map(|(at, _)| at).find(|at| {
        let apart = folded[..*at].trim_end_matches('(').ends_with([' ', '\t', ',', ';']);
        let signed = folded[at + 1..].starts_with(['.', ')', ':']);
        *at > first && apart && signed
    })?;
    let (_, behind) = number_at(folded, second)?;
    let first_end = folded[..second].trim_end_matches([' ', '\t', ',', ';', '(']).len();
    Some((line.cut(first..first_end.max(first)), line.cut(behind..folded.len())))
}

/// `1.`, `1)`, `(1)`, `1:`, `1 -`, or `1` and a blank, at `start`.
fn number_at(folded: &str, start: usize) -> Option<(u8, usize)> {
    let octets = folded.as_bytes();
    let at = start + usize::from(octets.get(start) == Some(&b'('));
    let number = match octets.get(at)? {
        b'1' => 1,
        b'2' => 2,
        _ => return None,
    };
    let rest = folded.get(at + 1..)?;
    let signs = rest.len() - rest.trim_start_matches(['.', ')', ':', ' ', '\t']).len();
    if signs == 0 && !rest.is_empty() {
        return None;
    }
    let behind = &rest[signs..];
    let dash = if behind.starts_with("- ") { 2 } else { 0 };
    Some((number, at + 1 + signs + dash))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_are_known_in_their_spellings() {
        for text in [
            "1. annand12",
            " 1) annand12",
            "(1) annand12",
            "1: annand12",
            "1 annand12",
            "1 - annand12",
            "1.annand12",
            "- 1. annand12",
        ] {
            assert_eq!(item(&Line::new(1, text)), Some((1, "annand12".to_owned())), "{text}");
        }
        assert_eq!(item(&Line::new(1, "2.")), Some((2, String::new())));
        for text in ["12. x", "3. x", "1a", "070-174 06 05", "annand12"] {
            assert_eq!(item(&Line::new(1, text)), None, "{text}");
        }
        let both = |text| both_items(&Line::new(1, text));
        let values = Some(("annand12".to_owned(), "070-174 06 05".to_owned()));
        assert_eq!(both("1. annand12 2. 070-174 06 05"), values);
        assert_eq!(both("1) annand12, (2) 070-174 06 05"), values);
        assert_eq!(both("1. annand12. 070"), None);
    }
}
