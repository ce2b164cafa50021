//! Where a signature, a disclaimer or a gateway's banner starts.

use super::folded;

/// Phrases with which people sign, in folded form.
const SIGN_OFFS: [&str; 18] = [
    "mvh",
    "m.v.h",
    "vh",
    "vanlig halsning",
    "vanliga halsningar",
    "vanligen halsar",
    "basta halsningar",
    "varma halsningar",
    "soliga halsningar",
    "halsning",
    "halsningar",
    "best regards",
    "kind regards",
    "warm regards",
    "regards",
    "best wishes",
    "sincerely",
    "yours sincerely",
];

/// What phones and programs put below a mail.
const DEVICES: [&str; 9] = [
    "skickat fran ",
    "skickades fran ",
    "skickat via ",
    "skickat med ",
    "sent from ",
    "sent via ",
    "hamta outlook for ",
    "get outlook for ",
    "sent using ",
];

/// A device's line is short; a sentence about something that was sent is not.
const MAX_DEVICE_WORDS: usize = 9;

/// Beginnings of a disclaimer, with a word that must follow.
const DISCLAIMERS: [(&str, &str); 20] = [
    ("sa har behandlar ", "personuppgifter"),
    ("sa behandlar ", "personuppgifter"),
    ("nar du ", "personuppgifter"),
    ("information om ", "personuppgifter"),
    ("vi behandlar ", "personuppgifter"),
    ("detta meddelande ", "avse"),
    ("detta e-postmeddelande ", "avse"),
    ("detta e-postmeddelande ", "konfident"),
    ("detta mejl ", "avse"),
    ("denna e-post ", "avse"),
    ("om du har fatt ", "misstag"),
    ("om du inte ar ", "mottagare"),
    ("tank pa miljon", ""),
    ("this email ", "intended"),
    ("this e-mail ", "intended"),
    ("this message ", "intended"),
    ("the information contained in this ", ""),
    ("if you are not the intended recipient", ""),
    ("confidentiality notice", ""),
    ("please consider the environment", ""),
];

/// Beginnings of the banner that a gateway puts on top of mails from outside; it speaks of outside, too.
const BANNERS: [&str; 22] = [
    "caution",
    "warning",
    "varning",
    "obs",
    "external email",
    "external mail",
    "external sender",
    "external message",
    "externt mejl",
    "externt mail",
    "externt meddelande",
    "extern avsandare",
    "extern e-post",
    "this email",
    "this e-mail",
    "this message",
    "detta mejl",
    "detta mail",
    "detta e-post",
    "detta meddelande",
    "you don't often",
    "du far inte ofta",
];

/// Does a signature start with this line? `first` says that nothing was written above it.
pub(super) fn starts(line: &str, first: bool) -> bool {
    let text = folded(line);
    is_separator(line, first) || is_sign_off(&text, first) || is_device(&text) || is_slash_name(line)
}

/// `-- ` (RFC 3676 4.3; the blank is often lost), or a rule below the text.
fn is_separator(line: &str, first: bool) -> bool {
    let rule = line.len() >= 5 && line.chars().all(|c| c == '_');
    matches!(line, "--" | "—") || (rule && !first)
}

fn is_sign_off(text: &str, first: bool) -> bool {
    let text = text.trim_start_matches(|c: char| !c.is_alphanumeric());
    let text = text.strip_prefix("med ").unwrap_or(text);
    let text = text.strip_prefix("de ").unwrap_or(text);
    // "Hälsningar från köket!" may open a mail.
    if first && text.starts_with("halsningar fran ") {
        return false;
    }
    if let Some(name) = text.strip_prefix("vanligen") {
        let name = name.trim_matches([',', ' ']);
        return name.is_empty();
    }
    SIGN_OFFS.iter().any(|phrase| {
        text.strip_prefix(phrase).is_some_and(|rest| !rest.starts_with(|c: char| c.is_alphanumeric()))
    })
}

fn is_device(text: &str) -> bool {
    let short = text.split(' ').count() <= MAX_DEVICE_WORDS;
    short && DEVICES.iter().any(|start| text.starts_with(start))
}

/// "/Anna", "// Anna Andersson".
fn is_slash_name(line: &str) -> bool {
    let Some(name) = line.strip_prefix('/') else { return false };
    let words: Vec<&str> = name.trim_start_matches('/').split_whitespace().collect();
    let is_name = |word: &&str| {
        word.starts_with(char::is_uppercase) && word.chars().all(|c| c.is_alphabetic() || "-.".contains(c))
    };
    (1..=3).contains(&words.len()) && words.iter().all(is_name)
}

/// Is this the first line of a disclaimer?
pub(super) fn is_disclaimer(line: &str) -> bool {
    let text = folded(line);
    let text = text.trim_start_matches(|c: char| !c.is_alphanumeric());
    DISCLAIMERS.iter().any(|(start, word)| text.starts_with(start) && text.contains(word))
}

/// Is this a line of such a banner? `goes_on` says that the line above is one.
pub(super) fn is_banner(line: &str, goes_on: bool) -> bool {
    let text = folded(line);
    let has = |words: &[&str]| words.iter().any(|word| text.contains(word));
    let bare = matches!(text.trim_matches(['[', ']', '*', '!', ' ', ':']), "extern" | "externt" | "external");
    let outside = has(&[
        "extern",
        "outside",
        "utanfor",
        "utifran",
        "far inte ofta e-post fran",
        "don't often get email from",
    ]);
    let advises = has(&[
        "klicka inte",
        "oppna inte",
        "do not click",
        "don't click",
        "unless you recogni",
        "content is safe",
        "innehallet ar sakert",
        "kanner igen avsandaren",
        "learn why this is important",
        "darfor ar det har viktigt",
    ]);
    let text = text.trim_start_matches(|c: char| !c.is_alphanumeric());
    let warns = BANNERS.iter().any(|start| text.starts_with(start));
    bare || (outside && warns) || (goes_on && advises)
}

/// A first line without the tag that a gateway put before it: `[EXTERNT] Hej`.
pub(super) fn without_tag(line: &str, first: bool) -> &str {
    let tagged = || {
        let (tag, rest) = line.strip_prefix('[')?.split_once(']')?;
        folded(tag).starts_with("extern").then_some(rest.trim_start())
    };
    if first { tagged().unwrap_or(line) } else { line }
}
