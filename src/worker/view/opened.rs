//! Mails that were opened lately. Reading one takes a thousand times as long as finding it here, and a
//! technician comes back to the same ticket after every act.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

use crate::store::MailId;
use crate::web::MailBody;

/// Octets of text that are kept, all together.
const ROOM: usize = 32 * 1024 * 1024;
/// What a body takes beside its letters.
const SELF: usize = 2 * 1024;

#[derive(Default)]
struct Kept {
    bodies: HashMap<MailId, (Arc<MailBody>, usize)>,
    /// The oldest first.
    order: VecDeque<MailId>,
    weight: usize,
}

/// The bodies of mails, the oldest forgotten first.
#[derive(Default)]
pub(super) struct Opened(Mutex<Kept>);

impl Opened {
    pub(super) fn get(&self, id: MailId) -> Option<Arc<MailBody>> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.bodies.get(&id).map(|(body, _)| Arc::clone(body))
    }

    pub(super) fn keep(&self, id: MailId, body: MailBody) -> Arc<MailBody> {
        let (weight, body) = (weight(&body), Arc::new(body));
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.bodies.insert(id, (Arc::clone(&body), weight)).is_none() {
            kept.order.push_back(id);
            kept.weight += weight;
        }
        while kept.weight > ROOM {
            let Some(oldest) = kept.order.pop_front() else { break };
            let forgotten = kept.bodies.remove(&oldest).map_or(0, |(_, weight)| weight);
            kept.weight = kept.weight.saturating_sub(forgotten);
        }
        body
    }
}

fn weight(body: &MailBody) -> usize {
    // A line has a length and a place of its own.
    const LINE: usize = 32;
    let displayed = &body.displayed;
    let lines = displayed.text.iter().flat_map(|passage| &passage.lines);
    let names = displayed.attachments.iter().map(|attachment| attachment.name.len() + LINE).sum::<usize>();
    let links = displayed.html.iter().flat_map(|html| &html.links);
    SELF + lines.map(|line| line.len() + LINE).sum::<usize>()
        + names
        + links.map(|link| link.said.len() + link.target.len() + LINE).sum::<usize>()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mail::display::{Displayed, Passage, PassageKind};

    fn body(octets: usize) -> MailBody {
        let lines = vec!["x".repeat(octets)];
        let text = vec![Passage { kind: PassageKind::Written, first: 1, lines }];
        MailBody { displayed: Displayed { text, ..Displayed::default() }, marks: Vec::new() }
    }

    #[test]
    fn what_was_opened_is_found_until_there_is_no_room() {
        let opened = Opened::default();
        for id in 0..20 {
            opened.keep(MailId(id), body(2 * 1024 * 1024));
        }
        assert!(opened.get(MailId(19)).is_some() && opened.get(MailId(0)).is_none());
        assert!(opened.0.lock().unwrap().weight <= ROOM);
        opened.keep(MailId(99), body(2 * ROOM));
        assert!(opened.get(MailId(99)).is_none(), "what is larger than all room is not kept");
        assert_eq!(opened.0.lock().unwrap().weight, 0);
    }
}
