//! From written values to settings: a deserializer whose errors are structured (which key, what
//! was found, what is expected), so that [`super::collect`] can go on after each of them.

use config::{Value, ValueKind};
use serde::de::value::{MapDeserializer, SeqDeserializer};
use serde::de::{
    self, DeserializeSeed, Deserializer, Expected, IntoDeserializer, MapAccess, SeqAccess, Unexpected,
    Visitor,
};

use super::error::Source;
use super::key_path::KeyPath;
use super::layers::Tree;

/// Stands in for a required key whose absence was reported already; read as any type, so that
/// reading can go on. Nothing made from it is ever handed out.
pub(super) const STAND_IN: &str = "stand-in@stand-in.invalid";

/// The first thing that could not be read.
#[derive(Debug)]
pub(super) struct ReadError {
    /// Where, when known.
    pub(super) path: Option<KeyPath>,
    /// Why.
    pub(super) cause: Cause,
}

/// Why something could not be read.
#[derive(Debug)]
pub(super) enum Cause {
    /// A required key of the table at `path` is not there.
    Missing(&'static str),
    /// A key of the table at `path` is not known.
    Unknown {
        /// The key as written.
        key: String,
        /// The keys that this table knows.
        known: &'static [&'static str],
    },
    /// The value at `path` does not fit.
    Value {
        /// What was found, when it may be shown.
        found: Option<String>,
        /// What is expected.
        expected: String,
    },
    /// The value at `path` does not fit, in the words of its type.
    Refused(String),
}

impl ReadError {
    fn new(cause: Cause) -> Self {
        Self { path: None, cause }
    }

    /// The innermost place wins: it is set first, on the way up.
    fn at(mut self, path: &KeyPath) -> Self {
        self.path.get_or_insert_with(|| path.clone());
        self
    }
}

impl std::fmt::Display for ReadError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the value cannot be read")
    }
}

impl std::error::Error for ReadError {}

impl de::Error for ReadError {
    fn custom<T: std::fmt::Display>(why: T) -> Self {
        Self::new(Cause::Refused(why.to_string()))
    }

    fn invalid_type(found: Unexpected<'_>, expected: &dyn Expected) -> Self {
        if found == Unexpected::Map && expected.to_string() == "a sequence" {
            let expected = "a list of tables: its header is written [[…]], with two brackets".to_owned();
            return Self::new(Cause::Value { found: Some(in_words(found)), expected });
        }
        Self::invalid_value(found, expected)
    }

    fn invalid_value(found: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::new(Cause::Value { found: Some(in_words(found)), expected: plainly(&expected.to_string()) })
    }

    fn unknown_variant(found: &str, known: &'static [&'static str]) -> Self {
        Self::new(Cause::Value { found: Some(format!("{found:?}")), expected: one_of(known) })
    }

    fn unknown_field(key: &str, known: &'static [&'static str]) -> Self {
        Self::new(Cause::Unknown { key: key.to_owned(), known })
    }

    fn missing_field(key: &'static str) -> Self {
        Self::new(Cause::Missing(key))
    }
}

fn in_words(found: Unexpected<'_>) -> String {
    match found {
        Unexpected::Str(text) => format!("{text:?}"),
        Unexpected::Signed(number) => number.to_string(),
        Unexpected::Unsigned(number) => number.to_string(),
        Unexpected::Float(number) => number.to_string(),
        Unexpected::Bool(truth) => truth.to_string(),
        Unexpected::Seq => "a list".to_owned(),
        Unexpected::Map => "a table".to_owned(),
        Unexpected::Unit => "nothing".to_owned(),
        other => other.to_string(),
    }
}

/// serde's words for what a type expects, in words of people.
fn plainly(expected: &str) -> String {
    match expected {
        "u8" => "a whole number from 0 to 255".to_owned(),
        "u16" => "a whole number from 0 to 65535".to_owned(),
        "u32" | "u64" | "usize" => "a whole number, 0 or more".to_owned(),
        "a boolean" => "true or false".to_owned(),
        "a string" => "a text in quotes".to_owned(),
        "path string" => "a path in quotes".to_owned(),
        "a sequence" => "a list, such as [\"a\", \"b\"]".to_owned(),
        other if other.starts_with("struct ") => "a table of keys".to_owned(),
        other if other.starts_with("enum ") || other == "string or map" => "a word in quotes".to_owned(),
        other => other.to_owned(),
    }
}

/// `"a", "b" or "c"`.
pub(super) fn one_of(words: &[&str]) -> String {
    let quoted: Vec<String> = words.iter().map(|word| format!("\"{word}\"")).collect();
    match quoted.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, rest)) => format!("{} or {last}", rest.join(", ")),
        None => String::new(),
    }
}

/// One written value and where it is.
#[derive(Clone)]
pub(super) struct Node<'t> {
    tree: &'t Tree,
    value: &'t Value,
    path: KeyPath,
}

impl<'t> Node<'t> {
    /// The whole configuration.
    pub(super) fn top(tree: &'t Tree) -> Self {
        Self { tree, value: &tree.root, path: KeyPath::default() }
    }

    /// The text, if this is one from the environment, where everything is text.
    fn environment_text(&self) -> Option<&'t str> {
        match (&self.value.kind, self.tree.places.get(&self.path.to_string())) {
            (ValueKind::String(text), Some(Source::Environment(_))) => Some(text),
            _ => None,
        }
    }

    fn is_stand_in(&self) -> bool {
        matches!(self.value.kind, ValueKind::Nil)
    }

    fn any<'de, V: Visitor<'de>>(&self, visitor: V) -> Result<V::Value, ReadError> {
        match &self.value.kind {
            ValueKind::Nil => visitor.visit_str(STAND_IN),
            ValueKind::Boolean(truth) => visitor.visit_bool(*truth),
            ValueKind::I64(number) => visitor.visit_i64(*number),
            ValueKind::I128(number) => visitor.visit_i128(*number),
            ValueKind::U64(number) => visitor.visit_u64(*number),
            ValueKind::U128(number) => visitor.visit_u128(*number),
            ValueKind::Float(number) => visitor.visit_f64(*number),
            ValueKind::String(text) => visitor.visit_str(text),
            ValueKind::Table(table) => visitor.visit_map(Table {
                tree: self.tree,
                path: self.path.clone(),
                // sorted, so that the same file gives the same errors
                entries: {
                    let mut entries: Vec<_> = table.iter().collect();
                    entries.sort_by_key(|(key, _)| key.as_str());
                    entries.into_iter()
                },
                pending: None,
            }),
            ValueKind::Array(list) => visitor.visit_seq(List {
                tree: self.tree,
                path: self.path.clone(),
                elements: list.iter().enumerate(),
            }),
        }
    }
}

impl<'de> IntoDeserializer<'de, ReadError> for Node<'_> {
    type Deserializer = Self;
    fn into_deserializer(self) -> Self {
        self
    }
}

/// Reads a number or a truth value; from the environment it is a text that is parsed first.
macro_rules! scalar {
    ($($method:ident $visit:ident $type:ty, $stand_in:expr;)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
            let result = match self.environment_text().map(|text| text.trim().parse::<$type>()) {
                _ if self.is_stand_in() => visitor.$visit($stand_in),
                Some(Ok(value)) => visitor.$visit(value),
                Some(Err(_)) | None => self.any(visitor),
            };
            result.map_err(|error| error.at(&self.path))
        }
    )*};
}

impl<'de> Deserializer<'de> for Node<'_> {
    type Error = ReadError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        self.any(visitor).map_err(|error| error.at(&self.path))
    }

    scalar! {
        deserialize_bool visit_bool bool, false;
        deserialize_i8 visit_i64 i64, 1;
        deserialize_i16 visit_i64 i64, 1;
        deserialize_i32 visit_i64 i64, 1;
        deserialize_i64 visit_i64 i64, 1;
        deserialize_u8 visit_i64 i64, 1;
        deserialize_u16 visit_i64 i64, 1;
        deserialize_u32 visit_i64 i64, 1;
        deserialize_u64 visit_i64 i64, 1;
        deserialize_f32 visit_f64 f64, 1.0;
        deserialize_f64 visit_f64 f64, 1.0;
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        let path = self.path.clone();
        visitor.visit_some(self).map_err(|error| error.at(&path))
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, ReadError> {
        let path = self.path.clone();
        visitor.visit_newtype_struct(self).map_err(|error| error.at(&path))
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        words: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, ReadError> {
        let result = match &self.value.kind {
            ValueKind::Nil => {
                visitor.visit_enum(words.first().copied().unwrap_or_default().into_deserializer())
            }
            ValueKind::String(word) => visitor.visit_enum(word.as_str().into_deserializer()),
            _ => self.any(Refuse(one_of(words))).map(|never| match never {}),
        };
        result.map_err(|error| error.at(&self.path))
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        let result = match self.environment_text() {
            // in a variable a list is written a,b,c
            Some(text) => {
                let words: Vec<String> = text
                    .split(',')
                    .map(|word| word.trim().to_owned())
                    .filter(|word| !word.is_empty())
                    .collect();
                visitor.visit_seq(SeqDeserializer::new(words.into_iter()))
            }
            None if self.is_stand_in() => {
                visitor.visit_seq(SeqDeserializer::new(std::iter::empty::<String>()))
            }
            None => self.any(visitor),
        };
        result.map_err(|error| error.at(&self.path))
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _keys: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, ReadError> {
        if self.is_stand_in() {
            let nothing = MapDeserializer::new(std::iter::empty::<(String, String)>());
            return visitor.visit_map(nothing).map_err(|error: ReadError| error.at(&self.path));
        }
        self.deserialize_any(visitor)
    }

    serde::forward_to_deserialize_any! {
        i128 u128 char str string bytes byte_buf unit unit_struct tuple tuple_struct map identifier
        ignored_any
    }
}

/// Accepts nothing, and says what would have been accepted.
struct Refuse(String);

enum Never {}

impl Visitor<'_> for Refuse {
    type Value = Never;
    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

struct Table<'t> {
    tree: &'t Tree,
    path: KeyPath,
    entries: std::vec::IntoIter<(&'t String, &'t Value)>,
    pending: Option<Node<'t>>,
}

impl<'de> MapAccess<'de> for Table<'_> {
    type Error = ReadError;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, ReadError> {
        let Some((key, value)) = self.entries.next() else { return Ok(None) };
        self.pending = Some(Node { tree: self.tree, value, path: self.path.key(key) });
        seed.deserialize(key.as_str().into_deserializer()).map(Some)
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, ReadError> {
        let Some(node) = self.pending.take() else {
            return Err(de::Error::custom("a key before each value"));
        };
        let path = node.path.clone();
        seed.deserialize(node).map_err(|error| error.at(&path))
    }
}

struct List<'t> {
    tree: &'t Tree,
    path: KeyPath,
    elements: std::iter::Enumerate<std::slice::Iter<'t, Value>>,
}

impl<'de> SeqAccess<'de> for List<'_> {
    type Error = ReadError;

    fn next_element_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, ReadError> {
        let Some((index, value)) = self.elements.next() else { return Ok(None) };
        let path = self.path.index(index);
        let node = Node { tree: self.tree, value, path: path.clone() };
        seed.deserialize(node).map(Some).map_err(|error| error.at(&path))
    }
}
