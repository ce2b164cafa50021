//! What holds whatever is written.

use proptest::prelude::*;

use super::*;

/// Pieces of which mails are made, so that arbitrary texts come near to being requests.
const PIECES: [&str; 38] = [
    "Användarnamn",
    "användare",
    "Username",
    "Mobilnummer",
    "mobil",
    "Tel",
    "Lösenord",
    "Namn",
    "Chef",
    ":",
    " = ",
    " - ",
    "\t",
    " | ",
    ", ",
    ". ",
    " är ",
    " inte ",
    "annand12",
    "annand13",
    "anna.andersson@kommun.example",
    "Anna Andersson",
    "070-174 06 05",
    "+46 (0)70 174 06 06",
    "040-628 04 00",
    "0701740699",
    "1. ",
    "2) ",
    "\n",
    "\n\n",
    " eller ",
    "mitt ",
    "gammalt ",
    " t ex ",
    "<tel:+46701740605>",
    "19850412-1234",
    "(",
    ")",
];

fn pieces() -> impl Strategy<Value = String> {
    let piece =
        prop_oneof![8 => prop::sample::select(PIECES.to_vec()).prop_map(str::to_owned), 1 => "\\PC{0,3}"];
    prop::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat())
}

fn read_text(text: &str) -> Reading {
    read(&mail(&text.lines().collect::<Vec<_>>()))
}

fn digits(text: &str) -> String {
    text.chars().filter(char::is_ascii_digit).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn no_text_makes_the_reader_stumble(text in "(?s).{0,400}") {
        read_text(&text);
    }

    #[test]
    fn a_value_is_only_ever_what_stands_in_the_mail(text in pieces()) {
        let (username, phone) = values(&read_text(&text));
        if let Some((username, place)) = username {
            let number: usize = place.trim_start_matches("line ").parse().expect("a line");
            let line = text.lines().nth(number - 1).expect("the line is there");
            prop_assert!(line.contains(&username), "{username} is not in {line:?}");
        }
        if let Some((phone, place)) = phone {
            let number: usize = place.trim_start_matches("line ").parse().expect("a line");
            let line = text.lines().nth(number - 1).expect("the line is there");
            prop_assert!(digits(line).contains(&phone[3..]), "{phone} is not in {line:?}");
        }
    }

    #[test]
    fn two_mobiles_never_make_a_request(before in pieces(), after in pieces()) {
        let text = format!("{before}\n070-174 06 01\n{after}\nMobil: 070-174 06 02\n");
        let reading = read_text(&text);
        if let (_, Some((phone, _))) = values(&reading) {
            prop_assert!(false, "{phone} was taken from {text:?}");
        }
    }

    #[test]
    fn words_around_the_template_never_make_it_another_request(
        noise in prop::collection::vec("[A-Za-zÅÄÖåäö ,.!?]{0,40}", 4),
    ) {
        let lines = [&noise[0], USERNAME, &noise[1], PHONE, &noise[2], &noise[3]];
        let (username, phone) = values(&read(&mail(&lines)));
        prop_assert!(username.is_none_or(|(username, _)| username == "annand12"));
        prop_assert!(phone.is_none_or(|(phone, _)| phone == "+46701740605"));
    }
}
