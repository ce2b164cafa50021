//! Numbers of all countries against the crate `phonenumber`, another port of libphonenumber. Both are
//! asked about the same digits: what stands between them is not the library's matter.

use nyckelbud::types::PhoneNumber;
use phonenumber::country::Id;
use phonenumber::metadata::DATABASE;
use phonenumber::{Mode, Type};

pub fn compare(text: &str, ours: Option<&PhoneNumber>) {
    match ours {
        Some(number) => known_as_ours(number),
        None => refused_too(text),
    }
}

/// What we take, it takes for the same number. The two libraries' tables are of different ages: what
/// it knows of no other country is no finding, only another number is.
fn known_as_ours(number: &PhoneNumber) {
    let swedish = number.country() == "SE";
    let theirs = match phonenumber::parse(None, number.e164()) {
        Ok(theirs) if theirs.is_valid() => theirs,
        // 078 is in younger tables than its own.
        Ok(_) | Err(_) if !swedish || number.e164().starts_with("+4678") => return,
        Ok(_) => panic!("a Swedish number that the other library refuses"),
        Err(error) => panic!("a Swedish number that the other library cannot read: {error}"),
    };
    assert_eq!(theirs.format().mode(Mode::E164).to_string(), number.e164());
}

/// What we refuse although it is written as a Swedish number, it refuses: of the neighbours' numbers each table
/// knows ranges that the other does not.
fn refused_too(text: &str) {
    let plain = |c: char| c.is_ascii_digit() || c == '+';
    if !text.chars().all(plain) || text.chars().skip(1).any(|c| c == '+') {
        return;
    }
    // Without a sign a country is a guess: only mobiles are taken so.
    if text.starts_with("46") {
        return;
    }
    // The other library forgives several trunk digits, and zeros behind the plus.
    let digits = text.trim_start_matches('+');
    if text.starts_with("+0") || digits.strip_prefix("00").unwrap_or(digits).starts_with("4600") {
        return;
    }
    let Ok(theirs) = phonenumber::parse(Some(Id::SE), text) else { return };
    // Numbers of services are of other lengths in each table, and no person's.
    let kind = theirs.number_type(&DATABASE);
    if !matches!(kind, Type::FixedLine | Type::Mobile | Type::FixedLineOrMobile) {
        return;
    }
    let swedish = theirs.country().id() == Some(Id::SE);
    assert!(!(theirs.is_valid() && swedish), "a number of Sweden is refused");
}
