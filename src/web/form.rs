//! The token that a form carries, so that a POST proves that its sender got the page with the form in this
//! browser: the signed double-submit cookie of OWASP's "Cross-Site Request Forgery Prevention" cheat sheet,
//! with the cookie as the key. No state and no key of the server is needed, so a page opened before a restart,
//! or on another node, still works.

use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use super::desk::Browser;
use crate::keyring::{KEY_LENGTH, hmac_sha256};

/// What only this cookie gives for this purpose, in hexadecimal.
pub(super) fn token(cookie: &Browser, purpose: &str) -> String {
    let mut key = Zeroizing::new([0; KEY_LENGTH]);
    key.iter_mut().zip(cookie.as_str().bytes()).for_each(|(octet, digit)| *octet = digit);
    data_encoding::HEXLOWER.encode(&hmac_sha256(&key, purpose.as_bytes()))
}

/// 64 random bits: a form's own, so that posted twice it is done once.
pub(super) fn key() -> String {
    data_encoding::HEXLOWER.encode(&rand::random::<[u8; 8]>())
}

/// Is `given` that token? Compared in constant time.
pub(super) fn fits(cookie: &Browser, purpose: &str, given: &str) -> bool {
    token(cookie, purpose).as_bytes().ct_eq(given.as_bytes()).into()
}
