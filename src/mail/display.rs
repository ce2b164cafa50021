//! A mail as it is shown to a technician: who, to whom, when, its text with quotes and signature apart,
//! what lies beside it, and its HTML form without anything active or from elsewhere. Pure, like all of
//! reading; the page only puts it down.

use super::reading::{self, Opened};
use super::shown::{is_invisible, one_line, without_numbers};
use super::text::{self, Share, Sorted};
use super::{Unreadable, html};
use crate::types::UnixMillis;

mod files;
mod formatted;
#[cfg(test)]
mod attacks;

pub use super::html::LinkTold;
pub use files::{Attachment, Blocked, Download};
pub use formatted::Formatted;

/// Characters of a line of the header.
const MAX_HEADER: usize = 300;

/// A mail as it is shown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Displayed {
    /// What its writer calls themselves; empty when From has no name.
    pub name: String,
    /// From's address as written. Nobody vouches for it here: the trail says who does.
    pub address: String,
    /// To and Cc, as written.
    pub to: String,
    /// Its Date, which its writer chose.
    pub date: Option<UnixMillis>,
    /// Its subject, on one line, with phone numbers hidden: a heading is seen from afar.
    pub subject: String,
    /// Its text, in the order in which it stands.
    pub text: Vec<Passage>,
    /// So many characters that turn the direction of text, or stand for nothing, were taken out.
    pub turned: usize,
    /// The parts that are no text.
    pub attachments: Vec<Attachment>,
    /// What its HTML form has, when it has one.
    pub html: Option<HtmlTold>,
    /// It could not be read as a mail: what its header tells is all there is to show.
    pub unreadable: Option<Unreadable>,
}

/// Lines of one kind, one below the other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Passage {
    /// Whose words they are.
    pub kind: PassageKind,
    /// The number of the first line, as evidence counts what the writer wrote; 0 for other passages.
    pub first: usize,
    /// The lines.
    pub lines: Vec<String>,
}

/// Whose words a passage holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PassageKind {
    /// The writer's.
    Written,
    /// Signature, disclaimer, or a gateway's banner.
    Signature,
    /// A quoted mail.
    Quoted,
}

/// What the HTML form of a mail holds beside its words.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HtmlTold {
    /// Its links, at most forty: what each says, and where it really leads.
    pub links: Vec<LinkTold>,
    /// Further links.
    pub more_links: usize,
    /// Pictures and other things that it would fetch from elsewhere.
    pub remote: usize,
    /// Scripts, forms, and whatever else does something.
    pub active: usize,
}

/// The mail `raw` as it is shown. What cannot be read at all shows its header.
#[must_use]
pub fn display(raw: &[u8]) -> Displayed {
    match reading::open(raw).and_then(displayed) {
        Ok(displayed) => displayed,
        Err(why) => {
            let glance = reading::glance(raw).unwrap_or_default();
            let (name, address) = name_and_address(&glance.from);
            let to = glance.to;
            let subject = glance.subject;
            Displayed { name, address, to, subject, unreadable: Some(why), ..Displayed::default() }
        }
    }
}

/// The HTML form of the mail `raw`, fit for a frame; `None` when it has none, or none that can be read.
#[must_use]
pub fn formatted(raw: &[u8]) -> Option<Formatted> {
    let opened = reading::open(raw).ok()?;
    formatted::formatted(opened.html.as_deref()?, &opened.files)
}

/// The attachment at this place of the mail `raw`; `None` when there is none, or it is blocked.
#[must_use]
pub fn download(raw: &[u8], place: usize) -> Option<Download> {
    files::download(reading::open(raw).ok()?.files.get(place)?)
}

fn displayed(opened: Opened<'_>) -> Result<Displayed, Unreadable> {
    let from = opened.fields.first("from").map(reading::unstructured).unwrap_or_default();
    let (name, address) = name_and_address(&from);
    let to: Vec<String> = ["to", "cc"]
        .into_iter()
        .flat_map(|name| opened.fields.all(name))
        .map(reading::unstructured)
        .collect();
    let (lines, turned) = text_of(&opened);
    let told = opened.html.as_deref().and_then(|html| html::outside(html).ok());
    Ok(Displayed {
        name,
        address,
        to: one_line(&to.join(", "), MAX_HEADER),
        date: opened.date,
        subject: without_numbers(&opened.subject),
        text: passages(lines?),
        turned,
        attachments: opened
            .files
            .iter()
            .enumerate()
            .map(|(place, file)| Attachment::of(place, file))
            .collect(),
        html: told.map(|outside| HtmlTold {
            links: outside.links,
            more_links: outside.more_links,
            remote: outside.remote,
            active: outside.active,
        }),
        unreadable: None,
    })
}

/// The lines that were read: those of the plain text, or else of the HTML form. And how many characters in
/// them are not seen.
fn text_of(opened: &Opened<'_>) -> (Result<Vec<Sorted>, Unreadable>, usize) {
    let unseen = |text: &str| text.chars().filter(|c| is_invisible(*c)).count();
    let says = |lines: &Result<Vec<Sorted>, Unreadable>| {
        let written = |line: &Sorted| line.share == Share::Written && !line.whole.is_empty();
        lines.as_ref().is_ok_and(|lines| lines.iter().any(written))
    };
    let plain = opened
        .plain
        .as_ref()
        .map(|(words, flow)| (text::sorted(text::plain_lines(words, *flow)), unseen(words)));
    match (plain, opened.html.as_deref()) {
        (Some((lines, turned)), None) => (lines, turned),
        (Some((lines, turned)), Some(_)) if says(&lines) => (lines, turned),
        (plain, Some(source)) => match html::shown(source) {
            Ok(shown) => (text::sorted(shown.lines), shown.unseen),
            Err(why) => plain.unwrap_or((Err(why), 0)),
        },
        (None, None) => (Ok(Vec::new()), 0),
    }
}

/// Lines of the same kind together. Blank ones around what was written, which evidence does not count, are
/// left out.
fn passages(lines: Vec<Sorted>) -> Vec<Passage> {
    let mut passages: Vec<Passage> = Vec::new();
    let mut number = 0;
    for line in lines {
        let kind = match line.share {
            Share::Written => PassageKind::Written,
            Share::Signature => PassageKind::Signature,
            Share::Quoted => PassageKind::Quoted,
        };
        let shown: String = line.whole.chars().filter(|c| !is_invisible(*c)).collect();
        if kind == PassageKind::Written {
            if number == 0 && line.whole.is_empty() {
                continue;
            }
            number += 1;
        }
        match passages.last_mut() {
            Some(passage) if passage.kind == kind => passage.lines.push(shown),
            _ => {
                let first = if kind == PassageKind::Written { number } else { 0 };
                passages.push(Passage { kind, first, lines: vec![shown] });
            }
        }
    }
    for passage in &mut passages {
        let end = passage.lines.iter().rposition(|line| !line.is_empty()).map_or(0, |last| last + 1);
        passage.lines.truncate(end);
    }
    passages.retain(|passage| !passage.lines.is_empty());
    passages
}

/// `Anna Andersson <anna@kommun.example>` as its two halves, each on one line.
fn name_and_address(from: &str) -> (String, String) {
    let line = one_line(from, MAX_HEADER);
    match line.rsplit_once('<') {
        Some((name, rest)) => {
            let name = name.trim().trim_matches('"').trim();
            let address = rest.split('>').next().unwrap_or_default().trim();
            (without_numbers(name), address.to_owned())
        }
        None => (String::new(), line),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(mail: &str) -> Displayed {
        display(mail.replace('\n', "\r\n").as_bytes())
    }

    fn passage(kind: PassageKind, first: usize, lines: &[&str]) -> Passage {
        Passage { kind, first, lines: lines.iter().map(|line| (*line).to_owned()).collect() }
    }

    #[test]
    fn a_mail_is_shown_whole_and_in_its_order() {
        let mail = shown(
            "From: =?utf-8?Q?=C3=85sa_Ek?= <asa@kommun.example>\nTo: desk@kommun.example\nCc: b@kommun.example\n\
             Subject: Nytt, 070-174 06 05\nDate: Mon, 30 Nov 2026 10:00:00 +0100\n\n\
             \n\nHej!\nUsername: asaek01\n\n> quoted\nPhone: 070-174 06 05\n-- \nÅsa\n",
        );
        assert_eq!((mail.name.as_str(), mail.address.as_str()), ("Åsa Ek", "asa@kommun.example"));
        assert_eq!(
            (mail.to.as_str(), mail.subject.as_str()),
            ("desk@kommun.example, b@kommun.example", "Nytt, ••• 05")
        );
        assert_eq!(mail.date, Some(UnixMillis(1_796_029_200_000)));
        assert_eq!(
            mail.text,
            [
                passage(PassageKind::Written, 1, &["Hej!", "Username: asaek01"]),
                passage(PassageKind::Quoted, 0, &["> quoted"]),
                passage(PassageKind::Written, 4, &["Phone: 070-174 06 05"]),
                passage(PassageKind::Signature, 0, &["--", "Åsa"]),
            ]
        );
    }

    #[test]
    fn lines_have_the_numbers_that_evidence_gives_them() {
        let raw = "Subject: x\r\n\r\n\r\nHej\r\n\r\n> q\r\n\r\nUsername: a1\r\n";
        let read = reading::read(raw.as_bytes(), &super::super::Authentication::Trusted, None, &[]).unwrap();
        for passage in display(raw.as_bytes()).text.iter().filter(|p| p.kind == PassageKind::Written) {
            for (at, line) in passage.lines.iter().enumerate() {
                assert_eq!(read.plain.as_ref().unwrap().lines[passage.first - 1 + at], *line);
            }
        }
    }

    #[test]
    fn the_html_form_speaks_where_there_is_no_plain_text() {
        let html = "Subject: x\nContent-Type: text/html\n\n<p>Hej <b>du</b></p><p>&#8238;evil</p>\n";
        let mail = shown(html);
        assert_eq!(mail.text, [passage(PassageKind::Written, 1, &["Hej du", "evil"])]);
        assert_eq!(mail.turned, 1);
        let both = "Subject: x\nContent-Type: multipart/alternative; boundary=b\n\n--b\n\n \n--b\n\
                    Content-Type: text/html\n\n<p>Hej</p>\n--b--\n";
        assert_eq!(shown(both).text, [passage(PassageKind::Written, 1, &["Hej"])]);
    }

    #[test]
    fn what_turns_text_is_taken_out_and_told() {
        let mail = shown("Subject: x\n\nfaktura\u{202e}fdp.exe \u{200b}och\n");
        assert_eq!(mail.text, [passage(PassageKind::Written, 1, &["fakturafdp.exe och"])]);
        assert_eq!(mail.turned, 2);
        assert_eq!(shown("Subject: x\n\nåäö\n").turned, 0);
    }

    #[test]
    fn what_cannot_be_read_shows_its_header() {
        let parts = "--b\nx\n".repeat(500);
        let mail = shown(&format!(
            "From: a@b.example\nSubject: s\nContent-Type: multipart/mixed; boundary=b\n\n{parts}"
        ));
        assert_eq!((mail.address.as_str(), mail.subject.as_str()), ("a@b.example", "s"));
        assert_eq!(mail.unreadable, Some(Unreadable::Limit("parts")));
        assert_eq!(shown("").unreadable, Some(Unreadable::Empty));
    }
}
