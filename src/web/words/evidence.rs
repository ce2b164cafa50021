//! What a line of the trail rests on. It was written in English when the decision fell, and stays as it was; its
//! commonest forms are said in Swedish.

use super::Words;
use crate::types::{Check, Reason, TrailLine};
use crate::web::language::Language;

/// The evidence as the page shows it.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::web) struct Evidence {
    /// The words.
    pub text: String,
    /// They are English on a Swedish page.
    pub foreign: bool,
}

/// What a line rests on; empty where its headline says all.
pub(in crate::web) fn of(line: &TrailLine, language: Language) -> Evidence {
    let text = line.evidence.clone();
    if SAID_ALREADY.contains(&text.as_str()) {
        return Evidence { text: String::new(), foreign: false };
    }
    if let Some(words) = by_code(&text) {
        return Evidence { text: words.of(language).to_owned(), foreign: false };
    }
    match language {
        Language::English => Evidence { text, foreign: false },
        Language::Swedish => match in_swedish(line) {
            Some(text) => Evidence { text, foreign: false },
            None => {
                let foreign = text.contains(char::is_alphabetic);
                Evidence { text, foreign }
            }
        },
    }
}

/// What a headline says already.
const SAID_ALREADY: [&str; 11] = [
    "request",
    "incomplete",
    "ambiguous",
    "general",
    "on",
    "off",
    "answered",
    "switched on",
    "no phone is registered",
    "no least age is set",
    "the writer is asked for what is missing",
];

/// The reason that a decision names by its code: `a technician (limit-account)`.
fn by_code(evidence: &str) -> Option<Words> {
    let (_, code) = evidence.strip_prefix("wait, then ").unwrap_or(evidence).split_once("a technician (")?;
    let reason: Reason = code.strip_suffix(')')?.parse().ok()?;
    Some(super::reason::of(reason))
}

/// Counts and spans, word by word.
const COUNTED: [(&str, &str); 12] = [
    (" old by its Date when it came, at most ", " gammalt enligt sitt datum när det kom, högst "),
    (" old, at most ", " gammalt, högst "),
    ("the last one was ", "det förra var för "),
    (" ago, at least ", " sedan, minst "),
    (" requests with a wrong phone in a day, frozen at ", " försök med fel nummer på ett dygn, spärras vid "),
    ("sender ", "avsändare "),
    ("phone ", "nummer "),
    ("unit ", "enhet "),
    ("desk ", "servicedesk "),
    (" of ", " av "),
    (" in a day", " på ett dygn"),
    (" in an hour", " på en timme"),
];

/// Evidence that many tickets share.
const SAID: &[(&str, &str)] = &[
    ("not in the mail", "står inte i mejlet"),
    (
        "observe: decided and recorded, nothing is changed or sent",
        "observerar: beslutar och antecknar, ändrar och skickar inget",
    ),
    ("neither privileged nor in a protected group", "varken privilegierat eller i en skyddad grupp"),
    ("no other request for the account is under way", "ingen annan begäran pågår"),
    ("a password can be sealed and handed over", "ett lösenord kan förseglas och lämnas över"),
    ("anybody may ask", "vem som helst får begära"),
    ("a vouched-for address of the organisation may ask", "en styrkt adress i organisationen får begära"),
    ("nobody vouches for the sender", "ingen går i god för avsändaren"),
    ("the account's own address", "kontots egen adress"),
    ("the address of a manager above the account", "adressen till en chef över kontot"),
    ("neither the account's address nor a manager's above it", "varken kontots adress eller en chefs"),
    ("the mail is about something else", "mejlet gäller något annat"),
    ("filed, not answered", "arkiverat, besvaras inte"),
    (
        "its owner said that it was not them; frozen until a person lifts it",
        "ägaren säger att det inte var de; spärrat tills en människa häver det",
    ),
];

fn in_swedish(line: &TrailLine) -> Option<String> {
    let evidence = line.evidence.as_str();
    let counts = [Check::Age, Check::Frozen, Check::LimitAccount, Check::LimitSender, Check::LimitDesk];
    if counts.contains(&line.check) && evidence.contains(|c: char| c.is_ascii_digit()) {
        return Some(
            COUNTED
                .iter()
                .fold(evidence.to_owned(), |text, (english, swedish)| text.replace(english, swedish)),
        );
    }
    if line.check == Check::Account
        && let Some((named, account)) = evidence.split_once(" is ")
        && !account.contains(' ')
    {
        return Some(format!("{named} är {account}"));
    }
    if let Some((_, swedish)) = SAID.iter().find(|(english, _)| *english == evidence) {
        return Some((*swedish).to_owned());
    }
    if let Some(rest) = evidence.strip_prefix("line ") {
        let (place, phone) = rest.split_once(", ").map_or((rest, ""), |(place, phone)| (place, phone));
        let (line, mail) = place.split_once(" of mail ").unwrap_or((place, ""));
        if !is_number(line) || !(mail.is_empty() || is_number(mail)) {
            return None;
        }
        let place = if mail.is_empty() {
            format!("rad {line} i mejlet")
        } else {
            format!("rad {line} i mejl {mail}")
        };
        return Some(if phone.is_empty() { place } else { format!("{place}, {phone}") });
    }
    if let Some((mail, listed)) = evidence.split_once(" is none of ") {
        return Some(format!("i mejlet {mail}, i katalogen {listed}"));
    }
    None
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|octet| octet.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::CheckResult;

    fn line(evidence: &str) -> TrailLine {
        TrailLine { check: Check::Phone, result: CheckResult::Pass, evidence: evidence.to_owned() }
    }

    #[test]
    fn counts_are_said_word_by_word() {
        for (check, english, swedish) in [
            (Check::Age, "0m old, at most 24h", "0m gammalt, högst 24h"),
            (
                Check::LimitAccount,
                "the last one was 3m ago, at least 15m",
                "det förra var för 3m sedan, minst 15m",
            ),
            (
                Check::LimitSender,
                "sender 1 of 5, phone 0 of 5 in a day",
                "avsändare 1 av 5, nummer 0 av 5 på ett dygn",
            ),
            (Check::Account, "annand12 is anna@kommun.example", "annand12 är anna@kommun.example"),
        ] {
            let line = TrailLine { check, ..line(english) };
            assert_eq!(of(&line, Language::Swedish), Evidence { text: swedish.to_owned(), foreign: false });
        }
    }

    #[test]
    fn evidence_is_said_in_swedish_or_marked_as_english() {
        for (english, swedish, foreign) in [
            ("line 4, ••• 71", "rad 4 i mejlet, ••• 71", false),
            ("line 3 of mail 2", "rad 3 i mejl 2", false),
            ("••• 71 is none of mobile ••• 24", "i mejlet ••• 71, i katalogen mobile ••• 24", false),
            ("switched on", "", false),
            ("a technician (no-phone)", "Inget nummer är registrerat", false),
            ("line of work", "line of work", true),
            ("••• 24", "••• 24", false),
        ] {
            let told = of(&line(english), Language::Swedish);
            assert_eq!((told.text.as_str(), told.foreign), (swedish, foreign));
            let told = of(&line(english), Language::English);
            assert!(!told.foreign && (told.text == english || swedish != english), "{told:?}");
        }
    }
}
