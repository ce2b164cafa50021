//! What a form of a ticket's page says, read.

use std::collections::BTreeMap;

use crate::ticket::act::Grounds;
use crate::ticket::{Act, Canned};
use crate::types::{AccountId, Override, StaffName, TicketNumber, Username};
use crate::web::port::Ready;

/// What a form carries.
pub(super) type Fields = BTreeMap<String, String>;

/// The text that lies ready with this word.
pub(super) fn ready_of(code: &str) -> Option<Ready> {
    if code == "ask" {
        return Some(Ready::Ask);
    }
    Canned::ALL.into_iter().find(|canned| canned.code() == code).map(Ready::Canned)
}

/// The act that a form wants; `None` for one that no page of ours sends.
pub(super) fn wanted(fields: &Fields) -> Option<Act> {
    let field = |name: &str| fields.get(name).map_or("", String::as_str).trim();
    let account = || Username::parse(field("account")).ok();
    let closes = !field("closes").is_empty();
    let over = |way: Override| {
        let grounds = match field("grounds") {
            "in-person" => Grounds::InPerson,
            "called-back" => Grounds::CalledBack,
            "vouched" => Grounds::Vouched,
            "other" => Grounds::Other,
            _ => return None,
        };
        let why = field("why").to_owned();
        Some(Act::Override { way, account: account(), grounds, why, whom: String::new() })
    };
    Some(match field("act") {
        "approve" => Act::Approve,
        "retry" => Act::Retry,
        "to-manager" => Act::ToManager { account: account() },
        "choose-account" => Act::ChooseAccount { account: account()? },
        "override" => over(Override::AsUsual)?,
        "override-to-registered-phone" => over(Override::ToRegisteredPhone)?,
        "override-to-another-manager" => {
            let manager = Some(field("manager")).filter(|id| !id.is_empty())?;
            over(Override::ToManager(AccountId::new(manager.to_owned())))?
        }
        "ask" => Act::Ask,
        "reply" => {
            Act::Reply { language: field("language").to_owned(), text: field("text").to_owned(), closes }
        }
        "close" => Act::Close,
        "phishing" => Act::Phishing,
        "reopen" => Act::Reopen,
        "merge" => Act::Merge { into: TicketNumber::parse(field("into")).ok()? },
        "take" => Act::Take,
        "release" => Act::Release,
        "assign" => Act::Assign { to: StaffName::parse(field("to")).ok()? },
        "note" => Act::Note { text: field("text").to_owned() },
        other => match ready_of(other)? {
            Ready::Canned(reply) => Act::Canned { reply, at: None, closes },
            Ready::Ask => Act::Ask,
        },
    })
}
