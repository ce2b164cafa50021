//! Stage 6: a temporary password is made, sealed, and set. It is made by us, sealed before the
//! directory is touched, and readable in clear only where it is set, texted or shown.

use std::time::Duration;

use async_trait::async_trait;
use zeroize::Zeroizing;

use crate::directory::{DirectoryError, Finding, Privilege, Standing};
use crate::types::{AccountId, Outcome, UnixMillis};

pub mod file;
pub mod generate;
pub mod graph;
pub mod hybrid;
pub mod ldap;
pub mod seal;

/// A password that opens an account until its owner chooses another. Not `Clone`, not
/// `Serialize`, no `Display`; wiped on drop.
pub struct TemporaryPassword(Zeroizing<String>);

impl TemporaryPassword {
    /// Takes the characters over.
    pub(crate) fn new(characters: Zeroizing<String>) -> Self {
        Self(characters)
    }

    /// The password in clear. Its callers are counted by a test: where it is set, sealed, texted
    /// and shown, nowhere else.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for TemporaryPassword {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("[temporary password]")
    }
}

/// Why an account gets no password from us, whatever the register would allow; read anew before each
/// change, because much may have happened since the decision.
fn why_not(
    standing: &Standing,
    privilege: &Privilege,
    groups: &[String],
    protected_groups: &[String],
) -> Option<String> {
    if let Standing::Closed(why) = standing {
        return Some(format!("the account is {why}"));
    }
    match privilege {
        Privilege::Ordinary => {}
        Privilege::Privileged(by) => return Some(format!("the account is privileged: {by}")),
        Privilege::Unknown(why) => return Some(format!("the account counts as privileged: {why}")),
    }
    let is_protected = |group: &&String| {
        protected_groups.iter().any(|protected| protected.to_lowercase() == group.to_lowercase())
    };
    let group = groups.iter().find(is_protected)?;
    Some(format!("the account is a member of the protected group {group}"))
}

/// A password changed later than ours by more than this is not ours. The store notes the time of its own
/// call; a repeated call comes a little later, the server's clock is its own, and Active Directory rounds. A
/// shorter time says "used" of a password that nobody has used, and its owner is then forgotten; a longer one
/// says "not used" of an owner who was quick, and costs a technician a look. So it errs to the long side.
const SAME_RESET: Duration = Duration::from_secs(120);

/// Was a temporary password used (replaced by one of the owner's own)?
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Used {
    /// The owner has chosen a password of their own since.
    Yes,
    /// The account still waits for its owner.
    No,
}

/// The register did not take this value, by its rules for passwords: another may do. Every other refusal is an
/// [`Outcome::Refused`], which a new value does not change.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct ValueRefused(
    /// Why, in words fit for a log.
    pub String,
);

/// The right to set passwords in a directory.
#[async_trait]
pub trait PasswordReset: Send + Sync {
    /// Sets `password` on `account`, to be changed at the next sign-in. Setting the same value
    /// again is harmless.
    ///
    /// # Errors
    /// [`ValueRefused`]: another value may do; nothing was changed.
    async fn set(&self, account: &AccountId, password: &TemporaryPassword) -> Result<Outcome, ValueRefused>;

    /// Has the owner chosen a password since we set ours at `set_at`?
    ///
    /// # Errors
    /// [`DirectoryError`]: nothing may be concluded.
    async fn used(&self, account: &AccountId, set_at: UnixMillis) -> Result<Used, DirectoryError>;

    /// Tries, without changing anything, whether passwords could be set; answers in words.
    ///
    /// # Errors
    /// [`DirectoryError`]: why not.
    async fn probe(&self) -> Result<String, DirectoryError>;

    /// Tries each right that setting passwords needs, by itself and without changing anything.
    async fn rights(&self) -> Vec<Finding>;
}
