//! `[password]` and `[delivery]`: what a temporary password looks like, and how it reaches a hand.

use std::path::PathBuf;
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::policy::{ManagerAbsent, ManagerDelivery, RequesterDelivery};
use crate::config::secrets::SecretSource;
use crate::config::values;
use crate::decision;

/// What a password is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum PasswordStyle {
    /// Letters and digits without look-alikes.
    Characters,
    /// Words where a page shows it; characters in a text.
    Words,
}

/// What becomes of a password that nobody used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Unused {
    /// The ticket opens again.
    Reopen,
    /// And the password is replaced by a random one.
    Scramble,
}

/// `[password]`.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct PasswordSettings {
    /// What it is made of.
    pub style: PasswordStyle,
    /// Characters without separators.
    pub length: u8,
    /// Words, where a page shows them.
    pub words: u8,
    /// Unused after this, [`PasswordSettings::unused`] happens.
    #[serde(with = "values::duration")]
    #[schemars(with = "String")]
    pub valid: Duration,
    /// What becomes of one that nobody used.
    pub unused: Unused,
    /// 32 raw bytes that seal it. Read with [`SecretSource::read_bytes`] by whoever seals: without
    /// the key the program runs, and passwords wait.
    pub key: SecretSource,
    /// Keys that may still open what they sealed.
    pub old_keys: Vec<SecretSource>,
}

impl Default for PasswordSettings {
    fn default() -> Self {
        Self {
            style: PasswordStyle::Characters,
            length: 12,
            words: 4,
            valid: Duration::from_secs(24 * 3600),
            unused: Unused::Reopen,
            key: SecretSource::File(PathBuf::from("/etc/nyckelbud/seal.key")),
            old_keys: Vec::new(),
        }
    }
}

/// A way to tell a manager.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Notice {
    /// A text.
    Sms,
    /// A mail.
    Mail,
}

/// What a pickup asks for beside the link.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum PickupMethod {
    /// Nothing.
    Link,
    /// A code.
    LinkAndCode,
    /// Nothing: a code by text takes the link's place.
    Code,
    /// A sign-in.
    SignIn,
}

impl From<PickupMethod> for decision::Pickup {
    fn from(written: PickupMethod) -> Self {
        match written {
            PickupMethod::Link => Self::Link,
            PickupMethod::LinkAndCode => Self::LinkAndCode,
            PickupMethod::Code => Self::Code,
            PickupMethod::SignIn => Self::SignIn,
        }
    }
}

/// `[delivery]`.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct DeliverySettings {
    /// What goes to the requester's registered phone.
    pub requester: RequesterDelivery,
    /// What goes to a manager.
    pub manager: ManagerDelivery,
    /// How a manager is told.
    pub manager_notice: Vec<Notice>,
    /// How far up the chain a manager is sought.
    pub manager_depth: u8,
    /// A manager who is away.
    pub manager_absent: ManagerAbsent,
    /// What a pickup asks for.
    pub pickup: PickupMethod,
    /// How long an offer stands.
    #[serde(with = "values::duration")]
    #[schemars(with = "String")]
    pub pickup_valid: Duration,
    /// Counted from sealing: past it an undelivered password becomes a technician's ticket.
    #[serde(with = "values::duration")]
    #[schemars(with = "String")]
    pub deadline: Duration,
}

impl Default for DeliverySettings {
    fn default() -> Self {
        Self {
            requester: RequesterDelivery::Password,
            manager: ManagerDelivery::Pickup,
            manager_notice: vec![Notice::Sms, Notice::Mail],
            manager_depth: 3,
            manager_absent: ManagerAbsent::Skip,
            pickup: PickupMethod::Link,
            pickup_valid: Duration::from_secs(4 * 3600),
            deadline: Duration::from_secs(30 * 60),
        }
    }
}
