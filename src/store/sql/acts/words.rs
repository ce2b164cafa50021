//! What people write: notes to colleagues, and what they have begun to write. A phone in a note or in the reason of an
//! override is masked (decisions, 21); a reply leaves as it was written.

use super::super::SqlStore;
use super::super::dialect::Dialect;
use super::super::tx::Tx;
use super::super::value::{Row, values};
use super::person;
use crate::store::{SavedDraft, StoreError};
use crate::ticket::{Act, Note, TicketId};
use crate::types::{Person, StaffName, TicketNumber, UnixMillis, mask_phones};

pub(in crate::store::sql) const NOTES: &str = "SELECT n.by_name, n.by_shown, n.words, n.written_at
     FROM note n JOIN ticket t ON t.id = n.ticket WHERE t.year = $1 AND t.running = $2 ORDER BY n.id";

/// The act without phones, where it is for colleagues' eyes.
pub(super) fn masked(act: &Act) -> Act {
    let mut act = act.clone();
    if let Act::Note { text: words } | Act::Override { why: words, .. } = &mut act {
        *words = mask_phones(words);
    }
    act
}

pub(super) async fn note<DB: Dialect>(
    tx: &mut Tx<DB>,
    ticket: TicketId,
    by: &Person,
    text: &str,
    now: UnixMillis,
) -> Result<(), StoreError> {
    let sql = "INSERT INTO note (ticket, by_name, by_shown, words, written_at) VALUES ($1, $2, $3, $4, $5)";
    tx.run(sql, values![ticket, by.name.as_str(), by.shown.as_str(), mask_phones(text), now]).await
}

/// What somebody wrote, and what was not sent, lies in their draft again, unless that is newer.
pub(super) async fn give_back<DB: Dialect>(
    tx: &mut Tx<DB>,
    ticket: TicketId,
    (by, text): (&str, &str),
    written_at: UnixMillis,
    now: UnixMillis,
) -> Result<(), StoreError> {
    let sql = "INSERT INTO draft (ticket, by_name, words, saved_at) VALUES ($1, $2, $3, $4)
         ON CONFLICT (ticket, by_name) DO UPDATE SET words = excluded.words, saved_at = excluded.saved_at
             WHERE draft.saved_at <= $5";
    tx.run(sql, values![ticket, by, text, now, written_at]).await
}

impl<DB: Dialect> SqlStore<DB> {
    pub(super) async fn read_notes(&self, number: TicketNumber) -> Result<Vec<Note>, StoreError> {
        let mut tx = self.read("reading a ticket's notes").await?;
        let note = |mut row: Row| Ok(Note { by: person(&mut row)?, text: row.text()?, at: row.time()? });
        tx.rows(NOTES, values![number.year(), number.running()]).await?.into_iter().map(note).collect()
    }

    pub(super) async fn keep_draft(
        &self,
        number: TicketNumber,
        draft: &SavedDraft,
    ) -> Result<bool, StoreError> {
        let mut tx = self.write("keeping a draft").await?;
        let sql = "SELECT id FROM ticket WHERE year = $1 AND running = $2";
        let Some(mut row) = tx.row(sql, values![number.year(), number.running()]).await? else {
            return Ok(false);
        };
        let (ticket, by) = (row.number()?, draft.by.as_str());
        if draft.text.is_empty() {
            tx.run("DELETE FROM draft WHERE ticket = $1 AND by_name = $2", values![ticket, by]).await?;
        } else {
            let sql = "INSERT INTO draft (ticket, by_name, words, saved_at) VALUES ($1, $2, $3, $4)
                 ON CONFLICT (ticket, by_name) DO UPDATE SET words = excluded.words, saved_at = excluded.saved_at";
            tx.run(sql, values![ticket, by, draft.text.as_str(), draft.at]).await?;
        }
        tx.commit().await?;
        Ok(true)
    }

    pub(super) async fn read_draft(
        &self,
        number: TicketNumber,
        by: &StaffName,
    ) -> Result<Option<SavedDraft>, StoreError> {
        let mut tx = self.read("reading a draft").await?;
        let sql = "SELECT d.words, d.saved_at FROM draft d JOIN ticket t ON t.id = d.ticket
             WHERE t.year = $1 AND t.running = $2 AND d.by_name = $3";
        let row = tx.row(sql, values![number.year(), number.running(), by.as_str()]).await?;
        row.map(|mut row| Ok(SavedDraft { by: by.clone(), text: row.text()?, at: row.time()? })).transpose()
    }
}
