//! A desk at which nobody works: what stands behind pages whose tests are about links.

use async_trait::async_trait;
use nyckelbud::types::{Preferences, StaffMember, StaffName, TicketNumber, UnixMillis};
use nyckelbud::web::{
    Accounts, AuditLine, AuditWish, Browser, ChainState, Coverage, FrozenAccount, Held, LocalSignIn,
    LoginFlow, Operations, OutageNow, PartHealth, ReadAgain, Session, Setting, SignInAnswer, SwitchNow,
    Trial, Tried, Unavailable, WaysIn,
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
    async fn session(&self, _: &Browser, _: bool) -> Result<Option<Session>, Unavailable> {
        Ok(None)
    }
    async fn sign_out(&self, _: &StaffMember, _: &Browser) {}
    async fn prefer(&self, _: &StaffName, _: &Preferences) -> Result<(), Unavailable> {
        Err(Unavailable)
    }
}

#[async_trait]
impl Operations for Nobody {
    async fn health(&self) -> Vec<PartHealth> {
        Vec::new()
    }
    async fn test(&self, _: &str) -> Option<PartHealth> {
        None
    }
    async fn switch(&self) -> Result<SwitchNow, Unavailable> {
        Err(Unavailable)
    }
    async fn turn(
        &self,
        _: &StaffMember,
        _: &str,
        _: &str,
        _: Option<UnixMillis>,
    ) -> Result<bool, Unavailable> {
        Err(Unavailable)
    }
    async fn frozen(&self) -> Result<Vec<FrozenAccount>, Unavailable> {
        Err(Unavailable)
    }
    async fn unfreeze(&self, _: &StaffMember, _: &str, _: &str) -> Result<bool, Unavailable> {
        Err(Unavailable)
    }
    async fn outages(&self) -> Result<Vec<OutageNow>, Unavailable> {
        Err(Unavailable)
    }
    async fn begin_outage(
        &self,
        _: &StaffMember,
        _: Option<UnixMillis>,
        _: &str,
    ) -> Result<bool, Unavailable> {
        Err(Unavailable)
    }
    async fn end_outage(&self, _: &StaffMember, _: Option<UnixMillis>) -> Result<bool, Unavailable> {
        Err(Unavailable)
    }
    async fn audit(&self, _: &AuditWish, _: u32) -> Result<Vec<AuditLine>, Unavailable> {
        Err(Unavailable)
    }
    async fn note_export(&self, _: &StaffMember, _: &AuditWish, _: usize) {}
    async fn chain(&self) -> ChainState {
        ChainState::Unknown
    }
    async fn verify(&self) {}
    fn settings(&self) -> Vec<Setting> {
        Vec::new()
    }
    async fn trial(&self, _: &StaffMember, _: Trial) -> Result<Tried, String> {
        Err("nobody works here".to_owned())
    }
    async fn quarantine(&self) -> Result<Vec<Held>, Unavailable> {
        Err(Unavailable)
    }
    async fn read_again(&self, _: &StaffMember, _: TicketNumber) -> Result<ReadAgain, Unavailable> {
        Err(Unavailable)
    }
    async fn coverage(&self) -> Coverage {
        Coverage::default()
    }
    async fn look_up_coverage(&self, _: &StaffMember) {}
}
