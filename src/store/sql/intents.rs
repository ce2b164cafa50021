//! Intents: outside calls, written before they begin and completed after they end.

use std::collections::HashMap;

use super::dialect::Dialect;
use super::tx::Tx;
use super::value::{Row, Value, corrupt, values};
use crate::store::{Intent, IntentChange, IntentKind, StoreError};
use crate::ticket::TicketId;
use crate::types::Outcome;

/// The intents of one ticket, oldest first; an error when one of them cannot be read.
type Intents = Result<Vec<Intent>, StoreError>;

/// The intents of these tickets.
pub(super) async fn of_tickets<DB: Dialect>(
    tx: &mut Tx<DB>,
    ids: Value,
) -> Result<HashMap<TicketId, Intents>, StoreError> {
    let sql = "SELECT ticket, intent_key, kind, generation, gateway, begun_at, outcome, detail FROM intent
         WHERE ticket IN (SELECT CAST(value AS BIGINT) FROM json_each($1)) ORDER BY id";
    let mut intents: HashMap<TicketId, Intents> = HashMap::new();
    for mut row in tx.rows(sql, vec![ids]).await? {
        let of_ticket = intents.entry(TicketId(row.number()?)).or_insert_with(|| Ok(Vec::new()));
        match (read(&mut row), of_ticket.as_mut()) {
            (Ok(intent), Ok(before)) => before.push(intent),
            (Err(error), _) => *of_ticket = Err(error),
            (Ok(_), Err(_)) => {}
        }
    }
    Ok(intents)
}

fn read(row: &mut Row) -> Result<Intent, StoreError> {
    Ok(Intent {
        key: row.text()?,
        kind: row.parsed("the kind of an intent", IntentKind::from_code)?,
        generation: row.count()?,
        gateway: row.text()?,
        at: row.time()?,
        outcome: outcome(row)?,
    })
}

/// Reads the columns `outcome, detail`; `None` while there is no answer.
pub(super) fn outcome(row: &mut Row) -> Result<Option<Outcome>, StoreError> {
    let code = row.text()?;
    let detail = row.text()?;
    match code.as_str() {
        "" => Ok(None),
        "accepted" => Ok(Some(Outcome::Accepted { reference: detail })),
        "refused" => Ok(Some(Outcome::Refused { cause: detail })),
        "not-sent" => Ok(Some(Outcome::NotSent { cause: detail })),
        "uncertain" => Ok(Some(Outcome::Uncertain { cause: detail })),
        _ => Err(corrupt("the outcome of an intent")),
    }
}

/// Writes what a step says about an intent. `false`: an intent with this key was begun before.
pub(super) async fn change<DB: Dialect>(
    tx: &mut Tx<DB>,
    ticket: TicketId,
    change: &IntentChange,
) -> Result<bool, StoreError> {
    match change {
        IntentChange::None => Ok(true),
        IntentChange::Begin(intent) => begin(tx, ticket, intent).await,
        IntentChange::End { key, outcome, at } => {
            let sql = "UPDATE intent SET outcome = $3, detail = $4, ended_at = $5
                 WHERE intent_key = $1 AND ticket = $2 RETURNING id";
            let values = values![key.as_str(), ticket, outcome.code(), outcome.detail(), *at];
            if tx.hits(sql, values).await? {
                Ok(true)
            } else {
                Err(corrupt("a call has ended that was never begun; nothing was changed"))
            }
        }
    }
}

async fn begin<DB: Dialect>(tx: &mut Tx<DB>, ticket: TicketId, intent: &Intent) -> Result<bool, StoreError> {
    let (code, detail) = intent.outcome.as_ref().map_or(("", ""), |o| (o.code(), o.detail()));
    let sql = "INSERT INTO intent (intent_key, ticket, kind, generation, gateway, begun_at, outcome, detail,
             ended_at, counted_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 0, $6) ON CONFLICT (intent_key) DO NOTHING RETURNING id";
    let values = values![
        intent.key.as_str(),
        ticket,
        intent.kind.code(),
        intent.generation,
        intent.gateway.as_str(),
        intent.at,
        code,
        detail,
    ];
    tx.hits(sql, values).await
}
