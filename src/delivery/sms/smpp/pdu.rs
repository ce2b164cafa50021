//! The octets of SMPP 3.4 (<https://smpp.org/SMPP_v3_4_Issue1_2.pdf>, sections 3 to 5), as far as a sender of
//! texts needs them. Written strictly and read leniently: what message centres send differs in length and
//! termination from what the specification says, and a receipt that cannot be read comes again for ever.
//! That, and octets that are wiped, is why this is no crate's: those for SMPP refuse such receipts together
//! with their connection.

use zeroize::Zeroizing;

/// Octets of a header.
pub(super) const HEADER: usize = 16;
/// No message centre needs more for what it sends to us (octets).
pub(super) const LENGTH_MAX: usize = 64 * 1024;

/// Answers have this bit (5.1.2.1).
const ANSWER: u32 = 0x8000_0000;
pub(super) const GENERIC_NACK: u32 = ANSWER;
pub(super) const SUBMIT_SM: u32 = 0x04;
pub(super) const SUBMIT_SM_RESP: u32 = ANSWER | SUBMIT_SM;
pub(super) const DELIVER_SM: u32 = 0x05;
pub(super) const UNBIND: u32 = 0x06;
pub(super) const UNBIND_RESP: u32 = ANSWER | UNBIND;
pub(super) const BIND_TRANSCEIVER: u32 = 0x09;
pub(super) const BIND_TRANSCEIVER_RESP: u32 = ANSWER | BIND_TRANSCEIVER;
pub(super) const ENQUIRE_LINK: u32 = 0x15;
pub(super) const ENQUIRE_LINK_RESP: u32 = ANSWER | ENQUIRE_LINK;

/// What follows the mandatory fields of a text: its words, when they are too long for the field (5.3.2.32).
const MESSAGE_PAYLOAD: u16 = 0x0424;
/// The name of the text that a receipt tells of (5.3.2.12).
const RECEIPTED_MESSAGE_ID: u16 = 0x001e;
/// What became of it (5.3.2.35).
const MESSAGE_STATE: u16 = 0x0427;

/// One operation or its answer.
pub(super) struct Pdu {
    /// Which operation.
    pub command: u32,
    /// Of an answer: 0, or why not (5.1.3).
    pub status: u32,
    /// Ties an answer to its question.
    pub sequence: u32,
    /// What follows the header. A receipt repeats the beginning of the words.
    pub body: Zeroizing<Vec<u8>>,
}

impl Pdu {
    /// The first one in `octets`, and how many it takes; `None` when it is not whole yet.
    ///
    /// # Errors
    /// In words, when no operation is that long or short: what follows can have no meaning.
    pub fn first_of(octets: &[u8]) -> Result<Option<(Self, usize)>, String> {
        let Some(length) = octets.get(..4).map(number) else { return Ok(None) };
        let length = usize::try_from(length).unwrap_or(usize::MAX);
        if !(HEADER..=LENGTH_MAX).contains(&length) {
            return Err(format!("an operation of {length} octets is none of SMPP"));
        }
        let Some(whole) = octets.get(..length) else { return Ok(None) };
        let field = |at: usize| whole.get(at..at + 4).map(number).unwrap_or_default();
        let body = Zeroizing::new(whole.get(HEADER..).unwrap_or_default().to_vec());
        Ok(Some((Self { command: field(4), status: field(8), sequence: field(12), body }, length)))
    }

    /// Is it an answer?
    pub fn is_answer(&self) -> bool {
        self.command & ANSWER != 0
    }

    /// Its octets.
    pub fn octets(&self) -> Zeroizing<Vec<u8>> {
        let length = HEADER + self.body.len();
        let mut octets = Zeroizing::new(Vec::with_capacity(length));
        // Whatever is made here is far below the limit.
        octets.extend(u32::try_from(length).unwrap_or(u32::MAX).to_be_bytes());
        for field in [self.command, self.status, self.sequence] {
            octets.extend(field.to_be_bytes());
        }
        octets.extend_from_slice(&self.body);
        octets
    }

    /// The answer to this one. That to a delivered text has an empty name (4.6.2).
    pub fn answer(&self, status: u32) -> Self {
        let body = if self.command == DELIVER_SM { vec![0] } else { Vec::new() };
        let body = Zeroizing::new(body);
        Self { command: ANSWER | self.command, status, sequence: self.sequence, body }
    }

    /// The name of the text in the answer to its submit (4.4.2).
    pub fn message_id(&self) -> Vec<u8> {
        Reader(&self.body).c_string().to_vec()
    }

    /// A text that the message centre delivers; `None` when it ends too early.
    pub fn delivered(&self) -> Option<Delivered<'_>> {
        let mut reader = Reader(&self.body);
        reader.c_string();
        for _ in ["source", "destination"] {
            reader.take(2)?;
            reader.c_string();
        }
        let class = *reader.take(1)?.first()?;
        // Protocol and priority; times; receipt, replacement, coding, stored text.
        reader.take(2)?;
        reader.c_string();
        reader.c_string();
        reader.take(4)?;
        let length = usize::from(*reader.take(1)?.first()?);
        let mut found = Delivered { class, words: reader.take(length)?, id: None, state: None };
        while let Some((tag, value)) = reader.parameter() {
            match tag {
                // Some end it with a NUL, as they should, and some do not.
                RECEIPTED_MESSAGE_ID => found.id = Some(Reader(value).c_string()),
                MESSAGE_STATE => found.state = value.first().copied(),
                MESSAGE_PAYLOAD if found.words.is_empty() => found.words = value,
                _ => {}
            }
        }
        Some(found)
    }
}

/// What matters of a text that the message centre delivers (4.6.1).
pub(super) struct Delivered<'a> {
    /// What it is (5.2.12).
    pub class: u8,
    /// Its words.
    pub words: &'a [u8],
    /// The text that it tells of.
    pub id: Option<&'a [u8]>,
    /// What became of that.
    pub state: Option<u8>,
}

/// Whom a bind is for (4.1.5). Version 3.4, and no address range: what is delivered is for us.
pub(super) fn bind_transceiver(username: &str, password: &str, system_type: &str) -> Zeroizing<Vec<u8>> {
    const VERSION: u8 = 0x34;
    // Room for three texts of BIND_TEXT_MAX: a growing vector would leave copies behind.
    let mut body = Zeroizing::new(Vec::with_capacity(256));
    for text in [username, password, system_type] {
        push_c_string(&mut body, text.as_bytes());
    }
    body.extend([VERSION, 0, 0, 0]);
    body
}

/// An address, with what kind it is (5.2.5, 5.2.6).
pub(super) struct Address<'a> {
    /// Type of number.
    pub ton: u8,
    /// Numbering plan.
    pub npi: u8,
    /// Digits or letters.
    pub address: &'a str,
}

/// A text (4.4.1).
pub(super) struct Submit<'a> {
    pub source: Address<'a>,
    pub destination: Address<'a>,
    /// How long it may wait: a time of the specification's form (7.1.1).
    pub validity: &'a str,
    /// What alphabet the words are in (5.2.19).
    pub coding: u8,
    pub words: &'a [u8],
    /// Are they more than a phone takes at once? Then the message centre cuts them up.
    pub long: bool,
}

impl Submit<'_> {
    /// The body. A receipt is asked for, whatever becomes of the text (5.2.17).
    pub fn body(&self) -> Zeroizing<Vec<u8>> {
        const RECEIPT: u8 = 1;
        // Room for all at once: a growing vector would leave copies behind.
        let mut body = Zeroizing::new(Vec::with_capacity(self.words.len() + 256));
        // No service type.
        body.push(0);
        for address in [&self.source, &self.destination] {
            body.extend([address.ton, address.npi]);
            push_c_string(&mut body, address.address.as_bytes());
        }
        // Class, protocol and priority as usual; at once.
        body.extend([0, 0, 0, 0]);
        push_c_string(&mut body, self.validity.as_bytes());
        body.extend([RECEIPT, 0, self.coding, 0]);
        match u8::try_from(self.words.len()) {
            Ok(length) if !self.long => {
                body.push(length);
                body.extend_from_slice(self.words);
            }
            Ok(_) | Err(_) => {
                body.push(0);
                body.extend(MESSAGE_PAYLOAD.to_be_bytes());
                body.extend(u16::try_from(self.words.len()).unwrap_or(u16::MAX).to_be_bytes());
                body.extend_from_slice(self.words);
            }
        }
        body
    }
}

/// Texts here are without NUL: settings and numbers are checked for that.
fn push_c_string(octets: &mut Vec<u8>, text: &[u8]) {
    octets.extend(text.iter().filter(|octet| **octet != 0));
    octets.push(0);
}

fn number(octets: &[u8]) -> u32 {
    octets.iter().fold(0, |number, octet| number << 8 | u32::from(*octet))
}

/// What is still to be read.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }

    /// Up to a NUL, which is taken too, or to the end.
    fn c_string(&mut self) -> &'a [u8] {
        let end = self.0.iter().position(|octet| *octet == 0);
        let (text, rest) = self.0.split_at(end.unwrap_or(self.0.len()));
        self.0 = rest.get(1..).unwrap_or_default();
        text
    }

    /// The next optional parameter (5.3).
    fn parameter(&mut self) -> Option<(u16, &'a [u8])> {
        let mut two = || self.take(2).map(|octets| u16::try_from(number(octets)).unwrap_or_default());
        let (tag, length) = (two()?, two()?);
        Some((tag, self.take(usize::from(length))?))
    }
}
