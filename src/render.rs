//! Templates become texts, mails and pages. Each template is built into the program and can be
//! replaced by a file of the same name in the site's own directory, read once, at start. minijinja
//! is used only here.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};

use minijinja::syntax::SyntaxConfig;
use minijinja::value::{Serde, Value};
use minijinja::{AutoEscape, Environment, Error, ErrorKind, UndefinedBehavior};
use serde::Serialize;
use zeroize::Zeroizing;

mod embedded;
mod overrides;
mod snippet;

use embedded::EMBEDDED;
pub use snippet::Snippet;

/// Bounds the steps and the memory of one rendering (one unit is one step or 64 octets): a page
/// takes some ten thousand, a loop without end would take them all.
const FUEL: u64 = 500_000;
/// No text or page is larger than this, in octets.
const MAX_OUTPUT: usize = 4 * 1024 * 1024;

/// Why a text or page could not be made. Never holds a value, only words of the template.
#[derive(Debug, thiserror::Error)]
pub enum RenderError {
    /// The site's own templates cannot be used; each problem is a line.
    #[error("templates.directory: {}; nothing was started, correct or remove the file", .0.join("\n  "))]
    Overrides(Vec<String>),
    /// A built-in template cannot be parsed: a mistake of ours.
    #[error("{place}: {what}; this is a mistake in the program, please report it")]
    BuiltIn {
        /// The template and its line.
        place: String,
        /// What is wrong there.
        what: String,
    },
    /// There is no template of this name.
    #[error("there is no template {0}; nothing was sent or shown")]
    Missing(String),
    /// The template asks for something that it is not given, or does not end.
    #[error("{place}: {what}; nothing was sent or shown")]
    Template {
        /// The template, as a file when it is the site's own, and its line.
        place: String,
        /// What is wrong there.
        what: String,
    },
}

/// All templates, ready to be filled. Cheap to share, never read again from disk.
pub struct Renderer {
    environment: Environment<'static>,
    /// Where the templates that are not the built-in ones come from.
    replaced: BTreeMap<String, PathBuf>,
}

impl Renderer {
    /// The built-in templates, replaced by those in `directory`. A template can take in another
    /// one of this list, and nothing else from the disk.
    ///
    /// # Errors
    /// [`RenderError::Overrides`] with every file that cannot be used: unreadable, too large, not
    /// UTF-8, of an unknown name, or not understood.
    pub fn new(directory: Option<&Path>) -> Result<Self, RenderError> {
        let mut environment = environment();
        for (name, source) in EMBEDDED {
            environment.add_template(name, source).map_err(|error| RenderError::BuiltIn {
                place: place(name, error.line()),
                what: told(&error),
            })?;
        }
        let mut replaced = BTreeMap::new();
        let mut problems = Vec::new();
        let found = directory.map(overrides::read).unwrap_or_default();
        for one in found {
            let added = one.and_then(|file| {
                let parsed = environment.add_template_owned(file.name.clone(), file.source);
                parsed.map_err(|e| format!("{}: {}", place(&file.path.display(), e.line()), told(&e)))?;
                Ok((file.name, file.path))
            });
            match added {
                Ok((name, path)) => drop(replaced.insert(name, path)),
                Err(problem) => problems.push(problem),
            }
        }
        if problems.is_empty() {
            Ok(Self { environment, replaced })
        } else {
            Err(RenderError::Overrides(problems))
        }
    }

    /// Fills the template `name` with `values`. In a `.html` template every value is escaped; in
    /// any other none. The values are data: what looks like template code in them stays text.
    ///
    /// # Errors
    /// [`RenderError`]: there is no such template, it uses a value that is not among `values`, or
    /// it does not end.
    pub fn render(&self, name: &str, values: &impl Serialize) -> Result<Zeroizing<String>, RenderError> {
        let Ok(template) = self.environment.get_template(name) else {
            return Err(RenderError::Missing(name.to_owned()));
        };
        let mut output = WipedOutput::default();
        let values = Value::from(Serde(values));
        template.render_captured_to(values, &mut output).map_err(|error| {
            let name = error.name().unwrap_or(name);
            RenderError::Template { place: place(&self.file(name), error.line()), what: told(&error) }
        })?;
        output.into_text().ok_or_else(|| RenderError::Template {
            place: self.file(name),
            what: "its output is no text".to_owned(),
        })
    }

    /// How people find the template `name`: the site's file, or the name of the built-in one.
    #[must_use]
    pub fn file(&self, name: &str) -> String {
        self.replaced.get(name).map_or_else(|| name.to_owned(), |path| path.display().to_string())
    }

    /// The values that the template `name` asks for, `until.date` by its whole name. None when there is no
    /// such template.
    #[must_use]
    pub fn placeholders(&self, name: &str) -> BTreeSet<String> {
        let template = self.environment.get_template(name);
        template.map(|found| found.undeclared_variables(true).into_iter().collect()).unwrap_or_default()
    }
}

impl std::fmt::Debug for Renderer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Renderer").field("replaced", &self.replaced).finish_non_exhaustive()
    }
}

fn environment() -> Environment<'static> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_fuel(Some(FUEL));
    environment.set_auto_escape_callback(|name| {
        if name.ends_with(".html") { AutoEscape::Html } else { AutoEscape::None }
    });
    // A block on a line of its own leaves no empty line behind.
    if let Ok(syntax) = SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build() {
        environment.set_syntax(syntax);
    }
    // Lets an error name what is undefined. The values it would also show are never taken over.
    environment.set_debug(true);
    environment
}

/// The file, and the line in it.
fn place(file: &impl std::fmt::Display, line: Option<usize>) -> String {
    line.map_or_else(|| file.to_string(), |line| format!("{file}, line {line}"))
}

/// What is wrong, in words of the template only. The details of other kinds may quote a value: the
/// name of a template that is not there or of a filter can come from one.
fn told(error: &Error) -> String {
    let kind = error.kind();
    match kind {
        ErrorKind::SyntaxError | ErrorKind::UndefinedError => {
            error.detail().map_or_else(|| kind.to_string(), |detail| format!("{kind}: {detail}"))
        }
        ErrorKind::OutOfFuel => "it does not end, or makes far too much".to_owned(),
        ErrorKind::WriteFailure => format!("it makes more than {MAX_OUTPUT} octets"),
        // minijinja's enum, which may grow.
        _ => kind.to_string(),
    }
}

/// Takes the output up. May hold a password: when it grows, the smaller buffer is wiped.
#[derive(Default)]
struct WipedOutput(Zeroizing<Vec<u8>>);

impl WipedOutput {
    fn into_text(mut self) -> Option<Zeroizing<String>> {
        String::from_utf8(std::mem::take(&mut *self.0)).ok().map(Zeroizing::new)
    }
}

impl io::Write for WipedOutput {
    fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
        let length = self.0.len() + octets.len();
        if length > MAX_OUTPUT {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        if length > self.0.capacity() {
            let mut larger = Zeroizing::new(Vec::with_capacity(length.max(2 * self.0.capacity()).max(1024)));
            larger.extend_from_slice(&self.0);
            self.0 = larger;
        }
        self.0.extend_from_slice(octets);
        Ok(octets.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests;
