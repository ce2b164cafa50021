//! The mails of one ticket together: a reply that brings the missing field completes the request.

use super::{Found, PasswordRequest, Reading};
use crate::types::{PhoneNumber, Username};

/// What the mails of a ticket say together, oldest first. Two different values for a field are
/// [`Reading::Ambiguous`], and so is one doubtful mail. Mails about other things change nothing; but
/// where the first one is about something else, answers to questions about it make no request.
#[must_use]
pub fn combine(readings: &[Reading]) -> Reading {
    let mut together = Together::default();
    for (at, reading) in readings.iter().enumerate() {
        let mail = (readings.len() > 1).then_some(at + 1);
        match reading {
            Reading::Request(request) => {
                together.asked = true;
                together.take(Some(&request.username), Some(&request.phone), mail);
            }
            Reading::Incomplete { username, phone } => {
                // Both fields, and yet no request: an answer that does not say what it is about.
                together.asked |= username.is_none() || phone.is_none();
                together.take(username.as_ref(), phone.as_ref(), mail);
            }
            Reading::Ambiguous { why } => together.doubt(why, mail),
            Reading::General | Reading::Automatic(_) => {}
        }
    }
    let complete = readings.iter().any(|reading| matches!(reading, Reading::Request(_)));
    match readings.iter().find(|reading| !matches!(reading, Reading::Automatic(_))) {
        None => readings.first().cloned().unwrap_or(Reading::General),
        Some(Reading::General) if !complete && together.why.is_none() => Reading::General,
        Some(_) => together.reading(),
    }
}

#[derive(Default)]
struct Together {
    username: Option<Found<Username>>,
    phone: Option<Found<PhoneNumber>>,
    asked: bool,
    why: Option<String>,
}

impl Together {
    fn take(
        &mut self,
        username: Option<&Found<Username>>,
        phone: Option<&Found<PhoneNumber>>,
        mail: Option<usize>,
    ) {
        let same = keep(&mut self.username, username, mail) & keep(&mut self.phone, phone, mail);
        if !same {
            self.doubt("it contradicts an earlier one", mail);
        }
    }

    fn doubt(&mut self, why: &str, mail: Option<usize>) {
        let why = mail.map_or_else(|| why.to_owned(), |mail| format!("mail {mail}: {why}"));
        self.why.get_or_insert(why);
    }

    fn reading(self) -> Reading {
        if let Some(why) = self.why {
            return Reading::Ambiguous { why };
        }
        match (self.username, self.phone) {
            (Some(username), Some(phone)) if self.asked => {
                Reading::Request(PasswordRequest { username, phone })
            }
            (Some(_), Some(_)) => Reading::Ambiguous {
                why: "both fields are there, but nothing says that it is about a password".to_owned(),
            },
            (username, phone) => Reading::Incomplete { username, phone },
        }
    }
}

/// Keeps the first value, with the mail it is from. False when `new` is another value.
fn keep<T: Clone + PartialEq>(
    kept: &mut Option<Found<T>>,
    new: Option<&Found<T>>,
    mail: Option<usize>,
) -> bool {
    let Some(new) = new else { return true };
    match kept {
        Some(kept) => kept.value == new.value,
        None => {
            let place =
                mail.map_or_else(|| new.place.clone(), |mail| format!("{} of mail {mail}", new.place));
            *kept = Some(Found { value: new.value.clone(), place });
            true
        }
    }
}
