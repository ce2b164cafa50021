//! Who works at the desk: signing in, and being signed in.

use std::net::IpAddr;
use std::time::Duration;

use async_trait::async_trait;
use zeroize::Zeroizing;

use crate::types::{Preferences, StaffMember, StaffName, UnixMillis};
use crate::web::desk::Browser;

/// How people come in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WaysIn {
    /// By an account of the page's own.
    pub local: bool,
    /// At the identity provider: `None` when there is none, else whether it has answered.
    pub provider: Option<bool>,
}

/// What somebody wrote into the form.
pub struct LocalSignIn<'a> {
    /// By what name.
    pub name: &'a str,
    /// Their password.
    pub password: &'a Zeroizing<String>,
    /// The one-time code.
    pub code: &'a Zeroizing<String>,
    /// From where; `None` when the connection does not say.
    pub from: Option<IpAddr>,
    /// What an earlier sign-in by this name has left in the browser; empty for nothing.
    pub known: &'a str,
}

/// What ties a sign-in at the provider to one browser (see [`crate::oidc::Flow`]).
pub struct LoginFlow {
    /// Comes back beside the code.
    pub state: String,
    /// Comes back inside the token.
    pub nonce: String,
    /// Proves that whoever redeems the code began the sign-in.
    pub verifier: String,
}

/// What came of a try to sign in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SignInAnswer {
    /// A session began.
    Yes {
        /// What the browser keeps of it.
        session: Browser,
        /// What the browser keeps to be known by the next time, so that no stranger's guesses keep its person out.
        known: Option<String>,
    },
    /// Not with these words, whichever of them is wrong.
    Refused,
    /// Too many tries: the next may be made in so many minutes.
    Wait {
        /// At least 1.
        minutes: u64,
    },
    /// The provider says who it is, and nobody gave that person anything to do here.
    NobodyHere,
    /// It could not be done now.
    NotNow,
}

/// Somebody who is signed in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// Who.
    pub member: StaffMember,
    /// How they want the pages.
    pub preferences: Preferences,
    /// It ends after so long, when nobody uses it.
    pub ends_in: Duration,
}

/// A session, as its own person sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SessionShown {
    /// It is the one that asks.
    pub here: bool,
    /// When it began.
    pub begun_at: UnixMillis,
    /// When it was used last.
    pub seen_at: UnixMillis,
}

/// The store does not answer: nobody can be told from nobody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unavailable;

/// Who works at the desk.
#[async_trait]
pub trait Accounts: Send + Sync {
    /// How people come in.
    async fn ways_in(&self) -> WaysIn;

    /// Judges what somebody wrote into the form. Takes as long for a name that nobody has.
    async fn sign_in(&self, form: &LocalSignIn<'_>) -> SignInAnswer;

    /// Where people sign in at the provider; `None` when it does not answer, or there is none.
    async fn provider_address(&self, flow: &LoginFlow) -> Option<String>;

    /// Somebody came back from the provider with a code.
    async fn signed_in(&self, code: &str, flow: &LoginFlow) -> SignInAnswer;

    /// Who has this session; `None` when it is over. `used`: a person uses it now, and no program of theirs.
    async fn session(&self, session: &Browser, used: bool) -> Result<Option<Session>, Unavailable>;

    /// Ends a session.
    async fn sign_out(&self, member: &StaffMember, session: &Browser);

    /// The sessions of somebody that are not over, the newest first.
    async fn sessions(
        &self,
        member: &StaffMember,
        session: &Browser,
    ) -> Result<Vec<SessionShown>, Unavailable>;

    /// Ends all sessions of somebody but this one.
    async fn end_others(&self, member: &StaffMember, session: &Browser) -> Result<(), Unavailable>;

    /// Keeps how somebody wants the pages.
    async fn prefer(&self, name: &StaffName, preferences: &Preferences) -> Result<(), Unavailable>;
}
