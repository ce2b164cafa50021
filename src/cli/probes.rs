//! What the health page can try beside the parts that the desk holds: each mailbox, by a connection of its own.

use std::sync::Arc;

use async_trait::async_trait;

use super::assembly;
use crate::config::{MailboxSettings, Settings};
use crate::token::Tokens;
use crate::worker::Probe;

/// A mailbox that can be signed in to.
struct MailboxProbe {
    settings: MailboxSettings,
    tokens: Arc<Tokens>,
}

#[async_trait]
impl Probe for MailboxProbe {
    fn part(&self) -> String {
        format!("mailbox:{}", self.settings.name)
    }

    async fn try_it(&self) -> Result<String, String> {
        let mut mailbox = assembly::mailbox(&self.settings, &self.tokens).map_err(|e| e.to_string())?;
        mailbox.open().await.map_err(|e| e.to_string())?;
        Ok(format!("signed in, {} opens", self.settings.inbox))
    }
}

/// Every mailbox of the settings.
pub(super) fn mailboxes(settings: &Settings, tokens: &Arc<Tokens>) -> Vec<Arc<dyn Probe>> {
    let probe = |one: &MailboxSettings| {
        Arc::new(MailboxProbe { settings: one.clone(), tokens: Arc::clone(tokens) }) as Arc<dyn Probe>
    };
    settings.mailboxes.iter().map(probe).collect()
}
