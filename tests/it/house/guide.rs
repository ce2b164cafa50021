//! What README.md tells an administrator to write and to type is what this version takes.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use nyckelbud::config::{self, Secrets};

use super::source::{Breach, Source, assert_none, files};

/// A block of code: the line it begins on, and what it holds.
type Block = (usize, String);

/// The fenced blocks of `language`.
fn blocks(guide: &Source, language: &str) -> Vec<Block> {
    let mut found: Vec<Block> = Vec::new();
    let mut inside = None;
    for (at, line) in guide.text.lines().enumerate() {
        match (line.strip_prefix("```"), inside) {
            (Some(named), None) => {
                inside = Some(named == language);
                if named == language {
                    found.push((at + 2, String::new()));
                }
            }
            (Some(_), Some(_)) => inside = None,
            (None, Some(true)) => found.last_mut().expect("a block").1.extend([line, "\n"]),
            (None, Some(false) | None) => {}
        }
    }
    found
}

/// The first block is a whole configuration; each further one is added to it.
fn refused(guide: &Source) -> Vec<Breach> {
    let blocks = blocks(guide, "toml");
    let first = blocks.first().map_or("", |(_, text)| text.as_str());
    let mut found = Vec::new();
    for (at, (line, text)) in blocks.iter().enumerate() {
        let whole = if at == 0 { text.clone() } else { format!("{first}\n{text}") };
        let file = Path::new("/etc/nyckelbud/nyckelbud.toml");
        match config::parse(&whole, file, &BTreeMap::new(), Secrets::Leave) {
            Ok(loaded) => found.extend(
                loaded.warnings.iter().map(|w| Breach::new(guide, *line, format!("it is warned of: {w}"))),
            ),
            Err(errors) => found.push(Breach::new(guide, *line, format!("it is refused: {errors}"))),
        }
    }
    found
}

/// What follows `nyckelbud` on the lines of the `sh` blocks, word by word.
fn commands(guide: &Source) -> Vec<(usize, Vec<String>)> {
    let mut found = Vec::new();
    for (first, text) in blocks(guide, "sh") {
        for (at, line) in text.lines().enumerate() {
            let words = words(line);
            let program = words.iter().position(|word| word == "nyckelbud");
            // an account of that name is made, not run
            if let Some(at_word) =
                program.filter(|_| !line.contains("useradd") && !line.contains("systemctl"))
            {
                let user = at_word > 0 && ["-u", "-o", "-g", "chown"].contains(&words[at_word - 1].as_str());
                let rest = if user { after_user(&words[at_word + 1..]) } else { Some(&words[at_word + 1..]) };
                found.extend(rest.map(|rest| (first + at, rest.to_vec())));
            }
        }
    }
    found
}

/// The words after a second `nyckelbud`: `sudo -u nyckelbud nyckelbud check`.
fn after_user(words: &[String]) -> Option<&[String]> {
    words.split_first().filter(|(word, _)| *word == "nyckelbud").map(|(_, rest)| rest)
}

/// A line's words up to a redirection; quotes keep blanks together.
fn words(line: &str) -> Vec<String> {
    let mut found = vec![String::new()];
    let mut quoted = false;
    for c in line.chars() {
        match c {
            '"' => quoted = !quoted,
            '<' | '|' | '>' if !quoted => break,
            ' ' if !quoted => found.push(String::new()),
            c => found.last_mut().expect("a word").push(c),
        }
    }
    found.retain(|word| !word.is_empty());
    found
}

/// Does the program know these words? With `--help` after them it only reads its command line.
fn is_known(words: &[String]) -> bool {
    let asked = Command::new(env!("CARGO_BIN_EXE_nyckelbud")).args(words).arg("--help").output();
    asked.expect("the program starts").status.success()
}

fn guide() -> Source {
    files("README.md", ".md").pop().expect("README.md")
}

#[test]
fn the_guides_configuration_is_accepted_without_a_warning() {
    assert!(blocks(&guide(), "toml").len() > 1, "README.md shows no configuration");
    assert_none(&refused(&guide()));
}

/// `config` with `section`, a block of lines under one header, in place of its own.
fn with_section(config: &str, section: &str) -> String {
    let header = section.lines().next().unwrap_or_default();
    let (before, after) = config.split_once(header).unwrap_or_else(|| panic!("{header} is not in README.md"));
    let rest = after.split_once("\n[").map_or("", |(_, rest)| rest);
    format!("{before}{section}\n[{rest}")
}

#[test]
fn the_sections_of_the_exchange_guide_fit_into_the_guides_configuration() {
    let exchange = files("docs/exchange-online.md", ".md").pop().expect("docs/exchange-online.md");
    let (_, config) = blocks(&guide(), "toml").swap_remove(0);
    let sections = blocks(&exchange, "toml");
    assert_eq!(sections.len(), 2);
    for (line, section) in sections {
        let whole = with_section(&config, &section);
        let file = Path::new("/etc/nyckelbud/nyckelbud.toml");
        let read = config::parse(&whole, file, &BTreeMap::new(), Secrets::Leave);
        let loaded = read.unwrap_or_else(|errors| panic!("line {line}: {errors}"));
        let oauth = loaded.settings.mailboxes[0].oauth.is_some();
        assert!(oauth != loaded.settings.smtp.oauth.is_some(), "line {line}: not where it was put");
    }
    assert!(commands(&exchange).iter().all(|(_, words)| is_known(words)));
}

#[test]
fn the_section_of_the_entra_guide_fits_into_the_guides_configuration() {
    let entra = files("docs/entra.md", ".md").pop().expect("docs/entra.md");
    let (_, config) = blocks(&guide(), "toml").swap_remove(0);
    let (line, section) = blocks(&entra, "toml").pop().expect("its section");
    let whole = with_section(&config, &section);
    let file = Path::new("/etc/nyckelbud/nyckelbud.toml");
    let read = config::parse(&whole, file, &BTreeMap::new(), Secrets::Leave);
    let loaded = read.unwrap_or_else(|errors| panic!("line {line}: {errors}"));
    assert_eq!(loaded.warnings, [], "line {line}");
    assert!(loaded.settings.directory.graph.is_some(), "line {line}: not where it was put");
    assert!(commands(&entra).iter().all(|(_, words)| is_known(words)));
}

#[test]
fn the_section_of_the_active_directory_guide_fits_into_the_guides_configuration() {
    let guide_of_ad = files("docs/active-directory.md", ".md").pop().expect("docs/active-directory.md");
    let (_, config) = blocks(&guide(), "toml").swap_remove(0);
    let (line, section) = blocks(&guide_of_ad, "toml").pop().expect("its section");
    let whole = with_section(&config, &section);
    let file = Path::new("/etc/nyckelbud/nyckelbud.toml");
    let read = config::parse(&whole, file, &BTreeMap::new(), Secrets::Leave);
    let loaded = read.unwrap_or_else(|errors| panic!("line {line}: {errors}"));
    assert_eq!(loaded.warnings, [], "line {line}");
    assert!(loaded.settings.directory.ldap.is_some(), "line {line}: not where it was put");
    assert!(commands(&guide_of_ad).iter().all(|(_, words)| is_known(words)));
}

#[test]
fn the_guides_commands_are_commands() {
    let commands = commands(&guide());
    assert!(commands.len() > 8, "README.md shows only {} commands", commands.len());
    let unknown = commands.iter().filter(|(_, words)| !is_known(words));
    let breaches: Vec<Breach> = unknown
        .map(|(line, words)| Breach::new(&guide(), *line, format!("unknown: nyckelbud {}", words.join(" "))))
        .collect();
    assert_none(&breaches);
    assert!(!is_known(&["conjure".to_owned()]), "this test would find nothing");
}

#[test]
fn a_mistake_in_a_guide_is_seen() {
    let text = "```toml\n[desk]\nadress = \"x\"\n```\n```sh\nsudo -u nyckelbud nyckelbud explain - < a.eml\n\
                sudo chown nyckelbud x\nnyckelbud automation on --why \"a b\"\n```\n";
    let guide = Source::new("README.md", text);
    let found = refused(&guide);
    assert!(found.len() == 1 && found[0].line == 2 && found[0].what.contains("adress"), "{found:?}");
    let typed: Vec<String> =
        commands(&guide).iter().map(|(line, w)| format!("{line} {}", w.join("|"))).collect();
    assert_eq!(typed, ["6 explain|-", "8 automation|on|--why|a b"]);
}
