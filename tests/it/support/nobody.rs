//! A desk at which nobody works: what stands behind pages whose tests are about links.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use nyckelbud::ticket::TicketId;
use nyckelbud::ticket::queue::{Row, Wanted};
use nyckelbud::types::{Preferences, StaffMember, StaffName, UnixMillis};
use nyckelbud::web::{
    Accounts, Alike, Browser, Found, LocalSignIn, LoginFlow, Queue, Session, SignInAnswer, Snapshot,
    Unavailable, WaysIn,
};

/// Nobody.
pub struct Nobody;

#[async_trait]
impl Accounts for Nobody {
    async fn ways_in(&self) -> WaysIn {
        WaysIn { local: false, provider: None }
    }
    async fn sign_in(&self, _: &LocalSignIn<'_>) -> SignInAnswer {
        SignInAnswer::Refused
    }
    async fn provider_address(&self, _: &LoginFlow) -> Option<String> {
        None
    }
    async fn signed_in(&self, _: &str, _: &LoginFlow) -> SignInAnswer {
        SignInAnswer::NobodyHere
    }
    async fn session(&self, _: &Browser) -> Result<Option<Session>, Unavailable> {
        Ok(None)
    }
    async fn sign_out(&self, _: &StaffMember, _: &Browser) {}
    async fn prefer(&self, _: &StaffName, _: &Preferences) -> Result<(), Unavailable> {
        Err(Unavailable)
    }
}

/// The queue of such a desk: nobody gets to see it.
pub struct NoQueue;

#[async_trait]
impl Queue for NoQueue {
    async fn snapshot(&self) -> Result<Arc<Snapshot>, Unavailable> {
        Err(Unavailable)
    }
    async fn page(&self, _: &Wanted) -> Result<Vec<Row>, Unavailable> {
        Err(Unavailable)
    }
    async fn rows(&self, _: &[TicketId]) -> Result<Vec<Row>, Unavailable> {
        Err(Unavailable)
    }
    async fn behind(&self, _: &[TicketId]) -> Result<Vec<TicketId>, Unavailable> {
        Err(Unavailable)
    }
    async fn alike(&self) -> Result<Arc<Alike>, Unavailable> {
        Err(Unavailable)
    }
    async fn search(&self, _: &str, _: Option<i64>, _: u32, _: &StaffName) -> Result<Found, Unavailable> {
        Err(Unavailable)
    }
    fn waited(&self, _: UnixMillis, _: UnixMillis) -> Duration {
        Duration::ZERO
    }
}
