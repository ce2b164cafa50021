//! Cookies: how they are read, and how ours are written.

use axum::http::{HeaderMap, HeaderValue, header};

/// The values of the cookies with this name.
pub(super) fn values<'h>(headers: &'h HeaderMap, wanted: &'static str) -> impl Iterator<Item = &'h str> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|field| field.to_str().ok())
        .flat_map(|field| field.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .filter(move |(name, _)| *name == wanted)
        .map(|(_, value)| value)
}

/// The `Set-Cookie` field. `Lax`, not `Strict`: a link opened from webmail is a navigation from another site, and
/// without its cookie a browser would not be known again.
pub(super) fn written(name: &str, value: &str, seconds: u32, secure: bool) -> Option<HeaderValue> {
    let only_https = if secure { "; Secure" } else { "" };
    let field = format!("{name}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax{only_https}");
    HeaderValue::try_from(field).ok().map(|mut value| {
        value.set_sensitive(true);
        value
    })
}
