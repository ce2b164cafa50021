//! Stage 9: people look at it and act. axum lives only here. The pages see the desk through one
//! port, [`Desk`]: they cannot send a text or set a password.

pub mod desk;

pub use desk::{Browser, Desk, Page, PickupAnswer, PickupView, Readiness, ReceiptAnswer, RevealPage};
