//! What would become of a mail on trial, in words.

use super::Words;
use crate::ticket::Fate;

/// What would be done with it.
pub(in crate::web) fn outcome(code: &str) -> Words {
    match Fate::from_code(code) {
        Some(Fate::Sms) => Words("Lösenordet skickas med sms", "The password leaves by text"),
        Some(Fate::Manager) => Words("Närmaste chef får en länk", "The nearest manager gets a link"),
        Some(Fate::Asked) => Words("Avsändaren får en fråga", "The writer is asked for details"),
        Some(Fate::Technician) => Words("Det stannar för en människa", "It stops for a person"),
        Some(Fate::Filed) => Words("Det sparas utan svar", "It is kept without an answer"),
        Some(Fate::Merged) => Words("Det hör till ett annat ärende", "It belongs to another ticket"),
        None => Words("", ""),
    }
}

/// How it was read.
pub(in crate::web) fn reading(code: &str) -> Words {
    match code {
        "request" => Words("En begäran om lösenord", "A request for a password"),
        "incomplete" => Words("En begäran där uppgifter saknas", "A request of which details are missing"),
        "ambiguous" => Words("En begäran som är otydlig", "A request that is not clear"),
        "general" => Words("Ett annat ärende", "Another matter"),
        "automatic" => Words("Ett mejl från en maskin", "A mail of a machine"),
        "follow-up" => Words("Ett svar i ett ärende", "A reply in a ticket"),
        "unreadable" => Words("Det kan inte läsas", "It cannot be read"),
        _ => Words("", ""),
    }
}
