//! `demo`: a whole desk in one folder, with invented people. Sample mails that cover every outcome
//! are dropped into a maildir one after the other; each line tells what became of one.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio_util::sync::CancellationToken;

use super::run::{Desk, Signal, Signals};
use super::{CliError, Common, assembly, run};
use crate::clock::{Clock, SystemClock};
use crate::store::{Store, TicketFilter, TicketView};
use crate::telemetry::how_it_ended;
use crate::ticket::Kind;
use crate::web::port::TicketActs;

mod folder;
mod queue;
mod samples;
mod words;

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
    let mut signals = Signals::listen()?;
    let (dir, door) = folder::build(args.dir)?;
    let common = Common { config: Some(dir.join("nyckelbud.toml")), json: false };
    let loaded = assembly::load(&common)?;
    let settings = loaded.settings.clone();
    crate::telemetry::init(&settings.telemetry).map_err(|e| CliError::Wrong(e.to_string()))?;
    let _only_one = run::lock(&settings)?;
    let store = assembly::store(&settings).await?;
    let people = queue::add_people(store.as_ref()).await?;
    let desk = Desk::open(loaded, Arc::clone(&store), Some(&door))?;
    drop(door);
    let acts = desk.acts();
    words::introduce(&dir, &settings)?;

    let stop = CancellationToken::new();
    let working = tokio::spawn(desk.serve(stop.clone()));
    let shown = tokio::select! {
        shown = show_all(&dir, &store, acts.as_ref(), &stop) => shown,
        () = stop_signal(&mut signals) => Err(CliError::No("stopped before every sample was settled".to_owned())),
    };
    if let Ok(failed) = shown
        && !stop.is_cancelled()
    {
        words::explain_outcomes(failed)?;
        words::look_further(&dir, &settings, args.once)?;
        if !args.once {
            words::sign_in(&settings, &people)?;
        }
        if !args.once {
            tokio::select! {
                () = stop_signal(&mut signals) => {}
                () = stop.cancelled() => {}
            }
        }
    }
    stop.cancel();
    // Why the desk ended says more than that samples were not settled.
    working.await.map_err(|e| CliError::No(format!("the desk broke off, {}", how_it_ended(&e))))??;
    match shown? {
        0 => Ok(()),
        1 => Err(CliError::No("1 sample is not settled as its name says".to_owned())),
        failed => Err(CliError::No(format!("{failed} samples are not settled as their names say"))),
    }
}

/// Until Ctrl-C or SIGTERM; there is no configuration to read again.
async fn stop_signal(signals: &mut Signals) {
    while let Signal::Reload = signals.next().await {}
}

/// Drops the samples in one by one, and says what became of each; then what waits in the technicians' queue. Answers
/// how many went wrong.
async fn show_all(
    dir: &Path,
    store: &Arc<dyn Store>,
    acts: &dyn TicketActs,
    stop: &CancellationToken,
) -> Result<usize, CliError> {
    let mut failed = 0;
    let mut seen = folder::leaving(dir);
    for sample in SAMPLES {
        folder::drop_in(dir, sample.name, &sample.mail(), sample.age)?;
        let settled = settled(store, sample, stop).await?;
        if stop.is_cancelled() {
            break;
        }
        let after = folder::leaving(dir);
        let as_named = settled.as_ref().is_some_and(|view| sample.fits(view));
        failed += usize::from(!as_named);
        words::row(sample, settled.as_ref(), as_named, after.since(&seen))?;
        seen = after;
    }
    let waiting = queue::fill(dir, store, stop).await?;
    if waiting.len() == queue::COUNT {
        queue::begin_work(acts, store.as_ref(), &waiting).await?;
    } else if !stop.is_cancelled() {
        failed += 1;
    }
    words::waiting(&waiting)?;
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
