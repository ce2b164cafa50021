//! Tests of the mails: their exact words, and that they tell nothing they must not.

use super::*;

const ACKNOWLEDGEMENT_SV: &str = "\
Hej!

Vi fick ditt mejl 2026-11-24 kl. 14.05. Det har nummer 26-1141.

Gäller det ett nytt lösenord? Om dina uppgifter stämmer med våra kommer ett sms till mobilen som är \
registrerad på kontot, oftast inom 15 minuter. Annars går en medarbetare igenom ditt mejl, och du eller din \
chef får besked.

Snabbast går det om du kan byta lösenordet själv: https://aka.ms/sspr

Du behöver inte mejla igen. Vi frågar aldrig efter ditt lösenord.

Du kan också nå oss så här: besök receptionen.

Hälsningar
Servicedesk";

const ACKNOWLEDGEMENT_EN: &str = "\
Hello!

We received your email at 14:05 on 2026-11-24. Its number is 26-1141.

Is it about a new password? If your details match ours, a text message goes to the mobile registered for the \
account, usually within 15 minutes. Otherwise a colleague will read your email, and you or your manager will \
hear from us.

The fastest way, if you can, is to change the password yourself: https://aka.ms/sspr

You do not need to write again. We never ask for your password.

You can also reach us this way: besök receptionen.

Regards
Servicedesk";

#[test]
fn the_acknowledgement_is_these_words_in_both_languages() {
    let mail = texts("sv").acknowledgement(number(), until()).unwrap();
    assert_eq!(mail.subject, "[26-1141] Vi har fått ditt mejl / We have received your email");
    assert_eq!(mail.text, format!("{ACKNOWLEDGEMENT_SV}\n\n* * *\n\n{ACKNOWLEDGEMENT_EN}"));
    let mail = texts("en").acknowledgement(number(), until()).unwrap();
    assert_eq!(mail.subject, "[26-1141] We have received your email / Vi har fått ditt mejl");
    assert_eq!(mail.text, format!("{ACKNOWLEDGEMENT_EN}\n\n* * *\n\n{ACKNOWLEDGEMENT_SV}"));
}

#[test]
fn two_acknowledgements_differ_in_number_and_time_only() {
    let texts = texts("sv");
    let one = texts.acknowledgement(number(), until()).unwrap();
    let later = parse_rfc3339("2027-01-02T05:06:00Z").unwrap();
    let other = texts.acknowledgement(TicketNumber::new(27, 3), later).unwrap();
    let alike = |text: &str| {
        text.replace("27-3", "26-1141")
            .replace("2027-01-02", "2026-11-24")
            .replace("06.06", "14.05")
            .replace("06:06", "14:05")
    };
    assert_eq!(alike(&other.subject), one.subject);
    assert_eq!(alike(&other.text), one.text);
}

#[test]
fn what_the_desk_does_not_have_is_not_named() {
    let mut bare = desk("sv");
    bare.help = String::new();
    bare.self_service = String::new();
    bare.username_hint = String::new();
    let texts = texts_of(bare);
    let mail = texts.acknowledgement(number(), until()).unwrap();
    assert!(mail.text.contains("får besked.\n\nDu behöver inte mejla igen."), "{}", mail.text);
    assert!(mail.text.contains("lösenord.\n\nHälsningar\n"), "{}", mail.text);
    let mail = texts.ask_for_details(number()).unwrap();
    assert!(mail.text.contains("har registrerat:\n\nVet du inte"), "{}", mail.text);
    assert_eq!(texts.check(), Vec::<String>::new());
}

#[test]
fn the_mail_that_asks_for_details_shows_what_a_username_looks_like() {
    let mail = texts("sv").ask_for_details(number()).unwrap();
    assert_eq!(mail.subject, "[26-1141] Vi behöver en uppgift till / We need one more detail");
    assert!(mail.text.contains("\nAnvändarnamn:\nMobilnummer som arbetsgivaren har registrerat:\n"));
    assert!(mail.text.contains("\nSom användarnamn skriver du din e-postadress.\n"));
    assert!(mail.text.contains("\nAs your username, write din e-postadress.\n"));
    assert!(mail.text.contains("\nÄrende 26-1141\n"));
}

#[test]
fn the_mail_to_a_manager_holds_no_link() {
    let texts = texts("sv");
    let mail =
        texts.manager_notice(["Karin Ek", "Anna Andersson", "Hemtjänst"], number(), until(), false).unwrap();
    assert_eq!(
        mail.subject,
        "[26-1141] Anna Andersson behöver din hjälp med ett lösenord / Anna Andersson needs your help with a \
         password"
    );
    assert!(mail.text.starts_with("Hej Karin Ek!\n\nAnna Andersson, Hemtjänst, kommer inte in "));
    assert!(mail.text.contains("Vi har skickat en länk med sms till mobilen"));
    assert!(mail.text.contains("We have sent a link by text message"));
    assert!(mail.text.contains("Den gäller till 2026-11-24 kl. 14.05."));
    assert!(!mail.text.contains("://") && !mail.text.contains("/p/"), "{}", mail.text);
    let mail = texts.manager_notice(["Karin Ek", "Anna Andersson", ""], number(), until(), false).unwrap();
    assert!(mail.text.contains("\nAnna Andersson kommer inte in "));
    let mail = texts.manager_notice(["Karin Ek", "Anna Andersson", ""], number(), until(), true).unwrap();
    assert!(
        mail.text
            .contains("gå till servicedesk.kommun.example och skriv den där. Den gäller till 2026-11-24")
    );
    assert!(mail.text.contains("go to servicedesk.kommun.example and enter it there. It is valid until"));
    let other = ["länk", "link", "://", "/p/"];
    assert!(other.iter().all(|word| !mail.text.contains(word)), "{}", mail.text);
}

#[test]
fn the_owner_of_a_pass_is_told_that_the_password_is_the_same() {
    let credential = Credential::TemporaryAccessPass;
    let how = HandedOver::Phone { tail: "24".to_owned() };
    let mail = texts("sv").owner_notice("Anna Andersson", until(), number(), credential, &how, None).unwrap();
    assert!(mail.subject.starts_with("[26-1141] En tillfällig kod till ditt konto / "), "{}", mail.subject);
    assert!(mail.text.contains("skapades 2026-11-24 kl. 14.05 och lämnades till mobilen som slutar på 24."));
    assert!(mail.text.contains("Ditt lösenord är detsamma som förut."));
    assert!(mail.text.contains("Your password is the same as before."));
}

#[test]
fn the_owner_is_told_when_and_how_the_password_was_handed_over() {
    let credential = Credential::Password;
    let told = |how| {
        texts("sv").owner_notice("Anna Andersson", until(), number(), credential, &how, None).unwrap().text
    };
    let phone = told(HandedOver::Phone { tail: "24".to_owned() });
    assert!(phone.contains("byttes 2026-11-24 kl. 14.05 och lämnades till mobilen som slutar på 24.\n"));
    assert!(phone.contains("changed at 14:05 on 2026-11-24 and was delivered to the mobile ending in 24.\n"));
    let manager = told(HandedOver::Manager { name: "Karin Ek".to_owned() });
    assert!(manager.contains("14.05 och lämnades av din chef Karin Ek.\n"));
    let unknown = told(HandedOver::Phone { tail: String::new() });
    assert!(unknown.contains("byttes 2026-11-24 kl. 14.05.\n"));
    let nobody = told(HandedOver::Nobody);
    assert!(nobody.contains("kl. 14.05, men det kunde inte lämnas över till någon. Servicedesk hjälper"));
    assert!(nobody.contains("on 2026-11-24, but it could not be handed over to anybody."));
    let unused = told(HandedOver::Unused);
    assert!(
        unused.contains("kl. 14.05, eftersom det tillfälliga inte användes i tid. Det gäller inte längre.")
    );
    assert!(unused.contains("because the temporary one was not used in time. It is not valid any more."));
    for text in [phone, manager, unknown, nobody, unused] {
        assert!(text.contains("Mejla servicedesk@kommun.example direkt och skriv 26-1141"));
    }
}

#[test]
fn the_owner_can_say_that_it_was_not_them_by_a_link_of_any_length() {
    let url = format!("https://{}.kommun.example/p/17-aaaqeayeaudaocajbifqydiob4", "w".repeat(60));
    let how = HandedOver::Nobody;
    for credential in [Credential::Password, Credential::TemporaryAccessPass] {
        let mail = texts("sv").owner_notice("Anna", until(), number(), credential, &how, Some(&url)).unwrap();
        let line = format!("\n{url}\n");
        assert_eq!(mail.text.matches(&line).count(), 2, "{}", mail.text);
        assert!(mail.text.contains("mejla servicedesk@kommun.example och skriva 26-1141"));
    }
}

#[test]
fn an_alarm_speaks_the_desks_language_and_keeps_its_lines() {
    let mail = texts("sv").alarm("one\ntwo\u{0}\r\nthree").unwrap();
    assert_eq!(mail.subject, "Nyckelbud behöver tillsyn");
    assert!(mail.text.starts_with("one\ntwo\nthree\n\nGå till https://servicedesk.kommun.example/health"));
    assert_eq!(texts("en").alarm("x").unwrap().subject, "Nyckelbud needs attention");
}

#[test]
fn a_name_cannot_make_a_line_of_its_own_or_a_header() {
    let evil = "Anna\r\nBcc: alla@kommun.example\r\n\r\nSubject: x";
    let mail = texts("sv").manager_notice([evil, evil, evil], number(), until(), false).unwrap();
    assert!(!mail.subject.contains(['\r', '\n']), "{}", mail.subject);
    assert!(!mail.text.contains('\r') && !mail.text.contains("\nBcc:"), "{}", mail.text);
    assert!(mail.subject.starts_with("[26-1141] Anna Bcc: alla@kommun.example Subject: x behöver"));
}

#[test]
fn what_a_person_writes_leaves_as_it_was_written_in_one_language() {
    let text = "Hej Gun!\n\nStarta om skrivaren:\n  1. Tryck länge.";
    let mail = texts("sv").reply("sv", number(), "Skrivaren", text).unwrap();
    assert_eq!(mail.subject, "[26-1141] Sv: Skrivaren");
    assert_eq!(mail.text, format!("{text}\n\nHälsningar\nServicedesk\nÄrende 26-1141"));
    let mail = texts("sv").reply("en", number(), "The printer", text).unwrap();
    assert_eq!(mail.subject, "[26-1141] Re: The printer");
    assert!(mail.text.ends_with("\nRegards\nServicedesk\nCase 26-1141"));
    let unknown = texts("en").reply("fi", number(), "", text).unwrap();
    assert_eq!(unknown.subject, "[26-1141] Re:", "the desk's own language, and no subject is none");
}

#[test]
fn what_lies_ready_tells_a_time_where_there_is_one_and_the_refusal_tells_nothing() {
    let ready = |name, at| texts("sv").ready(name, number(), at).unwrap().text;
    let down = ready("phones-are-down", Some(until()));
    assert!(down.contains("är ur funktion sedan 2026-11-24 kl. 14.05. Mejl fungerar som vanligt."), "{down}");
    assert!(
        down.contains("have been out of order since 14:05 on 2026-11-24. Email works as usual."),
        "{down}"
    );
    assert!(ready("phones-are-down", None).contains("är ur funktion. Mejl"));
    let other = ready("other-matter", Some(until()));
    assert!(other.contains("lösenord först. Vi återkommer senast 2026-11-24.\n\nHälsningar"), "{other}");
    assert!(ready("other-matter", None).contains("först. Vi återkommer.\n\nHälsningar"));
    assert!(ready("through-manager", None).contains("Vi har bett din chef att hjälpa dig."));
    let refusal = ready("refusal", None);
    assert_eq!(refusal, ready("refusal", Some(until())), "the same whatever it is about");
    assert!(refusal.contains("Av säkerhetsskäl säger vi inte varför"), "{refusal}");
    assert!(texts("sv").ready("acknowledgement", number(), None).is_err(), "only what lies ready");
}
