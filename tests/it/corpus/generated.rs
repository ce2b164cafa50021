//! Mails that are made up, read from their octets on: whatever is taken from one is what its maker
//! tied to the label or the number, and never a number or a name that stands elsewhere in it.

use std::cell::Cell;

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use super::Read;
use mails::{Case, case, table, unsigned};
use nyckelbud::mail::{Authentication, reading};
use nyckelbud::request::template;

mod mails;

const CASES: u32 = 1_500;

fn read(case: &Case) -> Read {
    read_octets(&case.octets())
}

fn read_octets(octets: &[u8]) -> Read {
    let mail = reading::read(octets, &Authentication::Trusted, None, &[]).expect("a mail");
    Read::of(&template::read(&mail))
}

#[test]
fn no_value_is_taken_that_is_not_tied_to_its_label() {
    let (whole, requests) = (Cell::new(0), Cell::new(0));
    let mut runner = TestRunner::new(Config { cases: CASES, failure_persistence: None, ..Config::default() });
    let outcome = runner.run(&case(), |case| {
        let (read, username, phone) = (read(&case), case.username(), case.phone());
        let mail = || String::from_utf8_lossy(&case.octets()).into_owned();
        if read.username.is_some() {
            prop_assert_eq!(&read.username, &username, "a name from elsewhere\n{}", mail());
        }
        if read.phone.is_some() {
            prop_assert_eq!(&read.phone, &phone, "a number from elsewhere\n{}", mail());
        }
        whole.set(whole.get() + u32::from(username.is_some() && phone.is_some()));
        requests.set(requests.get() + u32::from(read.is_request()));
        Ok(())
    });
    outcome.unwrap_or_else(|e| panic!("{e}"));
    // A reader that takes nothing would pass all of the above.
    let (whole, requests) = (whole.get(), requests.get());
    assert!(requests > CASES / 5 && requests * 3 > whole, "only {requests} requests in {whole} whole mails");
}

fn runner() -> TestRunner {
    TestRunner::new(Config { cases: CASES, failure_persistence: None, ..Config::default() })
}

#[test]
fn who_writes_for_somebody_else_never_gets_a_password_for_themselves() {
    let outcome = runner().run(&unsigned(), |octets| {
        let read = read_octets(&octets);
        let mail = String::from_utf8_lossy(&octets);
        prop_assert!(read.username.is_none() && read.phone.is_none(), "{:?}\n{}", read, mail);
        Ok(())
    });
    outcome.unwrap_or_else(|e| panic!("{e}"));
}

#[test]
fn a_cell_is_only_taken_for_its_own_heading() {
    let requests = Cell::new(0);
    let outcome = runner().run(&table(), |(octets, username, phone)| {
        let read = read_octets(&octets);
        let mail = String::from_utf8_lossy(&octets);
        let is = |read: &Option<String>, there: bool, own: &str| {
            read.as_deref().is_none_or(|read| there && read == own)
        };
        prop_assert!(is(&read.username, username, "annand12"), "{:?}\n{}", read, mail);
        prop_assert!(is(&read.phone, phone, "+46701740605"), "{:?}\n{}", read, mail);
        requests.set(requests.get() + u32::from(read.is_request()));
        Ok(())
    });
    outcome.unwrap_or_else(|e| panic!("{e}"));
    assert!(requests.get() > CASES / 4, "only {} tables were read", requests.get());
}
