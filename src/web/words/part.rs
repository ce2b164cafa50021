//! What the desk depends on, by the names that people know it by.

use super::Words;
use crate::web::language::Language;

/// `store` is the database, `mailbox:NAME` the mailbox NAME … One that is not known keeps its name.
pub(in crate::web) fn name(part: &str, language: Language) -> String {
    let (kind, which) = part.split_once(':').unwrap_or((part, ""));
    let words = match kind {
        "store" => Words("Databas", "Database"),
        "directory" => Words("Katalog", "Directory"),
        "mailbox" => Words("Brevlåda", "Mailbox"),
        "gateway" => Words("Sms", "Texts"),
        "mail out" => Words("Mejl ut", "Mail out"),
        "password reset" => Words("Lösenordsbyte", "Password change"),
        "sign-in" => Words("Inloggning", "Sign-in"),
        _ => return part.to_owned(),
    };
    let words = words.of(language);
    if which.is_empty() { words.to_owned() } else { format!("{words} {which}") }
}
