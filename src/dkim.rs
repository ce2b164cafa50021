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
use crate::mail::reading::{Covered, Signable, signable};

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
        let (mut message, ours) = match message(&raw) {
            Ok(message) => message,
            Err(why) => return nothing(why),
        };
        let domain = ours.author.domain().to_owned();
        if let Err(why) = keep_what_counts(&mut message, &domain, &ours.fields) {
            return nothing(why);
        }
        let outputs = match in_earnest(authenticator, authenticator.verify_dkim(&message).await).await {
            Ok(outputs) => outputs,
            Err(finding) => return finding,
        };
        let valid: Vec<&str> = outputs.iter().filter(|output| holds(output)).filter_map(signer).collect();
        if valid.contains(&domain.as_str()) {
            return Signatures::Aligned { signer: domain.clone(), domain };
        }
        match valid.first() {
            Some(signer) => relaxed(authenticator, &message, &outputs, domain, signer).await,
            None => why_invalid(&outputs),
        }
    }
}

fn holds(output: &DkimOutput<'_>) -> bool {
    *output.result() == DkimResult::Pass
}

/// The outputs without signatures by keys with which a domain only tests (`t=y`): such a mail must be
/// treated as an unsigned one (RFC 6376 3.6.1).
async fn in_earnest<'x>(
    authenticator: &MessageAuthenticator,
    outputs: Vec<DkimOutput<'x>>,
) -> Result<Vec<DkimOutput<'x>>, Signatures> {
    let mut earnest = Vec::new();
    let mut tests = None;
    for output in outputs {
        match output.signature().filter(|_| holds(&output)) {
            Some(signature) => {
                let key = format!("{}._domainkey.{}.", signature.s, signature.d);
                let record = authenticator.txt_raw_lookup(&key).await.map_err(unclear)?;
                if is_testing(&record) {
                    tests = Some(signature.d.clone());
                } else {
                    earnest.push(output);
                }
            }
            None => earnest.push(output),
        }
    }
    match tests {
        Some(domain) if earnest.is_empty() => {
            Err(nothing(format!("{domain} says that it only tests its signatures (t=y)")))
        }
        Some(_) | None => Ok(earnest),
    }
}

/// Does a key's record say `t=y`?
fn is_testing(record: &[u8]) -> bool {
    let record = String::from_utf8_lossy(record);
    let mut tags = record.split(';').filter_map(|tag| tag.split_once('='));
    tags.any(|(name, flags)| {
        name.trim() == "t" && flags.split(':').any(|flag| flag.trim().eq_ignore_ascii_case("y"))
    })
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

/// The mail as mail-auth reads it, and as we do. Where they do not see the same author, the same fields
/// and the same body, a signature over what the one sees says nothing of what the other reads.
fn message(raw: &[u8]) -> Result<(AuthenticatedMessage<'_>, Signable), String> {
    let ours = signable(raw)?;
    let message = AuthenticatedMessage::parse(raw).ok_or("it has no header")?;
    let occurs = |field: &Covered| {
        message.headers.iter().filter(|(name, _)| name.eq_ignore_ascii_case(field.name.as_bytes())).count()
    };
    let same_fields = ours.fields.iter().all(|field| occurs(field) == field.occurs);
    let same_author = message.froms() == [ours.author.as_str()];
    if !same_fields || !same_author || message.body_offset() != ours.body {
        return Err("programs differ in how they read its header".to_owned());
    }
    // Canonicalization leaves them out, so they could be put in afterwards.
    if raw.windows(2).any(|pair| pair[0] == b'\r' && pair[1] != b'\n') {
        return Err("it holds carriage returns within lines, which programs read differently".to_owned());
    }
    Ok((message, ours))
}

/// Drops the signatures that cannot speak for `domain`, or that are too weak, before the DNS is asked.
fn keep_what_counts(
    message: &mut AuthenticatedMessage<'_>,
    domain: &str,
    fields: &[Covered],
) -> Result<(), String> {
    let mut why = match message.errors.first() {
        Some(error) => format!("its DKIM-Signature does not count: {}", error.header),
        None => "it carries none".to_owned(),
    };
    message.dkim_headers.retain(|found| match weakness(&found.header, domain, fields) {
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

fn weakness(signature: &Signature, domain: &str, fields: &[Covered]) -> Option<String> {
    if !may_be_aligned(&signature.d, domain) {
        return Some(format!("signed by {} only", signature.d));
    }
    if signature.a == Algorithm::RsaSha1 {
        return Some("signed with SHA-1, which is broken (RFC 8301)".to_owned());
    }
    let named = |field: &Covered| {
        signature.h.iter().filter(|name| name.eq_ignore_ascii_case(field.name)).count() >= field.named
    };
    let open = fields.iter().find(|field| !named(field))?;
    Some(format!("its signature leaves out {}, which could be changed", open.name))
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
        const DATE: &str = "Date: Tue, 24 Nov 2026 08:12:00 +0100\r\n";
        let message = |header: &[u8]| message(&[DATE.as_bytes(), header].concat()).map(|(_, ours)| ours);
        let ours = message(b"From: a@kommun.example\r\nTo: b@kommun.example\r\n\r\nHej\r\n");
        assert_eq!(ours.unwrap().author.domain(), "kommun.example");
        for raw in [
            // Another program sees the body begin at the line that is no field.
            &b"From: a@kommun.example\r\nno field\r\nTo: b@kommun.example\r\n\r\nHej\r\n"[..],
            b"From : a@kommun.example\r\n\r\nHej\r\n",
            b"From: a@kommun.example\r\nFrom : b@kommun.example\r\n\r\nHej\r\n",
            b"From: a@kommun.example\r\nSubject: x\r\nSubject : y\r\n\r\nHej\r\n",
            b"From: a@kommun.example\r\nContent-Type : text/html\r\n\r\nHej\r\n",
            b"From: a@kommun.example\r\n\r\nHej\rdu\r\n",
            b"From: a@kommun.example, b@kommun.example\r\n\r\nHej\r\n",
        ] {
            assert!(message(raw).is_err(), "{}", String::from_utf8_lossy(raw));
        }
    }

    #[test]
    fn a_key_says_that_it_is_only_tested() {
        for (record, testing) in [
            ("v=DKIM1; k=rsa; t=y; p=AAAA", true),
            ("v=DKIM1;t = s : Y ;p=AAAA", true),
            ("v=DKIM1; t=s; p=AAAA", false),
            ("v=DKIM1; n=t=y; p=AAAA", false),
            ("v=DKIM1; p=AAAA", false),
        ] {
            assert_eq!(is_testing(record.as_bytes()), testing, "{record}");
        }
    }
}
