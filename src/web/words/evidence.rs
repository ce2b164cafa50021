//! What a line of the trail rests on. It was written in English when the decision fell, and stays as it was; its
//! commonest forms are said in Swedish.

use crate::types::TrailLine;
use crate::web::language::Language;

/// The evidence as the page shows it.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::web) struct Evidence {
    /// The words.
    pub text: String,
    /// They are English on a Swedish page.
    pub foreign: bool,
}

/// What a line rests on.
pub(in crate::web) fn of(line: &TrailLine, language: Language) -> Evidence {
    let text = line.evidence.clone();
    match language {
        Language::English => Evidence { text, foreign: false },
        Language::Swedish => match in_swedish(&line.evidence) {
            Some(text) => Evidence { text, foreign: false },
            None => {
                let foreign = text.contains(char::is_alphabetic);
                Evidence { text, foreign }
            }
        },
    }
}

/// Evidence that many tickets share.
const SAID: &[(&str, &str)] = &[
    ("not in the mail", "står inte i mejlet"),
    ("answered", "svarade"),
    ("on", "på"),
    ("off", "av"),
    (
        "observe: decided and recorded, nothing is changed or sent",
        "observerar: beslutar och antecknar, ändrar och skickar inget",
    ),
    ("switched on", "påslaget"),
    ("neither privileged nor in a protected group", "varken privilegierat eller i en skyddad grupp"),
    ("no other request for the account is under way", "ingen annan begäran pågår"),
    ("no phone is registered", "inget nummer är registrerat"),
    ("no least age is set", "ingen kortaste tid är satt"),
    ("a password can be sealed and handed over", "ett lösenord kan förseglas och lämnas över"),
    ("anybody may ask", "vem som helst får begära"),
    ("a vouched-for address of the organisation may ask", "en styrkt adress i organisationen får begära"),
    ("nobody vouches for the sender", "ingen går i god för avsändaren"),
    ("the account's own address", "kontots egen adress"),
    ("the address of a manager above the account", "adressen till en chef över kontot"),
    ("neither the account's address nor a manager's above it", "varken kontots adress eller en chefs"),
    ("the mail is about something else", "mejlet gäller något annat"),
    ("request", "begäran"),
    ("incomplete", "ofullständigt"),
    ("ambiguous", "otydligt"),
    ("general", "annat ärende"),
    ("the writer is asked for what is missing", "avsändaren får en fråga om det som saknas"),
    ("filed, not answered", "arkiverat, besvaras inte"),
    (
        "its owner said that it was not them; frozen until a person lifts it",
        "ägaren säger att det inte var de; spärrat tills en människa häver det",
    ),
];

fn in_swedish(evidence: &str) -> Option<String> {
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
    use crate::types::{Check, CheckResult};

    fn line(evidence: &str) -> TrailLine {
        TrailLine { check: Check::Phone, result: CheckResult::Pass, evidence: evidence.to_owned() }
    }

    #[test]
    fn evidence_is_said_in_swedish_or_marked_as_english() {
        for (english, swedish, foreign) in [
            ("line 4, ••• 71", "rad 4 i mejlet, ••• 71", false),
            ("line 3 of mail 2", "rad 3 i mejl 2", false),
            ("••• 71 is none of mobile ••• 24", "i mejlet ••• 71, i katalogen mobile ••• 24", false),
            ("switched on", "påslaget", false),
            ("line of work", "line of work", true),
            ("••• 24", "••• 24", false),
        ] {
            let told = of(&line(english), Language::Swedish);
            assert_eq!((told.text.as_str(), told.foreign), (swedish, foreign));
            let told = of(&line(english), Language::English);
            assert_eq!((told.text.as_str(), told.foreign), (english, false));
        }
    }
}
