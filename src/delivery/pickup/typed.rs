//! A code that is typed at the desk's own page, where no text may carry a link. It is all that its holder needs, as
//! a link's token is, so the token is derived from it (`worker/typed.rs`) and nothing else opens anything.

use zeroize::Zeroizing;

/// The alphabet of Crockford's base32 (<https://www.crockford.com/base32.html>): without I, L, O and U, so that whoever
/// reads a one or a zero as a letter is understood.
const SYMBOLS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
/// Symbols of a code, 5 bits each: 60 bits, so many that nobody need be kept out to keep guesses few. The arithmetic
/// stands in `docs/architecture.md`.
const LENGTH: usize = 12;
/// They are written in groups of so many: a password has groups of four, and neither must be taken for the other.
const GROUP: usize = 3;
/// Nobody types more, in octets.
const LONGEST: usize = 64;

/// Such a code. Wiped on drop, never printed.
pub struct TypedCode(Zeroizing<[u8; LENGTH]>);

impl TypedCode {
    /// The code made of a keyed hash: five bits of each of its first octets.
    #[must_use]
    pub fn from_mac(mac: [u8; 32]) -> Self {
        let mac = Zeroizing::new(mac);
        let mut code = Zeroizing::new([0; LENGTH]);
        for (symbol, octet) in code.iter_mut().zip(mac.iter()) {
            *symbol = SYMBOLS[usize::from(octet % 32)];
        }
        Self(code)
    }

    /// As it is written: `7KQ-M4X-TR9-B2C`.
    #[must_use]
    pub fn written(&self) -> Zeroizing<String> {
        self.behind("")
    }

    /// As it is written for the owner of an account, who stops the request of this ticket: `57-7KQ-M4X-TR9-B2C`. The
    /// ticket's number makes such a code one of another kind, and says with what it is compared.
    #[must_use]
    pub fn written_for(&self, ticket: i64) -> Zeroizing<String> {
        self.behind(&format!("{ticket}-"))
    }

    fn behind(&self, before: &str) -> Zeroizing<String> {
        // It must not grow: what it leaves behind would not be wiped.
        let mut written = Zeroizing::new(String::with_capacity(before.len() + LENGTH + LENGTH / GROUP));
        written.push_str(before);
        for (place, group) in self.0.chunks(GROUP).enumerate() {
            written.push_str(if place == 0 { "" } else { "-" });
            written.extend(group.iter().map(|symbol| char::from(*symbol)));
        }
        written
    }

    /// Its symbols, from which a token is derived.
    #[must_use]
    pub fn symbols(&self) -> &[u8] {
        &self.0[..]
    }
}

impl std::fmt::Debug for TypedCode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("[typed code]")
    }
}

/// What somebody has typed.
#[derive(Debug)]
pub struct Typed {
    /// The store's number of the ticket that an owner stops; `None` in a code to collect a password.
    pub ticket: Option<i64>,
    /// The code.
    pub code: TypedCode,
}

impl Typed {
    /// Reads it as people type: small letters, blanks and hyphens are as good, and an O is a zero, an I or L a one, a U
    /// a V. `None` when it can be no code.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        if text.len() > LONGEST {
            return None;
        }
        let mut symbols = Zeroizing::new(Vec::with_capacity(text.len()));
        for letter in text.chars().filter(|letter| !is_between(*letter)) {
            let symbol = match letter.to_ascii_uppercase() {
                'O' => b'0',
                'I' | 'L' => b'1',
                'U' => b'V',
                other => u8::try_from(other).ok().filter(|octet| SYMBOLS.contains(octet))?,
            };
            symbols.push(symbol);
        }
        let (number, code) = symbols.split_at_checked(symbols.len().checked_sub(LENGTH)?)?;
        let code = TypedCode(Zeroizing::new(code.try_into().ok()?));
        if number.is_empty() {
            return Some(Self { ticket: None, code });
        }
        let plain = number.iter().all(u8::is_ascii_digit) && !number.starts_with(b"0");
        let ticket = std::str::from_utf8(number).ok().filter(|_| plain)?.parse().ok()?;
        Some(Self { ticket: Some(ticket), code })
    }
}

/// What people and programs put between the groups: blanks, any dash, and what nobody sees (a copied text may hold it).
fn is_between(letter: char) -> bool {
    let is_dash = matches!(letter, '-' | '_' | '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{ad}');
    let is_unseen = matches!(letter, '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}');
    letter.is_whitespace() || is_dash || is_unseen || matches!(letter, '.' | ',')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code() -> TypedCode {
        TypedCode::from_mac(std::array::from_fn(|place| {
            b"7KQM4XTR9B2C"
                .get(place)
                .map_or(0, |wanted| SYMBOLS.iter().position(|symbol| symbol == wanted).unwrap() as u8 | 0xa0)
        }))
    }

    #[test]
    fn a_code_is_read_as_people_type_it() {
        assert_eq!(*code().written(), "7KQ-M4X-TR9-B2C");
        for typed in [
            "7KQ-M4X-TR9-B2C",
            "7kqm4xtr9b2c",
            " 7kqm 4xtr 9b2c\n",
            "7KQM–4XTR–9B2C.",
            "7-K-Q-M-4-X-T-R-9-B-2-C",
            "7KQ\u{2011}M4X\u{2212}TR9\u{200b}_B2C,\u{feff}",
        ] {
            let read = Typed::read(typed).unwrap_or_else(|| panic!("{typed:?}"));
            assert_eq!((read.ticket, read.code.symbols()), (None, &b"7KQM4XTR9B2C"[..]), "{typed:?}");
        }
    }

    #[test]
    fn letters_that_look_like_a_symbol_are_read_as_it_and_no_symbol_as_another() {
        for (typed, read) in [("OoIi-LlUu-7KQM", b"001111VV7KQM"), ("0011-VVVV-7KQM", b"0011VVVV7KQM")] {
            assert_eq!(Typed::read(typed).unwrap().code.symbols(), read);
        }
        let mut told_apart: Vec<_> = SYMBOLS.iter().map(|symbol| symbol.to_ascii_uppercase()).collect();
        told_apart.sort_unstable();
        told_apart.dedup();
        assert_eq!(told_apart.len(), 32);
        for symbol in SYMBOLS {
            let typed = char::from(*symbol).to_string().repeat(LENGTH);
            assert_eq!(Typed::read(&typed).unwrap().code.symbols(), [*symbol; LENGTH]);
        }
    }

    #[test]
    fn an_owners_code_names_its_ticket_and_is_no_managers() {
        let written = code().written_for(57);
        assert_eq!(*written, "57-7KQ-M4X-TR9-B2C");
        for typed in ["57-7KQ-M4X-TR9-B2C", "577kqm4xtr9b2c", "57 7KQM 4XTR 9B2C"] {
            let read = Typed::read(typed).unwrap();
            assert_eq!((read.ticket, read.code.symbols()), (Some(57), &b"7KQM4XTR9B2C"[..]), "{typed:?}");
        }
        assert_eq!(Typed::read("i7-7KQ-M4X-TR9-B2C").unwrap().ticket, Some(17));
    }

    #[test]
    fn anything_else_is_none() {
        let long = "7".repeat(65);
        let wrong = [
            "",
            " - ",
            "7KQM-4XTR",
            "7KQM-4XTR-9B2",
            "7KQM4XTR9B2Å",
            "K7KQ-M4X-TR9-B2C",
            "057-7KQ-M4X-TR9-B2C",
            "7KQM+4XTR-9B2C",
            "7KQ-M4X-TR9-B2C!",
            &long,
        ];
        for typed in wrong {
            assert!(Typed::read(typed).is_none(), "{typed:?}");
        }
        let most = format!("{}-7KQ-M4X-TR9-B2C", "9".repeat(19));
        assert!(Typed::read(&most).is_none(), "no ticket has that number");
    }

    #[test]
    fn each_symbol_depends_on_the_hash_and_nothing_is_printed() {
        let zero = TypedCode::from_mac([0; 32]);
        for place in 0..LENGTH {
            let mut mac = [0; 32];
            mac[place] = 1;
            assert_ne!(TypedCode::from_mac(mac).symbols(), zero.symbols());
        }
        let typed = Typed { ticket: Some(1), code: code() };
        assert!(!format!("{typed:?}").contains("7KQM"));
    }
}
