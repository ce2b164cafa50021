//! A server's answers, reduced to what a mailbox needs and owned by us, so that the parser's types
//! stay in this file and the next.

use std::ops::RangeInclusive;

use async_imap::imap_proto::rfc4315::UidSetMember;
use async_imap::imap_proto::{
    AttributeValue, Capability, MailboxDatum, MessageSection, NameAttribute, Outcome, RequestId, Response,
    ResponseCode, SectionPath, Status,
};

use super::failure::quote;
use super::places::Copied;

/// One answer of the server.
#[derive(Debug, PartialEq)]
pub(super) enum Answer {
    /// `+`: the server waits for more of the command (or idles).
    Continue,
    /// The last answer to the command with this tag.
    Tagged { tag: RequestId, ok: bool, words: String, copied: Option<Copied> },
    /// `* BYE`: the server is about to close.
    Bye(String),
    /// What the server can do, in capitals (`UIDPLUS`, `AUTH=PLAIN`).
    Capabilities(Vec<String>),
    /// How many mails the selected folder holds.
    Exists(u32),
    /// A mail left the selected folder.
    Expunged,
    /// UIDs that a search found.
    Found(Vec<u32>),
    /// A folder; `separator` is `None` when names have no levels.
    Folder { separator: Option<String>, selectable: bool },
    /// UIDVALIDITY of the selected folder.
    Validity(u32),
    /// UIDNEXT of the selected folder.
    Next(u32),
    /// `* NO`: the server warns of something (RFC 3501 7.1.2).
    Warning,
    /// Where copies or moved mails went.
    Copied(Copied),
    /// Data of a mail.
    Mail(MailData),
    /// Something that a mailbox has no use for (flags, keep-alives).
    Other,
}

/// What one FETCH answer told; a flag change by another program fills in nothing.
#[derive(Debug, Default, PartialEq)]
pub(super) struct MailData {
    pub(super) uid: Option<u32>,
    /// INTERNALDATE as written.
    pub(super) received: Option<String>,
    /// RFC822.SIZE, octets. Exchange Online only estimates it.
    pub(super) size: Option<u64>,
    pub(super) body: Option<Vec<u8>>,
    pub(super) header: Option<Vec<u8>>,
}

impl Answer {
    /// One whole answer. `None` when it cannot be understood and might matter.
    pub(super) fn from_octets(octets: &[u8]) -> Option<Self> {
        match Response::parse(octets) {
            Ok(([], response)) => Some(Self::from_response(&response)),
            Ok(_) | Err(_) => means_nothing_to_us(octets).then_some(Self::Other),
        }
    }

    fn from_response(response: &Response<'_>) -> Self {
        match response {
            Response::Continue(_) => Self::Continue,
            Response::Done { tag, status, outcome } => Self::Tagged {
                tag: tag.clone(),
                ok: *status == Status::Ok,
                words: words(outcome),
                copied: outcome.code.as_ref().and_then(copied),
            },
            Response::Data { status: Status::Bye, outcome } => Self::Bye(words(outcome)),
            Response::Data { status: Status::No, .. } => Self::Warning,
            Response::Data { outcome, .. } => match &outcome.code {
                Some(ResponseCode::UidValidity(value)) => Self::Validity(*value),
                Some(ResponseCode::UidNext(value)) => Self::Next(*value),
                Some(code) => copied(code).map_or(Self::Other, Self::Copied),
                None => Self::Other,
            },
            Response::Capabilities(all) => Self::Capabilities(all.iter().map(capability).collect()),
            Response::MailboxData(MailboxDatum::Exists(count)) => Self::Exists(*count),
            Response::MailboxData(MailboxDatum::Search(uids)) => Self::Found(uids.clone()),
            Response::MailboxData(MailboxDatum::List(folder)) => Self::Folder {
                separator: folder.delimiter.as_deref().map(str::to_owned),
                selectable: !folder.name_attributes.iter().any(not_a_folder),
            },
            Response::Expunge(_) => Self::Expunged,
            Response::Fetch(_, attributes) => Self::Mail(MailData::from_attributes(attributes)),
            _ => Self::Other,
        }
    }
}

/// A client must be ready for any untagged answer (RFC 3501 2.2.2), also for those of extensions that
/// the parser does not know. Only those that something here rests on may not be passed over.
fn means_nothing_to_us(answer: &[u8]) -> bool {
    const USED: [&[u8]; 8] =
        [b"BYE", b"PREAUTH", b"CAPABILITY", b"SEARCH", b"LIST", b"EXISTS", b"EXPUNGE", b"FETCH"];
    let mut words = answer.split(|octet| octet.is_ascii_whitespace());
    let mut next = || words.next().unwrap_or_default();
    if next() != b"*" {
        return false;
    }
    let word = match next() {
        number if number.iter().all(u8::is_ascii_digit) => next(),
        word => word,
    };
    let used = USED.iter().any(|used| used.eq_ignore_ascii_case(word));
    !used && !word.is_empty()
}

impl MailData {
    fn from_attributes(attributes: &[AttributeValue<'_>]) -> Self {
        let mut data = Self::default();
        for attribute in attributes {
            match attribute {
                AttributeValue::Uid(uid) => data.uid = Some(*uid),
                AttributeValue::InternalDate(date) => data.received = Some(date.to_string()),
                AttributeValue::Rfc822Size(size) => data.size = Some(u64::from(*size)),
                AttributeValue::BodySection { section: None, data: Some(body), .. } => {
                    data.body = Some(body.to_vec());
                }
                AttributeValue::BodySection {
                    section: Some(SectionPath::Full(MessageSection::Header)),
                    data: Some(header),
                    ..
                } => data.header = Some(header.to_vec()),
                _ => {}
            }
        }
        data
    }
}

fn copied(code: &ResponseCode<'_>) -> Option<Copied> {
    let ranges = |set: &[UidSetMember]| set.iter().map(range).collect();
    match code {
        ResponseCode::CopyUid(validity, from, to) => {
            Some(Copied { validity: *validity, from: ranges(from), to: ranges(to) })
        }
        _ => None,
    }
}

fn range(member: &UidSetMember) -> RangeInclusive<u32> {
    match member {
        UidSetMember::Uid(uid) => *uid..=*uid,
        UidSetMember::UidRange(range) => range.clone(),
    }
}

/// The server's words, led by their response code if that says what to do; codes that the parser does
/// not know are a part of its text.
fn words(outcome: &Outcome<'_>) -> String {
    match (&outcome.information, &outcome.code) {
        (text, Some(ResponseCode::TryCreate)) => {
            quote(&format!("[TRYCREATE] {}", text.as_deref().unwrap_or_default()))
        }
        (Some(text), _) => quote(text),
        (None, Some(code)) => quote(&format!("{code:?}")),
        (None, None) => "no reason given".to_owned(),
    }
}

fn capability(capability: &Capability<'_>) -> String {
    match capability {
        Capability::Imap4rev1 => "IMAP4REV1".to_owned(),
        Capability::Auth(mechanism) => format!("AUTH={}", mechanism.to_ascii_uppercase()),
        Capability::Atom(name) => name.to_ascii_uppercase(),
    }
}

/// `\Noselect` (RFC 3501 7.2.2) and `\NonExistent` (RFC 5258 3) name a level, not a folder.
fn not_a_folder(attribute: &NameAttribute<'_>) -> bool {
    match attribute {
        NameAttribute::NoSelect => true,
        NameAttribute::Extension(name) => name.eq_ignore_ascii_case("\\NonExistent"),
        _ => false,
    }
}
