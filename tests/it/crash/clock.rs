//! A clock on the wall whose hands the world turns on, and that a kill does not set back.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicI64, Ordering};

use nyckelbud::clock::{Clock, SystemClock};
use nyckelbud::types::UnixMillis;

/// The clock of a world.
pub struct KeptClock {
    /// Milliseconds before the machine's.
    ahead: AtomicI64,
    file: PathBuf,
}

impl KeptClock {
    /// As the last process has left it.
    pub fn of(folder: &Path) -> Self {
        let file = folder.join("clock");
        let kept = std::fs::read_to_string(&file).unwrap_or_default();
        Self { ahead: AtomicI64::new(kept.parse().unwrap_or(0)), file }
    }

    /// Turns it on until it shows this; never back.
    pub fn turn_to(&self, at: UnixMillis) {
        let by = at.0 - self.now().0;
        if by > 0 {
            let ahead = self.ahead.fetch_add(by, Ordering::SeqCst) + by;
            std::fs::write(&self.file, ahead.to_string()).expect("the clock is kept");
        }
    }
}

impl Clock for KeptClock {
    fn now(&self) -> UnixMillis {
        UnixMillis(SystemClock.now().0 + self.ahead.load(Ordering::SeqCst))
    }
}
