//! One table of stories, told to every register: a file, Active Directory, Entra ID, and both as one.
//! Each goes the whole way, from a mail to a text, and must end alike.

mod clocks;
mod failing;
mod fitting;
mod rights;
mod table;

use serde_json::Value;

use self::fitting::Fitted;
use crate::support::browser::visible;
use crate::support::demo_desk;
use crate::support::desk::{OpenDesk, TurnedClock};
use crate::support::letters;
use crate::support::program::{ended, on_desk};

/// Where people are read from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Register {
    File,
    Samba,
    Graph,
    Hybrid,
}

/// What is registered for somebody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phone {
    /// A Swedish mobile of their own.
    Mobile,
    /// The same, since an hour.
    New,
    Nothing,
    Landline,
    Danish,
    Masked,
    /// A Swedish mobile that the register has, and does not let be read.
    Hidden,
}

/// What kind of person it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Ordinary,
    Disabled,
    Expired,
    Locked,
    Guest,
    Privileged,
    Protected,
    ProtectedBelow,
    Away,
    /// No account, only an address.
    Contact,
    /// Was there once.
    Gone,
    /// Answers to Anna's address, too.
    Twin,
    /// Is called otherwise before the @ than by the account name: as the twin would be.
    Renamed,
    /// Has the name, without a domain, that the renamed one has before the @.
    Namesake,
}

/// Somebody in a story, by the part that they play: anna, who asks, or berit or cilla above her.
struct Person {
    role: &'static str,
    phone: Phone,
    kind: Kind,
    manager: Option<&'static str>,
    /// Who speaks for them when nobody manages them.
    sponsors: &'static [&'static str],
}

/// How a story ends.
#[derive(Clone, Copy, Debug)]
enum End {
    /// Anna gets a password by SMS, which must be changed.
    Password,
    /// Somebody above gets a link, and nothing is changed.
    Offered { reason: &'static str, to: &'static str },
    /// No text leaves, nothing is changed; a check that did not hold says this in the trail.
    Technician { reason: &'static str, trail: &'static str },
}

struct Story {
    name: &'static str,
    people: &'static [Person],
    /// Does the mail name another phone than Anna's?
    asks_for_another: bool,
    /// Does the mail name the account without a domain, by what a renamed one has before the @?
    asks_by_bare_name: bool,
    end: End,
    /// Registers that cannot tell it, and why.
    not_in: &'static [(Register, &'static str)],
}

/// A story with its place in the table, from which names and numbers follow.
struct Told {
    place: usize,
    story: &'static Story,
}

impl Told {
    /// What somebody is called in every register, before the register's own ending.
    fn name(&self, role: &str) -> String {
        format!("{role}{:02}x", self.place)
    }

    /// What a renamed account has before the @, before the register's own ending.
    fn bare(&self) -> String {
        self.name("twin")
    }

    fn phone(&self, role: &str) -> Option<String> {
        let person = self.story.people.iter().find(|person| person.role == role)?;
        let first = ["anna", "berit", "cilla", "twin"].iter().position(|known| *known == role)? * 23 + 7;
        match person.phone {
            Phone::Mobile | Phone::New | Phone::Hidden => {
                Some(format!("+46 7017406{:02}", first + self.place))
            }
            Phone::Nothing => None,
            Phone::Landline => Some(format!("+46 406280{:03}", 400 + self.place)),
            Phone::Danish => Some("+45 20123456".to_owned()),
            Phone::Masked => Some("+46 *******05".to_owned()),
        }
    }

    fn mail(&self, fitted: &Fitted) -> Vec<u8> {
        let phone = self.phone("anna").filter(|_| !self.story.asks_for_another);
        let phone = phone.unwrap_or_else(|| "070-174 06 06".to_owned());
        let who = fitted.called(&self.name("anna"));
        let mail = letters::request(&self.id(), &who, &phone);
        let bare = format!("Användarnamn: {}\n", fitted.called(&self.bare()));
        let whole = format!("Användarnamn: {who}@kommun.example\n");
        let mail = if self.story.asks_by_bare_name { mail.replace(&whole, &bare) } else { mail };
        mail.replace('\n', "\r\n").into_bytes()
    }

    fn id(&self) -> String {
        format!("story-{}", self.place)
    }
}

/// The stories of `table` that `register` can tell.
fn told(table: &'static [Story], register: Register) -> Vec<Told> {
    let can = |told: &Told| !told.story.not_in.iter().any(|(other, _)| *other == register);
    table.iter().enumerate().map(|(place, story)| Told { place, story }).filter(can).collect()
}

/// Tells `table` to `register` and fails the test with every story that ends otherwise.
async fn tell(table: &'static [Story], register: Register, policy: &str) {
    let stories = told(table, register);
    let fitted = Fitted::new(register, &stories).await;
    let folder = tempfile::tempdir().unwrap();
    fitted.build(folder.path(), policy);
    for told in &stories {
        demo_desk::deliver_raw(folder.path(), &told.id(), &told.mail(&fitted));
    }
    let clock = TurnedClock::default();
    let desk = OpenDesk::open(folder.path(), &clock, |_| {}).await;
    desk.work().await;
    // What waits for the directory has waited long enough.
    clock.turn(31);
    desk.work().await;
    let tickets = ended(&mut on_desk(folder.path(), ["tickets", "--json"])).expect(0).objects();
    let texts: Vec<String> = demo_desk::texts(folder.path()).iter().map(|text| visible(text)).collect();
    let mut wrong = Vec::new();
    for told in &stories {
        if let Err(why) = ends_as_told(told, &fitted, folder.path(), &tickets, &texts) {
            wrong.push(format!("{register:?}, {}: {why}", told.story.name));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(tickets.len(), stories.len(), "a ticket for each story");
}

/// The lines of a trail that did not hold, but for what became of it: `enabled fail: switched off`.
fn missed(ticket: &Value) -> String {
    let lines = ticket["trail"].as_array().into_iter().flatten();
    let text = |line: &Value, key: &str| line[key].as_str().unwrap_or_default().to_owned();
    let missed = lines.filter(|line| line["result"] != "pass" && line["check"] != "outcome");
    let shown = missed.map(|line| {
        format!("{} {}: {}\n", text(line, "check"), text(line, "result"), text(line, "evidence"))
    });
    shown.collect()
}

/// The texts to somebody.
fn to<'t>(told: &Told, role: &str, texts: &'t [String]) -> Vec<&'t str> {
    let Some(number) = told.phone(role) else { return Vec::new() };
    let line = format!("To: {}\n", number.trim_start_matches('+').replace(' ', ""));
    texts.iter().map(String::as_str).filter(|text| text.starts_with(&line)).collect()
}

fn ends_as_told(
    told: &Told,
    fitted: &Fitted,
    folder: &std::path::Path,
    tickets: &[Value],
    texts: &[String],
) -> Result<(), String> {
    let id = told.id() + "@kommun.example";
    let ticket = tickets.iter().find(|ticket| ticket["messages"].to_string().contains(&format!("\"{id}\"")));
    let ticket = ticket.ok_or_else(|| format!("no ticket of {id}: {tickets:#?}"))?;
    let anna = told.name("anna");
    let own = to(told, "anna", texts);
    let password = own.iter().find_map(|text| demo_desk::password_in(text));
    let sure = |holds: bool, what: &str| {
        let shown = || format!("{what}; {ticket:#}; texts to anna: {}", own.len());
        holds.then_some(()).ok_or_else(shown)
    };
    let is = |key: &str, wanted: &str| sure(ticket[key] == wanted, &format!("{key} is not {wanted}"));
    if let End::Password = told.story.end {
        is("outcome", "sms")?;
        sure(own.len() == 1, "one text")?;
        let opens = password.is_some_and(|password| fitted.opens(folder, &anna, password));
        return sure(opens, "the password of the text opens the account and must be changed");
    }
    sure(password.is_none(), "no password leaves")?;
    let account = told.story.people.iter().any(|person| person.role == "anna");
    sure(!account || fitted.is_unchanged(folder, &anna), "nothing is changed")?;
    let above: Vec<&str> =
        ["berit", "cilla", "twin"].into_iter().filter(|r| !to(told, r, texts).is_empty()).collect();
    match told.story.end {
        End::Password => unreachable!("ended above"),
        End::Offered { reason, to: manager } => {
            is("reason", reason)?;
            sure(above == [manager], &format!("a text to {manager} alone, and not to {above:?}"))?;
            let link = to(told, manager, texts).iter().all(|text| text.contains("/p/"));
            sure(link, "the manager's text holds a link")?;
            // The owner of another registered mobile hears of it.
            sure(own.len() == usize::from(reason == "phone-mismatch"), "the owner's warning")
        }
        End::Technician { reason, trail } => {
            is("state", "open")?;
            is("reason", reason)?;
            sure(own.is_empty() && above.is_empty(), "no text leaves")?;
            sure(missed(ticket).contains(trail), &format!("the trail says {trail:?}"))
        }
    }
}

const AGED: &str = "phone_age = \"24h\"\n";

macro_rules! each_register {
    ($($name:ident: $register:ident),*) => { $(
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $name() {
            tell(table::ACCOUNTS, Register::$register, "").await;
            tell(table::PHONES_AND_MANAGERS, Register::$register, "").await;
            tell(table::AGES, Register::$register, AGED).await;
        }
    )* };
}

each_register! {
    a_file_tells_every_story: File,
    active_directory_tells_every_story: Samba,
    entra_id_tells_every_story: Graph,
    both_as_one_tell_every_story: Hybrid
}

#[test]
fn nothing_is_left_out_in_silence() {
    let tables = [table::ACCOUNTS, table::PHONES_AND_MANAGERS, table::AGES];
    let all: usize = tables.iter().map(|table| table.len()).sum();
    assert_eq!(all, 32, "the stories");
    for (register, left_out) in table::LEFT_OUT {
        let runs: usize = tables.iter().map(|table| told(table, register).len()).sum();
        assert_eq!(runs, all - left_out, "{register:?}");
    }
    for story in tables.into_iter().flatten() {
        assert!(story.not_in.iter().all(|(_, why)| why.split(' ').count() > 4), "{}: in words", story.name);
    }
}
