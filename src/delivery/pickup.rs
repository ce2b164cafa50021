//! The token of a pickup link: whoever holds it can see who needs a password, and ask for it.

use data_encoding::{BASE32_NOPAD_NOCASE, HEXLOWER};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

/// Octets of a token, 128 bits (decisions.md 22).
const OCTETS: usize = 16;
/// Letters of a token as a link carries it: 5 bits each.
pub(crate) const TOKEN_LETTERS: usize = 26;

/// A pickup token. Written in base32 (RFC 4648 6) in small letters: 26 letters and digits that
/// every phone takes for a part of the link, and among which 0 and 1 do not occur. Wiped on drop,
/// never printed; the store keeps only its hash.
pub struct PickupToken(Zeroizing<[u8; OCTETS]>);

impl PickupToken {
    /// The token made of the first half of a keyed hash. A truncated HMAC is as good as its length
    /// (RFC 2104 5).
    #[must_use]
    pub fn from_mac(mac: [u8; 32]) -> Self {
        let mac = Zeroizing::new(mac);
        let mut octets = Zeroizing::new([0; OCTETS]);
        octets.copy_from_slice(&mac[..OCTETS]);
        Self(octets)
    }

    /// The token that `text`, the last part of a link, stands for; `None` when it can be none.
    /// Capital letters are taken too, in case a link is typed.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        if text.len() != TOKEN_LETTERS {
            return None;
        }
        let octets = Zeroizing::new(BASE32_NOPAD_NOCASE.decode(text.as_bytes()).ok()?);
        let mut token = Zeroizing::new([0; OCTETS]);
        token.copy_from_slice(octets.get(..OCTETS)?);
        Some(Self(token))
    }

    /// The link, `{public_url}/p/{token}`.
    #[must_use]
    pub fn url(&self, public_url: &str) -> Zeroizing<String> {
        let mut letters = Zeroizing::new(BASE32_NOPAD_NOCASE.encode(&*self.0));
        letters.make_ascii_lowercase();
        Zeroizing::new([public_url, "/p/", &letters].concat())
    }

    /// What the store keeps in its place: SHA-256 in hexadecimal. A token is random, so its hash
    /// cannot be guessed back and needs no salt.
    #[must_use]
    pub fn hash(&self) -> String {
        HEXLOWER.encode(&Sha256::digest(*self.0))
    }
}

impl std::fmt::Debug for PickupToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("[pickup token]")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 0, 1, 2 … 31.
    fn mac() -> [u8; 32] {
        std::array::from_fn(|place| u8::try_from(place).unwrap())
    }

    const URL: &str = "https://servicedesk.kommun.example/p/aaaqeayeaudaocajbifqydiob4";

    #[test]
    fn a_link_leads_back_to_the_token_it_was_made_from() {
        let token = PickupToken::from_mac(mac());
        assert_eq!(token.url("https://servicedesk.kommun.example").as_str(), URL);
        let text = URL.rsplit('/').next().unwrap();
        assert_eq!(text.len(), TOKEN_LETTERS);
        assert_eq!(PickupToken::parse(text).unwrap().hash(), token.hash());
        assert_eq!(PickupToken::parse(&text.to_uppercase()).unwrap().hash(), token.hash());
    }

    #[test]
    fn all_128_bits_count() {
        let hash = PickupToken::from_mac(mac()).hash();
        for bit in 0..256 {
            let mut other = mac();
            other[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(PickupToken::from_mac(other).hash() != hash, bit < 128, "bit {bit}");
        }
    }

    #[test]
    fn one_token_has_one_spelling_and_anything_else_is_none() {
        let text = URL.rsplit('/').next().unwrap();
        // The last letter holds three bits; with the other two set it would be a second spelling.
        let second = format!("{}5", &text[..TOKEN_LETTERS - 1]);
        for wrong in
            ["", "a", &second, &text[1..], &format!("{text}a"), &text.replace('b', "1"), &"å".repeat(13)]
        {
            assert!(PickupToken::parse(wrong).is_none(), "{wrong}");
        }
    }

    #[test]
    fn neither_the_hash_nor_the_debug_form_holds_the_token() {
        let token = PickupToken::from_mac(mac());
        assert_eq!(token.hash(), "be45cb2605bf36bebde684841a28f0fd43c69850a3dce5fedba69928ee3a8991");
        assert_eq!(format!("{token:?}"), "[pickup token]");
    }
}
