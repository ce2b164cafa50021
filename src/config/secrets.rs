//! Secrets as they are written (a file, a systemd credential, an environment variable, the words
//! themselves) and how they are read. Nothing here shows one.

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{self, Deserialize, Deserializer, MapAccess, Visitor};
use serde::ser::{Serialize, Serializer};
use zeroize::Zeroizing;

use crate::secret::Secret;

/// A longer secret is a mistake: the wrong file was named.
const LONGEST_SECRET_BYTES: u64 = 64 * 1024;

/// Where a secret is.
#[derive(Clone, Debug)]
pub enum SecretSource {
    /// In a file of mode 0600 or stricter.
    File(PathBuf),
    /// A systemd credential.
    Credential {
        /// Its name.
        name: String,
        /// Its file; `None` when systemd hands over no credentials.
        path: Option<PathBuf>,
    },
    /// In an environment variable.
    Environment {
        /// The variable's name.
        variable: String,
        /// What it held when the configuration was loaded.
        value: Option<Secret>,
    },
    /// In the configuration itself.
    Literal(Secret),
}

/// Why a secret cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SecretError {
    /// The file cannot be opened or read.
    #[error("the secret's file {} cannot be read: {cause}", path.display())]
    Unreadable {
        /// Which file.
        path: PathBuf,
        /// What the system says.
        cause: String,
        /// True when there is no such file.
        absent: bool,
    },
    /// Others than its owner may use the file.
    #[error("the secret's file {} has mode {mode:04o}; expected 0600 or stricter (chmod 600)", path.display())]
    Mode {
        /// Which file.
        path: PathBuf,
        /// Its mode.
        mode: u32,
    },
    /// Not a regular file, or far too large.
    #[error("{} is no file that holds a secret", path.display())]
    NoSecret {
        /// Which one.
        path: PathBuf,
    },
    /// systemd hands over no credentials.
    #[error(
        "the credential \"{name}\" cannot be read: CREDENTIALS_DIRECTORY is not set; name it in LoadCredential= of the unit"
    )]
    NoCredentials {
        /// The credential's name.
        name: String,
    },
    /// The variable is not set.
    #[error("the environment variable {variable} is not set")]
    NotSet {
        /// Its name.
        variable: String,
    },
    /// The secret is the empty text.
    #[error("the secret is empty")]
    Empty,
    /// The secret is no text.
    #[error("the secret is not UTF-8 text")]
    NotText,
}

impl SecretSource {
    /// Reads the secret as text; one newline at its end is not part of it.
    ///
    /// # Errors
    /// [`SecretError`] says what to do.
    pub fn read(&self) -> Result<Secret, SecretError> {
        let mut bytes = self.read_bytes()?;
        if bytes.last() == Some(&b'\n') {
            bytes.pop();
            if bytes.last() == Some(&b'\r') {
                bytes.pop();
            }
        }
        let text = std::str::from_utf8(&bytes).map_err(|_| SecretError::NotText)?;
        if text.is_empty() {
            return Err(SecretError::Empty);
        }
        Ok(Secret::new(text.to_owned()))
    }

    /// Reads the secret as it is, byte by byte: the way for keys.
    ///
    /// # Errors
    /// [`SecretError`] says what to do.
    pub fn read_bytes(&self) -> Result<Zeroizing<Vec<u8>>, SecretError> {
        match self {
            Self::File(path) => read_file(path, true),
            // systemd guards the folder, and gives the files a mode of its own choice
            Self::Credential { path: Some(path), .. } => read_file(path, false),
            Self::Credential { name, path: None } => Err(SecretError::NoCredentials { name: name.clone() }),
            Self::Environment { value: Some(value), .. } | Self::Literal(value) => {
                Ok(Zeroizing::new(value.expose().as_bytes().to_vec()))
            }
            Self::Environment { variable, value: None } => {
                Err(SecretError::NotSet { variable: variable.clone() })
            }
        }
    }

    /// Where the secret is, in words that may be shown.
    #[must_use]
    pub fn describe(&self) -> String {
        match self {
            Self::File(path) => format!("file {}", path.display()),
            Self::Credential { name, .. } => format!("credential {name}"),
            Self::Environment { variable, .. } => format!("environment variable {variable}"),
            Self::Literal(_) => "the configuration itself".to_owned(),
        }
    }

    /// Binds the source to the machine: relative paths to `folder`, credentials and variables to
    /// what `env` says.
    pub(super) fn bind(&mut self, folder: &Path, env: &BTreeMap<String, String>) {
        match self {
            Self::File(path) => *path = folder.join(&path),
            Self::Credential { name, path } => {
                *path = env.get("CREDENTIALS_DIRECTORY").map(|folder| Path::new(folder).join(name));
            }
            Self::Environment { variable, value } => *value = env.get(variable).cloned().map(Secret::new),
            Self::Literal(_) => {}
        }
    }
}

fn read_file(path: &Path, demand_mode: bool) -> Result<Zeroizing<Vec<u8>>, SecretError> {
    use std::io::Read;
    let unreadable = |error: std::io::Error| SecretError::Unreadable {
        path: path.to_owned(),
        cause: error.to_string(),
        absent: error.kind() == std::io::ErrorKind::NotFound,
    };
    // asked first, so that a named pipe does not make the program wait
    if !std::fs::metadata(path).map_err(unreadable)?.is_file() {
        return Err(SecretError::NoSecret { path: path.to_owned() });
    }
    let file = std::fs::File::open(path).map_err(unreadable)?;
    let about = file.metadata().map_err(unreadable)?;
    let mode = about.permissions().mode() & 0o7777;
    if demand_mode && mode & 0o177 != 0 {
        return Err(SecretError::Mode { path: path.to_owned(), mode });
    }
    if !about.is_file() || about.len() > LONGEST_SECRET_BYTES {
        return Err(SecretError::NoSecret { path: path.to_owned() });
    }
    // room for all at once: a growing vector would leave copies behind
    let mut bytes = Zeroizing::new(Vec::with_capacity(usize::try_from(about.len()).unwrap_or(0) + 64));
    file.take(LONGEST_SECRET_BYTES).read_to_end(&mut bytes).map_err(unreadable)?;
    Ok(bytes)
}

impl<'de> Deserialize<'de> for SecretSource {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(SecretVisitor)
    }
}

/// What a secret may look like. No refusal repeats the value.
struct SecretVisitor;

const WAYS: &str = "a secret: { file = \"…\" }, { credential = \"…\" }, { env = \"…\" } or a text in quotes";

impl<'de> Visitor<'de> for SecretVisitor {
    type Value = SecretSource;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(WAYS)
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<SecretSource, E> {
        match text {
            "" => Err(E::custom("expected a secret that is not empty")),
            text => Ok(SecretSource::Literal(Secret::new(text.to_owned()))),
        }
    }

    fn visit_bool<E: de::Error>(self, _: bool) -> Result<SecretSource, E> {
        Err(E::custom(format_args!("expected {WAYS}")))
    }

    fn visit_i64<E: de::Error>(self, _: i64) -> Result<SecretSource, E> {
        Err(E::custom(format_args!("expected {WAYS}")))
    }

    fn visit_f64<E: de::Error>(self, _: f64) -> Result<SecretSource, E> {
        Err(E::custom(format_args!("expected {WAYS}")))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<SecretSource, A::Error> {
        const KEYS: &[&str] = &["file", "credential", "env"];
        let mut source = None;
        while let Some(key) = map.next_key::<String>()? {
            let next = match key.as_str() {
                "file" => SecretSource::File(map.next_value()?),
                "credential" => SecretSource::Credential { name: map.next_value()?, path: None },
                "env" => SecretSource::Environment { variable: map.next_value()?, value: None },
                other => return Err(de::Error::unknown_field(other, KEYS)),
            };
            if source.replace(next).is_some() {
                return Err(de::Error::custom("expected only one of file, credential and env"));
            }
        }
        match source {
            Some(SecretSource::Credential { name, .. }) if !is_file_name(&name) => {
                Err(de::Error::custom("expected a credential's name without /"))
            }
            Some(source) => Ok(source),
            None => Err(de::Error::custom(format_args!("expected {WAYS}"))),
        }
    }
}

fn is_file_name(name: &str) -> bool {
    !name.is_empty() && name != "." && name != ".." && !name.contains(['/', '\0'])
}

/// Shown as `[secret]`, whatever it is.
impl Serialize for SecretSource {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str("[secret]")
    }
}

impl JsonSchema for SecretSource {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Secret".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let way = |key: &str| {
            serde_json::json!({
                "type": "object", "properties": { key: { "type": "string" } },
                "required": [key], "additionalProperties": false,
            })
        };
        json_schema!({
            "description": "A secret: a file (mode 0600 or stricter), a systemd credential, an environment variable, or the words themselves (with a warning).",
            "anyOf": [way("file"), way("credential"), way("env"), { "type": "string", "minLength": 1 }],
        })
    }
}

/// A configured secret: where it is, and what was read there when the configuration was loaded.
#[derive(Clone, Debug)]
pub struct SecretSetting {
    source: SecretSource,
    value: Secret,
}

impl SecretSetting {
    /// The secret. Empty only in settings that were loaded to be shown.
    #[must_use]
    pub fn secret(&self) -> &Secret {
        &self.value
    }

    /// Where it is.
    #[must_use]
    pub fn source(&self) -> &SecretSource {
        &self.source
    }

    pub(super) fn source_mut(&mut self) -> &mut SecretSource {
        &mut self.source
    }

    /// Reads the secret, once the source is bound.
    pub(super) fn resolve(&mut self) -> Result<(), SecretError> {
        self.value = self.source.read()?;
        Ok(())
    }
}

impl<'de> Deserialize<'de> for SecretSetting {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        SecretSource::deserialize(deserializer)
            .map(|source| Self { source, value: Secret::new(String::new()) })
    }
}

impl Serialize for SecretSetting {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.source.serialize(serializer)
    }
}

impl JsonSchema for SecretSetting {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        SecretSource::schema_name()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        SecretSource::json_schema(generator)
    }
}
