//! Plain text as lines: line ends of every kind, and paragraphs that were folded for the way
//! (RFC 3676).

/// How plain text was folded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::mail) enum Flow {
    /// A line is a line.
    Fixed,
    /// A line that ends in a blank goes on in the next (`format=flowed`).
    Flowed,
    /// Likewise, and that blank is not part of the text (`delsp=yes`).
    DelSp,
}

impl Flow {
    /// From the parameters of Content-Type.
    pub(in crate::mail) fn of(format: Option<&str>, delsp: Option<&str>) -> Self {
        let is = |value: Option<&str>, word: &str| value.is_some_and(|v| v.trim().eq_ignore_ascii_case(word));
        match (is(format, "flowed"), is(delsp, "yes")) {
            (false, _) => Self::Fixed,
            (true, false) => Self::Flowed,
            (true, true) => Self::DelSp,
        }
    }
}

/// The lines of `text` as they were before it was folded.
pub(super) fn unfold(text: &str, flow: Flow) -> Vec<String> {
    let text = text.replace("\r\n", "\n");
    let is_end = |c| matches!(c, '\n' | '\r' | '\u{b}' | '\u{c}' | '\u{85}' | '\u{2028}' | '\u{2029}');
    let lines = text.split(is_end);
    match flow {
        Flow::Fixed => lines.map(str::to_owned).collect(),
        Flow::Flowed => join(lines, false),
        Flow::DelSp => join(lines, true),
    }
}

/// RFC 3676 4: the depth of quotation counts first, then a blank at the start is stuffing, then a
/// blank at the end says that the paragraph goes on, but only at the same depth. `-- ` never does.
fn join<'a>(lines: impl Iterator<Item = &'a str>, delsp: bool) -> Vec<String> {
    let mut joined: Vec<String> = Vec::new();
    let mut open: Option<usize> = None;
    for line in lines {
        let content = line.trim_start_matches('>');
        let depth = line.len() - content.len();
        let content = content.strip_prefix(' ').unwrap_or(content);
        let is_separator = content == "-- ";
        let goes_on = content.ends_with(' ') && !is_separator;
        let content = if goes_on && delsp { &content[..content.len() - 1] } else { content };
        match (open, joined.last_mut()) {
            (Some(before), Some(last)) if before == depth && !is_separator => last.push_str(content),
            _ => joined.push(format!("{}{content}", ">".repeat(depth))),
        }
        open = goes_on.then_some(depth);
    }
    joined
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_end_ends_a_line() {
        assert_eq!(unfold("a\r\nb\nc\rd\u{2028}e", Flow::Fixed), ["a", "b", "c", "d", "e"]);
    }

    #[test]
    fn a_folded_paragraph_is_one_line_again() {
        let text = "1. anna. \nandersson\n  stuffed\n> quoted \n> too\n>> deeper \n> not\n-- \nAnna";
        let expected = ["1. anna. andersson", " stuffed", ">quoted too", ">>deeper ", ">not", "-- ", "Anna"];
        assert_eq!(unfold(text, Flow::Flowed), expected);
        assert_eq!(unfold("070-174 \n0605", Flow::DelSp), ["070-1740605"]);
        assert_eq!(unfold("070-174 \n0605", Flow::Flowed), ["070-174 0605"]);
        assert_eq!(unfold("070-174 \n0605", Flow::Fixed), ["070-174 ", "0605"]);
    }

    #[test]
    fn the_parameters_are_read_in_any_case() {
        assert_eq!(Flow::of(Some("Flowed"), Some("YES")), Flow::DelSp);
        assert_eq!(Flow::of(Some("flowed"), Some("no")), Flow::Flowed);
        assert_eq!(Flow::of(None, Some("yes")), Flow::Fixed);
    }
}
