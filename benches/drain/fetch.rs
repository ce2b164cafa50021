//! The limit that the program is held against: the least that a client can do to read every mail, over
//! the same kind of connection. One `UID FETCH 1:* (BODY.PEEK[])`, the octets counted and dropped.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::{Duration, Instant};

use data_encoding::BASE64;
use nyckelbud::mailbox::imap::ImapSettings;

use super::dovecot::PASSWORD;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

/// How often the fetch is measured.
const TIMES: usize = 3;

/// What the fastest of the fetches took.
pub struct Raw {
    pub took: Duration,
    pub octets: usize,
}

/// Fetches all of the inbox's mails, and fails unless there are `count`.
pub fn measure(settings: &ImapSettings, count: usize) -> Raw {
    let mut client = Client::connect(settings);
    client.command("SELECT INBOX");
    let mut fastest = Raw { took: Duration::MAX, octets: 0 };
    for _ in 0..TIMES {
        let began = Instant::now();
        let (mails, octets) = client.command("UID FETCH 1:* (BODY.PEEK[])");
        let took = began.elapsed();
        assert_eq!(mails, count, "the raw fetch has not read every mail");
        if took < fastest.took {
            fastest = Raw { took, octets };
        }
    }
    client.command("LOGOUT");
    fastest
}

struct Client {
    stream: BufReader<StreamOwned<ClientConnection, TcpStream>>,
}

impl Client {
    fn connect(settings: &ImapSettings) -> Self {
        let mut roots = RootCertStore::empty();
        let ca_file = settings.ca_file.as_ref().expect("a CA");
        roots.add(CertificateDer::from_pem_file(ca_file).expect("a certificate")).expect("a CA");
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("TLS versions")
            .with_root_certificates(roots)
            .with_no_client_auth();
        let name = ServerName::try_from(settings.host.clone()).expect("a server's name");
        let tls = ClientConnection::new(Arc::new(config), name).expect("TLS");
        let tcp = TcpStream::connect((settings.host.as_str(), settings.port)).expect("a connection");
        tcp.set_nodelay(true).expect("a connection");
        let mut client = Self { stream: BufReader::with_capacity(64 * 1024, StreamOwned::new(tls, tcp)) };
        client.line();
        let plain = BASE64.encode(format!("\0{}\0{PASSWORD}", settings.username).as_bytes());
        client.command(&format!("AUTHENTICATE PLAIN {plain}"));
        client
    }

    /// Sends a command and reads to its end. Answers how many literals came, and their octets.
    fn command(&mut self, command: &str) -> (usize, usize) {
        let name = command.split(' ').next().unwrap_or_default();
        self.stream.get_mut().write_all(format!("a {command}\r\n").as_bytes()).expect("a command is sent");
        let (mut literals, mut octets) = (0, 0);
        loop {
            let line = self.line();
            if let Some(ended) = line.strip_prefix("a ") {
                assert!(ended.starts_with("OK"), "{name}: {ended}");
                return (literals, octets);
            }
            if let Some(length) = literal(&line) {
                let read = std::io::copy(&mut (&mut self.stream).take(length), &mut std::io::sink());
                assert_eq!(read.expect("a literal"), length, "the connection ended inside a mail");
                literals += 1;
                octets += usize::try_from(length).unwrap_or(usize::MAX);
            }
        }
    }

    fn line(&mut self) -> String {
        let mut line = Vec::new();
        self.stream.read_until(b'\n', &mut line).expect("a line");
        assert!(line.ends_with(b"\r\n"), "the connection ended");
        String::from_utf8_lossy(&line).trim_end().to_owned()
    }
}

/// The length of the literal that follows a line (`{123}`, RFC 3501 4.3).
fn literal(line: &str) -> Option<u64> {
    line.strip_suffix('}')?.rsplit('{').next()?.parse().ok()
}
