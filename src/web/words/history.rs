//! The audit log of a ticket in words: who did what. An event that is not known here is shown by its code;
//! the log itself is what counts.

use super::Words;
use crate::web::language::Language;

/// Who did it, as people say it. Names stay as they are.
pub(in crate::web) fn actor(actor: &str, language: Language) -> String {
    let words = match actor.split_once(':') {
        Some(("user", name)) => return name.to_owned(),
        Some(("cli", name)) => {
            return match language {
                Language::Swedish => format!("{name} (kommandoraden)"),
                Language::English => format!("{name} (command line)"),
            };
        }
        Some(("token", name)) => {
            // The same word in both languages.
            return format!("{name} (program)");
        }
        Some(("manager", _)) => Words("Chefen", "The manager"),
        Some(("requester", _)) => Words("Den som fick länken", "Whoever got the link"),
        _ if actor == "nyckelbud" => return "Nyckelbud".to_owned(),
        _ if actor == "owner" => Words("Kontots ägare", "The account's owner"),
        _ => return actor.to_owned(),
    };
    words.of(language).to_owned()
}

/// What happened; `None` for an event that has no words.
pub(in crate::web) fn event(event: &str) -> Option<Words> {
    if let Some((_, words)) = EVENTS.iter().find(|(code, _)| *code == event) {
        return Some(*words);
    }
    let (kind, outcome) = event.split_once('.')?;
    let calls = CALLS.iter().find(|(code, _)| *code == kind)?.1;
    let at =
        ["intended", "accepted", "refused", "not-sent", "uncertain"].iter().position(|o| *o == outcome)?;
    calls.get(at).copied()
}

/// A gateway, a reason or a detail that the row tells beside.
pub(in crate::web) fn detail(data: &str) -> String {
    let Ok(serde_json::Value::Object(fields)) = serde_json::from_str(data) else { return String::new() };
    let told = ["gateway", "why", "detail", "status", "person"].into_iter();
    let told = told.filter_map(|name| fields.get(name)?.as_str()).filter(|text| !text.is_empty());
    told.collect::<Vec<_>>().join(" · ")
}

/// Calls to the outside: begun, taken, refused, surely not made, nobody knows.
const CALLS: &[(&str, [Words; 5])] = &[
    (
        "set",
        [
            Words("börjar byta lösenordet", "begins to change the password"),
            Words("bytte lösenordet", "changed the password"),
            Words("fick inte byta lösenordet", "was refused the change of the password"),
            Words(
                "nådde inte katalogen; lösenordet är inte bytt",
                "did not reach the directory; the password was not changed",
            ),
            Words("vet inte om lösenordet byttes", "does not know whether the password was changed"),
        ],
    ),
    (
        "pass",
        [
            Words("börjar hämta ett engångspass", "begins to have a pass issued"),
            Words("hämtade ett engångspass", "had a pass issued"),
            Words("fick inget engångspass", "was refused a pass"),
            Words(
                "nådde inte katalogen; inget engångspass finns",
                "did not reach the directory; no pass was issued",
            ),
            Words("vet inte om ett engångspass utfärdades", "does not know whether a pass was issued"),
        ],
    ),
    (
        "scramble",
        [
            Words("börjar byta ut det oanvända lösenordet", "begins to replace the unused password"),
            Words("bytte ut det oanvända lösenordet", "replaced the unused password"),
            Words(
                "bytte inte ut lösenordet: det var redan bytt",
                "did not replace the password: it was changed already",
            ),
            Words(
                "nådde inte katalogen; lösenordet är inte utbytt",
                "did not reach the directory; the password was not replaced",
            ),
            Words("vet inte om lösenordet byttes ut", "does not know whether the password was replaced"),
        ],
    ),
    (
        "text",
        [
            Words("börjar skicka sms", "begins to send a text"),
            Words("skickade sms", "sent a text"),
            Words("fick inte skicka sms", "was refused a text"),
            Words("skickade inget sms", "sent no text"),
            Words("vet inte om sms:et kom iväg", "does not know whether the text left"),
        ],
    ),
    (
        "link",
        [
            Words("börjar skicka länken", "begins to send the link"),
            Words("skickade länken", "sent the link"),
            Words("fick inte skicka länken", "was refused to send the link"),
            Words("skickade inte länken", "did not send the link"),
            Words("vet inte om länken kom iväg", "does not know whether the link left"),
        ],
    ),
    (
        "warning",
        [
            Words("börjar varna kontots ägare", "begins to warn the account's owner"),
            Words("varnade kontots ägare", "warned the account's owner"),
            Words("fick inte varna kontots ägare", "was refused to warn the account's owner"),
            Words("varnade inte kontots ägare", "did not warn the account's owner"),
            Words("vet inte om varningen kom iväg", "does not know whether the warning left"),
        ],
    ),
    (
        "mail",
        [
            Words("börjar skicka mejl", "begins to send a mail"),
            Words("skickade mejl", "sent a mail"),
            Words("fick inte skicka mejl", "was refused a mail"),
            Words("skickade inget mejl", "sent no mail"),
            Words("vet inte om mejlet kom iväg", "does not know whether the mail left"),
        ],
    ),
];

/// Everything else.
const EVENTS: &[(&str, Words)] = &[
    ("ticket.made", Words("skapade ärendet", "made the ticket")),
    ("queue.searched", Words("sökte i kön", "searched the queue")),
    ("directory.searched", Words("sökte en person i katalogen", "looked for a person in the directory")),
    ("ticket.viewed", Words("öppnade ärendet", "opened the ticket")),
    ("ticket.replied", Words("tog emot ett svar", "took a reply")),
    (
        "ticket.held",
        Words("stoppade ärendet: databasen är återställd", "held the ticket: the database was restored"),
    ),
    ("ticket.decided", Words("fattade ett beslut", "decided")),
    (
        "ticket.coalesced",
        Words("slog ihop ärendet med ett som pågår", "merged the ticket into one under way"),
    ),
    ("ticket.password-set", Words("bytte lösenordet", "changed the password")),
    (
        "ticket.value-refused",
        Words(
            "gör ett nytt lösenord: det förra godtogs inte",
            "makes another password: the last one was refused",
        ),
    ),
    ("ticket.pass-issued", Words("fick ett engångspass", "got a pass")),
    (
        "ticket.pass-lost",
        Words(
            "hämtar ett nytt engångspass: svaret gick förlorat",
            "has another pass issued: the answer was lost",
        ),
    ),
    ("ticket.reset-given-up", Words("gav upp bytet av lösenord", "gave up changing the password")),
    ("ticket.texted", Words("gick vidare med sms:et", "went on with the text")),
    ("ticket.rerouted", Words("valde en annan väg", "took another way")),
    ("ticket.link-texted", Words("gick vidare med länken", "went on with the link")),
    ("ticket.link-not-mailed", Words("kunde inte mejla länken", "could not mail the link")),
    ("ticket.offer-withdrawn", Words("stängde länken", "closed the link")),
    ("ticket.reminded", Words("påminde om länken", "reminded of the link")),
    ("ticket.wrong-code", Words("skrev fel kod", "entered a wrong code")),
    ("ticket.opened", Words("tryckte på ”Visa lösenordet”", "pressed “Show the password”")),
    ("ticket.shown", Words("såg lösenordet", "saw the password")),
    ("ticket.erased", Words("raderade lösenordet", "erased the password")),
    ("ticket.confirmed", Words("bekräftade överlämningen", "confirmed the handover")),
    ("ticket.did-not-work", Words("sade att det inte gick", "said that it did not work")),
    ("ticket.declined", Words("sade att det inte är en medarbetare", "said that it is not their employee")),
    ("ticket.stopped", Words("stoppade lösenordet", "stopped the password")),
    ("ticket.disowned", Words("sade att det inte var de", "said that it was not them")),
    ("ticket.time-over", Words("avslutade: tiden var ute", "ended it: time was over")),
    ("ticket.use-known", Words("såg efter om lösenordet användes", "looked whether the password was used")),
    (
        "ticket.unused",
        Words("öppnade ärendet: lösenordet användes inte", "opened the ticket: the password was not used"),
    ),
    (
        "ticket.question-lost",
        Words("öppnade ärendet: frågan kom inte fram", "opened the ticket: the question did not arrive"),
    ),
    (
        "ticket.forgotten",
        Words("stoppade ärendet: databasen är återställd", "held the ticket: the database was restored"),
    ),
    ("ticket.ordered", Words("lät pröva ärendet igen", "had the ticket decided again")),
    ("ticket.questioned", Words("bad om uppgifter", "asked for details")),
    ("ticket.answered", Words("svarade avsändaren", "answered the writer")),
    ("ticket.closed", Words("stängde ärendet", "closed the ticket")),
    ("ticket.reopened", Words("öppnade ärendet igen", "took the ticket up again")),
    ("ticket.merged", Words("slog ihop ärendet", "merged the ticket")),
    ("ticket.kept", Words("slog ihop ett annat ärende med det här", "merged another ticket into this one")),
    ("ticket.noted", Words("skrev en anteckning", "wrote a note")),
    ("ticket.taken", Words("tog ärendet", "took the ticket")),
    ("ticket.released", Words("släppte ärendet", "released the ticket")),
    ("ticket.assigned", Words("tilldelade ärendet", "assigned the ticket")),
    ("ticket.parted", Words("tog ut ett ärende ur det här", "took another ticket out of this one")),
    ("act.made", Words("valde ett steg", "chose a step")),
    ("act.seconded", Words("tog ställning till en kollegas begäran", "decided on a colleague's request")),
    ("act.done", Words("utförde steget", "carried out the step")),
    ("act.undone", Words("ångrade steget", "took the step back")),
    ("act.refused", Words("kunde inte utföra steget", "could not carry out the step")),
    ("act.declined", Words("avslog en kollegas begäran", "declined a colleague's request")),
    ("act.lapsed", Words("lät begäran förfalla", "let the request lapse")),
    ("account.frozen", Words("spärrade kontot", "froze the account")),
    ("account.unfrozen", Words("hävde spärren på kontot", "lifted the freeze of the account")),
    ("mail.duplicate", Words("kände igen ett mejl som redan finns", "knew a mail that is kept already")),
    ("mail.own", Words("arkiverade ett av våra egna mejl", "filed a mail of our own")),
    (
        "mail.collapsed",
        Words(
            "lade ett mejl till de andra från samma avsändare",
            "put a mail with others of the same sender",
        ),
    ),
    ("mail.let_out", Words("släppte mejlet ur karantänen", "let the mail out of quarantine")),
    (
        "mail.returned",
        Words("fick tillbaka ett mejl som inte kom fram", "got a mail back that did not arrive"),
    ),
    ("mail.delayed", Words("fick veta att ett mejl är fördröjt", "heard that a mail is delayed")),
    ("password.expired", Words("raderade lösenordet: tiden var ute", "erased the password: time was over")),
    (
        "pickup.second-browser",
        Words(
            "larmade: länken öppnades i en annan webbläsare",
            "raised an alarm: another browser opened the link",
        ),
    ),
    ("pickup.guesses-told", Words("mejlade dem som ska få veta det", "mailed those who are to hear of it")),
    ("pickup.guesses", Words("larmade: någon gissar koder", "raised an alarm: somebody guesses codes")),
    ("pickup.wrong-code", Words("nekade en felaktig kod", "refused a wrong code")),
    ("pickup.sign-in-refused", Words("nekade en inloggning på länken", "refused a sign-in at the link")),
    ("pickup.signed-in", Words("loggade in på länken", "signed in at the link")),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_and_calls_have_words() {
        assert_eq!(event("ticket.viewed").map(|words| words.0), Some("öppnade ärendet"));
        assert_eq!(
            event("set.uncertain").map(|words| words.1),
            Some("does not know whether the password was changed")
        );
        for unknown in ["ticket.unheard", "set", "set.unheard", ""] {
            assert_eq!(event(unknown), None, "{unknown}");
        }
        let said = EVENTS.iter().map(|(_, words)| words).chain(CALLS.iter().flat_map(|(_, calls)| calls));
        for words in said {
            assert!(words.0 != words.1 && !words.0.ends_with('.'), "{words:?}");
        }
    }

    #[test]
    fn every_event_of_a_ticket_has_words() {
        let source = include_str!("../../ticket/event.rs");
        let names = source.split("pub fn name(").nth(1).unwrap().split("\n    }").next().unwrap();
        let names: Vec<&str> = names.split('"').skip(1).step_by(2).collect();
        assert!(names.len() > 20, "{names:?}");
        for name in names {
            assert!(event(&format!("ticket.{name}")).is_some(), "ticket.{name}");
        }
    }

    #[test]
    fn people_are_named_and_roles_are_told() {
        assert_eq!(actor("user:eva.lind", Language::Swedish), "eva.lind");
        assert_eq!(actor("manager:a-17", Language::English), "The manager");
        assert_eq!(actor("cli:karin", Language::Swedish), "karin (kommandoraden)");
        assert_eq!(actor("nyckelbud", Language::Swedish), "Nyckelbud");
    }

    #[test]
    fn a_row_tells_its_gateway_and_why() {
        assert_eq!(detail(r#"{"key":"t1","gateway":"elks","generation":1}"#), "elks");
        assert_eq!(detail(r#"{"why":"lånad mobil","detail":""}"#), "lånad mobil");
        assert_eq!(detail("no json"), "");
    }
}
