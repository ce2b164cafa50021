//! What is asked for, in turn: what technicians look at most comes most often.

use nyckelbud::mail::words_of;
use nyckelbud::store::Store;
use nyckelbud::ticket::queue::{Cursor, Order, Pile, Sought, Wanted};
use nyckelbud::types::Reason;

use super::seed;

/// Rows of a page, and one that tells that there are more.
const PAGE: u32 = 51;

/// A request.
#[derive(Clone, Copy, Debug)]
pub enum Ask {
    /// Open tickets, by reason.
    First,
    /// The page after it.
    Next,
    /// Those of one reason.
    OfReason,
    /// Those of a person.
    Mine,
    /// Those that nobody has taken.
    Nobodys,
    /// Late ones.
    Late,
    /// The oldest, whatever their reason.
    Oldest,
    /// What waits for an answer.
    Pending,
    /// What is done today.
    Done,
    /// Somebody's name.
    Name(u32),
    /// A username.
    Login(u32),
    /// A word that most mails have.
    Common,
    /// Two words that many mails have.
    Often,
    /// The beginning of a name.
    Beginning(u32),
    /// A word that no mail has.
    Nothing,
}

impl Ask {
    /// The `nth` request of a run.
    pub fn nth(nth: u32, tickets: u32) -> Self {
        let somebody = nth.wrapping_mul(2_654_435_761) % tickets;
        match nth % 20 {
            0 | 4 | 8 | 12 | 16 => Self::First,
            2 => Self::Next,
            6 => Self::Mine,
            10 => match nth / 20 % 3 {
                0 => Self::Nobodys,
                1 => Self::Oldest,
                _ => Self::OfReason,
            },
            14 => Self::Late,
            18 => {
                if (nth / 20).is_multiple_of(2) {
                    Self::Pending
                } else {
                    Self::Done
                }
            }
            1 | 7 | 13 => Self::Name(somebody),
            3 | 9 => Self::Login(somebody),
            5 => Self::Common,
            11 => Self::Often,
            15 | 17 => Self::Beginning(somebody),
            _ => Self::Nothing,
        }
    }

    /// What the figures call it.
    pub fn name(self) -> &'static str {
        match self {
            Self::First => "list: by reason",
            Self::Next => "list: by reason, next page",
            Self::OfReason => "list: of one reason",
            Self::Mine => "list: mine",
            Self::Nobodys => "list: nobody's",
            Self::Late => "list: late",
            Self::Oldest => "list: the oldest",
            Self::Pending => "list: waiting for an answer",
            Self::Done => "list: done today",
            Self::Name(_) => "search: a name",
            Self::Login(_) => "search: a username",
            Self::Common => "search: a common word",
            Self::Often => "search: two frequent words",
            Self::Beginning(_) => "search: a beginning",
            Self::Nothing => "search: nothing",
        }
    }

    /// Asks, and makes sure of an answer.
    pub async fn of(self, store: &dyn Store) {
        match self {
            Self::First => self.list(store, Pile::Open, Order::Reason, None).await,
            Self::Next => {
                let after = Cursor {
                    place: 1,
                    calm: 1,
                    at: seed::count_at().late,
                    id: nyckelbud::ticket::TicketId(1),
                };
                let wanted = Wanted {
                    pile: Pile::Open,
                    order: Order::Reason,
                    reason: None,
                    after: Some(after),
                    limit: PAGE,
                };
                assert_eq!(store.queue_page(&wanted).await.expect("a page").len(), PAGE as usize);
            }
            Self::OfReason => {
                self.list(store, Pile::Open, Order::Reason, Some(Some(Reason::OtherSubject))).await;
            }
            Self::Mine => self.list(store, Pile::Of("eva.lind".to_owned()), Order::Reason, None).await,
            Self::Nobodys => self.list(store, Pile::Of(String::new()), Order::Reason, None).await,
            Self::Late => self.list(store, Pile::Late(seed::count_at().late), Order::Reason, None).await,
            Self::Oldest => self.list(store, Pile::Open, Order::Oldest, None).await,
            Self::Pending => self.list(store, Pile::Pending, Order::Oldest, None).await,
            Self::Done => self.list(store, Pile::Done(seed::count_at().today), Order::Oldest, None).await,
            Self::Name(n) => self.search(store, &seed::full_name(n), true).await,
            Self::Login(n) => self.search(store, &seed::login(n), true).await,
            Self::Common => self.search(store, "lösenord", true).await,
            Self::Often => self.search(store, "telefonen servicedesk", true).await,
            Self::Beginning(n) => {
                let name: String = seed::full_name(n).chars().take(5).collect();
                self.search(store, &name, true).await;
            }
            Self::Nothing => self.search(store, "finnsinte", false).await,
        }
    }

    async fn list(self, store: &dyn Store, pile: Pile, order: Order, reason: Option<Option<Reason>>) {
        let wanted = Wanted { pile, order, reason, after: None, limit: PAGE };
        let rows = store.queue_page(&wanted).await.expect("a page");
        assert!(!rows.is_empty(), "{self:?} is empty");
    }

    async fn search(self, store: &dyn Store, text: &str, known: bool) {
        let words: Vec<String> = words_of(text).collect();
        let login = (words.len() == 1).then(|| words[0].clone());
        let sought = Sought { words, login, actor: "user:eva.lind".to_owned(), before: None, limit: 50 };
        let found = store.queue_search(&sought, seed::count_at().now).await.expect("an answer");
        assert_eq!(!found.rows.is_empty(), known, "{self:?}: {text}");
    }
}
