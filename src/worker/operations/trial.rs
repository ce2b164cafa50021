//! A mail on trial: what would be done with it, by the real rules and the real directory. Nothing is changed or sent.

use crate::clock::rfc5322;
use crate::mail::Authentication;
use crate::types::{UnixMillis, mask_phones};
use crate::web::{Trial, Tried};
use crate::worker::{Explanation, Parts, explain};

/// What would be done with it.
pub(super) async fn try_mail(parts: &Parts, trial: Trial) -> Result<Tried, String> {
    let now = parts.now();
    let authentication = if trial.vouched {
        Authentication::Trusted
    } else {
        // A server of this name has vouched for nobody.
        Authentication::Authserv("nobody.invalid".to_owned())
    };
    let explained = explain(parts, raw(&trial, now), false, authentication, now).await?;
    let Explanation { reading, username, phone, acknowledge, outcome, reason, trail, .. } = explained;
    let phone = phone.map(|phone| mask_phones(&phone));
    Ok(Tried { reading, username, phone, outcome, reason, acknowledge, trail })
}

/// The mail as it would come. A text without a header of its own gets one.
fn raw(trial: &Trial, now: UnixMillis) -> Vec<u8> {
    let Some(from) = &trial.from else { return trial.text.clone().into_bytes() };
    let subject = trial.subject.replace(['\r', '\n'], " ");
    let head = format!(
        "From: {from}\r\nSubject: {subject}\r\nDate: {}\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; \
         charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n",
        rfc5322(now)
    );
    format!("{head}{}\r\n", trial.text).into_bytes()
}
