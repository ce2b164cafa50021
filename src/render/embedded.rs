//! The templates that are built in. A new one is one line here; a test compares the list with the
//! folder.

/// Names relative to `templates/`, each with its text.
macro_rules! embedded {
    ($($name:literal),* $(,)?) => {
        &[$(($name, include_str!(concat!("../../templates/", $name)))),*]
    };
}

/// Every template: its name, and its text as built in.
pub(super) const EMBEDDED: &[(&str, &str)] = embedded![
    "mail/acknowledgement.en.txt",
    "mail/acknowledgement.sv.txt",
    "mail/alarm.en.txt",
    "mail/alarm.sv.txt",
    "mail/ask-for-details.en.txt",
    "mail/ask-for-details.sv.txt",
    "mail/manager-notice.en.txt",
    "mail/manager-notice.sv.txt",
    "mail/owner-notice-pass.en.txt",
    "mail/owner-notice-pass.sv.txt",
    "mail/owner-notice.en.txt",
    "mail/owner-notice.sv.txt",
    "page/answers.html",
    "page/busy.html",
    "page/changed.html",
    "page/confirmed.html",
    "page/erased.html",
    "page/frame.html",
    "page/frozen.html",
    "page/gone.html",
    "page/handed-back.html",
    "page/not-found.html",
    "page/not-mine.html",
    "page/not-possible.html",
    "page/offer.html",
    "page/refused.html",
    "page/revealed.html",
    "page/shown.html",
    "page/stopped.html",
    "page/too-late.html",
    "page/used-elsewhere.html",
    "page/warning.html",
    "sms/access-pass-for-manager.en.txt",
    "sms/access-pass-for-manager.sv.txt",
    "sms/access-pass.en.txt",
    "sms/access-pass.sv.txt",
    "sms/link-for-requester.en.txt",
    "sms/link-for-requester.sv.txt",
    "sms/link.en.txt",
    "sms/link.sv.txt",
    "sms/owner-warning.en.txt",
    "sms/owner-warning.sv.txt",
    "sms/password-for-manager.en.txt",
    "sms/password-for-manager.sv.txt",
    "sms/password.en.txt",
    "sms/password.sv.txt",
];
