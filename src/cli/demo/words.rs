//! What the demo says to a newcomer: where everything lies, what happened and why, what to try next.
//! It fits into 80 columns, long paths apart.

use std::collections::BTreeMap;
use std::path::Path;

use zeroize::Zeroizing;

use super::super::{CliError, output};
use super::folder::{self, Left};
use super::samples::{SAMPLES, Sample};
use crate::config::Settings;
use crate::store::TicketView;
use crate::ticket::Fate;
use crate::types::Reason;

/// What each outcome means, in the order in which they are told.
const OUTCOMES: [(Fate, &str); 6] = [
    (Fate::Sms, "the phone in the mail is registered: it got a password by SMS"),
    (Fate::Manager, "it is not, or none is: the nearest manager got a link by SMS"),
    (Fate::Asked, "something is missing: the writer was asked for it by mail"),
    (Fate::Merged, "another request for the same account is under way already"),
    (Fate::Technician, "a technician decides; the reason says why"),
    (Fate::Filed, "a machine wrote it: kept, never answered"),
];

/// Says what this is, where everything lies, and heads the table.
pub(super) fn introduce(dir: &Path, settings: &Settings) -> Result<(), CliError> {
    output::line(&output::paint(output::BOLD, "A service desk with invented people"))?;
    output::line("Sample mails are dropped into its mailbox, one after the other; each line of the")?;
    output::line("table tells what became of one. SMS and mails become files: nothing leaves this")?;
    output::line("machine.")?;
    output::line("")?;
    output::line(&format!("  {}", output::paint(output::BOLD, &dir.display().to_string())))?;
    for (place, what) in [
        ("samples/", "the sample mails"),
        ("mailbox/new/", "mails come in"),
        ("sms/", "text messages go out, a file each"),
        ("mail/", "mails go out, a file each"),
        ("directory.toml", "people, their phones and managers"),
        ("credentials.toml", "what setting a password leaves: its hash"),
        ("nyckelbud.toml", "the configuration"),
    ] {
        output::line(&format!("    {} {what}", output::column(place, 17)))?;
    }
    output::line(&format!("  {} {}", output::column("pickup page", 19), settings.desk.public_url))?;
    output::line("")?;
    output::line(&output::paint(
        output::FAINT,
        &format!(
            "  {} {} {} SMS mails",
            output::column("sample mail", 28),
            output::column("decision, reason", 29),
            output::column("state", 8),
        ),
    ))
}

/// One sample: what was decided, where it stands, how much left.
pub(super) fn row(
    sample: &Sample,
    view: Option<&TicketView>,
    as_named: bool,
    left: Left,
) -> Result<(), CliError> {
    let (mark, style) = if as_named { ("✓", output::GOOD) } else { ("✗", output::BAD) };
    let (decision, state) = view.map_or(("not settled".to_owned(), "-"), |view| {
        let ticket = &view.ticket;
        let outcome = ticket.outcome.map_or("-", Fate::code);
        let reason = ticket.reason.map(|r| format!(", {r}")).unwrap_or_default();
        (format!("{outcome}{reason}"), ticket.state.standing().code())
    });
    let count = |n: usize| if n == 0 { "·".to_owned() } else { n.to_string() };
    output::line(&format!(
        "{} {} {} {} {:>3} {:>5}",
        output::paint(style, mark),
        output::column(sample.name, 28),
        output::column(&decision, 29),
        output::column(state, 8),
        count(left.sms),
        count(left.mails),
    ))
}

/// Says what the words of the table mean.
pub(super) fn explain_outcomes(failed: usize) -> Result<(), CliError> {
    output::line("")?;
    if failed == 0 {
        let all = SAMPLES.len();
        output::line(&format!("All {all} samples are settled as their names say."))?;
    }
    for (fate, meaning) in OUTCOMES {
        let count = SAMPLES.iter().filter(|sample| sample.outcome == fate).count();
        output::line(&format!("  {count:>2} {} {meaning}", output::column(fate.code(), 11)))?;
    }
    output::line(&output::paint(
        output::FAINT,
        "  Mails: every person gets the same acknowledgement, at most one an hour. Owners\n  \
         and managers are told too.",
    ))
}

/// Shows a link to open, and what to try next.
pub(super) fn look_further(dir: &Path, settings: &Settings, once: bool) -> Result<(), CliError> {
    if let Some((file, text)) = folder::link_to_a_manager(dir, &settings.desk.public_url) {
        heading(&format!("A manager got this text (sms/{file})"))?;
        for line in text.lines() {
            output::line(&format!("  │ {}", output::plain(line)))?;
        }
        output::line(if once {
            "  Run the demo without --once to open its link in a browser."
        } else {
            "  Open its link in a browser: it shows who and what, and changes nothing. Only\n  \
             the button there sets a password, and shows it to that browser alone."
        })?;
    }
    heading("Try next")?;
    let program = program();
    let config = dir.join("nyckelbud.toml");
    let command = |rest: &str| format!("{program} --config {} {rest}", quoted(&config));
    let (sample, inbox) = (dir.join("samples/manager-no-phone.eml"), dir.join("mailbox/new"));
    try_this("every ticket; with --json also every check that was made", &command("tickets"))?;
    try_this("what would be done with a mail, and why", &command(&format!("explain {}", quoted(&sample))))?;
    try_this("is the audit log whole?", &command("audit verify"))?;
    if once {
        return Ok(());
    }
    try_this(
        "change a sample in an editor, then drop it in",
        &format!("cp {} {}/", quoted(&sample), quoted(&inbox)),
    )?;
    try_this("turn the automation off, and drop in another", &command("automation off --why \"a drill\""))
}

/// What waits in the technicians' queue beside the samples: by reason, as the queue groups it.
pub(super) fn waiting(tickets: &[TicketView]) -> Result<(), CliError> {
    if tickets.is_empty() {
        return output::line(&output::paint(output::BAD, "✗ The mails of the queue are not settled"));
    }
    let mut reasons: BTreeMap<&str, usize> = BTreeMap::new();
    for view in tickets {
        *reasons.entry(view.ticket.reason.map_or("-", Reason::code)).or_default() += 1;
    }
    let of_each: Vec<String> =
        reasons.into_iter().map(|(reason, count)| format!("{count} {reason}")).collect();
    output::line("")?;
    output::line(&format!(
        "{} more mails that only people can settle wait in the technicians' queue:",
        tickets.len()
    ))?;
    for line in of_each.chunks(3) {
        output::line(&format!("  {}", line.join(", ")))?;
    }
    Ok(())
}

/// Where technicians work, and how to come in.
pub(super) fn sign_in(settings: &Settings, people: &[(&str, Zeroizing<String>)]) -> Result<(), CliError> {
    heading("The technicians' pages")?;
    output::line(&format!("  {}/", settings.desk.public_url))?;
    for (name, password) in people {
        output::line(&format!("  username {} password {}", output::column(name, 9), password.as_str()))?;
    }
    output::line("  Sign in as the second in another browser: an override needs a colleague.")?;
    output::line("")?;
    output::line("The desk goes on. Ctrl-C ends it; its folder stays.")
}

fn try_this(what: &str, how: &str) -> Result<(), CliError> {
    output::line(&format!("  {}", output::paint(output::FAINT, &format!("# {what}"))))?;
    output::line(&format!("  {how}"))
}

fn heading(text: &str) -> Result<(), CliError> {
    output::line("")?;
    output::line(&output::paint(output::BOLD, text))
}

/// How this program was called: what works again in the same shell.
fn program() -> String {
    std::env::args_os().next().map_or_else(|| "nyckelbud".to_owned(), |name| quoted(Path::new(&name)))
}

/// `path` as a shell takes it.
fn quoted(path: &Path) -> String {
    let text = path.to_string_lossy();
    let harmless = |c: char| c.is_ascii_alphanumeric() || "/._-+,:@%".contains(c);
    if !text.is_empty() && text.chars().all(harmless) {
        return text.into_owned();
    }
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_can_be_pasted_into_a_shell() {
        for (path, wanted) in [
            ("/tmp/demo-1/nyckelbud.toml", "/tmp/demo-1/nyckelbud.toml"),
            ("/tmp/my demo", "'/tmp/my demo'"),
            ("/tmp/it's", r"'/tmp/it'\''s'"),
            ("/tmp/$HOME", "'/tmp/$HOME'"),
            ("", "''"),
        ] {
            assert_eq!(quoted(Path::new(path)), wanted);
        }
    }

    #[test]
    fn every_outcome_is_explained_and_has_a_sample() {
        for sample in SAMPLES {
            assert!(OUTCOMES.iter().any(|(fate, _)| *fate == sample.outcome), "{}", sample.name);
            assert!(sample.name.starts_with(sample.outcome.code()), "{}", sample.name);
            assert!(sample.name.len() <= 28, "{} does not fit its column", sample.name);
        }
        for (fate, _) in OUTCOMES {
            assert!(SAMPLES.iter().any(|sample| sample.outcome == fate), "{}", fate.code());
        }
    }
}
