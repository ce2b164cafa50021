//! Numbers of all countries against the crate `phonenumber`, another port of libphonenumber. Both are
//! asked about the same digits: what stands between them is not the library's matter.

use nyckelbud::types::PhoneNumber;
use phonenumber::country::Id;
use phonenumber::metadata::DATABASE;
use phonenumber::{Mode, Type};

/// Countries whose people work here; the two libraries' tables of other countries are of different
/// ages.
const NEIGHBOURS: [&str; 4] = ["SE", "DK", "NO", "FI"];

pub fn compare(text: &str, ours: Option<&PhoneNumber>) {
    match ours {
        Some(number) => known_as_ours(number),
        None => refused_too(text),
    }
}

/// What we take, it takes for the same number.
fn known_as_ours(number: &PhoneNumber) {
    let theirs = phonenumber::parse(None, number.e164()).expect("a number that the other library knows");
    // It takes the 8 of +7 800 for a trunk digit, and has no number then.
    if !theirs.is_valid() && !NEIGHBOURS.contains(&number.country().as_str()) {
        return;
    }
    assert_eq!(theirs.format().mode(Mode::E164).to_string(), number.e164());
    // 078 is in younger tables than its own.
    if number.e164().starts_with("+4678") {
        return;
    }
    if NEIGHBOURS.contains(&number.country().as_str()) {
        assert!(theirs.is_valid(), "a number of {} that the other library refuses", number.country());
    }
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
