//! The maker of mails: a request, filled in or not, among numbers and names that are nobody's answer.

use proptest::prelude::*;
use proptest::sample::select;

/// What is tied to the username's label, and what only ever stands elsewhere.
const OWN_NAMES: [&str; 4] = ["annand12", "karlin07", "maja.berg@kommun.example", "o-nils9"];
const OWN_NUMBERS: std::ops::Range<u8> = 5..50;
const OTHER_NUMBERS: std::ops::Range<u8> = 50..100;

/// How a mobile number is spelled; `##` are its last two digits.
const SPELLINGS: [&str; 6] = [
    "070-174 06 ##",
    "07017406##",
    "+46 70 174 06 ##",
    "+46 (0)70-174 06 ##",
    "00467017406##",
    "070\u{a0}174\u{a0}06\u{a0}##",
];

/// Lines around a request. In `##` stands a number that is tied to nothing.
const NOISE: [&str; 22] = [
    "Växeln har nummer 040-628 04 ##.",
    "Personnummer: 19121212-1212",
    "Ärendenummer: 40628-04##",
    "Datorn heter PC-07017406## och är ny.",
    "Kollegan Bo Ek (bosson34) kommer in.",
    "Chef: Erik Sand, 040-628 04 ##",
    "Jag sitter i rum 04##, plan 7.",
    "Med ett glas öl går allt - 2026-11-24 kl. 07.##",
    "https://kommun.example/hjalp?id=07017406##&user=bosson34",
    "Fel 0x8004##: kontot finns inte på domänen",
    "Jag försökte 3 gånger, senast 06:##.",
    "Hej! Jag kommer inte in på datorn.",
    "Chefens mobil: 070-174 06 ##",
    "Ring gärna Maja på 070-174 06 ##.",
    "Ordernummer: 07017406##",
    "erik.sand@kommun.example har samma problem",
    "Bosson34 sitter bredvid, hen når ni på 07017406##",
    "Faktura 070174-06## är betald.",
    "Chef: Karin Ek, mobil 070-174 06 ##",
    "Ring min kollega Karin, mobil: 070-174 06 ##",
    "Kontaktperson Karin Ek (tel 070-174 06 ##)",
    "Närmaste chef:\nKarin Ek\nMobil: 070-174 06 ##",
];
/// How many of them leave a request as clear as it is.
const HARMLESS: usize = 12;

/// The last three say nothing: who signs so has only put their name below a blank line.
const ENDINGS: [&str; 10] = [
    "Mvh",
    "Med vänlig hälsning",
    "Vänliga hälsningar",
    "Kind regards",
    "-- ",
    "Hälsningar",
    "/Bo",
    "Tack på förhand",
    "Trevlig helg",
    "Hemtjänst Norr",
];

const QUOTES: [&str; 4] = [
    "-----Ursprungligt meddelande-----",
    "Från: Bo Ek <bo.ek@kommun.example>\nSkickat: den 24 november 2026 07:30\nTill: Servicedesk\nÄmne: Lösenord",
    "Den tis 24 nov. 2026 kl 09:12 skrev Bo Ek <bo.ek@kommun.example>:",
    "On Tue, 24 Nov 2026 at 07:30, Bo Ek <bo.ek@kommun.example> wrote:",
];

/// How a field is written; `@` is its value.
#[derive(Clone, Copy, Debug)]
struct Style {
    username: &'static str,
    phone: &'static str,
}

const STYLES: [Style; 9] = [
    Style { username: "Användarnamn: @", phone: "Mobilnummer: @" },
    Style { username: "Username: @", phone: "Mobile: @" },
    Style { username: "Anv.namn - @", phone: "Tel - @" },
    Style { username: "Användarnamn:\n@", phone: "Mobilnummer som arbetsgivaren har registrerat:\n@" },
    Style { username: "Användarnamn\n\n@", phone: "Telefonnummer\n\n@" },
    Style { username: "1. @", phone: "2. @" },
    Style { username: "1) @", phone: "2) @" },
    Style { username: "1: @", phone: "2: @" },
    Style { username: "Anvädarnamn: @", phone: "Mobilnumer: @" },
];

/// What the text is written in.
#[derive(Clone, Copy, Debug)]
enum Charset {
    Utf8,
    Latin1,
    Undeclared,
}

#[derive(Clone, Copy, Debug)]
enum Encoding {
    EightBit,
    QuotedPrintable,
    Base64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Parts {
    Plain,
    Flowed,
    Html,
    Both,
    /// Both, and a number in the second that the first does not hold.
    Disagreeing,
}

/// How a line of HTML stands, and what is hidden in it; `~` is its text.
const MARKUPS: [&str; 5] = [
    "<p class=\"MsoNormal\"><span lang=\"SV\">~<o:p></o:p></span></p>",
    "<div>~<br></div>",
    "~<br>",
    "<p>~<span style=\"display:none\">Mobilnummer: 070-174 06 77</span></p>",
    "<div style='mso-hide:all'>Username: bosson34</div><div>~<!-- 2. 070-174 06 78 --></div>",
];

/// A mail to be.
#[derive(Clone, Debug)]
pub(super) struct Case {
    username: Option<&'static str>,
    number: Option<u8>,
    spelling: &'static str,
    style: Style,
    parts: Parts,
    charset: Charset,
    encoding: Encoding,
    markup: &'static str,
    before: Vec<String>,
    between: Vec<String>,
    after: Vec<String>,
    ending: Option<(&'static str, u8)>,
    quote: Option<(&'static str, Style, u8)>,
}

fn noise() -> impl Strategy<Value = String> {
    let line = prop_oneof![9 => select(NOISE[..HARMLESS].to_vec()), 1 => select(NOISE.to_vec())];
    (line, OTHER_NUMBERS).prop_map(|(line, number)| line.replace("##", &number.to_string()))
}

fn lines(most: usize) -> impl Strategy<Value = Vec<String>> {
    prop::collection::vec(noise(), 0..=most)
}

/// Any mail of this kind.
pub(super) fn case() -> impl Strategy<Value = Case> {
    let values = (
        prop::option::weighted(0.8, select(OWN_NAMES.to_vec())),
        prop::option::weighted(0.8, OWN_NUMBERS),
        select(SPELLINGS.to_vec()),
        select(STYLES.to_vec()),
    );
    let octets = (
        prop_oneof![
            2 => Just(Parts::Plain), 2 => Just(Parts::Flowed), 2 => Just(Parts::Html),
            2 => Just(Parts::Both), 1 => Just(Parts::Disagreeing),
        ],
        select(vec![Charset::Utf8, Charset::Latin1, Charset::Undeclared]),
        select(vec![Encoding::EightBit, Encoding::QuotedPrintable, Encoding::Base64]),
        select(MARKUPS.to_vec()),
    );
    let around = (
        lines(2),
        prop_oneof![3 => Just(Vec::new()), 1 => lines(1)],
        lines(2),
        prop::option::of((select(ENDINGS.to_vec()), OTHER_NUMBERS)),
        prop::option::weighted(0.3, (select(QUOTES.to_vec()), select(STYLES.to_vec()), OTHER_NUMBERS)),
    );
    (values, octets, around).prop_map(|(values, octets, around)| Case {
        username: values.0,
        number: values.1,
        spelling: values.2,
        style: values.3,
        parts: octets.0,
        charset: octets.1,
        encoding: octets.2,
        markup: octets.3,
        before: around.0,
        between: around.1,
        after: around.2,
        ending: around.3,
        quote: around.4,
    })
}

fn spelled(spelling: &str, number: u8) -> String {
    spelling.replace("##", &format!("{number:02}"))
}

impl Case {
    /// What is tied to the username's label or number.
    pub(super) fn username(&self) -> Option<String> {
        self.username.map(str::to_owned)
    }

    /// What is tied to the phone's, when the parts of the mail agree.
    pub(super) fn phone(&self) -> Option<String> {
        let number = self.number.filter(|_| self.parts != Parts::Disagreeing)?;
        Some(format!("+467017406{number:02}"))
    }

    fn text(&self, number: Option<u8>) -> String {
        let phone = number.map(|number| spelled(self.spelling, number)).unwrap_or_default();
        let mut lines = self.before.clone();
        lines.push(self.style.username.replace('@', self.username.unwrap_or_default()));
        lines.extend(self.between.iter().cloned());
        lines.push(self.style.phone.replace('@', &phone));
        lines.push(String::new());
        lines.extend(self.after.iter().cloned());
        if let Some((ending, number)) = self.ending {
            lines.push(ending.to_owned());
            lines.push("Bo Ek, omsorgen".to_owned());
            lines.push(format!("Mobil: {}", spelled(SPELLINGS[0], number)));
            lines.push("Tel 040-628 04 00".to_owned());
        }
        if let Some((introduction, style, number)) = self.quote {
            lines.push(String::new());
            lines.push(introduction.to_owned());
            lines.push(style.username.replace('@', "bosson34"));
            lines.push(style.phone.replace('@', &spelled(SPELLINGS[0], number)));
        }
        lines.join("\n") + "\n"
    }

    fn html(&self, number: Option<u8>) -> String {
        let escaped = |line: &str| line.replace('&', "&amp;").replace('<', "&lt;");
        let lines: String =
            self.text(number).lines().map(|line| self.markup.replace('~', &escaped(line)) + "\n").collect();
        format!("<html><head><style>.a{{top:0701740699}}</style></head><body>{lines}</body></html>\n")
    }

    /// A part with its own header.
    fn part(&self, kind: &str, text: &str) -> Vec<u8> {
        let octets: Vec<u8> = match self.charset {
            Charset::Utf8 => text.as_bytes().to_vec(),
            Charset::Latin1 | Charset::Undeclared => {
                text.chars().map(|c| u8::try_from(u32::from(c)).expect("in Latin-1")).collect()
            }
        };
        let charset = match self.charset {
            Charset::Utf8 => "; charset=utf-8",
            Charset::Latin1 => "; charset=\"ISO-8859-1\"",
            Charset::Undeclared => "",
        };
        let (encoding, octets) = match self.encoding {
            Encoding::EightBit => ("8bit", octets),
            Encoding::QuotedPrintable => ("quoted-printable", quoted_printable(&octets)),
            Encoding::Base64 => ("base64", data_encoding::BASE64_MIME.encode(&octets).into_bytes()),
        };
        let header = format!("Content-Type: {kind}{charset}\nContent-Transfer-Encoding: {encoding}\n\n");
        [header.as_bytes(), &octets].concat()
    }

    /// The mail as it lies in a mailbox.
    pub(super) fn octets(&self) -> Vec<u8> {
        let header: &[u8] = b"From: Bo Ek <bo.ek@kommun.example>\nTo: servicedesk@kommun.example\n\
            Subject: =?iso-8859-1?Q?Nytt_l=F6senord?=\nMIME-Version: 1.0\n";
        let second = if self.parts == Parts::Disagreeing { Some(4) } else { self.number };
        let plain = |kind| self.part(kind, &self.text(self.number));
        let html = || self.part("text/html", &self.html(second));
        let body = match self.parts {
            Parts::Plain => plain("text/plain"),
            Parts::Flowed => plain("text/plain; format=flowed"),
            Parts::Html => html(),
            Parts::Both | Parts::Disagreeing => [
                &b"Content-Type: multipart/alternative; boundary=\"=_x\"\n\n--=_x\n"[..],
                &plain("text/plain"),
                b"\n--=_x\n",
                &html(),
                b"\n--=_x--\n",
            ]
            .concat(),
        };
        [header, &body].concat()
    }
}

/// RFC 2045 6.7, with every octet that is not a plain one written in digits.
fn quoted_printable(octets: &[u8]) -> Vec<u8> {
    let mut encoded = Vec::new();
    for &octet in octets {
        match octet {
            b'\n' | b' '..=b'<' | b'>'..=b'~' => encoded.push(octet),
            _ => encoded.extend(format!("={octet:02X}").into_bytes()),
        }
    }
    encoded
}

/// Who needs a password, as somebody else says it.
const OTHERS: [&str; 7] = [
    "Min kollega har glömt sitt lösenord, kan ni hjälpa henne?",
    "Karin behöver nytt lösenord.",
    "Kan ni återställa lösenordet för en elev?",
    "Hej! Vår vikarie kommer inte in.",
    "Can you help my student with a new password?",
    "Maja is locked out of her computer.",
    "Nytt lösenord till Karin, tack!",
];

/// What a person puts below a mail, in any order and with any signs between.
const OWN_LINES: [&str; 6] = [
    "Bo Ek",
    "Hemtjänst Norr",
    "070-174 06 05",
    "bo.ekman@kommun.example",
    "Lärare",
    "bo.ekman, 070-174 06 05",
];

/// A mail for somebody else, with an unsigned signature below.
pub(super) fn unsigned() -> impl Strategy<Value = Vec<u8>> {
    let signature = prop::collection::vec(select(OWN_LINES.to_vec()), 1..=5);
    let joint = select(vec!["\n", "\n\n", " | ", ", ", " / "]);
    (select(OTHERS.to_vec()), signature, joint, any::<bool>()).prop_map(|(text, signature, joint, html)| {
        let text = format!("{text}\n\n{}\n", signature.join(joint));
        octets(&text, html)
    })
}

/// A table with its row: each column's heading with what stands below it, which may be nothing.
pub(super) fn table() -> impl Strategy<Value = (Vec<u8>, bool, bool)> {
    let columns = Just(vec![
        ("Användarnamn", "annand12"),
        ("Mobil", "070-174 06 05"),
        ("Chefens mobil", "070-174 06 99"),
        ("Kollegans användarnamn", "bosson34"),
        ("Ort", "Lund"),
    ]);
    let filled = prop::collection::vec(prop::bool::weighted(0.7), 5);
    (columns.prop_shuffle(), filled, 0_u8..3).prop_map(|(columns, filled, kind)| {
        let heads: Vec<&str> = columns.iter().map(|(head, _)| *head).collect();
        let row: Vec<&str> =
            columns.iter().zip(&filled).map(|((_, own), f)| if *f { *own } else { "" }).collect();
        let has = |head: &str| columns.iter().zip(&filled).any(|((own, _), f)| *own == head && *f);
        let mail = match kind {
            0 => {
                let cells =
                    |row: &[&str]| row.iter().map(|cell| format!("<td>{cell}</td>")).collect::<String>();
                octets(&format!("<table><tr>{}</tr><tr>{}</tr></table>", cells(&heads), cells(&row)), true)
            }
            1 => octets(&format!("| {} |\n| {} |\n", heads.join(" | "), row.join(" | ")), false),
            _ => octets(&format!("{}\n{}\n", heads.join("\t"), row.join("\t")), false),
        };
        (mail, has("Användarnamn"), has("Mobil"))
    })
}

/// A mail of Bo's.
fn octets(text: &str, html: bool) -> Vec<u8> {
    let (kind, text) = if html { ("html", text.replace('\n', "<br>\n")) } else { ("plain", text.to_owned()) };
    format!(
        "From: Bo Ek <bo.ekman@kommun.example>\nTo: servicedesk@kommun.example\n\
         Subject: =?iso-8859-1?Q?Nytt_l=F6senord?=\nMIME-Version: 1.0\n\
         Content-Type: text/{kind}; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n{text}"
    )
    .into_bytes()
}
