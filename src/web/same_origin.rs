//! Does a POST come from a page of ours? The second guard of the forms, beside their token.

use axum::http::{HeaderMap, header};

/// May a POST with these headers act? The browser's own word decides (`Sec-Fetch-Site`, W3C Fetch
/// Metadata): `same-origin`, or `none` for a person who reloads. Browsers from before 2023 do not
/// send it; then `Origin` must be ours, if it is told: under our own `Referrer-Policy: no-referrer`
/// browsers write `null` (Fetch standard, "append a request Origin header"), and then the form
/// token and the cookie's `SameSite` decide alone.
pub(super) fn allows(headers: &HeaderMap, our_origin: &str) -> bool {
    if let Some(site) = headers.get("sec-fetch-site") {
        return site == "same-origin" || site == "none";
    }
    headers.get(header::ORIGIN).is_none_or(|origin| origin == "null" || origin == our_origin)
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::{HeaderName, HeaderValue};

    const OURS: &str = "https://servicedesk.kommun.example";

    fn allowed(fields: &[(&'static str, &'static str)]) -> bool {
        let field = |(name, value): &(&'static str, &'static str)| {
            (HeaderName::from_static(name), HeaderValue::from_static(value))
        };
        allows(&fields.iter().map(field).collect(), OURS)
    }

    #[test]
    fn the_browsers_own_word_comes_first() {
        assert!(allowed(&[("sec-fetch-site", "same-origin"), ("origin", "null")]));
        assert!(allowed(&[("sec-fetch-site", "none")]));
        assert!(!allowed(&[("sec-fetch-site", "cross-site")]));
        assert!(!allowed(&[("sec-fetch-site", "same-site"), ("origin", OURS)]));
        assert!(!allowed(&[("sec-fetch-site", "")]));
    }

    #[test]
    fn an_old_browser_is_judged_by_the_origin_it_tells() {
        assert!(allowed(&[("origin", OURS)]));
        assert!(allowed(&[("origin", "null")]));
        assert!(allowed(&[]));
        assert!(!allowed(&[("origin", "https://intranet.kommun.example")]));
        assert!(!allowed(&[("origin", "http://servicedesk.kommun.example")]));
    }
}
