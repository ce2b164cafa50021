//! A name server that knows what a test tells it: TXT, A and MX records, and trouble. It remembers what
//! it was asked.

use std::collections::BTreeMap;
use std::net::UdpSocket;
use std::sync::{Arc, Mutex, MutexGuard};

/// What is known of a name.
#[derive(Clone)]
enum Known {
    Records(Vec<(u16, Vec<u8>)>),
    /// It answers SERVFAIL.
    Fails,
    /// It does not answer.
    Silent,
}

const A: u16 = 1;
const MX: u16 = 15;
const TXT: u16 = 16;

/// The name server; it answers until the test program ends.
#[derive(Clone, Default)]
pub struct Dns {
    zone: Arc<Mutex<BTreeMap<String, Known>>>,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Dns {
    pub fn txt(&self, name: &str, text: &str) {
        let strings = text.as_bytes().chunks(255);
        let data = strings.flat_map(|s| [&[u8::try_from(s.len()).unwrap()], s].concat()).collect();
        self.add(name, TXT, data);
    }

    pub fn a(&self, name: &str, address: [u8; 4]) {
        self.add(name, A, address.to_vec());
    }

    pub fn mx(&self, name: &str, host: &str) {
        self.add(name, MX, [&[0, 10][..], &encoded(host)].concat());
    }

    pub fn fails(&self, name: &str) {
        self.zone().insert(name.to_owned(), Known::Fails);
    }

    pub fn is_silent_about(&self, name: &str) {
        self.zone().insert(name.to_owned(), Known::Silent);
    }

    pub fn forget(&self, name: &str) {
        self.zone().remove(name);
    }

    /// The names that it was asked about, in their order.
    pub fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }

    fn add(&self, name: &str, kind: u16, data: Vec<u8>) {
        match self.zone().entry(name.to_owned()).or_insert_with(|| Known::Records(Vec::new())) {
            Known::Records(records) => records.push((kind, data)),
            trouble => *trouble = Known::Records(vec![(kind, data)]),
        }
    }

    fn zone(&self) -> MutexGuard<'_, BTreeMap<String, Known>> {
        self.zone.lock().unwrap()
    }

    /// Answers at this socket.
    pub fn serve(self, socket: UdpSocket) {
        let mut question = [0; 1500];
        while let Ok((length, from)) = socket.recv_from(&mut question) {
            if let Some(answer) = self.answer(&question[..length]) {
                let _ = socket.send_to(&answer, from);
            }
        }
    }

    /// The answer to `question` (RFC 1035 4.1), if there is one.
    fn answer(&self, question: &[u8]) -> Option<Vec<u8>> {
        let mut at = 12;
        let mut labels = Vec::new();
        while question.get(at).is_some_and(|length| *length > 0) {
            let end = at + 1 + usize::from(question[at]);
            labels.push(String::from_utf8_lossy(question.get(at + 1..end)?).to_ascii_lowercase());
            at = end;
        }
        let asked = question.get(12..at + 5)?;
        let kind = u16::from_be_bytes([*question.get(at + 1)?, *question.get(at + 2)?]);
        let name = labels.join(".");
        self.asked.lock().unwrap().push(name.clone());
        let known = self.zone().get(&name).cloned();
        let (code, records) = match known {
            Some(Known::Silent) => return None,
            Some(Known::Fails) => (2, Vec::new()),
            Some(Known::Records(records)) => (0, records),
            None => (if self.is_above_another(&name) { 0 } else { 3 }, Vec::new()),
        };
        let fitting: Vec<_> = records.into_iter().filter(|(of, _)| *of == kind).collect();
        let count = u16::try_from(fitting.len()).unwrap().to_be_bytes();
        // An authoritative answer, with recursion: nothing more is to be asked.
        let mut answer = [&question[..2], &[0x85, 0x80 | code, 0, 1], &count, &[0, 0, 0, 0], asked].concat();
        for (kind, data) in fitting {
            let length = u16::try_from(data.len()).unwrap().to_be_bytes();
            let head = [&[0xc0, 12], &kind.to_be_bytes()[..], &[0, 1, 0, 0, 0, 60], &length].concat();
            answer.extend([head, data].concat());
        }
        Some(answer)
    }

    fn is_above_another(&self, name: &str) -> bool {
        let below = format!(".{name}");
        self.zone().keys().any(|known| known.ends_with(&below))
    }
}

fn encoded(name: &str) -> Vec<u8> {
    let label = |label: &str| [&[u8::try_from(label.len()).unwrap()], label.as_bytes()].concat();
    let mut encoded: Vec<u8> = name.split('.').flat_map(label).collect();
    encoded.push(0);
    encoded
}
