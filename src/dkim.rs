//! DKIM signatures checked by this desk itself, for mailboxes whose server vouches for nobody
//! (`authentication = "dkim"`). The one door of mail-auth, and the one place that asks the DNS. What is
//! found is a value that the pure reader judges.

use std::borrow::Cow;
use std::time::Duration;

use mail_auth::common::crypto::Algorithm;
use mail_auth::dkim::Signature;
use mail_auth::dmarc::verify::DmarcParameters;
use mail_auth::hickory_resolver::system_conf::read_system_conf;
use mail_auth::{
    AuthenticatedMessage, DkimOutput, DkimResult, DmarcResult, Error, MessageAuthenticator, SpfOutput,
};

use crate::mail::Signatures;
use crate::mail::reading::signable;

/// How long a mail may wait for the DNS.
const LIMIT: Duration = Duration::from_secs(5);
/// How long one question may take before it is asked once more.
const QUESTION: Duration = Duration::from_secs(2);
/// Signatures of one mail that are looked at. Each costs a look-up, and its sender chooses how many
/// there are.
const MAX_SIGNATURES: usize = 3;
/// Letters of what is kept; a mail's own words are among them.
const MAX_WORDS: usize = 200;

/// Checks signatures. Answers of the DNS are remembered for as long as they allow.
pub struct Dkim(Result<MessageAuthenticator, String>);

impl Dkim {
    /// Asks the name servers of this machine's `/etc/resolv.conf`. When that cannot be read, every
    /// signature is unclear, and the finding says why.
    #[must_use]
    pub fn of_this_machine() -> Self {
        let made = read_system_conf().and_then(|(config, mut options)| {
            options.timeout = QUESTION;
            options.attempts = 1;
            MessageAuthenticator::new(config, options)
        });
        Self(made.map_err(|error| format!("this machine's name servers are not known: {error}")))
    }

    /// What the signatures of the mail `raw` prove, within five seconds.
    pub async fn check(&self, raw: &[u8]) -> Signatures {
        let found = tokio::time::timeout(LIMIT, self.found(raw)).await;
        found.unwrap_or_else(|_| unclear(format!("the DNS did not answer within {} s", LIMIT.as_secs())))
    }

    /// Asks the DNS something about `domain`.
    ///
    /// # Errors
    /// In words, why it does not answer.
    pub async fn probe(&self, domain: &str) -> Result<String, String> {
        let authenticator = self.0.as_ref().map_err(Clone::clone)?;
        let name = format!("_dmarc.{domain}.");
        match tokio::time::timeout(LIMIT, authenticator.txt_raw_lookup(&name)).await {
            Ok(Ok(_)) => Ok(format!("the DNS answers, and {domain} has a DMARC record")),
            Ok(Err(error)) if is_missing(&error) => {
                Ok(format!("the DNS answers; {domain} has no DMARC record, so only its own signatures count"))
            }
            Ok(Err(error)) => Err(format!("the DNS does not answer for {domain}: {error}")),
            Err(_) => Err(format!("the DNS did not answer within {} s", LIMIT.as_secs())),
        }
    }

    async fn found(&self, raw: &[u8]) -> Signatures {
        let authenticator = match &self.0 {
            Ok(authenticator) => authenticator,
            Err(why) => return unclear(why),
        };
        let raw = with_crlf(raw.trim_ascii_start());
        let (mut message, domain) = match message(&raw) {
            Ok(message) => message,
            Err(why) => return nothing(why),
        };
        if let Err(why) = keep_what_counts(&mut message, &domain) {
            return nothing(why);
        }
        let outputs = authenticator.verify_dkim(&message).await;
        let valid: Vec<&str> =
            outputs.iter().filter(|o| *o.result() == DkimResult::Pass).filter_map(signer).collect();
        if valid.contains(&domain.as_str()) {
            return Signatures::Aligned { signer: domain.clone(), domain };
        }
        match valid.first() {
            Some(signer) => relaxed(authenticator, &message, &outputs, domain, signer).await,
            None => why_invalid(&outputs),
        }
    }
}

/// Another domain's signature holds: does the DMARC record of From's `domain` let it speak for it (RFC
/// 7489 3.1.1)? Without a record, nobody but the domain itself does.
async fn relaxed(
    authenticator: &MessageAuthenticator,
    message: &AuthenticatedMessage<'_>,
    outputs: &[DkimOutput<'_>],
    domain: String,
    signer: &str,
) -> Signatures {
    let spf = SpfOutput::new(String::new());
    let dmarc = authenticator.verify_dmarc(DmarcParameters::new(message, outputs, "", &spf)).await;
    match dmarc.dkim_result() {
        DmarcResult::Pass => Signatures::Aligned { signer: signer.to_owned(), domain },
        DmarcResult::TempError(error) => unclear(error),
        DmarcResult::Fail(_) | DmarcResult::PermError(_) | DmarcResult::None => {
            nothing(format!("signed by {signer}, which may not sign for {domain}"))
        }
    }
}

/// The mail as mail-auth reads it, and the domain of its author. Where mail-auth and our own reader
/// do not see the same author and the same body, a signature over what the one sees says nothing of
/// what the other reads.
fn message(raw: &[u8]) -> Result<(AuthenticatedMessage<'_>, String), String> {
    let ours = signable(raw)?;
    let message = AuthenticatedMessage::parse(raw).ok_or("it has no header")?;
    let one_from = message.headers.iter().filter(|(name, _)| name.eq_ignore_ascii_case(b"from")).count() == 1;
    let same_author = message.froms() == [ours.author.as_str()];
    if !one_from || !same_author || message.body_offset() != ours.body {
        return Err("programs differ in how they read its header".to_owned());
    }
    // Canonicalization leaves them out, so they could be put in afterwards.
    if raw.windows(2).any(|pair| pair[0] == b'\r' && pair[1] != b'\n') {
        return Err("it holds carriage returns within lines, which programs read differently".to_owned());
    }
    Ok((message, ours.author.domain().to_owned()))
}

/// Drops the signatures that cannot speak for `domain`, or that are too weak, before the DNS is asked.
fn keep_what_counts(message: &mut AuthenticatedMessage<'_>, domain: &str) -> Result<(), String> {
    let mut why = match message.errors.first() {
        Some(error) => format!("its DKIM-Signature does not count: {}", error.header),
        None => "it carries none".to_owned(),
    };
    message.dkim_headers.retain(|found| match weakness(&found.header, domain) {
        None => true,
        Some(weakness) => {
            why = weakness;
            false
        }
    });
    message.dkim_headers.sort_by_key(|found| found.header.d != domain);
    message.dkim_headers.truncate(MAX_SIGNATURES);
    for found in &mut message.dkim_headers {
        // They ask for more look-ups: a report's address (RFC 6651), a third party's leave (RFC 6541).
        found.header.r = false;
        found.header.atps = None;
    }
    // An error is that of a signature too, and would hide why the others do not hold.
    message.errors.clear();
    if message.dkim_headers.is_empty() { Err(why) } else { Ok(()) }
}

fn weakness(signature: &Signature, domain: &str) -> Option<String> {
    if !may_be_aligned(&signature.d, domain) {
        return Some(format!("signed by {} only", signature.d));
    }
    if signature.a == Algorithm::RsaSha1 {
        return Some("signed with SHA-1, which is broken (RFC 8301)".to_owned());
    }
    let signs_from = signature.h.iter().any(|name| name.eq_ignore_ascii_case("from"));
    (!signs_from).then(|| "its signature leaves out From".to_owned())
}

/// Alignment needs a common organizational domain, which has two labels or more (RFC 7489 3.2).
fn may_be_aligned(signer: &str, domain: &str) -> bool {
    let mut pairs = signer.rsplit('.').zip(domain.rsplit('.'));
    signer == domain
        || (pairs.next().is_some_and(|(a, b)| a == b) && pairs.next().is_some_and(|(a, b)| a == b))
}

fn signer<'a>(output: &'a DkimOutput<'_>) -> Option<&'a str> {
    output.signature().map(|signature| signature.d.as_str())
}

fn why_invalid(outputs: &[DkimOutput<'_>]) -> Signatures {
    let mut last = nothing("none holds");
    for output in outputs {
        let signer = signer(output).unwrap_or_default();
        match output.result() {
            DkimResult::TempError(error) => return unclear(error),
            DkimResult::Neutral(error) | DkimResult::Fail(error) | DkimResult::PermError(error) => {
                last = nothing(format!("that of {signer} does not hold: {error}"));
            }
            DkimResult::Pass | DkimResult::None => {}
        }
    }
    last
}

fn is_missing(error: &Error) -> bool {
    use mail_auth::DnsError::{InvalidRecordType, RecordNotFound};
    matches!(error, Error::Dns(RecordNotFound(_) | InvalidRecordType))
}

fn nothing(why: impl std::fmt::Display) -> Signatures {
    Signatures::Nothing { why: words(why) }
}

fn unclear(why: impl std::fmt::Display) -> Signatures {
    Signatures::Unclear { why: words(why) }
}

fn words(text: impl std::fmt::Display) -> String {
    text.to_string().chars().take(MAX_WORDS).collect()
}

/// Lines as they were sent: a maildir keeps them without the carriage return that was signed.
fn with_crlf(raw: &[u8]) -> Cow<'_, [u8]> {
    let is_bare = |at: usize| raw[at] == b'\n' && (at == 0 || raw[at - 1] != b'\r');
    if !(0..raw.len()).any(is_bare) {
        return Cow::Borrowed(raw);
    }
    let mut sent = Vec::with_capacity(raw.len() + raw.len() / 32);
    for (at, octet) in raw.iter().enumerate() {
        if is_bare(at) {
            sent.push(b'\r');
        }
        sent.push(*octet);
    }
    Cow::Owned(sent)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_get_the_ends_that_were_signed() {
        for (kept, sent) in
            [("a\nb\n", "a\r\nb\r\n"), ("a\r\nb\n\nc", "a\r\nb\r\n\r\nc"), ("a\r\nb", "a\r\nb")]
        {
            assert_eq!(with_crlf(kept.as_bytes()), sent.as_bytes());
        }
    }

    #[test]
    fn only_related_domains_are_asked_about() {
        for (signer, related) in [
            ("kommun.example", true),
            ("mail.kommun.example", true),
            ("skola.kommun.example", true),
            ("example", false),
            ("evilkommun.example", false),
            ("evil.example", false),
            ("kommun.example.evil.test", false),
        ] {
            assert_eq!(may_be_aligned(signer, "kommun.example"), related, "{signer}");
        }
    }

    #[test]
    fn a_mail_that_two_programs_read_differently_is_signed_by_nobody() {
        let ours = message(b"From: a@kommun.example\r\nTo: b@kommun.example\r\n\r\nHej\r\n");
        assert_eq!(ours.unwrap().1, "kommun.example");
        for raw in [
            // Another program sees the body begin at the line that is no field.
            &b"From: a@kommun.example\r\nno field\r\nTo: b@kommun.example\r\n\r\nHej\r\n"[..],
            b"From : a@kommun.example\r\n\r\nHej\r\n",
            b"From: a@kommun.example\r\nFrom : b@kommun.example\r\n\r\nHej\r\n",
            b"From: a@kommun.example\r\n\r\nHej\rdu\r\n",
            b"From: a@kommun.example, b@kommun.example\r\n\r\nHej\r\n",
        ] {
            assert!(message(raw).is_err(), "{}", String::from_utf8_lossy(raw));
        }
    }
}
