//! The mail spool: a folder with one `.eml` file a mail, for the demo, for tests, and for programs that
//! pick mails up from a folder.

use std::path::PathBuf;

use async_trait::async_trait;
use zeroize::Zeroizing;

use super::compose::{Desk, compose};
use crate::delivery::drop_in::DropIn;
use crate::delivery::{MailSender, OutgoingMail};
use crate::types::{EmailAddress, MessageId, Outcome};

/// For us; the folder's group may read.
const MODE: u32 = 0o640;

/// A folder that mails are put into.
#[derive(Debug)]
pub struct MailSpool {
    folder: DropIn,
    desk: Desk,
}

impl MailSpool {
    /// The spool at `path`; mails come from `address`, shown as `name`. Half-written files of a process
    /// that was killed are removed now.
    #[must_use]
    pub fn new(path: impl Into<PathBuf>, name: impl Into<String>, address: EmailAddress) -> Self {
        Self { folder: DropIn::new(path.into(), MODE), desk: Desk { name: name.into(), address } }
    }
}

/// A file name for each Message-ID, never the same for two: what is not plain is written as `%2F`.
fn file_name(id: &MessageId) -> String {
    let mut name = String::new();
    for (index, byte) in id.as_str().bytes().enumerate() {
        let plain = byte.is_ascii_alphanumeric() || b"@-_".contains(&byte) || (byte == b'.' && index > 0);
        if plain { name.push(char::from(byte)) } else { name.push_str(&format!("%{byte:02X}")) }
    }
    name + ".eml"
}

#[async_trait]
impl MailSender for MailSpool {
    async fn send(&self, mail: &OutgoingMail) -> Outcome {
        match compose(mail, &self.desk) {
            Ok(octets) => self.folder.put(&file_name(&mail.message_id), Zeroizing::new(octets)).await,
            Err(cause) => Outcome::Refused { cause },
        }
    }

    async fn probe(&self) -> Result<String, String> {
        self.folder.probe().await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_message_id_has_a_file_name_of_its_own_inside_the_folder() {
        let name = |id: &str| file_name(&MessageId::parse(id).unwrap());
        assert_eq!(name("n1.7f3a@kommun.example"), "n1.7f3a@kommun.example.eml");
        assert_eq!(name("../../etc/passwd"), "%2E.%2F..%2Fetc%2Fpasswd.eml");
        assert_eq!(name(".hidden@b"), "%2Ehidden@b.eml");
        assert_ne!(name("a/b@c"), name("a%2Fb@c"));
    }
}
