//! Configurations with mistakes: each is named, with its place, in one run.

use super::*;

/// Exactly this mistake: its line (found by a part of the line), and what is said of it.
#[track_caller]
fn only(text: &str, line_part: &str, says: &str) {
    let found = mistakes(text, &[]);
    let at = format!("nyckelbud.toml:{}:", line_of(text, line_part));
    assert_eq!(found.len(), 1, "{found:#?}");
    assert!(found[0].starts_with(&at), "{found:?} is not at {at}");
    assert!(found[0].contains(says), "{found:?} does not say {says:?}");
}

#[test]
fn an_unknown_key_is_named_with_its_line_and_the_nearest_known_key() {
    only(
        &small("[retention]\nraw_mial = \"30d\""),
        "raw_mial",
        "retention.raw_mial: there is no such key; the nearest known key is \"raw_mail\"",
    );
    only(&small("[telemtry]\nlog = \"info\""), "[telemtry]", "the nearest known key is \"telemetry\"");
    only(&small("hots = \"x\""), "hots", "sms.gateway[0].hots: there is no such key");
    only(&small("[store]\nzzzzzzzzzz = 1"), "zzzz", "store.zzzzzzzzzz: there is no such key");
}

/// A file with a mistake on most of its lines.
const MANY: &str = r#"
[desk]
adress = "servicedesk@kommun.example"
language = "fi"
time_zone = "Europe/Atlantis"

[[mailbox]]
kind = "imap"
port = "many"
tls = "none"
host = "mail.kommun.example"
poll = 30

[[mailbox]]
name = "drop"
kind = "maildri"

[policy]
domains = ["kommun"]
senders = "everybody"
per_hour = -1

[password]
length = 8

[sms]
sender = "Servicedesken"
[[sms.gateway]]
name = "a"
kind = "smpp"
[[sms.gateway]]
name = "A"
kind = "spool"
"#;

/// A size that IMAP would cut, or that no row of the database holds, is not promised.
#[test]
fn the_largest_mail_is_one_that_every_part_takes() {
    let with = |size: &str| {
        let text = MANY.replace("port = \"many\"", &format!("max_mail_size = \"{size}\""));
        mistakes(&text, &[]).into_iter().find(|line| line.contains("max_mail_size"))
    };
    assert_eq!(with("256MiB"), None);
    assert!(with("257MiB").is_some_and(|line| line.contains("64KiB to 256MiB")));
}

#[test]
fn every_mistake_is_named_in_one_run() {
    let found = mistakes(MANY, &[]);
    let expected = [
        ("2", "desk.address: is missing"),
        ("2", "desk.public_url: is missing"),
        ("3", "desk.adress: there is no such key; the nearest known key is \"address\""),
        ("4", "desk.language: found \"fi\", expected \"sv\" or \"en\""),
        ("5", "desk.time_zone: found \"Europe/Atlantis\""),
        ("7", "mailbox[0].authentication: is missing"),
        ("7", "mailbox[0].name: is missing"),
        ("7", "mailbox[0].password: is missing"),
        ("7", "mailbox[0].username: is missing"),
        ("9", "mailbox[0].port: found \"many\", expected a whole number from 0 to 65535"),
        ("10", "mailbox[0].tls: found \"none\""),
        ("12", "mailbox[0].poll: found 30, expected a duration"),
        ("16", "mailbox[1].kind: found \"maildri\", expected \"imap\" or \"maildir\""),
        ("19", "policy.domains[0]: found \"kommun\", expected a domain"),
        ("20", "policy.senders: found \"everybody\""),
        ("21", "policy.per_hour: found -1, expected a whole number, 0 or more"),
        ("24", "password.length: found 8 (46 bits), expected 12 to"),
        ("27", "sms.sender: found \"Servicedesken\""),
        ("28", "sms.gateway[0].host: is missing"),
        ("28", "sms.gateway[0].password: is missing"),
        ("28", "sms.gateway[0].username: is missing"),
        ("32", "sms.gateway[1].name: \"A\" is the name of sms.gateway[0] too"),
        ("31", "sms.gateway[1].path: is missing"),
        (
            "",
            "directory.graph: is missing; expected the tenant, the application and its proof, because kind is \"hybrid\"",
        ),
        ("", "directory.ldap: is missing; expected the section with the servers of Active Directory"),
        ("", "smtp.host: is missing"),
    ];
    for (line, says) in expected {
        let at =
            if line.is_empty() { "nyckelbud.toml: ".to_owned() } else { format!("nyckelbud.toml:{line}:") };
        assert!(
            found.iter().any(|error| error.starts_with(&at) && error.contains(says)),
            "{says:?} in line {line} is missing in {found:#?}"
        );
    }
    assert_eq!(found.len(), expected.len(), "{found:#?}");
}

#[test]
fn a_file_that_is_no_toml_is_told_by_line_without_repeating_it() {
    let text = small("[store]\nurl = \"postgres://desk:hemligt@db");
    let found = mistakes(&text, &[]);
    assert!(found[0].starts_with(&format!("nyckelbud.toml:{}:", line_of(&text, "hemligt"))), "{found:?}");
    assert!(found[0].contains("this is no TOML") && !found[0].contains("hemligt"), "{found:?}");
}

#[test]
fn a_mistake_in_the_environment_names_the_variable() {
    let found = mistakes(
        &small(""),
        &[
            ("NYCKELBUD__SMS__PER_DAY", "many"),
            ("NYCKELBUD__SMS__SENDRE", "Desk"),
            ("NYCKELBUD__WEB__LISTEN", "here"),
        ],
    );
    assert_eq!(
        found,
        [
            "environment variable NYCKELBUD__SMS__PER_DAY: sms.per_day: found \"many\", expected a whole number, 0 or more",
            "environment variable NYCKELBUD__SMS__SENDRE: sms.sendre: there is no such key; the nearest known key is \"sender\"",
            "environment variable NYCKELBUD__WEB__LISTEN: web.listen: found \"here\", expected an IP address and a port, such as \"127.0.0.1:8025\"",
        ]
    );
}

#[test]
fn a_variable_adds_nothing_to_a_list() {
    let found = mistakes(&small(""), &[("NYCKELBUD__MAILBOX__1__HOST", "x"), ("NYCKELBUD__MAIL-BOX", "x")]);
    assert_eq!(found.len(), 2, "{found:?}");
    assert!(found.iter().any(|error| error.contains("the file has 1 of mailbox")), "{found:?}");
    assert!(found.iter().any(|error| error.contains("its name is no key")), "{found:?}");
}

#[test]
#[cfg(unix)]
fn a_variable_that_is_no_unicode_is_named_and_its_value_is_not() {
    use std::os::unix::ffi::OsStringExt;
    let value = || OsString::from_vec(b"hemligt\xff".to_vec());
    let ours = vec![(OsString::from("NYCKELBUD__SMTP__PASSWORD"), value())];
    let error = unicode_only(ours.into_iter()).unwrap_err().to_string();
    assert!(error.contains("NYCKELBUD__SMTP__PASSWORD") && !error.contains("hemligt"), "{error}");
    let other = vec![(OsString::from("LS_COLORS"), value())];
    assert_eq!(unicode_only(other.into_iter()), Ok(Vec::new()));
}

#[test]
fn what_comes_with_a_later_version_is_refused_by_name() {
    let later = "is not part of this version";
    let written = "otlp = \"http://127.0.0.1:4317\"";
    only(&small(&format!("[telemetry]\n{written}")), written, later);
}

#[test]
fn a_sign_in_needs_the_provider_of_one_organisation() {
    let asked = "[delivery]\npickup = \"sign-in\"\n";
    let missing = load_text(&small(asked), &[]).unwrap_err().to_string();
    assert!(missing.contains("web.oidc: is missing"), "{missing}");
    let with = |issuer: &str| {
        let keys = "client_id = \"x\"\nclient_secret = { env = \"OIDC\" }";
        small(&format!("{asked}[web.oidc]\nissuer = \"{issuer}\"\n{keys}"))
    };
    let env = [("OIDC", "s")];
    assert!(load_text(&with("https://login.microsoftonline.com/0000/v2.0"), &env).is_ok());
    for issuer in ["http://id.kommun.example", "https://login.microsoftonline.com/organizations/v2.0"] {
        let errors = load_text(&with(issuer), &env).unwrap_err().to_string();
        assert!(errors.contains("web.oidc.issuer"), "{errors}");
    }
}

#[test]
fn a_mail_may_be_the_only_way_where_the_link_in_it_opens_nothing_by_itself() {
    let mail = "manager_notice = [\"mail\"]\n";
    assert!(load_text(&small(&format!("[delivery]\npickup = \"link-and-code\"\n{mail}")), &[]).is_ok());
    for pickup in ["link", "code"] {
        let said = load_text(&small(&format!("[delivery]\npickup = \"{pickup}\"\n{mail}")), &[]).unwrap_err();
        assert!(said.to_string().contains("delivery.manager_notice"), "{said}");
    }
}

#[test]
fn without_tls_only_this_machine_is_reached() {
    let imap = |host: &str| {
        small("").replace(
            "kind = \"maildir\"\npath = \"var/mailbox\"",
            &format!("host = \"{host}\"\ntls = \"none\"\nusername = \"desk\"\npassword = \"x\""),
        )
    };
    for host in ["127.0.0.1", "::1", "127.8.0.1"] {
        assert!(load_text(&imap(host), &[]).is_ok(), "{host}");
    }
    for host in ["mail.kommun.example", "10.0.0.1", "localhost", "0.0.0.0"] {
        only(&imap(host), "tls = \"none\"", "without TLS only a loopback address may be used");
    }
}

#[test]
fn nobody_gets_exchanges_trust_outside_exchange_without_choosing_it() {
    let imap = |host: &str, authentication: &str| {
        small("")
            .replace(
                "kind = \"maildir\"\npath = \"var/mailbox\"",
                &format!("host = \"{host}\"\nusername = \"desk\"\npassword = \"x\""),
            )
            .replace("authentication = \"trusted\"", authentication)
    };
    assert!(load_text(&imap("outlook.office365.com", ""), &[]).is_ok());
    for host in ["mail.kommun.example", "127.0.0.1", "office365.com.evil.example"] {
        only(&imap(host, ""), "[[mailbox]]", "mailbox[0].authentication: is missing");
        let chosen = load_text(&imap(host, "authentication = \"exchange\""), &[]).unwrap();
        assert!(chosen.warnings.iter().any(|w| w.key == "mailbox[0].authentication"), "{host}");
    }
    only(&small("").replace("authentication = \"trusted\"", ""), "[[mailbox]]", "authentication: is missing");
}

#[test]
fn values_out_of_bounds_are_refused() {
    for (section, line) in [
        ("password", "length = 11"),
        ("password", "length = 200"),
        ("password", "words = 3"),
        ("password", "words = 9"),
        ("password", "valid = \"0s\""),
        ("delivery", "deadline = \"10m\""),
        ("delivery", "manager_depth = 0"),
        ("delivery", "manager_notice = []"),
        ("delivery", "manager_notice = [\"mail\"]"),
        ("web", "late = [\"30m\", \"15m\"]"),
        ("web", "late = [\"15m\"]"),
        ("web", "trusted_proxies = [\"proxy\"]"),
        ("telemetry", "log = \"nyckelbud=loud\""),
        ("telemetry", "metrics = \"9025\""),
        ("retention", "raw_mail = \"800d\""),
        ("store", "url = \"mysql://db\""),
        ("store", "url = \"sqlite://\""),
        ("templates", "directory = \"nowhere\""),
        ("notify", "mail = [\"not an address\"]"),
    ] {
        only(&small(&format!("[{section}]\n{line}")), line, &format!("{section}."));
    }
    let words = "password.words: found 3 (36 bits), expected 4 to 8 words (at least 50 bits)";
    only(&small("[password]\nstyle = \"words\"\nwords = 3"), "words = 3", words);
    for timeout in ["0s", "26s"] {
        let line = format!("timeout = \"{timeout}\"");
        let text = small("").replace("[directory]", &format!("[directory]\n{line}"));
        only(&text, &line, "directory.timeout");
    }
    for sender in ["", "Servicedesken", "1desk", "Service desk", "Désk", "+0701740605", "46701740605"] {
        let text = small("").replace("[[sms", &format!("[sms]\nsender = \"{sender}\"\n[[sms"));
        only(&text, "sender = ", "sms.sender");
    }
    for url in [
        "servicedesk.kommun.example",
        "ftp://kommun.example",
        "https://",
        "https://a b",
        "https://u:p@kommun.example",
        "https://kommun.example?x",
    ] {
        let text = small("").replace("https://servicedesk.kommun.example/", url);
        only(&text, "public_url", "desk.public_url");
    }
}

#[test]
fn an_address_that_is_typed_has_no_port_that_only_https_answers() {
    let with = |pickup: &str, url: &str| {
        small(&format!("[delivery]\npickup = \"{pickup}\"\n"))
            .replace("https://servicedesk.kommun.example/", url)
    };
    only(
        &with("code", "https://servicedesk.kommun.example:8443"),
        "public_url",
        "no browser finds port 8443",
    );
    for (pickup, url) in [
        ("link", "https://servicedesk.kommun.example:8443"),
        ("code", "https://servicedesk.kommun.example:443"),
        ("code", "http://127.0.0.1:8025"),
    ] {
        assert_eq!(mistakes(&with(pickup, url), &[]), Vec::<String>::new(), "{pickup} {url}");
    }
}

#[test]
fn a_wrong_value_is_reported_once_and_hides_no_other() {
    let text = small("[delivery]\nmanager_depth = \"three\"\ndeadline = false\n")
        .replace("domains = [\"kommun.example\"]", "domains = \"kommun.example\"");
    let found = mistakes(&text, &[]);
    assert_eq!(found.len(), 3, "{found:#?}");
    assert!(found[0].contains("policy.domains: found \"kommun.example\", expected a list"), "{found:?}");
}

#[test]
fn for_programs_a_mistake_is_an_object() {
    let text = small("[retention]\nraw_mial = \"30d\"");
    let errors = load_text(&text, &[]).unwrap_err();
    let json = serde_json::to_value(&errors.0).unwrap();
    assert_eq!(json[0]["file"], "/etc/nyckelbud/nyckelbud.toml");
    assert_eq!(json[0]["line"], line_of(&text, "raw_mial"));
    assert_eq!(json[0]["key"], "retention.raw_mial");
}

#[test]
fn each_wrong_value_is_told_at_its_own_line() {
    let text = example::uncommented();
    let mut tried = 0;
    for (number, line) in text.lines().enumerate() {
        let Some((key, _)) = line.split_once(" = ").filter(|(key, _)| !key.starts_with(['#', '['])) else {
            continue;
        };
        let wrong = format!("{key} = {{ no = 1 }}");
        let changed: Vec<&str> =
            text.lines().enumerate().map(|(n, line)| if n == number { &wrong } else { line }).collect();
        let at = format!("nyckelbud.toml:{}:", number + 1);
        let found = mistakes(&changed.join("\n"), &[]);
        assert!(found.iter().any(|error| error.starts_with(&at)), "{line}: {found:#?}");
        tried += 1;
    }
    assert!(tried > 100, "only {tried} keys were tried");
}

#[test]
fn a_section_of_the_wrong_kind_hides_no_other_mistake() {
    let found = mistakes("desk = 5\nmailbox = [\"x\"]\nsms = { gateway = { name = \"a\" } }\nwbe = 1\n", &[]);
    for says in [
        "nyckelbud.toml:1:1: desk: found 5, expected a table",
        "nyckelbud.toml:2:12: mailbox[0]: found \"x\", expected a table",
        "nyckelbud.toml:3:9: sms.gateway: found a table, expected a list of tables: its header is written [[…]]",
        "nyckelbud.toml:4:1: wbe: there is no such key; the nearest known key is \"web\"",
        "policy.domains: is missing",
        "smtp.host: is missing",
    ] {
        assert!(found.iter().any(|error| error.contains(says)), "{says} is missing in {found:#?}");
    }
    assert!(!found.iter().any(|error| error.contains("desk.")), "{found:#?}");
}

#[test]
fn a_webhook_has_an_address_a_secret_and_events_that_are_known() {
    let with = |lines: &str| small(&format!("[[notify.webhook]]\n{lines}"));
    let right =
        "url = \"https://hooks.kommun.example/a\"\nsecret = \"whsec_bnlja2VsYnVkLXdlYmhvb2stc2VjcmV0\"\n";
    assert!(load_text(&with(right), &[]).is_ok());
    let teams = "url = \"https://teams.kommun.example/a?sig=b\"\nformat = \"teams\"";
    assert!(load_text(&with(teams), &[]).is_ok(), "Teams checks no signature");
    let said = |lines: &str| load_text(&with(lines), &[]).unwrap_err().to_string();
    assert!(said("url = \"https://hooks.kommun.example\"").contains("notify.webhook[0].secret: is missing"));
    assert!(said("url = \"https://hooks.kommun.example\"\nsecret = \"hemligt\"").contains("whsec_"));
    assert!(!said("url = \"https://hooks.kommun.example\"\nsecret = \"hemligt\"").contains("hemligt"));
    let elsewhere = said("url = \"http://hooks.kommun.example\"\nformat = \"teams\"");
    assert!(elsewhere.contains("only https may be used"), "{elsewhere}");
    for mistyped in ["htps://hooks.kommun.example/a?sig=hemligt", "hooks.kommun.example/hemligt"] {
        let told = said(&format!("url = \"{mistyped}\"\nformat = \"teams\""));
        assert!(told.contains("notify.webhook") && !told.contains("hemligt"), "{told}");
    }
    let events = said(&format!("{right}events = [\"ticket.made\"]"));
    assert!(events.contains("\"ticket.made\"") && events.contains("ticket.created"), "{events}");
    let twice =
        load_text(&with(&format!("{right}[[notify.webhook]]\n{right}")), &[]).unwrap_err().to_string();
    assert!(twice.contains("another webhook is known as this"), "{twice}");
    let alike = "url = \"https://HOOKS.kommun.example:443/b\"\nformat = \"teams\"\n";
    let both = |more: &str| with(&format!("{right}[[notify.webhook]]\n{alike}{more}"));
    let alike = load_text(&both(""), &[]).unwrap_err().to_string();
    assert!(alike.contains("another webhook is known as this"), "one host, two flows: {alike}");
    assert!(load_text(&both("name = \"chat\"\n"), &[]).is_ok());
    assert!(said(&format!("{right}name = \"a b\"")).contains("notify.webhook[0].name"));
}
