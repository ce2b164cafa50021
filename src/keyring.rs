//! The keys that lie outside the database: what they seal or sign is worthless to whoever steals
//! only the database. One key is current; old ones may still open what they sealed. Everything the
//! program needs a key for gets a subkey of its own, so that no use can be turned against another.

use data_encoding::HEXLOWER;
use hmac::{Hmac, KeyInit, Mac};
use rand::CryptoRng;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::types::PhoneNumber;

/// Length of a key in octets.
pub const KEY_LENGTH: usize = 32;

/// The octets of one key, wiped on drop.
pub type KeyBytes = Zeroizing<[u8; KEY_LENGTH]>;

/// Why a file's content is no key. Never holds any of the content.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// Another length than 32 octets. Hexadecimal or base64 text is the usual mistake.
    #[error(
        "a key is exactly 32 raw octets, not text, and this has {0}; nothing was opened or sealed with it; \
         make one with `nyckelbud key new`"
    )]
    Length(usize),
    /// All octets are the same: a file that was made but never written.
    #[error(
        "the key's octets are all the same, so it is no random key; nothing was opened or sealed with it; \
         make one with `nyckelbud key new`"
    )]
    Blank,
}

/// Reads a key as its file holds it: 32 raw octets.
///
/// # Errors
/// [`KeyError`] says what is wrong with the content.
pub fn key_from_bytes(bytes: &[u8]) -> Result<KeyBytes, KeyError> {
    let key: &[u8; KEY_LENGTH] = bytes.try_into().map_err(|_| KeyError::Length(bytes.len()))?;
    if key.iter().all(|octet| *octet == key[0]) {
        return Err(KeyError::Blank);
    }
    Ok(Zeroizing::new(*key))
}

/// Makes a new key.
pub fn generate_key(rng: &mut impl CryptoRng) -> KeyBytes {
    let mut key = Zeroizing::new([0; KEY_LENGTH]);
    rng.fill_bytes(&mut *key);
    key
}

/// The name of a key: the first 8 hexadecimal digits of its SHA-256. It tells keys apart in a row
/// or a log and gives nothing away.
#[must_use]
pub fn key_id(key: &KeyBytes) -> String {
    let mut id = HEXLOWER.encode(&Sha256::digest(**key));
    id.truncate(8);
    id
}

/// One key with its name.
struct Key {
    id: String,
    bytes: KeyBytes,
}

impl Key {
    fn new(bytes: KeyBytes) -> Self {
        Self { id: key_id(&bytes), bytes }
    }
}

/// The current key and the old ones. Has no way to show a key.
pub struct Keyring {
    current: Key,
    old: Vec<Key>,
}

impl Keyring {
    /// A ring whose `current` key seals, while `old` ones only open.
    #[must_use]
    pub fn new(current: KeyBytes, old: Vec<KeyBytes>) -> Self {
        Self { current: Key::new(current), old: old.into_iter().map(Key::new).collect() }
    }

    /// The name of the key that seals and signs from now on.
    #[must_use]
    pub fn current_id(&self) -> &str {
        &self.current.id
    }

    /// The names of all keys, the current one first.
    pub fn ids(&self) -> impl Iterator<Item = &str> {
        self.keys().map(|key| key.id.as_str())
    }

    /// HMAC-SHA256 (RFC 2104) of `data` under the key named `key_id`, by a subkey for `purpose`
    /// only; `None` when that key is not on the ring. Compare the result in constant time.
    #[must_use]
    pub fn mac(&self, key_id: &str, purpose: &str, data: &[u8]) -> Option<[u8; 32]> {
        self.keys().find(|key| key.id == key_id).map(|key| mac(key, purpose, data))
    }

    /// The number as it is stored beside its last two digits (decisions.md 21): hexadecimal, under
    /// the current key. A new key starts a new count.
    #[must_use]
    pub fn phone_hash(&self, number: &PhoneNumber) -> String {
        HEXLOWER.encode(&mac(&self.current, "phone", number.e164().as_bytes()))
    }

    /// Is `hash` the [`Keyring::phone_hash`] of this number, under any key of the ring? What was
    /// begun before a rotation goes on after it.
    #[must_use]
    pub fn is_hash_of(&self, hash: &str, number: &PhoneNumber) -> bool {
        self.keys().any(|key| HEXLOWER.encode(&mac(key, "phone", number.e164().as_bytes())) == hash)
    }

    /// The key of the authenticated encryption under the key named `key_id`.
    pub(crate) fn sealing_key(&self, key_id: &str) -> Option<KeyBytes> {
        self.keys().find(|key| key.id == key_id).map(|key| subkey(key, "seal", ""))
    }

    fn keys(&self) -> impl Iterator<Item = &Key> {
        std::iter::once(&self.current).chain(&self.old)
    }
}

impl std::fmt::Debug for Keyring {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.ids()).finish()
    }
}

fn mac(key: &Key, purpose: &str, data: &[u8]) -> [u8; 32] {
    hmac_sha256(&subkey(key, "mac", purpose), data)
}

/// The subkey for one kind of use and one purpose. The kind comes first and holds no slash, so no
/// purpose a caller may choose gives the key of another kind.
fn subkey(key: &Key, kind: &str, purpose: &str) -> KeyBytes {
    let label = format!("nyckelbud/1/{kind}/{purpose}");
    Zeroizing::new(hmac_sha256(&key.bytes, label.as_bytes()))
}

/// HMAC-SHA256 (RFC 2104), for keys that are on no ring.
pub(crate) fn hmac_sha256(key: &KeyBytes, data: &[u8]) -> [u8; 32] {
    // RFC 2104: a key shorter than the hash's block is filled up with zeros. Handed over in full
    // length there is no length that could be wrong.
    let mut block = Zeroizing::new([0; 64]);
    block[..KEY_LENGTH].copy_from_slice(&**key);
    let mut mac = Hmac::<Sha256>::new((&*block).into());
    mac.update(data);
    mac.finalize().into_bytes().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(first: u8) -> KeyBytes {
        let mut key = Zeroizing::new([0; KEY_LENGTH]);
        key.iter_mut().zip(first..).for_each(|(octet, value)| *octet = value);
        key
    }

    #[test]
    fn the_mac_is_the_one_of_the_standard() {
        // Computed with Python's hmac module: key 00 01 … 1f, first its subkey, then the data.
        let ring = Keyring::new(key(0), vec![]);
        let mac = ring.mac(ring.current_id(), "pickup", b"data").unwrap();
        assert_eq!(HEXLOWER.encode(&mac), "830a08504281cb54324c2708c9a230799edba4bdc777be03c50d3ee34e72ab1b");
        assert_eq!(ring.current_id(), "630dcd29");
    }

    #[test]
    fn a_mac_is_worth_nothing_for_another_purpose_key_or_text() {
        let ring = Keyring::new(key(0), vec![key(1)]);
        let ids: Vec<&str> = ring.ids().collect();
        let mac = |id: &str, purpose: &str, data: &[u8]| ring.mac(id, purpose, data).unwrap();
        let base = mac(ids[0], "pickup", b"data");
        assert_ne!(base, mac(ids[0], "reply", b"data"));
        assert_ne!(base, mac(ids[1], "pickup", b"data"));
        assert_ne!(base, mac(ids[0], "pickup", b"date"));
        assert_ne!(mac(ids[0], "", b""), *ring.sealing_key(ids[0]).unwrap());
    }

    #[test]
    fn an_unknown_key_signs_nothing() {
        let ring = Keyring::new(key(0), vec![]);
        assert_eq!(ring.mac("00000000", "pickup", b"data"), None);
        assert!(ring.sealing_key("00000000").is_none());
    }

    #[test]
    fn the_current_key_comes_first_and_old_ones_stay_known() {
        let ring = Keyring::new(key(7), vec![key(8), key(9)]);
        let ids: Vec<String> = [7, 8, 9].map(|first| key_id(&key(first))).to_vec();
        assert_eq!(ring.ids().collect::<Vec<_>>(), ids);
        assert_eq!(ring.current_id(), ids[0]);
    }

    #[test]
    fn what_is_no_key_is_refused_without_being_shown() {
        assert_eq!(key_from_bytes(&[1; 31]).unwrap_err(), KeyError::Length(31));
        let text = "8f3a".repeat(16);
        let error = key_from_bytes(text.as_bytes()).unwrap_err();
        assert_eq!(error, KeyError::Length(64));
        assert!(!error.to_string().contains("8f3a"));
        assert_eq!(key_from_bytes(&[0; 32]).unwrap_err(), KeyError::Blank);
        assert_eq!(*key_from_bytes(&*key(3)).unwrap(), *key(3));
    }

    #[test]
    fn two_new_keys_differ() {
        let mut rng = rand::rng();
        assert_ne!(*generate_key(&mut rng), *generate_key(&mut rng));
    }

    #[test]
    fn a_ring_shows_only_the_names_of_its_keys() {
        let ring = Keyring::new(key(0), vec![]);
        assert_eq!(format!("{ring:?}"), format!("[\"{}\"]", ring.current_id()));
    }

    #[test]
    fn the_same_number_has_the_same_hash_and_another_key_another() {
        let number = PhoneNumber::parse("070-174 06 05").unwrap();
        let same = PhoneNumber::parse("+46701740605").unwrap();
        let ring = Keyring::new(key(0), vec![]);
        assert_eq!(ring.phone_hash(&number), ring.phone_hash(&same));
        assert_ne!(ring.phone_hash(&number), Keyring::new(key(1), vec![]).phone_hash(&number));
        let rotated = Keyring::new(key(1), vec![key(0)]);
        assert!(rotated.is_hash_of(&ring.phone_hash(&number), &number));
        assert!(
            !rotated.is_hash_of(&ring.phone_hash(&number), &PhoneNumber::parse("070-174 06 06").unwrap())
        );
        assert!(!ring.phone_hash(&number).contains("701740605"));
    }
}
