//! Does a mail say that no password is wanted, or no longer, or that somebody else asked for it? Nobody can
//! list how people say so. So a negation in a sentence about a password counts as a refusal, unless it is
//! one of the known ways of saying that one cannot get in.

use super::line::{Phrases, fold};
use super::matter::{names_a_password, speaks_of_the_matter};
use super::vocabulary::{EXAMPLES, List};

const NEGATIONS: List =
    List("inte, ej, icke, aldrig, not, never, cannot, cant, dont, didnt, doesnt, isnt, wasnt, havent, wont");
/// What stands before the `t` of "don't".
const BEFORE_T: List =
    List("don, didn, doesn, isn, wasn, can, couldn, won, wouldn, shouldn, haven, hasn, aren, hadn");
/// Negations of a thing, which is often missing: "jag har inget lösenord".
const NOTHINGS: List = List("ingen, inget, inga, ingenting, no, nothing, utan, without, utom, except");

/// What somebody did who got a password.
const ORDERED: List = List(
    "bestallt, bestallde, bestalla, begart, begarde, bett, bad, bytt, bytte, requested, requesting, ordered, \
     asked, asking, initiated, changed",
);
const ORDERS: List = List("request, order, ask");

/// What a negation beside it forbids, or says not to be needed.
const FORBIDDEN: List = List(
    "byt, byta, byter, andra, andras, skicka, skickas, skickar, aterstall, aterstalla, aterstallas, reset, \
     change, send, need, needed, behover, behovs, behovde, behova, want, vill, gora, require, required",
);

/// What people cannot do, or what does not work, when they are locked out.
const UNABLE: List = List(
    "kan, kunde, kunnat, gar, gick, minns, mindes, vet, visste, hittar, fungerar, funkar, fungera, funka, fungerade, \
     funkade, stammer, accepteras, accepterar, godkanns, godkanner, godtas, duger, giltigt, lyckas, \
     lyckats, kanner, slapper, loggar, logga, remember, recall, know, work, works, working, worked, able, \
     can, could, cannot, cant, accept, accepted, accepts, valid, correct, recognized, recognised, find, \
     let, lets, log, get, nar, na, reach, ihag, in, vidare, emot, kvar, skriv, write",
);

/// Suspicion, and ends of every kind, in whatever sentence.
const WARNINGS: List = List(
    "bluff, bluffmejl, bluffsms, bedrageri, kapat, kapad, kapats, hackad, hackat, hackats, hacked, phish, \
     phishing, natfiske, nagon annan, obehorig, obehoriga, obehorigt, someone else, somebody else, \
     intrang, fraud, scam, compromised, suspicious, misstankt, misstanker, misstanksamt, unauthorized, \
     unauthorised, var inte jag, ar inte jag, inte jag som, not me, wasn t me, vem har gjort, vem gjorde, \
     who did, las mitt konto, las kontot, lasa kontot, sparra mitt konto, sparra kontot, lock my account, \
     lock the account, block my account, disable my account, avbryt, avboka, avbestall, annullera, stoppa, \
     cancel, strunta i, glom det, never mind, nevermind, forget it, \
     galler inte losenord, handlar inte om losenord, behovs inte langre, inte langre aktuellt, har lost \
     sig, lost sig, loste sig, lost det, har redan fatt, kom in nu, kommer in nu, no longer need, no \
     longer needed, it works now, har bytts, byttes, har andrats, andrades, was changed, has been changed, was \
     reset, has been reset, kom pa losenordet, hittade losenordet, kom ihag losenordet, found my password, \
     remembered, loste det, ordnade sig, ordnat sig, solved, resolved, sorted, fixed, behall, keep my, \
     vanta med, avvakta, hold off, ignorera, bortse, ignore, disregard, ar ett test, bara ett test, \
     testmejl, is a test, fungerar nu, inte langre behov",
);

/// What is written to everybody, with a template that is filled in to show how.
const ANNOUNCEMENTS: List = List(
    "info till alla, till alla, hej alla, sa har skriver, sa har gor, sa har fyller, sa skriver, hi all, \
     dear all, to everyone, hi everyone",
);
/// What programs put before the subject of the mail that is answered.
const ANSWERS: List = List("sv, re, aw, vs, fw, fwd, vb");

const WORKS: List = List("fungerar, funkar, works, working");
/// "Hoppas det fungerar."
const HOPES: List = List("hoppas, hope, ska, sa att, slutat, stopped");
const GOT: List = List("fick, fatt, got, received, mottagit, mottog");
const BEFORE_PASSWORD: List = List(
    "ett, nytt, nya, det, mitt, a, the, new, my, er, ert, your, sms, med, tillfalligt, temporart, temporary, \
     mejl, mail, an, i, in, for, och, om, with",
);
const THANKS: List = List("tack, tackar, thanks, thank");
const REMOVALS: List = List(
    "ta bort, tas bort, radera, raderas, avsluta, avslutas, remove, delete, close, deactivate, inaktivera",
);
const ACCOUNTS: List = List("konto, kontot, account, anvandare, anvandaren, user");

/// Does something in subject or text speak against a new password?
pub(super) fn refuses(subject: &str, free: &str) -> bool {
    let whole = Phrases::of(&fold(&format!("{subject}. {free}")));
    let answers = Phrases::of(&fold(subject)).words().next().is_some_and(|word| ANSWERS.has(word));
    let own =
        if answers { Phrases::of(&fold(free)) } else { Phrases::of(&fold(&format!("{subject}. {free}"))) };
    whole.hold(&WARNINGS)
        || own.hold(&ANNOUNCEMENTS)
        || free.lines().any(heads_an_example)
        || [subject, free].into_iter().flat_map(sentences).any(|sentence| is_refusal(&sentence))
}

/// The sentences of a text, folded. One ends where the next begins with a capital letter: a line may be
/// broken within a sentence.
fn sentences(text: &str) -> Vec<String> {
    let mut sentences = vec![String::new()];
    let mut ended = false;
    for c in text.chars() {
        if ended && c.is_uppercase() {
            sentences.push(String::new());
        }
        ended = matches!(c, '.' | '!' | '?' | '\n') || (ended && !c.is_alphanumeric());
        if let Some(sentence) = sentences.last_mut() {
            sentence.push(c);
        }
    }
    sentences.iter().map(|sentence| fold(sentence)).collect()
}

/// "Exempel:" alone on its line.
fn heads_an_example(line: &str) -> bool {
    let words: Vec<&str> =
        line.split_whitespace().filter(|word| !word.contains("www.") && !word.contains('@')).collect();
    let phrases = Phrases::of(&fold(&words.join(" ")));
    let alone = phrases.words().count() <= 3 && !line.contains(|c: char| c.is_ascii_digit());
    alone && phrases.hold(&EXAMPLES)
}

fn is_refusal(sentence: &str) -> bool {
    let phrases = Phrases::of(sentence);
    let words: Vec<&str> = phrases.words().collect();
    let password = speaks_of_the_matter(&phrases);
    let negated =
        words.iter().any(|word| NOTHINGS.has(word)) || (0..words.len()).any(|at| negates(&words, at));
    let works = words.iter().any(|word| WORKS.has(word)) && !negated && !phrases.hold(&HOPES);
    let removed = phrases.hold(&REMOVALS) && words.iter().any(|word| ACCOUNTS.has(word));
    works
        || removed
        || has_got(&words)
        || (0..words.len()).any(|at| forbids(&words, at, password) || wants_nothing(&words, at))
}

fn negates(words: &[&str], at: usize) -> bool {
    let before = at.checked_sub(1).and_then(|at| words.get(at));
    let word = words.get(at).copied().unwrap_or_default();
    NEGATIONS.has(word) || (word == "t" && before.is_some_and(|before| BEFORE_T.has(before)))
}

/// Does the negation at `at`, if there is one, make the sentence a refusal?
fn forbids(words: &[&str], at: usize, password: bool) -> bool {
    if !negates(words, at) {
        return false;
    }
    let (before, behind) = (&words[at.saturating_sub(2)..at], &words[at + 1..]);
    let near = &behind[..behind.len().min(3)];
    let ordered = behind.iter().any(|word| ORDERED.has(word)) || near.iter().any(|word| ORDERS.has(word));
    let beside = before.last().into_iter().chain(near.first());
    if ordered || beside.clone().any(|word| FORBIDDEN.has(word)) {
        return true;
    }
    let unable = before.iter().chain(near).any(|word| UNABLE.has(word));
    password && !unable
}

/// "behöver inget lösenord", "utan att jag bett om det".
fn wants_nothing(words: &[&str], at: usize) -> bool {
    if !words.get(at).is_some_and(|word| NOTHINGS.has(word)) {
        return false;
    }
    let before = &words[at.saturating_sub(2)..at];
    words[at..].iter().any(|word| ORDERED.has(word)) || before.iter().any(|word| FORBIDDEN.has(word))
}

/// "Jag fick ett nytt lösenord", "tack för lösenordet".
fn has_got(words: &[&str]) -> bool {
    (0..words.len()).any(|at| {
        let (word, behind) = (words[at], &words[at + 1..]);
        let begins = GOT.has(word) || (THANKS.has(word) && behind.iter().take(2).any(|word| *word == "for"));
        let skipped = |word: &&&str| BEFORE_PASSWORD.has(word) || **word == "you";
        let next = behind.get(behind.iter().take_while(skipped).count());
        begins && next.is_some_and(|word| names_a_password(word))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_wants_no_password_is_understood() {
        for text in [
            "Det har löst sig, lösenordet hittades",
            "Jag har inte glömt lösenordet",
            "It works now, password found",
            "Byt inte mitt lösenord!",
            "Jag har inte\nbeställt något lösenord",
            "I haven't asked for a new password",
            "Mitt lösenord byttes utan att jag bett om det",
            "Tack för det nya lösenordet",
            "Jag har fått ett sms med nytt lösenord",
            "Jag behöver inget nytt lösenord",
        ] {
            assert!(refuses("", text), "{text}");
        }
    }

    #[test]
    fn whoever_cannot_get_in_refuses_nothing() {
        for text in [
            "Jag minns inte mitt lösenord",
            "Lösenordet fungerar inte",
            "kommer inte in, behöver nytt lösenord",
            "I can't log in with my password",
            "I don't know my password",
            "Skriv aldrig ditt lösenord.",
            "Never write your password.",
            "Jag har inget lösenord",
            "Jag fick meddelande att lösenordet har gått ut",
            "Tack för hjälpen! Nytt lösenord behövs",
        ] {
            assert!(!refuses("Nytt lösenord", text), "{text}");
        }
    }
}
