//! What `Authentication-Results` says (RFC 8601 2.2): `method=result reason=… ptype.property=value`,
//! with `;` between the methods. Only the methods that are asked for are read, so that what another
//! one says, however oddly, does no harm.

use super::super::tokens::Token;

/// One method's words, in lower case: the method with its result first, then what it adds.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Statement(Vec<(String, String)>);

impl Statement {
    /// `pass`, `fail`, `none` …
    pub(super) fn result(&self) -> &str {
        self.0.first().map_or("", |(_, result)| result)
    }

    /// The value of `key`, when it stands there once.
    pub(super) fn value(&self, key: &str) -> Option<&str> {
        let mut values = self.0.iter().skip(1).filter(|(name, _)| name == key);
        let value = values.next()?;
        values.next().is_none().then_some(value.1.as_str())
    }
}

/// Why a method's word does not count.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum NoStatement {
    /// It is not among the results.
    Missing,
    /// It stands there and cannot be read.
    Malformed,
    /// It stands there twice, and not the same.
    Contradiction,
}

/// The one statement of `method` among the tokens of results, cut at `;` and `=`.
pub(super) fn statement(results: &[Token], method: &str) -> Result<Statement, NoStatement> {
    let mut found: Option<Statement> = None;
    for tokens in results.split(|token| *token == Token::Sign(';')) {
        if !is_of(tokens, method) {
            continue;
        }
        let read = pairs(tokens).map(Statement).ok_or(NoStatement::Malformed)?;
        match &found {
            Some(first) if *first != read => return Err(NoStatement::Contradiction),
            _ => found = Some(read),
        }
    }
    found.ok_or(NoStatement::Missing)
}

/// `method` or `method/version`.
fn is_of(tokens: &[Token], method: &str) -> bool {
    let Some(Token::Word(word)) = tokens.first() else { return false };
    word.split('/').next().is_some_and(|name| name.eq_ignore_ascii_case(method))
}

/// `key = value` again and again. Blanks may stand around every sign, also around the `.` and the `/`
/// in a key.
fn pairs(tokens: &[Token]) -> Option<Vec<(String, String)>> {
    let mut pairs = Vec::new();
    let mut key = String::new();
    let mut tokens = tokens.iter();
    while let Some(token) = tokens.next() {
        match token {
            Token::Word(word) => {
                let goes_on = key.is_empty() || key.ends_with(['.', '/']) || word.starts_with(['.', '/']);
                if !goes_on {
                    return None;
                }
                key.push_str(word);
            }
            Token::Sign(_) if !key.is_empty() => {
                let (Token::Word(value) | Token::Quoted(value)) = tokens.next()? else { return None };
                pairs.push((std::mem::take(&mut key).to_ascii_lowercase(), value.to_ascii_lowercase()));
            }
            Token::Sign(_) | Token::Quoted(_) => return None,
        }
    }
    key.is_empty().then_some(pairs)
}
