//! What a person wrote, and what is cut off around it.

use super::*;

fn read(text: &str) -> WrittenText {
    plain(text, Flow::Fixed).unwrap()
}

/// The lines of what was written, in one text.
fn lines(text: &str) -> String {
    read(text).lines.join("\n")
}

const FIELDS: &str = "1. anna.andersson\n2. 070-174 06 05";

#[test]
fn fields_below_a_greeting_survive() {
    for greeting in
        ["Hej!", "Hej,", "Hälsningar från köket!", "Tack på förhand", "Vänligen återställ mitt lösenord:"]
    {
        let text = format!("{greeting}\n\n{FIELDS}\n\nMvh\nAnna");
        assert_eq!(lines(&text), format!("{greeting}\n\n{FIELDS}"), "{greeting}");
    }
}

#[test]
fn every_way_to_sign_starts_the_signature() {
    for sign_off in [
        "Mvh",
        "mvh Anna",
        "MVH/Anna",
        "Med vänlig hälsning",
        "Med vänliga hälsningar,",
        "Vänliga hälsningar Anna Andersson",
        "*Vänlig hälsning*",
        "Hälsningar",
        "Hälsningar Anna 070-174 06 99",
        "Bästa hälsningar / Best regards",
        "Vänligen,",
        "Best regards",
        "Kind regards, Anna",
        "/Anna",
        "// Anna Andersson",
        "-- ",
        "--",
        "_____________",
        "Skickat från min iPhone",
        "Skickat från Outlook för iOS",
        "Hämta Outlook för Android",
        "Sent from my iPhone",
        "Get Outlook for iOS",
        "Så här behandlar vi dina personuppgifter: kommun.example/gdpr",
        "Detta e-postmeddelande och dess bilagor är avsett för mottagaren.",
        "Om du har fått detta mejl av misstag, radera det.",
        "This email and any attachments are intended for the addressee only.",
        "CONFIDENTIALITY NOTICE: secret",
        "Tänk på miljön innan du skriver ut!",
    ] {
        let read = read(&format!("Hej\n{FIELDS}\n\n{sign_off}\n1. erik.ek\nTel: 070-174 06 99"));
        assert_eq!(read.lines.join("\n"), format!("Hej\n{FIELDS}"), "{sign_off}");
        assert_eq!(read.signature.len(), 3, "{sign_off}");
    }
}

#[test]
fn words_of_a_request_do_not_sign_it() {
    for line in [
        "Vänligen återställ lösenordet",
        "Hälsningen på telefonen fungerar inte",
        "Skickat från fel adress förut, så jag skriver igen nu om mitt lösenord",
        "När du har tid",
        "This message is about my password",
        "/etc/passwd",
        "-----",
        "Mvhanna",
    ] {
        assert_eq!(lines(&format!("{line}\n{FIELDS}")), format!("{line}\n{FIELDS}"), "{line}");
    }
}

#[test]
fn a_mail_of_a_signature_alone_holds_no_text() {
    let read = read("Med vänliga hälsningar\nAnna Andersson\nTel: 070-174 06 05");
    assert!(read.lines.is_empty());
    assert_eq!(read.signature.len(), 3);
}

#[test]
fn banners_on_top_are_cut_and_the_request_is_not() {
    for banner in [
        "[EXTERNT]",
        "EXTERNAL",
        "CAUTION: This email originated from outside of the organization. Do not click links.",
        "CAUTION: This email originated from outside.\nDo not click links unless you recognize the sender.",
        "VARNING: Detta mejl kommer från en extern avsändare.\nKlicka inte på länkar.",
        "Du får inte ofta e-post från anna@privat.example. Läs om varför det här är viktigt",
        "Detta e-postmeddelande är avsett för mottagaren.",
    ] {
        let read = read(&format!("{banner}\n\nHej\n{FIELDS}"));
        assert_eq!(read.lines.join("\n"), format!("Hej\n{FIELDS}"), "{banner}");
        assert_eq!(read.signature.join("\n"), banner);
    }
    assert_eq!(lines(&format!("[EXTERNT] Hej\n{FIELDS}")), format!("Hej\n{FIELDS}"));
    for line in ["Jag är extern konsult och kommer från Bolaget", "Externa konton fungerar inte"] {
        assert_eq!(lines(&format!("{line}\n{FIELDS}")), format!("{line}\n{FIELDS}"), "{line}");
    }
}

#[test]
fn what_stands_under_a_quoted_mails_header_is_quoted_to_the_end() {
    for start in [
        "-----Ursprungligt meddelande-----",
        "-----Original Message-----",
        "---------- Forwarded message ---------",
        "Begin forwarded message:",
        "Från: Erik <erik.ek@kommun.example>\nSkickat: den 24 november 2026 10:12\nTill: Anna\nÄmne: Lösenord",
        "From: Erik\nSent: Tuesday\nTo: Anna\nSubject: Password",
        "*Från:* Erik\n*Datum:* 24 nov\n*Till:* Anna",
        "Från: Erik\nÄmne: Lösenord\nDatum: 24 november 2026 10:12:00 CET\nTill: Anna",
        "________________________________\nFrån: Erik\nSkickat: tisdag\nTill: Anna",
        "Den 24 nov. 2026 kl. 10:12 skrev Erik <erik.ek@kommun.example>:",
        "Den tis 24 nov. 2026 kl 10:12 skrev Erik Ek <\nerik.ek@kommun.example>:",
        "tis 24 nov. 2026 kl. 10.12 skrev Erik:",
        "Erik Ek <erik.ek@kommun.example> skrev den 24 november 2026 10:12:",
        "Den tisdag 24 november 2026 10:12:11 CET, Erik Ek <erik.ek@kommun.example> skrev:",
        "24 nov. 2026 kl. 10:12 skrev Erik Ek <erik.ek@kommun.example>:",
        "On Tue, Nov 24, 2026 at 10:12 AM Erik <erik.ek@kommun.example> wrote:",
    ] {
        let quoted = format!("{start}\n1. erik.ek\n2. 070-174 06 99");
        let read = read(&format!("Hej\n{FIELDS}\n\n{quoted}"));
        assert_eq!(read.lines.join("\n"), format!("Hej\n{FIELDS}"), "{start}");
        assert_eq!(read.quoted.join("\n"), quoted);
    }
}

#[test]
fn an_answer_below_or_between_quoted_lines_is_the_writers() {
    let read = read(
        "Den 24 nov. 2026 kl. 10:12 skrev Servicedesk:\n\n> 1. Användarnamn:\nanna\n> 2. Telefon:\n070\n",
    );
    assert_eq!(read.lines, ["anna", "070"]);
    assert_eq!(read.quoted.len(), 3);
    assert_eq!(lines("Erik skrev:\n> fråga\n\nsvar"), "svar");
}

#[test]
fn nothing_is_taken_below_a_signature_not_even_behind_a_quote() {
    let read = read("Hej\nMvh\nAnna\n> fråga\nTel: 070-174 06 99");
    assert_eq!(read.lines, ["Hej"]);
    assert_eq!(read.quoted, ["> fråga"]);
    assert_eq!(read.signature, ["Mvh", "Anna", "Tel: 070-174 06 99"]);
}

#[test]
fn a_request_that_only_looks_like_a_quote_is_kept() {
    for text in [
        "Från: Anna\nAnvändarnamn: anna\nTelefon: 070",
        "Jag skrev fel:\n1. anna",
        "2. 070-174 06 05\nChefen skrev till mig:\nring",
        "Ämne: lösenord\nTill: servicedesk",
        "Original message",
    ] {
        assert_eq!(lines(text), text);
    }
}

#[test]
fn only_what_leaves_no_doubt_is_made_visible() {
    assert_eq!(lines("\u{feff}1.\u{a0}an\u{200b}na\u{2011}lena \u{202f} x"), "1. anna-lena   x");
    assert_eq!(lines("\u{202a}+46 70 174 06 05\u{202c}"), "+46 70 174 06 05");
    for kept in ["０70-1740605", "anna\u{ad}lena", "\u{202e}50 60\u{202c}", "070–174 06 05", "аnna"] {
        assert_eq!(lines(kept), kept);
    }
    assert_eq!(lines("a\u{0}b\u{7}"), "a\u{fffd}b\u{fffd}");
}

#[test]
fn more_lines_than_any_person_writes_are_refused() {
    assert!(plain(&"a\n".repeat(MAX_LINES - 1), Flow::Fixed).is_ok());
    assert_eq!(plain(&"a\n".repeat(MAX_LINES), Flow::Fixed), Err(Unreadable::Limit("lines of text")));
}

#[test]
fn lines_that_look_like_a_header_are_looked_at_once_each() {
    let line = format!("Från: {}\n", "å ".repeat(40));
    let began = std::time::Instant::now();
    assert!(plain(&line.repeat(MAX_LINES - 1), Flow::Fixed).is_ok());
    assert!(began.elapsed() < std::time::Duration::from_secs(60), "{:?}", began.elapsed());
}

#[test]
fn blank_lines_at_the_ends_go_and_inner_ones_stay() {
    assert_eq!(read("\n\n a \n\n\n b \n\n").lines, ["a", "", "", "b"]);
    assert_eq!(read("\n \n"), WrittenText::default());
}
