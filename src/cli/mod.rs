//! The command line: a file a command. Results go to standard output, progress and log to standard
//! error. Exit status: 0 done, 1 the answer is no, 2 wrong use or wrong configuration.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::{Parser, Subcommand};

pub mod assembly;
mod audit;
mod automation;
mod check;
mod config;
mod coverage;
mod demo;
mod directory;
mod explain;
mod gateways;
mod generate;
mod key;
mod migrate;
mod outage;
mod output;
mod probes;
mod progress;
mod quarantine;
mod reconcile;
pub mod registers;
mod run;
mod tickets;
mod token;
mod user;

const STATUS: &str = "Exit status: 0 done, 1 the answer is no, 2 wrong use or wrong configuration.
New here? `nyckelbud demo` shows everything at work, in one folder and with invented people.";

/// Takes password requests from a service desk's mailbox, and brings a temporary password to the
/// right hand.
#[derive(Debug, Parser)]
#[command(name = "nyckelbud", version, about, max_term_width = 100, after_help = STATUS)]
pub struct Cli {
    /// The configuration file [default: $NYCKELBUD_CONFIG, then /etc/nyckelbud/nyckelbud.toml]
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Answer in JSON, where something is listed or reported
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the desk: take mails, decide, deliver, serve the pickup page; SIGHUP reads the configuration again
    Run,
    /// Show a whole desk in one folder, with invented people; needs no server and no account
    Demo(demo::DemoArgs),
    /// Try everything outside for real, and say what to do; sends nothing
    Check,
    /// Say what would be done with a mail and why; changes and sends nothing
    Explain(explain::ExplainArgs),
    /// List tickets
    Tickets(tickets::TicketsArgs),
    /// Look after mails that could not be read
    #[command(subcommand)]
    Quarantine(quarantine::QuarantineCommand),
    /// Prove that every mail in the mailboxes has a fate, or name those that have none; only reads
    Reconcile(reconcile::ReconcileArgs),
    /// Tell who could not be helped if the phones of the desk went down now; only reads
    Coverage(coverage::CoverageArgs),
    /// Look after the register of people
    #[command(subcommand)]
    Directory(directory::DirectoryCommand),
    /// Show the automation switch and frozen accounts, turn it (on, observe, off), or lift a freeze
    Automation(automation::AutomationArgs),
    /// Make or rotate the sealing key
    #[command(subcommand)]
    Key(key::KeyCommand),
    /// Check, show or explain the configuration
    #[command(subcommand)]
    Config(config::ConfigCommand),
    /// Verify the audit log, or take it along
    #[command(subcommand)]
    Audit(audit::AuditCommand),
    /// Say when the phones went down and came back, for every page
    #[command(subcommand)]
    Outage(outage::OutageCommand),
    /// Look after the accounts of the pages
    #[command(subcommand)]
    User(user::UserCommand),
    /// Look after the tokens of programs
    #[command(subcommand)]
    Token(token::TokenCommand),
    /// Bring the database to this version's tables
    Migrate,
    /// Print shell completions
    Completions(generate::CompletionsArgs),
    /// Print the manual page
    Man,
}

/// What every command may need of the command line.
#[derive(Clone, Debug)]
struct Common {
    config: Option<PathBuf>,
    json: bool,
}

/// How a command ended without a result.
#[derive(Debug, thiserror::Error)]
pub enum CliError {
    /// Exit status 1.
    #[error("{0}")]
    No(String),
    /// Exit status 2.
    #[error("{0}")]
    Wrong(String),
}

impl From<crate::config::ConfigErrors> for CliError {
    fn from(errors: crate::config::ConfigErrors) -> Self {
        match errors.0.len() {
            1 => Self::Wrong(format!("{errors}; nothing was begun")),
            mistakes => {
                Self::Wrong(format!("{mistakes} mistakes in the configuration; nothing was begun\n{errors}"))
            }
        }
    }
}

impl From<crate::store::StoreError> for CliError {
    fn from(error: crate::store::StoreError) -> Self {
        Self::No(format!("{error}; nothing was changed"))
    }
}

/// Runs the command line of this process.
#[must_use]
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    match run_command(cli) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            output::complain(&error.to_string());
            match error {
                CliError::No(_) => ExitCode::from(1),
                CliError::Wrong(_) => ExitCode::from(2),
            }
        }
    }
}

fn run_command(cli: Cli) -> Result<(), CliError> {
    let common = Common { config: cli.config, json: cli.json };
    match cli.command {
        Command::Run => block_on(run::run(&common)),
        Command::Demo(args) => block_on(demo::run(args)),
        Command::Check => block_on(check::run(&common)),
        Command::Explain(args) => block_on(explain::run(&common, args)),
        Command::Tickets(args) => block_on(tickets::run(&common, args)),
        Command::Quarantine(command) => block_on(quarantine::run(&common, command)),
        Command::Reconcile(args) => block_on(reconcile::run(&common, args)),
        Command::Coverage(args) => block_on(coverage::run(&common, args)),
        Command::Directory(command) => block_on(directory::run(&common, command)),
        Command::Automation(args) => block_on(automation::run(&common, args)),
        Command::Key(command) => key::run(&common, &command),
        Command::Config(command) => config::run(&common, &command),
        Command::Audit(command) => block_on(audit::run(&common, command)),
        Command::Outage(command) => block_on(outage::run(&common, command)),
        Command::User(command) => block_on(user::run(&common, command)),
        Command::Token(command) => block_on(token::run(&common, command)),
        Command::Migrate => block_on(migrate::run(&common)),
        Command::Completions(args) => generate::completions(&args),
        Command::Man => generate::man(),
    }
}

/// Who gives a command, as far as the machine knows: for the log, not for a right.
fn actor() -> String {
    let uid = rustix::process::getuid().as_raw();
    let name = std::env::var("SUDO_USER").or_else(|_| std::env::var("USER"));
    format!("cli:{}", name.unwrap_or_else(|_| format!("uid {uid}")))
}

/// Ends a list out of which tickets were left that cannot be read.
fn left_out(unreadable: &[(String, crate::store::StoreError)]) -> Result<(), CliError> {
    let Some((_, error)) = unreadable.first() else { return Ok(()) };
    let numbers: Vec<&str> = unreadable.iter().map(|(number, _)| number.as_str()).collect();
    let (are, them) = if numbers.len() == 1 { ("is", "it") } else { ("are", "them") };
    Err(CliError::No(format!(
        "{} cannot be read and {are} left out of the list: {error}; all others are listed; restore {them} from a \
         backup, or use the program of the version that wrote {them}",
        numbers.join(", ")
    )))
}

/// A look-up that hangs in the operating system must not hold the exit up.
const THREADS_WITHIN: Duration = Duration::from_secs(2);

fn block_on(work: impl Future<Output = Result<(), CliError>>) -> Result<(), CliError> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|e| CliError::No(format!("the program cannot start its threads: {e}")))?;
    let result = runtime.block_on(work);
    runtime.shutdown_timeout(THREADS_WITHIN);
    result
}
