//! Structured header fields cut into words, quoted strings and signs (RFC 5322 3.2), comments left
//! out. A reader that is stricter than the mail programs: what it does not understand vouches for
//! nobody.

/// One token.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Token {
    /// A run of characters that are neither blanks nor signs.
    Word(String),
    /// What stood between quotes, without the backslashes.
    Quoted(String),
    /// One of the signs asked for.
    Sign(char),
}

/// The tokens of `text`, where each character of `signs` is a token of its own. `None` when a
/// quoted string or a comment is not closed.
pub(super) fn tokens(text: &str, signs: &str) -> Option<Vec<Token>> {
    let mut tokens = Vec::new();
    let mut word = String::new();
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        let ends_word = c.is_whitespace() || c == '(' || c == '"' || signs.contains(c);
        if !ends_word {
            word.push(c);
            continue;
        }
        if !word.is_empty() {
            tokens.push(Token::Word(std::mem::take(&mut word)));
        }
        match c {
            '"' => tokens.push(Token::Quoted(quoted(&mut chars)?)),
            '(' => skip_comment(&mut chars)?,
            c if signs.contains(c) => tokens.push(Token::Sign(c)),
            _ => {}
        }
    }
    if !word.is_empty() {
        tokens.push(Token::Word(word));
    }
    Some(tokens)
}

fn quoted(chars: &mut std::str::Chars<'_>) -> Option<String> {
    let mut text = String::new();
    loop {
        match chars.next()? {
            '"' => return Some(text),
            '\\' => text.push(chars.next()?),
            c => text.push(c),
        }
    }
}

/// Comments nest; a counter in place of recursion keeps a mail of parentheses harmless.
fn skip_comment(chars: &mut std::str::Chars<'_>) -> Option<()> {
    let mut depth = 1_u32;
    while depth > 0 {
        match chars.next()? {
            '(' => depth = depth.saturating_add(1),
            ')' => depth -= 1,
            '\\' => {
                chars.next()?;
            }
            _ => {}
        }
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_vanish_and_quotes_hide_signs() {
        let found = tokens(r#"a(b (c\) ;) d) = "e;\"f" ;"#, ";=").unwrap();
        assert_eq!(
            found,
            [
                Token::Word("a".to_owned()),
                Token::Sign('='),
                Token::Quoted("e;\"f".to_owned()),
                Token::Sign(';')
            ]
        );
    }

    #[test]
    fn what_is_not_closed_is_not_read() {
        for text in ["\"a", "(a", "(a (b)", "\"a\\\"", "(a\\)"] {
            assert_eq!(tokens(text, ""), None, "{text}");
        }
    }
}
