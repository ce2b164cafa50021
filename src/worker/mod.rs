//! The shell around the stages: it takes mails in, takes on due work, carries out the effects that
//! the states want, and records what happened. Everything outside is handed in as a trait.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::Notify;

use crate::clock::Clock;
use crate::decision::{Automation, Policy};
use crate::delivery::texts::Texts;
use crate::delivery::webhook::Webhook;
use crate::delivery::{GatewayTraits, MailSender, SmsGateway};
use crate::directory::Directory;
use crate::dkim::Dkim;
use crate::keyring::Keyring;
use crate::mail::Authentication;
use crate::oidc::Provider;
use crate::password::{AccessPasses, PasswordReset};
use crate::store::{Store, StoreError};
use crate::types::{EmailAddress, UnixMillis};

mod accounts;
mod acts;
mod alarm;
mod answer;
mod backoff;
mod balances;
mod breaker;
mod decide;
mod draft;
mod explain;
mod facts;
mod fresh;
mod guard;
mod handover;
mod health;
mod intake;
mod issue;
mod left;
mod limits;
mod links;
mod looked;
mod message_texts;
mod messages;
mod offer;
mod operations;
mod port;
mod pulse;
mod quarantine;
mod queue;
mod reads;
mod receipts;
mod reconcile;
mod reset;
mod restored;
mod run;
mod scramble;
mod sign_in;
mod signatures;
mod step;
mod stop;
mod texting;
mod typed;
mod upkeep;
mod view;
mod watch;
mod webhooks;
mod work;

pub use accounts::{AccountRules, AccountsPort, RoleGroups, password_hash};
pub use backoff::Backoff;
pub use breaker::Breakers;
pub use explain::{Explanation, explain};
pub use health::Health;
pub use intake::{Inbox, Intake, IntakeSettings, Told};
pub(crate) use operations::said;
pub use operations::{OperationsParts, OperationsPort, Probe};
pub use port::{ActsPort, DeskPort, PeoplePort, ProgramsPort};
pub use quarantine::{Rereading, Retried, retry, stays};
pub use queue::{Ages, QueuePort};
pub use reconcile::{FolderCount, ReconcileError, Reconciled, Reconciliation, UnknownMail};
pub use run::{Worker, WorkerError};
pub use view::ViewPort;

/// The rules that the worker itself needs, from the configuration.
#[derive(Clone, Debug)]
pub struct Rules {
    /// What a decision rests on.
    pub policy: Policy,
    /// The configured switch; one turned at run time comes before it.
    pub automation: Automation,
    /// The organisation's own mail domains.
    pub own_domains: Vec<String>,
    /// How each mailbox's senders are vouched for.
    pub authentications: Vec<(String, Authentication)>,
    /// Characters of a temporary password, separators not counted.
    pub password_length: usize,
    /// Words of a password that a page shows; `None`: it has characters there, too. A password that goes
    /// by text always has characters.
    pub page_words: Option<usize>,
    /// Unused after this, a password opens its ticket again.
    pub password_valid: Duration,
    /// And is it replaced by one that nobody knows?
    pub scramble: bool,
    /// How long a link may be used.
    pub pickup_valid: Duration,
    /// How long a sealed password may be under way.
    pub deadline: Duration,
    /// When whoever has not opened a link is reminded, counted from its offer.
    pub remind_after: Duration,
    /// Texts in a day, all together.
    pub texts_per_day: u32,
    /// An override needs a second person (decisions, 18).
    pub four_eyes: bool,
    /// Who gets alarms.
    pub alarm_to: Vec<EmailAddress>,
    /// The desk's own address: mails from it are never answered.
    pub desk_address: EmailAddress,
    /// Where pickup links point, without a slash at the end.
    pub public_url: String,
}

/// How long things may take.
#[derive(Clone, Copy, Debug)]
pub struct Timing {
    /// A lease on a piece of work.
    pub lease: Duration,
    /// What a lease must have left beyond a call's own limit, or the call does not start.
    pub guard: Duration,
    /// A reset of unknown outcome is left alone for this long after the old lease's end.
    pub quiesce: Duration,
    /// A call to the directory.
    pub directory: Duration,
    /// A call to a gateway.
    pub gateway: Duration,
    /// Sending one mail.
    pub mail: Duration,
    /// How long a request waits for a directory that fails.
    pub patience: Duration,
    /// The first pause between two tries; later ones are longer.
    pub retry: Duration,
    /// How often the worker looks for due work when nothing wakes it.
    pub look: Duration,
    /// How often gateways are asked for their balances. A day of texts does not empty an account that was not
    /// low before.
    pub balances: Duration,
}

impl Default for Timing {
    fn default() -> Self {
        Self {
            lease: Duration::from_secs(60),
            guard: Duration::from_secs(10),
            quiesce: Duration::from_secs(30),
            directory: Duration::from_secs(10),
            gateway: Duration::from_secs(20),
            mail: Duration::from_secs(30),
            patience: Duration::from_secs(30 * 60),
            retry: Duration::from_secs(2),
            look: Duration::from_secs(1),
            balances: Duration::from_secs(6 * 60 * 60),
        }
    }
}

/// Everything that the worker works with.
pub struct Parts {
    /// Tickets, mails, intents, audit.
    pub store: Arc<dyn Store>,
    /// Who people are.
    pub directory: Arc<dyn Directory>,
    /// The right to set passwords.
    pub reset: Arc<dyn PasswordReset>,
    /// The right to have passes issued, where cloud accounts are handed passes.
    pub passes: Option<Arc<dyn AccessPasses>>,
    /// Ways for texts, in the order in which they are tried.
    pub gateways: Vec<Arc<dyn SmsGateway>>,
    /// Which of them failed lately.
    pub breakers: Breakers,
    /// The way for mails.
    pub mail: Arc<dyn MailSender>,
    /// Checks signatures, where a mailbox has nobody else who vouches.
    pub dkim: Option<Arc<Dkim>>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// The sealing keys; without them tickets work and passwords wait.
    pub keyring: Option<Arc<Keyring>>,
    /// All texts.
    pub texts: Arc<Texts>,
    /// Where managers sign in, when links ask for that.
    pub provider: Option<Arc<Provider>>,
    /// Systems of the site that are told.
    pub webhooks: Vec<Arc<Webhook>>,
    /// The rules.
    pub rules: Rules,
    /// How long things may take.
    pub timing: Timing,
    /// Names this process in leases.
    pub owner: String,
    /// Rung when there is new work.
    pub wake: Notify,
    /// Rung when somebody wants an act.
    pub acted: Notify,
}

impl Parts {
    pub(crate) fn now(&self) -> UnixMillis {
        self.clock.now()
    }

    pub(crate) fn moment(&self) -> Instant {
        self.clock.moment()
    }

    /// May an outside call of at most `limit` start under a lease that was taken then?
    pub(crate) fn lease_allows(&self, taken: Instant, limit: Duration) -> bool {
        let Timing { lease, guard, .. } = self.timing;
        self.moment().saturating_duration_since(taken) + limit + guard <= lease
    }

    pub(crate) fn gateway_traits(&self) -> Vec<GatewayTraits> {
        self.gateways.iter().map(|g| g.traits()).collect()
    }

    /// The switch as it stands now.
    pub(crate) async fn automation(&self) -> Result<Automation, StoreError> {
        let turned = self.store.switch(self.now()).await?;
        Ok(turned.map_or(self.rules.automation, |switch| switch.automation))
    }
}
