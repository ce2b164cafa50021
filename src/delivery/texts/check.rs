//! Tries all texts before the first one leaves: with the longest values that can occur, in every
//! language.

use crate::delivery::pickup::TOKEN_LETTERS;
use crate::types::{Credential, TicketNumber, UnixMillis};

use super::mail::{Mail, READY};
use super::sms::Sms;
use super::words::{LINE_LETTERS, NAME_SEPTETS};
use super::{HandedOver, LANGUAGES, TextError, Texts};
use crate::password::generate::GROUP;

/// Letters of a long Temporary Access Pass: 48 (`defaultLength` of its policy,
/// <https://learn.microsoft.com/graph/api/resources/temporaryaccesspassauthenticationmethodconfiguration>).
const PASS_LETTERS: usize = 48;

/// What is wrong, a line each.
pub(super) fn problems(texts: &Texts) -> Vec<String> {
    let desk = &texts.words;
    let symbols = usize::from(desk.password_length);
    let password = "w".repeat(symbols + symbols.saturating_sub(1) / GROUP);
    let url = format!("{}/p/{}", desk.public_url, "w".repeat(TOKEN_LETTERS));
    // More tickets than a desk will ever have.
    let stop = format!("{}/p/{}-{}", desk.public_url, "9".repeat(9), "w".repeat(TOKEN_LETTERS));
    let name = "W".repeat(NAME_SEPTETS);
    let at = UnixMillis(0);
    let pass = "w".repeat(PASS_LETTERS);
    let short = [
        Sms::password(&password),
        Sms::password_for_manager(&name, &password),
        Sms::access_pass(&pass, at),
        Sms::access_pass_for_manager(&name, &pass, at),
        Sms::link(&name, at, &url),
        Sms::link_for_requester(at, &url),
        Sms::reminder(&name, at, &url),
        Sms::code(&name, at, "WWWW-WWWW"),
        Sms::link_closed(&name),
        Sms::owner_warning(&stop),
    ];
    let line = "W".repeat(LINE_LETTERS);
    let number = TicketNumber::new(0, u32::MAX);
    let by_phone = HandedOver::Phone { tail: "00".to_owned() };
    let by_manager = HandedOver::Manager { name: line.clone() };
    let long = [
        Mail::acknowledgement(number, at),
        Mail::ask_for_details(number),
        Mail::manager_notice([&line, &line, &line], number, at, false),
        Mail::manager_notice([&line, &line, &line], number, at, true),
        Mail::manager_link([&line, &line, &line], number, at, &url, true),
        Mail::manager_link([&line, &line, &line], number, at, &url, false),
        Mail::manager_code(&line, &line, number, at, "WWWW-WWWW"),
        Mail::reminder(&line, number, at, &url),
        Mail::link_closed(&line, number),
        Mail::reply(number, &line, &line),
        Mail::alarm(&line),
    ];
    let notices =
        [Credential::Password, Credential::TemporaryAccessPass].into_iter().flat_map(|credential| {
            [
                (&by_phone, None),
                (&by_manager, Some(stop.as_str())),
                (&HandedOver::Nobody, None),
                (&HandedOver::Unused, None),
            ]
            .map(|(how, url)| Mail::owner_notice(&line, at, number, credential, how, url))
        });
    let ready = READY.into_iter().flat_map(|name| [None, Some(at)].map(|at| Mail::ready(name, number, at)));
    let long: Vec<_> = long.into_iter().chain(notices).chain(ready).collect();
    let mut told: Vec<String> = Vec::new();
    for language in LANGUAGES {
        let wrong = |sms| Some(tell(&texts.sms(language, sms).err()?, &texts.costs(language, sms)));
        told.extend(short.iter().chain(&typed_codes(&name)).filter_map(wrong));
        told.extend(long.iter().filter_map(|mail| Some(texts.mail(language, mail).err()?.to_string())));
    }
    told.dedup();
    told
}

/// The texts of a desk whose texts carry no links.
fn typed_codes(name: &str) -> [Sms<'static>; 5] {
    let (at, code) = (UnixMillis(0), "WWW-WWW-WWW-WWW");
    [
        Sms::typed_code(name, at, code),
        Sms::typed_code_for_requester(at, code),
        Sms::typed_code_reminder(name, at, code),
        Sms::typed_code_closed(name),
        Sms::typed_code_warning("999999999-WWW-WWW-WWW-WWW"),
    ]
}

/// The problem, and of a text that is too long what fills it beside its own words. What the configuration
/// decides is named by its key.
fn tell(problem: &TextError, costs: &[(String, usize)]) -> String {
    match problem {
        TextError::TooLong { .. } => {
            let key = |value: &str| match value {
                "password" => " (password.length)",
                "url" | "desk.host" => " (desk.public_url)",
                _ => "",
            };
            let costs = costs.iter().map(|(value, septets)| format!("{value} {septets}{}", key(value)));
            format!("{problem}; counted with the longest values: {}", costs.collect::<Vec<_>>().join(", "))
        }
        TextError::Render(_)
        | TextError::Letter { .. }
        | TextError::Secret { .. }
        | TextError::Subject { .. } => problem.to_string(),
    }
}
