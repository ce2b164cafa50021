//! Every mistake in one run: after each error the offending key is taken out (a missing one gets a
//! stand-in) and the whole is read again, until it can be read.

use config::ValueKind;
use serde::Deserialize;

use super::error::{ConfigError, Problem};
use super::key_path::KeyPath;
use super::layers::Tree;
use super::reader::{Cause, Node, ReadError};
use super::settings::Settings;

/// More mistakes than this are not listed.
const MOST_MISTAKES: usize = 200;

/// What reading gave.
pub(super) struct Collected {
    /// The settings; with errors, only good for looking for more of them. `None` when even that
    /// could not be made.
    pub(super) settings: Option<Settings>,
    /// The mistakes found so far.
    pub(super) errors: Vec<ConfigError>,
    /// Places that were reported: nothing more is said of them.
    pub(super) reported: Vec<KeyPath>,
}

/// Reads the settings out of `tree`, which is mended where it is wrong.
pub(super) fn settings(tree: &mut Tree) -> Collected {
    let mut errors = Vec::new();
    let mut reported: Vec<KeyPath> = Vec::new();
    while errors.len() < MOST_MISTAKES {
        // so that its required keys are reported one by one
        tree.become_table(&KeyPath::of("desk"));
        let error = match Settings::deserialize(Node::top(tree)) {
            Ok(settings) => return Collected { settings: Some(settings), errors, reported },
            Err(error) => error,
        };
        let (path, problem, mended) = mend(tree, error);
        if !reported.iter().any(|known| known.contains(&path) || path.contains(known) && path != *known) {
            errors.push(ConfigError { place: tree.place(&path), key: path.to_string(), problem });
            reported.push(path);
        }
        if !mended {
            break;
        }
    }
    Collected { settings: None, errors, reported }
}

/// Makes `tree` readable past `error`; answers with where it was, what it was, and whether the
/// tree has changed.
fn mend(tree: &mut Tree, error: ReadError) -> (KeyPath, Problem, bool) {
    let path = error.path.unwrap_or_default();
    match error.cause {
        Cause::Unknown { key, known } => {
            let path = path.key(&key);
            let nearest = nearest(&key, known);
            let mended = tree.remove(&path);
            (path, Problem::UnknownKey { nearest }, mended)
        }
        Cause::Missing(key) => {
            tree.become_table(&path);
            let path = path.key(key);
            let mended = tree.get(&path).is_none() && tree.put(&path, ValueKind::Nil);
            (path, Problem::Missing { expected: "a value".to_owned() }, mended)
        }
        Cause::Value { found, expected } => {
            let mended = take_out(tree, &path);
            (path, Problem::Value { found, expected }, mended)
        }
        Cause::Refused(why) => {
            let mended = take_out(tree, &path);
            (path, Problem::Refused(why), mended)
        }
    }
}

/// Takes a wrong value out of its table; in a list, where the others must keep their numbers, a
/// stand-in takes its place. False when it was a stand-in already.
fn take_out(tree: &mut Tree, path: &KeyPath) -> bool {
    let was_stand_in = tree.get(path).is_some_and(|value| value.kind == ValueKind::Nil);
    !was_stand_in && (tree.remove(path) || tree.put(path, ValueKind::Nil))
}

/// The known key that is spelled most alike, if any is near enough to be meant.
fn nearest(key: &str, known: &[&str]) -> Option<String> {
    known
        .iter()
        .map(|candidate| (strsim::damerau_levenshtein(key, candidate), *candidate))
        .filter(|(distance, candidate)| *distance <= candidate.len().max(key.len()).div_ceil(2))
        .min()
        .map(|(_, candidate)| candidate.to_owned())
}
