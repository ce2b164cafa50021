//! (being written)
/// Keys.
pub struct Keyring;
impl Keyring {
    /// Current id.
    #[must_use]
    pub fn current_id(&self) -> &str {
        "00000000"
    }
    /// HMAC-SHA256 under a purpose-derived subkey.
    #[must_use]
    pub fn mac(&self, _key_id: &str, _purpose: &str, _data: &[u8]) -> Option<[u8; 32]> {
        None
    }
}
