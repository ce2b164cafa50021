//! `directory export`: the register as a `directory.toml`, for drills and for the day it cannot be asked.

use std::fs::OpenOptions;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use super::progress::Walked;
use super::{CliError, Common, assembly, output, progress, registers};
use crate::directory::{Listed, ListedPhones, Walk, register};
use crate::token::Tokens;

/// The command line of `directory`.
#[derive(Debug, clap::Subcommand)]
pub(super) enum DirectoryCommand {
    /// Write everybody with phones and managers into a file that `[directory.file] path` can name; no
    /// password is in it
    Export(ExportArgs),
}

/// The command line of `directory export`.
#[derive(Debug, clap::Args)]
pub(super) struct ExportArgs {
    /// The file to make; one that is there already is left alone [default: standard output]
    #[arg(value_name = "FILE")]
    file: Option<PathBuf>,
}

pub(super) async fn run(common: &Common, command: DirectoryCommand) -> Result<(), CliError> {
    let DirectoryCommand::Export(args) = command;
    let loaded = assembly::load(common)?;
    let register = registers::register(&loaded.settings, &Tokens::default())?;
    // Before a walk of minutes, not after it.
    if let Some(file) = args.file.as_deref().filter(|file| file.exists()) {
        return Err(CliError::Wrong(format!("{} is there already; nothing was written", file.display())));
    }
    let walked = progress::walk(&*register.census, Walk::Export, "nothing was written").await?;
    let Walked { listed, left_out: _ } = walked;
    let text = register::write(&listed).map_err(|e| CliError::No(format!("{e}; nothing was written")))?;
    match args.file {
        None => output::line(text.trim_end())?,
        Some(file) => {
            put(&file, &text)
                .map_err(|e| CliError::No(format!("{}: {e}; the file is not whole", file.display())))?;
            output::note(&format!("{} accounts are in {}.", listed.len(), file.display()));
        }
    }
    if let Some(text) = unreadable(&listed) {
        output::note(&text);
    }
    Ok(())
}

/// What the file cannot know, if there is anybody whose phones could not be read.
fn unreadable(listed: &[Listed]) -> Option<String> {
    let unread = |one: &'_ Listed| match &one.phones {
        ListedPhones::Unknown(why) => Some(format!("{}: {why}", one.account.username)),
        ListedPhones::Numbers | ListedPhones::Types(_) => None,
    };
    // Those who are passed over stand there without phones, whether theirs can be read or not.
    let unread: Vec<String> = listed.iter().filter(|one| !one.passed_over).filter_map(unread).collect();
    let first = output::plain(unread.first()?);
    let count = match unread.len() {
        1 => "1 account".to_owned(),
        many => format!("{many} accounts"),
    };
    Some(format!(
        "The phones of {count} could not be read ({first}); they are in the file as phones that are no number, and \
         requests for them go to a technician (directory-failed). Grant the reading and export again."
    ))
}

/// Phone numbers are in it: only its owner may read it.
fn put(path: &Path, text: &str) -> std::io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}
