//! Stage 7: it reaches a hand: texts through SMS gateways, mails through SMTP, and the link with
//! which a manager picks a password up.

use std::time::Duration;

use async_trait::async_trait;
use tokio::sync::Notify;
use zeroize::Zeroizing;

use crate::types::{CallbackRequest, EmailAddress, MessageId, Outcome, PhoneNumber, UnixMillis};

mod drop_in;
pub mod gsm7;
pub mod notice;
pub mod pickup;
pub mod sms;
pub mod texts;
pub mod webhook;

/// The words of a text message. May hold a password or a link: wiped on drop, never printed.
pub struct SmsText(Zeroizing<String>);

impl SmsText {
    /// Takes the words over.
    #[must_use]
    pub fn new(words: Zeroizing<String>) -> Self {
        Self(words)
    }

    /// The words, for the gateway.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for SmsText {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("[text message]")
    }
}

/// What became of a text, as the gateway tells later.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Receipt {
    /// It is in the phone.
    Delivered,
    /// It will never be.
    Failed,
    /// Not known yet.
    Pending,
}

/// What came to the address for a gateway's receipts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReceiptReading {
    /// Not from the gateway: another secret, a wrong signature, or it gives no receipts.
    Foreign,
    /// From the gateway, and not of the documented form.
    Malformed,
    /// What became of a text.
    Told {
        /// The key under which it was sent, when the receipt names it.
        key: Option<String>,
        /// The gateway's name for the text.
        reference: String,
        /// What became of it.
        receipt: Receipt,
    },
}

/// What an account at a gateway holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Balance {
    /// In hundredths of the currency, rounded down.
    pub hundredths: i64,
    /// The currency, ISO 4217.
    pub currency: String,
    /// Is it below what the configuration calls low, or is nothing left?
    pub low: bool,
}

impl Balance {
    /// Is nothing left? An account that is billed afterwards still sends.
    #[must_use]
    pub fn is_nothing(&self) -> bool {
        self.hundredths <= 0
    }
}

impl std::fmt::Display for Balance {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let sign = if self.hundredths < 0 { "-" } else { "" };
        let hundredths = self.hundredths.unsigned_abs();
        write!(f, "{sign}{}.{:02} {}", hundredths / 100, hundredths % 100, self.currency)
    }
}

/// What a gateway can do, apart from sending.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GatewayTraits {
    /// Does it tell by itself, later, whether a text arrived? When it neither does nor can be asked, what it took
    /// is delivered.
    pub receipts: bool,
    /// Is sending the same key twice the same as sending once?
    pub honours_keys: bool,
    /// Does it answer when it is asked what became of a text that it took? Of one that it may have taken it has
    /// told no name to ask by.
    pub can_be_asked: bool,
}

/// Keeps what a gateway tells of texts by itself.
#[async_trait]
pub trait ReceiptKeeper: Send + Sync {
    /// Keeps a receipt durably, for the text sent under `key` or else for the one that the gateway calls
    /// `reference`. `false`: it could not be kept, and shall be told again.
    async fn keep(&self, key: Option<&str>, reference: &str, receipt: Receipt) -> bool;
}

/// A way for texts to leave.
#[async_trait]
pub trait SmsGateway: Send + Sync {
    /// The configured name.
    fn name(&self) -> &str;

    /// What it can do.
    fn traits(&self) -> GatewayTraits;

    /// Hands over one text. `key` names this attempt: letters, digits and hyphens; the same key
    /// stands for the same number and the same words.
    async fn send(&self, to: &PhoneNumber, text: &SmsText, key: &str) -> Outcome;

    /// How long it still asks to be left alone, by its last answer (`Retry-After`, RFC 9110 10.2.3);
    /// `None` when it did not ask.
    fn asks_to_wait(&self) -> Option<Duration> {
        None
    }

    /// Asks what became of a text that was accepted under `reference`.
    ///
    /// # Errors
    /// In words, why it could not be asked.
    async fn ask(&self, reference: &str) -> Result<Receipt, String>;

    /// Reads what came to the address for its receipts, `secret` in the path; first of all whether the
    /// gateway has sent it. Changes nothing.
    fn receipt(&self, _secret: &str, _request: &CallbackRequest<'_>) -> ReceiptReading {
        ReceiptReading::Foreign
    }

    /// Keeps up the connection of a gateway that holds one: texts leave by it, and what it tells of texts
    /// goes to `keeper`, and is acknowledged when that has kept it. Ends when `leave` is rung; at once where
    /// there is nothing to keep up.
    async fn attend(&self, _keeper: &dyn ReceiptKeeper, _leave: &Notify) {}

    /// Does a connection that it holds not stand just now? Then a text would have to wait for it.
    fn is_cut_off(&self) -> bool {
        false
    }

    /// What the account holds; `None` where the gateway does not tell.
    ///
    /// # Errors
    /// In words, why it could not be asked.
    async fn balance(&self) -> Result<Option<Balance>, String> {
        Ok(None)
    }

    /// Tries the gateway without sending; answers in words.
    ///
    /// # Errors
    /// In words, why it cannot be used.
    async fn probe(&self) -> Result<String, String>;

    /// Tries it, and asks what the account holds: one question where one answers both.
    ///
    /// # Errors
    /// As [`Self::probe`]; the balance has its own.
    async fn check(&self) -> Result<(String, Result<Option<Balance>, String>), String> {
        Ok((self.probe().await?, self.balance().await))
    }
}

/// How `Auto-Submitted` marks a mail (RFC 3834 5).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AutoSubmitted {
    /// An answer to a mail.
    Replied,
    /// Not an answer to a mail.
    Generated,
}

/// A mail that leaves. Holds no secrets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutgoingMail {
    /// Fixed for this mail: a repeated attempt carries the same one.
    pub message_id: MessageId,
    /// When it was written; the Date field.
    pub date: UnixMillis,
    /// To whom.
    pub to: EmailAddress,
    /// The subject, with the ticket's tag.
    pub subject: String,
    /// The text, lines separated by `\n`.
    pub text: String,
    /// The mail it answers.
    pub in_reply_to: Option<MessageId>,
    /// The mails of the thread.
    pub references: Vec<MessageId>,
    /// Must we hear of it when it is lost on its way? Else it leaves with an empty return path.
    pub heard_of: bool,
    /// Reply or notice.
    pub auto_submitted: AutoSubmitted,
}

/// A way for mails to leave.
#[async_trait]
pub trait MailSender: Send + Sync {
    /// Hands over one mail.
    async fn send(&self, mail: &OutgoingMail) -> Outcome;

    /// Tries the way without sending; answers in words.
    ///
    /// # Errors
    /// In words, why it cannot be used.
    async fn probe(&self) -> Result<String, String>;
}
