//! One-time codes of local accounts (TOTP, RFC 6238, with the parameters that every app knows: SHA-1, six
//! digits, 30 seconds). The secret lies nowhere: it is derived from a sealing key, so that a stolen database
//! makes no codes. totp-rs is used only here.

use totp_rs::{Builder, Secret, Totp};
use zeroize::Zeroizing;

use crate::keyring::Keyring;
use crate::types::{StaffName, TotpKey, UnixMillis};

/// Octets of a secret (RFC 4226 4 recommends 160 bits).
const SECRET: usize = 20;

/// The codes of one account.
pub struct Codes(Totp);

/// The codes of `name`; `None` when their key is not on the ring.
#[must_use]
pub fn codes(ring: &Keyring, key: &TotpKey, name: &StaffName) -> Option<Codes> {
    let mac = Zeroizing::new(ring.mac(&key.key_id, "totp", format!("{}/{name}", key.nonce).as_bytes())?);
    let secret = mac.first_chunk::<SECRET>()?;
    // Colons part the issuer from the name in the address; no name has one.
    let builder = Builder::new()
        .with_secret(Secret::new_stack(*secret))
        .with_account_name(name.as_str())
        .with_issuer(Some("Nyckelbud"));
    Some(Codes(builder.build().ok()?))
}

/// What new codes are made from, under the current key.
#[must_use]
pub fn new_key(ring: &Keyring) -> TotpKey {
    let nonce = data_encoding::HEXLOWER.encode(&rand::random::<[u8; 16]>());
    TotpKey { key_id: ring.current_id().to_owned(), nonce }
}

impl Codes {
    /// The step that `code` belongs to: this one, the one before or the next (RFC 6238 5.2 allows one for slow
    /// networks, and a phone's clock may be ahead).
    #[must_use]
    pub fn step_of(&self, code: &str, now: UnixMillis) -> Option<u64> {
        let digits: String = code.chars().filter(|c| !c.is_whitespace()).collect();
        if digits.len() != 6 || !digits.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        self.0.check(&digits, u64::try_from(now.0 / 1000).ok()?)
    }

    /// What an app reads: `otpauth://totp/…`. Holds the secret.
    #[must_use]
    pub fn address(&self) -> Option<Zeroizing<String>> {
        self.0.to_url().ok().map(Zeroizing::new)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keyring::{generate_key, key_id};

    const NOW: UnixMillis = UnixMillis(1_795_511_645_000);

    fn of_now(codes: &Codes, ahead: i64) -> String {
        let totp = Totp::from_url(codes.address().unwrap().as_str()).unwrap();
        totp.generate(u64::try_from(NOW.0 / 1000 + ahead).unwrap()).to_string()
    }

    #[test]
    fn a_code_opens_its_own_account_now_and_half_a_minute_around() {
        let ring = Keyring::new(generate_key(&mut rand::rng()), vec![]);
        let key = new_key(&ring);
        let (eva, per) = (StaffName::parse("eva.lind").unwrap(), StaffName::parse("per.ost").unwrap());
        let codes_of = |key: &TotpKey, name| codes(&ring, key, name).unwrap();
        let own = codes_of(&key, &eva);
        let step = own.step_of(&of_now(&own, 0), NOW).unwrap();
        assert_eq!(own.step_of(&of_now(&own, -30), NOW), Some(step - 1));
        assert_eq!(own.step_of(&of_now(&own, 30), NOW), Some(step + 1));
        for other in [codes_of(&key, &per), codes_of(&new_key(&ring), &eva)] {
            assert_ne!(other.address(), own.address(), "another name or nonce is another secret");
        }
        for wrong in ["", "1", "12345a", "1234567", "-12345", &of_now(&own, 90)] {
            assert_eq!(own.step_of(wrong, NOW), None, "{wrong}");
        }
        let spaced = of_now(&own, 0);
        assert_eq!(own.step_of(&format!(" {} {}", &spaced[..3], &spaced[3..]), NOW), Some(step));
    }

    #[test]
    fn without_its_key_an_account_has_no_codes() {
        let (old, new) = (generate_key(&mut rand::rng()), generate_key(&mut rand::rng()));
        let eva = StaffName::parse("eva.lind").unwrap();
        let key = new_key(&Keyring::new(old.clone(), vec![]));
        assert_eq!(key.key_id, key_id(&old));
        let address = |ring: &Keyring| codes(ring, &key, &eva).map(|codes| codes.address());
        let before = address(&Keyring::new(old.clone(), vec![])).unwrap();
        assert_eq!(address(&Keyring::new(new.clone(), vec![old])), Some(before), "a rotated key still opens");
        assert_eq!(address(&Keyring::new(new, vec![])), None);
    }
}
