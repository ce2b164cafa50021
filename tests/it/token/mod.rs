//! Tokens from a strict endpoint: fetched, shared, renewed, refused.

mod certificate;
mod failures;
mod sharing;
