//! `completions SHELL` and `man`: made from the command line's own description.

use clap::CommandFactory;
use clap_complete::Shell;

use super::{Cli, CliError, output};

/// The command line of `completions`.
#[derive(Debug, clap::Args)]
pub(super) struct CompletionsArgs {
    /// For which shell
    shell: Shell,
}

pub(super) fn completions(args: &CompletionsArgs) -> Result<(), CliError> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "nyckelbud", &mut script);
    output::line(String::from_utf8_lossy(&script).trim_end())
}

pub(super) fn man() -> Result<(), CliError> {
    let mut page = Vec::new();
    clap_mangen::Man::new(Cli::command())
        .render(&mut page)
        .map_err(|e| CliError::No(format!("the manual page cannot be made: {e}")))?;
    output::line(String::from_utf8_lossy(&page).trim_end())
}
