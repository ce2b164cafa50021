//! Machines' mail: never answered, never acted on. Sources: RFC 3834 (automatic responses),
//! RFC 3464 and 8098 (reports), RFC 2369 and 2919 (lists), and the fields that Exchange and older
//! programs write.

use super::AutomaticKind;
use super::fields::Fields;
use crate::types::EmailAddress;

/// Subjects of automatic replies from programs that mark them in no other way.
const REPLY_SUBJECTS: [&str; 9] = [
    "autosvar:",
    "automatiskt svar:",
    "frånvaro:",
    "frånvarande:",
    "automatic reply:",
    "auto reply:",
    "autoreply:",
    "auto-reply:",
    "out of office:",
];

/// What of a mail tells that a machine wrote it.
pub(super) struct Signs<'a> {
    /// Its header.
    pub(super) fields: &'a Fields,
    /// Its media type, in lower case: `multipart/report`.
    pub(super) media_type: &'a str,
    /// The `report-type` of that media type, in lower case.
    pub(super) report_type: Option<&'a str>,
    /// True when a calendar program made it.
    pub(super) calendar: bool,
    /// Its decoded subject.
    pub(super) subject: &'a str,
    /// The address in From.
    pub(super) from: Option<&'a EmailAddress>,
}

impl Signs<'_> {
    /// Which machine wrote the mail, if one did. A list that hands on a person's mail counts too.
    pub(super) fn kind(&self) -> Option<AutomaticKind> {
        self.report()
            .or_else(|| self.calendar.then_some(AutomaticKind::Calendar))
            .or_else(|| self.marked_automatic())
            .or_else(|| self.bounce())
            .or_else(|| self.list())
            .or_else(|| self.other())
    }

    fn report(&self) -> Option<AutomaticKind> {
        if self.media_type != "multipart/report" {
            return None;
        }
        match self.report_type {
            Some("disposition-notification") => Some(AutomaticKind::Receipt),
            Some("delivery-status") | None => Some(AutomaticKind::Bounce),
            Some(_) => Some(AutomaticKind::Other),
        }
    }

    /// RFC 3834 5: `Auto-Submitted` with anything but `no`; and what came before that field.
    fn marked_automatic(&self) -> Option<AutomaticKind> {
        let subject = self.subject.to_lowercase();
        let reply = self.any("auto-submitted", |value| value.starts_with("auto-replied"))
            || self.any("precedence", |value| value == "auto_reply")
            || self.has("x-autoreply")
            || self.has("x-autorespond")
            || REPLY_SUBJECTS.iter().any(|start| subject.starts_with(start));
        if reply {
            return Some(AutomaticKind::Reply);
        }
        let marked = self.any("auto-submitted", |value| first_word(value) != "no");
        marked.then_some(AutomaticKind::Other)
    }

    /// An empty return path (the topmost one: the last server wrote it) or a mail server as author.
    fn bounce(&self) -> Option<AutomaticKind> {
        let empty = self.fields.first("return-path").is_some_and(|path| path.replace(' ', "") == "<>");
        let server = matches!(self.local_part(), "mailer-daemon" | "postmaster");
        (empty || server || self.has("x-ms-exchange-message-is-ndr")).then_some(AutomaticKind::Bounce)
    }

    fn list(&self) -> Option<AutomaticKind> {
        let list = ["list-id", "list-unsubscribe", "list-post"].iter().any(|name| self.has(name));
        let bulk = self.any("precedence", |value| matches!(value, "bulk" | "list" | "junk"));
        (list || bulk).then_some(AutomaticKind::List)
    }

    fn other(&self) -> Option<AutomaticKind> {
        let exchange =
            self.has("x-ms-exchange-generated-message-source") || self.has("x-ms-exchange-inbox-rules-loop");
        let name = self.local_part().replace(['-', '_', '.'], "");
        let nobody = name.starts_with("noreply") || name.starts_with("donotreply");
        (exchange || nobody).then_some(AutomaticKind::Other)
    }

    fn has(&self, name: &str) -> bool {
        self.fields.first(name).is_some()
    }

    fn any(&self, name: &str, says: impl Fn(&str) -> bool) -> bool {
        self.fields.all(name).any(|value| says(&value.to_ascii_lowercase()))
    }

    fn local_part(&self) -> &str {
        self.from.and_then(|a| a.as_str().rsplit_once('@')).map_or("", |(local, _)| local)
    }
}

/// Does a person's mail ask for no automatic answer (`X-Auto-Response-Suppress`, MS-OXCMAIL)?
/// Outlook writes this field on some ordinary mails, so it tells nothing of their author.
pub(super) fn wants_no_answer(fields: &Fields) -> bool {
    fields
        .all("x-auto-response-suppress")
        .flat_map(|value| value.split(','))
        .any(|word| matches!(word.trim().to_ascii_lowercase().as_str(), "all" | "autoreply" | "oof"))
}

/// The value without parameters and comments.
fn first_word(value: &str) -> &str {
    value.split(|c: char| c.is_whitespace() || c == ';' || c == '(').next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(header: &str, subject: &str) -> Option<AutomaticKind> {
        let (fields, _) = Fields::split(format!("{header}\n\n").as_bytes()).unwrap();
        let from = fields.first("from").and_then(|value| EmailAddress::parse(value).ok());
        let signs = Signs {
            fields: &fields,
            media_type: "text/plain",
            report_type: None,
            calendar: false,
            subject,
            from: from.as_ref(),
        };
        signs.kind()
    }

    #[test]
    fn every_mark_of_a_machine_is_known() {
        use AutomaticKind::{Bounce, List, Other, Reply};
        for (header, expected) in [
            ("Auto-Submitted: auto-replied (vacation)", Reply),
            ("Auto-Submitted: Auto-Generated", Other),
            ("Auto-Submitted: auto-notified; owner-email=\"a@x\"", Other),
            ("Auto-Submitted: no\nAuto-Submitted: auto-replied", Reply),
            ("Auto-Submitted: auto-replied\nReturn-Path: <>", Reply),
            ("Precedence: auto_reply", Reply),
            ("X-Autoreply: yes", Reply),
            ("X-Autorespond: yes", Reply),
            ("Return-Path: <>", Bounce),
            ("Return-Path: < >", Bounce),
            ("From: MAILER-DAEMON@kommun.example", Bounce),
            ("From: postmaster@kommun.example", Bounce),
            ("X-MS-Exchange-Message-Is-Ndr:", Bounce),
            ("Precedence: Bulk", List),
            ("Precedence: list", List),
            ("Precedence: junk", List),
            ("List-Id: <a.kommun.example>", List),
            ("List-Unsubscribe: <mailto:a@x>", List),
            ("X-MS-Exchange-Generated-Message-Source: Mailbox Rules Agent", Other),
            ("From: no-reply@kommun.example", Other),
            ("From: do.not.reply@kommun.example", Other),
        ] {
            assert_eq!(kind(header, ""), Some(expected), "{header}");
        }
        for subject in ["Autosvar: Hej", "AUTOMATISKT SVAR: Hej", "Frånvaro: Hej", "Automatic reply: Hi"] {
            assert_eq!(kind("", subject), Some(Reply), "{subject}");
        }
    }

    #[test]
    fn a_person_stays_a_person() {
        for header in [
            "From: anna.andersson@kommun.example",
            "Auto-Submitted: no",
            "Auto-Submitted: no (typed)",
            "Precedence: first-class",
            "Return-Path: <anna.andersson@kommun.example>\nReturn-Path: <>",
            "X-Auto-Response-Suppress: All",
            "From: noren.replying@kommun.example",
        ] {
            assert_eq!(kind(header, "SV: Automatiskt svar: Nytt lösenord"), None, "{header}");
        }
    }

    #[test]
    fn reports_and_calendars_are_told_by_their_form() {
        let fields = Fields::default();
        let mut signs = Signs {
            fields: &fields,
            media_type: "multipart/report",
            report_type: Some("delivery-status"),
            calendar: false,
            subject: "",
            from: None,
        };
        assert_eq!(signs.kind(), Some(AutomaticKind::Bounce));
        signs.report_type = Some("disposition-notification");
        assert_eq!(signs.kind(), Some(AutomaticKind::Receipt));
        signs.media_type = "multipart/mixed";
        assert_eq!(signs.kind(), None);
        signs.calendar = true;
        assert_eq!(signs.kind(), Some(AutomaticKind::Calendar));
    }

    #[test]
    fn outlooks_mark_only_silences_our_answer() {
        let suppress = |value: &str| {
            let header = format!("X-Auto-Response-Suppress: {value}\n\n");
            wants_no_answer(&Fields::split(header.as_bytes()).unwrap().0)
        };
        assert!(suppress("DR, RN, NRN, OOF, AutoReply") && suppress("all"));
        assert!(!suppress("None") && !suppress("DR, NDR") && !suppress(""));
    }
}
