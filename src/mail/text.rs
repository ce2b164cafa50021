//! The text a person wrote: lines as they see them, without the mails they quote and without
//! signature, disclaimer and banner. What is cut off by mistake is asked for again; what is left in
//! by mistake could be taken for the request. So each doubt ends in a cut.

use super::{Unreadable, WrittenText};

mod flowed;
mod quote;
mod signature;
#[cfg(test)]
mod tests;

pub(super) use flowed::Flow;

/// Lines of a text; each is looked at in several ways.
const MAX_LINES: usize = 20_000;

/// Whose words a line holds, as far as its place in the mail tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Zone {
    /// The writer's.
    Written,
    /// Within a container for signatures.
    Signature,
    /// Within a container for quoted mails, or behind `>`.
    Quoted,
}

/// A line as a person sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Line {
    pub(super) text: String,
    pub(super) zone: Zone,
}

impl Line {
    /// A line, made visible; behind `>` it is quoted wherever it stands.
    pub(super) fn new(text: &str, zone: Zone) -> Self {
        let text = visible(text);
        let zone = if text.starts_with('>') { Zone::Quoted } else { zone };
        Self { text, zone }
    }

    fn is_blank(&self) -> bool {
        self.text.is_empty()
    }
}

/// The text of a text/plain part.
///
/// # Errors
/// As [`written`].
pub(super) fn plain(text: &str, flow: Flow) -> Result<WrittenText, Unreadable> {
    written(plain_lines(text, flow))
}

/// The lines of a text/plain part.
pub(super) fn plain_lines(text: &str, flow: Flow) -> Vec<Line> {
    flowed::unfold(text, flow).iter().map(|line| Line::new(line, Zone::Written)).collect()
}

/// What the reading of the lines above has shown.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Above {
    /// Nothing yet but banners.
    Nothing,
    /// A banner that may go on until the next blank line.
    Banner,
    /// The writer's text.
    Text,
    /// The writer signed: what follows is signature, if it is not quoted.
    SignOff,
    /// A mail that is quoted to the end.
    QuotedMail,
}

/// Whose words a line is, once all lines were looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Share {
    /// What the writer wrote in this mail.
    Written,
    /// Signature, disclaimer or banner.
    Signature,
    /// A quoted mail.
    Quoted,
}

/// A line in its place in the mail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Sorted {
    pub(super) share: Share,
    /// As a person sees it.
    pub(super) whole: String,
    /// Octets of a gateway's mark at its beginning, which are not read.
    mark: usize,
}

impl Sorted {
    fn new(share: Share, whole: &str) -> Self {
        Self { share, whole: whole.to_owned(), mark: 0 }
    }

    /// A line of which only `line`, its end, is read.
    fn marked(share: Share, whole: &str, line: &str) -> Self {
        Self { share, whole: whole.to_owned(), mark: whole.len() - line.len() }
    }

    fn read(&self) -> &str {
        self.whole.get(self.mark..).unwrap_or(&self.whole)
    }
}

/// Lines as what was written, signature, and quoted mails.
///
/// # Errors
/// [`Unreadable::Limit`] when there are more lines than in any person's mail.
pub(super) fn written(lines: Vec<Line>) -> Result<WrittenText, Unreadable> {
    let mut text = WrittenText::default();
    for line in sorted(lines)? {
        let part = match line.share {
            Share::Written => &mut text.lines,
            Share::Signature => &mut text.signature,
            Share::Quoted => &mut text.quoted,
        };
        part.push(line.read().to_owned());
    }
    for part in [&mut text.lines, &mut text.signature, &mut text.quoted] {
        trim_blank_lines(part);
    }
    Ok(text)
}

/// Sorts lines, and leaves them in their order.
///
/// # Errors
/// As [`written`].
pub(super) fn sorted(lines: Vec<Line>) -> Result<Vec<Sorted>, Unreadable> {
    if lines.len() > MAX_LINES {
        return Err(Unreadable::Limit("lines of text"));
    }
    let mut all = Vec::with_capacity(lines.len());
    let labels: Vec<quote::Label> = lines.iter().map(quote::Label::of).collect();
    let mut above = Above::Nothing;
    let mut attribution_ends = 0;
    for (place, line) in lines.iter().enumerate() {
        if above == Above::QuotedMail || line.zone == Zone::Quoted || place < attribution_ends {
            all.push(Sorted::new(Share::Quoted, &line.text));
            continue;
        }
        if let Some(start) = quote::starts(&lines[place..], &labels[place..]) {
            match start {
                quote::Start::ToTheEnd => above = Above::QuotedMail,
                quote::Start::Attribution { lines } => attribution_ends = place + lines,
            }
            all.push(Sorted::new(Share::Quoted, &line.text));
            continue;
        }
        if line.zone == Zone::Signature || above == Above::SignOff {
            all.push(Sorted::new(Share::Signature, &line.text));
            continue;
        }
        let (line, now_above) = own(&line.text, above);
        above = now_above;
        all.push(line);
    }
    Ok(all)
}

/// Sorts one line of the writer's own.
fn own(whole: &str, above: Above) -> (Sorted, Above) {
    let at_the_top = matches!(above, Above::Nothing | Above::Banner);
    if whole.is_empty() {
        let above = if at_the_top { Above::Nothing } else { above };
        return (Sorted::new(Share::Written, ""), above);
    }
    let line = signature::without_tag(whole, at_the_top);
    if at_the_top && (line.is_empty() || signature::is_banner(line, above == Above::Banner)) {
        return (Sorted::new(Share::Signature, whole), Above::Banner);
    }
    // A gateway may put its disclaimer on top: then only that line is cut.
    if signature::is_disclaimer(line) {
        let above = if at_the_top { Above::Banner } else { Above::SignOff };
        return (Sorted::marked(Share::Signature, whole, line), above);
    }
    if signature::starts(line, at_the_top) {
        return (Sorted::marked(Share::Signature, whole, line), Above::SignOff);
    }
    (Sorted::marked(Share::Written, whole, line), Above::Text)
}

fn trim_blank_lines(lines: &mut Vec<String>) {
    let end = lines.iter().rposition(|line| !line.is_empty()).map_or(0, |last| last + 1);
    lines.truncate(end);
    let start = lines.iter().position(|line| !line.is_empty()).unwrap_or(0);
    lines.drain(..start);
}

/// A line with what cannot be seen taken out, where that leaves no doubt: every kind of blank is a
/// blank, the non-breaking hyphen is a hyphen, characters of no width and marks for text that runs
/// from left to right anyway are nothing. All else stays as it is for whoever reads a value: a soft
/// hyphen may be seen or not, full-width digits are other characters, and where text runs from
/// right to left a person sees another order than we read.
fn visible(line: &str) -> String {
    let right_to_left = |c| matches!(c, '\u{200f}' | '\u{202b}' | '\u{202e}' | '\u{2067}');
    let marks_matter = line.contains(right_to_left);
    let mut seen = String::with_capacity(line.len());
    for c in line.chars() {
        match c {
            '\u{2011}' => seen.push('-'),
            '\t' => seen.push('\t'),
            c if c.is_whitespace() => seen.push(' '),
            '\u{200b}'..='\u{200d}' | '\u{2060}' | '\u{feff}' => {}
            '\u{200e}' | '\u{202a}' | '\u{202c}' | '\u{202d}' | '\u{2066}' | '\u{2068}' | '\u{2069}'
                if !marks_matter => {}
            // Visible, so that it is noticed and no value is read through it.
            c if c.is_control() => seen.push('\u{fffd}'),
            c => seen.push(c),
        }
    }
    seen.trim().to_owned()
}

/// Lower case, å ä à as a, ö as o, é as e, blanks as one: the form in which marks are compared.
fn folded(line: &str) -> String {
    let plain = |c| match c {
        'å' | 'ä' | 'à' => 'a',
        'ö' => 'o',
        'é' => 'e',
        '’' => '\'',
        c => c,
    };
    let words: Vec<&str> = line.split_whitespace().collect();
    words.join(" ").to_lowercase().chars().map(plain).collect()
}
