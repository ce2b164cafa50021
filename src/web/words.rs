//! What the program knows by stable words, said in the languages of the pages. Each match names every variant,
//! so that a new one is not shown by its code.

use super::language::Language;

pub(super) mod acts;
pub(super) mod evidence;
pub(super) mod history;
pub(super) mod part;
pub(super) mod reason;
pub(super) mod sent;
pub(super) mod ticket;
pub(super) mod time;
pub(super) mod trail;
pub(super) mod trial;

/// Something said in Swedish and in English.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Words(pub(super) &'static str, pub(super) &'static str);

impl Words {
    /// In this language.
    pub(super) fn of(self, language: Language) -> &'static str {
        match language {
            Language::Swedish => self.0,
            Language::English => self.1,
        }
    }
}
