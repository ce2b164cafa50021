//! The forms of a ticket's page, and what of people's acts is shown there.

use serde_json::{Value, json};

use super::step;
use super::values::Made;
use super::written::ready_of;
use crate::clock::{Clock, SystemClock};
use crate::ticket::act::Grounds;
use crate::ticket::{Act, ActStatus, Canned, KeptAct, Note, Proposed};
use crate::types::{Override, TicketNumber, UnixMillis};
use crate::web::form::key;
use crate::web::language::Language;
use crate::web::port::{Ready, ReadyText, TicketShown};
use crate::web::routes::App;
use crate::web::staff::Signed;
use crate::web::staff::access::Right;
use crate::web::words::{self, Words, time};

/// What the template makes its forms of; `null` for who may only look, and while the store does not answer.
pub(super) async fn values(
    app: &App,
    signed: &Signed,
    made: &Made<'_>,
    ticket: &TicketShown,
    (ready, review): (&str, &str),
) -> Value {
    let port = &app.ports.acts;
    let (Some(kept), Some(notes)) = (port.acts(ticket.number).await, port.notes(ticket.number).await) else {
        return Value::Null;
    };
    let draft = port.draft(&signed.member, ticket.number).await;
    let looked_at =
        ready_of(ready).and_then(|which| Some((which, app.ports.view.ready(ticket.number, which)?)));
    let may = Right::Act.is_of(signed.member.role);
    let me = &signed.member.name;
    // Whoever approved it may take it back as well.
    let mine = |act: &KeptAct| act.by.name == *me || act.with.as_ref().is_some_and(|with| with.name == *me);
    shown(made, ticket, &Shown { may, kept: &kept, notes: &notes, draft, looked_at, mine: &mine, review })
}

/// What somebody has just chosen for the ticket `number`, for the page on which they land: a line, and how to take it
/// back; `null` for nothing of theirs.
pub(in crate::web::staff) async fn done(app: &App, signed: &Signed, number: &str, review: &str) -> Value {
    let Ok(number) = TicketNumber::parse(number) else { return Value::Null };
    let kept = app.ports.acts.acts(number).await.unwrap_or_default();
    let now = SystemClock.now();
    let mine = kept.iter().rev().find(|act| act.by.name == signed.member.name);
    mine.map_or(Value::Null, |act| done_value(act, now, signed.language, review))
}

fn done_value(act: &KeptAct, now: UnixMillis, language: Language, review: &str) -> Value {
    let waits = matches!(act.status, ActStatus::Waiting | ActStatus::Colleague);
    let seconds = if act.status == ActStatus::Waiting { act.due_at.since(now).as_secs() } else { 0 };
    json!({
        "number": act.number.to_string(), "id": act.id, "undo": waits, "seconds": seconds, "review": review,
        "what": words::acts::act(act.act.code()).map(|words| words.of(language)).unwrap_or_default(),
        "status": words::acts::status(act.status).of(language),
    })
}

/// What is shown of people's acts.
struct Shown<'a> {
    may: bool,
    kept: &'a [KeptAct],
    notes: &'a [Note],
    draft: Option<(String, crate::types::UnixMillis)>,
    looked_at: Option<(Ready, ReadyText)>,
    mine: &'a dyn Fn(&KeptAct) -> bool,
    /// The reason that is reviewed; empty for none.
    review: &'a str,
}

fn shown(made: &Made<'_>, ticket: &TicketShown, shown: &Shown<'_>) -> Value {
    let language = made.language;
    // Where neither a mail nor a colleague has named an account, whoever chooses a step does.
    let must = ticket.username.is_none() && ticket.named.is_none() && ticket.mails.is_empty();
    let step = |proposed: Proposed| {
        let step = words::acts::proposed(proposed);
        let asking = words::acts::with_form(step.code).filter(|_| must).unwrap_or(step);
        step::value(&asking, language, must)
    };
    let line = |act: &KeptAct| {
        let left = act.due_at.since(made.now).as_secs();
        json!({
            "id": act.id, "by": act.by.shown, "mine": (shown.mine)(act), "seconds": left,
            "minutes": left.div_ceil(60), "version": act.version, "when": made.stamp(act.made_at),
            "what": words::acts::act(act.act.code()).map(|words| words.of(language)), "code": act.act.code(),
            "status": words::acts::status(act.status).of(language), "why": act.why,
            "given": match &act.act { Act::Override { why, .. } => why.as_str(), _ => "" },
            "details": details(made.language, &act.act),
        })
    };
    let of = |status: ActStatus| shown.kept.iter().find(|act| act.status == status).map(line);
    // A note beside it does not say that it was seen.
    let failed = shown
        .kept
        .iter()
        .rfind(|act| !act.act.is_beside())
        // Not of what came before the ticket was opened anew.
        .filter(|act| ticket.settled_at.is_none_or(|settled| settled <= act.made_at))
        .filter(|act| matches!(act.status, ActStatus::Refused | ActStatus::Declined | ActStatus::Lapsed));
    let proposal = ticket.proposal.as_ref().filter(|_| shown.may);
    json!({
        "may": shown.may,
        "version": ticket.version,
        "key": key(),
        "review": shown.review,
        "typed": step::blank(),
        "replies": proposal.is_some_and(|p| p.first == Proposed::Reply || p.others.contains(&Proposed::Reply)),
        "first": proposal.map(|proposal| step(proposal.first)),
        "others": proposal.map(|proposal| proposal.others.iter().copied().map(step).collect::<Vec<_>>()).unwrap_or_default(),
        "waiting": of(ActStatus::Waiting),
        "colleague": of(ActStatus::Colleague),
        "failed": failed.map(line),
        "notes": shown.notes.iter().map(|note| json!({
            "by": note.by.shown, "text": note.text, "when": made.stamp(note.at),
        })).collect::<Vec<_>>(),
        "draft": shown.draft.as_ref().map(|(text, at)| json!({
            "text": text, "saved": time::time_of_day(*at, made.zone, language),
        })),
        "canned": Canned::ALL.map(|canned| json!({ "code": canned.code(), "name": words::acts::canned(canned).of(language) })),
        "ready": shown.looked_at.as_ref().map(|(which, text)| json!({
            "code": match which { Ready::Ask => "ask", Ready::Canned(canned) => canned.code() },
            "subject": text.subject, "text": text.text,
        })),
    })
}

/// What an override would do, for whoever decides on it: on which grounds, for which account, to which manager.
pub(in crate::web::staff) fn details(language: Language, act: &Act) -> Vec<String> {
    let Act::Override { way, account, grounds, whom, .. } = act else { return Vec::new() };
    let say = |swedish: &'static str, english: &'static str| Words(swedish, english).of(language).to_owned();
    let grounds = match grounds {
        Grounds::InPerson => say(
            "personen står här och har legitimerat sig",
            "the person stands here and has shown who they are",
        ),
        Grounds::CalledBack => say("uppringd på ett känt nummer", "called back at a known number"),
        Grounds::Vouched => {
            say("en känd chef eller kollega går i god", "a manager or colleague who is known vouches")
        }
        Grounds::Other => say("annan grund", "other grounds"),
    };
    let mut details = vec![grounds];
    match way {
        Override::AsUsual => {}
        Override::ToRegisteredPhone => {
            details.push(say("sms till registrerad mobil", "text to the registered mobile"))
        }
        Override::ToManager(manager) => {
            let whom = if whom.is_empty() { manager.as_str() } else { whom };
            details.push(format!("{} {whom}", say("till chefen", "to the manager")));
        }
    }
    details.extend(
        account.as_ref().map(|account| format!("{} {account}", say("för kontot", "for the account"))),
    );
    details
}

/// Values for the page's forms, for the look at start.
pub(in crate::web::staff) fn samples(made: &Made<'_>, ticket: &TicketShown) -> [Value; 3] {
    let (draft, looked_at) = (Some(("Hej".to_owned(), made.now)), None);
    let text = ReadyText { subject: "Ärende".to_owned(), text: "Hej".to_owned() };
    let mine = |_: &KeptAct| true;
    let whole = Shown { may: true, kept: &[], notes: &[], draft, looked_at, mine: &mine, review: "" };
    let ready = Shown {
        may: true,
        kept: &[],
        notes: &[],
        draft: None,
        looked_at: Some((Ready::Ask, text)),
        mine: &mine,
        review: "",
    };
    [Value::Null, shown(made, ticket, &whole), shown(made, ticket, &ready)]
}

/// What was chosen before, for the look at start.
pub(super) fn done_sample(signed: &Signed) -> Value {
    let words = words::acts::act("close").map(|words| words.of(signed.language));
    json!({ "number": "26-1", "id": 1, "undo": true, "seconds": 8, "review": "", "what": words, "status": "" })
}
