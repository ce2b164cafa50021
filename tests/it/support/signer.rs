//! Signs mails (RFC 6376) with OpenSSL's command: right ones, and weak ones that no honest signer makes.

use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use data_encoding::BASE64;
use tempfile::TempDir;

use super::dns::Dns;

/// A key of a domain.
pub struct Signer {
    folder: TempDir,
    domain: &'static str,
    selector: &'static str,
}

/// How a signature is made; the default is a strong one.
pub struct Way {
    /// `sha256` or `sha1`.
    pub hash: &'static str,
    /// The fields that are signed.
    pub fields: &'static [&'static str],
    /// Blanks may change on the way, of fields and of lines (`c=relaxed/relaxed`).
    pub relaxed: bool,
    /// More tags, each with its semicolon.
    pub tags: &'static str,
}

/// What a signature must cover, and what it covers besides.
const STRONG: &[&str] =
    &["From", "To", "Subject", "Date", "Message-ID", "Content-Type", "Content-Transfer-Encoding"];

impl Default for Way {
    fn default() -> Self {
        Self { hash: "sha256", fields: STRONG, relaxed: false, tags: "" }
    }
}

impl Signer {
    /// Makes a key of so many bits, and publishes it.
    pub fn new(dns: &Dns, domain: &'static str, selector: &'static str, bits: u32) -> Self {
        let signer = Self { folder: tempfile::tempdir().unwrap(), domain, selector };
        let key = signer.key().display().to_string();
        openssl(&["genrsa", "-out", &key, &bits.to_string()], b"");
        signer.publish(dns, "");
        signer
    }

    /// Publishes its key, with more tags, each with its semicolon.
    pub fn publish(&self, dns: &Dns, tags: &str) {
        let key = self.key().display().to_string();
        let public = openssl(&["rsa", "-in", &key, "-pubout", "-outform", "DER"], b"");
        dns.txt(&self.name(), &format!("v=DKIM1; k=rsa; {tags}p={}", BASE64.encode(&public)));
    }

    /// Where its public key lies in the DNS.
    pub fn name(&self) -> String {
        format!("{}._domainkey.{}", self.selector, self.domain)
    }

    /// Signs `mail`, whose lines end with CRLF and hold no blanks at their end or beside each other.
    pub fn sign(&self, mail: &str, way: &Way) -> String {
        let (header, body) = mail.split_once("\r\n\r\n").unwrap();
        let body = format!("{}\r\n", body.trim_end_matches("\r\n"));
        let hash = format!("-{}", way.hash);
        let body_hash = BASE64.encode(&openssl(&["dgst", &hash, "-binary"], body.as_bytes()));
        let c = if way.relaxed { "relaxed" } else { "simple" };
        let unsigned = format!(
            "DKIM-Signature: v=1; a=rsa-{}; c={c}/{c}; d={}; s={};\r\n {}h={};\r\n bh={body_hash};\r\n b=",
            way.hash,
            self.domain,
            self.selector,
            way.tags,
            way.fields.join(":"),
        );
        let canonical = |field: &str| if way.relaxed { relaxed(field) } else { field.to_owned() };
        let named = |name: &&str| {
            let of_name = |line: &&str| line.split(':').next().is_some_and(|n| n.eq_ignore_ascii_case(name));
            header.split("\r\n").filter(of_name).last().map(|line| canonical(line) + "\r\n")
        };
        let signed: String = way.fields.iter().filter_map(named).collect::<String>() + &canonical(&unsigned);
        let key = self.key().display().to_string();
        let signature = openssl(&["dgst", &hash, "-sign", &key, "-binary"], signed.as_bytes());
        format!("{unsigned}{}\r\n{mail}", BASE64.encode(&signature))
    }

    fn key(&self) -> PathBuf {
        self.folder.path().join("key.pem")
    }
}

/// A field of `c=relaxed` (RFC 6376 3.4.2).
fn relaxed(field: &str) -> String {
    let (name, value) = field.split_once(':').unwrap();
    let words: Vec<&str> = value.split_whitespace().collect();
    format!("{}:{}", name.to_ascii_lowercase(), words.join(" "))
}

fn openssl(arguments: &[&str], input: &[u8]) -> Vec<u8> {
    fed(Command::new("openssl").args(arguments), input)
}

fn fed(command: &mut Command, input: &[u8]) -> Vec<u8> {
    let command = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut process = command.spawn().expect("openssl is there");
    process.stdin.take().unwrap().write_all(input).unwrap();
    let output = process.wait_with_output().unwrap();
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}
