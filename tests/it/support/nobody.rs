//! A desk at which nobody works: what stands behind pages whose tests are about links.

use async_trait::async_trait;
use nyckelbud::mail::display::{Download, Formatted};
use nyckelbud::ticket::{KeptAct, Note};
use nyckelbud::types::{Preferences, StaffMember, StaffName, TicketNumber, UnixMillis};
use nyckelbud::web::port::{ActForm, ByHandForm, MadeByHand, Performed, TicketActs, Undone};
use nyckelbud::web::{
    Accounts, Browser, LocalSignIn, LoginFlow, Ready, ReadyText, Session, SignInAnswer, TicketShown,
    TicketView, Unavailable, WaysIn,
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
    fn ready(&self, _: TicketNumber, _: Ready) -> Option<ReadyText> {
        None
    }
}

#[async_trait]
impl TicketActs for Nobody {
    async fn perform(&self, _: &StaffMember, _: ActForm) -> Performed {
        Performed::NotNow
    }
    async fn perform_all(&self, _: &StaffMember, _: Vec<ActForm>) -> Vec<(TicketNumber, Performed)> {
        Vec::new()
    }
    async fn undo(&self, _: &StaffMember, _: i64) -> Undone {
        Undone::NotNow
    }
    async fn second(&self, _: &StaffMember, _: i64, _: i64, _: bool) -> Performed {
        Performed::NotNow
    }
    async fn make_by_hand(&self, _: &StaffMember, _: ByHandForm) -> MadeByHand {
        MadeByHand::NotNow
    }
    async fn acts(&self, _: TicketNumber) -> Option<Vec<KeptAct>> {
        None
    }
    async fn for_colleagues(&self) -> Option<Vec<KeptAct>> {
        None
    }
    async fn notes(&self, _: TicketNumber) -> Option<Vec<Note>> {
        None
    }
    async fn save_draft(&self, _: &StaffMember, _: TicketNumber, _: &str) -> bool {
        false
    }
    async fn draft(&self, _: &StaffMember, _: TicketNumber) -> Option<(String, UnixMillis)> {
        None
    }
}
