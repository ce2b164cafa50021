//! Everything that needs more than one part: one program, so that it links once.

mod crash;
mod support;
