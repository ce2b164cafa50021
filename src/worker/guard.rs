//! What a link asks for beside itself. Checked under the ticket's claim and before anything is set; wrong
//! codes are counted in the ticket, so that no restart forgets them.

use super::alarm;
use super::offer;
use super::sign_in;
use super::work::{Draft, Work, WorkError};
use crate::ticket::{Event, Guard, Offer, WRONG_CODES};
use crate::web::Proof;

const GUESSED: &str =
    "wrong codes were entered at the manager's link, so it was closed: somebody else may have it";

/// Does `proof` hold what `offer` asks for?
pub(crate) async fn admits(
    work: &mut Work,
    offer: &Offer,
    browser: &str,
    proof: &Proof,
) -> Result<bool, WorkError> {
    match offer.guard {
        // Whoever has the token has typed the code from which it is derived.
        Guard::Nothing | Guard::TypedCode => Ok(true),
        Guard::CodeByText | Guard::CodeByMail => code_is_right(work, offer, &proof.code).await,
        Guard::SignIn { .. } => sign_in::is_proof(&work.parts, work.id(), offer, browser, &proof.signed_in),
    }
}

async fn code_is_right(work: &mut Work, offer: &Offer, typed: &str) -> Result<bool, WorkError> {
    if typed.trim().is_empty() {
        return Ok(false);
    }
    if offer::code(&work.parts, work.id(), offer)?.is(typed) {
        return Ok(true);
    }
    let mut draft = Draft { actor: Some("link".to_owned()), note: Some(GUESSED), ..Draft::default() };
    if offer.wrong_codes + 1 >= WRONG_CODES {
        let number = work.claim.ticket.number;
        draft.messages = alarm::to_people(&work.parts, &format!("Ticket {number}: {WRONG_CODES} {GUESSED}."));
    }
    work.commit(Event::WrongCode, draft).await?;
    Ok(false)
}
