//! An act is wanted, or taken back; a ticket is made by hand.

use serde_json::{Value, json};

use super::super::dialect::Dialect;
use super::super::intake::take_turn;
use super::super::tx::Tx;
use super::super::value::values;
use super::super::{SqlStore, audit, limits, ticket};
use super::{changed, end, for_a_colleague, json_of, one, since, told, waiting, words};
use crate::mail::{Excerpt, Trust};
use crate::mailbox::MailUid;
use crate::store::{ActMade, ByHand, Incoming, MessageKind, NewAct, NewTicket, NotAsked, StoreError};
use crate::ticket::{Act, ActStatus, Changed, Fate, KeptAct, Kind, PasswordFact, State, TicketId};
use crate::types::{EmailAddress, Person, Reason, StaffName, TicketNumber, Trail, UnixMillis, Username};

/// How many mails of people are read with a ticket, those of tickets that were put into it as well: whoever acts on it
/// has seen them all. Their number tells, because the mails of a ticket that is put into it may be older.
macro_rules! mails_read {
    ($ticket:literal) => {
        concat!(
            "(SELECT COUNT(*) FROM mail m WHERE m.ticket IN (SELECT CAST(",
            $ticket,
            " AS BIGINT) UNION ALL SELECT k.id FROM ticket k WHERE k.kept = ",
            $ticket,
            " AND k.kept > 0) AND m.duplicate_of = 0 AND m.writer <> 'machine')"
        )
    };
}
pub(super) use mails_read;

/// Whose the key is goes with it: nobody takes another's form's place.
fn form(by: &Person, key: &str) -> String {
    format!("{}/{key}", by.name)
}

async fn of_form<DB: Dialect>(tx: &mut Tx<DB>, key: &str) -> Result<Option<i64>, StoreError> {
    let row = tx.row("SELECT id FROM act WHERE act_key = $1", values![key]).await?;
    row.map(|mut row| row.number()).transpose()
}

/// What a form comes to that was posted before. Whoever took its act back, and sends it again or something else by it, must
/// not be told that it is done.
fn posted_before(before: KeptAct, ticket: TicketId, wanted: &Act) -> ActMade {
    let came_to_nothing = match before.status {
        ActStatus::Waiting | ActStatus::Colleague | ActStatus::Done => false,
        ActStatus::Undone | ActStatus::Refused | ActStatus::Declined | ActStatus::Lapsed => true,
    };
    if came_to_nothing || before.ticket != ticket || before.act != words::masked(wanted) {
        return ActMade::Used(before);
    }
    ActMade::Before(before)
}

/// Is the writer's address surely theirs, in the first mail?
const VOUCHED: &str =
    "SELECT sender, kind, (SELECT m.trust FROM mail m WHERE m.ticket = $1 AND m.duplicate_of = 0
         ORDER BY m.id LIMIT 1) FROM ticket WHERE id = $1 AND sender <> ''";
const ASKED_NOW: &str = "SELECT a.id FROM act a JOIN ticket t ON t.id = a.ticket
     WHERE a.ended_at = 0 AND t.sender = $1 AND a.what = $2";

/// Why the writer is not asked with many others: a machine asks nobody else either (`worker/decide.rs`).
async fn not_asked<DB: Dialect>(
    tx: &mut Tx<DB>,
    id: TicketId,
    now: UnixMillis,
) -> Result<Option<NotAsked>, StoreError> {
    let Some(mut row) = tx.row(VOUCHED, values![id]).await? else { return Ok(Some(NotAsked::Unvouched)) };
    let sender = row.parsed("an address", |from| EmailAddress::parse(from).ok())?;
    let kind = row.parsed("the kind of a ticket", Kind::from_code)?;
    let trust = row.parsed_or_none("the trust of a mail", Trust::from_code)?;
    if kind == Kind::Automatic || trust.is_none_or(|trust| trust < Trust::Vouched) {
        return Ok(Some(NotAsked::Unvouched));
    }
    let waits = tx.hits(ASKED_NOW, values![sender.as_str(), json_of(&Act::Ask)?]).await?;
    let asked = limits::enough(tx, &sender, MessageKind::AskForDetails, now).await?.is_some();
    Ok((waits || asked).then_some(NotAsked::Lately))
}

impl<DB: Dialect> SqlStore<DB> {
    pub(super) async fn keep_act(&self, new: NewAct) -> Result<ActMade, StoreError> {
        let mut tx = self.write("keeping an act").await?;
        let sql = "SELECT id, version, state FROM ticket WHERE year = $1 AND running = $2 FOR UPDATE";
        let number = values![new.ticket.year(), new.ticket.running()];
        let Some(mut row) = tx.row(sql, number).await? else { return Ok(ActMade::NoTicket) };
        let (id, version, state) = (TicketId(row.number()?), row.number()?, row.text()?);
        let key = form(&new.by, &new.key);
        if let Some(before) = of_form(&mut tx, &key).await? {
            return Ok(posted_before(one(&mut tx, before).await?, id, &new.act));
        }
        if version != new.version {
            let since = since(&mut tx, id, new.version).await?;
            if !new.act.is_beside() || hands_over(&new.act) && since.iter().any(|row| row.event == ASSIGNED) {
                return Ok(ActMade::Changed(Changed { version, since }));
            }
        }
        if !new.act.is_beside()
            && let Some(waits) = waiting(&mut tx, id).await?
        {
            return Ok(ActMade::Waits(waits));
        }
        // Whoever decides in a colleague's place decides about one.
        if new.needs_colleague
            && let Some(waits) = for_a_colleague(&mut tx, id).await?
        {
            return Ok(ActMade::Waits(waits));
        }
        if new.many
            && new.act == Act::Ask
            && let Some(why) = not_asked(&mut tx, id, new.now).await?
        {
            return Ok(ActMade::NotAsked(why));
        }
        let status = match () {
            () if new.act.is_beside() => ActStatus::Done,
            () if new.needs_colleague => ActStatus::Colleague,
            () => ActStatus::Waiting,
        };
        let act = insert(&mut tx, id, &key, &new, (version, &state), status).await?;
        if new.act.is_beside() {
            beside(&mut tx, id, &new).await?;
        } else {
            audit::write(&mut tx, id, &told(&new.by, "act.made", &about(act, &new.act)), new.now).await?;
        }
        let made = one(&mut tx, act).await?;
        tx.commit().await?;
        Ok(ActMade::Made(made))
    }

    pub(super) async fn take_act_back(
        &self,
        act: i64,
        by: &StaffName,
        now: UnixMillis,
    ) -> Result<bool, StoreError> {
        let mut tx = self.write("taking an act back").await?;
        let sql = "SELECT status FROM act WHERE id = $1 AND ended_at = 0 AND (by_name = $2 OR colleague = $2) FOR UPDATE";
        let Some(mut row) = tx.row(sql, values![act, by.as_str()]).await? else { return Ok(false) };
        let was = row.parsed("the status of an act", ActStatus::from_code)?;
        end(&mut tx, act, was, (ActStatus::Undone, ""), &by.actor(), now).await?;
        tx.commit().await?;
        Ok(true)
    }

    pub(super) async fn keep_by_hand(&self, made: ByHand) -> Result<Option<TicketNumber>, StoreError> {
        let mut tx = self.write("making a ticket by hand").await?;
        // As where mails are kept: numbers have no gap, and the same form is looked for by one at a time.
        take_turn(&mut tx).await?;
        let key = form(&made.by, &made.key);
        if let Some(before) = of_form(&mut tx, &key).await? {
            return made_before(&mut tx, before, &made).await;
        }
        let (id, number) = ticket::make(&mut tx, &nothing(&made), &made.subject, None, made.now).await?;
        let named = made.username.as_ref().map_or("", Username::as_str);
        // Nobody waits at a program: the ticket is anybody's.
        let assignee = if made.by.name.is_token() { "" } else { made.by.name.as_str() };
        let sql = "UPDATE ticket SET named = $2, assignee = $3 WHERE id = $1";
        tx.run(sql, values![id, named, assignee]).await?;
        // What the queue shows of it; no mail brings that.
        let sql = "INSERT INTO excerpt (ticket, mails, name, snippet, attached, alike) VALUES ($1, 0, $2, '', 0, 0)";
        tx.run(sql, values![id, made.subject.as_str()]).await?;
        let (kind, to) = (Kind::Password.code(), by_hand().name());
        let data = json!({ "number": number, "kind": kind, "to": to, "named": made.username });
        audit::write(&mut tx, id, &told(&made.by, "ticket.made", &data), made.now).await?;
        let note = NewAct {
            ticket: number,
            version: 0,
            key: made.key.clone(),
            act: Act::Note { text: made.note.clone() },
            by: made.by.clone(),
            needs_colleague: false,
            many: false,
            due_at: made.now,
            now: made.now,
        };
        let state = ticket::state_text(&by_hand())?;
        insert(&mut tx, id, &key, &note, (0, &state), ActStatus::Done).await?;
        beside(&mut tx, id, &note).await?;
        tx.commit().await?;
        Ok(Some(number))
    }
}

/// What the audit log tells of the ticket whose first act is `$1`.
const MADE_WITH: &str = "SELECT u.data FROM audit u JOIN act a ON a.ticket = u.ticket
     WHERE a.id = $1 AND a.id = (SELECT MIN(f.id) FROM act f WHERE f.ticket = a.ticket) AND u.event = 'ticket.made'
     ORDER BY u.id LIMIT 1";

/// The ticket that this form made, by the note that it was made with; `None`: the form was for something else.
async fn made_before<DB: Dialect>(
    tx: &mut Tx<DB>,
    act: i64,
    made: &ByHand,
) -> Result<Option<TicketNumber>, StoreError> {
    let before = one(tx, act).await?;
    let Some(mut row) = tx.row(MADE_WITH, values![act]).await? else { return Ok(None) };
    let told: Value = serde_json::from_str(&row.text()?).unwrap_or_default();
    let subject = tx.one("SELECT subject FROM ticket WHERE id = $1", values![before.ticket]).await?.text()?;
    let note = words::masked(&Act::Note { text: made.note.clone() });
    // Only a mail's ticket tells of a mailbox.
    let by_hand = told.get("mailbox").is_none() && told["named"] == json!(made.username);
    Ok((by_hand && subject == made.subject && before.act == note).then_some(before.number))
}

/// What a ticket is that somebody made for a person who stands before them.
fn by_hand() -> State {
    State::Technician { password: PasswordFact::NotChanged }
}

/// In place of a mail, of which there is none: what a ticket is made from.
fn nothing(made: &ByHand) -> Incoming {
    Incoming {
        mailbox: String::new(),
        validity: 0,
        uid: MailUid::new(""),
        received_at: made.now,
        raw: Vec::new(),
        content_hash: String::new(),
        earlier_hash: None,
        message_id: None,
        answers: Vec::new(),
        tag: None,
        subject: made.subject.clone(),
        from: None,
        trust: Trust::Unverified,
        returned: None,
        from_desk: false,
        signatures: None,
        folder: None,
        excerpt: Excerpt::default(),
        ticket: NewTicket {
            kind: Kind::Password,
            state: by_hand(),
            outcome: Some(Fate::Technician),
            reason: Some(Reason::OtherSubject),
            trail: Trail::default(),
            observed: false,
            year: made.year,
            acknowledge: None,
        },
    }
}

const ASSIGNED: &str = "ticket.assigned";

/// Does it change who has the ticket? Then another such change must not have gone unseen.
fn hands_over(act: &Act) -> bool {
    matches!(act, Act::Take | Act::Release | Act::Assign { .. })
}

async fn insert<DB: Dialect>(
    tx: &mut Tx<DB>,
    ticket: TicketId,
    key: &str,
    new: &NewAct,
    (version, state): (i64, &str),
    status: ActStatus,
) -> Result<i64, StoreError> {
    let sql = concat!(
        "INSERT INTO act (ticket, act_key, what, by_name, by_shown, colleague, colleague_shown, seen_version,
             seen_state, seen_mail, made_at, due_at, status, why, ended_at)
         VALUES ($1, $2, $3, $4, $5, '', '', $6, $7, ",
        mails_read!("$1"),
        ", $8, $9, $10, '', $11) RETURNING id"
    );
    let ended = if status == ActStatus::Done { new.now } else { UnixMillis(0) };
    let values = values![
        ticket,
        key,
        json_of(&words::masked(&new.act))?,
        new.by.name.as_str(),
        new.by.shown.as_str(),
        version,
        state,
        new.now,
        new.due_at,
        status.code(),
        ended,
    ];
    tx.one(sql, values).await?.number()
}

/// What the audit log tells of an act: never the words of a mail or a note.
pub(super) fn about(id: i64, act: &Act) -> Value {
    let mut about = json!({ "id": id, "act": act.code() });
    if let Act::Override { grounds, why, .. } = words::masked(act) {
        about["grounds"] = json!(grounds);
        about["why"] = json!(why);
    }
    // Who decides in a colleague's place must see it, and so must an auditor.
    match act {
        Act::Override { way, account, whom, .. } => {
            about["way"] = json!(way);
            about["whom"] = json!(whom);
            about["account"] = json!(account);
        }
        Act::ToManager { account } => about["account"] = json!(account),
        Act::ChooseAccount { account } => about["account"] = json!(account),
        Act::Approve
        | Act::Retry
        | Act::Ask
        | Act::Canned { .. }
        | Act::Reply { .. }
        | Act::Close
        | Act::Phishing
        | Act::Reopen
        | Act::Merge { .. }
        | Act::Take
        | Act::Release
        | Act::Assign { .. }
        | Act::Note { .. } => {}
    }
    about
}

/// Does what is done beside the machine, with its audit row.
async fn beside<DB: Dialect>(tx: &mut Tx<DB>, id: TicketId, new: &NewAct) -> Result<(), StoreError> {
    let to = match &new.act {
        Act::Note { text } => {
            words::note(tx, id, &new.by, text, new.now).await?;
            changed(tx, id).await?;
            return audit::write(tx, id, &told(&new.by, "ticket.noted", &json!({})), new.now).await;
        }
        Act::Take => new.by.name.as_str(),
        Act::Assign { to } => to.as_str(),
        Act::Release => "",
        Act::Approve
        | Act::Retry
        | Act::ToManager { .. }
        | Act::ChooseAccount { .. }
        | Act::Override { .. }
        | Act::Ask
        | Act::Reply { .. }
        | Act::Canned { .. }
        | Act::Close
        | Act::Phishing
        | Act::Reopen
        | Act::Merge { .. } => return Ok(()),
    };
    let sql = "UPDATE ticket SET assignee = $2, version = version + 1 WHERE id = $1";
    tx.run(sql, values![id, to]).await?;
    audit::write(tx, id, &told(&new.by, ASSIGNED, &json!({ "to": to })), new.now).await
}
