//! A desk at which nobody works: what stands behind pages whose tests are about links.

use async_trait::async_trait;
use nyckelbud::mail::display::{Download, Formatted};
use nyckelbud::types::{Preferences, StaffMember, StaffName, TicketNumber};
use nyckelbud::web::{
    Accounts, Browser, LocalSignIn, LoginFlow, Session, SignInAnswer, TicketShown, TicketView, Unavailable,
    WaysIn,
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

#[async_trait]
impl TicketView for Nobody {
    async fn ticket(&self, _: TicketNumber, _: &StaffMember) -> Result<Option<TicketShown>, Unavailable> {
        Ok(None)
    }
    async fn frame(
        &self,
        _: TicketNumber,
        _: i64,
        _: &StaffMember,
    ) -> Result<Option<Formatted>, Unavailable> {
        Ok(None)
    }
    async fn attachment(
        &self,
        _: TicketNumber,
        _: i64,
        _: usize,
        _: &StaffMember,
    ) -> Result<Option<Download>, Unavailable> {
        Ok(None)
    }
}
