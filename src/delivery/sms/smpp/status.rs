//! What a message centre's status says of a text (SMPP 3.4, 5.1.3). `Refused` and `NotSent` only for those that
//! can mean nothing else; what is not in the specification is `Uncertain`.

use crate::types::Outcome;

/// Taken.
pub(super) const OK: u32 = 0;
/// What we answer when a receipt could not be kept: it shall come again.
pub(super) const TEMPORARY_ERROR: u32 = 0x64;
/// What we answer to an operation that nobody needs here.
pub(super) const UNKNOWN_COMMAND: u32 = 0x03;

/// The connection does not send (yet): a session of another kind, or one that is over.
pub(super) const WRONG_SESSION: u32 = 0x04;
/// This username has a session already.
const ALREADY_BOUND: u32 = 0x05;
/// Too many wait already.
pub(super) const QUEUE_FULL: u32 = 0x14;
const THROTTLED: u32 = 0x58;

/// Why a text was refused, in the specification's names.
const REFUSALS: &[(u32, &str)] = &[
    (0x01, "ESME_RINVMSGLEN: the text is too long for it"),
    (0x02, "ESME_RINVCMDLEN"),
    (0x03, "ESME_RINVCMDID"),
    (0x06, "ESME_RINVPRTFLG"),
    (0x07, "ESME_RINVREGDLVFLG: it gives no receipts"),
    (0x0a, "ESME_RINVSRCADR: it does not take this sms.sender"),
    (0x0b, "ESME_RINVDSTADR: it does not take this number"),
    (0x15, "ESME_RINVSERTYP"),
    (0x33, "ESME_RINVNUMDESTS"),
    (0x40, "ESME_RINVDESTFLAG"),
    (0x42, "ESME_RINVSUBREP"),
    (0x43, "ESME_RINVESMCLASS"),
    (0x44, "ESME_RCNTSUBDL"),
    (0x48, "ESME_RINVSRCTON: it does not take this sms.sender"),
    (0x49, "ESME_RINVSRCNPI: it does not take this sms.sender"),
    (0x50, "ESME_RINVDSTTON: it does not take this number"),
    (0x51, "ESME_RINVDSTNPI: it does not take this number"),
    (0x53, "ESME_RINVSYSTYP: check system_type"),
    (0x54, "ESME_RINVREPFLAG"),
    (0x61, "ESME_RINVSCHED"),
    (0x62, "ESME_RINVEXPIRY: it does not take this validity"),
    (0x63, "ESME_RINVDFTMSGID"),
    (0xc0, "ESME_RINVOPTPARSTREAM"),
    (0xc1, "ESME_ROPTPARNOTALLWD: it takes no long texts"),
    (0xc2, "ESME_RINVPARLEN"),
    (0xc3, "ESME_RMISSINGOPTPARAM"),
    (0xc4, "ESME_RINVOPTPARAMVAL"),
];

/// What the answer to a submit means; `reference` is the name that it gives the text.
pub(super) fn classify(status: u32, reference: String) -> Outcome {
    if let Some((_, name)) = REFUSALS.iter().find(|(known, _)| *known == status) {
        return Outcome::Refused { cause: format!("SMPP: {name}") };
    }
    match status {
        // 4.4.2 demands a name. Without one no receipt would be known, and the text would count as delivered.
        OK if reference.is_empty() => Outcome::Uncertain { cause: "SMPP: taken without a name".to_owned() },
        OK => Outcome::Accepted { reference },
        QUEUE_FULL | THROTTLED => {
            Outcome::NotSent { cause: format!("SMPP: {} and asks to wait", name_of(status)) }
        }
        WRONG_SESSION => Outcome::NotSent { cause: "SMPP: ESME_RINVBNDSTS".to_owned() },
        _ => Outcome::Uncertain { cause: format!("SMPP: {}", name_of(status)) },
    }
}

/// Does the status ask to be left alone for a while?
pub(super) fn asks_to_wait(status: u32) -> bool {
    matches!(status, QUEUE_FULL | THROTTLED)
}

fn name_of(status: u32) -> String {
    match status {
        0x08 => "ESME_RSYSERR".to_owned(),
        // "Submit failed": many centres say so of whatever went wrong, also after they took it.
        0x45 => "ESME_RSUBMITFAIL".to_owned(),
        QUEUE_FULL => "ESME_RMSGQFUL: its queue is full".to_owned(),
        THROTTLED => "ESME_RTHROTTLED: too many texts at once".to_owned(),
        _ => format!("status {status:#010x}"),
    }
}

/// What must happen before another bind can succeed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Until {
    /// Time passes.
    Later,
    /// Time passes, or the settings change: its word may mean either.
    LaterOrChanged,
    /// The settings change.
    Changed,
}

/// Why a bind was refused, and until when.
pub(super) fn bind_refused(status: u32) -> (String, Until) {
    let (why, until) = match status {
        0x0e | 0x0f => ("refuses username or password", Until::Changed),
        // Some say so, too, for as long as an earlier session of ours is not over for them.
        0x0d => ("refuses the bind (ESME_RBINDFAIL)", Until::LaterOrChanged),
        0x53 => ("refuses system_type (ESME_RINVSYSTYP)", Until::Changed),
        ALREADY_BOUND => ("allows no further session of this username (ESME_RALYBND)", Until::Later),
        QUEUE_FULL | THROTTLED => ("asks to wait", Until::Later),
        _ => return (format!("answers the bind with {}", name_of(status)), Until::Later),
    };
    (why.to_owned(), until)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_says_what_became_of_the_text() {
        for (status, expected) in [
            (0x00, "accepted: m1"),
            (0x01, "refused: SMPP: ESME_RINVMSGLEN: the text is too long for it"),
            (0x0b, "refused: SMPP: ESME_RINVDSTADR: it does not take this number"),
            (0x0a, "refused: SMPP: ESME_RINVSRCADR: it does not take this sms.sender"),
            (0x45, "uncertain: SMPP: ESME_RSUBMITFAIL"),
            (0x58, "not-sent: SMPP: ESME_RTHROTTLED: too many texts at once and asks to wait"),
            (0x14, "not-sent: SMPP: ESME_RMSGQFUL: its queue is full and asks to wait"),
            (0x04, "not-sent: SMPP: ESME_RINVBNDSTS"),
            // It may have failed on its way out.
            (0x08, "uncertain: SMPP: ESME_RSYSERR"),
            (0x64, "uncertain: SMPP: status 0x00000064"),
            (0xfe, "uncertain: SMPP: status 0x000000fe"),
            (0xff, "uncertain: SMPP: status 0x000000ff"),
            // Of the operator's own.
            (0x0400, "uncertain: SMPP: status 0x00000400"),
            (u32::MAX, "uncertain: SMPP: status 0xffffffff"),
        ] {
            let outcome = classify(status, "m1".to_owned());
            assert_eq!(format!("{}: {}", outcome.code(), outcome.detail()), expected);
            assert_eq!(asks_to_wait(status), expected.ends_with("asks to wait"), "{status:#x}");
        }
        let nameless = classify(OK, String::new());
        assert_eq!(nameless, Outcome::Uncertain { cause: "SMPP: taken without a name".to_owned() });
    }

    #[test]
    fn a_wrong_password_is_not_tried_again_at_once() {
        for (status, until) in [
            (0x0e, Until::Changed),
            (0x0f, Until::Changed),
            (0x0d, Until::LaterOrChanged),
            (0x05, Until::Later),
            (0x08, Until::Later),
        ] {
            assert_eq!(bind_refused(status).1, until, "{status:#x}");
        }
    }
}
