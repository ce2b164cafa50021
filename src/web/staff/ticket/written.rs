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

/// What of a form cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unread {
    /// Its account is no username, or is missing where the ticket knows none.
    Account,
    /// No manager is named.
    Manager,
    /// Nobody says how they know who it is.
    Grounds,
    /// Something that no page of ours sends.
    Other,
}

/// The act that a form wants.
pub(super) fn wanted(fields: &Fields) -> Result<Act, Unread> {
    let field = |name: &str| fields.get(name).map_or("", String::as_str).trim();
    // Nothing that was written is passed over: the step would be about another account than its person believes.
    let account = || match field("account") {
        "" if field("must") == "account" => Err(Unread::Account),
        "" => Ok(None),
        name => Username::parse(name).map(Some).map_err(|_| Unread::Account),
    };
    let closes = !field("closes").is_empty();
    let over = |way: Override| {
        let account = account()?;
        let grounds = match field("grounds") {
            "in-person" => Grounds::InPerson,
            "called-back" => Grounds::CalledBack,
            "vouched" => Grounds::Vouched,
            "other" => Grounds::Other,
            _ => return Err(Unread::Grounds),
        };
        Ok(Act::Override { way, account, grounds, why: field("why").to_owned(), whom: String::new() })
    };
    Ok(match field("act") {
        "approve" => Act::Approve,
        "retry" => Act::Retry,
        "to-manager" => Act::ToManager { account: account()? },
        "choose-account" => Act::ChooseAccount { account: account()?.ok_or(Unread::Account)? },
        "override" => over(Override::AsUsual)?,
        "override-to-registered-phone" => over(Override::ToRegisteredPhone)?,
        "override-to-another-manager" => {
            let manager = Some(field("manager")).filter(|id| !id.is_empty()).ok_or(Unread::Manager)?;
            over(Override::ToManager(AccountId::new(manager.to_owned())))?
        }
        "ask" => Act::Ask,
        "reply" => {
            Act::Reply { language: field("language").to_owned(), text: field("text").to_owned(), closes }
        }
        "close" => Act::Close,
        "phishing" => Act::Phishing,
        "reopen" => Act::Reopen,
        "merge" => Act::Merge { into: TicketNumber::parse(field("into")).map_err(|_| Unread::Other)? },
        "take" => Act::Take,
        "release" => Act::Release,
        "assign" => Act::Assign { to: StaffName::parse(field("to")).map_err(|_| Unread::Other)? },
        "note" => Act::Note { text: field("text").to_owned() },
        other => match ready_of(other).ok_or(Unread::Other)? {
            Ready::Canned(reply) => Act::Canned { reply, at: None, closes },
            Ready::Ask => Act::Ask,
        },
    })
}
