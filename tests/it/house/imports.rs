//! Who may import whom. A stage sees the words of `types/`, what it stands on, and earlier stages;
//! never a later one. Where a stage needs but a word or two of another, only those are open to it.

use super::paths::Names;
use super::source::{Breach, Source, assert_none, files, program};

/// The nine stages, in the order of a mail's journey.
const JOURNEY: [&str; 9] =
    ["mailbox", "mail", "request", "directory", "decision", "password", "delivery", "ticket", "web"];

/// Those that see everything.
const SHELL: [&str; 2] = ["worker", "cli"];

/// What a module may import beside itself: modules, or single names in them.
struct Row {
    module: &'static str,
    sees: &'static [&'static str],
}

const fn row(module: &'static str, sees: &'static [&'static str]) -> Row {
    Row { module, sees }
}

const TABLE: &[Row] = &[
    row("mailbox", &["types", "clock", "secret", "tls", "token"]),
    row("mail", &["types"]),
    row("request", &["types", "mail"]),
    row("directory", &["types", "clock", "secret", "http", "tls", "token"]),
    row("decision", &["types", "mail", "request", "directory"]),
    // Setting a password needs the directory's clients.
    row("password", &["types", "argon", "clock", "secret", "keyring", "http", "tls", "token", "directory"]),
    // A text is made of a password, and must have room for its hyphens; none is made or set here.
    row(
        "delivery",
        &[
            "types",
            "clock",
            "secret",
            "keyring",
            "http",
            "tls",
            "token",
            "render",
            "password::TemporaryPassword",
            "password::generate::GROUP",
        ],
    ),
    // Where a text is on its way depends on what its gateway can do and has answered.
    row("ticket", &["types", "delivery::GatewayTraits", "delivery::Receipt"]),
    // The pages show a password, tie forms to browsers, and reach everything else through their port.
    row(
        "web",
        &[
            "types",
            "clock",
            "secret",
            "render",
            "ticket",
            "keyring::KEY_LENGTH",
            "keyring::hmac_sha256",
            "password::TemporaryPassword",
            // A ticket's page puts down a mail as it was opened for it, and where values were read.
            "mail::display::Attachment",
            "mail::display::Displayed",
            "mail::display::Download",
            "mail::display::Formatted",
            "mail::display::HtmlTold",
            "mail::display::Passage",
            "mail::display::PassageKind",
            "mail::display::Blocked",
            "request::marks::Mark",
            "request::marks::MarkedField",
        ],
    ),
    row("types", &[]),
    row("secret", &[]),
    row("tls", &[]),
    row("clock", &["types"]),
    row("keyring", &["types"]),
    row("argon", &[]),
    row("totp", &["types", "keyring"]),
    // An answer tells what o'clock it is there.
    row("http", &["types", "clock", "secret", "tls"]),
    row("token", &["types", "clock", "secret", "http"]),
    row("oidc", &["secret", "http"]),
    // What it finds is what the reader judges, of the mail as the reader sees it.
    row(
        "dkim",
        &["mail::Signatures", "mail::reading::Covered", "mail::reading::Signable", "mail::reading::signable"],
    ),
    row("render", &["types", "clock"]),
    row("audit", &["types", "clock", "keyring"]),
    row("telemetry", &["config"]),
    // The choices that a site can make are those that the stages define.
    row(
        "config",
        &[
            "types",
            "clock",
            "secret",
            "decision",
            "mail::Authentication",
            "directory::PhoneType",
            "telemetry::check_filter",
            // what is wrong with a certificate or an address is told with all other mistakes
            "token::Certificate",
            "http::ServiceUrl",
            // and so is what is wrong with a request that a site writes itself
            "http::Method",
            "delivery::sms::http",
            // or with a value that no gateway can work with
            "delivery::sms::account_fault",
            "delivery::sms::kannel::receipt_faults",
            "delivery::sms::sign_in_fault",
            "delivery::sms::smpp::password_fault",
            "delivery::webhook::HookEvent",
            "delivery::webhook::hook_key",
            "delivery::webhook::hook_url",
            // what a password of so many characters or words is worth
            "password::generate::bits",
            "password::words::bits",
        ],
    ),
    // It keeps what the stages say, in their words; it calls none of their outside parts.
    row(
        "store",
        &[
            "types",
            "clock",
            "secret",
            "keyring",
            "audit",
            "ticket",
            "mailbox::AnotherInbox",
            "mailbox::Filed",
            "mailbox::Folder",
            "mailbox::MailUid",
            "mailbox::Mark",
            "mail::Excerpt",
            "mail::Signatures",
            "mailbox::Shelf",
            "mailbox::Spot",
            "mail::Trust",
            "decision::Automation",
            "delivery::Receipt",
            "password::seal::Sealed",
        ],
    ),
];

fn breaches(sources: &[Source]) -> Vec<Breach> {
    let mut found = Vec::new();
    for source in sources {
        let module = source.module();
        let Some(own) = module.first().filter(|own| !SHELL.contains(&own.as_str())) else { continue };
        let Some(row) = TABLE.iter().find(|row| row.module == own) else {
            found.push(Breach::new(
                source,
                1,
                format!("`{own}` is new: say in TABLE what it may import, and why"),
            ));
            continue;
        };
        for path in Names::of(source).paths {
            let Some(names) = path.within_crate() else { continue };
            if names.first().is_some_and(|first| first != own && !row.allows(&names)) {
                let what = format!(
                    "`{own}` may not import `{}`: hand the value in, or move it to where both may see it",
                    names.join("::")
                );
                found.push(Breach::new(source, path.line, what));
            }
        }
    }
    found
}

impl Row {
    fn allows(&self, names: &[String]) -> bool {
        self.sees.iter().any(|open| {
            let open: Vec<&str> = open.split("::").collect();
            names.len() >= open.len() && open.iter().zip(names).all(|(open, name)| open == name)
        })
    }
}

#[test]
fn no_module_imports_what_it_may_not_see() {
    assert_none(&breaches(&program()));
}

#[test]
fn the_table_itself_lets_no_stage_see_a_later_one() {
    for (place, stage) in JOURNEY.iter().enumerate() {
        let row =
            TABLE.iter().find(|row| row.module == *stage).unwrap_or_else(|| panic!("{stage} has no row"));
        for open in row.sees {
            let seen = open.split("::").next().unwrap_or_default();
            let earlier = JOURNEY.iter().position(|s| s == &seen).is_none_or(|other| other < place);
            assert!(earlier, "{stage} may not see {seen}, which comes later in the journey");
            assert!(!["store", "config", "worker", "cli"].contains(&seen), "{stage} may not see {seen}");
        }
    }
}

#[test]
fn the_map_tells_the_journey_in_its_order() {
    let map = files("src/lib.rs", ".rs").pop().expect("src/lib.rs");
    let told: Vec<&str> = map
        .text
        .lines()
        .filter_map(|line| line.strip_prefix("pub mod ")?.strip_suffix(';'))
        .filter(|module| JOURNEY.contains(module))
        .collect();
    assert_eq!(told, JOURNEY, "the `pub mod` lines of src/lib.rs stand in the order of the journey");
}

#[test]
fn a_later_stage_is_seen_in_every_way_it_can_be_written() {
    for text in [
        "use crate::web::Desk;",
        "use crate::{types::Reason, web::Desk};",
        "fn f() { crate::web::g() }",
        "use super::super::web::Desk;",
        "fn f() { tracing::info!(\"{}\", crate::web::g()) }",
        "#[derive(crate::web::Derive)] struct S;",
    ] {
        let found = breaches(&[Source::new("src/mail/text.rs", text)]);
        assert_eq!(found.len(), 1, "{text}: {found:?}");
    }
    let fine = "use crate::types::Reason;\nuse super::Mail;\nuse crate::mail::Trust;\n#[cfg(test)] use crate::web::Desk;";
    assert_eq!(breaches(&[Source::new("src/mail/text.rs", fine)]), []);
    assert_eq!(breaches(&[Source::new("src/worker/run.rs", "use crate::web::Desk;")]), []);
}

#[test]
fn only_the_open_names_of_a_module_are_open() {
    let source = Source::new("src/web/page.rs", "use crate::password::{PasswordReset, TemporaryPassword};");
    let found = breaches(&[source]);
    assert_eq!(found.len(), 1);
    assert!(found[0].what.contains("password::PasswordReset"), "{}", found[0]);
    assert_eq!(breaches(&[Source::new("src/novelty.rs", "")]).len(), 1);
}
