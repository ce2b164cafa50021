//! Looking for tickets by words and by username. Words are looked for as they were typed; only when few
//! tickets have them also as beginnings of words, which costs more.

use serde_json::json;

use super::SqlStore;
use super::audit;
use super::dialect::Dialect;
use super::queue;
use super::tx::Tx;
use super::value::{list, values};
use crate::store::{AuditEntry, StoreError};
use crate::ticket::TicketId;
use crate::ticket::queue::{FoundRows, Row, Sought};
use crate::types::{UnixMillis, mask_phones};

pub(super) const BY_LOGIN: &str =
    "SELECT id FROM ticket WHERE login = $1 AND login <> '' ORDER BY id DESC LIMIT $2";

pub(super) const NEWEST_MAIL: &str = "SELECT coalesce(MAX(id), 0) FROM mail";

/// The audit log's word for it.
const SEARCHED: &str = "queue.searched";

impl<DB: Dialect> SqlStore<DB> {
    pub(super) async fn search(&self, sought: &Sought, now: UnixMillis) -> Result<FoundRows, StoreError> {
        let mut tx = self.read("looking for tickets").await?;
        let mut ids = Vec::new();
        let mut named = false;
        if let Some(login) = sought.login.as_deref().filter(|_| sought.before.is_none()) {
            for mut row in tx.rows(BY_LOGIN, values![login, sought.limit]).await? {
                ids.push(TicketId(row.number()?));
            }
            named = !ids.is_empty();
        }
        let found = by_words(&mut tx, sought).await?;
        let full = found.len() > sought.limit as usize;
        let before = found.get(sought.limit as usize - 1).filter(|_| full).map(|(mail, _)| *mail);
        for (_, id) in found.into_iter().take(sought.limit as usize) {
            if !ids.contains(&id) {
                ids.push(id);
            }
        }
        let rows = rows(&mut tx, &ids).await?;
        drop(tx);
        // Before anything of it is shown, whatever was found: a further page shows further people.
        self.say_who_looked(sought, named, now).await?;
        Ok(FoundRows { rows, before })
    }

    /// Whom people look for is personal data, and so is what they are shown for it.
    async fn say_who_looked(&self, sought: &Sought, named: bool, now: UnixMillis) -> Result<(), StoreError> {
        let mut tx = self.write("noting who was looked for").await?;
        let data = match &sought.login {
            Some(login) if named => json!({ "username": login }),
            Some(_) | None => json!({ "words": mask_phones(&sought.words.join(" ")) }),
        };
        let entry =
            AuditEntry { actor: sought.actor.clone(), event: SEARCHED.to_owned(), data: data.to_string() };
        audit::write(&mut tx, TicketId(0), &entry, now).await?;
        tx.commit().await
    }
}

/// Mails with the words, the newest first, and their tickets; one more than asked for when there are more.
async fn by_words<DB: Dialect>(tx: &mut Tx<DB>, sought: &Sought) -> Result<Vec<(i64, TicketId)>, StoreError> {
    // Nothing else may get into the database's own language for searches.
    let plain = |word: &&String| !word.is_empty() && word.chars().all(char::is_alphanumeric);
    let mut words: Vec<String> = sought.words.iter().filter(plain).cloned().collect();
    // A letter beside words is the beginning of one that is being written, and of half of all others.
    if words.iter().any(|word| word.chars().count() > 1) {
        words.retain(|word| word.chars().count() > 1);
    }
    if words.is_empty() {
        return Ok(Vec::new());
    }
    let before = sought.before.unwrap_or(i64::MAX);
    let newest = tx.one(NEWEST_MAIL, values![]).await?.number()?.min(before);
    let mut found = Vec::new();
    // Words that most mails have fill a page at once; all others are so rare that their beginnings cost little.
    let whole = DB::among_newest(&DB::whole_words(&words), newest, 0);
    let beginnings = DB::beginnings(&words);
    let begin = (0..=DB::NARROWER).map(|step| DB::among_newest(&beginnings, newest, step));
    for words in std::iter::once(whole).chain(begin) {
        found.clear();
        for mut row in tx.rows(DB::FIND_WORDS, values![words, before, sought.limit + 1]).await? {
            found.push((row.number()?, TicketId(row.number()?)));
        }
        if found.len() > sought.limit as usize {
            break;
        }
    }
    Ok(found)
}

async fn rows<DB: Dialect>(tx: &mut Tx<DB>, ids: &[TicketId]) -> Result<Vec<Row>, StoreError> {
    let rows = tx.rows(queue::ROWS, values![list(ids.iter().map(|id| id.0))]).await?;
    let mut rows = rows.into_iter().map(queue::read).collect::<Result<Vec<_>, _>>()?;
    rows.sort_by_key(|row| ids.iter().position(|id| *id == row.id));
    Ok(rows)
}
