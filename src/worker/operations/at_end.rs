//! What is done when a look ends, however it does: a panic in a register's client must not leave a page saying
//! "looking" for ever.

/// Does it when it is dropped.
pub(super) struct AtEnd<F: FnMut()>(pub F);

impl<F: FnMut()> Drop for AtEnd<F> {
    fn drop(&mut self) {
        (self.0)();
    }
}

/// What is said of a look that has ended without an answer.
pub(super) const NO_ANSWER: &str = "it ended without an answer; the log says why";

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};

    use super::*;

    #[tokio::test]
    async fn a_look_that_panics_has_ended() {
        static LOOKS: AtomicBool = AtomicBool::new(true);
        let look = tokio::spawn(async {
            let _ends = AtEnd(|| LOOKS.store(false, Ordering::SeqCst));
            panic!("a client of a register");
        });
        assert!(look.await.unwrap_err().is_panic());
        assert!(!LOOKS.load(Ordering::SeqCst));
    }
}
