//! Bytes to readings, off the async threads: parsing is work for the processor, and a mail that
//! makes the reader stumble must not take the program along.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use crate::mail::{Authentication, Mail, Sender, Signatures, Trust, Unreadable};
use crate::request::{self, Reading};
use crate::store::{KeptMail, MailsLimit};
use crate::types::UnixMillis;

/// A person's request is one mail or a few small ones; whoever keeps writing to a ticket must not fill
/// the memory with it.
pub(crate) const READ_TOGETHER: MailsLimit = MailsLimit { count: 20, octets: 32 * 1024 * 1024 };
/// Said of a ticket that is over it.
pub(crate) const TOO_MANY: &str = "the ticket holds more mails, or larger ones, than are read together";

/// Before the evidence of the least trusted one.
const SEVERAL: &str = "not the only writer; of the least trusted: ";

/// One mail with what it says.
pub(crate) struct ReadMail {
    pub(crate) mail: Mail,
    pub(crate) reading: Reading,
}

/// All mails of a ticket together.
#[derive(Debug)]
pub(crate) struct Together {
    /// What they say.
    pub(crate) reading: Reading,
    /// The newest writer, with the lowest trust of all of them (decisions, 17).
    pub(crate) sender: Sender,
    /// When the newest came.
    pub(crate) received_at: UnixMillis,
    /// The longest time between a mail's Date and its arrival.
    pub(crate) delay: Duration,
    /// One of them must get no automatic answer.
    pub(crate) wants_no_answer: bool,
}

impl Together {
    /// For a ticket whose mails were not read.
    pub(crate) fn unread(reading: Reading, received_at: UnixMillis) -> Self {
        Self { reading, sender: nobody(), received_at, delay: Duration::ZERO, wants_no_answer: false }
    }

    /// One mail alone.
    pub(crate) fn of(mail: &Mail, reading: Reading, received_at: UnixMillis) -> Self {
        Self {
            reading,
            sender: mail.sender.clone(),
            received_at,
            delay: mail.date.map_or(Duration::ZERO, |date| received_at.since(date)),
            wants_no_answer: mail.wants_no_answer,
        }
    }

    /// With a newer mail; what they say is combined by the caller.
    fn and(self, newer: Self) -> Self {
        Self {
            reading: newer.reading,
            sender: both(self.sender, newer.sender),
            received_at: self.received_at.max(newer.received_at),
            delay: self.delay.max(newer.delay),
            wants_no_answer: self.wants_no_answer || newer.wants_no_answer,
        }
    }
}

/// Does `read`, which is about one mail; what makes it panic must not stop the others.
pub(crate) fn guarded<T>(read: impl FnOnce() -> Result<T, Unreadable>) -> Result<T, Unreadable> {
    catch_unwind(AssertUnwindSafe(read)).unwrap_or(Err(Unreadable::Panicked))
}

/// Reads one mail, whose signatures were found to be as said; never panics.
pub(crate) fn read_mail(
    raw: &[u8],
    authentication: &Authentication,
    signatures: Option<&Signatures>,
    own_domains: &[String],
) -> Result<ReadMail, Unreadable> {
    guarded(|| {
        let mail = crate::mail::reading::read(raw, authentication, signatures, own_domains)?;
        let reading = match request::template::read(&mail) {
            Reading::Automatic(kind) if would_be_request(&mail) => {
                let why = format!("marked as a machine's ({}), and yet it reads as a request", kind.code());
                Reading::Ambiguous { why }
            }
            reading => reading,
        };
        Ok(ReadMail { mail, reading })
    })
}

/// Would a machine's mail be a request, had a person written it? Marks of machines can be on a person's
/// mail, too; then a person has to see it. What answers a mail of ours may only repeat its words.
fn would_be_request(mail: &Mail) -> bool {
    if mail.tag.is_some() || !mail.answers.is_empty() {
        return false;
    }
    let of_a_person = Mail { automatic: None, ..mail.clone() };
    matches!(request::template::read(&of_a_person), Reading::Request(_))
}

/// Reads the mails of a ticket, oldest first. Machines' mails among them say nothing, unless they
/// are all there is.
pub(crate) fn read_together(
    mails: &[KeptMail],
    authentications: &[(String, Authentication)],
    own_domains: &[String],
) -> Option<Together> {
    let mut readings = Vec::new();
    let mut together: Option<Together> = None;
    let mut automatic = None;
    for kept in mails {
        let signatures = kept.signatures.as_ref();
        let read = read_of(&kept.mailbox, &kept.raw, signatures, authentications, own_domains);
        let Ok(read) = read else { continue };
        let one = Together::of(&read.mail, read.reading, kept.received_at);
        if let Reading::Automatic(_) = one.reading {
            automatic = Some(one);
            continue;
        }
        readings.push(one.reading.clone());
        together = Some(match together {
            Some(earlier) => earlier.and(one),
            None => one,
        });
    }
    match together {
        Some(together) => Some(Together { reading: request::template::combine(&readings), ..together }),
        None => automatic,
    }
}

/// Reads a mail that is kept, by the rules of its mailbox. Who vouches for one that is configured no
/// more, nobody knows.
pub(crate) fn read_of(
    mailbox: &str,
    raw: &[u8],
    signatures: Option<&Signatures>,
    authentications: &[(String, Authentication)],
    own_domains: &[String],
) -> Result<ReadMail, Unreadable> {
    if let Some((_, how)) = authentications.iter().find(|(name, _)| name == mailbox) {
        return read_mail(raw, how, signatures, own_domains);
    }
    let mut read = read_mail(raw, &Authentication::Dkim, None, own_domains)?;
    read.mail.sender.trust = Trust::Unverified;
    read.mail.sender.evidence = format!("its mailbox, {mailbox}, is configured no more");
    Ok(read)
}

/// Who wrote two mails of a ticket. The newer one's address stays, because what is limited and asked
/// is whoever completed the request; it is trusted as little as the other.
fn both(earlier: Sender, newer: Sender) -> Sender {
    let alone = earlier.alone && newer.alone && earlier.address == newer.address;
    let (trust, mut evidence) = if newer.trust <= earlier.trust {
        (newer.trust, newer.evidence)
    } else {
        (earlier.trust, earlier.evidence)
    };
    if !alone && !evidence.starts_with(SEVERAL) {
        evidence.insert_str(0, SEVERAL);
    }
    Sender { address: newer.address, trust, evidence, alone }
}

/// A sender of whom nothing is known.
pub(crate) fn nobody() -> Sender {
    Sender { address: None, trust: Trust::Unverified, evidence: "no mail was read".to_owned(), alone: true }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RESULTS: &str =
        "Authentication-Results: mx.kommun.example; dmarc=pass header.from=kommun.example\r\n";

    fn mail(from: &str, results: &str, text: &str) -> KeptMail {
        let raw = format!("{results}From: {from}\r\nSubject: Password\r\n\r\n{text}\r\n");
        let received_at = UnixMillis(0);
        let mailbox = "servicedesk".to_owned();
        KeptMail { received_at, mailbox, raw: raw.into_bytes(), signatures: None }
    }

    fn sender_of(mails: &[KeptMail]) -> Sender {
        let authentication = Authentication::Authserv("mx.kommun.example".to_owned());
        let authentications = [("servicedesk".to_owned(), authentication)];
        let together = read_together(mails, &authentications, &["kommun.example".to_owned()]).unwrap();
        assert!(matches!(together.reading, Reading::Request(_)), "{:?}", together.reading);
        together.sender
    }

    fn is(sender: &Sender, address: &str) -> bool {
        sender.address.as_ref().is_some_and(|a| a.as_str() == address)
    }

    const ANNA: &str = "anna.andersson@kommun.example";
    const BO: &str = "bo.berg@kommun.example";

    #[test]
    fn a_request_of_several_people_is_nobodys_own() {
        for (first, second) in [(ANNA, BO), (BO, ANNA)] {
            let mails = [
                mail(first, RESULTS, "Username: anna.andersson"),
                mail(second, RESULTS, "Phone: 070-174 06 05"),
                mail(second, RESULTS, "Please hurry."),
            ];
            let sender = sender_of(&mails);
            assert!(!sender.alone && is(&sender, second), "{sender:?}");
            assert_eq!(sender.trust, Trust::OwnDomain);
            assert_eq!(sender.evidence.matches(SEVERAL).count(), 1, "{}", sender.evidence);
        }
    }

    #[test]
    fn who_writes_twice_is_still_alone() {
        let mails =
            [mail(ANNA, RESULTS, "Username: anna.andersson"), mail(ANNA, RESULTS, "Phone: 070-174 06 05")];
        let sender = sender_of(&mails);
        assert!(sender.alone && is(&sender, ANNA), "{sender:?}");
    }

    #[test]
    fn a_mail_is_read_again_with_what_was_found_of_its_signatures_when_it_came() {
        let aligned = |domain: &str| Signatures::Aligned { domain: domain.into(), signer: domain.into() };
        let read = |mailbox: &str, signatures: Option<Signatures>| {
            let kept = KeptMail { mailbox: mailbox.to_owned(), signatures, ..mail(ANNA, RESULTS, "") };
            let dkim = [("servicedesk".to_owned(), Authentication::Dkim)];
            read_together(&[kept], &dkim, &["kommun.example".to_owned()]).unwrap().sender
        };
        assert_eq!(read("servicedesk", Some(aligned("kommun.example"))).trust, Trust::OwnDomain);
        assert_eq!(read("servicedesk", Some(aligned("evil.example"))).trust, Trust::Unverified);
        assert_eq!(read("servicedesk", None).trust, Trust::Unverified);
        let gone = read("closed", Some(aligned("kommun.example")));
        assert_eq!(gone.trust, Trust::Unverified);
        assert!(gone.evidence.contains("configured no more"), "{}", gone.evidence);
    }

    #[test]
    fn what_came_long_after_it_was_written_makes_the_whole_request_late() {
        let at = |hours: i64| UnixMillis(hours * 3_600_000);
        let dated = |date: &str, came: UnixMillis| {
            let mut mail = mail(ANNA, RESULTS, "Username: anna.andersson");
            mail.raw = [format!("Date: {date}\r\n").into_bytes(), mail.raw].concat();
            KeptMail { received_at: came, ..mail }
        };
        let delay = |mails: &[KeptMail]| read_together(mails, &[], &[]).unwrap().delay;
        let (early, late) = ("Thu, 01 Jan 1970 01:00:00 +0000", "Thu, 01 Jan 1970 09:00:00 +0000");
        assert_eq!(delay(&[dated(early, at(3)), dated(late, at(9))]), Duration::from_secs(2 * 3600));
        assert_eq!(delay(&[dated(late, at(9)), dated(early, at(10))]), Duration::from_secs(9 * 3600));
        assert_eq!(delay(&[dated(late, at(1)), mail(ANNA, RESULTS, "")]), Duration::ZERO);
    }

    #[test]
    fn who_wants_no_answer_wants_none_to_all_their_mails() {
        let mut quiet = mail(ANNA, RESULTS, "Username: anna.andersson");
        let loud = mail(ANNA, RESULTS, "Password");
        assert!(!read_together(&[loud.clone(), quiet.clone()], &[], &[]).unwrap().wants_no_answer);
        quiet.raw = [b"X-Auto-Response-Suppress: OOF\r\n", quiet.raw.as_slice()].concat();
        for mails in [[loud.clone(), quiet.clone()], [quiet, loud]] {
            assert!(read_together(&mails, &[], &[]).unwrap().wants_no_answer);
        }
    }

    #[test]
    fn a_machines_mail_that_reads_as_a_request_is_for_a_person() {
        let reading = |fields: &str, text: &str| {
            let mail = mail(ANNA, &format!("Auto-Submitted: auto-generated\r\n{fields}"), text);
            read_together(&[mail], &[], &[]).unwrap().reading
        };
        let whole = "Username: anna.andersson\r\nPhone: 070-174 06 05";
        let request = reading("", whole);
        assert!(matches!(&request, Reading::Ambiguous { why } if why.contains("(other)")), "{request:?}");
        assert!(matches!(reading("", "Username: anna.andersson"), Reading::Automatic(_)));
        assert!(matches!(reading("In-Reply-To: <a@kommun.example>\r\n", whole), Reading::Automatic(_)));
    }

    #[test]
    fn the_lowest_trust_of_all_mails_counts_whichever_came_first() {
        for (first, second) in [("", RESULTS), (RESULTS, "")] {
            let mails =
                [mail(ANNA, first, "Username: anna.andersson"), mail(ANNA, second, "Phone: 070-174 06 05")];
            assert_eq!(sender_of(&mails).trust, Trust::Unverified);
        }
    }
}
