//! One field of the table: a desk with its two gateways, and the people who read what reaches their phones.

use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use nyckelbud::delivery::sms::GatewaySetup;
use nyckelbud::delivery::sms::http::{HttpGateway, Templates};
use nyckelbud::delivery::sms::spool::SpoolGateway;
use nyckelbud::delivery::{MailSender, OutgoingMail, SmsGateway};
use nyckelbud::directory::{DirectoryError, Finding};
use nyckelbud::http::Timeouts;
use nyckelbud::password::{PasswordReset, TemporaryPassword, Used, ValueRefused};
use nyckelbud::ticket::State;
use nyckelbud::types::{AccountId, Outcome, UnixMillis};
use nyckelbud::web::{Browser, CodeAnswer, PickupAnswer, PickupView, ReceiptAnswer};
use tempfile::TempDir;

use super::{End, Field, First, Goes, Story};
use crate::support::demo_desk;
use crate::support::desk::{OpenDesk, TurnedClock};
use crate::support::scripted_gateway::{ScriptedGateway, accepted};
use crate::support::sms_service::receipts::{Fate, Signer, receipt};
use crate::support::sms_service::{self, Fault, Kind, Service, Taken};
use crate::worker::codes::code_in;
use crate::worker::token_in;
use crate::worker::typed_codes::{CODE, typed_code_in};

const ANNA: &str = "+46701740605";
const FILIP: &str = "+46701740624";
const KARIN: &str = "+46701740610";

/// How long an answer is awaited that never comes; long enough for the request on a busy machine.
const SILENCE: Duration = Duration::from_secs(3);

/// A register that keeps what is set, and nothing else.
#[derive(Default)]
struct Register(Mutex<Vec<String>>);

#[async_trait]
impl PasswordReset for Register {
    async fn set(&self, _: &AccountId, password: &TemporaryPassword) -> Result<Outcome, ValueRefused> {
        self.0.lock().unwrap().push(password.expose().to_owned());
        Ok(accepted("set"))
    }

    async fn used(&self, _: &AccountId, _: UnixMillis) -> Result<Used, DirectoryError> {
        Ok(Used::Yes)
    }

    async fn probe(&self) -> Result<String, DirectoryError> {
        Ok(String::new())
    }

    async fn rights(&self) -> Vec<Finding> {
        Vec::new()
    }
}

/// Mails that left.
#[derive(Default)]
struct Post(Mutex<Vec<OutgoingMail>>);

#[async_trait]
impl MailSender for Post {
    async fn send(&self, mail: &OutgoingMail) -> Outcome {
        self.0.lock().unwrap().push(mail.clone());
        accepted("250")
    }

    async fn probe(&self) -> Result<String, String> {
        Ok(String::new())
    }
}

/// What stands behind the first gateway.
enum Front {
    Service(Service),
    Folder(PathBuf),
}

/// The running field.
pub struct Cell {
    field: Field,
    front: Front,
    behind: Arc<ScriptedGateway>,
    desk: OpenDesk,
    clock: TurnedClock,
    register: Arc<Register>,
    post: Arc<Post>,
    /// So many of the first gateway's texts were told of.
    told: usize,
    _folder: TempDir,
}

impl Field {
    fn settings(&self) -> &'static str {
        match self.story {
            Story::Registered | Story::Link | Story::Reminded | Story::Stopped => "",
            Story::Requester => "[delivery]\nrequester = \"pickup\"\n",
            Story::ManagersText => "[delivery]\nmanager = \"password\"\n",
            Story::Code => "[delivery]\npickup = \"link-and-code\"\n",
            Story::Typed => CODE,
        }
    }

    /// The demo's mail that begins it.
    fn mail(&self) -> &'static str {
        match self.story {
            Story::Registered | Story::Requester => "sms-registered-phone",
            Story::ManagersText
            | Story::Link
            | Story::Code
            | Story::Typed
            | Story::Reminded
            | Story::Stopped => "manager-phone-mismatch",
        }
    }

    /// Who gets its texts.
    fn person(&self) -> &'static str {
        match self.story {
            Story::Registered | Story::Requester => ANNA,
            Story::ManagersText
            | Story::Link
            | Story::Code
            | Story::Typed
            | Story::Reminded
            | Story::Stopped => KARIN,
        }
    }

    fn fault(&self) -> Fault {
        match self.goes {
            Goes::Well | Goes::Unreachable | Goes::Fails | Goes::Untold | Goes::Forged => Fault::None,
            Goes::Refuses => Fault::Refuses,
            Goes::AsksToWait => Fault::AsksToWait(30),
            Goes::Silent => Fault::Silent,
            Goes::Breaks | Goes::Late => Fault::TakesAndAnswers(500),
            Goes::AnswersTwice => Fault::AnswersTwice { late: false },
        }
    }

    async fn front(&self, folder: &std::path::Path) -> (Front, Arc<dyn SmsGateway>) {
        let kind = match self.first {
            First::Of(kind) => kind,
            First::Keyed => Kind::Http,
            First::Spool => {
                let out = folder.join("out");
                if self.goes != Goes::Unreachable {
                    std::fs::create_dir(&out).unwrap();
                }
                let gateway = Arc::new(SpoolGateway::new("gw", &out));
                return (Front::Folder(out), gateway);
            }
        };
        let service = Service::start(kind, self.fault()).await;
        let mut setup = service.setup();
        if self.goes == Goes::Unreachable {
            // Nobody listens there.
            setup = sms_service::setup(kind, 1);
        }
        if self.goes == Goes::Silent {
            setup = GatewaySetup { timeouts: Timeouts { total: SILENCE, ..setup.timeouts }, ..setup };
        }
        let gateway = match self.first {
            First::Keyed => {
                service.honour_keys();
                let templates = Templates { idempotent: true, ..sms_service::templates(&setup.base_url) };
                Arc::new(HttpGateway::new(&setup, &templates).unwrap())
            }
            First::Of(_) | First::Spool => sms_service::gateway(kind, &setup),
        };
        (Front::Service(service), gateway)
    }
}

impl Cell {
    pub async fn open(field: Field) -> Self {
        let folder = tempfile::tempdir().unwrap();
        demo_desk::build_with(folder.path(), field.settings());
        demo_desk::deliver(folder.path(), field.mail());
        std::fs::copy(crate::simulation::empty_database(), folder.path().join("var/nyckelbud.db")).unwrap();
        let (front, gateway) = field.front(folder.path()).await;
        // Where a receipt of the first one comes late, the second one's is still awaited.
        let tells = field.goes == Goes::Late;
        let behind = ScriptedGateway::new("behind", tells, |n, _| accepted(&format!("b{n}")));
        let (register, post, clock) = (Arc::default(), Arc::default(), TurnedClock::default());
        let desk = OpenDesk::open(folder.path(), &clock, |parts| {
            parts.gateways = vec![gateway, Arc::clone(&behind) as _];
            parts.reset = Arc::clone(&register) as Arc<Register>;
            parts.mail = Arc::clone(&post) as Arc<Post>;
        })
        .await;
        Self { field, front, behind, desk, clock, register, post, told: 0, _folder: folder }
    }

    /// The texts that the first gateway took.
    fn at_first(&self) -> Vec<Taken> {
        match &self.front {
            Front::Service(service) => service.taken(),
            Front::Folder(folder) => {
                let read = |name: String| std::fs::read_to_string(folder.join(name)).unwrap();
                let texts = demo_desk::files(folder).into_iter().map(read).map(|file| {
                    let (head, text) = file.split_once("\n\n").unwrap();
                    let to = format!("+{}", head.lines().next().unwrap().trim_start_matches("To: "));
                    Taken { to, text: text.to_owned(), ..Taken::default() }
                });
                texts.collect()
            }
        }
    }

    /// Number and words of the texts at the first gateway, and of those behind it, that are as `wanted`.
    fn texts(&self, wanted: impl Fn(&str, &str) -> bool) -> [Vec<(String, String)>; 2] {
        let first = self.at_first().into_iter().map(|text| (text.to, text.text));
        let behind = self.behind.sent().into_iter().map(|text| (text.to, text.text));
        [first.collect(), behind.collect()].map(|texts: Vec<(String, String)>| {
            texts.into_iter().filter(|(to, text)| wanted(to, text)).collect()
        })
    }

    /// The story's own texts, whoever got them: a password, a link that nobody was reminded of, a code.
    fn own(&self) -> [Vec<(String, String)>; 2] {
        let about =
            |text: &str| ["Påminnelse", "stängd", "Stoppa det"].iter().any(|word| text.contains(word));
        self.texts(|_, text| !about(text))
    }

    /// Words about it: a reminder, a warning, or that it is closed.
    fn about(&self, word: &str) -> Vec<(String, String)> {
        self.texts(|_, text| text.contains(word)).concat()
    }

    /// Tells the story; `Err` says how it ended otherwise.
    pub async fn told(mut self) -> Result<(), String> {
        self.desk.take_in().await;
        for _ in 0..14 {
            self.desk.drain().await;
            self.receipts_come().await?;
            if self.own().each_ref().map(Vec::len) == self.field.taken {
                self.person_acts().await?;
                self.desk.drain().await;
            }
            if let Some(end) = self.ended().await {
                return self.compare(end).await;
            }
            self.clock.turn(1);
        }
        let state = self.desk.ticket(self.field.mail()).await.state;
        Err(format!("after 14 minutes it is {state:?}, with {:?}", self.own()))
    }

    async fn ended(&self) -> Option<End> {
        match self.desk.ticket(self.field.mail()).await.state {
            State::Done { .. } => Some(End::Has),
            State::Technician { password } => Some(End::Technician(password)),
            _ => None,
        }
    }

    /// Whatever the service has to tell by now.
    async fn receipts_come(&mut self) -> Result<(), String> {
        let First::Of(kind) = self.field.first else { return Ok(()) };
        let fates: &[(Signer, Fate, ReceiptAnswer)] = match self.field.goes {
            Goes::Well | Goes::AnswersTwice => &[(Signer::Service, Fate::Delivered, ReceiptAnswer::Taken)],
            Goes::Late if !self.own()[1].is_empty() => {
                &[(Signer::Service, Fate::Delivered, ReceiptAnswer::Taken)]
            }
            Goes::Fails => &[(Signer::Service, Fate::Failed, ReceiptAnswer::Taken)],
            Goes::Forged => &[
                (Signer::SomebodyElse, Fate::Failed, ReceiptAnswer::Unknown),
                (Signer::Service, Fate::Delivered, ReceiptAnswer::Taken),
            ],
            Goes::Late
            | Goes::Unreachable
            | Goes::Refuses
            | Goes::AsksToWait
            | Goes::Silent
            | Goes::Breaks
            | Goes::Untold => &[],
        };
        if fates.is_empty() || kind == Kind::Http {
            return Ok(());
        }
        while let Some(text) = self.at_first().get(self.told) {
            self.told += 1;
            for (signer, fate, expected) in fates {
                let posted = receipt(kind, text, *fate, *signer);
                // Where a sign-in proves who it is, somebody else has another.
                let posted = match signer {
                    Signer::SomebodyElse => posted.with("authorization", "Basic ZGVzazpmZWw="),
                    Signer::Service => posted,
                };
                let answer = self.desk.receipt("gw", posted.secret(), &posted.request()).await;
                if answer != *expected {
                    return Err(format!("a receipt was answered {answer:?}"));
                }
                self.desk.drain().await;
            }
        }
        Ok(())
    }

    /// The person has the text in their phone, and does what the story says.
    async fn person_acts(&mut self) -> Result<(), String> {
        let own = self.own().concat();
        let text = &own[0].1;
        match self.field.story {
            Story::Registered | Story::ManagersText => Ok(()),
            Story::Requester | Story::Link => self.uses(&token_in(text), "").await,
            Story::Code => {
                let code = code_in(text);
                let mails = self.post.0.lock().unwrap().clone();
                let mail = mails.iter().find(|mail| mail.to.as_str() == "karin.ek@kommun.example");
                let link = token_in(&mail.ok_or("no mail to Karin")?.text);
                self.uses(&link, &code).await
            }
            Story::Typed => {
                let everything = self.texts(|_, _| true).concat();
                if everything.iter().any(|(_, text)| text.contains("://") || text.contains("/p/")) {
                    return Err(format!("a text has a link: {everything:?}"));
                }
                let browser = Browser::new([1; 16]);
                match self.desk.type_code(&typed_code_in(text), "192.0.2.7", &browser).await {
                    CodeAnswer::LeadsTo(token) => self.uses(&token, "").await,
                    _ => Err("the code leads nowhere".to_owned()),
                }
            }
            Story::Reminded => {
                self.clock.turn(31);
                self.desk.drain().await;
                self.receipts_come().await?;
                let reminders = self.about("Påminnelse");
                let (to, text) = reminders.first().ok_or("nobody was reminded")?;
                let once = reminders.len() == 1 || self.field.goes == Goes::Fails;
                if to != KARIN || !once {
                    return Err(format!("reminders: {reminders:?}"));
                }
                self.uses(&token_in(text), "").await
            }
            Story::Stopped => {
                let warning = self.about("Stoppa det").first().cloned().ok_or("Filip was not warned")?;
                let said = self.desk.answer(&stop_token_in(&warning.1), None, PickupAnswer::NotMe).await;
                (said == PickupView::Stopped).then_some(()).ok_or(format!("Filip sees {said:?}"))
            }
        }
    }

    /// Presses the button, and hands over what the page shows.
    async fn uses(&self, token: &str, code: &str) -> Result<(), String> {
        let browser = Browser::new([1; 16]);
        let shown = self.desk.reveal_with(token, &browser, code).await;
        let shown = shown.map_err(|view| format!("the link shows {view:?}"))?;
        if *self.register.0.lock().unwrap() != [shown] {
            return Err("the page shows something else than what was set".to_owned());
        }
        let said = self.desk.answer(token, Some(&browser), PickupAnswer::HandedOver).await;
        (said == PickupView::Confirmed).then_some(()).ok_or(format!("the page says {said:?}"))
    }

    /// Is it as the table says?
    async fn compare(&self, end: End) -> Result<(), String> {
        // Whatever is still under way, such as the word to a manager that a link is closed.
        self.desk.drain().await;
        let (own, field) = (self.own(), self.field);
        let set = self.register.0.lock().unwrap().clone();
        let sure = |holds: bool, what: &str| holds.then_some(()).ok_or(format!("{what}: {own:?}"));
        sure(end == field.end, &format!("it ended as {end:?}"))?;
        sure(own.each_ref().map(Vec::len) == field.taken, "texts at the first gateway and behind it")?;
        let all = own.concat();
        sure(all.iter().all(|text| text == &all[0]), "the same words to the same number")?;
        sure(all[0].0 == field.person(), "to the person whom it is for")?;
        let expected = usize::from(end != End::Technician(nyckelbud::ticket::PasswordFact::NotChanged));
        sure(set.len() == expected, "one password was set, or none")?;
        if field.story.texts_the_password() {
            sure(demo_desk::password_in(&all[0].1) == Some(set[0].as_str()), "what was set was texted")?;
        }
        let warned = self.about("Stoppa det");
        let wanted = field.person() == KARIN;
        sure(wanted != warned.is_empty(), "the owner is warned when a manager is asked")?;
        sure(warned.iter().all(|text| text == &warned[0] && text.0 == FILIP), "by the same words")?;
        let closed = self.about("stängd");
        let once = closed.len() == 1 || field.goes == Goes::Fails;
        match field.story {
            Story::Stopped => sure(once && closed.iter().all(|(to, _)| to == KARIN), "Karin is told once"),
            _ => sure(closed.is_empty(), "no link was closed"),
        }
    }
}

fn stop_token_in(text: &str) -> String {
    let (_, rest) = text.split_once("/p/").expect("a link");
    rest.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '-').collect()
}
