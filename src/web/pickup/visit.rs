//! Who asks, on a pickup page: which link, which browser, which language. A handler that changes
//! something takes an [`Act`], and there is none without the proof that the POST comes from a form
//! of ours in this browser.

use std::sync::Arc;

use axum::extract::{Form, FromRequest, FromRequestParts, Path, Request};
use axum::http::request::Parts;
use axum::http::{StatusCode, header};
use axum::response::Response;
use zeroize::Zeroizing;

use super::browser;
use super::page::Link;
use crate::web::desk::{Asks, Browser, PickupView, Proof};
use crate::web::language::{self, Language};
use crate::web::routes::App;
use crate::web::same_origin;

/// A pickup token is shorter (128 bits in letters and digits).
const LONGEST_TOKEN: usize = 64;

/// A request for a page of a link.
pub(super) struct Visit {
    /// The link's token. It has the form of one, so it may stand in a URL.
    pub token: String,
    /// The browser, as its cookie names it.
    pub known: Option<Browser>,
    /// The same, or a new name for a browser without one.
    pub browser: Browser,
    /// The page's language.
    pub language: Language,
    /// The link as its pages need it.
    pub link: Link,
    /// What the browser got when the link's manager signed in; empty for none.
    pub signed_in: String,
}

/// A POST that proved to come from a form of ours, made for this browser and this link; and what it shows
/// beside the link.
pub(super) struct Act(pub Visit, pub Proof);

impl Visit {
    /// The page for `view`. Who has signed in is offered the button; whether that is proof is judged when it
    /// is pressed.
    pub fn show(&self, app: &App, view: &PickupView) -> Response {
        let mut view = view.clone();
        if let PickupView::Offer { asks: Asks::SignIn { signed_in, wrong: false }, .. } = &mut view {
            *signed_in = !self.signed_in.is_empty();
        }
        let view = &view;
        self.remembered(app, app.pages.view(view, &self.link, self.language))
    }

    /// Gives the browser its name along. A link that is none makes no cookie.
    pub fn remembered(&self, app: &App, mut response: Response) -> Response {
        if response.status() != StatusCode::NOT_FOUND
            && let Some(cookie) = browser::cookie(&self.browser, app.pages.site.secure)
        {
            response.headers_mut().append(header::SET_COOKIE, cookie);
        }
        response
    }

    /// A visit by the browser `known`, which shows `proof` of a sign-in.
    pub fn new(
        app: &App,
        token: String,
        language: Language,
        known: Option<Browser>,
        proof: Option<String>,
    ) -> Self {
        let browser = known.clone().unwrap_or_else(browser::new_name);
        let link = Link::new(&app.pages.site, &token, &browser);
        let signed_in = proof.as_deref().and_then(|proof| proof.split_once('.'));
        // One of another link proves nothing here.
        let signed_in = signed_in.filter(|(of, _)| *of == token).map_or("", |(_, proof)| proof).to_owned();
        Self { token, known, browser, language, link, signed_in }
    }
}

fn has_the_form_of_a_token(text: &str) -> bool {
    (1..=LONGEST_TOKEN).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
}

impl FromRequestParts<Arc<App>> for Language {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Self::Rejection> {
        let query = parts.uri.query().unwrap_or_default();
        let asked = query.split('&').find_map(|pair| pair.strip_prefix("lang="));
        let wish = parts.headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
        Ok(asked
            .and_then(Language::of_tag)
            .or_else(|| wish.and_then(language::preferred))
            .unwrap_or(app.pages.language))
    }
}

impl FromRequestParts<Arc<App>> for Visit {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Response> {
        let Ok(language) = Language::from_request_parts(parts, app).await;
        let secure = app.pages.site.secure;
        let known = browser::named(&parts.headers, secure);
        let proof = browser::kept(&parts.headers, browser::Kept::Proof, secure);
        // The path may hold what is no text at all.
        let token = Path::<String>::from_request_parts(parts, app).await.map(|Path(t)| t).unwrap_or_default();
        let fits = has_the_form_of_a_token(&token);
        let visit = Self::new(app, token, language, known, proof);
        if fits { Ok(visit) } else { Err(visit.show(app, &PickupView::Gone)) }
    }
}

impl FromRequest<Arc<App>> for Act {
    type Rejection = Response;

    async fn from_request(request: Request, app: &Arc<App>) -> Result<Self, Response> {
        let (mut parts, body) = request.into_parts();
        let visit = Visit::from_request_parts(&mut parts, app).await?;
        let from_us = same_origin::allows(&parts.headers, &app.pages.site.origin);
        let request = Request::from_parts(parts, body);
        let form = Form::<Vec<(String, String)>>::from_request(request, app).await;
        let fields = form.map(|Form(fields)| fields).unwrap_or_default();
        let field =
            |wanted: &str| fields.iter().find(|(name, _)| name == wanted).map_or("", |(_, value)| value);
        let (token, code) = (field("form"), Zeroizing::new(field("code").to_owned()));
        let why = match &visit.known {
            _ if !from_us => "another site sent it",
            None => "the browser sent no cookie",
            Some(browser) if !browser::form_token_fits(browser, &visit.token, token) => {
                "its form token is of another browser or link"
            }
            Some(_) => {
                let proof = Proof { code, signed_in: visit.signed_in.clone() };
                return Ok(Self(visit, proof));
            }
        };
        tracing::warn!("a form of a pickup page was refused: {why}; nothing was changed");
        Err(visit.remembered(app, app.pages.refused(&visit.link, visit.language)))
    }
}
