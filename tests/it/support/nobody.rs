//! A desk at which nobody works: what stands behind pages whose tests are about links.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use nyckelbud::mail::display::{Download, Formatted};
use nyckelbud::ticket::queue::{Row, Wanted};
use nyckelbud::ticket::{KeptAct, Note, TicketId};
use nyckelbud::types::{Preferences, StaffMember, StaffName, TicketNumber, UnixMillis};
use nyckelbud::web::port::{
    ActForm, ByHandForm, GivenAnswer, Known, LetIn, MadeByHand, Once, People, Performed, Programs, Sought,
    TicketActs, TicketListed, Undone,
};
use nyckelbud::web::{
    Accounts, Alike, AuditLine, AuditWish, Browser, ChainState, Coverage, Found, FrozenAccount, Held, Lifted,
    LocalSignIn, LoginFlow, Operations, OutageNow, PartHealth, Pulse, Queue, ReadAgain, Ready, ReadyText,
    Session, SessionShown, Setting, SignInAnswer, Snapshot, SwitchNow, TicketShown, TicketView, Trial, Tried,
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
    async fn session(&self, _: &Browser, _: bool) -> Result<Option<Session>, Unavailable> {
        Ok(None)
    }
    async fn sign_out(&self, _: &StaffMember, _: &Browser) {}
    async fn sessions(&self, _: &StaffMember, _: &Browser) -> Result<Vec<SessionShown>, Unavailable> {
        Err(Unavailable)
    }
    async fn end_others(&self, _: &StaffMember, _: &Browser) -> Result<(), Unavailable> {
        Err(Unavailable)
    }
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
    async fn unfreeze(
        &self,
        _: &StaffMember,
        _: &str,
        _: UnixMillis,
        _: &str,
    ) -> Result<Lifted, Unavailable> {
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
    async fn pulse(&self) -> Result<Arc<Pulse>, Unavailable> {
        Err(Unavailable)
    }
    fn outdate(&self) {}
    async fn row(&self, _: TicketNumber) -> Result<Option<Row>, Unavailable> {
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

#[async_trait]
impl TicketView for Nobody {
    async fn ticket(
        &self,
        _: TicketNumber,
        _: i64,
        _: &StaffMember,
    ) -> Result<Option<TicketShown>, Unavailable> {
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
    async fn undo(&self, _: &StaffMember, _: TicketNumber, _: i64) -> Undone {
        Undone::NotNow
    }
    async fn second(&self, _: &StaffMember, _: TicketNumber, _: i64, _: i64, _: bool) -> Performed {
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

#[async_trait]
impl Programs for Nobody {
    async fn let_in(&self, _: &str) -> Result<LetIn, Unavailable> {
        Ok(LetIn::No)
    }
    async fn begin(&self, _: &Once) -> Result<Known, Unavailable> {
        Err(Unavailable)
    }
    async fn end(&self, _: &Once, _: Option<&GivenAnswer>) -> Result<(), Unavailable> {
        Err(Unavailable)
    }
    async fn numbered(&self, _: TicketNumber) -> Result<Option<TicketId>, Unavailable> {
        Ok(None)
    }
    async fn tickets(&self, _: &[TicketId]) -> Result<Vec<TicketListed>, Unavailable> {
        Ok(Vec::new())
    }
    async fn note_reading(&self, _: &StaffName) -> Result<(), Unavailable> {
        Ok(())
    }
}

#[async_trait]
impl People for Nobody {
    async fn search(&self, _: &StaffMember, _: TicketNumber, _: &str) -> Sought {
        Sought::NotNow
    }
}
