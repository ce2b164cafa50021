//! What every page of the desk's people has around it: who is signed in, where they may go, the language and the
//! colours.

use std::sync::Arc;

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use serde::Serialize;
use serde_json::json;

use super::access::{self, Right};
use super::ticket::{acts, sample, values};
use super::{Signed, assets};
use crate::clock::{Clock, SystemClock, Zone};
use crate::render::{RenderError, Renderer};
use crate::types::{Preferences, Role, StaffMember, StaffName, UnixMillis};
use crate::web::WebSettings;
use crate::web::desk::Browser;
use crate::web::language::Language;
use crate::web::pickup::respond;
use crate::web::port::WaysIn;
use crate::web::site::Site;

/// The main menu, in its order: path, who may go there, Swedish, English.
const MENU: &[(&str, Right, &str, &str)] = &[
    ("/queue", Right::Read, "Kö", "Queue"),
    ("/try", Right::Try, "Provkör", "Try"),
    ("/audit", Right::Audit, "Logg", "Audit"),
    ("/health", Right::Health, "Hälsa", "Health"),
    ("/coverage", Right::Coverage, "Täckning", "Coverage"),
    ("/desk", Right::Run, "Styrning", "Desk"),
];

/// Makes every page of the desk's people.
pub(in crate::web) struct Pages {
    renderer: Arc<Renderer>,
    site: Site,
    /// The zone of the times on the pages.
    pub zone: Zone,
    desk_name: String,
    desk_address: String,
}

/// What the frame asks for, and the page's own values.
#[derive(Serialize)]
struct Values<'a> {
    sv: bool,
    language: &'a str,
    theme: &'a str,
    style: String,
    script: String,
    base: &'a str,
    first: String,
    here: &'a str,
    desk: serde_json::Value,
    /// Who is signed in; `null` for nobody.
    me: serde_json::Value,
    menu: Vec<serde_json::Value>,
    /// The token of the forms.
    form: String,
    /// This program's version.
    program: &'a str,
    #[serde(flatten)]
    page: serde_json::Value,
}

impl Pages {
    /// The pages of the desk with these settings.
    pub fn new(settings: &WebSettings, renderer: Arc<Renderer>) -> Self {
        Self {
            renderer,
            site: Site::new(&settings.public_url),
            desk_name: settings.desk_name.clone(),
            desk_address: settings.desk_address.clone(),
            zone: settings.zone.clone(),
        }
    }

    /// A time as people write it: of today only the time of day.
    pub fn when(&self, at: UnixMillis, language: Language) -> String {
        let (time, date) = (self.zone.time_of_day(at), self.zone.date(at));
        let time = if language == Language::Swedish { time } else { time.replace('.', ":") };
        if date == self.zone.date(SystemClock.now()) { time } else { format!("{date} {time}") }
    }

    /// The time of `text`, as a form's field for date and time writes it (`2026-11-24T08:12`).
    pub fn instant(&self, text: &str) -> Option<UnixMillis> {
        self.zone.instant(&if text.len() == 16 { format!("{text}:00") } else { text.to_owned() })
    }

    /// The site's own path before `path`.
    pub fn path(&self, path: &str) -> String {
        format!("{}{path}", self.site.base)
    }

    /// A page for somebody who is signed in.
    pub fn page(&self, template: &str, signed: &Signed, values: serde_json::Value) -> Response {
        self.page_with(StatusCode::OK, template, signed, values)
    }

    /// The same, answered with `status`.
    pub fn page_with(
        &self,
        status: StatusCode,
        template: &str,
        signed: &Signed,
        values: serde_json::Value,
    ) -> Response {
        respond(status, self.html(template, signed.language, Some(signed), values))
    }

    /// The page of the sign-in. `said` is why it did not come to its end, if so; `form` belongs to the browser, and
    /// `to` is where it is on its way.
    pub fn login(&self, language: Language, ways: WaysIn, form: &str, to: &str, said: &Said<'_>) -> Response {
        let wait = if matches!(said.status, StatusCode::TOO_MANY_REQUESTS) { said.minutes } else { 0 };
        let mut response = respond(said.status, self.login_html(language, ways, form, to, said));
        if wait > 0
            && let Ok(seconds) = HeaderValue::try_from((wait * 60).to_string())
        {
            response.headers_mut().insert(header::RETRY_AFTER, seconds);
        }
        response
    }

    fn login_html(&self, language: Language, ways: WaysIn, form: &str, to: &str, said: &Said<'_>) -> Made {
        let values = json!({
            "local": ways.local, "provider": ways.provider.is_some(), "answers": ways.provider.unwrap_or(false),
            "login_form": form, "to": to, "said": said.what, "minutes": said.minutes, "name": said.name,
        });
        self.html("login", language, None, values)
    }

    /// Somebody may not do that.
    pub fn forbidden(&self, signed: &Signed) -> Response {
        self.told(StatusCode::FORBIDDEN, "forbidden", signed.language, Some(signed))
    }

    /// There is no such ticket, or nothing of it to show.
    pub fn missing(&self, signed: &Signed) -> Response {
        self.told(StatusCode::NOT_FOUND, "missing", signed.language, Some(signed))
    }

    /// A form did not prove where it comes from.
    pub fn refused(&self, signed: &Signed) -> Response {
        self.told(StatusCode::FORBIDDEN, "refused", signed.language, Some(signed))
    }

    /// A form came after its session was over.
    pub fn session_over(&self, language: Language) -> Response {
        self.told(StatusCode::UNAUTHORIZED, "session-over", language, None)
    }

    /// The store does not answer.
    pub fn unavailable(&self, language: Language) -> Response {
        let mut response = self.told(StatusCode::SERVICE_UNAVAILABLE, "unavailable", language, None);
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("5"));
        response
    }

    /// Something else is wrong with a request.
    pub fn problem(&self, status: StatusCode, language: Language) -> Response {
        self.told(status, "problem", language, None)
    }

    fn told(&self, status: StatusCode, what: &str, language: Language, signed: Option<&Signed>) -> Response {
        respond(status, self.html("told", language, signed, json!({ "what": what })))
    }

    fn html(
        &self,
        template: &str,
        language: Language,
        signed: Option<&Signed>,
        page: serde_json::Value,
    ) -> Made {
        let base = self.site.base.as_str();
        let values = Values {
            sv: language == Language::Swedish,
            language: language.tag(),
            theme: signed.map_or("", |signed| signed.preferences.theme.code()),
            style: assets::STYLE.address(base),
            script: assets::SCRIPT.address(base),
            base,
            first: format!("{base}{}", access::FIRST),
            here: signed.map_or("", |signed| signed.here.as_str()),
            desk: json!({ "name": self.desk_name, "address": self.desk_address }),
            me: signed.map_or(serde_json::Value::Null, |signed| me(signed, language)),
            menu: signed.map(|signed| menu(signed, base, language)).unwrap_or_default(),
            form: signed.map(Signed::form).unwrap_or_default(),
            program: env!("CARGO_PKG_VERSION"),
            page,
        };
        self.renderer.render(&format!("staff/{template}.html"), &values)
    }

    /// Makes every page once in both languages, so that a site's own template that cannot be filled is found at
    /// start.
    ///
    /// # Errors
    /// [`RenderError`] of the first page that cannot be made.
    pub fn check(&self) -> Result<(), RenderError> {
        let member = StaffMember {
            name: StaffName::parse("eva.lind").unwrap_or_else(|error| unreachable!("{error}")),
            shown: "Eva Lind".to_owned(),
            role: Role::Administrator,
        };
        for language in [Language::Swedish, Language::English] {
            let session = Browser::new([0; 16]);
            let (preferences, here) = (Preferences::default(), "/account".to_owned());
            let signed = Signed { member: member.clone(), preferences, session, language, here };
            for what in ["forbidden", "missing", "refused", "session-over", "unavailable", "problem"] {
                self.html("told", language, Some(&signed), json!({ "what": what }))?;
            }
            let own = json!({ "wished": "", "wished_theme": "", "shortcuts": true });
            self.html("account", language, Some(&signed), own)?;
            for (template, values) in super::queue::samples() {
                self.html(template, language, Some(&signed), values)?;
            }
            let made = values::Made { language, zone: &self.zone, now: UnixMillis(0), whole: 0 };
            for ticket in sample::tickets() {
                for acts in acts::samples(&made, &ticket) {
                    let mut page = made.ticket(&ticket);
                    page["review"] = values::review("phone-mismatch", language);
                    page["acts"] = acts;
                    self.html("ticket", language, Some(&signed), page)?;
                }
            }
            for what in acts::told_samples() {
                self.html("act", language, Some(&signed), what)?;
            }
            for provider in [None, Some(true), Some(false)] {
                let said = Said { what: "refused", ..Said::nothing() };
                self.login_html(language, WaysIn { local: true, provider }, "form", "/", &said)?;
            }
        }
        Ok(())
    }
}

/// Why a sign-in did not come to its end.
#[derive(Clone, Copy)]
pub(in crate::web) struct Said<'a> {
    /// The answer's status.
    pub status: StatusCode,
    /// The stable word for the template; empty for nothing.
    pub what: &'a str,
    /// How long to wait.
    pub minutes: u64,
    /// The name that was written, so that it need not be written again.
    pub name: &'a str,
}

impl Said<'_> {
    /// Nobody has tried yet.
    pub const fn nothing() -> Self {
        Self { status: StatusCode::OK, what: "", minutes: 0, name: "" }
    }
}

/// A page that was made, or why not.
type Made = Result<zeroize::Zeroizing<String>, RenderError>;

fn me(signed: &Signed, language: Language) -> serde_json::Value {
    let StaffMember { name, shown, role } = &signed.member;
    let sv = language == Language::Swedish;
    let role_in_words = match (role, sv) {
        (Role::Technician, true) => "tekniker",
        (Role::Technician, false) => "technician",
        (Role::Auditor, true) => "granskare",
        (Role::Auditor, false) => "auditor",
        (Role::Administrator, true) => "administratör",
        (Role::Administrator, false) => "administrator",
    };
    json!({
        "name": name.as_str(), "shown": shown, "initials": initials(shown), "role": role.code(),
        "role_in_words": role_in_words, "shortcuts": signed.preferences.shortcuts,
    })
}

/// The first letters of the first and the last word.
pub(super) fn initials(name: &str) -> String {
    let mut words = name.split_whitespace().filter_map(|word| word.chars().next());
    let first = words.next();
    let last = words.next_back();
    first.into_iter().chain(last).flat_map(char::to_uppercase).collect()
}

fn menu(signed: &Signed, base: &str, language: Language) -> Vec<serde_json::Value> {
    let may = MENU.iter().filter(|(_, right, ..)| right.is_of(signed.member.role));
    may.map(|(path, _, swedish, english)| {
        let path = format!("{base}{path}");
        let here = signed.here == path || signed.here.starts_with(&format!("{path}/"));
        json!({ "path": path, "here": here, "name": if language == Language::Swedish { swedish } else { english } })
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn initials_are_of_the_first_and_the_last_word() {
        assert_eq!(initials("Eva Lind"), "EL");
        assert_eq!(initials("Per Olof Öst"), "PÖ");
        assert_eq!(initials("åsa"), "Å");
        assert_eq!(initials(" "), "");
    }
}
