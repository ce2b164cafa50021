//! The cookie that names a browser, and the form token made from it.
//!
//! The cookie is the only secret a browser holds: 128 random bits that scripts cannot read. Every
//! form carries a token computed from it and from the link ([`form`]).

use axum::http::{HeaderMap, HeaderValue};

use crate::web::cookie::{values, written};
use crate::web::desk::Browser;
use crate::web::form;

/// How long a browser keeps its name: longer than a link is open, so that a phone that closes its
/// browser in between can still show the password again or confirm the handover.
const KEPT_SECONDS: u32 = 24 * 60 * 60;

/// With https the name carries the prefix by which browsers refuse such a cookie from any other
/// host of the domain (RFC 6265bis 4.1.3.2). It demands `Path=/`.
fn cookie_name(secure: bool) -> &'static str {
    if secure { "__Host-nyckelbud" } else { "nyckelbud" }
}

/// The browser's name, if it sent one.
pub(super) fn named(headers: &HeaderMap, secure: bool) -> Option<Browser> {
    values(headers, cookie_name(secure)).find_map(Browser::parse)
}

/// A name for a browser that has none.
pub(super) fn new_name() -> Browser {
    Browser::new(rand::random())
}

/// The `Set-Cookie` field.
pub(super) fn cookie(browser: &Browser, secure: bool) -> Option<HeaderValue> {
    written(cookie_name(secure), browser.as_str(), KEPT_SECONDS, secure)
}

/// What a browser keeps for a sign-in, beside its name.
#[derive(Clone, Copy)]
pub(super) enum Kept {
    /// Which link, while its person is away at the provider.
    SignIn,
    /// The proof that the link's manager has signed in here.
    Proof,
}

/// A sign-in, and what it proves, are good for this long.
const SIGN_IN_SECONDS: u32 = 10 * 60;

fn kept_name(kept: Kept, secure: bool) -> &'static str {
    match (kept, secure) {
        (Kept::SignIn, true) => "__Host-nyckelbud-sign-in",
        (Kept::SignIn, false) => "nyckelbud-sign-in",
        (Kept::Proof, true) => "__Host-nyckelbud-proof",
        (Kept::Proof, false) => "nyckelbud-proof",
    }
}

/// The value of such a cookie, if the browser sent one.
pub(super) fn kept(headers: &HeaderMap, kept: Kept, secure: bool) -> Option<String> {
    values(headers, kept_name(kept, secure)).next().map(ToOwned::to_owned)
}

/// The cookie with this value. It comes back on the way from the provider, too: that is a link, and
/// `Lax` allows it.
pub(super) fn keep(kept: Kept, value: &str, secure: bool) -> Option<HeaderValue> {
    written(kept_name(kept, secure), value, SIGN_IN_SECONDS, secure)
}

/// The cookie that takes it away again.
pub(super) fn forget(kept: Kept, secure: bool) -> Option<HeaderValue> {
    written(kept_name(kept, secure), "", 0, secure)
}

/// The token that the forms of this link carry for this browser.
pub(super) fn form_token(browser: &Browser, link: &str) -> String {
    form::token(browser, &format!("form/{link}"))
}

/// Is `given` the token of [`form_token`]?
pub(super) fn form_token_fits(browser: &Browser, link: &str, given: &str) -> bool {
    form::fits(browser, &format!("form/{link}"), given)
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::header;

    fn cookies(fields: &[&'static str]) -> HeaderMap {
        fields.iter().map(|field| (header::COOKIE, HeaderValue::from_static(field))).collect()
    }

    #[test]
    fn a_browser_is_known_by_its_cookie_among_others() {
        let id = "00112233445566778899aabbccddeeff";
        let plain = cookies(&["a=b", "x=y; nyckelbud=00112233445566778899aabbccddeeff; z"]);
        assert_eq!(named(&plain, false).unwrap().as_str(), id);
        assert!(named(&plain, true).is_none(), "without the prefix any host of the domain could have set it");
        let prefixed = cookies(&["__Host-nyckelbud=00112233445566778899aabbccddeeff"]);
        assert_eq!(named(&prefixed, true).unwrap().as_str(), id);
        assert!(named(&cookies(&["nyckelbud=short"]), false).is_none());
        assert!(named(&HeaderMap::new(), false).is_none());
    }

    #[test]
    fn the_cookie_is_kept_from_scripts_and_other_sites() {
        let browser = Browser::new([7; 16]);
        let plain = cookie(&browser, false).unwrap();
        let value = browser.as_str();
        let rest = "Path=/; Max-Age=86400; HttpOnly; SameSite=Lax";
        assert_eq!(plain.to_str().unwrap(), format!("nyckelbud={value}; {rest}"));
        let secure = cookie(&browser, true).unwrap();
        assert_eq!(secure.to_str().unwrap(), format!("__Host-nyckelbud={value}; {rest}; Secure"));
        assert!(!format!("{secure:?}").contains(value));
    }

    #[test]
    fn a_form_token_is_worth_nothing_in_another_browser_or_on_another_link() {
        let (one, other) = (new_name(), new_name());
        assert_ne!(one, other);
        let token = form_token(&one, "link-a");
        assert!(form_token_fits(&one, "link-a", &token));
        assert!(!form_token_fits(&other, "link-a", &token));
        assert!(!form_token_fits(&one, "link-b", &token));
        assert!(!form_token_fits(&one, "link-a", ""));
        assert!(!token.contains(one.as_str()));
    }
}
