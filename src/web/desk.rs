//! The port between the pages and the desk. The worker implements it; a test counts the callers
//! of [`Desk::reveal`].

use std::net::IpAddr;

use async_trait::async_trait;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::password::TemporaryPassword;
use crate::types::{CallbackRequest, UnixMillis};

/// A browser, as its cookie names it: 128 random bits in lower-case hexadecimal. The first POST
/// binds the link to it.
#[derive(Clone, PartialEq, Eq)]
pub struct Browser(String);

impl Browser {
    /// Takes 128 random bits.
    #[must_use]
    pub fn new(random: [u8; 16]) -> Self {
        Self(data_encoding::HEXLOWER.encode(&random))
    }

    /// Reads a cookie's value; `None` when it has another form.
    #[must_use]
    pub fn parse(cookie: &str) -> Option<Self> {
        let fits =
            cookie.len() == 32 && cookie.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
        fits.then(|| Self(cookie.to_owned()))
    }

    /// What the store keeps of it: SHA-256 in hexadecimal. The cookie is random, so its hash cannot be
    /// guessed back.
    #[must_use]
    pub fn hash(&self) -> String {
        data_encoding::HEXLOWER.encode(&Sha256::digest(&self.0))
    }

    /// The cookie's value.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Browser {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("[browser]")
    }
}

/// What a link asks for beside itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asks {
    /// Nothing.
    Nothing,
    /// The code that went by another way.
    Code {
        /// Was a wrong one, or none, given just now?
        wrong: bool,
        /// So many wrong ones may still be given.
        left: u32,
    },
    /// A sign-in of the manager that it is for.
    SignIn {
        /// Has somebody signed in, in this browser?
        signed_in: bool,
        /// Was that no proof, or too old, just now?
        wrong: bool,
    },
}

/// The way to a sign-in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SignIn {
    /// There.
    At {
        /// The provider's address.
        address: String,
        /// What the browser keeps meanwhile.
        kept: String,
    },
    /// The provider cannot be reached.
    NotNow,
    /// The link asks for none: what it shows.
    Instead(PickupView),
}

/// What somebody brings back from the provider.
pub struct Returned<'a> {
    /// What the browser has kept.
    pub kept: &'a str,
    /// The provider's code.
    pub code: &'a str,
    /// What the provider was to give back.
    pub state: &'a str,
}

/// Who has come back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SignedIn {
    /// The manager that the link is for.
    Yes {
        /// What the browser shows for it.
        proof: String,
    },
    /// The link asks for none any more.
    Look,
    /// Somebody else.
    SomebodyElse,
    /// Nobody: it took too long, was begun elsewhere, was broken off, or the provider failed.
    Failed,
}

/// What somebody shows beside the link.
#[derive(Default)]
pub struct Proof {
    /// The code, as it was typed; empty for none.
    pub code: Zeroizing<String>,
    /// What the browser got when somebody signed in; empty for nothing.
    pub signed_in: String,
}

/// What became of a code that somebody has typed.
pub enum CodeAnswer {
    /// It leads to the page of this token.
    LeadsTo(Zeroizing<String>),
    /// It is none, its time is over, or it was used in another browser.
    Wrong,
    /// The machine is busy: try again in a moment.
    Busy,
}

/// What a link shows without changing anything.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PickupView {
    /// It waits to be used.
    Offer {
        /// Is it a Temporary Access Pass, which leaves the old password as it is?
        pass: bool,
        /// Whose password it is.
        name: String,
        /// Where that person works; empty when unknown.
        unit: String,
        /// Until when it can be used.
        until: UnixMillis,
        /// True when it is the person's own link, not a manager's.
        own: bool,
        /// What it asks for.
        asks: Asks,
    },
    /// This browser has used it, and may see the password again.
    Shown {
        /// Whose password it is.
        name: String,
        /// Until when it may be seen again.
        until: UnixMillis,
    },
    /// This browser has used it; the password can no longer be seen, the handover may be confirmed.
    Erased {
        /// Whose password it is.
        name: String,
    },
    /// Another browser has used it.
    UsedElsewhere {
        /// When.
        at: UnixMillis,
    },
    /// The handover was confirmed.
    Confirmed,
    /// It was answered with "not my employee" or "it did not work": a technician has it now.
    HandedBack,
    /// The link of a warning: this account's manager was asked, and its owner may stop that.
    Warning {
        /// Until when the manager may use the link.
        until: UnixMillis,
        /// True when the number was right, and no text could be delivered.
        undelivered: bool,
        /// True when the old password does not work any more.
        changed: bool,
    },
    /// Nobody gets a password by that request any more: a technician has it now.
    Stopped,
    /// Somebody has used the manager's link before it was stopped.
    TooLate,
    /// The link of the notice to an owner: a change was made, and they may say that it was not them.
    Changed,
    /// They said so: nothing is automated for the account any more.
    Frozen,
    /// Its time is over, or there never was such a link: one and the same page.
    Gone,
    /// The machine is busy with it: try again in a moment. Nothing was changed.
    Busy,
}

/// What the person says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PickupAnswer {
    /// "Not my employee."
    NotMine,
    /// "I have handed it over."
    HandedOver,
    /// "It did not work."
    DidNotWork,
    /// "It was not me", of an account's owner who was warned or told.
    NotMe,
}

/// A finished page that may hold a password: wiped on drop, never printed.
pub struct Page(Zeroizing<String>);

impl Page {
    /// Takes the page over.
    #[must_use]
    pub fn new(html: Zeroizing<String>) -> Self {
        Self(html)
    }

    /// The page, to be written to the browser.
    #[must_use]
    pub fn html(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Page {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("[page]")
    }
}

/// What became of a receipt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReceiptAnswer {
    /// Kept.
    Taken,
    /// No such gateway, another secret, or a wrong signature: answered like any unknown path.
    Unknown,
    /// It cannot be understood.
    Malformed,
    /// It cannot be kept now; the gateway shall try again.
    TryAgain,
}

/// Has everything answered that the desk needs?
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Readiness {
    /// A line for each part that keeps the desk from its work: which, for how long, and why.
    pub troubles: Vec<String>,
}

/// What the pages may ask of the desk.
#[async_trait]
pub trait Desk: Send + Sync {
    /// What a link shows to this browser. Changes nothing.
    async fn pickup(&self, token: &str, browser: Option<&Browser>) -> PickupView;

    /// Uses a link: sets the password if that has not happened, binds the link to the browser, and
    /// answers with the finished page in `language`; `Err` says what to show instead. Nothing is set
    /// before `proof` holds what the link asks for.
    async fn reveal(
        &self,
        token: &str,
        browser: &Browser,
        proof: &Proof,
        language: &str,
    ) -> Result<Page, PickupView>;

    /// May anybody have a code that came in place of a link?
    async fn has_codes(&self) -> bool;

    /// Somebody types a code that came in place of a link, from this address. Changes nothing of the request.
    async fn typed_code(&self, code: &str, from: Option<IpAddr>, browser: &Browser) -> CodeAnswer;

    /// Where the manager that a link is for signs in.
    async fn sign_in(&self, token: &str, browser: &Browser) -> SignIn;

    /// Somebody comes back from the provider.
    async fn signed_in(&self, token: &str, browser: &Browser, returned: &Returned<'_>) -> SignedIn;

    /// A person has looked at a link that another browser has used: people are told, once a link.
    async fn opened_elsewhere(&self, token: &str, browser: Option<&Browser>);

    /// Takes the person's answer; says what to show.
    async fn answer(&self, token: &str, browser: Option<&Browser>, answer: PickupAnswer) -> PickupView;

    /// Takes what came to a gateway's address for receipts: the path's gateway and secret, and the
    /// request as it is.
    async fn receipt(&self, gateway: &str, secret: &str, request: &CallbackRequest<'_>) -> ReceiptAnswer;

    /// Has everything answered lately?
    async fn ready(&self) -> Readiness;
}

/// What the page with a password says.
#[derive(Clone, Copy, Debug)]
pub struct Revealed<'a> {
    /// The person's name.
    pub name: &'a str,
    /// True when the person themselves looks, not a manager.
    pub own: bool,
    /// The password, or the pass.
    pub password: &'a TemporaryPassword,
    /// Until when a pass opens the account; `None` for a password.
    pub pass_until: Option<UnixMillis>,
    /// Until when the page may be seen again.
    pub until: UnixMillis,
}

/// Makes the page that shows a password: token, browser, language, and what it says.
pub type RevealPage =
    dyn Fn(&str, &Browser, &str, &Revealed<'_>) -> Result<Page, crate::render::RenderError> + Send + Sync;
