//! Mails that leave: their form, the spool, a real Postfix, and a server that misbehaves.

use nyckelbud::delivery::{AutoSubmitted, OutgoingMail};
use nyckelbud::types::{EmailAddress, MessageId, UnixMillis};

mod form;
mod postfix;
mod scripted;
mod spool;
mod tokens;

fn address(text: &str) -> EmailAddress {
    EmailAddress::parse(text).unwrap()
}

fn id(text: &str) -> MessageId {
    MessageId::parse(text).unwrap()
}

/// An answer to Anna.
fn reply() -> OutgoingMail {
    OutgoingMail {
        message_id: id("n1.7f3a@kommun.example"),
        date: UnixMillis(1_795_338_845_000),
        to: address("anna.andersson@kommun.example"),
        subject: "[26-1141] Vi har fått ditt ärende".to_owned(),
        text: "Hej!\n\nVi har fått ditt ärende på åtta rader.\n.\n..en punkt först\nFrån oss\n".to_owned(),
        in_reply_to: Some(id("a@kommun.example")),
        references: vec![id("a@kommun.example"), id("b@kommun.example")],
        heard_of: false,
        auto_submitted: AutoSubmitted::Replied,
    }
}

/// A notice that answers nothing.
fn notice() -> OutgoingMail {
    OutgoingMail {
        in_reply_to: None,
        references: Vec::new(),
        heard_of: true,
        auto_submitted: AutoSubmitted::Generated,
        ..reply()
    }
}
