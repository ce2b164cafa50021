//! The invariants of the house, held by reading its source: who may import whom, which stages are
//! pure, through which door each outside crate comes in, who may see a password, how long things
//! are. Every rule also has a test that shows it a breach and wants it named.

mod arms;
mod doors;
mod guide;
mod imports;
mod paths;
mod promises;
mod purity;
mod secrets;
mod sizes;
mod source;
mod twins;
mod words;
