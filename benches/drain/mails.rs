//! The mails of a busy morning, the same ones for the same seed: requests from the template, people's
//! other mails (Outlook's HTML, alternatives, attachments), machines' mails. The shares and sizes are
//! those of a municipal service desk's mailbox: most mails are small, a tenth carry an attachment and
//! nine tenths of the octets.

use nyckelbud::clock::rfc5322;
use nyckelbud::types::UnixMillis;
use rand::rngs::StdRng;
use rand::seq::SliceRandom as _;
use rand::{RngExt as _, SeedableRng as _};

use crate::encoding::{base64_lines, encoded_word, quoted_printable};
use crate::people::{self, Person};
use crate::prose::{OUTLOOK_HEAD, PURPOSES, SENTENCES};

/// A run's numbers can only be compared with another's over the same mails.
const SEED: u64 = 20_261_124;

/// What a mail looks like.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    /// The template, filled in, as plain text or (every third) as HTML.
    Template,
    /// Outlook's HTML without a plain copy.
    Html,
    /// Plain text and HTML beside each other.
    Alternative,
    /// An alternative with one attached file.
    Attachment,
    /// An out-of-office reply.
    AutoReply,
}

/// How many of a hundred mails have each form.
const SHARES: [(Form, usize); 5] = [
    (Form::Template, 33),
    (Form::Html, 27),
    (Form::Alternative, 25),
    (Form::Attachment, 10),
    (Form::AutoReply, 5),
];

/// Octets of attached files; the larger, the rarer.
const ATTACHED: [usize; 5] = [70_000, 120_000, 180_000, 230_000, 290_000];

/// A mail, and what must become of it.
pub struct Mail {
    pub octets: String,
    /// The ticket's outcome as the program names it.
    pub outcome: &'static str,
}

/// `count` mails of the people of [`people::all`], in an order that mixes the forms.
pub fn all(count: usize, now: UnixMillis) -> Vec<Mail> {
    let mut rng = StdRng::seed_from_u64(SEED);
    let hundred = SHARES.iter().flat_map(|(form, share)| std::iter::repeat_n(*form, *share));
    let mut forms: Vec<Form> = hundred.cycle().take(count).collect();
    forms.shuffle(&mut rng);
    let mut writer = Writer { rng, date: rfc5322(now), requests: 0, attachments: 0 };
    forms.into_iter().enumerate().map(|(at, form)| writer.mail(&people::person(at), form)).collect()
}

/// `count` short letters, twenty of each writer so that nobody floods the desk: what grows with their
/// number is what the intake keeps in memory.
pub fn small(count: usize, now: UnixMillis) -> Vec<Mail> {
    let mut writer =
        Writer { rng: StdRng::seed_from_u64(SEED), date: rfc5322(now), requests: 0, attachments: 0 };
    let body = plain_part("Hej! Skrivaren har slut på papper.\r\n");
    let writers = count.div_ceil(20).max(1);
    (0..count).map(|at| writer.general(&people::person(at % writers), &body)).collect()
}

struct Writer {
    rng: StdRng,
    date: String,
    /// Requests written so far.
    requests: usize,
    /// Files attached so far.
    attachments: usize,
}

impl Writer {
    fn mail(&mut self, person: &Person, form: Form) -> Mail {
        match form {
            Form::Template => self.request(person),
            Form::Html => {
                let (_, html) = self.letter(person);
                self.general(person, &html_part(&html))
            }
            Form::Alternative => {
                let body = self.alternative(person);
                self.general(person, &body)
            }
            Form::Attachment => {
                let body = self.attachment(person);
                self.general(person, &body)
            }
            Form::AutoReply => {
                let body = plain_part("Jag är på semester och läser min e-post igen på måndag.\r\n");
                let more = "Auto-Submitted: auto-replied\r\nX-Auto-Response-Suppress: All\r\n";
                let octets = self.header(person, "Autosvar: Vi har fått ditt mejl", more) + &body;
                Mail { octets, outcome: "filed" }
            }
        }
    }

    /// Of twenty requests sixteen come with the registered phone, two with another, one without any,
    /// and one for a username that nobody has.
    fn request(&mut self, person: &Person) -> Mail {
        let (username, phone, outcome) = match self.requests % 20 {
            7 | 15 => (person.username.clone(), people::ANOTHER_PHONE.to_owned(), "manager"),
            9 => (person.username.clone(), String::new(), "asked"),
            19 => (format!("x{}", person.username), person.phone.clone(), "technician"),
            _ => (person.username.clone(), person.phone.clone(), "sms"),
        };
        let lines = [
            "Skriv efter kolon och skicka. Skriv aldrig ditt lösenord.".to_owned(),
            format!("Användarnamn: {username}"),
            format!("Mobilnummer: {phone}"),
            String::new(),
            "Med vänlig hälsning".to_owned(),
            person.name.clone(),
            person.unit.clone(),
        ];
        let body = if self.requests % 3 == 2 { html_part(&html(&lines)) } else { plain_part(&plain(&lines)) };
        self.requests += 1;
        Mail { octets: self.header(person, "Nytt lösenord", "") + &body, outcome }
    }

    fn general(&mut self, person: &Person, body: &str) -> Mail {
        let purpose = PURPOSES[self.rng.random_range(0..PURPOSES.len())];
        let subject = format!("{purpose}, {}", person.unit);
        Mail { octets: self.header(person, &subject, "") + body, outcome: "technician" }
    }

    /// The lines that servers and the author's program put on top of a mail.
    fn header(&mut self, person: &Person, subject: &str, more: &str) -> String {
        let (username, name, date) = (&person.username, encoded_word(&person.name), self.date.clone());
        let mut octets = String::from("Return-Path: <");
        octets += &format!("{username}>\r\n");
        octets += "Authentication-Results: mx.kommun.example;\r\n dkim=pass header.d=kommun.example header.s=s1;\r\n \
                   spf=pass smtp.mailfrom=kommun.example;\r\n dmarc=pass header.from=kommun.example\r\n";
        for hop in ["mx", "hub", "frontend", "client"] {
            let id = self.rng.random::<u64>();
            octets += &format!(
                "Received: from {hop}-out.kommun.example ({hop}-out.kommun.example [192.0.2.17])\r\n by \
                 {hop}.kommun.example (Postfix) with ESMTPS id {id:016X}\r\n for <servicedesk@kommun.example>; {date}\r\n"
            );
        }
        let signature: [u8; 256] = std::array::from_fn(|_| self.rng.random());
        octets += "DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d=kommun.example; s=s1;\r\n \
                   h=From:To:Subject:Date:Message-ID:MIME-Version:Content-Type;\r\n b=";
        octets += base64_lines(&signature).trim_end().replace("\r\n", "\r\n ").as_str();
        octets +=
            &format!("\r\nFrom: {name} <{username}>\r\nTo: Servicedesk <servicedesk@kommun.example>\r\n");
        octets += &format!("Subject: {}\r\nDate: {date}\r\n", encoded_word(subject));
        octets += &format!("Message-ID: <{:032x}@kommun.example>\r\n", self.rng.random::<u128>());
        octets
            + "Accept-Language: sv-SE, en-US\r\nContent-Language: sv-SE\r\nX-Mailer: Microsoft Outlook 16.0\r\n"
            + more
            + "MIME-Version: 1.0\r\n"
    }

    /// What somebody writes to a service desk, as plain text and as HTML.
    fn letter(&mut self, person: &Person) -> (String, String) {
        let mut lines = vec!["Hej!".to_owned()];
        for _ in 0..self.rng.random_range(6..24) {
            let sentences = self.rng.random_range(2..6);
            let chosen = (0..sentences).map(|_| SENTENCES[self.rng.random_range(0..SENTENCES.len())]);
            lines.push(chosen.collect::<Vec<_>>().join(" "));
            lines.push(String::new());
        }
        lines.extend(["Med vänlig hälsning".to_owned(), person.name.clone(), person.unit.clone()]);
        (plain(&lines), html(&lines))
    }

    fn alternative(&mut self, person: &Person) -> String {
        let (plain, html) = self.letter(person);
        let boundary = self.boundary("alternative");
        multipart("alternative", &boundary, &[plain_quoted(&plain), html_part(&html)])
    }

    fn attachment(&mut self, person: &Person) -> String {
        let letter = self.alternative(person);
        // In turn, so that every thousand mails weigh the same.
        let length = ATTACHED[self.attachments % ATTACHED.len()];
        self.attachments += 1;
        let mut file = vec![0_u8; length];
        self.rng.fill(&mut file[..]);
        let attached = "Content-Type: application/pdf; name=\"underlag.pdf\"\r\n\
                        Content-Disposition: attachment; filename=\"underlag.pdf\"\r\n\
                        Content-Transfer-Encoding: base64\r\n\r\n"
            .to_owned()
            + &base64_lines(&file);
        let boundary = self.boundary("mixed");
        multipart("mixed", &boundary, &[letter, attached])
    }

    fn boundary(&mut self, name: &str) -> String {
        format!("_{name}_{:016x}_", self.rng.random::<u64>())
    }
}

fn plain(lines: &[String]) -> String {
    lines.join("\r\n") + "\r\n"
}

/// The lines as Outlook writes them: a long style sheet, and each line in a paragraph and two spans.
fn html(lines: &[String]) -> String {
    let mut html = OUTLOOK_HEAD.replace('\n', "\r\n");
    for line in lines {
        let text = if line.is_empty() { "<o:p>&nbsp;</o:p>" } else { line };
        html += "<p class=\"MsoNormal\"><span style=\"font-size:11.0pt;font-family:&quot;Calibri&quot;,sans-serif\">\
                 <span lang=\"SV\" style=\"mso-fareast-language:EN-US\">";
        html += &format!("{text}</span></span></p>\r\n");
    }
    html + "</div></body></html>\r\n"
}

fn plain_part(text: &str) -> String {
    format!("Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n{text}")
}

fn plain_quoted(text: &str) -> String {
    let head =
        "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n";
    head.to_owned() + &quoted_printable(text)
}

fn html_part(html: &str) -> String {
    let head =
        "Content-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n";
    head.to_owned() + &quoted_printable(html)
}

fn multipart(kind: &str, boundary: &str, parts: &[String]) -> String {
    let mut body = format!("Content-Type: multipart/{kind}; boundary=\"{boundary}\"\r\n\r\n");
    for part in parts {
        body += &format!("--{boundary}\r\n{part}\r\n");
    }
    body + &format!("--{boundary}--\r\n")
}
