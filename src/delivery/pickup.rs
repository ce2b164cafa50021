//! The tokens of links, and the codes that may be asked for beside them. Whoever holds a [`PickupToken`] can see who needs a
//! password, and ask for it; whoever holds a [`StopToken`] can stop that.

use data_encoding::{BASE32_NOPAD_NOCASE, HEXLOWER};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

mod typed;

pub use typed::{Typed, TypedCode};

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
        Zeroizing::new([public_url, "/p/", &self.letters()].concat())
    }

    /// The letters by which a link carries it.
    #[must_use]
    pub fn letters(&self) -> Zeroizing<String> {
        let mut letters = Zeroizing::new(BASE32_NOPAD_NOCASE.encode(&*self.0));
        letters.make_ascii_lowercase();
        letters
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

/// The token of the link with which an account's owner says "not me" (decisions.md 8): the store's
/// number of the ticket, a hyphen, and 128 bits of a keyed hash. It is derived and compared, so that
/// nothing of it need be kept.
#[derive(Debug)]
pub struct StopToken {
    /// The store's number of the ticket it stops.
    pub ticket: i64,
    proof: PickupToken,
}

impl StopToken {
    /// The token for `ticket` whose keyed hash is `mac`.
    #[must_use]
    pub fn from_mac(ticket: i64, mac: [u8; 32]) -> Self {
        Self { ticket, proof: PickupToken::from_mac(mac) }
    }

    /// The token that `text`, the last part of a link, stands for; `None` when it can be none.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (ticket, proof) = text.split_once('-')?;
        let plain = !ticket.starts_with('0') && ticket.bytes().all(|b| b.is_ascii_digit());
        let ticket = ticket.parse().ok().filter(|_| plain)?;
        Some(Self { ticket, proof: PickupToken::parse(proof)? })
    }

    /// Is it the token whose keyed hash is `mac`? Takes the same time for every wrong one.
    #[must_use]
    pub fn is_of(&self, mac: [u8; 32]) -> bool {
        let right = PickupToken::from_mac(mac);
        subtle::ConstantTimeEq::ct_eq(&right.0[..], &self.proof.0[..]).into()
    }

    /// Is it the same as `other`? Takes the same time for every other one of its ticket.
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        let same = subtle::ConstantTimeEq::ct_eq(&self.proof.0[..], &other.proof.0[..]);
        self.ticket == other.ticket && bool::from(same)
    }

    /// The link, `{public_url}/p/{token}`.
    #[must_use]
    pub fn url(&self, public_url: &str) -> Zeroizing<String> {
        Zeroizing::new([public_url, "/p/", &self.letters()].concat())
    }

    /// The letters by which a link carries it.
    #[must_use]
    pub fn letters(&self) -> Zeroizing<String> {
        Zeroizing::new([self.ticket.to_string().as_str(), "-", &self.proof.letters()].concat())
    }
}

/// Symbols of a code: digits and capital letters of which no two look alike, also in small letters and
/// on a small screen.
const CODE_SYMBOLS: &[u8; 21] = b"34679ACDEFHJKMNPRTWXY";
/// Symbols of a code, 35 bits: enough where five wrong ones close the link.
const CODE_LENGTH: usize = 8;

/// The code beside a link, which goes by another way and is typed. Wiped on drop, never printed.
pub struct PickupCode(Zeroizing<[u8; CODE_LENGTH]>);

impl PickupCode {
    /// The code made of a keyed hash. Drawn from 128 of its bits, so that no symbol is more likely than
    /// another by anything that could be noticed.
    #[must_use]
    pub fn from_mac(mac: [u8; 32]) -> Self {
        let mac = Zeroizing::new(mac);
        let mut rest = mac.iter().take(16).fold(0_u128, |rest, octet| (rest << 8) | u128::from(*octet));
        let symbols = CODE_SYMBOLS.len() as u128;
        let mut code = Zeroizing::new([0; CODE_LENGTH]);
        for symbol in code.iter_mut() {
            *symbol = usize::try_from(rest % symbols).map_or(0, |place| CODE_SYMBOLS[place]);
            rest /= symbols;
        }
        Self(code)
    }

    /// As it is written: `ACDE-FHJK`.
    #[must_use]
    pub fn written(&self) -> Zeroizing<String> {
        let (first, second) = self.0.split_at(CODE_LENGTH / 2);
        let letters = first.iter().chain(b"-").chain(second).map(|symbol| char::from(*symbol));
        let mut written = Zeroizing::new(String::with_capacity(CODE_LENGTH + 1));
        written.extend(letters);
        written
    }

    /// Is it what somebody typed? Small letters, blanks and hyphens are as good. Takes the same time for
    /// every wrong one.
    #[must_use]
    pub fn is(&self, typed: &str) -> bool {
        let mut given = Zeroizing::new([0_u8; CODE_LENGTH]);
        let mut symbols = 0;
        for octet in typed.bytes().filter(|octet| octet.is_ascii_alphanumeric()).take(CODE_LENGTH + 1) {
            if let Some(place) = given.get_mut(symbols) {
                *place = octet.to_ascii_uppercase();
            }
            symbols += 1;
        }
        let same = subtle::ConstantTimeEq::ct_eq(&self.0[..], &given[..]);
        let whole = subtle::Choice::from(u8::from(symbols == CODE_LENGTH));
        (same & whole).into()
    }
}

impl std::fmt::Debug for PickupCode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("[pickup code]")
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

    #[test]
    fn a_code_is_typed_as_people_type_and_nothing_else_is_it() {
        let code = PickupCode::from_mac(mac());
        let written = code.written();
        assert!(written.len() == 9 && written.as_bytes()[4] == b'-', "{}", *written);
        let bare = written.replace('-', "");
        for typed in [&*written, &bare, &bare.to_lowercase(), &format!(" {} {}\n", &bare[..4], &bare[4..])] {
            assert!(code.is(typed), "{typed:?}");
        }
        for place in 0..8 {
            let mut other = bare.clone().into_bytes();
            other[place] = if other[place] == b'3' { b'4' } else { b'3' };
            assert!(!code.is(std::str::from_utf8(&other).unwrap()));
        }
        for wrong in ["", &bare[..7], &format!("{bare}3"), &format!("{bare}å3"), "--------"] {
            assert!(!code.is(wrong), "{wrong:?}");
        }
        assert_eq!(format!("{code:?}"), "[pickup code]");
    }

    #[test]
    fn every_symbol_of_a_code_is_used_and_each_of_its_places_depends_on_the_hash() {
        let mut seen = [std::collections::BTreeSet::new(), std::collections::BTreeSet::new()];
        for seed in 0..=255_u8 {
            // Each differs from the others in many bits, as keyed hashes do.
            let octet = |place: usize| u8::try_from(place).unwrap().wrapping_mul(83);
            let mac = std::array::from_fn(|place| seed.wrapping_mul(151).wrapping_add(octet(place)) ^ seed);
            let code = PickupCode::from_mac(mac).written().replace('-', "");
            seen[0].insert(code.as_bytes()[0]);
            seen[1].insert(code.as_bytes()[7]);
        }
        assert!(seen.iter().all(|symbols| symbols.len() > 15), "{seen:?}");
    }

    #[test]
    fn a_stop_link_fits_its_ticket_and_its_hash_only() {
        let url = StopToken::from_mac(17, mac()).url("https://servicedesk.kommun.example");
        let text = url.rsplit('/').next().unwrap();
        assert_eq!(text, "17-aaaqeayeaudaocajbifqydiob4");
        let token = StopToken::parse(text).unwrap();
        assert_eq!(token.ticket, 17);
        assert!(token.is_of(mac()));
        for bit in 0..128 {
            let mut other = mac();
            other[bit / 8] ^= 1 << (bit % 8);
            assert!(!token.is_of(other), "bit {bit}");
        }
        let proof = &text[3..];
        for wrong in
            [proof, "17-", "-17", &format!("017-{proof}"), &format!("+17-{proof}"), &format!("x-{proof}")]
        {
            assert!(StopToken::parse(wrong).is_none(), "{wrong}");
        }
        assert!(PickupToken::parse(text).is_none(), "no token is one of the other kind");
        assert!(!format!("{token:?}").contains("aaaq"));
    }
}
