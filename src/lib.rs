//! Nyckelbud takes the mails of a service desk's mailbox, and brings a temporary password to the
//! right hand.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used))]

pub mod mailbox;
pub mod mail;
pub mod request;
pub mod directory;
pub mod decision;
pub mod password;
pub mod delivery;

pub mod types;
pub mod clock;
pub mod secret;
pub mod keyring;
pub mod argon;
pub mod totp;
pub mod http;
pub mod oidc;
pub mod token;
pub mod dkim;
pub mod tls;
pub mod render;
pub mod audit;
pub mod config;
pub mod telemetry;
pub mod ticket;
pub mod web;
pub mod store;
pub mod worker;
pub mod cli;
