//! A password at rest: sealed with a key outside the database for as long as its delivery is open
//! (decisions.md 6), and bound to the one row it belongs to, so that it opens nowhere else.
//! XChaCha20-Poly1305: its nonce of 24 octets may be drawn at random.

use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use data_encoding::BASE64;
use rand::CryptoRng;
use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, Zeroizing};

use super::TemporaryPassword;
use crate::keyring::Keyring;
use crate::types::{AccountId, UnixMillis};

const NONCE_LENGTH: usize = 24;

/// What a sealed password belongs to. Whoever moves it to another row gets nothing.
#[derive(Clone, Copy, Debug)]
pub struct Binding<'a> {
    /// The row of the ticket.
    pub ticket: i64,
    /// Which password of the ticket: each new value is a new generation.
    pub generation: u32,
    /// Whose password.
    pub account: &'a AccountId,
    /// From when on nobody may open it.
    pub expires_at: UnixMillis,
}

impl Binding<'_> {
    /// The binding and the key's name as octets. Every part has a fixed length or its length in
    /// front, so no two bindings give the same octets.
    fn associated_data(&self, key_id: &str) -> Vec<u8> {
        let mut data = b"nyckelbud/seal/1".to_vec();
        data.extend(self.ticket.to_be_bytes());
        data.extend(self.generation.to_be_bytes());
        data.extend(self.expires_at.0.to_be_bytes());
        for text in [key_id, self.account.as_str()] {
            data.extend((text.len() as u64).to_be_bytes());
            data.extend(text.as_bytes());
        }
        data
    }
}

/// A sealed password, fit to be stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sealed {
    /// The name of the key that sealed it.
    pub key_id: String,
    /// 24 random octets in base64 (RFC 4648 4).
    pub nonce: String,
    /// Ciphertext and tag in base64 (RFC 4648 4).
    pub ciphertext: String,
    /// From when on nobody may open it.
    pub expires_at: UnixMillis,
}

/// Why a password cannot be sealed or opened.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// Its time is over.
    #[error("the sealed password has expired; nobody can open it any more; a new one must be made")]
    Expired,
    /// Its key is not on the ring.
    #[error(
        "the password was sealed with the key {0}, which is not configured; it stays sealed; \
         put that key into password.old_keys"
    )]
    UnknownKey(String),
    /// It was damaged, or moved here from another ticket, generation, account or expiry.
    #[error(
        "the sealed password does not belong to this row, or was changed; it stays sealed; \
         look for other changes in the database, then make a new password"
    )]
    NotGenuine,
    /// The cipher refused to work.
    #[error("the password could not be sealed; nothing was changed; try again")]
    Failed,
}

/// Seals `password` with the current key, bound to `binding`.
///
/// # Errors
/// [`SealError::Failed`] when the cipher refuses, which it does only for texts of many gigabytes.
pub fn seal(
    keyring: &Keyring,
    rng: &mut impl CryptoRng,
    password: &TemporaryPassword,
    binding: &Binding<'_>,
) -> Result<Sealed, SealError> {
    let key_id = keyring.current_id();
    let cipher = cipher(keyring, key_id)?;
    let mut nonce = [0; NONCE_LENGTH];
    rng.fill_bytes(&mut nonce);
    let aad = binding.associated_data(key_id);
    let payload = Payload { msg: password.expose().as_bytes(), aad: &aad };
    let ciphertext = cipher.encrypt(&XNonce::from(nonce), payload).map_err(|_| SealError::Failed)?;
    Ok(Sealed {
        key_id: key_id.to_owned(),
        nonce: BASE64.encode(&nonce),
        ciphertext: BASE64.encode(&ciphertext),
        expires_at: binding.expires_at,
    })
}

/// Opens `sealed`, which must belong to `binding` and not be expired at `now`.
///
/// # Errors
/// [`SealError`] says why it stays sealed.
pub fn open(
    keyring: &Keyring,
    sealed: &Sealed,
    binding: &Binding<'_>,
    now: UnixMillis,
) -> Result<TemporaryPassword, SealError> {
    if sealed.expires_at != binding.expires_at {
        return Err(SealError::NotGenuine);
    }
    if now >= binding.expires_at {
        return Err(SealError::Expired);
    }
    let cipher = cipher(keyring, &sealed.key_id)?;
    let nonce = decode(&sealed.nonce)?;
    let nonce: [u8; NONCE_LENGTH] = nonce.try_into().map_err(|_| SealError::NotGenuine)?;
    let ciphertext = decode(&sealed.ciphertext)?;
    let aad = binding.associated_data(&sealed.key_id);
    let payload = Payload { msg: &ciphertext, aad: &aad };
    let clear = cipher.decrypt(&XNonce::from(nonce), payload).map_err(|_| SealError::NotGenuine)?;
    let text = String::from_utf8(clear).map_err(|error| {
        error.into_bytes().zeroize();
        SealError::NotGenuine
    })?;
    Ok(TemporaryPassword::new(Zeroizing::new(text)))
}

fn cipher(keyring: &Keyring, key_id: &str) -> Result<XChaCha20Poly1305, SealError> {
    let key = keyring.sealing_key(key_id).ok_or_else(|| SealError::UnknownKey(key_id.to_owned()))?;
    Ok(XChaCha20Poly1305::new((&*key).into()))
}

fn decode(text: &str) -> Result<Vec<u8>, SealError> {
    BASE64.decode(text.as_bytes()).map_err(|_| SealError::NotGenuine)
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;
    use rand::rngs::StdRng;

    use super::*;
    use crate::keyring::generate_key;
    use crate::password::generate::generate;

    const EXPIRY: UnixMillis = UnixMillis(1_000_000);
    const BEFORE: UnixMillis = UnixMillis(999_999);

    fn rng() -> StdRng {
        StdRng::seed_from_u64(6)
    }

    fn binding(account: &AccountId) -> Binding<'_> {
        Binding { ticket: 7, generation: 1, account, expires_at: EXPIRY }
    }

    /// A ring, a password's clear text, and the password sealed for ticket 7 of `anna`.
    fn sealed() -> (Keyring, AccountId, String, Sealed) {
        let mut rng = rng();
        let ring = Keyring::new(generate_key(&mut rng), vec![]);
        let password = generate(&mut rng, 12, &[]);
        let account = AccountId::new("anna");
        let sealed = seal(&ring, &mut rng, &password, &binding(&account)).unwrap();
        (ring, account, password.expose().to_owned(), sealed)
    }

    #[test]
    fn what_was_sealed_comes_back_until_it_expires() {
        let (ring, account, clear, sealed) = sealed();
        let binding = binding(&account);
        assert_eq!(open(&ring, &sealed, &binding, BEFORE).unwrap().expose(), clear);
        assert_eq!(open(&ring, &sealed, &binding, EXPIRY).unwrap_err(), SealError::Expired);
    }

    #[test]
    fn it_opens_for_no_other_ticket_generation_account_or_expiry() {
        let (ring, account, _, sealed) = sealed();
        let other = AccountId::new("annb");
        let right = binding(&account);
        for wrong in [
            Binding { ticket: 8, ..right },
            Binding { generation: 2, ..right },
            Binding { account: &other, ..right },
            Binding { expires_at: UnixMillis(EXPIRY.0 + 1), ..right },
        ] {
            assert_eq!(open(&ring, &sealed, &wrong, BEFORE).unwrap_err(), SealError::NotGenuine, "{wrong:?}");
        }
    }

    #[test]
    fn nobody_can_prolong_it_by_writing_a_later_expiry_into_the_row() {
        let (ring, account, _, mut sealed) = sealed();
        let later = UnixMillis(EXPIRY.0 + 1_000);
        sealed.expires_at = later;
        let binding = Binding { expires_at: later, ..binding(&account) };
        assert_eq!(open(&ring, &sealed, &binding, EXPIRY).unwrap_err(), SealError::NotGenuine);
    }

    #[test]
    fn one_changed_character_anywhere_keeps_it_sealed() {
        let (ring, account, _, sealed) = sealed();
        let swap = |text: &str, place: usize| {
            let mut text = text.as_bytes().to_vec();
            text[place] = if text[place] == b'A' { b'B' } else { b'A' };
            String::from_utf8(text).unwrap()
        };
        for place in 0..sealed.ciphertext.len() - 1 {
            let forged = Sealed { ciphertext: swap(&sealed.ciphertext, place), ..sealed.clone() };
            assert!(open(&ring, &forged, &binding(&account), BEFORE).is_err(), "ciphertext {place}");
        }
        for place in 0..sealed.nonce.len() {
            let forged = Sealed { nonce: swap(&sealed.nonce, place), ..sealed.clone() };
            assert!(open(&ring, &forged, &binding(&account), BEFORE).is_err(), "nonce {place}");
        }
        for text in ["", "AAAA", "not base64"] {
            let forged = Sealed { nonce: text.to_owned(), ..sealed.clone() };
            assert_eq!(open(&ring, &forged, &binding(&account), BEFORE).unwrap_err(), SealError::NotGenuine);
        }
    }

    #[test]
    fn after_a_rotation_the_old_key_opens_and_the_new_one_seals() {
        let mut rng = rng();
        let (old, new) = (generate_key(&mut rng), generate_key(&mut rng));
        let account = AccountId::new("anna");
        let password = generate(&mut rng, 12, &[]);
        let before = Keyring::new(old.clone(), vec![]);
        let sealed = seal(&before, &mut rng, &password, &binding(&account)).unwrap();

        let after = Keyring::new(new.clone(), vec![old]);
        assert_eq!(open(&after, &sealed, &binding(&account), BEFORE).unwrap().expose(), password.expose());
        assert_eq!(seal(&after, &mut rng, &password, &binding(&account)).unwrap().key_id, after.current_id());

        let without = Keyring::new(new, vec![]);
        assert_eq!(
            open(&without, &sealed, &binding(&account), BEFORE).unwrap_err(),
            SealError::UnknownKey(before.current_id().to_owned())
        );
    }

    #[test]
    fn the_same_password_never_looks_the_same_twice_and_never_shows() {
        let (ring, account, clear, first) = sealed();
        let password = TemporaryPassword::new(Zeroizing::new(clear.clone()));
        let mut rng = StdRng::seed_from_u64(99);
        let second = seal(&ring, &mut rng, &password, &binding(&account)).unwrap();
        assert_ne!(first.nonce, second.nonce);
        assert_ne!(first.ciphertext, second.ciphertext);
        assert!(!format!("{first:?}").contains(&clear));
    }

    #[test]
    fn no_two_bindings_share_their_octets() {
        let (ab, b) = (AccountId::new("ab"), AccountId::new("b"));
        assert_ne!(binding(&b).associated_data("key-a"), binding(&ab).associated_data("key-"));
    }
}
