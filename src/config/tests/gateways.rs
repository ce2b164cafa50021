//! `[[sms.gateway]]`: each kind with its own keys, and every mistake with its line.

use super::*;

/// A gateway of each kind as it should be, with its name in front.
const GOOD: [(&str, &str); 7] = [
    (
        "46elks",
        "username = \"u\"\npassword = \"p\"\ncallback = \"c\"\ncallback_auth = \"a:b\"\nbalance_low = 50",
    ),
    (
        "twilio",
        "account = \"AC1\"\npassword = \"p\"\ncallback = \"c\"\nvalidity = \"5m\"\ndiscard_content = true",
    ),
    ("sinch", "account = \"plan\"\npassword = \"p\"\ncallback = \"c\"\nsignature = \"s\""),
    (
        "gatewayapi",
        "password = \"p\"\ncallback = \"c\"\nsignature = \"s\"\nbase_url = \"https://gatewayapi.eu\"",
    ),
    ("kannel", "base_url = \"http://127.0.0.1:13013/cgi-bin/sendsms\"\nusername = \"u\"\npassword = \"p\""),
    (
        "http",
        "url = \"https://sms.kommun.example/?to={{ to | url }}&text={{ text | url }}\"\nmethod = \"GET\"\nsuccess = \"OK\"",
    ),
    (
        "smpp",
        "host = \"smsc.kommun.example\"\nport = 3550\nusername = \"u\"\npassword = \"p\"\nca_file = \"/etc/ca.pem\"\n\
         system_type = \"desk\"\nwindow = 1\nalphabet = \"latin1\"\nreceipt_ids = \"decimal\"",
    ),
];

fn with(kind: &str, keys: &str) -> String {
    small(&format!("[[sms.gateway]]\nname = \"b\"\nkind = \"{kind}\"\n{keys}"))
}

fn keys_of(kind: &str) -> &'static str {
    GOOD.iter().find(|(name, _)| *name == kind).expect("a kind").1
}

/// Stands for the header of the last gateway.
const LAST: &str = "[[sms.gateway]]";

/// The one mistake of `text`, which stands in the line that holds `line`.
#[track_caller]
fn only(text: &str, line: &str, says: &str) {
    let found = mistakes(text, &[]);
    assert_eq!(found.len(), 1, "{found:#?}");
    let last = || text.lines().collect::<Vec<_>>().iter().rposition(|held| *held == LAST).unwrap() + 1;
    let number = if line == LAST { last() } else { line_of(text, line) };
    let at = format!("nyckelbud.toml:{number}:");
    assert!(found[0].starts_with(&at) && found[0].contains(says), "{at} {says}: {found:#?}");
}

#[test]
fn every_kind_is_taken_with_its_own_keys() {
    for (kind, keys) in GOOD {
        assert_eq!(mistakes(&with(kind, keys), &[]), Vec::<String>::new(), "{kind}");
    }
}

#[test]
fn a_key_that_a_kind_needs_is_missed_by_name() {
    for (kind, keys) in GOOD {
        for key in ["username", "password", "account", "base_url", "url", "success", "host", "port"] {
            let without: Vec<&str> =
                keys.lines().filter(|line| !line.starts_with(&format!("{key} ="))).collect();
            let found = mistakes(&with(kind, &without.join("\n")), &[]);
            let needed = match kind {
                "46elks" => ["username", "password"].contains(&key),
                "twilio" | "sinch" => ["account", "password"].contains(&key),
                "gatewayapi" => key == "password",
                "kannel" => ["base_url", "username", "password"].contains(&key),
                "smpp" => ["host", "username", "password"].contains(&key),
                _ => ["url", "success"].contains(&key),
            };
            let says = format!("sms.gateway[1].{key}: is missing");
            assert_eq!(found.iter().any(|line| line.contains(&says)), needed, "{kind} {key}: {found:#?}");
        }
    }
}

#[test]
fn a_key_of_another_kind_is_named_with_its_line() {
    for (kind, key) in [
        ("46elks", "account = \"AC1\""),
        ("46elks", "path = \"sms\""),
        ("twilio", "body = \"x\""),
        ("sinch", "discard_content = true"),
        ("gatewayapi", "username = \"u\""),
        ("kannel", "signature = \"s\""),
        ("http", "callback = \"c\""),
        ("smpp", "callback = \"c\""),
        ("kannel", "window = 3"),
    ] {
        let text = with(kind, &format!("{key}\n{}", keys_of(kind)));
        let found = mistakes(&text, &[]);
        let at = format!("nyckelbud.toml:{}:", line_of(&text, key));
        let named = found
            .iter()
            .any(|line| line.starts_with(&at) && line.contains("is no key of this kind of gateway"));
        assert!(named, "{kind} {key}: {found:#?}");
    }
}

#[test]
fn a_message_centre_is_reached_under_tls_or_on_this_machine() {
    let smpp = |from: &str, to: &str| with("smpp", &keys_of("smpp").replace(from, to));
    let host = "host = \"smsc.kommun.example\"";
    for there in ["127.0.0.1", "::1"] {
        let plain = smpp(host, &format!("host = \"{there}\"\ntls = \"none\""));
        assert_eq!(mistakes(&plain, &[]), Vec::<String>::new(), "{there}");
    }
    for there in ["smsc.kommun.example", "localhost", "10.0.0.1"] {
        let plain = smpp(host, &format!("host = \"{there}\"\ntls = \"none\""));
        only(&plain, "tls = \"none\"", "without TLS only a loopback address may be used");
    }
    only(&smpp(host, &format!("{host}\ntls = \"starttls\"")), "tls = \"starttls\"", "SMPP has no STARTTLS");
    only(&smpp("smsc.kommun", "a b"), "host = \"a b", "a host name or an address");
    only(&smpp("3550", "0"), "port = 0", "a port from 1 to 65535");
    only(&smpp("window = 1", "window = 0"), "window = 0", "a number from 1 to 100");
    only(&smpp("\"desk\"", "\"å\""), "system_type = \"å\"", "of ASCII");
    only(&smpp("password = \"p\"", "password = \"ö\""), "password = \"ö\"", "SMPP takes only letters");
    for key in ["username", "password", "system_type"] {
        let there =
            smpp("", "").lines().find(|line| line.starts_with(&format!("{key} ="))).unwrap().to_owned();
        let of = |length: usize| format!("{key} = \"{}\"", "x".repeat(length));
        assert_eq!(mistakes(&smpp(&there, &of(64)), &[]), Vec::<String>::new(), "{key}");
        only(&smpp(&there, &of(65)), key, "at most 64");
    }
    only(&smpp("latin1", "utf8"), "alphabet = \"utf8\"", "expected \"gsm\" or \"latin1\"");
}

#[test]
fn what_receipts_need_is_asked_for() {
    let twilio = "account = \"AC1\"\nusername = \"SK1\"\npassword = \"p\"\ncallback = \"c\"";
    only(&with("twilio", twilio), LAST, "sms.gateway[1].signature: is missing");
    let unheard = "account = \"plan\"\npassword = \"p\"\nsignature = \"s\"";
    only(&with("sinch", unheard), LAST, "sms.gateway[1].callback: is missing");
}

#[test]
fn values_that_cannot_work_are_named_with_their_line() {
    let twilio = |more: &str| with("twilio", &format!("account = \"AC1\"\npassword = \"p\"\n{more}"));
    only(&twilio("validity = \"10s\""), "validity", "a duration from 1m to 10h");
    only(&twilio("validity = \"11h\""), "validity", "a duration from 1m to 10h");
    only(&twilio("base_url = \"http://api.kommun.example\""), "base_url", "only https may be used");
    let http = |change: fn(&str) -> String| with("http", &change(keys_of("http")));
    only(&http(|keys| keys.replace("text | url", "text")), "https://sms.kommun", "write {{ text | url }}");
    only(
        &http(|keys| keys.replace("\"OK\"", "\"(\"")),
        "success = ",
        "is no regular expression: unclosed group",
    );
    only(&http(|keys| keys.replace("text | url", "text | url }}{{ too")), "https://sms.kommun", "undefined");
    only(
        &http(|keys| keys.replace("\"GET\"", "\"DELETE\"")),
        "method = ",
        "expected \"GET\", \"POST\" or \"PUT\"",
    );
}

/// What would only come to light at the start, and without a line.
#[test]
fn what_cannot_stand_in_an_address_is_named_with_its_own_key_and_line() {
    let twilio = |account: &str| with("twilio", &format!("account = \"{account}\"\npassword = \"p\""));
    only(&twilio("AC1/x"), "account = ", "sms.gateway[1].account: expected letters");
    only(&with("sinch", "account = \"å\"\npassword = \"p\""), "account = ", "expected letters");
    for auth in ["nobody", ":p", "u:"] {
        let keys =
            format!("username = \"u\"\npassword = \"p\"\ncallback = \"c\"\ncallback_auth = \"{auth}\"");
        only(&with("46elks", &keys), "callback_auth = ", "expected username:password");
    }
    let kannel = |more: &str| with("kannel", &format!("{}\n{more}", keys_of("kannel")));
    let plain = "Kannel takes only letters, digits and - . _ ~";
    only(&kannel("callback = \"a/b\""), "callback = ", plain);
    only(&kannel("callback = \"c\"\ncallback_auth = \"u:p%d\""), "callback_auth = ", plain);
    // Kannel breaks the base64 of a longer one into lines (RFC 2045 6.8).
    let auth = |length: usize| format!("callback = \"c\"\ncallback_auth = \"u:{}\"", "p".repeat(length - 2));
    assert_eq!(mistakes(&kannel(&auth(57)), &[]), Vec::<String>::new());
    only(&kannel(&auth(58)), "callback_auth = ", "at most 57");
    let public = kannel("callback = \"c\"");
    let public = public.replace("servicedesk.kommun.example/\"", "servicedesk.kommun.example/a%20b\"");
    only(&public, "public_url = ", plain);
}

#[test]
fn a_sign_in_of_templates_is_whole_and_used() {
    let http = |more: &str| with("http", &format!("{}\n{more}", keys_of("http")));
    only(&http("username = \"u\""), LAST, "sms.gateway[1].password: is missing");
    only(&http("password = \"p\""), "password = ", "nothing uses it");
    let twice = "username = \"u\"\npassword = \"p\"\nheaders = { Authorization = \"Bearer x\" }";
    only(&http(twice), "headers = ", "Authorization");
    assert_eq!(mistakes(&http("username = \"u\"\npassword = \"p\""), &[]), Vec::<String>::new());
    let used = "password = \"p\"\nheaders = { Authorization = \"Bearer {{ password }}\" }";
    assert_eq!(mistakes(&http(used), &[]), Vec::<String>::new());
}

#[test]
fn no_secret_of_a_gateway_is_shown() {
    let text = with(
        "twilio",
        "account = \"AC1\"\npassword = \"hemligt1\"\ncallback = \"hemligt2\"\nsignature = \"hemligt3\"",
    );
    let loaded = load_text(&text, &[]).unwrap();
    let shown = format!("{:?} {}", loaded.settings, serde_json::to_string(&loaded.settings).unwrap());
    assert!(!shown.contains("hemligt"), "{shown}");
    assert_eq!(loaded.settings.sms.gateways[1].signature.as_ref().unwrap().secret().expose(), "hemligt3");
    assert_eq!(loaded.warnings.len(), 3, "{:?}", loaded.warnings);
}
