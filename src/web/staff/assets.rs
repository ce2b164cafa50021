//! The one stylesheet of the desk's pages, and the one script. Both are packed once, at start: what is the same for
//! everybody may be compressed, a page with a form's token may not (BREACH).

use std::sync::{Arc, LazyLock};

use axum::Router;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use sha2::{Digest, Sha256};

use crate::web::routes::App;

/// A file that is served as it is built in.
pub(super) struct Asset {
    path: &'static str,
    kind: &'static str,
    text: &'static str,
    packed: Vec<u8>,
    version: String,
}

impl Asset {
    fn new(path: &'static str, kind: &'static str, text: &'static str) -> Self {
        let version = data_encoding::HEXLOWER.encode(&Sha256::digest(text)[..4]);
        Self { path, kind, text, packed: packed(text), version }
    }

    /// Where browsers find it; changes when it does, so that they may keep it.
    pub fn address(&self, base: &str) -> String {
        format!("{base}{}?v={}", self.path, self.version)
    }

    fn answer(&'static self, headers: &HeaderMap) -> Response {
        let accepts =
            headers.get(header::ACCEPT_ENCODING).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let mut response = if accepts_gzip(accepts) {
            ([(header::CONTENT_ENCODING, "gzip")], self.packed.as_slice()).into_response()
        } else {
            self.text.into_response()
        };
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(self.kind));
        headers
            .insert(header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=31536000, immutable"));
        headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
        response
    }
}

/// gzip, unless it is refused with `q=0` (RFC 9110, 12.5.3).
fn accepts_gzip(accepted: &str) -> bool {
    accepted.split(',').any(|coding| {
        let mut parts = coding.split(';').map(str::trim);
        let named = parts.next().is_some_and(|name| name.eq_ignore_ascii_case("gzip"));
        let weight =
            parts.find_map(|part| part.strip_prefix("q=")).and_then(|weight| weight.parse::<f32>().ok());
        named && weight.unwrap_or(1.0) > 0.0
    })
}

fn packed(text: &str) -> Vec<u8> {
    use std::io::Write;
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    // Writing to memory does not fail.
    let _ = packer.write_all(text.as_bytes());
    packer.finish().unwrap_or_default()
}

/// The stylesheet.
pub(super) static STYLE: LazyLock<Asset> =
    LazyLock::new(|| Asset::new("/staff.css", "text/css; charset=utf-8", include_str!("staff.css")));
/// The script: keys, live counters, presence, drafts. Every page works without it.
pub(super) static SCRIPT: LazyLock<Asset> =
    LazyLock::new(|| Asset::new("/staff.js", "text/javascript; charset=utf-8", include_str!("staff.js")));

/// Where they are served.
pub(super) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route(STYLE.path, get(async |headers: HeaderMap| STYLE.answer(&headers)))
        .route(SCRIPT.path, get(async |headers: HeaderMap| SCRIPT.answer(&headers)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gzip_is_used_where_it_is_liked() {
        assert!(accepts_gzip("gzip, deflate, br") && accepts_gzip("br;q=1.0, GZIP;q=0.5"));
        assert!(!accepts_gzip("") && !accepts_gzip("br") && !accepts_gzip("gzip;q=0"));
    }

    #[test]
    fn the_script_weighs_at_most_six_kilobytes_and_the_style_eight() {
        assert!(SCRIPT.packed.len() <= 6 * 1024, "{}", SCRIPT.packed.len());
        assert!(STYLE.packed.len() <= 8 * 1024, "{}", STYLE.packed.len());
    }
}
