//! The people who write: one account a mail, so that no limit of an account or a sender is met, and a
//! manager for each twenty.

use std::fmt::Write as _;

const FIRST: [&str; 10] =
    ["Anna", "Åsa", "Björn", "Cecilia", "David", "Eva", "Göran", "Hanna", "Jörgen", "Lena"];
const LAST: [&str; 10] = ["Andersson", "Berg", "Dahl", "Ek", "Holm", "Lind", "Nord", "Persson", "Sjö", "Öst"];
const UNITS: [&str; 6] =
    ["Hemtjänst Norr", "Receptionen", "Köket Solgården", "Gatukontoret", "Skolan", "Biblioteket"];

/// The numbers that Sweden reserves for fiction begin here; this many belong to people, the next one to
/// nobody.
const FIRST_PHONE: usize = 605;
const PHONES: usize = 90;

/// A number that no account has.
pub const ANOTHER_PHONE: &str = "070-174 06 99";

/// So many are in the directory when only letters come, which ask for nobody.
pub const FEW: usize = 100;

/// Somebody with an account.
pub struct Person {
    pub username: String,
    pub name: String,
    pub unit: String,
    pub phone: String,
}

/// The person with this number.
pub fn person(at: usize) -> Person {
    let (first, last) = (FIRST[at % FIRST.len()], LAST[(at / FIRST.len()) % LAST.len()]);
    Person {
        username: format!("user{at}@kommun.example"),
        name: format!("{first} {last}"),
        unit: UNITS[at % UNITS.len()].to_owned(),
        phone: phone(at),
    }
}

fn phone(at: usize) -> String {
    let number = FIRST_PHONE + at % PHONES;
    format!("070-174 {:02} {:02}", number / 100, number % 100)
}

/// The directory of the first `count` people and their managers.
pub fn directory(count: usize) -> String {
    let mut text = String::new();
    for at in 0..count {
        let person = person(at);
        let manager = format!("manager = \"chef{}@kommun.example\"\n", at / 20);
        account(&mut text, &format!("a-{at}"), &person, &manager);
    }
    for at in 0..count.div_ceil(20) {
        let manager = Person { username: format!("chef{at}@kommun.example"), ..person(at) };
        account(&mut text, &format!("m-{at}"), &manager, "");
    }
    text
}

fn account(text: &mut String, id: &str, person: &Person, manager: &str) {
    let Person { username, name, unit, phone } = person;
    let account = format!(
        "[[account]]\nid = \"{id}\"\nusername = \"{username}\"\nname = \"{name}\"\nmail = \"{username}\"\n\
         unit = \"{unit}\"\nenabled = true\ngroups = []\n{manager}[[account.phone]]\nnumber = \"{phone}\"\n\
         type = \"mobile\"\n"
    );
    let _ = writeln!(text, "{account}");
}
