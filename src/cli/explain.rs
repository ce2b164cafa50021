//! `explain MAIL.eml`: what would be done with a mail, and why.

use std::io::Read;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::{CliError, Common, assembly, output};
use crate::clock::{Clock, SystemClock};
use crate::config::{MailboxSettings, Settings};
use crate::store::Store;
use crate::token::Tokens;
use crate::types::CheckResult;
use crate::worker::Explanation;

/// The command line of `explain`.
#[derive(Debug, clap::Args)]
pub(super) struct ExplainArgs {
    /// The mail, or - for standard input
    #[arg(value_name = "MAIL.eml")]
    mail: PathBuf,
    /// As if it had come to this mailbox [default: the first one]
    #[arg(long, value_name = "M")]
    mailbox: Option<String>,
}

pub(super) async fn run(common: &Common, args: ExplainArgs) -> Result<(), CliError> {
    let loaded = assembly::load(common)?;
    let settings = &loaded.settings;
    let mailbox = mailbox(settings, args.mailbox.as_deref())?;
    let (raw, truncated) = read(&args.mail, mailbox.max_mail_size)?;
    let history = History::of(settings).await?;
    let parts = assembly::parts(settings, Arc::clone(&history.store), &Tokens::default())?;
    let now = SystemClock.now();
    let explained = crate::worker::explain(&parts, raw, truncated, mailbox.authentication.clone(), now).await;
    let explanation = explained.map_err(|e| {
        CliError::No(format!("the mail cannot be explained: {e}; nothing was changed or sent, try again"))
    })?;
    if common.json { output::json(&explanation) } else { show(&explanation) }
}

fn mailbox<'a>(settings: &'a Settings, name: Option<&str>) -> Result<&'a MailboxSettings, CliError> {
    let Some(name) = name else {
        let none = || CliError::Wrong("no mailbox is configured; add a [[mailbox]]".to_owned());
        return settings.mailboxes.first().ok_or_else(none);
    };
    settings.mailboxes.iter().find(|m| m.name == name).ok_or_else(|| {
        let names: Vec<&str> = settings.mailboxes.iter().map(|m| m.name.as_str()).collect();
        CliError::Wrong(format!("no mailbox is named {name:?}; configured: {}", names.join(", ")))
    })
}

/// The mail, and whether it was cut at `limit` octets, as the mailbox would cut it.
fn read(path: &Path, limit: u64) -> Result<(Vec<u8>, bool), CliError> {
    let mut raw = Vec::new();
    let limited = limit.saturating_add(1);
    let reading = if path.as_os_str() == "-" {
        std::io::stdin().lock().take(limited).read_to_end(&mut raw)
    } else {
        std::fs::File::open(path).and_then(|file| file.take(limited).read_to_end(&mut raw))
    };
    reading.map_err(|e| CliError::Wrong(format!("the mail {} cannot be read: {e}", path.display())))?;
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let truncated = raw.len() > limit;
    raw.truncate(limit);
    Ok((raw, truncated))
}

/// What happened before, on which limits and threads rest.
struct History {
    store: Arc<dyn Store>,
    _passing: Option<Passing>,
}

impl History {
    /// The desk's own store. Before the first start there is none, and nothing has happened.
    async fn of(settings: &Settings) -> Result<Self, CliError> {
        if settings.store.url.sqlite_path().is_none_or(Path::exists) {
            return Ok(Self { store: assembly::existing_store(settings).await?, _passing: None });
        }
        output::note("There is no database yet: explained as the desk's first mail.");
        let passing = Passing::make()?;
        let url = format!("sqlite://{}", passing.0.join("empty.db").display());
        let store = crate::store::open(&url, settings.desk.address.domain()).await?;
        Ok(Self { store, _passing: Some(passing) })
    }
}

/// A folder that lives as long as the command.
struct Passing(PathBuf);

impl Passing {
    fn make() -> Result<Self, CliError> {
        let folder = std::env::temp_dir().join(format!("nyckelbud-{}", uuid::Uuid::new_v4().simple()));
        let failed = |e| CliError::No(format!("cannot make {}: {e}; nothing was changed", folder.display()));
        std::fs::DirBuilder::new().mode(0o700).create(&folder).map_err(failed)?;
        Ok(Self(folder))
    }
}

impl Drop for Passing {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_dir_all(&self.0) {
            output::note(&format!("{} is left over and may be removed: {error}", self.0.display()));
        }
    }
}

fn show(explanation: &Explanation) -> Result<(), CliError> {
    let of_sender = |key: &str| explanation.sender.get(key).and_then(|v| v.as_str()).unwrap_or("nobody");
    let sender = format!("{} ({})", of_sender("address"), of_sender("trust"));
    for (what, found) in [
        ("reading", explanation.reading.as_str()),
        ("username", explanation.username.as_deref().unwrap_or("none taken")),
        ("phone", explanation.phone.as_deref().unwrap_or("none taken")),
        ("sender", &sender),
    ] {
        output::line(&format!("  {} {}", output::column(what, 16), output::plain(found)))?;
    }
    output::line("")?;
    for line in &explanation.trail.0 {
        let (mark, style) = match line.result {
            CheckResult::Pass => ("✓", output::GOOD),
            CheckResult::Fail => ("✗", output::BAD),
            CheckResult::Unknown => ("?", output::CARE),
            CheckResult::Skipped => ("·", output::FAINT),
        };
        let check = serde_json::to_value(line.check).ok();
        let check = check.as_ref().and_then(|c| c.as_str()).unwrap_or_default().to_owned();
        output::line(&format!(
            "{} {} {}",
            output::paint(style, mark),
            output::column(&check, 16),
            output::plain(&line.evidence)
        ))?;
    }
    let reason = explanation.reason.as_ref().map(|r| format!(", {r}")).unwrap_or_default();
    let joins = explanation.ticket.as_ref().map(|t| format!("; it joins ticket {t}")).unwrap_or_default();
    let links = explanation.linked_to.as_ref().map(|t| format!("; linked to ticket {t}")).unwrap_or_default();
    output::line(&format!(
        "\n→ {}{joins}{links}",
        output::paint(output::BOLD, &(explanation.outcome.clone() + &reason))
    ))?;
    let acknowledged = if explanation.acknowledge { "gets" } else { "does not get" };
    output::line(&format!("  the writer {acknowledged} the acknowledgement; nothing was changed or sent"))
}
