//! The servers of the tests: Graph as its pages document it, and a real Samba domain.
#![allow(dead_code, unused_imports)] // the tests use more of them

#[path = "../../tests/it/support/certificates.rs"]
pub mod certificates;
#[path = "../../tests/it/support/graph/mod.rs"]
pub mod graph;
#[path = "../../tests/it/support/http_request.rs"]
pub mod http_request;
#[path = "../../tests/it/support/samba.rs"]
pub mod samba;
#[path = "../../tests/it/support/token_endpoint.rs"]
pub mod token_endpoint;
