//! Who wrote a mail: mails that real filters have judged, and signatures that the desk checks itself.

mod border;
mod dkim;

use std::path::Path;

use serde_json::Value;
use tempfile::TempDir;

use crate::support::demo_desk;
use crate::support::island::Island;
use crate::support::program::{ended, on_desk};

/// A desk over the maildir `path`, whose senders are vouched for in this way.
fn desk(path: &Path, authentication: &str) -> TempDir {
    let folder = tempfile::Builder::new().prefix("nyckelbud-sender-").tempdir().unwrap();
    let config = format!(
        r#"
[desk]
address = "servicedesk@kommun.example"
public_url = "http://127.0.0.1:8025"
[[mailbox]]
name = "servicedesk"
kind = "maildir"
path = "{}"
start = "all"
poll = "1s"
authentication = "{authentication}"
[directory]
kind = "file"
[directory.file]
path = "directory.toml"
[policy]
domains = ["kommun.example"]
[password]
key = {{ file = "seal.key" }}
[[sms.gateway]]
name = "modem"
kind = "spool"
path = "sms"
[smtp]
kind = "spool"
path = "mail"
[store]
url = "sqlite://var/nyckelbud.db"
"#,
        path.display()
    );
    demo_desk::build_from(folder.path(), &config);
    folder
}

/// What `explain` says of a mail, asked within `island`.
fn explained(island: &Island, desk: &Path, mail: &Path) -> Value {
    let command = on_desk(desk, ["explain", "--json", &mail.display().to_string()]);
    ended(&mut island.command(&command)).expect(0).objects().remove(0)
}

/// Anna's request, as her mail program writes it; `from` stands in From. Its Date lies ahead, so that it is
/// as old as its arrival whenever the tests run.
fn request(id: &str, from: &str) -> String {
    format!(
        "From: Anna Andersson <{from}>\r\n\
         To: servicedesk@kommun.example\r\n\
         Subject: Password\r\n\
         Date: Tue, 24 Nov 2099 08:12:00 +0100\r\n\
         Message-ID: <{id}@kommun.example>\r\n\
         MIME-Version: 1.0\r\n\
         Content-Type: text/plain; charset=utf-8\r\n\
         \r\n\
         Username: anna.andersson@kommun.example\r\n\
         Phone: 070-174 06 05\r\n"
    )
}

/// The trail's line about the sender.
fn sender_line(object: &Value) -> String {
    let lines = object["trail"].as_array().unwrap();
    let line = lines.iter().find(|line| line["check"] == "sender").expect("the sender is checked");
    line["evidence"].as_str().unwrap().to_owned()
}
