//! What the tests share.

pub mod demo_desk;
