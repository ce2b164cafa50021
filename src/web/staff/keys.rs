//! Shortcuts of one letter: one table, from which the pages' help, their `aria-keyshortcuts` and what the script does
//! are made. They can be switched off, or moved to Ctrl+Alt (WCAG 2.1.4).

use serde_json::{Map, Value, json};

use super::Signed;
use super::access::Right;
use crate::types::Shortcuts;
use crate::web::words::Words;

/// What a key does.
struct Key {
    /// The keys, as a keyboard names them, in lower case; any of them.
    keys: &'static [&'static str],
    /// The script's word for it.
    does: &'static str,
    /// In the help.
    name: Words,
    /// Only for who may act.
    acts: bool,
}

const fn key(keys: &'static [&'static str], does: &'static str, name: Words) -> Key {
    Key { keys, does, name, acts: false }
}

const fn act(keys: &'static [&'static str], does: &'static str, name: Words) -> Key {
    Key { keys, does, name, acts: true }
}

/// On the queue's page.
const QUEUE: &[Key] = &[
    key(&["j"], "next", Words("nästa", "next")),
    key(&["k"], "previous", Words("föregående", "previous")),
    act(&["x"], "select", Words("välj", "select")),
    key(&["a"], "proposal", Words("till förslaget", "to the proposal")),
    act(&["m"], "take", Words("ta", "take")),
    act(&["r"], "ask", Words("be om uppgifter", "ask for details")),
    act(&["e"], "close", Words("stäng", "close")),
    key(&["s", "/"], "search", Words("sök", "search")),
    key(&["?"], "help", Words("hit", "here")),
];

/// On a ticket's page.
const TICKET: &[Key] = &[
    key(&["j"], "next", Words("nästa i följden", "next of the review")),
    key(&["k"], "previous", Words("föregående", "previous")),
    act(&["a"], "proposal", Words("till förslaget", "to the proposal")),
    act(&["r"], "reply", Words("svara", "reply")),
    act(&["m"], "take", Words("ta ärendet", "take the ticket")),
    act(&["e"], "close", Words("till stäng", "to close")),
    key(&["s", "/"], "search", Words("sök", "search")),
    key(&["?"], "help", Words("hit", "here")),
];

/// On the queue's page; `null` for somebody who wants none.
pub(super) fn queue(signed: &Signed) -> Value {
    value(QUEUE, signed)
}

/// On a ticket's page; `null` for somebody who wants none.
pub(super) fn ticket(signed: &Signed) -> Value {
    value(TICKET, signed)
}

/// What stands before a key: nothing, or `Ctrl+Alt+`; `None` for no keys at all.
fn before(shortcuts: Shortcuts) -> Option<[&'static str; 2]> {
    match shortcuts {
        Shortcuts::Off => None,
        Shortcuts::Letters => Some(["", ""]),
        Shortcuts::CtrlAlt => Some(["Ctrl+Alt+", "Control+Alt+"]),
    }
}

fn value(keys: &[Key], signed: &Signed) -> Value {
    let Some([said, aria]) = before(signed.preferences.shortcuts) else { return Value::Null };
    let may = Right::Act.is_of(signed.member.role);
    let (mut list, mut shortcuts) = (Vec::new(), Map::new());
    for key in keys.iter().filter(|key| may || !key.acts) {
        let shown: Vec<Value> = key
            .keys
            .iter()
            .map(|one| json!({ "key": one, "said": format!("{said}{}", one.to_uppercase()) }))
            .collect();
        let spoken: Vec<String> =
            key.keys.iter().map(|one| format!("{aria}{}", one.to_uppercase())).collect();
        shortcuts.insert(key.does.to_owned(), json!(spoken.join(" ")));
        list.push(json!({ "keys": shown, "does": key.does, "name": key.name.of(signed.language) }));
    }
    json!({ "list": list, "aria": shortcuts, "chord": !said.is_empty() })
}
