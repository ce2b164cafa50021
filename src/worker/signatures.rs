//! Mails' signatures are checked once, when the mails come; what was found is kept with them.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use tokio::runtime::Handle;
use tokio::task::JoinError;

use super::Parts;
use crate::dkim::Dkim;
use crate::mail::{Authentication, Signatures};

/// The mails in their order, each with what its signatures prove, where that is what vouches. They are
/// checked side by side: a DNS that is silent holds all of them up for no longer than one.
pub(super) async fn checked<M: AsRef<[u8]> + Send + 'static>(
    parts: &Parts,
    authentication: &Authentication,
    mails: Vec<M>,
) -> Result<Vec<(M, Option<Signatures>)>, JoinError> {
    checked_with(parts.dkim.as_ref(), authentication, mails).await
}

/// The same with `dkim` alone.
pub(super) async fn checked_with<M: AsRef<[u8]> + Send + 'static>(
    dkim: Option<&Arc<Dkim>>,
    authentication: &Authentication,
    mails: Vec<M>,
) -> Result<Vec<(M, Option<Signatures>)>, JoinError> {
    let Some(dkim) = dkim.filter(|_| *authentication == Authentication::Dkim) else {
        return Ok(mails.into_iter().map(|mail| (mail, None)).collect());
    };
    let check = |mail: M| {
        let dkim = Arc::clone(dkim);
        // Hashing a mail is work for the processor, and waits for the DNS in between.
        tokio::task::spawn_blocking(move || {
            let found = check(&dkim, mail.as_ref());
            (mail, Some(found))
        })
    };
    let tasks: Vec<_> = mails.into_iter().map(check).collect();
    let mut checked = Vec::with_capacity(tasks.len());
    for task in tasks {
        checked.push(task.await?);
    }
    Ok(checked)
}

/// A mail that makes the check stumble must not take the others along.
fn check(dkim: &Dkim, raw: &[u8]) -> Signatures {
    let checking = || Handle::current().block_on(dkim.check(raw));
    catch_unwind(AssertUnwindSafe(checking))
        .unwrap_or_else(|_| Signatures::Unclear { why: "the check stumbled over this mail".to_owned() })
}
