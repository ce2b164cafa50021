//! `demo`: a whole desk in one folder, with invented people. Sample mails that cover every outcome
//! are dropped into a maildir one after the other; each line tells what became of one.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio_util::sync::CancellationToken;

use super::{CliError, Common, assembly, output, run};
use crate::clock::{Clock, SystemClock};
use crate::config::{Loaded, Settings};
use crate::store::{Store, TicketFilter, TicketView};
use crate::ticket::Kind;

mod folder;
mod samples;

use samples::{SAMPLES, Sample};

/// A sample that is not settled by then is a failure.
const PATIENCE: Duration = Duration::from_secs(30);

/// The command line of `demo`.
#[derive(Debug, clap::Args)]
pub(super) struct DemoArgs {
    /// The folder to build the desk in; must be empty or missing [default: a new one among the temporary files]
    #[arg(long, value_name = "D")]
    dir: Option<PathBuf>,
    /// End when every sample is settled; exit 1 when one is not as its name says
    #[arg(long)]
    once: bool,
}

pub(super) async fn run(args: DemoArgs) -> Result<(), CliError> {
    let dir = folder::build(args.dir)?;
    let common = Common { config: Some(dir.join("nyckelbud.toml")), json: false };
    let loaded: Loaded = assembly::load(&common)?;
    let settings = loaded.settings;
    crate::telemetry::init(&settings.telemetry).map_err(|e| CliError::Wrong(e.to_string()))?;
    let _only_one = run::lock(&settings)?;
    let store = assembly::store(&settings).await?;
    let parts = Arc::new(assembly::parts(&settings, Arc::clone(&store))?);
    let stop = CancellationToken::new();
    introduce(&dir, &settings)?;

    let desk = {
        let (settings, stop) = (settings.clone(), stop.clone());
        tokio::spawn(async move { run::serve(&settings, parts, stop).await })
    };
    let shown = show_all(&dir, &store, &stop).await;
    if let (Ok(failed), false) = (&shown, args.once) {
        tell_links(&dir, &settings, *failed)?;
        output::note("The desk goes on: drop further mails into mailbox/new. Ctrl-C ends it.");
        tokio::select! {
            _ = tokio::signal::ctrl_c() => {}
            () = stop.cancelled() => {}
        }
    }
    stop.cancel();
    let served = desk.await.map_err(|e| CliError::No(format!("the desk broke off: {e}")))?;
    let failed = shown?;
    served?;
    if args.once {
        tell_links(&dir, &settings, failed)?;
    }
    if failed == 0 {
        Ok(())
    } else {
        Err(CliError::No(format!("{failed} samples are not settled as their names say")))
    }
}

fn introduce(dir: &Path, settings: &Settings) -> Result<(), CliError> {
    output::line(&output::paint(output::BOLD, "A service desk with invented people"))?;
    for (what, place) in [
        ("mails come in", dir.join("mailbox/new")),
        ("texts go out", dir.join("sms")),
        ("mails go out", dir.join("mail")),
        ("people, phones, managers", dir.join("directory.toml")),
        ("configuration", dir.join("nyckelbud.toml")),
    ] {
        output::line(&format!("  {} {}", output::column(what, 26), place.display()))?;
    }
    output::line(&format!("  {} {}", output::column("pickup page", 26), settings.desk.public_url))?;
    output::line("")?;
    output::line(&output::paint(
        output::FAINT,
        &format!(
            "  {} {} {} {}",
            output::column("sample", 36),
            output::column("decision", 31),
            output::column("state", 9),
            "what left"
        ),
    ))
}

/// Drops the samples in one by one, and says what became of each. Answers how many went wrong.
async fn show_all(dir: &Path, store: &Arc<dyn Store>, stop: &CancellationToken) -> Result<usize, CliError> {
    let mut failed = 0;
    let mut seen = folder::leaving(dir);
    for sample in SAMPLES {
        folder::drop_in(dir, sample)?;
        let settled = settled(store, sample, stop).await?;
        let after = folder::leaving(dir);
        let left: Vec<&String> = after.iter().filter(|file| !seen.contains(*file)).collect();
        let as_named = settled.as_ref().is_some_and(|view| sample.fits(view));
        failed += usize::from(!as_named);
        row(sample, settled.as_ref(), as_named, &left)?;
        seen = after;
    }
    output::line("")?;
    Ok(failed)
}

/// Waits until the sample's ticket is settled and what belongs to it has left.
async fn settled(
    store: &Arc<dyn Store>,
    sample: &Sample,
    stop: &CancellationToken,
) -> Result<Option<TicketView>, CliError> {
    let until = Instant::now() + PATIENCE;
    while Instant::now() < until && !stop.is_cancelled() {
        let views = store.tickets(&TicketFilter::default()).await?;
        let mine = views.into_iter().rev().find(|view| match &sample.message_id() {
            Some(id) => view.messages.contains(id),
            None => view.ticket.kind == Kind::Quarantine,
        });
        if let Some(view) = mine
            && view.ticket.state.standing().settled()
            && nothing_is_under_way(store).await?
        {
            return Ok(Some(view));
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    Ok(None)
}

/// What is leased is due when its lease ends; everything else that is due so soon is still to come.
async fn nothing_is_under_way(store: &Arc<dyn Store>) -> Result<bool, CliError> {
    let soon = SystemClock.now().plus(Duration::from_secs(120));
    Ok(store.next_due().await?.is_none_or(|due| due > soon))
}

fn row(sample: &Sample, view: Option<&TicketView>, as_named: bool, left: &[&String]) -> Result<(), CliError> {
    let (mark, style) = if as_named { ("✓", output::GOOD) } else { ("✗", output::BAD) };
    let (decision, state) = view.map_or(("not settled".to_owned(), "-"), |view| {
        let ticket = &view.ticket;
        let outcome = ticket.outcome.map_or("-", crate::ticket::Fate::code);
        let reason = ticket.reason.map(|r| format!(", {r}")).unwrap_or_default();
        (format!("{outcome}{reason}"), ticket.state.standing().code())
    });
    let left: Vec<&str> = left.iter().map(|file| file.as_str()).collect();
    output::line(&format!(
        "{} {} {} {} {}",
        output::paint(style, mark),
        output::column(sample.name, 36),
        output::column(&decision, 31),
        output::column(state, 9),
        output::paint(output::FAINT, &folder::in_words(&left)),
    ))
}

fn tell_links(dir: &Path, settings: &Settings, failed: usize) -> Result<(), CliError> {
    if failed == 0 {
        let all = SAMPLES.len();
        output::line(&format!("All {all} samples are settled as their names say."))?;
    }
    let links = folder::links(dir, &settings.desk.public_url);
    if let Some(link) = links.first() {
        output::line("A manager's link, from a text in sms/; open it in a browser while the demo runs:")?;
        output::line(&format!("  {link}"))?;
    }
    let config = dir.join("nyckelbud.toml");
    output::line("Look further:")?;
    output::line(&format!("  nyckelbud --config {} tickets", config.display()))?;
    output::line(&format!("  nyckelbud --config {} audit verify", config.display()))
}
