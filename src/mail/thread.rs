//! Which earlier mails and which ticket a mail speaks of. Hints only: its sender chooses them.

use super::fields::Fields;
use crate::types::{MessageId, TicketNumber};

/// Identifiers kept; a thread's References may name hundreds.
const MAX_ANSWERS: usize = 50;

/// The Message-IDs that a mail answers (RFC 5322 3.6.4): In-Reply-To, then References from the
/// newest to the oldest, each once.
pub(super) fn answers(fields: &Fields) -> Vec<MessageId> {
    let direct = fields.all("in-reply-to").flat_map(ids);
    let older: Vec<MessageId> = fields.all("references").flat_map(ids).collect();
    let mut answers: Vec<MessageId> = Vec::new();
    for id in direct.chain(older.into_iter().rev()) {
        if answers.len() < MAX_ANSWERS && !answers.contains(&id) {
            answers.push(id);
        }
    }
    answers
}

/// The mail's own identifier, if it has one that can be used.
pub(super) fn message_id(fields: &Fields) -> Option<MessageId> {
    MessageId::parse(fields.first("message-id")?).ok()
}

/// The first `[26-1141]` in a subject.
pub(super) fn tag(subject: &str) -> Option<TicketNumber> {
    subject.split('[').skip(1).find_map(|after| TicketNumber::parse(after.split_once(']')?.0).ok())
}

/// What stands between angle brackets; In-Reply-To also holds free text in old mails.
fn ids(value: &str) -> impl Iterator<Item = MessageId> {
    value.split('<').skip(1).filter_map(|after| MessageId::parse(after.split_once('>')?.0).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(header: &str) -> Fields {
        Fields::split(header.as_bytes()).unwrap().0
    }

    #[test]
    fn the_newest_mail_answered_comes_first() {
        let header = fields("References: <a@x> <b@x>\n <c@x>\nIn-Reply-To: Your mail <c@x>\n\n");
        let found: Vec<String> = answers(&header).into_iter().map(String::from).collect();
        assert_eq!(found, ["c@x", "b@x", "a@x"]);
    }

    #[test]
    fn broken_and_endless_references_do_no_harm() {
        assert!(answers(&fields("References: <a b@x> <> << d\n\n")).is_empty());
        let many: String = (0..500).map(|n| format!(" <{n}@x>")).collect();
        let found = answers(&fields(&format!("References:{many}\n\n")));
        assert_eq!(found.len(), MAX_ANSWERS);
        assert_eq!(found[0].as_str(), "499@x");
    }

    #[test]
    fn a_tag_has_the_form_of_a_ticket_number() {
        let number = TicketNumber::parse("26-1141").ok();
        assert_eq!(tag("SV: [EXTERNT] [26-1141] Nytt lösenord"), number);
        for subject in ["26-1141", "[26-1141", "[2026-1141]", "[26 1141]", "]26-1141["] {
            assert_eq!(tag(subject), None, "{subject}");
        }
    }
}
