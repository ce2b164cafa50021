//! Phone numbers against a second implementation: Swedish ones by our own rules (`swedish`), and, where
//! the fuzzer runs, all of them against another library (`library`).

use nyckelbud::types::{PhoneNumber, mask_phones};

#[cfg(fuzzing)]
mod library;
mod swedish;

use swedish::Verdict;

pub fn run(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let parsed = PhoneNumber::parse(&text);
    assert_eq!(parsed, PhoneNumber::parse(&text), "the same text is read in two ways");
    match (swedish::judge(&text), &parsed) {
        (Verdict::Is { e164, mobile }, Ok(number)) => {
            assert_eq!(number.e164(), e164, "another number");
            assert_eq!(number.takes_texts(), mobile, "a mobile takes texts, and nothing else does");
            assert_eq!(number.country(), "SE");
        }
        (Verdict::Is { .. }, Err(error)) => panic!("a Swedish number was refused: {error}"),
        (Verdict::MayBe { e164 }, Ok(number)) => {
            assert_eq!(number.e164(), e164, "another number");
            // 078 is a mobile's in the library's newest tables only.
            assert!(!number.takes_texts() || e164.starts_with("+4678"), "no mobile, and takes texts");
            assert_eq!(number.country(), "SE");
        }
        (Verdict::No, Ok(number)) => panic!("{number:?} was taken from what is no number"),
        (Verdict::Foreign { digits }, Ok(number)) => {
            assert!(!number.e164().starts_with("+46"), "a foreign number became a Swedish one");
            // Where a country's numbers grew, the library puts the new digits in (+378 0549, +672 3).
            let e164 = number.e164();
            assert!(digits.ends_with(&e164[e164.len() - 4..]), "another number");
        }
        (Verdict::MayBe { .. } | Verdict::No | Verdict::Foreign { .. }, Err(_)) => {}
    }
    if let Ok(number) = &parsed {
        stays_itself(number);
        shows_two_digits(&text, number);
    }
    #[cfg(fuzzing)]
    library::compare(&text, parsed.ok().as_ref());
}

/// The normal form of a number is that number, and so are its other spellings.
fn stays_itself(number: &PhoneNumber) {
    let e164 = number.e164();
    assert!(e164.starts_with('+') && e164[1..].bytes().all(|octet| octet.is_ascii_digit()), "not E.164");
    // E.164 6.2.1 has no shortest number; a German one of six digits is known.
    assert!((7..=16).contains(&e164.len()), "{} signs are no E.164", e164.len());
    let mut spellings = vec![e164.to_owned(), format!("tel:{e164}"), format!(" 00{}\u{a0}", &e164[1..])];
    if let Some(national) = e164.strip_prefix("+46") {
        spellings.extend(["0", "+46 (0)", "0046-0", "+46 0"].map(|before| format!("{before}{national}")));
    }
    for spelling in spellings {
        assert_eq!(PhoneNumber::parse(&spelling).as_ref(), Ok(number), "another number as {spelling:?}");
    }
}

/// Whatever shows a number shows its last two digits, and no more.
fn shows_two_digits(text: &str, number: &PhoneNumber) {
    let e164 = number.e164();
    let tail = &e164[e164.len() - 2..];
    let mut shown = vec![number.masked(), format!("{number:?}"), number.tail().to_owned()];
    // As a person may write it in a mail; without any sign of a number, seven digits may be anything.
    let starts =
        text.trim().trim_start_matches("tel:").trim_start_matches(|c: char| !c.is_alphanumeric() && c != '+');
    let starts = starts.chars().next();
    if starts.is_some_and(|c| matches!(c, '0' | '+' | '\u{ff10}')) {
        shown.push(mask_phones(text));
        shown.push(mask_phones(&format!("Nytt lösenord {text}, tack")));
    }
    for shown in shown {
        let digits: String = shown.chars().filter(|c| c.is_numeric()).collect();
        assert_eq!(digits, tail, "{} digits are shown", digits.len());
    }
}
