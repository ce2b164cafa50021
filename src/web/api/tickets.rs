//! Listing, searching and reading tickets.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use data_encoding::HEXLOWER;
use serde::Deserialize;
use sha2::{Digest, Sha256};
use utoipa::{IntoParams, ToSchema};

use super::asked::{Asked, Numbered};
use super::gate::Calling;
use super::object::{ActObject, ActsPage, NoteObject, TicketObject, TicketsPage};
use super::problem::{Code, Problem};
use super::shown::{WholeTicket, whole};
use crate::ticket::TicketId;
use crate::ticket::queue::{Cursor, Order, Pile, Wanted};
use crate::types::{Reason, UnixMillis};
use crate::web::port::{Found, Unavailable};
use crate::web::routes::App;

/// Rows of a page, unless the program wants another number.
const PAGE: u32 = 50;
/// Open tickets of the same writers and reasons that come with the rows of a page.
const MOST_BEHIND: usize = 200;
/// Nobody who signs in has a longer name.
const LONGEST_NAME: usize = 254;
/// Nobody looks for longer words.
const LONGEST_SEARCH: usize = 200;

/// Which tickets are listed
#[derive(Clone, Copy, Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub(super) enum PileWord {
    /// Those that wait for a technician
    #[default]
    Open,
    /// Of them, those that nobody has taken
    Nobody,
    /// Of them, those that wait for too long
    Late,
    /// Of them, those for whose reason something went wrong
    Failed,
    /// Those that wait for the requester or the manager
    Pending,
    /// Those that came to an end today without a technician
    Done,
}

/// The order of open tickets
#[derive(Clone, Copy, Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub(super) enum OrderWord {
    /// By reason; of a reason what is urgent first, then the oldest
    #[default]
    Reason,
    /// What is urgent first, then the oldest
    Oldest,
}

/// What a list is asked for by.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct ListQuery {
    /// Which tickets
    #[serde(default)]
    #[param(inline)]
    pile: PileWord,
    /// In which order, for those that are open
    #[serde(default)]
    #[param(inline)]
    order: OrderWord,
    /// Only open ones of this reason
    #[param(pattern = "^[a-z-]+$", max_length = 40)]
    reason: Option<String>,
    /// Only open ones that this person has taken; with no `pile` but `open`
    #[param(max_length = 254)]
    assignee: Option<String>,
    /// Where the page begins: `next` of the one before
    #[param(pattern = "^[0-9]{1,19}(\\.[0-9]{1,19}){3}$")]
    after: Option<String>,
    /// How many rows at most: open tickets of the same writer and reason are one
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u32>,
}

impl ListQuery {
    fn reason(&self) -> Result<Option<Option<Reason>>, Problem> {
        let wrong = || Problem::saying(Code::Malformed, "there is no such reason");
        self.reason.as_deref().map(|code| code.parse::<Reason>().map(Some).map_err(|_| wrong())).transpose()
    }

    fn limit(&self) -> Result<u32, Problem> {
        limit(self.limit)
    }
}

fn limit(wanted: Option<u32>) -> Result<u32, Problem> {
    let limit = wanted.unwrap_or(PAGE);
    if (1..=100).contains(&limit) {
        Ok(limit)
    } else {
        Err(Problem::saying(Code::Malformed, "limit is 1 to 100"))
    }
}

fn cursor_of(text: &str) -> Option<Cursor> {
    let numbers: Option<Vec<i64>> = text.split('.').map(|part| part.parse().ok()).collect();
    let [place, calm, at, id] = numbers?[..] else { return None };
    Some(Cursor { place, calm, at: UnixMillis(at), id: TicketId(id) })
}

fn text_of(cursor: Cursor) -> String {
    let Cursor { place, calm, at, id } = cursor;
    format!("{place}.{calm}.{}.{}", at.0, id.0)
}

/// Lists tickets
///
/// Keyset pages: `next` of a page is `after` of the one that follows. Tickets that come meanwhile move no other.
#[utoipa::path(
    get, path = "/api/v1/tickets", operation_id = "listTickets", tag = "tickets", params(ListQuery),
    security(("token" = ["tickets:read"])),
    responses((status = 200, description = "A page", body = TicketsPage))
)]
pub(super) async fn list(
    State(app): State<Arc<App>>,
    Asked(query): Asked<ListQuery>,
) -> Result<Response, Problem> {
    if query.assignee.as_ref().is_some_and(|name| name.chars().count() > LONGEST_NAME) {
        return Err(Problem::saying(Code::Malformed, "nobody has such a name"));
    }
    let snapshot = app.ports.queue.snapshot().await?;
    let pile = match (query.pile, &query.assignee) {
        (PileWord::Open, Some(name)) => Pile::Of(name.clone()),
        (_, Some(_)) => return Err(Problem::saying(Code::Malformed, "assignee goes with open tickets only")),
        (PileWord::Open, None) => Pile::Open,
        (PileWord::Nobody, None) => Pile::Of(String::new()),
        (PileWord::Late, None) => Pile::Late(snapshot.late[1]),
        (PileWord::Failed, None) => Pile::Failed,
        (PileWord::Pending, None) => Pile::Pending,
        (PileWord::Done, None) => Pile::Done(snapshot.today),
    };
    let after = match query.after.as_deref().map(cursor_of) {
        Some(None) => return Err(Problem::saying(Code::Malformed, "after is `next` of a page before")),
        Some(cursor) => cursor,
        None => None,
    };
    let order = match query.order {
        OrderWord::Reason => Order::Reason,
        OrderWord::Oldest => Order::Oldest,
    };
    let limit = query.limit()?;
    let wanted = Wanted { pile, order, reason: query.reason()?, after, limit: limit + 1 };
    let mut rows = app.ports.queue.page(&wanted).await?;
    let more = rows.len() > limit as usize;
    rows.truncate(limit as usize);
    let next = rows.last().filter(|_| more).map(|row| text_of(row.cursor(&wanted.pile)));
    let ids: Vec<TicketId> = rows.iter().map(|row| row.id).collect();
    // The rows themselves come first.
    let most = ids.len() + MOST_BEHIND;
    let mut ids = app.ports.queue.behind(&ids).await?;
    let left_out = ids.len().saturating_sub(most);
    ids.truncate(most);
    Ok(json(&TicketsPage { tickets: listed(&app, &ids).await?, next, left_out }))
}

async fn objects(app: &App, ids: &[TicketId]) -> Result<Vec<TicketObject>, Unavailable> {
    let listed = app.ports.programs.tickets(ids).await?;
    Ok(listed.iter().map(|listed| TicketObject::of(&listed.ticket, &listed.messages)).collect())
}

async fn listed(app: &App, ids: &[TicketId]) -> Result<Vec<TicketObject>, Unavailable> {
    Ok(objects(app, ids).await?.into_iter().map(TicketObject::listed).collect())
}

/// What is looked for.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct SearchQuery {
    /// A number, a username, or words of mails; of a phone its last two digits
    #[param(min_length = 1, max_length = 200)]
    q: String,
    /// Where the page begins: `next` of the one before
    #[param(minimum = 0)]
    before: Option<i64>,
    /// How many tickets at most
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u32>,
}

/// Searches tickets
///
/// That somebody looks for a username that is found stands in the audit log.
#[utoipa::path(
    get, path = "/api/v1/search", operation_id = "searchTickets", tag = "tickets", params(SearchQuery),
    security(("token" = ["tickets:read"])),
    responses((status = 200, description = "What was found, the newest first", body = TicketsPage))
)]
pub(super) async fn search(
    State(app): State<Arc<App>>,
    calling: Calling,
    Asked(query): Asked<SearchQuery>,
) -> Result<Response, Problem> {
    let limit = limit(query.limit)?;
    let length = query.q.chars().count();
    if length == 0 || length > LONGEST_SEARCH || query.before.is_some_and(|before| before < 0) {
        return Err(Problem::saying(
            Code::Malformed,
            "q is 1 to 200 characters, before is `next` of a page before",
        ));
    }
    let by = &calling.program.member.name;
    let (ids, next) = match app.ports.queue.search(&query.q, query.before, limit, by).await? {
        Found::Ticket(number) => {
            let shown = app.ports.programs.numbered(number).await?;
            (shown.into_iter().collect(), None)
        }
        Found::Rows(found) => (found.rows.iter().map(|row| row.id).collect::<Vec<_>>(), found.before),
    };
    let next = next.map(|before| before.to_string());
    Ok(json(&TicketsPage { tickets: listed(&app, &ids).await?, next, left_out: 0 }))
}

/// Reads a ticket
///
/// What its page shows. That the program has looked stands in the audit log, once an hour. `ETag` changes with the answer.
#[utoipa::path(
    get, path = "/api/v1/tickets/{number}", operation_id = "readTicket", tag = "tickets",
    params(
        ("number" = String, Path, description = "The ticket's number", example = "26-1141"),
        ("If-None-Match" = Option<String>, Header, description = "An ETag: 304 when the answer is still the same")
    ),
    security(("token" = ["tickets:read"])),
    responses(
        (status = 200, description = "The ticket", body = WholeTicket, headers(("ETag" = String, description = "Of this answer"))),
        (status = 304, description = "It is as the program has it")
    )
)]
pub(super) async fn one(
    State(app): State<Arc<App>>,
    calling: Calling,
    Numbered(number): Numbered,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let missing = || Problem::of(Code::NotFound);
    let who = &calling.program.member;
    let shown = app.ports.view.ticket(number, 0, who).await?.ok_or_else(missing)?;
    let id = app.ports.programs.numbered(number).await?.ok_or_else(missing)?;
    let object = objects(&app, &[id]).await?.pop().ok_or_else(missing)?;
    let acts = app.ports.acts.acts(number).await.ok_or(Unavailable)?;
    let notes = app.ports.acts.notes(number).await.ok_or(Unavailable)?;
    let acts = acts.iter().map(ActObject::of).collect();
    let whole: WholeTicket = whole(object, &shown, acts, notes.iter().map(NoteObject::of).collect());
    let body = serde_json::to_vec(&whole).unwrap_or_default();
    let tag = format!("\"{}\"", &HEXLOWER.encode(&Sha256::digest(&body))[..32]);
    let known = headers.get_all(header::IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    let same = known.flat_map(|value| value.split(',')).any(|one| one.trim() == tag || one.trim() == "*");
    let mut response = if same {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        ([(header::CONTENT_TYPE, "application/json")], body).into_response()
    };
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        response.headers_mut().insert(header::ETAG, tag);
    }
    Ok(response)
}

/// Lists the acts of a ticket
#[utoipa::path(
    get, path = "/api/v1/tickets/{number}/acts", operation_id = "listActs", tag = "tickets",
    params(("number" = String, Path, description = "The ticket's number", example = "26-1141")),
    security(("token" = ["tickets:read"])),
    responses((status = 200, description = "The acts, oldest first", body = ActsPage))
)]
pub(super) async fn acts(
    State(app): State<Arc<App>>,
    Numbered(number): Numbered,
) -> Result<Response, Problem> {
    app.ports.programs.numbered(number).await?.ok_or_else(|| Problem::of(Code::NotFound))?;
    let acts = app.ports.acts.acts(number).await.ok_or(Unavailable)?;
    Ok(json(&ActsPage { acts: acts.iter().map(ActObject::of).collect() }))
}

/// An answer of JSON. What is written here always can be.
pub(super) fn json(value: &impl serde::Serialize) -> Response {
    let body = serde_json::to_vec(value).unwrap_or_default();
    ([(header::CONTENT_TYPE, "application/json")], body).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_in_a_list_survives_the_way_out_and_back() {
        let cursor = Cursor { place: 3, calm: 1, at: UnixMillis(1_764_000_000_000), id: TicketId(7) };
        assert_eq!(cursor_of(&text_of(cursor)), Some(cursor));
        for text in ["", "1", "1.2.3", "1.2.3.4.5", "a.b.c.d", "1..2.3"] {
            assert_eq!(cursor_of(text), None, "{text}");
        }
    }
}
