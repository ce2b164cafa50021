//! (being written)
use crate::types::UnixMillis;
use serde::{Deserialize, Serialize};
/// A sealed password.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sealed {
    /// Key.
    pub key_id: String,
    /// Nonce, base64.
    pub nonce: String,
    /// Ciphertext, base64.
    pub ciphertext: String,
    /// Expiry.
    pub expires_at: UnixMillis,
}
