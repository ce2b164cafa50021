//! Stories × gateways × faults: everything that leaves as a text, through the real gateways and the service
//! that speaks as theirs do, with a second gateway behind. Each cell ends as written here.

use std::collections::BTreeSet;
use std::sync::Arc;

use nyckelbud::ticket::PasswordFact;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use self::cell::Cell;
use crate::support::sms_service::{ALL, Kind, WITH_RECEIPTS};

mod cell;

/// What somebody asks for, and what leaves as a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Story {
    /// Anna's phone is registered: her password.
    Registered,
    /// The same with `delivery.requester = "pickup"`: her own link, which she uses.
    Requester,
    /// Filip's is not, with `delivery.manager = "password"`: his password, to Karin.
    ManagersText,
    /// Filip's is not: a link to Karin, which she uses, and a warning to Filip.
    Link,
    /// The same with `delivery.pickup = "link-and-code"`: the code.
    Code,
    /// The same with `delivery.pickup = "code"`: a code, which she types at the desk's page, and no link anywhere.
    Typed,
    /// She uses it when she is reminded.
    Reminded,
    /// Filip stops it by the link of his warning: Karin is told that hers is closed.
    Stopped,
}

const STORIES: [Story; 8] = [
    Story::Registered,
    Story::Requester,
    Story::ManagersText,
    Story::Link,
    Story::Code,
    Story::Typed,
    Story::Reminded,
    Story::Stopped,
];

impl Story {
    /// Is the password itself what is texted?
    fn texts_the_password(self) -> bool {
        match self {
            Self::Registered | Self::ManagersText => true,
            Self::Requester | Self::Link | Self::Code | Self::Typed | Self::Reminded | Self::Stopped => false,
        }
    }
}

/// The gateway that is tried first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum First {
    Of(Kind),
    /// `http` with `idempotent = true`, in front of a service that honours keys.
    Keyed,
    Spool,
}

/// What goes wrong there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Goes {
    Well,
    /// Nobody reaches it.
    Unreachable,
    Refuses,
    /// It answers 429.
    AsksToWait,
    /// It takes the text and never answers.
    Silent,
    /// It takes the text and answers 500.
    Breaks,
    AnswersTwice,
    /// Its receipt says that the text failed.
    Fails,
    /// It answers 500, and its receipt comes when the next gateway has the text.
    Late,
    /// No receipt comes.
    Untold,
    /// Somebody else sends a receipt first, which says that it failed.
    Forged,
}

/// Who can do so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum By {
    All,
    Services,
    /// Those whose receipts come.
    Tellers,
}

/// How a story ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    /// Its person has the one password that was set.
    Has,
    /// A technician has it, and knows this of the password.
    Technician(PasswordFact),
}

/// What goes wrong, where; how many texts of the story's own kind are taken there and behind it; and how a
/// story ends whose password is texted. One with a link or a code is never kept from its person by it.
const TABLE: [(Goes, By, [usize; 2], End); 11] = [
    (Goes::Well, By::All, [1, 0], End::Has),
    (Goes::Unreachable, By::All, [0, 1], End::Has),
    (Goes::Refuses, By::Services, [0, 1], End::Has),
    (Goes::AsksToWait, By::Services, [0, 1], End::Has),
    (Goes::Silent, By::Services, [1, 1], End::Has),
    (Goes::Breaks, By::Services, [1, 1], End::Has),
    (Goes::AnswersTwice, By::Services, [1, 0], End::Has),
    (Goes::Fails, By::Tellers, [1, 1], End::Has),
    (Goes::Late, By::Tellers, [1, 1], End::Has),
    // What may be in a phone is shown to nobody else.
    (Goes::Untold, By::Tellers, [1, 0], End::Technician(PasswordFact::Changed)),
    (Goes::Forged, By::Tellers, [1, 0], End::Has),
];

/// One field of the table.
#[derive(Clone, Copy, Debug)]
struct Field {
    story: Story,
    first: First,
    goes: Goes,
    taken: [usize; 2],
    end: End,
}

/// Every field that somebody can be in.
fn fields() -> Vec<Field> {
    let mut firsts: Vec<First> = ALL.into_iter().map(First::Of).collect();
    firsts.extend([First::Keyed, First::Spool]);
    let mut fields = Vec::new();
    for (goes, by, taken, of_text) in TABLE {
        let can = |first: &First| match (first, by) {
            (First::Of(_) | First::Keyed, By::All | By::Services) | (First::Spool, By::All) => true,
            (First::Of(kind), By::Tellers) => WITH_RECEIPTS.contains(kind),
            (First::Keyed, By::Tellers) | (First::Spool, By::Services | By::Tellers) => false,
        };
        for first in firsts.iter().copied().filter(can) {
            for story in STORIES {
                let end = match story {
                    Story::Stopped => End::Technician(PasswordFact::NotChanged),
                    _ if story.texts_the_password() => of_text,
                    _ => End::Has,
                };
                fields.push(Field { story, first, goes, taken, end });
            }
        }
    }
    fields
}

/// So many at a time: most of a silent one's time is waiting.
const AT_ONCE: usize = 24;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_story_ends_as_written_through_every_gateway() {
    let (turns, mut telling) = (Arc::new(Semaphore::new(AT_ONCE)), JoinSet::new());
    for field in fields() {
        let turns = Arc::clone(&turns);
        telling.spawn(async move {
            let _turn = turns.acquire_owned().await.unwrap();
            Cell::open(field).await.told().await.map_err(|why| format!("{field:?}: {why}"))
        });
    }
    let mut wrong = Vec::new();
    while let Some(told) = telling.join_next().await {
        wrong.extend(told.unwrap().err());
    }
    assert!(wrong.is_empty(), "{} fields:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn no_field_of_the_table_is_left_out_in_silence() {
    let fields = fields();
    let seen: BTreeSet<(Story, Goes)> = fields.iter().map(|field| (field.story, field.goes)).collect();
    assert_eq!(seen.len(), STORIES.len() * TABLE.len());
    // Five gateways whose receipts come, in all eleven rows; two of kind `http` in the seven without a
    // receipt; the spool, which either takes a file or does not.
    assert_eq!(fields.len(), STORIES.len() * (5 * 11 + 2 * 7 + 2));
}
