//! Texts: a file a gateway. Each says in its own words what became of a text; what follows from that
//! is decided where tickets are.

pub mod elks;
pub mod spool;

/// Keys become file names and parts of addresses: letters, digits and hyphens.
fn is_key(key: &str) -> bool {
    (1..=128).contains(&key.len()) && key.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
}
