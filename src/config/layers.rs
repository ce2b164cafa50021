//! The layers: the file below, the environment above. `toml` knows where each key stands,
//! `config` lays one over the other; this file remembers the place of every value through both.

use std::collections::BTreeMap;
use std::path::Path;

use config::{Config, Map, Value, ValueKind};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::error::{ConfigError, Problem, Source};
use super::key_path::{KeyPath, Step};

/// Begins the name of every variable that overrides a key.
pub(super) const PREFIX: &str = "NYCKELBUD__";

/// What was written, with places and before it is understood.
#[derive(Clone, Debug)]
pub(super) struct Tree {
    /// The merged values.
    pub(super) root: Value,
    /// Where each of them was written, by [`KeyPath`] as text.
    pub(super) places: BTreeMap<String, Source>,
    /// The file, for what is not written at all.
    file: Source,
}

impl Tree {
    /// Reads `text`, the contents of `file`, and lays the variables of `env` over it.
    ///
    /// # Errors
    /// The file is no TOML, or a variable's name cannot name a key.
    pub(super) fn read(
        text: &str,
        file: &Path,
        env: &BTreeMap<String, String>,
    ) -> Result<Self, Vec<ConfigError>> {
        let lines = Lines::of(text, file);
        let (document, errors) = DeTable::parse_recoverable(text);
        if !errors.is_empty() {
            return Err(errors.iter().map(|error| lines.syntax_error(error)).collect());
        }
        let mut places = BTreeMap::new();
        let written = lines.table(document.get_ref(), &KeyPath::default(), &mut places);
        let mut errors = Vec::new();
        let overrides = Overrides::read(env, &written, &mut errors, &mut places);
        if !errors.is_empty() {
            return Err(errors);
        }
        let merged = Config::builder().add_source(Written(written)).add_source(overrides).build().map_err(
            |error| {
                vec![ConfigError {
                    place: Source::WholeFile(file.to_owned()),
                    key: String::new(),
                    problem: Problem::Unreadable(format!("the layers do not fit together: {error}")),
                }]
            },
        )?;
        Ok(Self { root: merged.cache, places, file: Source::WholeFile(file.to_owned()) })
    }

    /// Where `path` was written; for what was not, where the section around it begins.
    pub(super) fn place(&self, path: &KeyPath) -> Source {
        let mut path = Some(path.clone());
        while let Some(current) = path {
            if let Some(place) = self.places.get(&current.to_string()) {
                return place.clone();
            }
            path = current.parent();
        }
        self.file.clone()
    }

    /// The value at `path`.
    pub(super) fn get(&self, path: &KeyPath) -> Option<&Value> {
        path.0.iter().try_fold(&self.root, |value, step| match (&value.kind, step) {
            (ValueKind::Table(table), Step::Key(key)) => table.get(key),
            (ValueKind::Array(list), Step::Index(index)) => list.get(*index),
            _ => None,
        })
    }

    /// Removes the value at `path` from its table; false when there is none.
    pub(super) fn remove(&mut self, path: &KeyPath) -> bool {
        let Some((Step::Key(key), above)) = path.0.split_last() else { return false };
        match self.get_mut(above) {
            Some(Value { kind: ValueKind::Table(table), .. }) => table.remove(key).is_some(),
            _ => false,
        }
    }

    /// Puts `kind` at `path`, replacing what is there; false when nothing leads there.
    pub(super) fn put(&mut self, path: &KeyPath, kind: ValueKind) -> bool {
        let Some((last, above)) = path.0.split_last() else { return false };
        let value = Value::new(None, kind);
        match (self.get_mut(above).map(|v| &mut v.kind), last) {
            (Some(ValueKind::Table(table)), Step::Key(key)) => {
                table.insert(key.clone(), value);
                true
            }
            (Some(ValueKind::Array(list)), Step::Index(index)) => match list.get_mut(*index) {
                Some(slot) => {
                    *slot = value;
                    true
                }
                None => false,
            },
            _ => false,
        }
    }

    /// Puts an empty table at `path`, when nothing or only a stand-in is there.
    pub(super) fn become_table(&mut self, path: &KeyPath) {
        if self.get(path).is_none_or(|value| value.kind == ValueKind::Nil) {
            self.put(path, ValueKind::Table(Map::new()));
        }
    }

    fn get_mut(&mut self, steps: &[Step]) -> Option<&mut Value> {
        steps.iter().try_fold(&mut self.root, |value, step| match (&mut value.kind, step) {
            (ValueKind::Table(table), Step::Key(key)) => table.get_mut(key),
            (ValueKind::Array(list), Step::Index(index)) => list.get_mut(*index),
            _ => None,
        })
    }
}

/// Turns positions into lines, and the document into values.
struct Lines<'a> {
    file: &'a Path,
    text: &'a str,
}

impl<'a> Lines<'a> {
    fn of(text: &'a str, file: &'a Path) -> Self {
        Self { file, text }
    }

    fn place(&self, offset: usize) -> Source {
        let before = self.text.get(..offset).unwrap_or(self.text);
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().map_or(0, |tail| tail.chars().count()) + 1;
        Source::File { path: self.file.to_owned(), line, column }
    }

    /// Without the excerpt that `toml` would print: the line may hold a secret.
    fn syntax_error(&self, error: &toml::de::Error) -> ConfigError {
        ConfigError {
            place: error
                .span()
                .map_or_else(|| Source::WholeFile(self.file.to_owned()), |span| self.place(span.start)),
            key: String::new(),
            problem: Problem::Unreadable(format!(
                "this is no TOML: {}",
                error.message().lines().collect::<Vec<_>>().join(", ")
            )),
        }
    }

    fn table(
        &self,
        table: &DeTable<'_>,
        path: &KeyPath,
        places: &mut BTreeMap<String, Source>,
    ) -> Map<String, Value> {
        let mut values = Map::new();
        for (key, value) in table {
            let path = path.key(key.get_ref());
            places.insert(path.to_string(), self.place(key.span().start));
            values.insert(key.get_ref().to_string(), self.value(value, &path, places));
        }
        values
    }

    fn value(
        &self,
        value: &Spanned<DeValue<'_>>,
        path: &KeyPath,
        places: &mut BTreeMap<String, Source>,
    ) -> Value {
        let kind = match value.get_ref() {
            DeValue::String(text) => ValueKind::String(text.to_string()),
            DeValue::Integer(digits) => match i64::from_str_radix(digits.as_str(), digits.radix()) {
                Ok(number) => ValueKind::I64(number),
                Err(_) => ValueKind::String(digits.to_string()),
            },
            DeValue::Float(digits) => match digits.as_str().parse() {
                Ok(number) => ValueKind::Float(number),
                Err(_) => ValueKind::String(digits.to_string()),
            },
            DeValue::Boolean(truth) => ValueKind::Boolean(*truth),
            // no key is a date: read as text it fails with the right words
            DeValue::Datetime(date) => ValueKind::String(date.to_string()),
            DeValue::Table(table) => ValueKind::Table(self.table(table, path, places)),
            DeValue::Array(list) => {
                let element = |(index, value): (usize, &Spanned<DeValue<'_>>)| {
                    let path = path.index(index);
                    places.insert(path.to_string(), self.place(value.span().start));
                    self.value(value, &path, places)
                };
                ValueKind::Array(list.iter().enumerate().map(element).collect())
            }
        };
        Value::new(None, kind)
    }
}

/// The file's values as the lowest layer.
#[derive(Clone, Debug)]
struct Written(Map<String, Value>);

impl config::Source for Written {
    fn clone_into_box(&self) -> Box<dyn config::Source + Send + Sync> {
        Box::new(self.clone())
    }

    fn collect(&self) -> Result<Map<String, Value>, config::ConfigError> {
        Ok(self.0.clone())
    }

    /// As it stands: the provided method would read a quoted key such as `"a.b"` as a path.
    fn collect_to(&self, cache: &mut Value) -> Result<(), config::ConfigError> {
        *cache = Value::new(None, ValueKind::Table(self.0.clone()));
        Ok(())
    }
}

/// The environment as the upper layer: `NYCKELBUD__SMS__SENDER` is `sms.sender`,
/// `NYCKELBUD__MAILBOX__0__HOST` is `mailbox[0].host`.
#[derive(Clone, Debug, Default)]
struct Overrides(Map<String, Value>);

impl Overrides {
    /// `config`'s own environment source is not used: it cannot reach into lists, names no
    /// variable in its errors, and prints a value that is not Unicode.
    fn read(
        env: &BTreeMap<String, String>,
        written: &Map<String, Value>,
        errors: &mut Vec<ConfigError>,
        places: &mut BTreeMap<String, Source>,
    ) -> Self {
        let mut values = Map::new();
        for (variable, value) in env {
            let Some(name) = variable.strip_prefix(PREFIX) else { continue };
            let place = Source::Environment(variable.clone());
            let Some(path) = path_of(name) else {
                errors.push(ConfigError {
                    place,
                    key: String::new(),
                    problem: Problem::Refused(format!(
                        "its name is no key; expected a name such as {PREFIX}SMS__SENDER"
                    )),
                });
                continue;
            };
            if let Some(problem) = out_of_list(&path, written) {
                errors.push(ConfigError { place, key: path.to_string(), problem });
                continue;
            }
            let key = path.to_string();
            places.retain(|below, _| {
                !below.strip_prefix(&key).is_some_and(|rest| rest.starts_with(['.', '[']))
            });
            places.insert(key.clone(), place);
            values.insert(key, Value::new(None, ValueKind::String(value.clone())));
        }
        Self(values)
    }
}

impl config::Source for Overrides {
    fn clone_into_box(&self) -> Box<dyn config::Source + Send + Sync> {
        Box::new(self.clone())
    }

    fn collect(&self) -> Result<Map<String, Value>, config::ConfigError> {
        Ok(self.0.clone())
    }
}

/// `SMS__GATEWAY__0__NAME` as a path.
fn path_of(name: &str) -> Option<KeyPath> {
    let mut path = KeyPath::default();
    for (depth, word) in name.split("__").enumerate() {
        let word = word.to_ascii_lowercase();
        let is_index = depth > 0 && !word.is_empty() && word.bytes().all(|b| b.is_ascii_digit());
        let is_key = word.starts_with(|c: char| c.is_ascii_lowercase())
            && word.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
        path = match word.parse() {
            Ok(index) if is_index => path.index(index),
            _ if is_key => path.key(&word),
            _ => return None,
        };
    }
    Some(path)
}

/// The environment changes elements of a list, it adds none.
fn out_of_list(path: &KeyPath, written: &Map<String, Value>) -> Option<Problem> {
    let at = path.0.iter().position(|step| matches!(step, Step::Index(_)))?;
    let (steps, rest) = path.0.split_at(at);
    let Some(Step::Index(index)) = rest.first() else { return None };
    let top = Value::new(None, ValueKind::Table(written.clone()));
    let list = steps.iter().try_fold(&top, |value, step| match (&value.kind, step) {
        (ValueKind::Table(table), Step::Key(key)) => table.get(key),
        _ => None,
    });
    let length = match list.map(|value| &value.kind) {
        Some(ValueKind::Array(list)) => list.len(),
        _ => 0,
    };
    (*index >= length).then(|| {
        Problem::Refused(format!(
            "the file has {length} of {}; a variable changes one of them (the first is 0), it adds none",
            KeyPath(steps.to_vec())
        ))
    })
}
