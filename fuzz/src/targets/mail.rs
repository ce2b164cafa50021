//! Octets → mail → reading, below the guard that catches panics in the program.

use nyckelbud::mail::{Authentication, Mail, Unreadable, reading};
use nyckelbud::request::template::combine;
use nyckelbud::request::{Reading, template};

mod cut;
mod report;
mod tie;

/// A request as people write it.
pub const EXAMPLE: &str = "From: anna.andersson@kommun.example\r\nSubject: Nytt l=C3=B6senord\r\n\
    Content-Type: text/html\r\n\r\n<p>User name: annand12<p>Mobile: 070-174 06 05";

/// The lines of a mail hold at most so many octets for each of its own: windows-1252 becomes UTF-8,
/// and items of HTML lists get their numbers.
const GROWTH: usize = 8;

pub fn run(data: &[u8]) {
    let first = read(data);
    assert_eq!(format!("{first:?}"), format!("{:?}", read(data)), "the same mail is read in two ways");
    assert_ne!(first.as_ref().err(), Some(&Unreadable::Panicked));
    let Ok((mail, read)) = first else { return };
    let octets: usize = written(&mail).map(String::len).sum();
    assert!(octets <= GROWTH * data.len(), "{} octets became {octets}", data.len());
    tie::check(&mail, &read);
    report::check(&mail);
    cut::unseen(&mail, &read);
    cut::below(data, &read);
    combined(read);
}

fn read(data: &[u8]) -> Result<(Mail, Reading), Unreadable> {
    let mail = reading::read(data, &Authentication::Trusted, None, &["kommun.example".to_owned()])?;
    let said = template::read(&mail);
    Ok((mail, said))
}

/// All lines that were found, whoever wrote them.
fn written(mail: &Mail) -> impl Iterator<Item = &String> {
    let texts = [&mail.plain, &mail.html].into_iter().flatten();
    texts.flat_map(|text| text.lines.iter().chain(&text.signature).chain(&text.quoted))
}

/// A ticket of one mail says no more than the mail.
fn combined(read: Reading) {
    let together = combine(std::slice::from_ref(&read));
    let (one, all) = (tie::values(&read), tie::values(&together));
    assert!(all.0.is_none() || all.0 == one.0, "a username that no mail holds");
    assert!(all.1.is_none() || all.1 == one.1, "a phone that no mail holds");
    let twice = combine(&[read.clone(), read]);
    assert_eq!(twice.code(), together.code(), "a mail that comes twice says something else");
}
