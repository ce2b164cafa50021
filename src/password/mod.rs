//! Stage 6: a temporary password is made, sealed, and set. It is made by us, sealed before the
//! directory is touched, and readable in clear only where it is set, texted or shown.

use std::time::Duration;

use async_trait::async_trait;
use zeroize::Zeroizing;

use crate::clock::{parse_rfc3339, rfc3339};
use crate::directory::{DirectoryError, Finding, Privilege, Standing};
use crate::types::{AccountId, Outcome, UnixMillis};

mod draw;
pub mod file;
pub mod generate;
pub mod graph;
pub mod hybrid;
pub mod ldap;
pub mod seal;
pub mod words;

/// A password, or a pass, that opens an account until its owner has chosen a password. Not `Clone`, not
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

/// The outcome of a change that the register has made: its `name` for the call, and what o'clock it was there.
/// Whether a later change is somebody else's is seen by that clock alone: ours may be wrong now, and may have
/// been wrong then and set right since.
fn accepted(name: &str, at: Option<UnixMillis>) -> Outcome {
    let at = at.map(rfc3339).unwrap_or_default();
    Outcome::Accepted { reference: format!("{name} {at}").trim().to_owned() }
}

/// When the register made the change, by its own clock; `None` when it has not made it or did not say.
#[must_use]
pub fn made_at(outcome: &Outcome) -> Option<UnixMillis> {
    match outcome {
        Outcome::Accepted { reference } => reference.split(' ').next_back().and_then(parse_rfc3339),
        Outcome::Refused { .. } | Outcome::NotSent { .. } | Outcome::Uncertain { .. } => None,
    }
}

/// With less time left a change is not begun: its answer could not be waited for.
const LEAST_TIME: Duration = Duration::from_millis(500);

/// A password changed later than ours by more than this is not ours. Both times are the register's, but of
/// servers that may differ a little; a change may begin some seconds after its clock was read, and Active
/// Directory rounds. A shorter time says "used" of a password that nobody has used, and its owner is then
/// forgotten; a longer one says "not used" of an owner who was quick, and costs a technician a look. So it errs
/// to the long side.
const SAME_RESET: Duration = Duration::from_secs(120);

/// Was a temporary password used (replaced by one of the owner's own)?
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Used {
    /// The owner has chosen a password of their own since.
    Yes,
    /// The account still waits for its owner.
    No,
}

/// A Temporary Access Pass as it was issued. It is nobody's before it was sealed.
#[derive(Debug)]
pub struct AccessPass {
    /// What opens the account.
    pub pass: TemporaryPassword,
    /// The directory's name for it, which opens nothing.
    pub id: String,
    /// Until when it opens the account, by the desk's clock.
    pub valid_until: UnixMillis,
}

/// The right to have passes issued by a directory. The old password stays as it is.
#[async_trait]
pub trait AccessPasses: Send + Sync {
    /// Has a pass issued for `account`. It takes the place of every earlier one, so asking again after an
    /// uncertain answer is harmless; what an earlier call has issued opens nothing then.
    ///
    /// # Errors
    /// The outcome of a call that brought no pass; never that it was accepted.
    async fn issue(&self, account: &AccountId) -> Result<AccessPass, Outcome>;

    /// Has the pass with this identifier opened the account?
    ///
    /// # Errors
    /// [`DirectoryError`]: nothing may be concluded.
    async fn opened(&self, account: &AccountId, pass: &str) -> Result<Used, DirectoryError>;
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

    /// Can [`PasswordReset::exchange`] be asked for this register's accounts?
    fn exchanges(&self) -> bool {
        false
    }

    /// Sets `new` in the place of `old`, and only if the account's password is still `old`: whoever has chosen
    /// one of their own meanwhile keeps it. [`Outcome::Refused`] when it is not, or may not be changed;
    /// nothing was changed then.
    async fn exchange(
        &self,
        _account: &AccountId,
        _old: &TemporaryPassword,
        _new: &TemporaryPassword,
    ) -> Outcome {
        Outcome::Refused { cause: "this register cannot compare before it changes".to_owned() }
    }

    /// Has the owner chosen a password since we set ours at `set_at`, by the register's clock ([`made_at`])?
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
