//! What is wrong with a configuration: every mistake with its place, what was found and what is
//! expected. No text here holds the value of a secret.

use std::path::PathBuf;

use serde::ser::{Serialize, SerializeMap, Serializer};

/// Where an effective value comes from.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Source {
    /// A line of the file; line and column count from 1.
    File {
        /// Which file.
        path: PathBuf,
        /// The line of the key, or of its section's header.
        line: usize,
        /// The column of the key.
        column: usize,
    },
    /// The file as a whole.
    WholeFile(PathBuf),
    /// An environment variable, by name.
    Environment(String),
    /// Nothing was written: the program's own value.
    Default,
}

impl std::fmt::Display for Source {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::File { path, line, .. } => write!(f, "{}:{line}", path.display()),
            Self::WholeFile(path) => write!(f, "{}", path.display()),
            Self::Environment(variable) => write!(f, "environment {variable}"),
            Self::Default => f.write_str("default"),
        }
    }
}

/// What kind of mistake it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Problem {
    /// The file cannot be read, or is no TOML; in words.
    Unreadable(String),
    /// No such key; with the known key that is spelled most alike, if one is.
    UnknownKey {
        /// The nearest known key of the same section.
        nearest: Option<String>,
    },
    /// A key that must be there is not.
    Missing {
        /// What it should hold, in words.
        expected: String,
    },
    /// A value of the wrong type, form or range.
    Value {
        /// What was found; `None` when it may not be shown.
        found: Option<String>,
        /// What is expected, in words.
        expected: String,
    },
    /// A known section that comes with a later version.
    NotInThisVersion {
        /// The section, `telemetry.otlp`.
        choice: String,
    },
    /// Keys that contradict each other, or a secret that cannot be read; in words.
    Refused(String),
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Unreadable(why) | Self::Refused(why) => f.write_str(why),
            Self::UnknownKey { nearest: Some(near) } => {
                write!(f, "there is no such key; the nearest known key is \"{near}\"")
            }
            Self::UnknownKey { nearest: None } => f.write_str("there is no such key"),
            Self::Missing { expected } => write!(f, "is missing; expected {expected}"),
            Self::Value { found: Some(found), expected } => write!(f, "found {found}, expected {expected}"),
            Self::Value { found: None, expected } => write!(f, "expected {expected}"),
            Self::NotInThisVersion { choice } => {
                write!(f, "{choice} is not part of this version; leave it out")
            }
        }
    }
}

/// One mistake.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigError {
    /// Where it stands.
    pub place: Source,
    /// The key, as a path: `mailbox[0].host`; empty when the whole file is meant.
    pub key: String,
    /// What is wrong.
    pub problem: Problem,
}

impl std::fmt::Display for ConfigError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.place {
            Source::File { path, line, column } => write!(f, "{}:{line}:{column}: ", path.display())?,
            Source::WholeFile(path) => write!(f, "{}: ", path.display())?,
            Source::Environment(variable) => write!(f, "environment variable {variable}: ")?,
            Source::Default => {}
        }
        match &self.problem {
            // the choice names its key itself
            Problem::NotInThisVersion { .. } => {}
            _ if self.key.is_empty() => {}
            _ => write!(f, "{}: ", self.key)?,
        }
        write!(f, "{}", self.problem)
    }
}

impl std::error::Error for ConfigError {}

/// For `config check --json`: `file`, `line`, `column` or `variable`, then `key` and `message`.
impl Serialize for ConfigError {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        match &self.place {
            Source::File { path, line, column } => {
                map.serialize_entry("file", &path.to_string_lossy())?;
                map.serialize_entry("line", line)?;
                map.serialize_entry("column", column)?;
            }
            Source::WholeFile(path) => map.serialize_entry("file", &path.to_string_lossy())?,
            Source::Environment(variable) => map.serialize_entry("variable", variable)?,
            Source::Default => {}
        }
        map.serialize_entry("key", &self.key)?;
        map.serialize_entry("message", &self.problem.to_string())?;
        map.end()
    }
}

/// Every mistake of a configuration, in the order of the file; never empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigErrors(pub Vec<ConfigError>);

impl std::fmt::Display for ConfigErrors {
    /// One mistake a line.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (number, error) in self.0.iter().enumerate() {
            if number > 0 {
                f.write_str("\n")?;
            }
            write!(f, "{error}")?;
        }
        Ok(())
    }
}

impl std::error::Error for ConfigErrors {}

impl From<ConfigError> for ConfigErrors {
    fn from(error: ConfigError) -> Self {
        Self(vec![error])
    }
}
