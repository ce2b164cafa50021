//! [`PeoplePort`] implements [`People`]: the directory is asked within a bound, after it is written down who asks.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;

use crate::directory::Found;
use crate::store::StoreError;
use crate::types::{StaffMember, TicketNumber, mask_phones};
use crate::web::port::{People, PersonFound, Sought};
use crate::worker::Parts;

/// Fewer letters mean half the register.
const LEAST: usize = 2;
/// Letters that are read at all.
const MOST_LETTERS: usize = 100;
/// So many are shown: whoever is not among them is looked for by more of their name.
const MOST: u8 = 10;
/// Somebody waits before the page.
const PATIENCE: Duration = Duration::from_secs(5);

/// The directory over `parts`.
pub struct PeoplePort {
    parts: Arc<Parts>,
}

impl PeoplePort {
    /// The port over `parts`.
    #[must_use]
    pub fn new(parts: Arc<Parts>) -> Self {
        Self { parts }
    }

    async fn try_to_search(
        &self,
        who: &StaffMember,
        ticket: TicketNumber,
        name: &str,
    ) -> Result<Sought, StoreError> {
        let Some(ticket) = self.parts.store.numbered(ticket).await? else { return Ok(Sought::NoTicket) };
        let name: String = name.split_whitespace().collect::<Vec<_>>().join(" ");
        let name: String = name.chars().take(MOST_LETTERS).collect();
        if name.chars().filter(|c| c.is_alphanumeric()).count() < LEAST {
            return Ok(Sought::TooShort);
        }
        let actor = who.name.actor();
        self.parts.store.sought_people(ticket.id, &actor, &name, self.parts.now()).await?;
        let asked = self.parts.directory.people(&name, MOST + 1);
        let patience = PATIENCE.min(self.parts.timing.directory);
        match tokio::time::timeout(patience, asked).await {
            Ok(Ok(found)) => Ok(told(found)),
            Ok(Err(error)) => {
                tracing::warn!("people cannot be looked for in the directory: {error}; nothing was changed");
                Ok(Sought::NoDirectory)
            }
            Err(_) => {
                tracing::warn!("people cannot be looked for: the directory is late; nothing was changed");
                Ok(Sought::NoDirectory)
            }
        }
    }
}

fn told(found: Vec<Found>) -> Sought {
    let more = found.len() > usize::from(MOST);
    let mut people: Vec<PersonFound> = found.into_iter().take(usize::from(MOST)).map(person).collect();
    people.sort_by(|one, other| (&one.name, &one.username).cmp(&(&other.name, &other.username)));
    Sought::Found { people, more }
}

/// What people write into a name or a title may be a phone.
fn person(found: Found) -> PersonFound {
    let Found { username, name, title, unit, mail, open } = found;
    let works = [title, unit].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(", ");
    PersonFound {
        username: username.as_str().to_owned(),
        name: mask_phones(&name),
        works: mask_phones(&works),
        mail: mail.map(|mail| mail.as_str().to_owned()).unwrap_or_default(),
        open,
    }
}

#[async_trait]
impl People for PeoplePort {
    async fn search(&self, who: &StaffMember, ticket: TicketNumber, name: &str) -> Sought {
        self.try_to_search(who, ticket, name).await.unwrap_or_else(|error| {
            tracing::error!("nobody was looked for in the directory: {error}; it can be tried again");
            Sought::NotNow
        })
    }
}
