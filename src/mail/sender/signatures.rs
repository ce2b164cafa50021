//! `authentication = "dkim"`: what this desk itself found of a mail's signatures. Looking needs the
//! DNS, so it is done where mails are taken in; here it is only judged.

use serde::{Deserialize, Serialize};

/// What was found when the DKIM signatures (RFC 6376) of a mail were checked. Kept with the mail: keys
/// are taken out of the DNS in time, and a mail is read more than once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "found", rename_all = "kebab-case")]
pub enum Signatures {
    /// A signature holds, and speaks for From.
    Aligned {
        /// The domain in From.
        domain: String,
        /// The domain that signed: the same, or one that its DMARC record lets speak for it.
        signer: String,
    },
    /// None speaks for From.
    Nothing {
        /// In words.
        why: String,
    },
    /// It could not be found out.
    Unclear {
        /// In words.
        why: String,
    },
}

/// Evidence that a signature vouches for `domain` as the author's, or why none does.
pub(super) fn vouching(signatures: Option<&Signatures>, domain: &str) -> Result<String, String> {
    match signatures {
        None => Err("its DKIM signatures were not checked when it came".to_owned()),
        Some(Signatures::Aligned { domain: of, .. }) if of != domain => {
            Err(format!("DKIM speaks for {of}, but From is of {domain}"))
        }
        Some(Signatures::Aligned { signer, .. }) if signer == domain => {
            Ok(format!("DKIM of {domain} verified by this desk"))
        }
        Some(Signatures::Aligned { signer, .. }) => {
            Ok(format!("DKIM of {signer}, which may sign for {domain}, verified by this desk"))
        }
        Some(Signatures::Nothing { why }) => Err(format!("no DKIM signature speaks for {domain}: {why}")),
        Some(Signatures::Unclear { why }) => Err(format!("DKIM could not be checked: {why}")),
    }
}
