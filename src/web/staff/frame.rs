//! What every page of the desk's people has around it: who is signed in, where they may go, the language and the
//! colours.

use std::sync::Arc;
use std::time::Duration;

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use serde::Serialize;
use serde_json::json;

use super::access::{self, Right};
use super::ticket::acting;
use super::{Signed, assets, sample};
use crate::clock::{Clock, SystemClock, Zone};
use crate::render::{RenderError, Renderer};
use crate::types::{Preferences, Role, Shortcuts, StaffMember, StaffName, UnixMillis};
use crate::web::WebSettings;
use crate::web::desk::Browser;
use crate::web::language::Language;
use crate::web::pickup::respond;
use crate::web::port::WaysIn;
use crate::web::site::Site;
use crate::web::words::{self, time};

/// The main menu, in its order: path, who may go there, Swedish, English.
const MENU: &[(&str, Right, &str, &str)] = &[
    ("/queue", Right::Read, "Kö", "Queue"),
    ("/status", Right::Status, "Driftläge", "Status"),
    ("/queue/overrides", Right::Read, "Väntar på kollega", "For a colleague"),
    ("/try", Right::Try, "Provkör", "Try"),
    ("/audit", Right::Audit, "Logg", "Audit"),
    ("/health", Right::Health, "Hälsa", "Health"),
    ("/coverage", Right::Coverage, "Täckning", "Coverage"),
    ("/desk", Right::Run, "Styrning", "Control"),
];

/// The list that is in the menu while something is in it.
const OVERRIDES: &str = "/queue/overrides";

/// Makes every page of the desk's people.
pub(in crate::web) struct Pages {
    renderer: Arc<Renderer>,
    site: Site,
    /// The zone of the times on the pages.
    pub zone: Zone,
    desk_name: String,
    desk_address: String,
    /// Do texts carry codes that are typed at this site?
    typed_codes: bool,
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
    /// Does the foot lead to the page where a code is typed? Who works here may be somebody's manager.
    codes: bool,
    /// Who is signed in; `null` for nobody.
    me: serde_json::Value,
    menu: Vec<serde_json::Value>,
    /// What every page says of the desk; `null` for nothing.
    now: serde_json::Value,
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
            typed_codes: settings.typed_codes,
            zone: settings.zone.clone(),
        }
    }

    /// A time as people write it: of today only the time of day.
    pub fn when(&self, at: UnixMillis, language: Language) -> String {
        time::short(at, SystemClock.now(), &self.zone, language)
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

    /// How accessible the pages are, and to whom whoever finds a fault writes.
    pub fn statement(&self, language: Language) -> Response {
        respond(StatusCode::OK, self.html("accessibility", language, None, json!({})))
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
        let back = signed.map_or(String::new(), |signed| self.back(&signed.here));
        respond(status, self.html("told", language, signed, json!({ "what": what, "back": back })))
    }

    /// The page from which a form at `path` came: its ticket's, or the first one.
    fn back(&self, path: &str) -> String {
        let (base, tickets) = (&self.site.base, format!("{}/tickets/", self.site.base));
        let number = path.strip_prefix(&tickets).and_then(|rest| rest.split('/').next());
        match number {
            Some(number) => format!("{tickets}{number}"),
            None => format!("{base}{}", access::FIRST),
        }
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
            codes: self.typed_codes,
            me: signed.map_or(serde_json::Value::Null, |signed| me(signed, language)),
            menu: signed.map(|signed| menu(signed, base, language)).unwrap_or_default(),
            now: signed.map_or(serde_json::Value::Null, |signed| self.now(signed)),
            form: signed.map(Signed::form).unwrap_or_default(),
            program: env!("CARGO_PKG_VERSION"),
            page,
        };
        self.renderer.render(&format!("staff/{template}.html"), &values)
    }

    /// That the automation is not on, and that there is an outage: whoever acts must know before they act.
    fn now(&self, signed: &Signed) -> serde_json::Value {
        let Some(now) = &signed.now else { return serde_json::Value::Null };
        let when = |at| self.when(at, signed.language);
        let switch = &now.automation;
        let turned = switch.turned.as_ref().map(|turned| {
            let by = words::history::actor(&turned.by, signed.language);
            let by = now.people.get(&by).unwrap_or(&by);
            json!({ "by": by, "at": when(turned.at), "until": turned.until.map(when), "why": turned.why })
        });
        let outage =
            now.outage.as_ref().map(|outage| json!({ "since": when(outage.began_at), "why": outage.why }));
        json!({
            "automation": Some(&switch.automation).filter(|automation| *automation != "on"), "turned": turned,
            "outage": outage, "may_run": Right::Run.is_of(signed.member.role),
        })
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
            let (now, ends_in) = (Some(Arc::new(sample::snapshot())), Duration::from_secs(8 * 3600));
            let member = member.clone();
            let signed = Signed { member, preferences, session, language, here, now, ends_in };
            for what in ["forbidden", "missing", "refused", "session-over", "unavailable", "problem"] {
                self.html("told", language, Some(&signed), json!({ "what": what, "back": "/queue" }))?;
            }
            let own = json!({ "wished": "", "wished_theme": "", "shortcuts": "letters", "sessions": [{ "here": true, "begun": "09.14", "seen": "10.04" }] });
            self.html("account", language, Some(&signed), own)?;
            for (template, values) in super::queue::samples(&signed) {
                self.html(template, language, Some(&signed), values)?;
            }
            for values in super::ticket::samples(&signed, &self.zone) {
                self.html("ticket", language, Some(&signed), values)?;
            }
            for values in super::status::samples() {
                self.html("status", language, Some(&signed), values)?;
            }
            self.html("accessibility", language, None, json!({}))?;
            self.html("by-hand", language, Some(&signed), super::by_hand::sample())?;
            self.html("overrides", language, Some(&signed), super::overrides::sample())?;
            for values in super::ticket::step::samples(language) {
                self.html("step", language, Some(&signed), values)?;
            }
            for what in acting::told_samples() {
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
        "name": name.as_str(), "shown": shown, "initials": initials(shown), "role": role.code(), "ends": signed.ends_in.as_secs(),
        "role_in_words": role_in_words, "shortcuts": signed.preferences.shortcuts == Shortcuts::Letters,
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
    let overrides = signed.now.as_ref().map_or(0, |now| now.overrides);
    let shown = |path: &str| path != OVERRIDES || overrides > 0 || signed.here.ends_with(OVERRIDES);
    let may = MENU.iter().filter(|(path, right, ..)| right.is_of(signed.member.role) && shown(path));
    let paths: Vec<String> = may.clone().map(|(path, ..)| format!("{base}{path}")).collect();
    let below = |path: &&String| signed.here == **path || signed.here.starts_with(&format!("{path}/"));
    let current = paths.iter().filter(below).max_by_key(|path| path.len()).cloned();
    may.map(|(path, _, swedish, english)| {
        let name = if language == Language::Swedish { swedish } else { english };
        let count = if *path == OVERRIDES { overrides } else { 0 };
        let path = format!("{base}{path}");
        json!({ "here": current.as_ref() == Some(&path), "path": path, "name": name, "count": count })
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
