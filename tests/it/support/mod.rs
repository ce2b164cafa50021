//! What the tests share: a desk of files, and servers that start on free ports and stop with the
//! test.

pub mod audit_rows;
pub mod border;
pub mod browser;
pub mod client;
pub mod daemon;
pub mod database;
pub mod demo_desk;
pub mod desk;
pub mod dns;
pub mod dovecot;
pub mod elks;
pub mod graph;
pub mod http_request;
pub mod island;
pub mod kannel;
pub mod letters;
pub mod oidc;
pub mod nobody;
pub mod postfix;
pub mod postgres;
pub mod program;
pub mod proxy;
pub mod said;
pub mod samba;
pub mod scripted_gateway;
pub mod scripted_imap;
pub mod scripted_smtp;
pub mod signer;
pub mod sms_service;
pub mod smpp;
pub mod smsd;
pub mod staff;
pub mod token_endpoint;
pub mod certificates;
pub mod wait;
