//! How alike two mails are: in an outage many people write nearly the same. Each text gets 64 bits, of
//! which few differ between texts that differ little (simhash: Charikar, "Similarity estimation
//! techniques from rounding algorithms", 2002). They are made once, when the mail comes, and kept.

use sha2::{Digest, Sha256};

/// So many words of a mail are looked at; what comes later makes mails no more alike.
const MAX_WORDS: usize = 400;
/// Words that are looked at together.
const GRAM: usize = 3;
/// What mail programs put before a subject that is answered or sent on.
const PREFIXES: [&str; 8] = ["sv", "vb", "re", "fwd", "fw", "vs", "aw", "ang"];

/// `subject` without `SV:`, `VB:`, `Re:`, `Fwd:` and their like before it.
#[must_use]
pub fn bare_subject(subject: &str) -> &str {
    let mut rest = subject.trim();
    while let Some((before, after)) = rest.split_once(':') {
        let prefix = before.trim_end_matches(|c: char| c.is_ascii_digit() || "[]()".contains(c)).trim();
        if !PREFIXES.iter().any(|known| prefix.eq_ignore_ascii_case(known)) {
            break;
        }
        rest = after.trim_start();
    }
    rest
}

/// What the text is like; 0 when it has no words. `lines` are without quoted mails. Digits, words with
/// digits in them, and the words in `names` do not count: they tell people apart, not texts.
pub(super) fn alike(subject: &str, lines: &[String], names: &[String]) -> u64 {
    let text = std::iter::once(bare_subject(subject)).chain(lines.iter().map(String::as_str));
    let words: Vec<String> = text
        .flat_map(|line| line.split(|c: char| !c.is_alphanumeric()))
        .filter(|word| !word.is_empty() && !word.chars().any(char::is_numeric))
        .map(str::to_lowercase)
        .filter(|word| !names.contains(word))
        .take(MAX_WORDS)
        .collect();
    let mut votes = [0_i32; 64];
    for gram in words.windows(GRAM.min(words.len()).max(1)) {
        let bits = bits_of(&gram.join(" "));
        for (place, vote) in votes.iter_mut().enumerate() {
            *vote += if bits >> place & 1 == 1 { 1 } else { -1 };
        }
    }
    votes.iter().enumerate().filter(|(_, vote)| **vote > 0).fold(0, |hash, (place, _)| hash | 1 << place)
}

fn bits_of(gram: &str) -> u64 {
    let digest = Sha256::digest(gram.as_bytes());
    digest.iter().take(8).fold(0, |bits, octet| bits << 8 | u64::from(*octet))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(subject: &str, text: &str, names: &[&str]) -> u64 {
        let lines: Vec<String> = text.lines().map(str::to_owned).collect();
        alike(subject, &lines, &names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>())
    }

    const LONG: &str = "Hej, jag kommer inte in på datorn efter helgen och behöver ett nytt lösenord så fort \
                        det går.\nTelefonerna verkar vara nere hos er, så jag mejlar i stället.";

    #[test]
    fn a_subject_loses_what_answering_put_before_it() {
        for subject in ["Glömt", "SV: Glömt", "Re: VB: Glömt", "FWD:Glömt", "Re[2]: Glömt", " sv : Glömt "]
        {
            assert_eq!(bare_subject(subject), "Glömt", "{subject}");
        }
        assert_eq!(bare_subject("Obs: Glömt"), "Obs: Glömt");
        assert_eq!(bare_subject("Re:"), "");
    }

    #[test]
    fn who_writes_and_their_numbers_make_no_difference() {
        let anna = format!("{LONG}\nAnvändarnamn: annand12, telefon 070-174 06 71\nAnna");
        let bo = format!("{LONG}\nAnvändarnamn: bogran03, telefon 070-174 06 05\nBo");
        let same = of("Glömt lösenordet", &anna, &["anna", "andersson"]);
        assert_ne!(same, 0);
        assert_eq!(of("SV: glömt LÖSENORDET", &bo, &["bo", "granlund"]), same);
    }

    #[test]
    fn few_words_more_are_near_and_another_matter_is_far() {
        let far = |a: u64, b: u64| (a ^ b).count_ones();
        let long =
            format!("{LONG} {}", "Vi är fem på avdelningen som har samma bekymmer sedan i morse. ".repeat(4));
        let one = of("Glömt lösenordet", &long, &[]);
        let near = of("Glömt lösenordet", &format!("{long} Tack"), &[]);
        assert!(far(one, near) <= 6, "{}", far(one, near));
        let other = of("Skrivaren", "Skrivaren på plan 2 blinkar rött och matar inget papper alls.", &[]);
        assert!(far(one, other) > 12, "{}", far(one, other));
    }

    #[test]
    fn without_words_nothing_is_known() {
        assert_eq!(of("", "", &[]), 0);
        assert_eq!(of("070-174 06 05", "annand12", &[]), 0);
        assert_ne!(of("Lösenord", "", &[]), 0);
    }
}
