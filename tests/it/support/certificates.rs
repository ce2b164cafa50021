//! Certificates with their keys, made and judged by openssl: a second implementation.

use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use data_encoding::{BASE64URL_NOPAD, HEXUPPER};
use tempfile::TempDir;

/// A certificate and its key, each in a file of its own.
pub struct Certified {
    folder: TempDir,
}

impl Certified {
    /// With an RSA key, as Entra ID demands.
    pub fn rsa() -> Self {
        Self::with(&["-newkey", "rsa:2048"])
    }

    /// With a key that `key` asks openssl for.
    pub fn with(key: &[&str]) -> Self {
        let made = Self { folder: tempfile::tempdir().unwrap() };
        let (key_file, certificate) = (made.path("key.pem"), made.path("cert.pem"));
        let mut request = Command::new("openssl");
        request.args(["req", "-x509", "-nodes", "-days", "2", "-subj", "/CN=nyckelbud"]).args(key);
        run(request.arg("-keyout").arg(key_file).arg("-out").arg(certificate), b"");
        made
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn certificate(&self) -> Vec<u8> {
        std::fs::read(self.path("cert.pem")).unwrap()
    }

    pub fn key(&self) -> Vec<u8> {
        std::fs::read(self.path("key.pem")).unwrap()
    }

    /// The key with a passphrase.
    pub fn encrypted_key(&self) -> Vec<u8> {
        let mut command = Command::new("openssl");
        command.args(["pkey", "-aes256", "-passout", "pass:hemligt-4711", "-in"]);
        run(command.arg(self.path("key.pem")), b"")
    }

    /// Both in one file of mode 0600, as the configuration names it.
    pub fn file(&self) -> PathBuf {
        let path = self.path("both.pem");
        std::fs::write(&path, [self.certificate(), self.key()].concat()).unwrap();
        let mode = std::os::unix::fs::PermissionsExt::from_mode(0o600);
        std::fs::set_permissions(&path, mode).unwrap();
        path
    }

    /// SHA-256 of the certificate, as RFC 7515 4.1.8 writes it.
    pub fn thumbprint(&self) -> String {
        let mut command = Command::new("openssl");
        command.args(["x509", "-noout", "-fingerprint", "-sha256", "-in"]).arg(self.path("cert.pem"));
        let said = String::from_utf8(run(&mut command, b"")).unwrap();
        let hex = said.trim().split_once('=').unwrap().1.replace(':', "");
        BASE64URL_NOPAD.encode(&HEXUPPER.decode(hex.as_bytes()).unwrap())
    }

    /// Is `signature` this key's PS256 signature of `text`?
    pub fn has_signed(&self, text: &str, signature: &[u8]) -> bool {
        let public = self.path("public.pem");
        let mut command = Command::new("openssl");
        command.args(["x509", "-noout", "-pubkey", "-in"]).arg(self.path("cert.pem"));
        std::fs::write(&public, run(&mut command, b"")).unwrap();
        let file = self.path("signature");
        std::fs::write(&file, signature).unwrap();
        let mut command = Command::new("openssl");
        command.args(["dgst", "-sha256", "-sigopt", "rsa_padding_mode:pss", "-sigopt", "rsa_pss_saltlen:32"]);
        command.arg("-verify").arg(public).arg("-signature").arg(file);
        started(&mut command, text.as_bytes()).status.success()
    }
}

fn run(command: &mut Command, input: &[u8]) -> Vec<u8> {
    let output = started(command, input);
    assert!(output.status.success(), "openssl: {}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

fn started(command: &mut Command, input: &[u8]) -> std::process::Output {
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("openssl is there");
    child.stdin.take().unwrap().write_all(input).unwrap();
    child.wait_with_output().unwrap()
}
