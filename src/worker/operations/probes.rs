//! Every dependency, tried harmlessly: when it answered last, how long that took, and what it said.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use async_trait::async_trait;

use super::at_end::{AtEnd, NO_ANSWER};
use crate::types::UnixMillis;
use crate::web::PartHealth;
use crate::worker::{Parts, webhooks};

/// What was tried so long ago is tried again when somebody looks.
const FRESH: Duration = Duration::from_secs(60);
/// No try takes longer.
const LIMIT: Duration = Duration::from_secs(20);

/// A dependency that can be tried without harm.
#[async_trait]
pub trait Probe: Send + Sync {
    /// Its name: `mailbox:NAME`, `gateway:NAME` …
    fn part(&self) -> String;

    /// Tries it.
    ///
    /// # Errors
    /// In words, why it cannot be used.
    async fn try_it(&self) -> Result<String, String>;
}

/// What is known of a part.
#[derive(Clone, Debug, Default)]
pub(super) struct Known {
    part: String,
    answered_at: Option<UnixMillis>,
    took: Option<Duration>,
    said: String,
    well: Option<bool>,
    /// When it was tried last.
    tried: Option<Instant>,
    looking: bool,
}

impl Known {
    pub(super) fn health(self) -> PartHealth {
        let Self { part, answered_at, took, said, well, .. } = self;
        PartHealth { part, answered_at, took, said, well }
    }
}

/// All of them.
pub(super) struct Looks {
    probes: Vec<Arc<dyn Probe>>,
    known: Mutex<Vec<Known>>,
}

impl Looks {
    /// The desk's own parts, and `more`.
    pub(super) fn over(parts: &Arc<Parts>, more: &[Arc<dyn Probe>]) -> Self {
        let own = |part| Arc::new(Own { parts: Arc::clone(parts), part }) as Arc<dyn Probe>;
        let mut probes = vec![own(Part::Store), own(Part::Directory), own(Part::Reset)];
        probes.extend_from_slice(more);
        probes.extend((0..parts.gateways.len()).map(|gateway| own(Part::Gateway(gateway))));
        probes.push(own(Part::Mail));
        probes.extend((0..parts.webhooks.len()).map(|hook| own(Part::Webhook(hook))));
        if parts.provider.is_some() {
            probes.push(own(Part::Provider));
        }
        let known = probes.iter().map(|probe| Known { part: probe.part(), ..Known::default() }).collect();
        Self { probes, known: Mutex::new(known) }
    }

    pub(super) fn all(&self) -> Vec<Known> {
        self.known().clone()
    }

    fn known(&self) -> std::sync::MutexGuard<'_, Vec<Known>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tries what was not tried lately, each in a task of its own.
    pub(super) fn refresh(self: &Arc<Self>, parts: &Arc<Parts>) {
        for place in 0..self.probes.len() {
            let stale = {
                let mut all = self.known();
                let known = &mut all[place];
                let stale = !known.looking && known.tried.is_none_or(|tried| tried.elapsed() >= FRESH);
                known.looking |= stale;
                stale
            };
            if stale {
                let (looks, parts) = (Arc::clone(self), Arc::clone(parts));
                tokio::spawn(async move {
                    let _ends = AtEnd(|| looks.has_ended(place));
                    looks.look(place, &parts).await;
                });
            }
        }
    }

    /// Tries one now.
    pub(super) async fn now(&self, part: &str, parts: &Parts) -> Option<Known> {
        let place = self.probes.iter().position(|probe| probe.part() == part)?;
        self.look(place, parts).await;
        Some(self.known()[place].clone())
    }

    /// A look of [`Self::refresh`] is over, with an answer or without.
    fn has_ended(&self, place: usize) {
        let mut all = self.known();
        let known = &mut all[place];
        if std::mem::take(&mut known.looking) {
            (known.well, known.tried) = (Some(false), Some(Instant::now()));
            NO_ANSWER.clone_into(&mut known.said);
        }
    }

    async fn look(&self, place: usize, parts: &Parts) {
        let began = Instant::now();
        let tried = tokio::time::timeout(LIMIT, self.probes[place].try_it()).await;
        let tried = tried.unwrap_or_else(|_| Err(format!("no answer within {} s", LIMIT.as_secs())));
        let took = began.elapsed();
        let mut all = self.known();
        let known = &mut all[place];
        known.well = Some(tried.is_ok());
        known.tried = Some(Instant::now());
        known.looking = false;
        match tried {
            Ok(said) => {
                known.said = said;
                known.answered_at = Some(parts.now());
                known.took = Some(took);
            }
            Err(why) => known.said = why,
        }
    }
}

/// A part that the desk itself holds.
struct Own {
    parts: Arc<Parts>,
    part: Part,
}

enum Part {
    Store,
    Directory,
    Reset,
    Gateway(usize),
    Mail,
    Webhook(usize),
    Provider,
}

#[async_trait]
impl Probe for Own {
    fn part(&self) -> String {
        match self.part {
            Part::Store => "store".to_owned(),
            Part::Directory => "directory".to_owned(),
            Part::Reset => "password reset".to_owned(),
            Part::Gateway(place) => {
                format!("gateway:{}", self.parts.gateways.get(place).map_or("", |gateway| gateway.name()))
            }
            Part::Mail => "mail out".to_owned(),
            Part::Webhook(place) => {
                format!("webhook:{}", self.parts.webhooks.get(place).map_or("", |hook| hook.shown()))
            }
            Part::Provider => "sign-in".to_owned(),
        }
    }

    async fn try_it(&self) -> Result<String, String> {
        let parts = &self.parts;
        match self.part {
            Part::Store => parts.store.probe().await.map_err(|error| error.to_string()),
            Part::Directory => parts.directory.probe().await.map_err(|error| error.to_string()),
            Part::Reset => parts.reset.probe().await.map_err(|error| error.to_string()),
            Part::Gateway(place) => match parts.gateways.get(place) {
                Some(gateway) => gateway.probe().await,
                None => Err("it is gone".to_owned()),
            },
            Part::Mail => parts.mail.probe().await,
            Part::Webhook(place) => match parts.webhooks.get(place) {
                Some(hook) => webhooks::state(parts, hook).await,
                None => Err("it is gone".to_owned()),
            },
            Part::Provider => match &parts.provider {
                Some(provider) => provider.probe().await.map_err(|error| error.to_string()),
                None => Err("it is gone".to_owned()),
            },
        }
    }
}
