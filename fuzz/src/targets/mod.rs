//! What is fuzzed: each target takes any octets and panics on a finding. libFuzzer runs them with
//! octets of its own making (`fuzz/run`), and the project's tests with the kept ones (`fuzz/corpus`,
//! `fuzz/regressions`).
//!
//! The checks know nothing of how the program reaches its answers: they are second, simpler
//! implementations, or say how two answers must hang together.

mod authentication_results;
mod imap;
mod mail;
mod phone;
mod receipts;
mod smpp;

/// A function that is fuzzed, and what it may take.
pub struct Target {
    /// As its folders and its program are called.
    pub name: &'static str,
    /// Panics on a finding.
    pub run: fn(&[u8]),
    /// An ordinary input, with which the tables are made before anything is measured.
    pub example: &'static str,
}

/// All targets.
pub const ALL: &[Target] = &[
    Target { name: "mail", run: mail::run, example: mail::EXAMPLE },
    Target { name: "phone", run: phone::run, example: "070-174 06 05" },
    Target { name: "authentication_results", run: authentication_results::run, example: mail::EXAMPLE },
    Target { name: "receipts", run: receipts::run, example: "id=s36&status=delivered" },
    Target { name: "smpp", run: smpp::run, example: smpp::EXAMPLE },
    Target { name: "imap", run: imap::run, example: "9" },
];
