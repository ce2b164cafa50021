//! Stage 9: people look at it and act. axum and hyper live only here. The pages see the desk
//! through one port, [`Desk`]: they cannot send a text or set a password.
//!
//! A request passes `serve` (connections, time limits) and `routes` (which handler, and the headers of
//! every answer); then `pickup` answers whoever has a link, `staff` whoever works at the desk, `api` programs, or `callback` or
//! `health`.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use crate::clock::Zone;
use crate::render::{RenderError, Renderer};

mod api;
mod callback;
mod client;
mod cookie;
pub mod desk;
mod form;
mod health;
mod language;
mod pickup;
pub mod port;
mod routes;
mod same_origin;
mod serve;
mod site;
mod staff;
mod words;

pub use api::TicketObject;
pub use api::access::what_tokens_may;
pub use desk::{
    Asks, Browser, CodeAnswer, Desk, Page, PickupAnswer, PickupView, Proof, Readiness, ReceiptAnswer,
    Returned, RevealPage, Revealed, SignIn, SignedIn,
};
pub use pickup::SIGN_IN_CALLBACK;
pub use port::*;
pub use routes::Ports;
pub use serve::{ServeError, serve};
pub use staff::LOGIN_CALLBACK;
pub use staff::access::who_may_use;

/// What the pages need to know of the desk.
#[derive(Clone, Debug)]
pub struct WebSettings {
    /// Where the pages are served, behind the reverse proxy that holds the certificate.
    pub listen: SocketAddr,
    /// The pages' address as browsers see it, without a slash at its end.
    pub public_url: String,
    /// Signs every page; the only words that a link's preview shows.
    pub desk_name: String,
    /// Where people write when a page does not help.
    pub desk_address: String,
    /// `sv` or `en`: the pages' language for browsers that prefer neither.
    pub language: String,
    /// The zone of the times on the pages.
    pub zone: Zone,
    /// Another way to reach the desk, in the desk's language; may be empty.
    pub help: String,
    /// Proxies that are believed for whom they ask.
    pub trusted_proxies: Vec<IpAddr>,
    /// Do texts carry codes in place of links? Then whoever opens the site is asked for one, and pages of
    /// people who are signed in lead there, too.
    pub typed_codes: bool,
}

/// Makes every page once, as [`serve`] does before it serves.
///
/// # Errors
/// Which page cannot be made, most likely from a template of the site's own.
pub fn check_pages(settings: &WebSettings, renderer: Arc<Renderer>) -> Result<(), RenderError> {
    staff::Pages::new(settings, Arc::clone(&renderer)).check()?;
    pickup::Pages::new(settings, renderer).check()
}

/// The maker of the page that shows a password, for the desk behind [`Desk::reveal`].
#[must_use]
pub fn reveal_page(settings: WebSettings, renderer: Arc<Renderer>) -> Box<RevealPage> {
    let pages = pickup::Pages::new(&settings, renderer);
    Box::new(move |token, browser, language, revealed| pages.revealed(token, browser, language, revealed))
}
