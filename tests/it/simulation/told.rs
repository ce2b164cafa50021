//! I14: whoever cannot sign in any more has the new password, or a technician knows of it, in the right word.

use nyckelbud::store::{Claim, IntentKind};
use nyckelbud::ticket::{PasswordFact, State, TicketId};
use nyckelbud::types::{AccountId, Outcome};

use super::invariants::Evidence;
use super::log::{Entry, What};

/// Is a technician told what is not so? `taken`: the register took a password or a pass of the ticket.
fn is_wrong(password: PasswordFact, taken: bool, claim: &Claim) -> bool {
    let mut sets = claim.intents.iter().filter(|intent| intent.kind == IntentKind::Set);
    let mut passes = claim.intents.iter().filter(|intent| intent.kind == IntentKind::Pass);
    match password {
        // A pass changes no password.
        PasswordFact::NotChanged => taken && passes.next().is_none(),
        PasswordFact::MayHaveChanged => !sets.any(|set| {
            matches!(set.outcome, Some(Outcome::Uncertain { .. } | Outcome::Accepted { .. }) | None)
        }),
        PasswordFact::Changed => !taken || sets.next().is_none(),
        PasswordFact::PassIssued => !taken || passes.next().is_none(),
    }
}

impl Evidence {
    /// I14: whoever cannot sign in any more has the new password, or a technician knows of it.
    pub fn nobody_is_locked_out_in_silence(&self, broken: &mut Vec<String>) {
        for claim in &self.claims {
            let held = self.log.iter().filter_map(|entry| match &entry.what {
                What::Holds { account, value, ticket } if *ticket == claim.ticket.id => {
                    Some((account, value))
                }
                _ => None,
            });
            let held: Vec<_> = held.collect();
            let number = claim.ticket.number;
            match &claim.ticket.state {
                State::Done { .. } => {
                    // Or a later request has brought another one.
                    let told = |(account, value): &(&AccountId, &String)| {
                        self.world.was_told(account, value) || !self.is_newest(account, claim.ticket.id)
                    };
                    if !held.iter().any(told) {
                        broken.push(format!("I14: {number} is done, and its owner has nothing"));
                    }
                }
                State::Technician { password } if is_wrong(*password, !held.is_empty(), claim) => {
                    let has = if held.is_empty() { "has not" } else { "has" };
                    broken.push(format!("I14: {number} says {password:?}; the register {has} taken one"));
                }
                State::Coalesced { .. } if !held.is_empty() => {
                    broken.push(format!("I14: {number} changed a password and was merged"));
                }
                _ => {}
            }
        }
    }

    /// Is what opens the account, as far as we know, of this ticket?
    fn is_newest(&self, account: &AccountId, ticket: TicketId) -> bool {
        let of = |entry: &Entry| match &entry.what {
            What::Holds { account: of, ticket, .. } if of == account => Some(*ticket),
            _ => None,
        };
        self.log.iter().rev().find_map(of) == Some(ticket)
    }
}
