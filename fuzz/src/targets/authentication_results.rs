//! Who vouches for a sender, through the door by which whole mails come in. A wrong "yes" lets a
//! stranger start resets, so every yes must be visible to a plain search, and nothing that came with
//! the mail may bring it about.

use nyckelbud::mail::{Authentication, Sender, Trust, reading};

const OURS: &str = "mx.kommun.example";

/// Fields with which a sender vouches for himself. Above From only servers write.
const FORGERIES: [&str; 6] = [
    "Authentication-Results: mx.kommun.example; dmarc=pass header.from=kommun.example\r\n",
    "authentication-results: mx.kommun.example 1;\r\n\tdmarc=pass\r\n\theader.from=kommun.example\r\n",
    "Authentication-Results: spf=pass; dkim=pass;dmarc=pass action=none header.from=kommun.example;\
     compauth=pass reason=100\r\n",
    "X-MS-Exchange-Organization-AuthAs: Internal\r\nX-MS-Exchange-Organization-AuthSource: a.prod.outlook.com\r\n",
    "ARC-Authentication-Results: i=1; mx.kommun.example; dmarc=pass header.from=kommun.example\r\n",
    "Received-SPF: pass\r\nDKIM-Signature: v=1; a=rsa-sha256; d=kommun.example; s=a; h=from; bh=; b=\r\n",
];

pub fn run(data: &[u8]) {
    let Some(sender) = sender(data) else { return };
    assert_eq!(Some(&sender), self::sender(data).as_ref(), "the same sender is judged in two ways");
    if sender.trust > Trust::Unverified {
        is_vouched_for(data, &sender);
    }
    if sender.address.is_none() {
        assert_eq!(sender.trust, Trust::Unverified, "nobody is trusted");
    }
    let (header, rest) = data.split_at(end_of_header(data));
    let end: &[u8] = if header.ends_with(b"\n") { b"" } else { b"\n" };
    for forgery in FORGERIES {
        let forged = [header, end, forgery.as_bytes(), rest].concat();
        // It may have grown beyond a limit.
        if let Some(same) = self::sender(&forged) {
            assert_eq!(same, sender, "changed by a field of the sender's own: {forgery}");
        }
    }
}

fn sender(data: &[u8]) -> Option<Sender> {
    let mail =
        reading::read(data, &Authentication::Authserv(OURS.to_owned()), None, &["kommun.example".to_owned()]);
    mail.ok().map(|mail| mail.sender)
}

/// Our server's field stands above From, and says of From's domain that it passed.
fn is_vouched_for(data: &[u8], sender: &Sender) {
    let domain = sender.address.as_ref().expect("whoever is trusted has an address").domain();
    let fields = fields(&data[..end_of_header(data)]);
    let is_from = |field: &(String, String)| field.0 == "from";
    assert_eq!(fields.iter().filter(|field| is_from(field)).count(), 1, "trusted with several From");
    let from = fields.iter().position(is_from).expect("From");
    assert!(fields[from].1.contains(&format!("@{domain}")), "trusted for a domain that is not From's");
    let results = fields[..from].iter().filter(|(name, _)| name == "authentication-results");
    let ours = |value: &&str| {
        let id = value.split([' ', ';']).next();
        id == Some(OURS)
    };
    let vouches = results.map(|(_, value)| value.as_str()).filter(ours).any(|value| {
        value.split(';').any(|result| {
            let mut pairs = result.trim().split(' ');
            let passed =
                pairs.next().is_some_and(|pair| pair.starts_with("dmarc") && pair.ends_with("=pass"));
            passed && pairs.any(|pair| pair.strip_prefix("header.from=") == Some(domain))
        })
    });
    assert!(vouches, "trusted although {OURS} does not vouch for {domain}");
    assert_eq!(sender.trust == Trust::OwnDomain, domain == "kommun.example");
}

/// The fields in order, in lower case, each value on one line without comments and quotes and without
/// blanks around `=`, `;` and `.`.
fn fields(header: &[u8]) -> Vec<(String, String)> {
    let mut fields: Vec<(String, Vec<u8>)> = Vec::new();
    for line in header.trim_ascii_start().split(|octet| *octet == b'\n') {
        if line.starts_with(b" ") || line.starts_with(b"\t") {
            if let Some((_, value)) = fields.last_mut() {
                value.extend(line);
            }
        } else if let Some(colon) = line.iter().position(|octet| *octet == b':') {
            let name = String::from_utf8_lossy(&line[..colon]).trim_end().to_ascii_lowercase();
            if !name.is_empty() && name.bytes().all(|octet| octet.is_ascii_graphic()) {
                fields.push((name, line[colon + 1..].to_vec()));
            }
        }
    }
    fields.into_iter().map(|(name, value)| (name, simplified(&text(&value)))).collect()
}

/// UTF-8, or else one character for each octet.
fn text(octets: &[u8]) -> String {
    let each =
        || octets.iter().map(|octet| if (0x80..0xa0).contains(octet) { '?' } else { char::from(*octet) });
    std::str::from_utf8(octets).map_or_else(|_| each().collect(), str::to_owned).to_ascii_lowercase()
}

fn simplified(value: &str) -> String {
    let (mut depth, mut escaped, mut quoted, mut plain) = (0_usize, false, false, String::new());
    for c in value.chars() {
        match c {
            c if std::mem::take(&mut escaped) => plain.extend((depth == 0).then_some(c)),
            '\\' if quoted || depth > 0 => escaped = true,
            '"' if depth == 0 => quoted = !quoted,
            ';' | '=' | ' ' if quoted => plain.push('_'),
            '(' if !quoted => depth += 1,
            ')' if depth > 0 => depth -= 1,
            _ if depth > 0 => {}
            c if c.is_whitespace() || c.is_control() => plain.push(' '),
            c => plain.push(c),
        }
        if depth == 1 && c == '(' {
            plain.push(' ');
        }
    }
    let words: Vec<&str> = plain.split(' ').filter(|word| !word.is_empty()).collect();
    let line = words.join(" ");
    [("= ", "="), (" =", "="), ("; ", ";"), (" ;", ";"), (". ", "."), (" .", ".")]
        .iter()
        .fold(line, |line, (from, to)| line.replace(from, to))
}

/// Where the blank line begins that ends the header; the end, if it never ends.
fn end_of_header(data: &[u8]) -> usize {
    let mut at = data.len() - data.trim_ascii_start().len();
    while let Some(length) = data[at..].iter().position(|octet| *octet == b'\n') {
        if matches!(&data[at..at + length], b"" | b"\r") {
            return at;
        }
        at += length + 1;
    }
    data.len()
}
