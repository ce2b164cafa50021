//! `[policy]`: what may be done without a human. The choices are those of [`crate::decision`];
//! here is how they are written.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Notice, Settings};
use crate::config::values;
use crate::decision::{self, Policy};
use crate::directory::PhoneType;

/// Declares how a choice of [`crate::decision`] is written, and turns it into that choice.
macro_rules! choice {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident),* $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
        #[serde(rename_all = "kebab-case")]
        pub enum $name { $($(#[$variant_doc])* $variant),* }

        impl From<$name> for decision::$name {
            fn from(written: $name) -> Self {
                match written { $($name::$variant => Self::$variant),* }
            }
        }
    };
}

choice!(
    /// The switch.
    Automation {
        /// Decide and act.
        On,
        /// Decide and record, change and send nothing.
        Observe,
        /// Every mail to the queue.
        Off,
    }
);
choice!(
    /// Whose mails may start a reset.
    Senders {
        /// Anybody whom the organisation's own mail system vouches for.
        OwnDomain,
        /// Only the account's own addresses and its manager's, vouched for.
        AccountOrManager,
        /// Anybody.
        Any,
    }
);
choice!(
    /// What to do when the phone does not help.
    Fallback {
        /// Ask the nearest manager.
        Manager,
        /// Let a technician look.
        Review,
    }
);
choice!(
    /// Who gets the acknowledgement.
    Acknowledge {
        /// Senders somebody vouches for.
        Vouched,
        /// Every person.
        All,
        /// Nobody.
        None,
    }
);
choice!(
    /// How the password reaches the requester's registered phone.
    RequesterDelivery {
        /// The password itself.
        Password,
        /// A link; nothing changes until it is used.
        Pickup,
        /// The password when the account's own mailbox asked, else a link.
        PasswordIfOwnMailbox,
    }
);
choice!(
    /// How the password reaches a manager.
    ManagerDelivery {
        /// A link; nothing changes until it is used.
        Pickup,
        /// The password itself, to the manager's registered phone.
        Password,
    }
);
choice!(
    /// What to do with a manager who is away.
    ManagerAbsent {
        /// Take the next one up.
        Skip,
        /// Ask all the same.
        AskAnyway,
    }
);

/// `[policy]`.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct PolicySettings {
    /// The switch.
    pub automation: Automation,
    /// The organisation's own mail domains, in lower case; at least one.
    pub domains: Vec<String>,
    /// Whose mails may start a reset.
    pub senders: Senders,
    /// When the phone in the mail is not a registered one.
    pub phone_mismatch: Fallback,
    /// When no phone is registered.
    pub no_phone: Fallback,
    /// Types of registered phones that may be texted.
    #[schemars(with = "Vec<String>")]
    pub phone_types: Vec<PhoneType>,
    /// A phone registered more recently than this goes to review.
    #[serde(with = "values::duration")]
    #[schemars(with = "String")]
    pub phone_age: Duration,
    /// ISO 3166-1 codes of the countries whose numbers may be texted.
    pub countries: Vec<String>,
    /// Groups whose members are never automated, in addition to the built-in ones.
    pub protected_groups: Vec<String>,
    /// Older mails go to the queue.
    #[serde(with = "values::duration")]
    #[schemars(with = "String")]
    pub max_mail_age: Duration,
    /// Who gets the acknowledgement.
    pub acknowledge: Acknowledge,
    /// Per account, between two.
    #[serde(with = "values::duration")]
    #[schemars(with = "String")]
    pub cooldown: Duration,
    /// Limit per account in a day.
    pub per_account_per_day: u32,
    /// Limit per sender in a day.
    pub per_sender_per_day: u32,
    /// Limit per phone in a day.
    pub per_phone_per_day: u32,
    /// Limit per unit in an hour.
    pub per_unit_per_hour: u32,
    /// Limit of the whole desk in an hour.
    pub per_hour: u32,
    /// An override needs a second technician.
    pub four_eyes: bool,
}

impl Default for PolicySettings {
    fn default() -> Self {
        Self {
            automation: Automation::On,
            domains: Vec::new(),
            senders: Senders::OwnDomain,
            phone_mismatch: Fallback::Manager,
            no_phone: Fallback::Manager,
            phone_types: vec![PhoneType::Mobile, PhoneType::AlternateMobile],
            phone_age: Duration::ZERO,
            countries: vec!["SE".to_owned()],
            protected_groups: vec!["Domain Admins".to_owned()],
            max_mail_age: Duration::from_secs(24 * 3600),
            acknowledge: Acknowledge::Vouched,
            cooldown: Duration::from_secs(15 * 60),
            per_account_per_day: 3,
            per_sender_per_day: 5,
            per_phone_per_day: 3,
            per_unit_per_hour: 60,
            per_hour: 300,
            four_eyes: true,
        }
    }
}

impl Settings {
    /// The rules of the site, as a decision takes them.
    #[must_use]
    pub fn decision_policy(&self) -> Policy {
        let (policy, delivery) = (&self.policy, &self.delivery);
        Policy {
            senders: policy.senders.into(),
            phone_mismatch: policy.phone_mismatch.into(),
            no_phone: policy.no_phone.into(),
            phone_types: policy.phone_types.clone(),
            phone_age: policy.phone_age,
            countries: policy.countries.clone(),
            protected_groups: policy.protected_groups.clone(),
            max_mail_age: policy.max_mail_age,
            acknowledge: policy.acknowledge.into(),
            cooldown: policy.cooldown,
            per_account_per_day: policy.per_account_per_day,
            per_sender_per_day: policy.per_sender_per_day,
            per_phone_per_day: policy.per_phone_per_day,
            per_unit_per_hour: policy.per_unit_per_hour,
            per_hour: policy.per_hour,
            requester: delivery.requester.into(),
            manager: delivery.manager.into(),
            manager_depth: delivery.manager_depth,
            manager_absent: delivery.manager_absent.into(),
            pickup: delivery.pickup.into(),
            manager_told: decision::ToldBy {
                text: delivery.manager_notice.contains(&Notice::Sms),
                mail: delivery.manager_notice.contains(&Notice::Mail),
            },
        }
    }

    /// The configured position of the switch; the store may hold a newer one.
    #[must_use]
    pub fn automation(&self) -> decision::Automation {
        self.policy.automation.into()
    }
}
