//! What comes to pass in a world: which mails come, how its desk is configured, and how far its people look
//! ahead. A word in the world's folder names it, so that the next process goes on with the same one.

use std::path::Path;
use std::sync::OnceLock;
use std::time::Duration;

use nyckelbud::decision::{Acknowledge, Fallback, Pickup, ToldBy};
use nyckelbud::types::UnixMillis;
use nyckelbud::worker::{Rules, Timing};

use crate::support::{demo_desk, letters};
use crate::worker::typed_codes::CODE;

/// Samples that come in: a text, and an offer.
pub const ANNAS_SAMPLE: &str = "sms-registered-phone";
pub const FILIPS_SAMPLE: &str = "manager-phone-mismatch";
/// And a ticket, and a machine's mail.
const SAMPLES: [&str; 4] = [ANNAS_SAMPLE, FILIPS_SAMPLE, "technician-other-subject", "filed-out-of-office"];

/// The sample that lies in the folder of handled mails, and that the store has no record of.
pub const UNRECORDED: &str = "sms-in-english";

/// Numbers that nobody has.
const NOBODYS: &str = "070-174 06 71";
const NOBODYS_EITHER: &str = "070-174 06 72";
const ANNAS: &str = "070-174 06 05";
const JOHNS: &str = "070-174 06 06";

/// Half a day and more: longer than any offer stands, shorter than a password is valid.
const HALF_A_DAY: Duration = Duration::from_secs(12 * 3600);
/// Until every password that nobody used was looked up.
const TWO_DAYS: Duration = Duration::from_secs(48 * 3600);

macro_rules! stories {
    ($($(#[$doc:meta])* $name:ident = $word:literal,)*) => {
        /// One of them.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Story { $($(#[$doc])* $name),* }

        impl Story {
            /// The word that stands for it.
            fn word(self) -> &'static str {
                match self { $(Self::$name => $word),* }
            }

            fn of_word(word: &str) -> Option<Self> {
                [$(Self::$name),*].into_iter().find(|story| story.word() == word)
            }
        }
    };
}

stories! {
    /// A text and an offer.
    Plain = "plain",
    /// The same, with people who are handed passes.
    Passes = "passes",
    /// Nobody uses a password, and all are replaced.
    Scrambles = "scrambles",
    /// The manager's link asks for a code, after a reminder.
    Codes = "codes",
    /// The owner stops the offer, after a reminder.
    Stops = "stops",
    /// The same, where the link goes by mail and asks for a sign-in: so does the word that it is closed.
    MailedStops = "mailed-stops",
    /// Two gateways with receipts: the first one's answer is unclear, or its text fails; the second one's arrives,
    /// or is refused, and the manager is offered what is set already.
    Receipts = "receipts",
    /// An owner who was told of a change says that it was not them, twice; a person lifts that.
    Freezes = "freezes",
    /// The desk is over its limit, and its texts are used up.
    Limits = "limits",
    /// Owners get links, and managers the password itself.
    OtherHands = "other-hands",
    /// The manager declines; says that it did not work, while another browser looks; says nothing; does nothing.
    Declines = "declines",
    /// The code goes by mail; five wrong ones close the link.
    MailedCodes = "mailed-codes",
    /// A code in place of the link, typed wrongly and then rightly; another owner stops theirs by a code.
    TypedCodes = "typed-codes",
    /// The manager signs in at a provider, after somebody else did.
    SignIns = "sign-ins",
    /// The store came out of a backup, and what was under way is held: an offer, a password that was shown, and a
    /// text of which nothing is known.
    Held = "held",
    /// Everything is a technician's, and two of them act: one act is taken back, one needs both.
    Acts = "acts",
}

/// The configuration of the provider, which runs beside all processes of its story.
pub static PROVIDER: OnceLock<String> = OnceLock::new();

const ALARM: &str = "[notify]\nmail = [\"jour@kommun.example\"]\n";

impl Story {
    /// The one of the world in `folder`.
    pub fn in_folder(folder: &Path) -> Self {
        let word = std::fs::read_to_string(folder.join("story")).expect("a story");
        Self::of_word(&word).expect("a known story")
    }

    pub fn write_into(self, folder: &Path) {
        std::fs::write(folder.join("story"), self.word()).expect("a note");
    }

    /// Does it only vary what [`Story::Plain`] tells?
    pub fn is_a_variation(self) -> bool {
        match self {
            Self::Plain | Self::Passes | Self::Scrambles | Self::Codes | Self::Stops => true,
            Self::MailedStops
            | Self::Receipts
            | Self::Freezes
            | Self::Limits
            | Self::OtherHands
            | Self::Declines
            | Self::MailedCodes
            | Self::TypedCodes
            | Self::SignIns
            | Self::Held
            | Self::Acts => false,
        }
    }

    /// Lines of its desk's configuration.
    pub fn configuration(self) -> String {
        match self {
            Self::Plain
            | Self::Passes
            | Self::Scrambles
            | Self::Stops
            | Self::MailedStops
            | Self::Receipts
            | Self::Acts => String::new(),
            Self::Codes => "[delivery]\npickup = \"link-and-code\"\n".to_owned(),
            Self::TypedCodes => CODE.to_owned(),
            Self::SignIns => {
                format!("[delivery]\npickup = \"sign-in\"\n{}", PROVIDER.get().expect("a provider"))
            }
            Self::Freezes | Self::Declines | Self::Held => ALARM.to_owned(),
            Self::Limits => format!("[sms]\nper_day = 1\n{ALARM}"),
            Self::OtherHands => "[delivery]\nrequester = \"pickup\"\nmanager = \"password\"\n".to_owned(),
            Self::MailedCodes => {
                format!("[delivery]\npickup = \"link-and-code\"\nmanager_notice = [\"sms\"]\n{ALARM}")
            }
        }
    }

    /// What its desk does otherwise than its configuration can say.
    pub fn change(self, rules: &mut Rules) {
        // That one shows that acknowledgements leave; every mail is several points more.
        if self != Self::Plain {
            rules.policy.acknowledge = Acknowledge::None;
        }
        match self {
            Self::Scrambles => {
                rules.scramble = true;
                rules.password_valid = Duration::from_millis(200);
            }
            Self::Codes | Self::Stops => rules.remind_after = Duration::from_millis(100),
            // A provider would have to run beside every process; its sign-ins are not this story's.
            Self::MailedStops => {
                rules.policy.pickup = Pickup::SignIn;
                rules.policy.manager_told = ToldBy { text: false, mail: true };
            }
            Self::Freezes => rules.policy.cooldown = Duration::ZERO,
            Self::Limits => rules.policy.per_hour = 1,
            Self::Acts => rules.policy.phone_mismatch = Fallback::Review,
            Self::Plain
            | Self::Passes
            | Self::Receipts
            | Self::OtherHands
            | Self::Declines
            | Self::MailedCodes
            | Self::TypedCodes
            | Self::SignIns
            | Self::Held => {}
        }
    }

    /// Everything scaled down.
    pub fn timing(self) -> Timing {
        let short = Timing {
            lease: Duration::from_secs(6),
            guard: Duration::from_millis(100),
            quiesce: Duration::from_millis(200),
            directory: Duration::from_secs(2),
            gateway: Duration::from_secs(2),
            mail: Duration::from_secs(2),
            patience: Duration::from_secs(5),
            retry: Duration::from_millis(20),
            look: Duration::from_millis(20),
            balances: Duration::from_secs(3600),
        };
        // Where a request waits, it looks twice, and not hundreds of times.
        if self == Self::Limits { Timing { retry: Duration::from_secs(1), ..short } } else { short }
    }

    /// Mails that lie in the inbox when the desk starts.
    pub fn mails(self) -> Vec<(String, Vec<u8>)> {
        let ask = |id: &str, who: &str, phone: &str| letter(id, who, phone);
        match self {
            Self::Plain => SAMPLES.map(sample).to_vec(),
            // What else comes in is told there already.
            Self::Passes | Self::Scrambles => [ANNAS_SAMPLE, FILIPS_SAMPLE].map(sample).to_vec(),
            Self::Codes | Self::Stops => vec![sample(FILIPS_SAMPLE)],
            Self::MailedStops | Self::SignIns => vec![ask("filip", "filip.nord", NOBODYS)],
            Self::Receipts => vec![ask("anna", "anna.andersson", ANNAS), ask("john", "john.smith", JOHNS)],
            Self::Freezes | Self::Limits => vec![ask("anna", "anna.andersson", ANNAS)],
            Self::OtherHands => vec![
                ask("anna", "anna.andersson", ANNAS),
                ask("john", "john.smith", JOHNS),
                ask("filip", "filip.nord", NOBODYS),
            ],
            Self::Declines => vec![
                ask("filip", "filip.nord", NOBODYS),
                ask("john", "john.smith", NOBODYS),
                ask("bo", "bo.granlund", NOBODYS_EITHER),
                ask("cecilia", "cecilia.dahl", NOBODYS_EITHER),
            ],
            Self::Held => vec![
                ask("gun", "gun.persson", "070-174 06 07"),
                ask("filip", "filip.nord", NOBODYS),
                ask("bo", "bo.granlund", NOBODYS_EITHER),
            ],
            Self::MailedCodes | Self::TypedCodes => {
                vec![ask("filip", "filip.nord", NOBODYS), ask("john", "john.smith", NOBODYS)]
            }
            Self::Acts => {
                let johns = letters::request("john", "john.smith", JOHNS);
                let johns = johns.replace("From: john.smith@kommun.example", "From: john@privat.example");
                let guns = letters::letter("gun", "gun.persson", "Skrivaren", "Skrivaren blinkar.");
                let raw = |mail: String| mail.replace('\n', "\r\n").into_bytes();
                vec![
                    ask("anna", "anna.andersson", NOBODYS),
                    ask("filip", "filip.nord", NOBODYS),
                    ("john".to_owned(), raw(johns)),
                    ("gun".to_owned(), raw(guns)),
                ]
            }
        }
    }

    /// Mails that come later, in this order.
    pub fn later_mails(self) -> Vec<(String, Vec<u8>)> {
        match self {
            Self::Freezes => vec![
                letter("other-phone", "anna.andersson", NOBODYS),
                letter("while-frozen", "anna.andersson", ANNAS),
                letter("lifted", "anna.andersson", ANNAS),
            ],
            Self::Limits => vec![
                letter("one-too-many", "john.smith", JOHNS),
                letter("paused", "gun.persson", "070-174 06 07"),
                letter("turned-on", "john.smith", JOHNS),
            ],
            Self::Plain
            | Self::Passes
            | Self::Scrambles
            | Self::Codes
            | Self::Stops
            | Self::MailedStops
            | Self::Receipts
            | Self::OtherHands
            | Self::Declines
            | Self::MailedCodes
            | Self::TypedCodes
            | Self::SignIns
            | Self::Held
            | Self::Acts => Vec::new(),
        }
    }

    /// What is due within so long still happens; the hands of the clock are turned to it.
    pub fn looks_ahead(self) -> Duration {
        match self {
            // The expiry of the offer and the look at the password's use lie hours ahead.
            Self::Plain | Self::Passes | Self::Scrambles | Self::Codes | Self::Stops => {
                Duration::from_secs(600)
            }
            Self::MailedStops
            | Self::Freezes
            | Self::Limits
            | Self::MailedCodes
            | Self::TypedCodes
            | Self::SignIns
            | Self::Held
            | Self::Acts => HALF_A_DAY,
            Self::Receipts | Self::OtherHands | Self::Declines => TWO_DAYS,
        }
    }

    /// Does something that is due then still happen?
    pub fn reaches(self, now: UnixMillis, due: UnixMillis) -> bool {
        due <= now.plus(self.looks_ahead())
    }
}

fn sample(name: &str) -> (String, Vec<u8>) {
    (name.to_owned(), demo_desk::mail(name))
}

fn letter(id: &str, who: &str, phone: &str) -> (String, Vec<u8>) {
    (id.to_owned(), letters::request(id, who, phone).replace('\n', "\r\n").into_bytes())
}
