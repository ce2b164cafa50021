//! Whatever people write, quote and forge: no mail changes a ticket that is not its writer's.

use std::collections::BTreeMap;

use nyckelbud::mail::Trust;
use nyckelbud::store::*;
use nyckelbud::ticket::{Kind, State, TicketId};
use nyckelbud::types::{EmailAddress, MessageId, TicketNumber};
use rand::rngs::StdRng;
use rand::seq::IndexedRandom as _;
use rand::{RngExt as _, SeedableRng as _};

use super::make::*;
use super::world::World;

const PEOPLE: [&str; 5] = [ANNA, "bo.berg@kommun.example", "cia@kommun.example", "eve@elsewhere.example", ""];
const TRUSTS: [Trust; 4] = [Trust::OwnDomain, Trust::OwnDomain, Trust::Vouched, Trust::Unverified];
const KINDS: [Kind; 6] =
    [Kind::Password, Kind::Password, Kind::Password, Kind::General, Kind::Automatic, Kind::Quarantine];
const MAILS: u32 = 150;

/// Who may speak in a ticket, as the test itself keeps the books.
struct Owned {
    requester: String,
    trust: Trust,
    written_to: Vec<String>,
}

impl Owned {
    fn admits(&self, writer: &str, trust: Trust) -> bool {
        let known = self.requester == writer || self.written_to.iter().any(|to| to == writer);
        known && !writer.is_empty() && trust >= self.trust
    }
}

/// A desk under random mails.
struct Story {
    world: World,
    rng: StdRng,
    /// Message-IDs that exist, and some that do not.
    ids: Vec<MessageId>,
    owned: BTreeMap<i64, Owned>,
    joined: u32,
    linked: u32,
}

impl Story {
    /// Each ticket's row with the numbers of what belongs to it, by id.
    async fn rows(&self) -> BTreeMap<i64, String> {
        let sql = "SELECT t.id || ' ' || t.state || t.standing || t.outcome || t.reason || t.trail || t.subject
                 || t.linked_to || t.merged_into || t.settled_at || ' ' || t.due_at || ' ' || t.woken || t.replied
                 || t.fence || t.asked || ' ' || (SELECT COUNT(*) FROM mail m WHERE m.ticket = t.id)
                 || ' ' || (SELECT COUNT(*) FROM message o WHERE o.ticket = t.id)
                 || ' ' || (SELECT COUNT(*) FROM audit a WHERE a.ticket = t.id)
             FROM ticket t";
        let rows = self.world.texts(sql).await.into_iter();
        let split = |row: String| (row.split_once(' ').unwrap().0.parse().unwrap(), row);
        rows.map(split).collect()
    }

    fn mail(&mut self, n: u32) -> Incoming {
        let writer = *PEOPLE.choose(&mut self.rng).unwrap();
        let trust =
            if writer.is_empty() { Trust::Unverified } else { *TRUSTS.choose(&mut self.rng).unwrap() };
        let answers =
            (0..self.rng.random_range(0..3)).map(|_| self.ids.choose(&mut self.rng).unwrap().clone());
        let answers = answers.collect();
        let tag = self.rng.random_bool(0.4).then(|| TicketNumber::new(2026, self.rng.random_range(1..=n)));
        let copied = self.rng.random_bool(0.1).then(|| self.ids.choose(&mut self.rng).unwrap().clone());
        let kind = *KINDS.choose(&mut self.rng).unwrap();
        // Seven minutes apart: sometimes a handful of one address, never a flood.
        let received_at = NOW.plus(n * 7 * (HOUR / 60));
        mail_but(&format!("mail-{n}"), |mail| {
            mail.from = EmailAddress::parse(writer).ok();
            mail.message_id = copied.or(mail.message_id.take());
            mail.received_at = received_at;
            mail.ticket.kind = kind;
            mail.ticket.acknowledge = mail.from.clone().filter(|_| kind != Kind::Automatic);
            (mail.trust, mail.answers, mail.tag) = (trust, answers, tag);
        })
    }

    /// The machine or somebody at the desk goes on with a ticket.
    async fn somebody_works(&mut self) {
        let Some(id) = self.owned.keys().copied().collect::<Vec<_>>().choose(&mut self.rng).copied() else {
            return;
        };
        let store = &self.world.store;
        let done = delivered(true);
        let to =
            [State::Asked, done, technician(), State::requested()].choose(&mut self.rng).unwrap().clone();
        let Some(working) = store.claim_ticket(TicketId(id), "one", LEASE).await.unwrap() else { return };
        store.commit(TicketId(id), working.fence, &working.ticket.state, step(to)).await.unwrap();
    }

    async fn comes(&mut self, mail: Incoming) {
        let (writer, trust) = (mail.from.as_ref().map_or(String::new(), ToString::to_string), mail.trust);
        let id_of_it = mail.message_id.clone();
        let before = self.rows().await;
        let recorded = self.world.store.record(vec![mail.clone()], NOW).await.unwrap().remove(0);
        let after = self.rows().await;
        for (id, row) in before.iter().filter(|(id, row)| after[*id] != **row) {
            let owned = &self.owned[id];
            assert!(
                owned.admits(&writer, trust),
                "{writer} ({trust:?}) changed\n{row}\n{}\nby {mail:?}",
                after[id]
            );
        }
        match recorded {
            Recorded::Made(TicketId(id), _) => {
                self.linked +=
                    u32::from(self.world.store.ticket(TicketId(id)).await.unwrap().unwrap().link.is_some());
                self.owned.insert(id, Owned { requester: writer, trust, written_to: Vec::new() });
            }
            Recorded::Joined(..) => self.joined += 1,
            Recorded::Duplicate(..) | Recorded::Known => panic!("{recorded:?}"),
        }
        self.ids.extend(id_of_it);
        for sent in self.world.store.claim_messages(Channel::Mail, "one", LEASE, 9, NOW).await.unwrap() {
            let Addressee::Mail(to) = &sent.message.to else { panic!("{sent:?}") };
            self.owned.get_mut(&sent.ticket.0).unwrap().written_to.push(to.to_string());
            self.ids.push(sent.message_id);
        }
    }
}

pub async fn no_mail_of_another_person_changes_somebodys_ticket(world: World) {
    let seed = 31;
    let ids = ["guess", "unknown"].map(message_id).to_vec();
    let rng = StdRng::seed_from_u64(seed);
    let mut story = Story { world, rng, ids, owned: BTreeMap::new(), joined: 0, linked: 0 };
    for n in 1..=MAILS {
        let mail = story.mail(n);
        story.comes(mail).await;
        story.somebody_works().await;
    }
    // It would prove nothing if nobody ever met.
    assert!(story.joined >= 10 && story.linked >= 30, "{} joined, {} linked", story.joined, story.linked);
}
