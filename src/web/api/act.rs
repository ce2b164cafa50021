//! Acting on tickets: what the pages' forms do, by the same port, with the same checks and the same ten seconds.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use utoipa::ToSchema;

use super::asked::{ActNamed, Numbered, Sent};
use super::gate::Calling;
use super::object::{ActObject, HappenedObject, Made};
use super::problem::{Code, Problem};
use super::tickets::json;
use crate::clock::parse_rfc3339;
use crate::ticket::{Act, ActStatus, Canned, Grounds};
use crate::types::{AccountId, Override, Scope, StaffName, TicketNumber, Username};
use crate::web::port::{ActForm, ByHandForm, MadeByHand, Performed, Unavailable, Undone};
use crate::web::routes::App;

/// An act, and the ticket's version that it is meant for
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct WantedAct {
    /// The ticket's version as the program read it
    #[schema(minimum = 0)]
    version: i64,
    /// What
    act: ActWord,
    /// Whose account, for choose-account; and for to-manager and the overrides, where the mails do not say
    #[schema(max_length = 113)]
    account: Option<String>,
    /// Which manager, for override-to-another-manager: the directory's identifier
    #[schema(min_length = 1, max_length = 200)]
    manager: Option<String>,
    /// How whoever asks was made out, for an override
    grounds: Option<GroundsWord>,
    /// Why, in a sentence, for an override
    #[schema(min_length = 1, max_length = 500)]
    why: Option<String>,
    /// What is written, for reply and note
    #[schema(min_length = 1, max_length = 20_000)]
    text: Option<String>,
    /// The language of the words around a reply
    language: Option<LanguageWord>,
    /// The ticket ends with the reply; else it waits for the answer
    #[serde(default)]
    closes: bool,
    /// The time that a reply tells that lies ready, where it tells one
    #[schema(format = DateTime)]
    at: Option<String>,
    /// The older ticket that goes on, for merge
    #[schema(pattern = "^[0-9]{2}-[1-9][0-9]{0,8}$")]
    into: Option<String>,
    /// Who is given the ticket, for assign
    #[schema(max_length = 254)]
    to: Option<String>,
}

/// What is done
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub(super) enum ActWord {
    Approve,
    Retry,
    ToManager,
    ChooseAccount,
    Override,
    OverrideToRegisteredPhone,
    OverrideToAnotherManager,
    Ask,
    Reply,
    PhonesAreDown,
    ThroughManager,
    OtherMatter,
    Refusal,
    Close,
    Phishing,
    Reopen,
    Merge,
    Release,
    Assign,
    Note,
}

/// How whoever asks was made out
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub(super) enum GroundsWord {
    /// They stand here, and showed who they are
    InPerson,
    /// They were called at a number that the desk knows
    CalledBack,
    /// A manager or colleague whom the desk knows says so
    Vouched,
    /// As the sentence says
    Other,
}

/// A language
#[derive(Clone, Copy, Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub(super) enum LanguageWord {
    #[default]
    Sv,
    En,
}

fn lacks(field: &str) -> Problem {
    Problem::saying(Code::Invalid, format!("`{field}` is missing, or is none"))
}

impl WantedAct {
    fn act(&self) -> Result<Act, Problem> {
        let text = || self.text.clone().ok_or_else(|| lacks("text"));
        Ok(match self.act {
            ActWord::Approve => Act::Approve,
            ActWord::Retry => Act::Retry,
            ActWord::ToManager => Act::ToManager { account: self.account()? },
            ActWord::ChooseAccount => {
                Act::ChooseAccount { account: self.account()?.ok_or_else(|| lacks("account"))? }
            }
            ActWord::Override => self.over(Override::AsUsual)?,
            ActWord::OverrideToRegisteredPhone => self.over(Override::ToRegisteredPhone)?,
            ActWord::OverrideToAnotherManager => {
                let manager = self.manager.as_deref().map(str::trim).filter(|id| !id.is_empty());
                let manager = manager.ok_or_else(|| lacks("manager"))?;
                self.over(Override::ToManager(AccountId::new(manager)))?
            }
            ActWord::Ask => Act::Ask,
            ActWord::Reply => {
                let language = match self.language.unwrap_or_default() {
                    LanguageWord::Sv => "sv",
                    LanguageWord::En => "en",
                };
                Act::Reply { language: language.to_owned(), text: text()?, closes: self.closes }
            }
            ActWord::PhonesAreDown => self.canned(Canned::PhonesAreDown)?,
            ActWord::ThroughManager => self.canned(Canned::ThroughManager)?,
            ActWord::OtherMatter => self.canned(Canned::OtherMatter)?,
            ActWord::Refusal => self.canned(Canned::Refusal)?,
            ActWord::Close => Act::Close,
            ActWord::Phishing => Act::Phishing,
            ActWord::Reopen => Act::Reopen,
            ActWord::Merge => {
                let into = self.into.as_deref().and_then(|number| TicketNumber::parse(number).ok());
                Act::Merge { into: into.ok_or_else(|| lacks("into"))? }
            }
            ActWord::Release => Act::Release,
            ActWord::Assign => {
                let to = self.to.as_deref().and_then(|name| StaffName::parse(name).ok());
                Act::Assign { to: to.ok_or_else(|| lacks("to"))? }
            }
            ActWord::Note => Act::Note { text: text()? },
        })
    }

    fn account(&self) -> Result<Option<Username>, Problem> {
        self.account.as_deref().map(|name| Username::parse(name).map_err(|_| lacks("account"))).transpose()
    }

    fn over(&self, way: Override) -> Result<Act, Problem> {
        let grounds = match self.grounds.ok_or_else(|| lacks("grounds"))? {
            GroundsWord::InPerson => Grounds::InPerson,
            GroundsWord::CalledBack => Grounds::CalledBack,
            GroundsWord::Vouched => Grounds::Vouched,
            GroundsWord::Other => Grounds::Other,
        };
        let why = self.why.clone().ok_or_else(|| lacks("why"))?;
        Ok(Act::Override { way, account: self.account()?, grounds, why, whom: String::new() })
    }

    fn canned(&self, reply: Canned) -> Result<Act, Problem> {
        let at = self.at.as_deref().map(|at| parse_rfc3339(at).ok_or_else(|| lacks("at"))).transpose()?;
        Ok(Act::Canned { reply, at, closes: self.closes })
    }
}

/// Acts on a ticket
///
/// What leaves waits ten seconds, in which it can be undone; `status` tells. With another version than the ticket's
/// nothing is done, and the problem tells what came since to a token that may read tickets. Where overrides need two
/// people, a program has none.
#[utoipa::path(
    post, path = "/api/v1/tickets/{number}/acts", operation_id = "actOnTicket", tag = "acts",
    params(("number" = String, Path, description = "The ticket's number", example = "26-1141")),
    request_body = WantedAct, security(("token" = ["tickets:act"])),
    responses(
        (status = 200, description = "It is done", body = ActObject),
        (status = 202, description = "It is kept, and carried out at `due_at` unless it is undone", body = ActObject)
    )
)]
pub(super) async fn act(
    State(app): State<Arc<App>>,
    calling: Calling,
    Numbered(ticket): Numbered,
    Sent(wanted): Sent<WantedAct>,
) -> Result<Response, Problem> {
    let act = wanted.act()?;
    let form = ActForm { ticket, version: wanted.version, key: calling.key, act };
    match app.ports.acts.perform(&calling.program.member, form).await {
        Performed::Kept(kept) | Performed::Colleague(kept) | Performed::Done(kept) => {
            let status = match kept.status {
                ActStatus::Waiting | ActStatus::Colleague => StatusCode::ACCEPTED,
                ActStatus::Done
                | ActStatus::Undone
                | ActStatus::Refused
                | ActStatus::Declined
                | ActStatus::Lapsed => StatusCode::OK,
            };
            let mut response = json(&ActObject::of(&kept));
            *response.status_mut() = status;
            Ok(response)
        }
        Performed::Changed(changed) => {
            // History is read by whoever may read, and that leaves a trace.
            let reads = calling.program.scopes.contains(&Scope::Read);
            let since = changed.since.iter().filter(|_| reads).map(HappenedObject::of).collect();
            Err(Problem::changed(changed.version, since))
        }
        Performed::Waits(act) => Err(Problem::waits(ActObject::of(&act))),
        Performed::Refused(refusal) => Err(refusal.into()),
        Performed::NotNow => Err(Unavailable.into()),
    }
}

/// Undoes an act that waits
#[utoipa::path(
    post, path = "/api/v1/tickets/{number}/acts/{act}/undo", operation_id = "undoAct", tag = "acts",
    params(
        ("number" = String, Path, description = "The ticket's number", example = "26-1141"),
        ("act" = i64, Path, description = "The act's `id`")
    ),
    security(("token" = ["tickets:act"])),
    responses((status = 200, description = "It is not carried out", body = ActObject))
)]
pub(super) async fn undo(
    State(app): State<Arc<App>>,
    calling: Calling,
    Numbered(number): Numbered,
    ActNamed(id): ActNamed,
) -> Result<Response, Problem> {
    let missing = || Problem::of(Code::NotFound);
    let find = async || -> Result<_, Problem> {
        let acts = app.ports.acts.acts(number).await.ok_or(Unavailable)?;
        acts.into_iter().find(|act| act.id == id).ok_or_else(missing)
    };
    find().await?;
    let undone = app.ports.acts.undo(&calling.program.member, number, id).await;
    let kept = find().await?;
    let ours = kept.status == ActStatus::Undone && kept.by.name == calling.program.member.name;
    match undone {
        Undone::Yes => Ok(json(&ActObject::of(&kept))),
        // A repeat whose first answer was lost.
        Undone::TooLate if ours => Ok(json(&ActObject::of(&kept))),
        Undone::TooLate => Err(Problem::of(Code::TooLate)),
        Undone::NotNow => Err(Unavailable.into()),
    }
}

/// Somebody who came in person
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ByHandWish {
    /// Their name
    #[schema(min_length = 1, max_length = 200)]
    name: String,
    /// Whose account it is about
    #[schema(max_length = 113)]
    username: Option<String>,
    /// Who made them out, and how
    #[schema(min_length = 1, max_length = 20_000)]
    note: String,
}

/// Makes a ticket
///
/// For somebody who came in person: there is no mail, and nothing is decided before somebody acts.
#[utoipa::path(
    post, path = "/api/v1/tickets", operation_id = "makeTicket", tag = "acts",
    request_body = ByHandWish, security(("token" = ["tickets:act"])),
    responses((status = 201, description = "It is made", body = Made,
        headers(("Location" = String, description = "Where it is read"))))
)]
pub(super) async fn make(
    State(app): State<Arc<App>>,
    calling: Calling,
    Sent(wish): Sent<ByHandWish>,
) -> Result<Response, Problem> {
    let username = wish.username.as_deref().map(|name| Username::parse(name).map_err(|_| lacks("username")));
    let username = username.transpose()?;
    let form = ByHandForm { key: calling.key, name: wish.name, username, note: wish.note };
    match app.ports.acts.make_by_hand(&calling.program.member, form).await {
        MadeByHand::Made(number) => {
            let location = format!("{}{}/tickets/{number}", app.pages.site.base, super::BASE);
            let body = json(&Made { number: number.to_string() });
            Ok((StatusCode::CREATED, [(header::LOCATION, location)], body).into_response())
        }
        MadeByHand::Refused(refusal) => Err(refusal.into()),
        MadeByHand::NotNow => Err(Unavailable.into()),
    }
}
