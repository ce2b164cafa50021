//! The program `nyckelbud`: reads the command line and starts the command.

use std::process::ExitCode;

fn main() -> ExitCode {
    nyckelbud::telemetry::hush_panics();
    nyckelbud::cli::main()
}
