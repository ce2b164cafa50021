//! What the address of the queue asks for: which pile, which tab, how grouped, and from where on. What cannot be
//! read is taken for the usual.

use form_urlencoded::Serializer;
use serde::Deserialize;

use crate::ticket::TicketId;
use crate::ticket::queue::{Cursor, Order, Pile, Wanted};
use crate::types::{Reason, UnixMillis};
use crate::web::port::Snapshot;

/// Rows of a page.
pub(super) const PAGE: u32 = 50;
/// Longer words are looked for by nobody.
const LONGEST_SEARCH: usize = 200;

/// The address's parameters, as they were written.
#[derive(Clone, Debug, Default, Deserialize)]
pub(in crate::web::staff) struct Written {
    #[serde(default)]
    tab: String,
    #[serde(default)]
    group: String,
    #[serde(default)]
    reason: String,
    #[serde(default)]
    after: String,
    #[serde(default)]
    q: String,
    #[serde(default)]
    done: String,
}

/// A list of the queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tab {
    All,
    Mine,
    Nobodys,
    Late,
    Pending,
    Failed,
    Done,
}

impl Tab {
    pub const ALL: [Self; 7] =
        [Self::All, Self::Mine, Self::Nobodys, Self::Late, Self::Pending, Self::Failed, Self::Done];

    pub fn code(self) -> &'static str {
        match self {
            Self::All => "",
            Self::Mine => "mine",
            Self::Nobodys => "nobody",
            Self::Late => "late",
            Self::Pending => "pending",
            Self::Failed => "failed",
            Self::Done => "done",
        }
    }

    /// Does it list what technicians deal with?
    pub fn is_open(self) -> bool {
        match self {
            Self::All | Self::Mine | Self::Nobodys | Self::Late | Self::Failed => true,
            Self::Pending | Self::Done => false,
        }
    }
}

/// How rows are put together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Group {
    Reason,
    Text,
    None,
}

impl Group {
    pub const ALL: [Self; 3] = [Self::Reason, Self::Text, Self::None];

    pub fn code(self) -> &'static str {
        match self {
            Self::Reason => "",
            Self::Text => "text",
            Self::None => "none",
        }
    }
}

/// What is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Asked {
    pub tab: Tab,
    pub group: Group,
    /// Only this reason; `Some(None)` is those without one.
    pub reason: Option<Option<Reason>>,
    /// From where on, as it was written: a place in a list, in a search, or a ticket.
    pub after: String,
    /// Words that are looked for; empty for none.
    pub search: String,
    /// The ticket that was decided just now, at the end of a review.
    pub done: String,
}

impl Asked {
    pub fn of(written: Written) -> Self {
        let tab = Tab::ALL.into_iter().find(|tab| tab.code() == written.tab).unwrap_or(Tab::All);
        let group = Group::ALL.into_iter().find(|group| group.code() == written.group);
        Self {
            tab,
            // Texts are compared among all that is open.
            group: group.filter(|group| tab == Tab::All || *group != Group::Text).unwrap_or(Group::Reason),
            reason: reason_of(&written.reason),
            after: written.after,
            done: written.done,
            search: written.q.trim().chars().take(LONGEST_SEARCH).collect(),
        }
    }

    /// The list that is asked for, by the store's words. One row more than a page tells that there are more.
    pub fn wanted(&self, me: &str, snapshot: &Snapshot) -> Wanted {
        let pile = match self.tab {
            Tab::All => Pile::Open,
            Tab::Mine => Pile::Of(me.to_owned()),
            Tab::Nobodys => Pile::Of(String::new()),
            Tab::Late => Pile::Late(snapshot.late[1]),
            Tab::Pending => Pile::Pending,
            Tab::Failed => Pile::Failed,
            Tab::Done => Pile::Done(snapshot.today),
        };
        let order = if self.group == Group::None { Order::Oldest } else { Order::Reason };
        Wanted { pile, order, reason: self.reason, after: cursor_of(&self.after), limit: PAGE + 1 }
    }

    /// The address of this list, from `after` on; empty is its beginning.
    pub fn address(&self, base: &str, after: &str) -> String {
        let mut query = Serializer::new(String::new());
        let reason = self.reason.map(code_of).unwrap_or_default();
        let parts = [
            ("q", self.search.as_str()),
            ("tab", self.tab.code()),
            ("group", self.group.code()),
            ("reason", reason),
            ("after", after),
        ];
        for (name, value) in parts.into_iter().filter(|(_, value)| !value.is_empty()) {
            query.append_pair(name, value);
        }
        let query = query.finish();
        if query.is_empty() { format!("{base}/queue") } else { format!("{base}/queue?{query}") }
    }
}

/// The word for tickets without a reason, where a reason is named.
const NO_REASON: &str = "none";

/// The reason's word in an address.
pub(in crate::web::staff) fn code_of(reason: Option<Reason>) -> &'static str {
    reason.map_or(NO_REASON, Reason::code)
}

/// The reason with this word in an address; `Some(None)` is none.
pub(in crate::web::staff) fn reason_of(code: &str) -> Option<Option<Reason>> {
    if code == NO_REASON { Some(None) } else { code.parse().ok().map(Some) }
}

/// A place in a list, as it stands in an address.
pub(super) fn written_cursor(cursor: Cursor) -> String {
    format!("{}.{}.{}.{}", cursor.place, cursor.calm, cursor.at.0, cursor.id.0)
}

fn cursor_of(text: &str) -> Option<Cursor> {
    let mut numbers = text.split('.').map(|part| part.parse::<i64>().ok());
    let mut next = || numbers.next().flatten();
    Some(Cursor { place: next()?, calm: next()?, at: UnixMillis(next()?), id: TicketId(next()?) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_leads_to_the_list_that_it_came_from() {
        let written = |tab: &str, group: &str, reason: &str| Written {
            tab: tab.to_owned(),
            group: group.to_owned(),
            reason: reason.to_owned(),
            ..Written::default()
        };
        let asked = Asked::of(written("late", "none", "no-phone"));
        assert_eq!((asked.tab, asked.group), (Tab::Late, Group::None));
        assert_eq!(asked.address("/desk", "x"), "/desk/queue?tab=late&group=none&reason=no-phone&after=x");
        assert_eq!(Asked::of(written("", "text", "none")).reason, Some(None));
        assert_eq!(
            Asked::of(written("mine", "text", "")).group,
            Group::Reason,
            "texts are compared among all"
        );
        let usual = Asked::of(written("<b>", "x", "y"));
        assert_eq!(usual.address("", ""), "/queue");
    }

    #[test]
    fn a_place_survives_its_address() {
        let cursor = Cursor { place: 9, calm: 1, at: UnixMillis(-5), id: TicketId(77) };
        assert_eq!(cursor_of(&written_cursor(cursor)), Some(cursor));
        for text in ["", "1.2.3", "a.b.c.d", "1.2.3.99999999999999999999"] {
            assert_eq!(cursor_of(text), None, "{text}");
        }
    }
}
