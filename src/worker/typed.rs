//! Codes that are typed at the desk's page in place of opening a link. A code has 60 bits, a token 128: the token is
//! derived from the code under the sealing key, so that the store keeps the same hash and everything behind the page
//! is a link's. Whoever has only the database can try no code, because the key lies outside it.

use super::offer::{OwnersLink, owners_mac};
use crate::delivery::pickup::{PickupToken, StopToken, TypedCode};
use crate::keyring::Keyring;
use crate::ticket::Ticket;

/// The token to which a code leads.
pub(crate) fn token(keyring: &Keyring, key_id: &str, code: &TypedCode) -> Option<PickupToken> {
    keyring.mac(key_id, "typed-pickup", code.symbols()).map(PickupToken::from_mac)
}

/// The code with which an account's owner stops the request of this ticket. Derived from what their link would be made
/// of, for this purpose only.
pub(crate) fn owners_code(keyring: &Keyring, key_id: &str, ticket: &Ticket) -> Option<TypedCode> {
    let link = owners_mac(keyring, key_id, OwnersLink::Stop, ticket)?;
    keyring.mac(key_id, "typed-stop-code", &link).map(TypedCode::from_mac)
}

/// The token to which an owner's code leads.
pub(crate) fn stop_token(
    keyring: &Keyring,
    key_id: &str,
    ticket: i64,
    code: &TypedCode,
) -> Option<StopToken> {
    let place = [ticket.to_string().as_bytes(), b"/", code.symbols()].concat();
    keyring.mac(key_id, "typed-stop", &place).map(|mac| StopToken::from_mac(ticket, mac))
}

/// Is it the token of this ticket's code?
pub(crate) fn is_stop_token(keyring: &Keyring, key_id: &str, ticket: &Ticket, token: &StopToken) -> bool {
    let right =
        owners_code(keyring, key_id, ticket).and_then(|code| stop_token(keyring, key_id, ticket.id.0, &code));
    right.is_some_and(|right| right.is_same(token))
}
