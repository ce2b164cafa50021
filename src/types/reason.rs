//! Why a human or the manager is involved: the stable codes of the queue, the command line and the
//! programming interface.

use serde::{Deserialize, Serialize};

macro_rules! reasons {
    ($($(#[$doc:meta])* $name:ident = $code:literal,)*) => {
        /// A stable code whenever a human or the manager is involved.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum Reason { $($(#[$doc])* #[serde(rename = $code)] $name,)* }

        impl Reason {
            /// Every reason, in the order in which pages list them.
            pub const ALL: &'static [Reason] = &[$(Reason::$name,)*];

            /// The code as others see it.
            #[must_use]
            pub fn code(self) -> &'static str {
                match self { $(Reason::$name => $code,)* }
            }
        }
    };
}

reasons! {
    /// The phone in the mail is not a registered one.
    PhoneMismatch = "phone-mismatch",
    /// No phone is registered.
    NoPhone = "no-phone",
    /// The registered phone is a landline or of a type that takes no texts.
    PhoneTakesNoSms = "phone-takes-no-sms",
    /// The phone was registered more recently than `policy.phone_age`.
    PhoneTooNew = "phone-too-new",
    /// The directory does not know the username.
    AccountUnknown = "account-unknown",
    /// The username fits several accounts.
    AccountAmbiguous = "account-ambiguous",
    /// The account is switched off.
    AccountDisabled = "account-disabled",
    /// The account is privileged, or nobody could tell.
    AccountProtected = "account-protected",
    /// Nobody vouches for the sender, or the sender may not start it.
    SenderUnverified = "sender-unverified",
    /// Username or phone is missing.
    FieldsMissing = "fields-missing",
    /// Several values could be meant.
    FieldsAmbiguous = "fields-ambiguous",
    /// No manager can be reached.
    NoManager = "no-manager",
    /// Too many or too soon for the account.
    LimitAccount = "limit-account",
    /// Too many from the sender, or with the phone.
    LimitSender = "limit-sender",
    /// Too many for the unit or the whole desk.
    LimitDesk = "limit-desk",
    /// Older than `policy.max_mail_age`.
    MailTooOld = "mail-too-old",
    /// Several requests named wrong phones for the account, or its owner says that it was not them.
    AccountFrozen = "account-frozen",
    /// The registered phone belongs to a country that is never texted.
    PhoneForeign = "phone-foreign",
    /// The directory failed, or answered half.
    DirectoryFailed = "directory-failed",
    /// The directory refused the new password.
    ResetRefused = "reset-refused",
    /// Nobody knows whether the new password was set.
    ResetUncertain = "reset-uncertain",
    /// No way to hand over the password worked.
    DeliveryFailed = "delivery-failed",
    /// Nobody opened the pickup link in time.
    PickupExpired = "pickup-expired",
    /// The manager answered that this is not their employee.
    ManagerDeclined = "manager-declined",
    /// The password was shown, but nobody confirmed the handover.
    HandoverUnconfirmed = "handover-unconfirmed",
    /// The temporary password was not used in time.
    PasswordUnused = "password-unused",
    /// The store was restored from a backup.
    StoreRestored = "store-restored",
    /// The automation is switched off or paused.
    AutomationOff = "automation-off",
    /// The mail is about something else.
    OtherSubject = "other-subject",
}

/// No reason has this code.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a reason code")]
pub struct UnknownReason(String);

impl std::str::FromStr for Reason {
    type Err = UnknownReason;
    fn from_str(code: &str) -> Result<Self, Self::Err> {
        Self::ALL.iter().copied().find(|r| r.code() == code).ok_or_else(|| UnknownReason(code.to_owned()))
    }
}

impl std::fmt::Display for Reason {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.code())
    }
}
