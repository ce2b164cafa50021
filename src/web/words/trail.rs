//! The decision trail in words: a headline that states the fact of each line.

use super::Words;
use crate::types::{Check, CheckResult, TrailLine};

/// The fact that a line states.
pub(in crate::web) fn headline(line: &TrailLine) -> Words {
    let evidence = line.evidence.as_str();
    match (line.check, line.result) {
        (check, CheckResult::Skipped) => skipped(check),
        (check, CheckResult::Unknown) => unknown(check),
        (Check::PhoneRegistered, CheckResult::Fail) if evidence == "no phone is registered" => {
            Words("Ingen mobil är registrerad på kontot", "No mobile is registered for the account")
        }
        (Check::Reading, CheckResult::Pass) => read_as(evidence),
        (Check::Outcome, CheckResult::Fail) if evidence.contains("a technician takes over") => {
            Words("Nyckelbud stannade och lämnade över till er", "Nyckelbud stopped and handed over to you")
        }
        (Check::Outcome, CheckResult::Pass) => decided(evidence),
        (check, CheckResult::Pass) => holds(check),
        (check, CheckResult::Fail) => fails(check),
    }
}

fn read_as(evidence: &str) -> Words {
    match evidence {
        "request" => Words("Mejlet är en begäran om lösenord", "The mail asks for a password"),
        "incomplete" => Words(
            "Mejlet gäller ett lösenord, men något saknas",
            "The mail is about a password, but something is missing",
        ),
        "ambiguous" => Words(
            "Mejlet gäller ett lösenord, men är otydligt",
            "The mail is about a password, but is not clear",
        ),
        "general" => Words("Mejlet gäller något annat", "The mail is about something else"),
        _ if evidence.starts_with("automatic") => Words("En maskin skrev mejlet", "A machine wrote the mail"),
        _ => holds(Check::Reading),
    }
}

fn decided(evidence: &str) -> Words {
    if evidence.starts_with("a technician") || evidence.starts_with("wait, then a technician") {
        Words("Nyckelbud stannade och frågar dig", "Nyckelbud stopped and asks you")
    } else if evidence.contains("to the registered phone") {
        Words("Nyckelbud skickar till den registrerade mobilen", "Nyckelbud sends to the registered mobile")
    } else if evidence.contains("to the nearest manager") {
        Words("Nyckelbud ber närmaste chef", "Nyckelbud asks the nearest manager")
    } else if evidence.starts_with("merged into") {
        Words("Ärendet slogs ihop med ett som pågår", "The ticket was merged with one under way")
    } else if evidence.starts_with("the writer is asked") {
        Words("Nyckelbud ber avsändaren om det som saknas", "Nyckelbud asks the writer for what is missing")
    } else if evidence.starts_with("filed") {
        Words("Mejlet är arkiverat och besvaras inte", "The mail is filed and not answered")
    } else {
        holds(Check::Outcome)
    }
}

fn holds(check: Check) -> Words {
    match check {
        Check::Reading => Words("Mejlet är läst", "The mail was read"),
        Check::Sender => Words("Någon går i god för avsändaren", "Somebody vouches for the sender"),
        Check::Thread => Words("Mejlet nämner ett annat ärende", "The mail names another ticket"),
        Check::Username => Words("Användarnamnet är läst", "The username was read"),
        Check::Phone => Words("Mobilnumret är läst", "The phone was read"),
        Check::Automation => Words("Automatiken är på", "The automation is on"),
        Check::Age => Words("Mejlet är färskt", "The mail is recent"),
        Check::Directory => Words("Katalogen svarade", "The directory answered"),
        Check::Account => Words("Kontot finns", "The account exists"),
        Check::Enabled => Words("Kontot är aktivt", "The account is switched on"),
        Check::Protected => Words("Kontot är ett vanligt konto", "The account is an ordinary one"),
        Check::SenderAllowed => Words("Avsändaren får begära det", "The sender may ask for it"),
        Check::Frozen => Words("Kontot är inte spärrat", "The account is not frozen"),
        Check::UnderWay => {
            Words("Inget annat ärende pågår för kontot", "No other request is under way for the account")
        }
        Check::LimitAccount => Words("Kontot är under sin gräns", "The account is below its limit"),
        Check::LimitSender => {
            Words("Avsändare och nummer är under sina gränser", "Sender and phone are below their limits")
        }
        Check::LimitDesk => {
            Words("Enheten och servicedesken är under sina gränser", "Unit and desk are below their limits")
        }
        Check::PhoneRegistered => {
            Words("Numret är registrerat på kontot", "The phone is registered for the account")
        }
        Check::PhoneType => Words("Numret tar emot sms", "The phone takes texts"),
        Check::PhoneCountry => {
            Words("Numret hör till ett land som får sms", "The phone is of a country that is texted")
        }
        Check::PhoneAge => {
            Words("Numret har varit registrerat länge nog", "The phone has been registered for long enough")
        }
        Check::Manager => Words("Närmaste chef kan nås", "The nearest manager can be reached"),
        Check::Delivery => Words("Ett lösenord kan lämnas över", "A password can be handed over"),
        Check::Person => Words("En människa har bestämt", "A person has decided"),
        Check::Outcome => Words("Så gick det", "What came of it"),
    }
}

fn fails(check: Check) -> Words {
    match check {
        Check::Reading => Words("Mejlet kan inte läsas", "The mail cannot be read"),
        Check::Sender => Words("Ingen går i god för avsändaren", "Nobody vouches for the sender"),
        Check::Thread => Words(
            "Mejlet nämner ett ärende som är någon annans",
            "The mail names a ticket that is somebody else's",
        ),
        Check::Username => {
            Words("Användarnamnet är inte entydigt läst", "No username could be read for sure")
        }
        Check::Phone => Words("Mobilnumret är inte entydigt läst", "No phone could be read for sure"),
        Check::Automation => Words("Automatiken är av", "The automation is off"),
        Check::Age => Words("Mejlet är för gammalt", "The mail is too old"),
        Check::Directory => Words("Katalogen svarade inte", "The directory did not answer"),
        Check::Account => Words("Inget entydigt konto har namnet", "No single account has the name"),
        Check::Enabled => Words("Kontot är avstängt", "The account is switched off"),
        Check::Protected => Words("Kontot är skyddat", "The account is protected"),
        Check::SenderAllowed => Words("Avsändaren får inte begära det", "The sender may not ask for it"),
        Check::Frozen => Words("Kontot är spärrat", "The account is frozen"),
        Check::UnderWay => {
            Words("Ett annat ärende pågår för kontot", "Another request is under way for the account")
        }
        Check::LimitAccount => Words("Kontot har nått sin gräns", "The account has reached its limit"),
        Check::LimitSender => {
            Words("Avsändaren eller numret har nått sin gräns", "Sender or phone has reached its limit")
        }
        Check::LimitDesk => {
            Words("Enheten eller servicedesken har nått sin gräns", "Unit or desk has reached its limit")
        }
        Check::PhoneRegistered => {
            Words("Numret är inte det registrerade", "The phone is not the registered one")
        }
        Check::PhoneType => Words("Numret tar inte emot sms", "The phone takes no texts"),
        Check::PhoneCountry => {
            Words("Numret hör till ett land som inte får sms", "The phone is of a country that is not texted")
        }
        Check::PhoneAge => Words("Numret registrerades nyligen", "The phone was registered lately"),
        Check::Manager => Words("Ingen chef kan nås", "No manager can be reached"),
        Check::Delivery => {
            Words("Ett lösenord kan inte lämnas över nu", "A password cannot be handed over now")
        }
        Check::Person => Words("Ingen människa har godkänt det", "No person has approved it"),
        Check::Outcome => Words("Något gick inte som tänkt", "Something did not go as planned"),
    }
}

fn unknown(check: Check) -> Words {
    match check {
        Check::Reading => Words("Det är oklart vad mejlet är", "Nobody can tell what the mail is"),
        Check::Sender => Words("Det är oklart vem som skrev", "Nobody can tell who wrote it"),
        Check::Thread => Words("Mejlet nämner ett annat ärende", "The mail names another ticket"),
        Check::Username | Check::Phone => {
            Words("Det är oklart vad som avses", "It is not known what is meant")
        }
        Check::Automation => {
            Words("Det är oklart om automatiken är på", "It is not known whether the automation is on")
        }
        Check::Age => Words("Det är oklart hur gammalt mejlet är", "It is not known how old the mail is"),
        Check::Directory => Words("Katalogen svarade inte", "The directory did not answer"),
        Check::Account => {
            Words("Det är oklart om kontot finns", "It is not known whether the account exists")
        }
        Check::Enabled => {
            Words("Det är oklart om kontot är aktivt", "It is not known whether the account is switched on")
        }
        Check::Protected => Words(
            "Det gick inte att se om kontot är skyddat",
            "It could not be seen whether the account is protected",
        ),
        Check::SenderAllowed => {
            Words("Det är oklart om avsändaren får begära det", "It is not known whether the sender may ask")
        }
        Check::Frozen => {
            Words("Det är oklart om kontot är spärrat", "It is not known whether the account is frozen")
        }
        Check::UnderWay => {
            Words("Det är oklart om något annat pågår", "It is not known whether something else is under way")
        }
        Check::LimitAccount | Check::LimitSender | Check::LimitDesk => {
            Words("Det är oklart om en gräns är nådd", "It is not known whether a limit is reached")
        }
        Check::PhoneRegistered => Words("Numret kunde inte jämföras", "The phone could not be compared"),
        Check::PhoneType => {
            Words("Det är oklart om numret tar emot sms", "It is not known whether the phone takes texts")
        }
        Check::PhoneCountry => Words(
            "Det är oklart vilket land numret hör till",
            "It is not known of which country the phone is",
        ),
        Check::PhoneAge => Words(
            "Det är oklart hur länge numret varit registrerat",
            "It is not known since when the phone is registered",
        ),
        Check::Manager => {
            Words("Det är oklart vem som är närmaste chef", "It is not known who the nearest manager is")
        }
        Check::Delivery => {
            Words("Alla vägar för lösenordet svarar inte", "Not every way for the password answers")
        }
        Check::Person => {
            Words("Det är oklart vad en människa bestämt", "It is not known what a person decided")
        }
        Check::Outcome => Words("Det är oklart hur det gick", "It is not known what came of it"),
    }
}

fn skipped(check: Check) -> Words {
    match check {
        Check::Reading => Words("Mejlet lästes inte", "The mail was not read"),
        Check::Sender => Words("Avsändaren behövde inte kontrolleras", "The sender need not be checked"),
        Check::Thread => Words("Andra ärenden behövde inte jämföras", "Other tickets need not be compared"),
        Check::Username => Words("Användarnamnet behövdes inte", "The username was not needed"),
        Check::Phone => Words("Numret behövdes inte", "The phone was not needed"),
        Check::Automation => Words("Automatiken spelade ingen roll", "The automation did not matter"),
        Check::Age => Words("Mejlets ålder spelade ingen roll", "The mail's age did not matter"),
        Check::Directory => Words("Katalogen behövdes inte", "The directory was not needed"),
        Check::Account => Words("Kontot behövdes inte", "The account was not needed"),
        Check::Enabled | Check::Protected | Check::Frozen => {
            Words("Kontots läge behövde inte kontrolleras", "The account's state need not be checked")
        }
        Check::SenderAllowed => {
            Words("Vem som får begära det spelade ingen roll", "Who may ask did not matter")
        }
        Check::UnderWay => Words("Andra ärenden spelade ingen roll", "Other requests did not matter"),
        Check::LimitAccount | Check::LimitSender | Check::LimitDesk => {
            Words("Gränserna gällde inte", "The limits did not apply")
        }
        Check::PhoneRegistered => Words("Numret behövde inte jämföras", "The phone need not be compared"),
        Check::PhoneType | Check::PhoneCountry => {
            Words("Numrets slag spelade ingen roll", "The kind of the phone did not matter")
        }
        Check::PhoneAge => {
            Words("Ingen kortaste tid gäller för nya nummer", "No least age holds for new phones")
        }
        Check::Manager => Words("Chefen behövdes inte", "The manager was not needed"),
        Check::Delivery => Words("Ingen väg för lösenordet behövdes", "No way for the password was needed"),
        Check::Person => Words("Ingen människa behövdes", "No person was needed"),
        Check::Outcome => Words("Inget mer gjordes", "Nothing more was done"),
    }
}

/// How a check ended, for those who do not see its sign.
pub(in crate::web) fn result(result: CheckResult) -> Words {
    match result {
        CheckResult::Pass => Words("Stämmer", "Holds"),
        CheckResult::Fail => Words("Stämmer inte", "Does not hold"),
        CheckResult::Unknown => Words("Okänt", "Not known"),
        CheckResult::Skipped => Words("Behövdes inte", "Not needed"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHECKS: [Check; 25] = [
        Check::Reading,
        Check::Sender,
        Check::Thread,
        Check::Username,
        Check::Phone,
        Check::Automation,
        Check::Age,
        Check::Directory,
        Check::Account,
        Check::Enabled,
        Check::Protected,
        Check::SenderAllowed,
        Check::Frozen,
        Check::UnderWay,
        Check::LimitAccount,
        Check::LimitSender,
        Check::LimitDesk,
        Check::PhoneRegistered,
        Check::PhoneType,
        Check::PhoneCountry,
        Check::PhoneAge,
        Check::Manager,
        Check::Delivery,
        Check::Person,
        Check::Outcome,
    ];

    fn line(check: Check, result: CheckResult, evidence: &str) -> TrailLine {
        TrailLine { check, result, evidence: evidence.to_owned() }
    }

    #[test]
    fn what_holds_is_never_said_as_what_does_not() {
        for check in CHECKS {
            let said = [CheckResult::Pass, CheckResult::Fail, CheckResult::Unknown, CheckResult::Skipped]
                .map(|result| headline(&line(check, result, "")));
            for (at, words) in said.iter().enumerate() {
                let same = said[..at].iter().any(|before| before.0 == words.0 || before.1 == words.1);
                // A mail that names another ticket, and a directory that does not answer, are one fact.
                let one_fact = matches!(check, Check::Thread | Check::Directory);
                assert!(!same || one_fact, "{check:?}: {words:?}");
                assert!(
                    !words.0.ends_with('.') && !words.1.ends_with('.') && words.0 != words.1,
                    "{words:?}"
                );
            }
        }
    }

    #[test]
    fn a_missing_phone_is_not_a_wrong_one() {
        let missing = headline(&line(Check::PhoneRegistered, CheckResult::Fail, "no phone is registered"));
        assert_eq!(missing.0, "Ingen mobil är registrerad på kontot");
        let wrong =
            headline(&line(Check::PhoneRegistered, CheckResult::Fail, "••• 71 is none of mobile ••• 24"));
        assert_eq!(wrong.0, "Numret är inte det registrerade");
    }
}
