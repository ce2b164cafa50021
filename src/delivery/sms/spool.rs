//! A spool of files for SMS Server Tools 3, whose smsd drives a GSM modem
//! (<http://smstools3.kekekasvi.com/index.php?p=fileformat>).
//!
//! smsd takes files away, so nobody remembers a key once its text is sent: keys are not honoured. It
//! also keeps what it sent, in clear text, in its `sent` folder: the guide for administrators says how
//! to turn that off.
//!
//! Files have mode 0660, because smsd adds lines of its own to them. It runs as another user, so
//! they must get its group: the folder belongs to group `smsd` and has its set-group-ID bit (as
//! Debian's `/var/spool/sms/outgoing`), and Nyckelbud's user is a member of that group.

use std::path::PathBuf;

use async_trait::async_trait;
use zeroize::Zeroizing;

use super::is_key;
use crate::delivery::drop_in::DropIn;
use crate::delivery::{GatewayTraits, Receipt, SmsGateway, SmsText};
use crate::types::{Outcome, PhoneNumber};

/// For us and for smsd's group.
const MODE: u32 = 0o660;

/// The spool folder as a gateway.
#[derive(Debug)]
pub struct SpoolGateway {
    name: String,
    folder: DropIn,
}

impl SpoolGateway {
    /// The gateway `name` that writes to `folder`. Half-written files of a process that was killed
    /// are removed now.
    #[must_use]
    pub fn new(name: impl Into<String>, folder: impl Into<PathBuf>) -> Self {
        Self { name: name.into(), folder: DropIn::new(folder.into(), MODE) }
    }
}

/// The file of one text. `UTF-8` lets smsd choose: the GSM alphabet when it has every character, else
/// UCS-2; with `ISO` it would drop characters. It needs smsd 3.1.16.
fn file(to: &PhoneNumber, text: &SmsText) -> Zeroizing<Vec<u8>> {
    let number = to.e164().trim_start_matches('+');
    Zeroizing::new(format!("To: {number}\nAlphabet: UTF-8\n\n{}", text.expose()).into_bytes())
}

#[async_trait]
impl SmsGateway for SpoolGateway {
    fn name(&self) -> &str {
        &self.name
    }

    fn traits(&self) -> GatewayTraits {
        GatewayTraits { receipts: false, honours_keys: false, can_be_asked: false }
    }

    async fn send(&self, to: &PhoneNumber, text: &SmsText, key: &str) -> Outcome {
        if !is_key(key) {
            return Outcome::Refused { cause: "the text's key is no file name".to_owned() };
        }
        self.folder.put(key, file(to, text)).await
    }

    async fn ask(&self, _reference: &str) -> Result<Receipt, String> {
        Err("a spool tells nothing of a text that it took".to_owned())
    }

    async fn probe(&self) -> Result<String, String> {
        self.folder.probe().await
    }
}
