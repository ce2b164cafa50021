//! The words that staff use in a request, folded: without case, dots and rings. Labels are also
//! without blanks, dots and hyphens between their parts (`user name`, `anv.namn`, `mobil-nr`).

/// Words or phrases, with commas between them.
pub(super) struct List(pub(super) &'static str);

impl List {
    pub(super) fn items(&self) -> impl Iterator<Item = &'static str> {
        self.0.split(',').map(str::trim_start)
    }

    pub(super) fn has(&self, word: &str) -> bool {
        self.items().any(|item| item == word)
    }

    /// Is `word` one of the long words here, but for one slip of the finger? In a short word a slip
    /// makes another word.
    pub(super) fn has_nearly(&self, word: &str) -> bool {
        const LONG: usize = 7;
        // One slip leaves the first three octets or the last three as they are, and most words are
        // ruled out by them at once.
        let half_same = |item: &str| {
            let (word, item) = (word.as_bytes(), item.as_bytes());
            item[..3] == word[..3] || item[item.len() - 3..] == word[word.len() - 3..]
        };
        let near = |item: &str| {
            item.len() >= LONG
                && word.len().abs_diff(item.len()) <= 1
                && half_same(item)
                && strsim::damerau_levenshtein(word, item) == 1
        };
        word.len() >= LONG && self.items().any(near)
    }
}

/// What a label asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Field {
    /// The username.
    Username,
    /// The phone.
    Phone,
    /// Something else: it ends the value before it, and its own value is of no interest.
    Other,
    /// Other people and places: a phone there is nobody's answer.
    Elsewhere,
}

/// Labels that say what stands behind them.
pub(super) const USERNAME_LABELS: List = List(
    "anvandarnamn, anvandarnamnet, anvnamn, anvandare, anvandarid, anvid, anvandaridentitet, \
     anvandarkonto, kontonamn, kontoid, inloggningsnamn, inloggningsid, loginnamn, username, user, \
     userid, useraccount, loginname, loginid, logonname, accountname, accountid, upn",
);

/// Labels that are everyday words as well: what stands behind them must look like a username.
pub(super) const WEAK_USERNAME_LABELS: List = List(
    "konto, kontot, account, inloggning, inlogg, login, logon, anvandaren, anv, datakonto, natverkskonto",
);

pub(super) const PHONE_LABELS: List = List(
    "mobilnummer, mobilnumret, mobilnr, mobil, mobiltelefon, mobiltelefonnummer, mobiltelefonnr, \
     mobiltel, mobiltelnr, mob, mobnr, telefon, telefonnummer, telefonnumret, telefonnr, tel, telnr, tfn, \
     tfnnr, tlf, tlfnr, tele, phone, phonenumber, phoneno, phonenr, telephone, telephonenumber, telno, \
     mobile, mobilenumber, mobileno, mobilenr, mobilephone, mobilephonenumber, cell, cellphone, \
     cellnumber, cellphonenumber, jobbmobil, arbetsmobil, tjanstemobil, privatmobil, smsnummer",
);

/// Everyday words: they count only before a whole number.
pub(super) const WEAK_PHONE_LABELS: List = List("mobilen, telefonen, nummer, numret, number, sms");

/// Labels of other things that stand in requests and signatures.
pub(super) const OTHER_LABELS: List = List(
    "losenord, losenordet, losen, password, passwd, pwd, pin, pinkod, epost, epostadress, mejl, \
     mejladress, mail, mailadress, email, emailaddress, emailadress, namn, name, fornamn, efternamn, \
     firstname, lastname, fullname, personnummer, personnr, pnr, anstallningsnummer, arbetsplats, \
     workplace, enhet, avdelning, department, unit, \
     dator, datornamn, computer, arende, arendenummer, titel, \
     serienummer",
);

/// Labels before other people's numbers.
pub(super) const ELSEWHERE_LABELS: List = List(
    "chef, chefen, manager, boss, contact, contactperson, anhorig, vaxel, vaxeln, switchboard, fax, rum, room, adress, kontaktperson, \
     kontakt, reception, receptionen, kontor, office",
);

/// Words before a label that tie it to the writer or the person written for.
pub(super) const POSSESSIVES: List = List(
    "mitt, min, mina, my, hennes, hans, her, his, ditt, din, your, vart, our, och, and, samt, med, with, \
     plus, the",
);

/// Words that may stand between those and the label.
pub(super) const KINDS: List = List(
    "privat, privata, private, personal, jobb, work, registrerat, registrerade, registered, aktuellt, \
     current, svenskt, svenska",
);

/// Words before a label or in its hint after which nobody can be sure.
pub(super) const DOUBTS: List = List(
    "gammal, gamla, gammalt, tidigare, forra, forut, forr, ny, nytt, nya, fel, felaktigt, felaktig, \
     kanske, tror, eller, alternativt, antingen, osaker, ungefar, var, hette, old, former, previous, \
     earlier, new, wrong, incorrect, maybe, perhaps, think, guess, or, either, was, om, if, stammer inte, \
     galler inte, inte langre, inte saker, inte sakert, vet inte, vet ej, not sure, no longer, do not \
     know",
);

pub(super) const NEGATIONS: List = List("inte, ej, icke, aldrig, not, never, isn t, don t, doesn t");

/// Words for people whose number it may be instead.
pub(super) const OWNERS: List = List(
    "chef, chefs, chefen, chefens, kollega, kollegas, kollegan, kollegans, kollegor, manager, managers, \
     boss, bosses, colleague, colleagues, coworker, fru, frus, sambo, sambos, mamma, pappa, \
     wife, husband, friend, kontaktperson",
);

/// Words of the hints that our own texts and others' forms put behind a label.
pub(super) const HINTS: List = List(
    "som, arbetsgivaren, har, registrerat, registrerad, ar, hos, pa, kontot, konto, registered, by, your, \
     the, employer, with, for, sms, account, att, skicka, skickas, ska, skall, losenord, losenordet, dit, \
     det, till, to, send, password, privat, privata, jobb, jobbet, arbete, arbetet, tjanst, work, \
     private, siffror, siffrorna, digits, mobil, mobile, telefon, phone, nummer, number, obligatoriskt, \
     required, inloggning, inlogg, login, dator, datorn, username, anvandarnamn, e, epost, email, mejl, \
     mejladress, postadress, where, we, can, vi, kan, na, dig, reach, you, sv, en",
);

/// What stands before an example.
pub(super) const EXAMPLES: List = List("t ex, tex, ex, exempel, exempelvis, e g, eg, example, for example");

/// What a sentence behind a value begins with.
pub(super) const STARTERS: List = List(
    "tack, tackar, mvh, med, vanliga, vanligen, halsningar, hej, jag, kan, snalla, vore, det, hon, han, \
     kommer, har, nu, thanks, thank, best, kind, regards, please, i, can, could, it, she, he, cheers, \
     hoppas, ni, vill, skicka, send, ring, call",
);

/// Words of greetings and of courtesy, which say nothing about the matter.
pub(super) const COURTESIES: List = List(
    "hej, hejsan, hallo, halla, god, morgon, dag, kvall, hello, hi, dear, good, morning, afternoon, it, \
     support, supporten, servicedesk, service, desk, helpdesk, servicedesken, tack, tackar, pa, forhand, \
     sa, mycket, thanks, thank, you, in, advance, very, much, so, many, mvh, vanlig, vanliga, med, basta, \
     halsning, halsningar, best, kind, regards, br, sincerely, cheers, snalla, hjalp, hjalpa, mig, \
     please, help, me, har, kommer, ar, mina, min, mitt, uppgifter, uppgifterna, uppgift, enligt, nedan, \
     here, are, is, my, the, details, detail, information, below, as, requested, till, er, ni, fran, \
     svar, sv, re, vs, och, and, det, detta, kan, skickat, sent, iphone, from, now, nu",
);

/// The words that say what this is about, as the beginnings of words.
pub(super) const PASSWORD_BEGINNINGS: List =
    List("losenord, losenkod, password, passord, utelast, inlogg, loseord, losnord");

/// The same, as whole words and phrases.
pub(super) const PASSWORD_PHRASES: List = List(
    "losen, losenet, pwd, passwd, last ute, utlast, utelasta, locked out, logga in, loggar in, logga pa, \
     login, log in, log on, logon, sign in, signin, kommer inte in, kommer jag inte in, kommer ej in, \
     kommer inte langre in, kontot ar last, kontot last, konto last, last konto, mitt konto ar last, \
     konto sparrat, kontot sparrat, kontot ar sparrat, kontot har blivit last, last mitt konto, sparrat \
     konto, account locked, account is locked, account has been locked, locked account, access my \
     account, password reset, can t get in, cannot get in, inte komma in, unlock my, unlock account",
);

/// Words that take a value back or put another in its place.
pub(super) const CORRECTIONS: List = List(
    "rattelse, menar, menade, forlat, ursakta, istallet, i stallet, snarare, skrev fel, ska vara, skall \
     vara, ignorera, bortse, correction, i mean, i meant, sorry, instead, rather, should be, ignore, \
     disregard",
);

/// What makes the rest of a sentence behind a value a reason to doubt the value.
pub(super) const TAIL_DOUBTS: List = List(
    "eller, alternativt, or, tror, kanske, think, maybe, perhaps, fel, felaktigt, wrong, incorrect, gammal, \
     gamla, gammalt, old, tidigare, forut, forra, previous, former, stammer inte, stammer ej, galler inte, \
     galler ej, inte langre, no longer, not sure, osaker, osakert, istallet, i stallet, instead",
);

/// Words for the two values in running text.
pub(super) const VALUE_WORDS: List = List(
    "nummer, numret, mobilnummer, mobilnumret, mobil, mobilen, telefonnummer, telefonnumret, telefon, \
     telefonen, anvandarnamn, anvandarnamnet, number, phone, mobile, username, user name, cell, siffran, \
     siffrorna, uppgifterna, uppgiften",
);

/// Words that make a sentence about a value doubtful.
pub(super) const VALUE_DOUBTS: List = List(
    "fel, felaktigt, felaktig, gammalt, gamla, gammal, stammer inte, stammer ej, galler inte, galler \
     ej, inte langre, wrong, incorrect, old, no longer, not mine, inte mitt, inte min, not my, anvand inte, \
     skicka inte, ring inte, do not use, don t use, do not send, don t send, do not call, stulen, stulet, \
     stolen, borttappad, tappat, tappade, lost",
);

/// What people write in a field to say that they have nothing to write.
pub(super) const PLACEHOLDERS: List = List(
    "samma, same, okant, okand, unknown, saknas, ingen, inget, inga, none, na, null, vet, glomt, glomd, \
     glommt, forgot, forgotten, test, se, ovan, nedan, above, below, last, lasta, blockerad, blockerat, \
     locked, blocked, sparrad, sparrat, disabled, expired, utelast, fungerar, tomt, empty, vetej, tack, \
     hej, thanks, mitt, min, my, ditt, din, your, hjalp, help, missing, tbd, ja, nej",
);

/// Words that make a number somebody else's.
pub(super) const OTHERS_NUMBERS: List = List(
    "chefens, kollegans, min chefs, min kollegas, my manager s, my colleague s, my boss, sambos, frus, \
     makes, mammas, pappas, wife s, husband s",
);

/// With [`COURTESIES`] and the words for a password, all words of a sentence about the writer's own
/// matter. Whatever else is said may be about somebody else.
pub(super) const OWN_WORDS: List = List(
    "jag, vi, mej, mitt, mina, vart, ett, en, att, for, i, om, som, men, da, sa, inte, ej, aldrig, kom, komma, \
     kommit, glomt, glomde, glommer, minns, ihag, behover, behovs, vill, skulle, vilja, ha, fa, far, hade, \
     fatt, nytt, ny, nya, las, last, lasa, laste, utlast, sparrat, sparrad, sparrade, upp, ut, ute, konto, kontot, \
     dator, datorn, datorer, systemet, windows, outlook, teams, mejl, mejlen, natet, logga, loggar, inloggad, \
     inloggning, inloggningen, byta, bytt, bytte, aterstalla, aterstall, aterstallning, skicka, sms, \
     fungerar, funkar, stammer, gar, gick, langre, igen, idag, imorse, morse, sedan, sen, efter, semester, \
     semestern, ledighet, snarast, garna, bara, oj, forlat, ursakta, stor, losen, losenet, av, mot, in, inne, under, min, mobil, \
     mobilen, telefon, telefonen, nummer, numret, vet, vad, gor, akut, snabbt, bradskande, kunna, kvar, \
     i, a, an, m, am, ve, have, had, forgot, forgotten, need, needed, would, like, to, get, can, t, cannot, \
     could, not, don, didn, remember, know, any, more, longer, new, locked, out, of, account, computer, laptop, \
     log, login, sign, reset, again, since, today, this, that, after, holiday, vacation, password, for, on, \
     be, been, was, it, its, does, doesn, work, works, way, request, asap, soon, possible, sorry, we, at, \
     mobile, phone, number, your, send, text, ring, ringa, na, nar, nas, call, reach, er, oss",
);

/// Words that say goodbye or thank; below them people sign.
pub(super) const FAREWELLS: List = List(
    "tack, tackar, thanks, thank, cheers, halsar, halsning, halsningar, mvh, trevlig, bye, hejda, regards, \
     helg, kvall, weekend",
);

/// Words that a line has which says something, unlike the lines of a signature.
pub(super) const VERBS: List = List(
    "jag, vi, ni, hon, han, det, har, ar, var, kan, kommer, vill, behover, skicka, ring, sitter, jobbar, \
     glomt, heter, nar, we, you, she, he, is, am, are, have, has, can, will, need, send, call, forgot, \
     please, snalla, nedan, below, uppgifter, svar",
);

/// Other people, as one speaks of them.
pub(super) const THIRD_PERSONS: List =
    List("hennes, hans, hens, deras, her, his, their, henne, honom, him, hon, han, hen, she, he, sin, sitt");

/// Labels before other people, whose phones may stand on the lines below.
pub(super) const PERSONS: List =
    List("chef, chefen, manager, kontaktperson, kontakt, contact, kollega, kollegan, colleague, boss");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_single_slip_in_a_long_word_is_seen_and_no_second_one() {
        let list = List("fornamn, telefonnummer");
        for word in ["fornamn", "telefonnummer"] {
            for at in 0..word.len() {
                let (head, tail) = word.split_at(at);
                for slip in [format!("{head}z{tail}"), format!("{head}z{}", &tail[1..])] {
                    assert!(list.has_nearly(&slip), "{slip}");
                    assert!(!list.has_nearly(&format!("qq{slip}")), "qq{slip}");
                }
                let next = tail.chars().nth(1).filter(|next| !tail.starts_with(*next));
                if let Some(next) = next {
                    let swapped = format!("{head}{next}{}{}", &tail[..1], &tail[2..]);
                    assert!(list.has_nearly(&swapped), "{swapped}");
                }
            }
        }
        assert!(list.has_nearly("telefonnumer"), "a letter is missing");
        assert!(!list.has_nearly("fornman2"), "two slips");
    }
}
