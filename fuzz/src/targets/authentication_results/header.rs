//! A header cut into fields, more simply than the program does it.

/// The fields in order, in lower case, each value on one line without comments and quotes and without
/// blanks around `=`, `;` and `.`.
pub fn fields(header: &[u8]) -> Vec<(String, String)> {
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

/// UTF-8, or else one character for each octet, as windows-1252 has it: between 0x80 and 0x9f stand
/// letters and signs, but for five octets that stay control characters.
fn text(octets: &[u8]) -> String {
    let is_sign =
        |octet: &u8| (0x80..0xa0).contains(octet) && ![0x81, 0x8d, 0x8f, 0x90, 0x9d].contains(octet);
    let each = || octets.iter().map(|octet| if is_sign(octet) { '?' } else { char::from(*octet) });
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
pub fn end_of_header(data: &[u8]) -> usize {
    let mut at = data.len() - data.trim_ascii_start().len();
    while let Some(length) = data[at..].iter().position(|octet| *octet == b'\n') {
        if matches!(&data[at..at + length], b"" | b"\r") {
            return at;
        }
        at += length + 1;
    }
    data.len()
}
