//! `$search` on people, as far as this program has a use for it
//! (<https://learn.microsoft.com/graph/search-query-parameter>).

use super::people::Person;

/// Clauses of which one must hold: a property, and what is looked for in it.
pub struct Search(Vec<(String, String)>);

impl Search {
    /// `"property:text" OR "property:text"`; within the quotes a backslash stands before a quote or a backslash.
    pub fn parse(text: &str) -> Option<Self> {
        let (mut clauses, mut rest) = (Vec::new(), text);
        loop {
            let (clause, after) = clause(rest)?;
            let (property, words) = clause.split_once(':')?;
            if !["displayName", "userPrincipalName"].contains(&property) {
                return None;
            }
            clauses.push((property.to_owned(), words.to_owned()));
            match after {
                "" => return Some(Self(clauses)),
                after => rest = after.strip_prefix(" OR ")?,
            }
        }
    }

    pub fn takes(&self, person: &Person) -> bool {
        self.0.iter().any(|(property, words)| match property.as_str() {
            // "Tokens are matched in any order"; of other properties the beginning counts.
            "displayName" => {
                let (wanted, own) = (tokens(words), tokens(&person.name));
                !wanted.is_empty() && wanted.iter().all(|token| own.iter().any(|own| own.starts_with(token)))
            }
            _ => person.upn.to_lowercase().starts_with(&words.to_lowercase()),
        })
    }
}

/// The first clause without its quotes, and what comes after it.
fn clause(text: &str) -> Option<(String, &str)> {
    let mut letters = text.strip_prefix('"')?.char_indices();
    let mut said = String::new();
    while let Some((at, letter)) = letters.next() {
        match letter {
            '\\' => {
                said.push(letters.next().map(|(_, next)| next).filter(|next| ['"', '\\'].contains(next))?)
            }
            '"' => return Some((said, &text[at + 2..])),
            letter => said.push(letter),
        }
    }
    None
}

fn tokens(text: &str) -> Vec<String> {
    let words = text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    words.map(str::to_lowercase).collect()
}
