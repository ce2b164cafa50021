//! The pages themselves: which template with which values, and the answer made of it.

use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde_json::json;
use zeroize::Zeroizing;

use super::browser;
use super::secret;
use super::typed::Said;
use crate::clock::{Clock, SystemClock, Zone};
use crate::password::TemporaryPassword;
use crate::render::{RenderError, Renderer};
use crate::types::UnixMillis;
use crate::web::WebSettings;
use crate::web::desk::{Asks, Browser, Page, PickupView, Revealed};
use crate::web::language::Language;
use crate::web::routes::{STYLE_PATH, style_version};
use crate::web::site::Site;

/// Makes every page.
pub(in crate::web) struct Pages {
    renderer: Arc<Renderer>,
    /// Where browsers find the pages.
    pub site: Site,
    /// The language for browsers that prefer neither.
    pub language: Language,
    desk_name: String,
    desk_address: String,
    help: String,
    zone: Zone,
    style: String,
}

/// A pickup link as its pages need it.
pub(in crate::web) struct Link {
    /// Its path, with the site's own in front.
    pub path: String,
    /// The token of its forms.
    pub form: String,
}

impl Link {
    /// The link with this token, for this browser.
    pub fn new(site: &Site, token: &str, browser: &Browser) -> Self {
        Self { path: format!("{}/p/{token}", site.base), form: browser::form_token(browser, token) }
    }
}

/// What the frame of every page asks for, and the page's own values.
#[derive(Serialize)]
struct Values<'a> {
    sv: bool,
    language: &'a str,
    other: &'a str,
    style: &'a str,
    /// The page's path, for the link to the other language; empty is the path it was asked by.
    here: &'a str,
    desk: DeskValues<'a>,
    #[serde(flatten)]
    page: serde_json::Value,
}

#[derive(Serialize)]
struct DeskValues<'a> {
    name: &'a str,
    address: &'a str,
    help: &'a str,
}

impl Pages {
    /// The pages of the desk with these settings.
    pub fn new(settings: &WebSettings, renderer: Arc<Renderer>) -> Self {
        let site = Site::new(&settings.public_url);
        Self {
            renderer,
            language: Language::of_tag(&settings.language).unwrap_or(Language::Swedish),
            desk_name: settings.desk_name.clone(),
            desk_address: settings.desk_address.clone(),
            help: settings.help.clone(),
            zone: settings.zone.clone(),
            style: format!("{}{STYLE_PATH}?v={}", site.base, style_version()),
            site,
        }
    }

    /// The page for what a link shows.
    pub fn view(&self, view: &PickupView, link: &Link, language: Language) -> Response {
        let status = match view {
            PickupView::Offer { .. }
            | PickupView::Shown { .. }
            | PickupView::Erased { .. }
            | PickupView::UsedElsewhere { .. }
            | PickupView::Confirmed
            | PickupView::HandedBack
            | PickupView::Warning { .. }
            | PickupView::Stopped
            | PickupView::TooLate
            | PickupView::Changed
            | PickupView::Frozen => StatusCode::OK,
            PickupView::Gone => StatusCode::NOT_FOUND,
            PickupView::Busy => StatusCode::SERVICE_UNAVAILABLE,
        };
        let mut response = respond(status, self.view_html(view, link, language));
        if *view == PickupView::Busy {
            response.headers_mut().insert(header::RETRY_AFTER, header::HeaderValue::from_static("5"));
        }
        response
    }

    fn view_html(&self, view: &PickupView, link: &Link, language: Language) -> Made {
        let when = |at: &UnixMillis| self.when(*at, SystemClock.now(), language);
        let (name, own_values) = match view {
            PickupView::Offer { pass, name, unit, until, own, asks } => {
                let until = when(until);
                let mut values =
                    json!({ "pass": pass, "name": name, "unit": unit, "until": until, "own": own });
                add_what_it_asks(&mut values, *asks);
                ("offer", values)
            }
            PickupView::Shown { name, until } => ("shown", json!({ "name": name, "until": when(until) })),
            PickupView::Erased { name } => ("erased", json!({ "name": name })),
            PickupView::UsedElsewhere { at } => ("used-elsewhere", json!({ "at": when(at) })),
            PickupView::Confirmed => ("confirmed", json!({})),
            PickupView::HandedBack => ("handed-back", json!({})),
            PickupView::Warning { until, undelivered, changed } => {
                let until = when(until);
                ("warning", json!({ "until": until, "undelivered": undelivered, "changed": changed }))
            }
            PickupView::Stopped => ("stopped", json!({})),
            PickupView::TooLate => ("too-late", json!({})),
            PickupView::Changed => ("changed", json!({})),
            PickupView::Frozen => ("frozen", json!({})),
            // The same octets for every link that is none: it does not repeat what it was asked by.
            PickupView::Gone => return self.html("gone", language, "", json!({})),
            PickupView::Busy => ("busy", json!({})),
        };
        self.link_html(name, link, language, own_values)
    }

    /// The page that asks once more before "not my employee" counts.
    pub fn not_mine(&self, name: &str, link: &Link, language: Language) -> Response {
        respond(StatusCode::OK, self.link_html("not-mine", link, language, json!({ "name": name })))
    }

    /// The page for a form that did not prove where it comes from.
    pub fn refused(&self, link: &Link, language: Language) -> Response {
        respond(StatusCode::FORBIDDEN, self.link_html("refused", link, language, json!({})))
    }

    /// The page for somebody who signed in, and whom the link is not for.
    pub fn somebody_else(&self, link: &Link, language: Language) -> Response {
        respond(StatusCode::FORBIDDEN, self.link_html("somebody-else", link, language, json!({})))
    }

    /// The page for a sign-in that did not come to its end; of which link may be unknown.
    pub fn sign_in_failed(&self, link: Option<&Link>, language: Language) -> Response {
        respond(super::sign_in::FAILED, self.sign_in_failed_html(link, language))
    }

    fn sign_in_failed_html(&self, link: Option<&Link>, language: Language) -> Made {
        let path = link.map_or("", |link| link.path.as_str());
        self.html("sign-in-failed", language, path, json!({ "link": path }))
    }

    /// The page for an address that does not exist, or is used in another way than it is meant.
    pub fn problem(&self, status: StatusCode, language: Language) -> Response {
        respond(status, self.problem_html(status, language))
    }

    fn problem_html(&self, status: StatusCode, language: Language) -> Made {
        let template = if status == StatusCode::NOT_FOUND { "not-found" } else { "not-possible" };
        self.html(template, language, "", json!({ "status": status.as_u16() }))
    }

    /// The page that shows a password.
    ///
    /// # Errors
    /// The site's own template cannot be filled.
    pub fn revealed(
        &self,
        token: &str,
        browser: &Browser,
        language: &str,
        revealed: &Revealed<'_>,
    ) -> Result<Page, RenderError> {
        let language = Language::of_tag(language).unwrap_or(self.language);
        let link = Link::new(&self.site, token, browser);
        let when = |at: UnixMillis| self.when(at, SystemClock.now(), language);
        let own_values = json!({
            "name": secret::without_slots(revealed.name),
            "own": revealed.own,
            "until": when(revealed.until),
            "pass_until": revealed.pass_until.map(when),
            "password": secret::PASSWORD_SLOT,
            "spelling": secret::SPELLING_SLOT,
        });
        let page = self.link_html("revealed", &link, language, own_values)?;
        let whole =
            secret::put_in(&page, revealed.password, language).ok_or_else(|| RenderError::Template {
                place: self.renderer.file("page/revealed.html"),
                what: "{{ password }} and {{ spelling }} must each stand there once".to_owned(),
            })?;
        Ok(Page::new(whole))
    }

    /// Makes every page once in both languages, so that a site's own template that cannot be
    /// filled is found at start and not by a person who needs the page.
    ///
    /// # Errors
    /// [`RenderError`] of the first page that cannot be made.
    pub fn check(&self) -> Result<(), RenderError> {
        let (name, until) = (String::from("Anna Andersson"), UnixMillis(0));
        let browser = Browser::new([0; 16]);
        let link = Link::new(&self.site, "sample", &browser);
        let password = TemporaryPassword::new(Zeroizing::new("Kf7m-Rq4x-Tw9b".to_owned()));
        let asking = |own, pass, asks| {
            let (name, unit) = (name.clone(), name.clone());
            PickupView::Offer { pass, name, unit, until, own, asks }
        };
        let offer = |own, pass| asking(own, pass, Asks::Nothing);
        for language in [Language::Swedish, Language::English] {
            for view in [
                offer(false, false),
                offer(true, true),
                asking(false, false, Asks::Code { wrong: false, left: 5 }),
                asking(false, true, Asks::Code { wrong: true, left: 1 }),
                asking(false, false, Asks::SignIn { signed_in: true, wrong: false }),
                asking(false, true, Asks::SignIn { signed_in: false, wrong: true }),
                PickupView::Shown { name: name.clone(), until },
                PickupView::Erased { name: name.clone() },
                PickupView::UsedElsewhere { at: until },
                PickupView::Confirmed,
                PickupView::HandedBack,
                PickupView::Warning { until, undelivered: false, changed: false },
                PickupView::Warning { until, undelivered: true, changed: true },
                PickupView::Stopped,
                PickupView::TooLate,
                PickupView::Changed,
                PickupView::Frozen,
                PickupView::Gone,
                PickupView::Busy,
            ] {
                self.view_html(&view, &link, language)?;
            }
            self.link_html("not-mine", &link, language, json!({ "name": name }))?;
            self.link_html("refused", &link, language, json!({}))?;
            self.link_html("somebody-else", &link, language, json!({}))?;
            self.sign_in_failed_html(None, language)?;
            for said in [Said::Nothing, Said::Wrong] {
                self.type_code_html(said, &link, language)?;
            }
            self.problem_html(StatusCode::NOT_FOUND, language)?;
            self.problem_html(StatusCode::METHOD_NOT_ALLOWED, language)?;
            for (own, pass_until) in [(false, None), (true, Some(until)), (true, None)] {
                let revealed = Revealed { name: &name, own, password: &password, pass_until, until };
                self.revealed("sample", &browser, language.tag(), &revealed)?;
            }
        }
        Ok(())
    }

    /// A page of a link: `own_values` and the link's own.
    pub(super) fn link_html(
        &self,
        template: &str,
        link: &Link,
        language: Language,
        mut own_values: serde_json::Value,
    ) -> Made {
        own_values["link"] = json!(link.path);
        own_values["form"] = json!(link.form);
        self.html(template, language, &link.path, own_values)
    }

    fn html(&self, template: &str, language: Language, here: &str, page: serde_json::Value) -> Made {
        // The way in words is in the desk's language only.
        let help = if language == self.language { self.help.as_str() } else { "" };
        let values = Values {
            sv: language == Language::Swedish,
            language: language.tag(),
            other: language.other().tag(),
            style: &self.style,
            here,
            desk: DeskValues { name: &self.desk_name, address: &self.desk_address, help },
            page,
        };
        self.renderer.render(&format!("page/{template}.html"), &values)
    }

    /// A time of day, with its date when that is not today's.
    fn when(&self, at: UnixMillis, now: UnixMillis, language: Language) -> String {
        let (time, date) = (self.zone.time_of_day(at), self.zone.date(at));
        let today = date == self.zone.date(now);
        match (language, today) {
            (Language::Swedish, true) => format!("kl.\u{a0}{time}"),
            (Language::Swedish, false) => format!("{date} kl.\u{a0}{time}"),
            (Language::English, true) => time.replace('.', ":"),
            (Language::English, false) => format!("{} on {date}", time.replace('.', ":")),
        }
    }
}

/// What the page of an offer needs to know of what it asks for.
fn add_what_it_asks(values: &mut serde_json::Value, asks: Asks) {
    let (code, wrong, left) = match asks {
        Asks::Nothing => (false, false, 0),
        Asks::Code { wrong, left } => (true, wrong, left),
        Asks::SignIn { wrong, .. } => (false, wrong, 0),
    };
    values["sign_in"] = json!(matches!(asks, Asks::SignIn { signed_in: false, .. }));
    values["signed_in"] = json!(matches!(asks, Asks::SignIn { signed_in: true, .. }));
    values["code"] = json!(code);
    values["wrong"] = json!(wrong);
    values["left"] = json!(left);
}

/// A page that was made, or why not.
pub(super) type Made = Result<Zeroizing<String>, RenderError>;

pub(in crate::web) fn respond(status: StatusCode, made: Made) -> Response {
    match made {
        Ok(html) => html_response(status, Page::new(html)),
        Err(error) => {
            tracing::error!("a page could not be made: {error}; it can be opened again");
            let words =
                "Sidan kunde inte visas. Försök igen.\nThe page could not be shown. Please try again.\n";
            (StatusCode::INTERNAL_SERVER_ERROR, words).into_response()
        }
    }
}

/// The answer that carries `page`, without copying it: it is wiped when it has been written.
pub(super) fn html_response(status: StatusCode, page: Page) -> Response {
    struct Held(Page);
    impl AsRef<[u8]> for Held {
        fn as_ref(&self) -> &[u8] {
            self.0.html().as_bytes()
        }
    }
    let body = Body::from(Bytes::from_owner(Held(page)));
    (status, [(header::CONTENT_TYPE, "text/html; charset=utf-8")], body).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::parse_rfc3339;

    fn pages() -> Pages {
        let settings = WebSettings {
            listen: ([127, 0, 0, 1], 0).into(),
            public_url: "https://kommun.example".to_owned(),
            desk_name: "Servicedesk".to_owned(),
            desk_address: "servicedesk@kommun.example".to_owned(),
            language: "sv".to_owned(),
            zone: Zone::named("Europe/Stockholm").unwrap(),
            help: "besök receptionen".to_owned(),
            trusted_proxies: Vec::new(),
            typed_codes: false,
        };
        Pages::new(&settings, Arc::new(Renderer::new(None).unwrap()))
    }

    #[test]
    fn every_built_in_page_can_be_made_in_both_languages() {
        pages().check().unwrap();
    }

    #[test]
    fn a_time_says_its_day_when_that_is_another() {
        let pages = pages();
        let at = parse_rfc3339("2026-11-22T13:05:00Z").unwrap();
        let (today, later) = (at.plus(std::time::Duration::from_secs(60)), UnixMillis(at.0 - 86_400_000));
        assert_eq!(pages.when(at, today, Language::Swedish), "kl.\u{a0}14.05");
        assert_eq!(pages.when(at, later, Language::Swedish), "2026-11-22 kl.\u{a0}14.05");
        assert_eq!(pages.when(at, today, Language::English), "14:05");
        assert_eq!(pages.when(at, later, Language::English), "14:05 on 2026-11-22");
    }
}
