//! What became of texts: receipts are kept as they come, over a path or over a gateway's own connection.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use super::Parts;
use crate::delivery::{Receipt, ReceiptKeeper};

/// So long a gateway may take its leave.
const LEAVING: Duration = Duration::from_secs(2);

/// Keeps a receipt, and wakes its ticket. `false`: it shall be told again.
pub(super) async fn keep(
    parts: &Parts,
    gateway: &str,
    key: Option<&str>,
    reference: &str,
    receipt: Receipt,
) -> bool {
    match parts.store.receipt(gateway, key, reference, receipt, parts.now()).await {
        Ok(_) => {
            parts.wake.notify_one();
            true
        }
        Err(error) => {
            tracing::error!("a receipt could not be kept: {error}; the gateway is asked to try again");
            false
        }
    }
}

/// Keeps up the connection of the gateway of this number, where it has one, until `leave`.
pub(super) async fn attend(parts: Arc<Parts>, number: usize, leave: CancellationToken) {
    let Some(gateway) = parts.gateways.get(number) else { return };
    let keeper = Keeper { parts: &parts, gateway: gateway.name() };
    let leaving = Notify::new();
    let mut attending = gateway.attend(&keeper, &leaving);
    tokio::select! {
        () = &mut attending => return,
        () = leave.cancelled() => leaving.notify_one(),
    }
    // What was not acknowledged by then comes again.
    let _ = tokio::time::timeout(LEAVING, attending).await;
}

struct Keeper<'a> {
    parts: &'a Parts,
    gateway: &'a str,
}

#[async_trait]
impl ReceiptKeeper for Keeper<'_> {
    async fn keep(&self, key: Option<&str>, reference: &str, receipt: Receipt) -> bool {
        keep(self.parts, self.gateway, key, reference, receipt).await
    }
}
