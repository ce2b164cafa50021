//! What people of the desk do to tickets. No password passes here, and nothing is sent or set by the one who asks: an
//! act is kept, and the worker carries it out. Who may act at all is the pages' to know (decisions, 19); that nobody
//! approves an override of their own is known here.

use async_trait::async_trait;

use crate::ticket::{Act, Changed, KeptAct, Note};
use crate::types::{StaffMember, TicketNumber, UnixMillis, Username};

/// An act, as a form carries it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ActForm {
    /// Of which ticket.
    pub ticket: TicketNumber,
    /// The ticket's version as its person saw it.
    pub version: i64,
    /// The form's own key: posted twice, it is one act.
    pub key: String,
    /// What.
    pub act: Act,
}

/// A ticket for somebody who came in person, as a form carries it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ByHandForm {
    /// The form's own key.
    pub key: String,
    /// The person's name.
    pub name: String,
    /// Whose account it is about.
    pub username: Option<Username>,
    /// Who made the person out, and how.
    pub note: String,
}

/// What became of an act.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Performed {
    /// It is kept, and carried out at its time unless it is taken back: a form that was posted before is no second one.
    Kept(KeptAct),
    /// It is kept, and waits for a colleague.
    Colleague(KeptAct),
    /// It is done.
    Done(KeptAct),
    /// The ticket is not as its person saw it, and nothing was done. What they wrote is kept as their draft.
    Changed(Changed),
    /// Another act of the ticket is about to be carried out, and nothing was done.
    Waits(KeptAct),
    /// Nothing was done.
    Refused(Refusal),
    /// The store does not answer: it may be tried again, with the same form.
    NotNow,
}

/// Why an act is not possible.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// There is no such ticket.
    NoTicket,
    /// The machine is at work on it.
    AtWork,
    /// The ticket is not where this act makes sense: it is over, or nobody asked.
    NotNow,
    /// The password was changed and nobody has it: it is not asked for, merged or put away.
    PasswordChanged,
    /// The automation only observes, or did when the mail came: nothing is changed and nothing leaves.
    Observed,
    /// The automation is off: nothing is decided before somebody turns it on.
    AutomationOff,
    /// Its mail could not be read.
    Unreadable,
    /// There is nobody to write to.
    NobodyToWriteTo,
    /// Something has to be written.
    Empty,
    /// It is too long.
    TooLong,
    /// The other ticket is over.
    OtherIsOver,
    /// The other ticket is not older than this one.
    OtherIsNewer,
    /// Nobody who acts on tickets has this name.
    NoSuchColleague,
    /// The directory knows nobody by the name of the manager whom somebody chose.
    NoSuchManager,
    /// The directory does not answer: nobody can say who that manager is.
    NoDirectory,
    /// The form was used before, and its act came to nothing or was another one: nothing was done by it now.
    FormUsed,
    /// Nobody vouches for the writer's address: they are not asked with many others.
    Unvouched,
    /// The writer was asked lately: they are not asked again with many others.
    AskedLately,
    /// Nobody approves an act of their own.
    NotYourOwn,
    /// Whoever wanted it and whoever approves it may be one person.
    MayBeYou,
    /// Whoever wanted it may not act any more.
    MayNot,
    /// It waits for nobody any more.
    Gone,
    /// Two people decide it, and a program is none.
    NeedsPeople,
}

const NO_SUCH_MANAGER: [&str; 2] = [
    "Ingen i katalogen har det användarnamnet. Inget har ändrats.",
    "Nobody in the directory has this username. Nothing was changed.",
];
const NO_DIRECTORY: [&str; 2] = [
    "Katalogen svarar inte, så ingen kan säga vem chefen är. Inget har ändrats. Försök igen om en minut.",
    "The directory does not answer, so nobody can say who the manager is. Nothing was changed. Try again in a minute.",
];
const FORM_USED: [&str; 2] = [
    "Formuläret är redan använt. Inget har gjorts nu; det du skrev är sparat som utkast. Öppna ärendet igen.",
    "The form was used already. Nothing was done now; what you wrote is kept as a draft. Open the ticket again.",
];
const UNVOUCHED: [&str; 2] = [
    "Ingen går i god för avsändaren. Fråga från ärendets egen sida.",
    "Nobody vouches for the sender. Ask on the ticket's own page.",
];
const ASKED_LATELY: [&str; 2] = [
    "Avsändaren har redan fått frågan. Fråga igen från ärendets egen sida.",
    "The sender was asked already. Ask again on the ticket's own page.",
];
const MAY_BE_YOU: [&str; 2] = [
    "Kontona kan tillhöra samma person. En annan kollega behöver godkänna, eller en administratör säga vems de är (nyckelbud user person).",
    "The accounts may be one person's. Another colleague has to approve, or an administrator to say whose they are (nyckelbud user person).",
];
const MAY_NOT: [&str; 2] = [
    "Den som begärde det får inte längre göra det. Inget har ändrats.",
    "Whoever asked for it may not do it any more. Nothing was changed.",
];

impl Refusal {
    /// In Swedish and in English, for whoever wanted it.
    #[must_use]
    pub fn words(self) -> [&'static str; 2] {
        match self {
            Self::NoTicket => ["Ärendet finns inte.", "There is no such ticket."],
            Self::AtWork => [
                "Nyckelbud arbetar med ärendet just nu. Inget har ändrats. Vänta tills det är klart.",
                "Nyckelbud is working on the ticket just now. Nothing was changed. Wait until it is done.",
            ],
            Self::NotNow => [
                "Det går inte med ärendet som det är nu. Inget har ändrats.",
                "That is not possible with the ticket as it is now. Nothing was changed.",
            ],
            Self::PasswordChanged => [
                "Lösenordet har bytts och ingen har fått det nya. Hjälp personen först.",
                "The password was changed and nobody has the new one. Help the person first.",
            ],
            Self::Observed => [
                "Nyckelbud iakttar bara, eller gjorde det när mejlet kom. Inget ändras och inget skickas.",
                "Nyckelbud only observes, or did when the mail came. Nothing is changed and nothing leaves.",
            ],
            Self::AutomationOff => [
                "Automatiken är avstängd. Inget har ändrats. Försök igen när den är på.",
                "The automation is off. Nothing was changed. Try again when it is on.",
            ],
            Self::Unreadable => [
                "Mejlet kunde inte läsas. Det ligger i karantän.",
                "The mail could not be read. It is in quarantine.",
            ],
            Self::NobodyToWriteTo => ["Det finns ingen att skriva till.", "There is nobody to write to."],
            Self::Empty => ["Skriv något först.", "Write something first."],
            Self::TooLong => ["Texten är för lång.", "The text is too long."],
            Self::OtherIsOver => [
                "Det andra ärendet är stängt. Öppna det först.",
                "The other ticket is closed. Open it first.",
            ],
            Self::OtherIsNewer => [
                "Det äldsta ärendet behålls. Slå ihop åt andra hållet.",
                "The oldest ticket is kept. Merge the other way round.",
            ],
            Self::NoSuchColleague => [
                "Ingen tekniker eller administratör har det namnet. Inget har ändrats.",
                "No technician or administrator has this name. Nothing was changed.",
            ],
            Self::NoSuchManager => NO_SUCH_MANAGER,
            Self::NoDirectory => NO_DIRECTORY,
            Self::FormUsed => FORM_USED,
            Self::Unvouched => UNVOUCHED,
            Self::AskedLately => ASKED_LATELY,
            Self::MayBeYou => MAY_BE_YOU,
            Self::MayNot => MAY_NOT,
            Self::NotYourOwn => ["En kollega behöver godkänna det.", "A colleague has to approve it."],
            Self::NeedsPeople => [
                "Två personer behöver bestämma det, på sidan. Ett program kan inte.",
                "Two people have to decide it, on the page. A program cannot.",
            ],
            Self::Gone => ["Det väntar inte längre på någon.", "It does not wait for anybody any more."],
        }
    }
}

/// What became of taking an act back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Undone {
    /// It is not carried out.
    Yes,
    /// It was carried out, has ended, or is another person's.
    TooLate,
    /// The store does not answer.
    NotNow,
}

/// What became of a ticket by hand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MadeByHand {
    /// It has this number.
    Made(TicketNumber),
    /// Nothing was made.
    Refused(Refusal),
    /// The store does not answer.
    NotNow,
}

/// What people do to tickets, and what of it waits.
#[async_trait]
pub trait TicketActs: Send + Sync {
    /// Wants one act.
    async fn perform(&self, who: &StaffMember, form: ActForm) -> Performed;

    /// Wants many, each by itself: one that is refused stops no other. Of many at once nobody who may be locked out is put
    /// away, and nobody is asked whom a machine would not ask.
    async fn perform_all(&self, who: &StaffMember, forms: Vec<ActForm>) -> Vec<(TicketNumber, Performed)>;

    /// Takes an act back that waits.
    async fn undo(&self, who: &StaffMember, ticket: TicketNumber, act: i64) -> Undone;

    /// Approves or declines a colleague's override, having seen this version of its ticket.
    async fn second(
        &self,
        who: &StaffMember,
        ticket: TicketNumber,
        act: i64,
        version: i64,
        approves: bool,
    ) -> Performed;

    /// Makes a ticket for somebody who came in person.
    async fn make_by_hand(&self, who: &StaffMember, form: ByHandForm) -> MadeByHand;

    /// The acts of a ticket, oldest first; `None` when the store does not answer.
    async fn acts(&self, ticket: TicketNumber) -> Option<Vec<KeptAct>>;

    /// Overrides that wait for a colleague; `None` when the store does not answer.
    async fn for_colleagues(&self) -> Option<Vec<KeptAct>>;

    /// What was noted of a ticket, oldest first; `None` when the store does not answer.
    async fn notes(&self, ticket: TicketNumber) -> Option<Vec<Note>>;

    /// Keeps what somebody has begun to write; an empty text is none. `false`: it is not kept.
    async fn save_draft(&self, who: &StaffMember, ticket: TicketNumber, text: &str) -> bool;

    /// What somebody has begun to write, and when it was saved.
    async fn draft(&self, who: &StaffMember, ticket: TicketNumber) -> Option<(String, UnixMillis)>;
}
