//! Writing to the terminal: colours only where a terminal reads them, `NO_COLOR` respected, and a
//! closed pipe is no error.

use std::io::Write;

use anstyle::{AnsiColor, Style};

use super::CliError;

/// Green, for what is well.
pub(super) const GOOD: Style = AnsiColor::Green.on_default();
/// Yellow, for what needs a look.
pub(super) const CARE: Style = AnsiColor::Yellow.on_default();
/// Red, for what failed.
pub(super) const BAD: Style = AnsiColor::Red.on_default();
/// For what matters less.
pub(super) const FAINT: Style = Style::new().dimmed();
/// For headings.
pub(super) const BOLD: Style = Style::new().bold();

/// Writes a line of results.
pub(super) fn line(text: &str) -> Result<(), CliError> {
    match writeln!(anstream::stdout(), "{text}") {
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        Err(error) => Err(CliError::No(format!("the answer cannot be written: {error}"))),
        Ok(()) => Ok(()),
    }
}

/// Writes one JSON value on a line of its own.
pub(super) fn json(value: &impl serde::Serialize) -> Result<(), CliError> {
    let text = serde_json::to_string(value).map_err(|e| CliError::No(format!("no JSON can be made: {e}")))?;
    line(&text)
}

/// Writes to standard error.
pub(super) fn note(text: &str) {
    // There is nobody left to tell when standard error is closed.
    let _ = writeln!(anstream::stderr(), "{text}");
}

/// Writes a mistake of the configuration that does not keep the program from working.
pub(super) fn warn(text: &str) {
    note(&format!("{}: {text}", paint(CARE, "warning")));
}

/// Writes an error to standard error.
pub(super) fn complain(text: &str) {
    note(&format!("{}: {text}", paint(BAD, "nyckelbud")));
}

/// `text` in `style`.
pub(super) fn paint(style: Style, text: &str) -> String {
    format!("{style}{text}{style:#}")
}

/// `text` on one line, without characters that steer a terminal: file names and answers of servers
/// are made by others.
pub(super) fn plain(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}

/// `text` cut or filled with blanks to `width` columns of a terminal.
pub(super) fn column(text: &str, width: usize) -> String {
    use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};
    let text = plain(text);
    let full = UnicodeWidthStr::width(text.as_str());
    if full <= width {
        return format!("{text}{}", " ".repeat(width - full));
    }
    let mut cut = String::new();
    let mut used = 0;
    for c in text.chars() {
        let wide = c.width().unwrap_or(0);
        if used + wide + 1 > width {
            break;
        }
        cut.push(c);
        used += wide;
    }
    format!("{cut}…{}", " ".repeat(width.saturating_sub(used + 1)))
}

#[cfg(test)]
mod tests {
    use super::column;

    #[test]
    fn a_column_is_as_wide_as_a_terminal_shows_it() {
        assert_eq!(column("åäö", 5), "åäö  ");
        assert_eq!(column("abcdef", 4), "abc…");
        assert_eq!(column("", 2), "  ");
        assert_eq!(column("日本語", 5), "日本…");
    }

    #[test]
    fn a_column_holds_nothing_that_steers_a_terminal() {
        assert_eq!(column("\u{1b}[2Jx\n", 8), "\u{fffd}[2Jx\u{fffd}  ");
    }
}
