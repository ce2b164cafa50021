//! One outside crate, one door. Each dependency is used in the files that are named here and
//! nowhere else, so that it can be changed in one place and its types do not leak.

use std::collections::BTreeMap;

use super::paths::Names;
use super::source::{Breach, Source, assert_none, files, program};

/// Where a crate may be used.
enum Door {
    /// Part of the language that the whole house speaks.
    Everywhere,
    /// Only in these files and folders.
    Only(&'static [&'static str]),
}
use Door::{Everywhere, Only};

const DOORS: &[(&str, Door)] = &[
    // runtime; the pure stages are kept from it by their own rule
    ("async-trait", Everywhere),
    ("tokio", Everywhere),
    ("tokio-util", Only(&["src/worker/", "src/cli/", "src/web/serve.rs"])),
    // TLS: the settings are made in one place, the handshake is where the connection is
    // and it signs the assertion of a client certificate: PS256 by ring, without another crate
    (
        "rustls",
        Only(&[
            "src/tls.rs",
            "src/http.rs",
            "src/mailbox/imap/connect.rs",
            "src/delivery/sms/smpp/connect.rs",
            "src/token/certificate.rs",
        ]),
    ),
    ("rustls-platform-verifier", Only(&["src/tls.rs"])),
    ("tokio-rustls", Only(&["src/mailbox/imap/connect.rs", "src/delivery/sms/smpp/connect.rs"])),
    // mail
    ("async-imap", Only(&["src/mailbox/imap/"])),
    ("compact_str", Only(&["src/mailbox/mod.rs"])),
    // HTML as a technician may see it: an allow-list over the tree that a browser would build
    ("ammonia", Only(&["src/mail/display/formatted.rs"])),
    ("encoding_rs", Only(&["src/mail/"])),
    // what a file is by its first octets, whatever it is called
    ("infer", Only(&["src/mail/display/"])),
    // where a link leads, as a browser reads it
    ("url", Only(&["src/mail/link.rs"])),
    ("lettre", Only(&["src/delivery/notice"])),
    // checks signatures, and asks the DNS for their keys
    ("mail-auth", Only(&["src/dkim.rs"])),
    ("mail-parser", Only(&["src/mail/reading"])),
    ("html5ever", Only(&["src/mail/html/parse.rs"])),
    ("scraper", Only(&["src/mail/html", "src/mail/display/attacks.rs"])),
    ("utf7-imap", Only(&["src/mailbox/folder_name.rs"])),
    // phone numbers and fields
    // and which answers of a gateway mean yes, as a site writes it
    ("regex", Only(&["src/mail/", "src/request/", "src/delivery/sms/http.rs"])),
    ("rlibphonenumber", Only(&["src/types/phone_number.rs"])),
    // configuration; the file directory has TOML files of its own
    ("bytesize", Only(&["src/config/"])),
    ("config", Only(&["src/config/"])),
    ("humantime", Only(&["src/config/", "src/cli/automation.rs", "src/cli/token.rs"])),
    ("schemars", Only(&["src/config/"])),
    // what was meant, where a name is written almost right
    ("strsim", Only(&["src/config/", "src/render/overrides.rs", "src/request/"])),
    ("toml", Only(&["src/config/", "src/directory/register", "src/password/file.rs"])),
    ("csv", Only(&["src/cli/coverage.rs"])),
    ("serde", Everywhere),
    ("serde_json", Everywhere),
    // directories
    ("ldap3", Only(&["src/directory/ldap/"])),
    // storage
    ("sqlx", Only(&["src/store/"])),
    ("uuid", Only(&["src/cli/", "src/store/", "src/delivery/", "src/token/certificate.rs"])),
    // time
    ("jiff", Only(&["src/clock.rs"])),
    // HTTP and texts
    ("axum", Only(&["src/web/"])),
    ("bytes", Only(&["src/http.rs", "src/http/"])),
    ("form_urlencoded", Only(&["src/delivery/sms/receipt.rs", "src/web/"])),
    ("flate2", Only(&["src/web/staff/assets.rs"])),
    ("hyper", Only(&["src/web/serve"])),
    ("hyper-util", Only(&["src/web/serve"])),
    // the document of the programming interface, from the types that it is made of
    ("utoipa", Only(&["src/web/api/"])),
    ("minijinja", Only(&["src/render"])),
    ("reqwest", Only(&["src/http"])),
    // judges the tokens of an identity provider
    ("openidconnect", Only(&["src/oidc"])),
    ("unicode-normalization", Only(&["src/delivery/gsm7.rs", "src/mail/excerpt.rs"])),
    // secrets
    ("totp-rs", Only(&["src/totp.rs"])),
    ("argon2", Only(&["src/argon.rs"])),
    ("chacha20poly1305", Only(&["src/password/seal.rs"])),
    ("data-encoding", Everywhere),
    // and signs the receipts of gateways
    ("hmac", Only(&["src/keyring.rs", "src/delivery/sms/receipt.rs", "src/delivery/webhook.rs"])),
    ("sha1", Only(&["src/delivery/sms/receipt.rs"])),
    // chosen at the edges, and handed inwards
    (
        "rand",
        Only(&[
            "src/keyring.rs",
            // so that many who were asked to wait do not come back together
            "src/directory/graph/client.rs",
            "src/password/draw.rs",
            "src/password/generate.rs",
            "src/password/seal.rs",
            "src/password/words.rs",
            "src/store/sql/messages.rs",
            // the codes of an account are made anew
            "src/totp.rs",
            "src/worker/",
            "src/cli/",
            "src/web/",
        ]),
    ),
    (
        "sha2",
        Only(&[
            "src/keyring.rs",
            "src/token/certificate.rs",
            "src/mail/",
            "src/delivery/pickup.rs",
            "src/delivery/sms/receipt.rs",
            "src/delivery/webhook.rs",
            "src/web/",
            // what somebody wrote as a name to sign in by may be a password
            "src/store/sql/accounts.rs",
            "src/worker/answer.rs",
            // a program's token is kept as its hash, and so are a webhook's address and the name of what it is told
            "src/cli/token.rs",
            "src/worker/port/programs.rs",
            "src/worker/webhooks/told.rs",
            // mails that were kept unread are known by the hash of their octets
            "src/store/sql/quarantine.rs",
        ]),
    ),
    // whoever compares secrets shall
    ("subtle", Everywhere),
    ("zeroize", Everywhere),
    // command line
    ("anstream", Only(&["src/cli/output.rs"])),
    ("anstyle", Only(&["src/cli/output.rs"])),
    ("clap", Only(&["src/cli/"])),
    ("clap_complete", Only(&["src/cli/generate.rs"])),
    ("clap_mangen", Only(&["src/cli/generate.rs"])),
    ("unicode-width", Only(&["src/cli/output.rs"])),
    // host
    (
        "rustix",
        Only(&["src/cli/", "src/telemetry.rs", "src/mailbox/maildir/", "src/delivery/sms/smpp/connect.rs"]),
    ),
    ("sd-notify", Only(&["src/cli/run.rs"])),
    // observability and errors
    ("thiserror", Everywhere),
    ("tracing", Everywhere),
    ("tracing-journald", Only(&["src/telemetry.rs"])),
    ("tracing-subscriber", Only(&["src/telemetry.rs"])),
];

fn breaches(sources: &[Source], doors: &[(&str, Door)]) -> Vec<Breach> {
    let doors: BTreeMap<String, &Door> =
        doors.iter().map(|(name, door)| (name.replace('-', "_"), door)).collect();
    let mut found = Vec::new();
    for source in sources {
        for (krate, path) in Names::of(source).outside() {
            if let Some(Only(places)) = doors.get(krate)
                && !places.iter().any(|place| source.is_in(place))
            {
                let what = format!(
                    "`{krate}` is used only in {}: go through it, or widen its row in DOORS and say why",
                    places.join(", ")
                );
                found.push(Breach::new(source, path.line, what));
            }
        }
    }
    found
}

/// The names under `[dependencies]` with the lines they stand on.
fn dependencies(manifest: &Source) -> Vec<(String, usize)> {
    let read: toml::Table = manifest.text.parse().expect("Cargo.toml");
    let named = read["dependencies"].as_table().expect("dependencies").keys();
    let line = |name: &String| {
        let starts = |line: &str| line.split(['=', '.']).next().is_some_and(|key| key.trim() == name);
        manifest.text.lines().position(starts).map_or(1, |at| at + 1)
    };
    named.map(|name| (name.clone(), line(name))).collect()
}

/// Dependencies without a row, without a use, and rows without a dependency.
fn loose_ends(manifest: &Source, sources: &[Source], doors: &[(&str, Door)]) -> Vec<Breach> {
    let mut found = Vec::new();
    let named = dependencies(manifest);
    let names: Vec<Names> = sources.iter().map(Names::of).collect();
    for (name, line) in &named {
        if !doors.iter().any(|(row, _)| row == name) {
            let what = format!("`{name}` is new: give it a row in DOORS (tests/it/house/doors.rs)");
            found.push(Breach::new(manifest, *line, what));
        }
        let krate = name.replace('-', "_");
        if !names.iter().any(|names| names.outside().any(|(used, _)| used == krate)) {
            found.push(Breach::new(manifest, *line, format!("nothing uses `{name}`: take it out")));
        }
    }
    for (row, _) in doors {
        if !named.iter().any(|(name, _)| name == row) {
            found.push(Breach::new(manifest, 1, format!("`{row}` has a row in DOORS, but is no dependency")));
        }
    }
    found
}

#[test]
fn every_outside_crate_comes_in_through_its_door() {
    assert_none(&breaches(&program(), DOORS));
}

#[test]
fn every_dependency_has_a_door_and_a_use() {
    let manifest = files("Cargo.toml", ".toml").pop().expect("Cargo.toml");
    assert_none(&loose_ends(&manifest, &program(), DOORS));
}

#[test]
fn a_second_door_is_seen() {
    let doors = [("mail-parser", Only(&["src/mail/reading.rs"])), ("serde", Everywhere)];
    for text in [
        "use mail_parser::Message;",
        "use ::mail_parser::Message;",
        "use mail_parser as m;",
        "fn f(m: &mail_parser::Message) {}",
    ] {
        assert_eq!(breaches(&[Source::new("src/mail/text.rs", text)], &doors).len(), 1, "{text}");
        assert_eq!(breaches(&[Source::new("src/mail/reading.rs", text)], &doors), [], "{text}");
    }
    assert_eq!(breaches(&[Source::new("src/mail/text.rs", "use serde::Serialize;")], &doors), []);
}

#[test]
fn loose_ends_of_the_manifest_are_seen() {
    let manifest = Source::new("Cargo.toml", "[dependencies]\nnew-one = \"1\"\nserde.version = \"1\"\n");
    let sources = [Source::new("src/a.rs", "use serde::Serialize;")];
    let found: Vec<String> = loose_ends(&manifest, &sources, &[("serde", Everywhere), ("gone", Everywhere)])
        .iter()
        .map(|breach| format!("{}: {}", breach.line, breach.what.split(':').next().unwrap_or_default()))
        .collect();
    assert_eq!(
        found,
        [
            "2: `new-one` is new",
            "2: nothing uses `new-one`",
            "1: `gone` has a row in DOORS, but is no dependency"
        ]
    );
}
