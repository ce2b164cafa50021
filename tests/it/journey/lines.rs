//! Lines of configuration: where mails come from, and how words leave.

use nyckelbud::tls::Tls;

use crate::support::dovecot::{Dovecot, PASSWORD};
use crate::support::elks::Elks;
use crate::support::kannel::Kannel;
use crate::support::postfix::Postfix;
use crate::support::sms_service::{self, Service};

/// Texts and mails as files in the desk's folder.
pub fn spools() -> String {
    format!("{MODEM}{MAIL_SPOOL}")
}

/// Mails as files in the desk's folder.
pub const MAIL_SPOOL: &str = "[smtp]\nkind = \"spool\"\npath = \"mail\"\n";

/// The secret in the path of a gateway's receipts.
pub const CALLBACK: &str = "receipts-4711";

/// Texts as files in the desk's folder.
pub const MODEM: &str = "[[sms.gateway]]\nname = \"modem\"\nkind = \"spool\"\npath = \"sms\"\n";

/// A maildir in the desk's folder.
pub const MAILDIR: &str = r#"
[[mailbox]]
name = "servicedesk"
kind = "maildir"
path = "mailbox"
start = "all"
poll = "1s"
authentication = "authserv:mx.kommun.example"
"#;

/// Dovecot's mailbox, over implicit TLS.
pub fn imap(server: &Dovecot) -> String {
    imap_at(server, "servicedesk", server.imaps_port(), Tls::Implicit)
}

/// The same at another port, where somebody stands in between. A full look comes only every ten
/// minutes: what is found earlier was found by IDLE, or after a new connection.
pub fn imap_at(server: &Dovecot, name: &str, port: u16, tls: Tls) -> String {
    let settings = server.settings();
    let tls = match tls {
        Tls::Implicit => "implicit",
        Tls::StartTls => "starttls",
        Tls::None => "none",
    };
    format!(
        r#"
[[mailbox]]
name = "{name}"
kind = "imap"
host = "127.0.0.1"
port = {port}
tls = "{tls}"
ca_file = "{}"
username = "{}"
password = "{PASSWORD}"
handled = "{}"
quarantine = "{}"
start = "all"
poll = "10m"
max_mail_size = "64KiB"
authentication = "authserv:mx.kommun.example"
"#,
        settings.ca_file.unwrap().display(),
        settings.username,
        settings.handled,
        settings.quarantine,
    )
}

/// Postfix, over STARTTLS.
pub fn smtp(server: &Postfix) -> String {
    let settings = server.settings();
    format!(
        "[smtp]\nkind = \"smtp\"\nhost = \"{}\"\nport = {}\ntls = \"starttls\"\nca_file = \"{}\"\n",
        settings.host,
        settings.port,
        settings.ca_file.unwrap().display(),
    )
}

/// 46elks, with receipts.
pub fn elks(gateway: &Elks, name: &str) -> String {
    format!(
        "[[sms.gateway]]\nname = \"{name}\"\nkind = \"46elks\"\nbase_url = \"{}\"\nusername = \"{}\"\n\
         password = \"{}\"\ncallback = \"{CALLBACK}\"\n",
        gateway.base_url(),
        crate::support::elks::USERNAME,
        crate::support::elks::PASSWORD,
    )
}

/// Twilio, with receipts.
pub fn twilio(gateway: &Service) -> String {
    format!(
        "[[sms.gateway]]\nname = \"twilio\"\nkind = \"twilio\"\nbase_url = \"{}\"\naccount = \"{}\"\n\
         password = \"{}\"\ncallback = \"{CALLBACK}\"\n",
        gateway.base_url(),
        sms_service::ACCOUNT,
        sms_service::PASSWORD,
    )
}

/// Kannel, with receipts that sign in.
pub fn kannel(gateway: &Kannel) -> String {
    format!(
        "[[sms.gateway]]\nname = \"kannel\"\nkind = \"kannel\"\n\
         base_url = \"http://127.0.0.1:{}/cgi-bin/sendsms\"\nusername = \"{}\"\npassword = \"{}\"\n\
         callback = \"{CALLBACK}\"\ncallback_auth = \"{}\"\n",
        gateway.sendsms_port(),
        sms_service::USERNAME,
        sms_service::PASSWORD,
        sms_service::CALLBACK_AUTH,
    )
}
