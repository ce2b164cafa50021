//! Everything that needs more than one part, against real and scripted servers: one program, so
//! that it links once.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod cli;
mod corpus;
mod crash;
mod fuzz;
mod graph;
mod house;
mod hybrid;
mod imap;
mod intake;
mod journey;
mod ldap;
mod loops;
mod sender;
mod simulation;
mod sms;
mod smtp;
mod store;
mod stories;
mod support;
mod threads;
mod token;
mod web;
mod worker;
