//! What left, and what became of it.

use super::Words;
use crate::web::port::{SentStatus, SentWhat};

/// Which words left.
pub(in crate::web) fn what(what: SentWhat) -> Words {
    match what {
        SentWhat::Acknowledgement => Words("Kvitto till avsändaren", "Acknowledgement to the writer"),
        SentWhat::AskForDetails => Words("Fråga om uppgifter", "Question about details"),
        SentWhat::Reply => Words("Svar till avsändaren", "Reply to the writer"),
        SentWhat::Password => Words("Sms med lösenord", "Text with the password"),
        SentWhat::Link => Words("Sms med länk", "Text with a link"),
        SentWhat::ManagerNotice => Words("Besked till chefen", "Notice to the manager"),
        SentWhat::ManagerLink => Words("Länk till chefen", "Link to the manager"),
        SentWhat::ManagerCode => Words("Kod till chefen", "Code to the manager"),
        SentWhat::Reminder => Words("Påminnelse till chefen", "Reminder to the manager"),
        SentWhat::LinkClosed => Words("Besked om stängd länk", "Word that the link is closed"),
        SentWhat::OwnerNotice => Words("Besked till kontots ägare", "Notice to the account's owner"),
        SentWhat::OwnerWarning => Words("Varning till kontots ägare", "Warning to the account's owner"),
        SentWhat::Alarm => Words("Larm till driften", "Alarm to the administrators"),
        SentWhat::OtherMail => Words("Mejl", "Mail"),
    }
}

/// What became of them.
pub(in crate::web) fn status(status: SentStatus) -> Words {
    match status {
        SentStatus::Queued => Words("I kö", "Queued"),
        SentStatus::Retrying => Words("Försöker igen", "Trying again"),
        SentStatus::Sent => Words("Skickat", "Sent"),
        SentStatus::Delivered => Words("Levererat", "Delivered"),
        SentStatus::Delayed => Words("Fördröjt på vägen", "Delayed on its way"),
        SentStatus::Failed => Words("Kom inte fram", "Did not arrive"),
        SentStatus::NotSent => Words("Inte skickat", "Not sent"),
        SentStatus::Unknown => Words("Oklart om det kom iväg", "Not known whether it left"),
    }
}

/// How it looks: `ok`, `bad`, `warn`, or nothing.
pub(in crate::web) fn tone(status: SentStatus) -> &'static str {
    match status {
        SentStatus::Delivered => "ok",
        SentStatus::Failed | SentStatus::NotSent => "bad",
        SentStatus::Unknown | SentStatus::Delayed | SentStatus::Retrying => "warn",
        SentStatus::Queued | SentStatus::Sent => "",
    }
}

/// Why a mail came back, by the server's code (RFC 3463 3); `None` for codes that say nothing to people.
pub(in crate::web) fn returned(code: &str) -> Option<Words> {
    let class = code.split('.').nth(1)?;
    let detail = code.split('.').nth(2).unwrap_or_default();
    Some(match (class, detail) {
        ("1", _) => Words("adressen finns inte", "there is no such address"),
        ("2", "2") => Words("brevlådan är full", "the mailbox is full"),
        ("2", _) => Words("brevlådan tar inte emot", "the mailbox takes nothing"),
        ("3" | "4", _) => Words("mottagarens server nås inte", "the receiver's server cannot be reached"),
        ("7", _) => Words("mottagarens server tillåter det inte", "the receiver's server does not allow it"),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_said_in_words() {
        assert_eq!(returned("5.1.1"), Some(Words("adressen finns inte", "there is no such address")));
        assert_eq!(returned("5.2.2").map(|words| words.1), Some("the mailbox is full"));
        assert_eq!(returned("550"), None);
        assert_eq!(returned(""), None);
    }
}
