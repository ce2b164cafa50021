//! Does it fit together? Everything that no single value can tell. Each check goes on after a
//! mistake, so that one run names them all.

use super::error::{ConfigError, Problem, Source};
use super::key_path::KeyPath;
use super::layers::Tree;
use super::settings::Settings;

mod gateways;
mod graph;
mod ldap;
mod mail;
mod oidc;
mod rules;
mod shape;
mod unbuilt;
mod ways_out;
mod webhooks;

/// What the checks found.
pub(super) struct Checks<'a> {
    tree: &'a Tree,
    reported: &'a [KeyPath],
    errors: Vec<ConfigError>,
    warnings: Vec<ConfigError>,
}

impl<'a> Checks<'a> {
    /// Of `reported` places nothing more will be said.
    pub(super) fn new(tree: &'a Tree, reported: &'a [KeyPath]) -> Self {
        Self { tree, reported, errors: Vec::new(), warnings: Vec::new() }
    }

    /// Makes every check.
    pub(super) fn all(&mut self, settings: &Settings) {
        self.desk(&settings.desk);
        self.mailboxes(&settings.mailboxes);
        self.policy(&settings.policy);
        self.password(&settings.password, &settings.delivery);
        self.unused(&settings.password, settings.directory.kind);
        self.delivery(&settings.delivery);
        self.typed_address(settings);
        self.sms(&settings.sms);
        self.smtp(&settings.smtp);
        self.upkeep(settings);
        self.graph(&settings.directory);
        self.ldap(&settings.directory);
        self.oidc(settings);
        self.sessions(settings);
        self.webhooks(&settings.notify);
        self.unbuilt(settings);
    }

    /// Errors and warnings.
    pub(super) fn finish(self) -> (Vec<ConfigError>, Vec<ConfigError>) {
        (self.errors, self.warnings)
    }

    /// Something at `path` that must be changed, in words.
    pub(super) fn refuse(&mut self, path: &KeyPath, why: impl Into<String>) {
        self.add(path, Problem::Refused(why.into()));
    }

    /// A value that is not what it should be.
    fn expect(&mut self, path: &KeyPath, holds: bool, found: impl std::fmt::Display, expected: &str) {
        if !holds {
            let found = Some(found.to_string());
            self.add(path, Problem::Value { found, expected: expected.to_owned() });
        }
    }

    /// A key that must be there under the circumstances.
    fn demand(&mut self, path: &KeyPath, present: bool, expected: &str) {
        if !present {
            self.add(path, Problem::Missing { expected: expected.to_owned() });
        }
    }

    fn add(&mut self, path: &KeyPath, problem: Problem) {
        if !self.is_reported(path) {
            self.errors.push(self.finding(path, problem));
        }
    }

    /// Something at `path` that works, and yet should be looked at.
    fn warn(&mut self, path: &KeyPath, why: impl Into<String>) {
        if !self.is_reported(path) {
            self.warnings.push(self.finding(path, Problem::Refused(why.into())));
        }
    }

    /// A secret in the file; one that a variable brought is as good as `{ env = … }`.
    pub(super) fn warn_of_literal(&mut self, path: &KeyPath) {
        if !matches!(self.tree.place(path), Source::Environment(_)) {
            self.warn(
                path,
                "the secret stands in the configuration itself; \
                 better are { file = … }, { credential = … } and { env = … }",
            );
        }
    }

    /// Was `path`, or what it is in, found wrong before?
    fn is_reported(&self, path: &KeyPath) -> bool {
        self.reported.iter().any(|known| known.contains(path))
    }

    /// Does somebody say something of `path`?
    fn is_written(&self, path: &KeyPath) -> bool {
        self.tree.places.contains_key(&path.to_string())
    }

    fn finding(&self, path: &KeyPath, problem: Problem) -> ConfigError {
        ConfigError { place: self.tree.place(path), key: path.to_string(), problem }
    }
}
