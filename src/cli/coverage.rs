//! `coverage`: who could not be helped if the phones of the desk went down now.

use std::collections::BTreeMap;

use serde_json::json;

use super::progress::Walked;
use super::{CliError, Common, assembly, output, progress, registers};
use crate::clock::{Clock, SystemClock};
use crate::decision::Policy;
use crate::decision::coverage::{Covered, Help, by_unit, coverage};
use crate::directory::Walk;
use crate::token::Tokens;

/// The command line of `coverage`.
#[derive(Debug, clap::Args)]
pub(super) struct CoverageArgs {
    /// A row for each person who could not be helped, for a spreadsheet
    #[arg(long)]
    csv: bool,
    /// Ask for everybody's numbers, also where the register tells types of phones in fewer requests (Entra ID)
    #[arg(long)]
    numbers: bool,
}

pub(super) async fn run(common: &Common, args: CoverageArgs) -> Result<(), CliError> {
    let loaded = assembly::load(common)?;
    let settings = &loaded.settings;
    let register = registers::register(settings, &Tokens::default())?;
    let walk = if args.numbers { Walk::Export } else { Walk::Coverage };
    let walked = progress::walk(&*register.census, walk, "who could be helped is not known").await?;
    let Walked { listed, left_out } = walked;
    let policy = settings.decision_policy();
    let all = coverage(&listed, &policy, SystemClock.now());
    match (args.csv, common.json) {
        (true, _) => table_of_people(&all)?,
        (false, true) => objects(&all, left_out)?,
        (false, false) => table_of_units(&all)?,
    }
    if all.iter().any(|one| one.by_type) {
        output::note(&only_types(&policy, listed.len()));
    }
    Ok(())
}

/// What a table cannot know that rests on types of phones.
fn only_types(policy: &Policy, people: usize) -> String {
    let young = match policy.phone_age.as_secs() {
        0 => String::new(),
        _ => ", or registered too lately (policy.phone_age)".to_owned(),
    };
    let minutes = people.div_ceil(60 * registers::WALK_PER_SECOND as usize);
    format!(
        "Phones are known by type only, by Entra ID's registration report, which may be some hours old: that a \
         number is no mobile's, of a country that is not texted (policy.countries){young} was not seen. \
         `nyckelbud coverage --numbers` asks for each number, in about {minutes} min."
    )
}

/// One object for each unit. Those of whom not even the unit is known are one more of the same form, so that
/// sums stay right.
fn objects(all: &[Covered<'_>], left_out: usize) -> Result<(), CliError> {
    let mut by_type: BTreeMap<&str, usize> = BTreeMap::new();
    all.iter().filter(|one| one.by_type).for_each(|one| *by_type.entry(one.unit).or_default() += 1);
    for (unit, helped) in by_unit(all) {
        let by_type = by_type.get(unit).copied().unwrap_or_default();
        output::json(&object(Some(unit), &helped, by_type, 0))?;
    }
    match left_out {
        0 => Ok(()),
        some => output::json(&object(None, &BTreeMap::new(), 0, some)),
    }
}

fn object(
    unit: Option<&str>,
    helped: &BTreeMap<Help, usize>,
    by_type: usize,
    left_out: usize,
) -> serde_json::Value {
    let count = |help: Help| helped.get(&help).copied().unwrap_or_default();
    json!({
        "unit": unit,
        "people": helped.values().sum::<usize>(),
        "text": count(Help::Text),
        "manager": count(Help::Manager),
        "no_phone": count(Help::NoPhone),
        "no_texts": count(Help::NoTexts),
        "protected": count(Help::Protected),
        "unknown": count(Help::Unknown),
        "by_type": by_type,
        "left_out": left_out,
    })
}

fn table_of_units(all: &[Covered<'_>]) -> Result<(), CliError> {
    const HEADS: [&str; 8] =
        ["Unit", "People", "Text", "Manager", "No phone", "No texts", "Protected", "Unknown"];
    // All of it is as wide as a terminal usually is.
    let row = |cells: &[String]| {
        let name = output::column(&cells[0], 22);
        let counts = cells.iter().zip(HEADS).skip(1);
        let counts = counts.map(|(cell, head)| format!(" {cell:>width$}", width = head.len().max(6)));
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
