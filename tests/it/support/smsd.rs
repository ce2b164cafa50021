//! A private smsd for one test, started by `tests/servers/smsd`, with a GSM modem that the test plays
//! (3GPP TS 27.005, PDU mode).

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/servers/smsd");

/// A running smsd with its modem.
pub struct Smsd {
    dir: TempDir,
    port: u16,
    sent: mpsc::UnboundedReceiver<String>,
    modem: JoinHandle<()>,
}

impl Smsd {
    pub async fn start() -> Self {
        let dir = tempfile::Builder::new().prefix("nyckelbud-smsd-").tempdir().unwrap();
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (sending, sent) = mpsc::unbounded_channel();
        let modem = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let sending = sending.clone();
                tokio::spawn(async move { play(stream, &sending).await });
            }
        });
        let output = script("start", dir.path(), port);
        // Made first: it also stops what started half-way.
        let server = Self { dir, port, sent, modem };
        assert!(
            output.status.success(),
            "no smsd to test against: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        server
    }

    /// One of the spool's folders: `outgoing`, `sent`, `failed`.
    pub fn folder(&self, name: &str) -> PathBuf {
        self.dir.path().join("spool").join(name)
    }

    /// The next text that goes on the air.
    pub async fn next(&mut self) -> OnTheAir {
        on_the_air(&self.sent.recv().await.expect("the modem goes on"))
    }
}

impl Drop for Smsd {
    fn drop(&mut self) {
        script("stop", self.dir.path(), self.port);
        self.modem.abort();
    }
}

fn script(command: &str, dir: &Path, port: u16) -> Output {
    let mut script = Command::new(SCRIPT);
    script.arg(command).arg(dir).arg(port.to_string()).output().expect("tests/servers/smsd runs")
}

/// Answers every command with OK, and hands on what is to be sent.
async fn play(mut stream: TcpStream, sending: &mpsc::UnboundedSender<String>) {
    let (mut line, mut pdu) = (String::new(), false);
    while let Ok(octet) = stream.read_u8().await {
        if !matches!(octet, b'\r' | b'\n' | 0x1a) {
            line.push(char::from(octet));
            continue;
        }
        let command = std::mem::take(&mut line);
        let answer = match command.as_str() {
            "" => continue,
            text if pdu => {
                pdu = false;
                let _ = sending.send(text.to_owned());
                "\r\n+CMGS: 1\r\n\r\nOK\r\n"
            }
            text if text.starts_with("AT+CMGS=") => {
                pdu = true;
                "\r\n> "
            }
            text if text.starts_with("AT+CPIN?") => "\r\n+CPIN: READY\r\n\r\nOK\r\n",
            _ => "\r\nOK\r\n",
        };
        if stream.write_all(answer.as_bytes()).await.is_err() {
            return;
        }
    }
}

/// What an SMS-SUBMIT holds (3GPP TS 23.040 9.2.2.2).
#[derive(Debug, PartialEq, Eq)]
pub struct OnTheAir {
    pub to: String,
    pub text: String,
    /// In the GSM alphabet, not in UCS-2.
    pub gsm: bool,
}

fn on_the_air(pdu: &str) -> OnTheAir {
    let octets = data_encoding::HEXUPPER.decode(pdu.to_uppercase().as_bytes()).unwrap();
    let after_centre = &octets[usize::from(octets[0]) + 1..];
    let (flags, digits, kind) = (after_centre[0], usize::from(after_centre[2]), after_centre[3]);
    assert_eq!(flags & 0x40, 0, "one part, no header: {pdu}");
    assert_eq!(kind, 0x91, "an international number");
    let (number, rest) = after_centre[4..].split_at(digits.div_ceil(2));
    let semi_octets = number.iter().flat_map(|octet| [octet & 0xf, octet >> 4]).take(digits);
    let to = semi_octets.map(|digit| char::from_digit(digit.into(), 10).unwrap()).collect();
    let validity = match flags & 0x18 {
        0 => 0,
        0x10 => 1,
        _ => 7,
    };
    let coding = rest[1];
    let (length, data) = rest[2 + validity..].split_first().unwrap();
    let gsm = coding & 0x0c == 0;
    let text = if gsm { gsm_text(data, usize::from(*length)) } else { ucs2_text(data) };
    OnTheAir { to, text, gsm }
}

fn ucs2_text(data: &[u8]) -> String {
    let units: Vec<u16> = data.chunks(2).map(|two| u16::from_be_bytes([two[0], two[1]])).collect();
    String::from_utf16(&units).unwrap()
}

/// Seven bits a character (3GPP TS 23.038 6.1.2.1); of the table only what the tests use.
fn gsm_text(data: &[u8], septets: usize) -> String {
    let septet = |index: usize| {
        let bit = |at: usize| data[at / 8] >> (at % 8) & 1;
        (0..7).map(|offset| bit(index * 7 + offset) << offset).sum::<u8>()
    };
    let mut text = String::new();
    let mut septets = (0..septets).map(septet);
    while let Some(code) = septets.next() {
        text.push(match code {
            0x1b => match septets.next().unwrap() {
                0x28 => '{',
                0x29 => '}',
                0x65 => '€',
                other => panic!("an unknown second septet {other:#x}"),
            },
            0x00 => '@',
            0x0f => 'å',
            0x7b => 'ä',
            0x7c => 'ö',
            b'\n' | b' '..=b'#' | b'%'..=b'?' | b'A'..=b'Z' | b'a'..=b'z' => char::from(code),
            other => panic!("an unknown septet {other:#x}"),
        });
    }
    text
}
