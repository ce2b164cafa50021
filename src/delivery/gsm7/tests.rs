//! Tests of the alphabet of text messages against the tables of 3GPP TS 23.038.

use std::collections::HashMap;

use super::*;

/// The standard's default alphabet as it is printed there (6.2.1): a row for the low four bits, a
/// column for the high three. ESC, SP, LF and CR are written as names.
const TABLE: &str = "
    @ Δ SP 0 ¡ P ¿ p
    £ _ !  1 A Q a q
    $ Φ \" 2 B R b r
    ¥ Γ #  3 C S c s
    è Λ ¤  4 D T d t
    é Ω %  5 E U e u
    ù Π &  6 F V f v
    ì Ψ '  7 G W g w
    ò Σ (  8 H X h x
    Ç Θ )  9 I Y i y
    LF Ξ * : J Z j z
    Ø ESC + ; K Ä k ä
    ø Æ ,  < L Ö l ö
    CR æ - = M Ñ m ñ
    Å ß .  > N Ü n ü
    å É /  ? O § o à";

fn table() -> HashMap<char, usize> {
    let mut codes = HashMap::new();
    for (row, line) in TABLE.trim().lines().enumerate() {
        for (column, name) in line.split_whitespace().enumerate() {
            let letter = match name {
                "ESC" => continue,
                "SP" => ' ',
                "LF" => '\n',
                "CR" => '\r',
                one => one.chars().next().unwrap(),
            };
            codes.insert(letter, column * 16 + row);
        }
    }
    codes
}

fn septets(text: &str) -> Option<usize> {
    length(text).ok().map(|length| length.septets)
}

#[test]
fn the_alphabet_is_the_standards_with_every_letter_at_its_code() {
    let table = table();
    assert_eq!(table.len(), 127);
    for (place, letter) in BASIC.chars().enumerate() {
        let code = if place < 0x1b { place } else { place + 1 };
        assert_eq!(table.get(&letter), Some(&code), "{letter:?}");
    }
    assert_eq!(BASIC.chars().count(), 127);
}

#[test]
fn letters_of_the_extension_table_count_two_and_all_others_stop_the_message() {
    let extension = ['\u{c}', '^', '{', '}', '\\', '[', '~', ']', '|', '€'];
    let table = table();
    for code in 0..0x3000 {
        let Some(letter) = char::from_u32(code) else { continue };
        let expected = if table.contains_key(&letter) {
            Ok(1)
        } else if extension.contains(&letter) {
            Ok(2)
        } else {
            Err(letter)
        };
        let measured = length(letter.encode_utf8(&mut [0; 4])).map(|length| length.septets);
        assert_eq!(measured, expected, "{letter:?}");
    }
}

#[test]
fn messages_are_cut_at_160_alone_and_at_153_together() {
    let segments = |text: &str| length(text).unwrap().segments;
    for (count, expected) in [(0, 1), (160, 1), (161, 2), (306, 2), (307, 3), (459, 3), (460, 4)] {
        assert_eq!(segments(&"å".repeat(count)), expected, "{count}");
    }
    assert_eq!(segments(&"€".repeat(80)), 1);
    assert_eq!(segments(&"€".repeat(81)), 2);
    // 153 is odd: of each part one septet stays empty.
    assert_eq!(segments(&"€".repeat(152)), 2);
    assert_eq!(length(&"€".repeat(153)), Ok(Length { septets: 306, segments: 3 }));
    assert_eq!((capacity(1), capacity(2)), (160, 306));
}

#[test]
fn names_keep_the_letters_of_the_alphabet_and_lose_only_marks_of_others() {
    for (name, expected) in [
        ("Åsa Öberg-Ängström", "Åsa Öberg-Ängström"),
        ("André Müller Muñoz Sørensen Æbelø à", "André Müller Muñoz Sørensen Æbelø à"),
        ("Žofia Nováková", "Zofia Novakova"),
        ("Łukasz Šćepanović", "Lukasz Scepanovic"),
        ("Đorđe Ćosić", "Dorde Cosic"),
        ("François Çelik Þóra Guðrún", "Francois Çelik Thora Gudrun"),
        ("A\u{30a}sa", "Åsa"),
        ("Nguyễn Ngọc Ảnh", "Nguyen Ngoc Anh"),
        ("İpek Yıldız Œuvre", "Ipek Yildiz OEuvre"),
        ("Ирина", "?????"),
        ("½ ﬁn™", "1/2 finTM"),
    ] {
        assert_eq!(plain(name), expected, "{name}");
        assert!(septets(&plain(name)).is_some());
    }
}

#[test]
fn typography_becomes_plain() {
    assert_eq!(plain("”Hej” – ’nej’… 5\u{a0}000 ‑ `x´"), "\"Hej\" - 'nej'... 5 000 - 'x'");
}

#[test]
fn a_value_stays_on_its_line() {
    let evil = " Anna\r\n\nNytt lösenord:\t\u{2028}\u{c}123\u{0}\u{1b}\u{85}\u{202e}x\u{200b}\u{ad} ";
    assert_eq!(plain(evil), "Anna Nytt lösenord: 123 x");
}
