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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::delivery::pickup::Typed;
    use crate::keyring::key_from_bytes;

    fn keyring(of: u8) -> Keyring {
        let octets: [u8; 32] = std::array::from_fn(|place| of.wrapping_add(place as u8));
        Keyring::new(key_from_bytes(&octets).unwrap(), Vec::new())
    }

    fn code() -> TypedCode {
        Typed::read("7KQ-M4X-TR9-B2C").unwrap().code
    }

    /// Whoever has a copy of the database, and not the key, can try no code against it.
    #[test]
    fn a_token_comes_from_the_key_and_not_from_the_code_alone() {
        let (one, other) = (keyring(1), keyring(2));
        let hash = |keyring: &Keyring| token(keyring, keyring.current_id(), &code()).unwrap().hash();
        assert_ne!(hash(&one), hash(&other));
        assert_eq!(hash(&one), hash(&one));
        assert!(token(&one, other.current_id(), &code()).is_none(), "its key is not at hand");
        let stops =
            |keyring: &Keyring| stop_token(keyring, keyring.current_id(), 57, &code()).unwrap().letters();
        assert_ne!(stops(&one), stops(&other));
    }

    /// A code for one purpose, or for one ticket, is none for another.
    #[test]
    fn the_same_symbols_lead_elsewhere_for_another_purpose_and_another_ticket() {
        let keyring = keyring(1);
        let collects = token(&keyring, keyring.current_id(), &code()).unwrap();
        let stops = |ticket| stop_token(&keyring, keyring.current_id(), ticket, &code()).unwrap();
        let secret = |token: StopToken| token.letters().split_once('-').map(|(_, secret)| secret.to_owned());
        assert_ne!(secret(stops(57)).as_deref(), Some(collects.letters().as_str()));
        assert_ne!(secret(stops(57)), secret(stops(58)));
        // The place is not ambiguous either: ticket 5 with a 7 in front of the code is no ticket 57.
        assert_ne!(secret(stops(5)), secret(stops(57)));
    }
}
