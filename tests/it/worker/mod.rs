//! The worker over real parts of files: what happens between a decision and a hand when the world
//! changes meanwhile.

use std::path::PathBuf;
use std::sync::Arc;

use nyckelbud::decision::Automation;
use nyckelbud::password::file::{credentials_path, verify};
use nyckelbud::store::{AuditEntry, Switch};
use nyckelbud::ticket::{PasswordFact, Standing, State};
use nyckelbud::types::{AccountId, Reason};
use nyckelbud::web::Browser;

use crate::support::demo_desk;
use crate::support::desk::{OpenDesk, TurnedClock};
use crate::support::scripted_gateway::ScriptedGateway;

mod act_ends;
mod acts;
mod balances;
mod breaking;
mod code_guesses;
pub mod codes;
mod codes_from_before;
mod failover;
mod frozen;
mod frozen_meanwhile;
mod limits;
mod links;
mod looks;
mod messages;
mod pickup;
mod overrides;
mod refusals;
mod reminders;
mod requester;
mod same_answer;
mod scramble;
mod strangers;
mod switch;
mod texting;
mod time;
mod together;
pub mod typed_codes;
mod unseen;
mod warnings;
mod webhooks;
mod words;

/// Offered to Karin Ek, because the phone in the mail is not Filip's.
const OFFERED: &str = "manager-phone-mismatch";
/// Texted to Anna's registered mobile.
const TEXTED: &str = "sms-registered-phone";

/// A folder with a desk, and a clock.
pub struct Place {
    _guard: tempfile::TempDir,
    folder: PathBuf,
    clock: TurnedClock,
}

impl Place {
    fn new() -> Self {
        Self::with("")
    }

    /// With these lines at the end of its configuration.
    fn with(more: &str) -> Self {
        let guard = tempfile::tempdir().unwrap();
        let folder = guard.path().to_owned();
        demo_desk::build_with(&folder, more);
        Self { _guard: guard, folder, clock: TurnedClock::default() }
    }

    async fn open(&self) -> OpenDesk {
        OpenDesk::open(&self.folder, &self.clock, |_| {}).await
    }

    fn deliver(&self, name: &str) {
        demo_desk::deliver(&self.folder, name);
    }

    fn token(&self) -> String {
        demo_desk::pickup_token(&self.folder).expect("the manager's link")
    }

    /// Replaces a piece of the people's file.
    fn people(&self, from: &str, to: &str) {
        let path = self.folder.join("directory.toml");
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.contains(from), "{from}");
        let new = path.with_extension("new");
        std::fs::write(&new, text.replacen(from, to, 1)).unwrap();
        std::fs::rename(new, path).unwrap();
    }

    fn was_set(&self, account: &str) -> bool {
        let path = credentials_path(&self.folder.join("directory.toml"));
        std::fs::read_to_string(path).is_ok_and(|text| text.contains(&format!("\"{account}\"")))
    }

    fn opens(&self, account: &str, password: &str) -> bool {
        verify(&credentials_path(&self.folder.join("directory.toml")), &AccountId::new(account), password)
    }
}

/// The token of the link in a text or mail.
pub fn token_in(text: &str) -> String {
    let (_, rest) = text.split_once("/p/").unwrap_or_else(|| panic!("no link in {text}"));
    rest.chars().take_while(char::is_ascii_alphanumeric).collect()
}

fn karins_phone() -> Browser {
    Browser::new([1; 16])
}

async fn turn(desk: &OpenDesk, automation: Automation) {
    let now = desk.parts.clock.now();
    let switch = Switch { automation, why: "a test".to_owned(), by: "test".to_owned(), at: now, until: None };
    let audit =
        AuditEntry { actor: "test".to_owned(), event: "automation.turned".to_owned(), data: "{}".to_owned() };
    desk.parts.store.turn(&switch, audit).await.unwrap();
}

/// A technician has it, with this reason and this knowledge of the password.
async fn technician_has(desk: &OpenDesk, name: &str, reason: Reason, password: PasswordFact) {
    let ticket = desk.ticket(name).await;
    assert_eq!(ticket.state, State::Technician { password }, "{:?}", ticket.trail);
    assert_eq!(ticket.reason, Some(reason));
    assert_eq!(ticket.state.standing(), Standing::Open);
}

/// A desk whose texts leave by these.
async fn open_with(place: &Place, gateways: &[&Arc<ScriptedGateway>]) -> OpenDesk {
    OpenDesk::open(&place.folder, &place.clock, |parts| {
        parts.gateways = gateways.iter().map(|g| Arc::clone(g) as _).collect();
    })
    .await
}
