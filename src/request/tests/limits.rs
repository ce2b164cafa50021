//! Mails longer than any person writes.

use std::time::{Duration, Instant};

use super::*;

/// Far more than the mails of one kind take; a reading that grew with the square took minutes.
const MOST_TIME: Duration = Duration::from_secs(40);

#[test]
fn a_mail_that_is_too_long_is_no_request() {
    let mut lines = vec![USERNAME, PHONE];
    lines.extend(std::iter::repeat_n("rad", 1_100));
    assert_eq!(why(&read(&mail(&lines))), "the mail is too long to be read");
    let endless = "a ".repeat(60_000);
    assert_eq!(why(&read(&mail(&[USERNAME, PHONE, &endless]))), "the mail is too long to be read");
}

/// What costs most: digits, labels and signs without end. All of it is looked at once, or in windows
/// of fixed length; a reading that grew with the square would take minutes here.
#[test]
fn the_longest_mails_are_read_in_bounded_work() {
    for unit in [
        "07 ",
        "070-174 06 05 ",
        "t ex 070-174 06 05 ",
        "mitt mobil ",
        "min mail ",
        "mitt namn ",
        "chef ",
        "mitt mobil: ",
        "mobil (",
        "1. 2. ",
        "<tel:",
        "användarnamn ",
        "x|",
    ] {
        let began = Instant::now();
        let long = unit.repeat(45_000 / unit.chars().count());
        let reading = read(&mail(&[&long]));
        assert_ne!(reading.code(), "request", "{unit}");
        let many: Vec<&str> = std::iter::repeat_n(unit, 1_000).collect();
        assert_ne!(read(&mail(&many)).code(), "request", "{unit}");
        // Lines just short enough for fields to be looked for, and 200 kB of them.
        let line = unit.repeat(1_900 / unit.chars().count());
        let lines = vec![line.as_str(); 105];
        assert_ne!(read(&mail(&lines)).code(), "request", "{unit}");
        assert!(began.elapsed() < MOST_TIME, "{unit} took {:?}", began.elapsed());
    }
}
