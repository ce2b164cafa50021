//! A small HTTP client that sends exactly what a test says.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// A request.
pub struct Asked<'a> {
    method: &'a str,
    path: &'a str,
    fields: Vec<(&'a str, &'a str)>,
    body: &'a str,
}

impl<'a> Asked<'a> {
    pub fn get(path: &'a str) -> Self {
        Self { method: "GET", path, fields: vec![], body: "" }
    }

    pub fn post(path: &'a str, form: &'a str) -> Self {
        let fields = vec![("content-type", "application/x-www-form-urlencoded")];
        Self { method: "POST", path, fields, body: form }
    }

    pub fn method(mut self, method: &'a str) -> Self {
        self.method = method;
        self
    }

    pub fn with(mut self, fields: &[(&'a str, &'a str)]) -> Self {
        self.fields.extend_from_slice(fields);
        self
    }

    pub fn body(mut self, body: &'a str) -> Self {
        self.body = body;
        self
    }

    pub fn octets(&self) -> Vec<u8> {
        let mut text = format!("{} {} HTTP/1.1\r\nhost: 127.0.0.1\r\n", self.method, self.path);
        for (name, value) in &self.fields {
            text += &format!("{name}: {value}\r\n");
        }
        text += &format!("content-length: {}\r\nconnection: close\r\n\r\n{}", self.body.len(), self.body);
        text.into_bytes()
    }
}

/// An answer.
#[derive(Debug, PartialEq, Eq)]
pub struct Answer {
    pub status: u16,
    pub fields: Vec<(String, String)>,
    pub body: String,
}

impl Answer {
    /// A field's value; fails the test when it is not there.
    pub fn header(&self, name: &str) -> &str {
        self.find(name).unwrap_or_else(|| panic!("no {name} in {} {:?}", self.status, self.fields))
    }

    pub fn find(&self, name: &str) -> Option<&str> {
        self.fields.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str())
    }
}

/// Sends one request and reads the whole answer.
pub async fn ask(address: SocketAddr, asked: &Asked<'_>) -> Answer {
    let whole = async {
        let mut stream = TcpStream::connect(address).await.unwrap();
        // A server may answer and close before it has read everything.
        let _ = stream.write_all(&asked.octets()).await;
        let mut octets = Vec::new();
        let mut buffer = [0; 4096];
        loop {
            match stream.read(&mut buffer).await {
                Ok(0) | Err(_) => return octets,
                Ok(count) => octets.extend_from_slice(&buffer[..count]),
            }
        }
    };
    let octets = tokio::time::timeout(Duration::from_secs(20), whole).await.expect("an answer in time");
    let text = String::from_utf8_lossy(&octets);
    // Only a file may hold anything but text.
    let is_file = text.contains("content-type: application/octet-stream\r\n");
    assert!(is_file || std::str::from_utf8(&octets).is_ok(), "{text}");
    read(&text)
}

fn read(text: &str) -> Answer {
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or_else(|| panic!("no answer: {text:?}"));
    let mut lines = head.split("\r\n");
    let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
    let fields = lines
        .map(|line| line.split_once(": ").unwrap_or((line, "")))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
        // The date tells nothing.
        .filter(|(name, _)| name != "date")
        .collect();
    // The template engine writes a slash so in values; browsers read a slash.
    Answer { status, fields, body: body.replace("&#x2f;", "/") }
}
