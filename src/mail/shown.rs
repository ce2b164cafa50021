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
    fn a_line_is_cut_between_characters() {
        assert_eq!(one_line("åäö åäö", 5), "åäö å");
        assert_eq!(one_line("åäö åäö", 4), "åäö");
    }
}
