//! `coverage`: who could not be helped if the phones of the desk went down now.

use std::collections::BTreeMap;
use std::io::IsTerminal;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use serde_json::json;

use super::{CliError, Common, assembly, output, registers};
use crate::clock::{Clock, SystemClock};
use crate::decision::coverage::{Covered, Help, by_unit, coverage};
use crate::directory::{Progress, Walk};
use crate::token::Tokens;

/// Between two words about how far a walk has come.
const TELL_EVERY: Duration = Duration::from_secs(2);

/// The command line of `coverage`.
#[derive(Debug, clap::Args)]
pub(super) struct CoverageArgs {
    /// A row for each person who could not be helped, for a spreadsheet
    #[arg(long)]
    csv: bool,
}

pub(super) async fn run(common: &Common, args: CoverageArgs) -> Result<(), CliError> {
    let loaded = assembly::load(common)?;
    let settings = &loaded.settings;
    let register = registers::register(settings, &Tokens::default())?;
    let listed = register.census.walk(Walk::Coverage, &tell()).await;
    let listed = listed.map_err(|e| CliError::No(format!("{e}; who could be helped is not known")))?;
    let all = coverage(&listed, &settings.decision_policy(), SystemClock.now());
    match (args.csv, common.json) {
        (true, _) => table_of_people(&all),
        (false, true) => by_unit(&all).into_iter().try_for_each(|(unit, helped)| object(unit, &helped)),
        (false, false) => table_of_units(&all),
    }
}

/// Tells on standard error how far a walk has come, where somebody looks at it, and always what it left out.
pub(super) fn tell() -> impl Fn(Progress) + Send + Sync {
    let told = Mutex::new(Instant::now());
    let watched = std::io::stderr().is_terminal();
    move |progress: Progress| {
        let Ok(mut last) = told.lock() else { return };
        match progress {
            Progress::Read { done, all } if watched && last.elapsed() >= TELL_EVERY => {
                *last = Instant::now();
                let all = all.map(|all| format!(" of {all}")).unwrap_or_default();
                output::note(&format!("{done}{all} accounts read …"));
            }
            Progress::Read { .. } => {}
            Progress::LeftOut { accounts, first } => output::note(&format!(
                "{accounts} accounts cannot be made out and are left out; the first: {}; correct them there",
                output::plain(&first)
            )),
        }
    }
}

fn object(unit: &str, helped: &BTreeMap<Help, usize>) -> Result<(), CliError> {
    let count = |help: Help| helped.get(&help).copied().unwrap_or_default();
    output::json(&json!({
        "unit": unit,
        "people": helped.values().sum::<usize>(),
        "text": count(Help::Text),
        "manager": count(Help::Manager),
        "no_phone": count(Help::NoPhone),
        "no_texts": count(Help::NoTexts),
        "protected": count(Help::Protected),
        "unknown": count(Help::Unknown),
    }))
}

fn table_of_units(all: &[Covered<'_>]) -> Result<(), CliError> {
    const HEADS: [&str; 8] =
        ["Unit", "People", "By text", "By manager", "No phone", "No texts", "Protected", "Unknown"];
    let row = |cells: &[String]| {
        let name = output::column(&cells[0], 28);
        let counts = cells[1..].iter().map(|cell| format!("{cell:>11}"));
        format!("{name}{}", counts.collect::<String>())
    };
    let heads = HEADS.map(ToOwned::to_owned);
    output::line(&output::paint(output::BOLD, &row(&heads)))?;
    let mut whole: BTreeMap<Help, usize> = BTreeMap::new();
    for (unit, helped) in by_unit(all) {
        helped.iter().for_each(|(help, count)| *whole.entry(*help).or_default() += count);
        output::line(&row(&cells(if unit.is_empty() { "(no unit)" } else { unit }, &helped)))?;
    }
    output::line(&output::paint(output::BOLD, &row(&cells("All", &whole))))?;
    let lost = all.iter().filter(|one| !one.help.helps()).count();
    output::note(&match lost {
        0 => "Everybody could be helped without a technician.".to_owned(),
        lost => format!("{lost} people would need a technician; `nyckelbud coverage --csv` names them."),
    });
    Ok(())
}

fn cells(unit: &str, helped: &BTreeMap<Help, usize>) -> Vec<String> {
    let counts = Help::ALL.map(|help| helped.get(&help).copied().unwrap_or_default());
    let people: usize = counts.iter().sum();
    let numbers = std::iter::once(people).chain(counts).map(|count| count.to_string());
    std::iter::once(unit.to_owned()).chain(numbers).collect()
}

fn table_of_people(all: &[Covered<'_>]) -> Result<(), CliError> {
    let mut table = csv::Writer::from_writer(Vec::new());
    let wrong = |error: &dyn std::fmt::Display| CliError::No(format!("the table cannot be made: {error}"));
    table.write_record(["unit", "username", "name", "why"]).map_err(|e| wrong(&e))?;
    for one in all.iter().filter(|one| !one.help.helps()) {
        let row = [one.unit, one.username.as_str(), one.name].map(harmless);
        let why = one.help.code().to_owned();
        table.write_record(row.iter().chain([&why])).map_err(|e| wrong(&e))?;
    }
    let text = table.into_inner().map_err(|e| wrong(&e))?;
    output::line(String::from_utf8_lossy(&text).trim_end())
}

/// A spreadsheet takes a cell that begins so for a formula, and names come from a register that others
/// write (OWASP, CSV injection).
fn harmless(cell: &str) -> String {
    if cell.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{cell}") } else { cell.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::harmless;

    #[test]
    fn no_cell_is_a_formula() {
        for bad in ["=1+1", "+46", "-2", "@x", "\tx"] {
            assert_eq!(harmless(bad), format!("'{bad}"));
        }
        assert_eq!(harmless("Åsa Öberg"), "Åsa Öberg");
    }
}
