//! What is logged on the thread of one test: an operator is told things that nothing else shows.

use std::io;
use std::sync::{Arc, Mutex};

use tracing::subscriber::DefaultGuard;

/// Listens until it is dropped; for tests whose runtime has one thread.
pub struct Said {
    text: Text,
    _listening: DefaultGuard,
}

#[derive(Clone, Default)]
struct Text(Arc<Mutex<Vec<u8>>>);

impl Said {
    pub fn listen() -> Self {
        let text = Text::default();
        let to = text.clone();
        let subscriber = tracing_subscriber::fmt().with_ansi(false).with_writer(move || to.clone()).finish();
        Self { text, _listening: tracing::subscriber::set_default(subscriber) }
    }

    /// The lines in which these words stand.
    pub fn lines(&self, words: &str) -> Vec<String> {
        let text = self.text.0.lock().expect("nobody panics while writing");
        let text = String::from_utf8_lossy(&text);
        text.lines().filter(|line| line.contains(words)).map(str::to_owned).collect()
    }
}

impl io::Write for Text {
    fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
        self.0.lock().expect("nobody panics while writing").extend_from_slice(octets);
        Ok(octets.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
