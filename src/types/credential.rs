//! What somebody is handed so that they can sign in again.

use serde::{Deserialize, Serialize};

/// What opens an account for a while.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Credential {
    /// A temporary password. Setting it takes the old password away.
    #[default]
    Password,
    /// A Temporary Access Pass of Entra ID: another way in, for a short time and once. The old password
    /// stays as it is.
    TemporaryAccessPass,
}

impl Credential {
    /// Is it a password? What was stored before there were others is one.
    #[must_use]
    pub fn is_password(&self) -> bool {
        *self == Self::Password
    }
}
