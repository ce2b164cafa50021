//! The register that knows the people of the world: it answers late, half or not at all, and takes passwords
//! surely, perhaps, or after the program has stopped waiting.

use std::future::pending;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use nyckelbud::clock::rfc3339;
use nyckelbud::delivery::{MailSender, OutgoingMail};
use nyckelbud::directory::*;
use nyckelbud::password::generate::generate;
use nyckelbud::password::{AccessPass, AccessPasses, PasswordReset, TemporaryPassword, Used, ValueRefused};
use nyckelbud::ticket::TicketId;
use nyckelbud::types::*;

use super::dice::Throws;
use super::log::{Seen, What, key_parts};
use super::people::Person;
use super::plan::{ASKING, MANAGERS};
use super::process::Process;
use super::world::World;

/// The register, and the way for mails, as one process meets them.
pub struct Register(pub Arc<Process>);

fn phones(person: &Person) -> Vec<RegisteredPhone> {
    let number = person.phone.map(|phone| PhoneNumber::parse(phone).expect("a number"));
    let phone =
        |number| RegisteredPhone { number: Some(number), kind: PhoneType::Mobile, registered_at: None };
    number.map(phone).into_iter().collect()
}

fn standing(person: &Person) -> Standing {
    if person.open { Standing::Open } else { Standing::Closed("switched off".to_owned()) }
}

fn account(person: &Person) -> Account {
    let username = Username::parse(&format!("{}@kommun.example", person.short)).expect("a username");
    Account {
        id: person.id.clone(),
        username,
        aliases: Vec::new(),
        name: person.name.to_owned(),
        mail: EmailAddress::parse(&format!("{}@kommun.example", person.short)).ok(),
        unit: "Förskolan Eken".to_owned(),
        standing: standing(person),
        groups: Vec::new(),
        privilege: if person.privileged {
            Privilege::Privileged("a role".to_owned())
        } else {
            Privilege::Ordinary
        },
        phones: phones(person),
        credential: person.credential,
    }
}

fn manager(person: &Person) -> Manager {
    Manager {
        id: person.id.clone(),
        name: person.name.to_owned(),
        mail: EmailAddress::parse(&format!("{}@kommun.example", person.short)).ok(),
        standing: standing(person),
        absence: if person.away { Absence::Absent } else { Absence::Present },
        phones: phones(person),
    }
}

impl Register {
    fn world(&self) -> &World {
        &self.0.world
    }

    /// Does a call go wrong? Never when all is calm.
    fn goes_wrong(&self, throws: &mut Throws) -> bool {
        let percent = self.world().plan.register_faults;
        !self.world().is_calm() && throws.percent(percent)
    }

    fn is_out(&self) -> bool {
        !self.world().is_calm() && self.world().within(&self.world().plan.outages)
    }

    fn answer(&self, who: &Who, depth: u8) -> Facts {
        let people = self.world().people.lock().unwrap();
        let found = people.iter().position(|person| match who {
            Who::Id(id) => person.id == *id,
            Who::Named(name) => *name == account(person).username,
        });
        let Some(place) = found else { return Facts { lookup: Lookup::Nobody, managers: Vec::new() } };
        let above = MANAGERS.iter().filter(|above| **above > place || place < ASKING);
        let managers = above.take(usize::from(depth)).map(|above| manager(&people[*above])).collect();
        Facts { lookup: Lookup::One(Box::new(account(&people[place]))), managers }
    }
}

fn seen(facts: &Facts) -> Option<Seen> {
    let numbers = |phones: &[RegisteredPhone]| {
        let numbers = phones.iter().filter_map(|phone| phone.number.as_ref());
        numbers.map(|number| number.e164().to_owned()).collect::<Vec<_>>()
    };
    let Lookup::One(account) = &facts.lookup else { return None };
    let open = account.standing == Standing::Open && account.privilege == Privilege::Ordinary;
    let managers = facts.managers.iter().map(|m| (m.id.clone(), numbers(&m.phones))).collect();
    let phones = numbers(&account.phones);
    Some(Seen { account: account.id.clone(), may_be_helped: open, phones, managers })
}

#[async_trait]
impl Directory for Register {
    async fn facts(&self, who: &Who, depth: u8) -> Result<Facts, DirectoryError> {
        self.0.point("before the directory is asked").await;
        self.0.write(What::Asked);
        let mut throws = self.world().throws(&format!("facts {who:?}"));
        let slow = throws.percent(4) && !self.world().is_calm();
        tokio::time::sleep(if slow { throws.seconds(1, 12) } else { throws.seconds(0, 1) }).await;
        if self.is_out() {
            return Err(DirectoryError::Unavailable("an outage".to_owned()));
        }
        if self.goes_wrong(&mut throws) {
            match throws.below(3) {
                0 => return Err(DirectoryError::Unavailable("no connection".to_owned())),
                1 => return Err(DirectoryError::Half("no phones".to_owned())),
                _ => pending::<()>().await,
            }
        }
        let facts = self.answer(who, depth);
        self.0.write(What::Facts(seen(&facts)));
        self.0.point("after the directory has answered").await;
        Ok(facts)
    }

    async fn people(&self, _: &str, _: u8) -> Result<Vec<Found>, DirectoryError> {
        Ok(Vec::new())
    }

    async fn probe(&self) -> Result<String, DirectoryError> {
        Ok("it answers".to_owned())
    }

    async fn rights(&self) -> Vec<Finding> {
        Vec::new()
    }
}

/// A call that was broken off may still come through.
struct UnderWay {
    process: Arc<Process>,
    account: AccountId,
    value: String,
    ticket: TicketId,
    comes_through: bool,
    answered: AtomicBool,
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        if self.answered.load(Ordering::SeqCst)
            || !self.comes_through
            || tokio::runtime::Handle::try_current().is_err()
        {
            return;
        }
        // As long as the program may take it to last: a stopped one, for its lease and the rest after it.
        let mut throws = self.process.world.throws(&format!("late {}", self.account));
        let most = if self.process.is_dead() { 45 } else { 2 };
        let (world, account, value) =
            (Arc::clone(&self.process.world), self.account.clone(), self.value.clone());
        let (later, ticket) = (throws.seconds(0, most), self.ticket);
        self.process.world.act(async move {
            tokio::time::sleep(later).await;
            world.take(&account, &value, ticket);
        });
    }
}

impl Register {
    /// The ticket of the call that this task has begun.
    fn ticket(&self) -> TicketId {
        let begun = self.world().begun.lock().unwrap();
        let key = tokio::task::try_id().and_then(|task| begun.get(&task).cloned());
        key.and_then(|key| key_parts(&key).map(|(ticket, ..)| ticket)).unwrap_or(TicketId(0))
    }

    async fn call(&self, account: &AccountId, value: &str) -> Result<Outcome, ValueRefused> {
        let (world, ticket) = (self.world(), self.ticket());
        let mut throws = world.throws(&format!("set {account}"));
        let wrong = self.goes_wrong(&mut throws) || self.is_out();
        let unclear = world.plan.register_unclear && !world.is_calm();
        let fault = match (unclear, wrong) {
            (true, _) => 2 + throws.below(2),
            (false, true) => 1 + throws.below(6),
            (false, false) => 0,
        };
        let under_way = UnderWay {
            process: Arc::clone(&self.0),
            account: account.clone(),
            value: value.to_owned(),
            ticket,
            comes_through: matches!(fault, 0 | 5),
            answered: AtomicBool::new(false),
        };
        let takes = throws.seconds(0, 2);
        tokio::time::sleep(takes).await;
        let cause = || "a fault".to_owned();
        let answer = match fault {
            0 => {
                world.take(account, value, ticket);
                Ok(Outcome::Accepted { reference: format!("set {}", rfc3339(world.clock.elsewhere())) })
            }
            1 => Ok(Outcome::NotSent { cause: cause() }),
            2 => Ok(Outcome::Uncertain { cause: cause() }),
            3 => {
                world.take(account, value, ticket);
                Ok(Outcome::Uncertain { cause: cause() })
            }
            4 if throws.percent(50) => Err(ValueRefused(cause())),
            4 => Ok(Outcome::Refused { cause: cause() }),
            _ => pending().await,
        };
        under_way.answered.store(true, Ordering::SeqCst);
        answer
    }
}

#[async_trait]
impl PasswordReset for Register {
    async fn set(&self, account: &AccountId, password: &TemporaryPassword) -> Result<Outcome, ValueRefused> {
        self.0.point("before a password is set").await;
        let (account, value) = (account.clone(), password.expose().to_owned());
        self.0.write(What::Set { account: account.clone(), value: value.clone() });
        let answered = self.call(&account, &value).await;
        let code = answered.as_ref().map_or("value refused", Outcome::code);
        self.0.write(What::SetAnswered { account, value, code });
        self.0.point("after a password was set").await;
        answered
    }

    fn exchanges(&self) -> bool {
        true
    }

    async fn exchange(
        &self,
        account: &AccountId,
        old: &TemporaryPassword,
        new: &TemporaryPassword,
    ) -> Outcome {
        self.0.point("before a password is exchanged").await;
        let mut throws = self.world().throws(&format!("exchange {account}"));
        tokio::time::sleep(throws.seconds(0, 2)).await;
        let wrong = self.goes_wrong(&mut throws) || self.is_out();
        let cause = || "a fault".to_owned();
        let outcome = match if wrong { throws.below(4) } else { 4 } {
            0 => Outcome::NotSent { cause: cause() },
            1 => Outcome::Uncertain { cause: cause() },
            fault => {
                let replaced = self.world().exchange(account, old.expose(), new.expose());
                match (fault, replaced) {
                    (2, _) => Outcome::Uncertain { cause: cause() },
                    (3, _) => pending().await,
                    (_, true) => Outcome::Accepted { reference: String::new() },
                    (_, false) => Outcome::Refused { cause: "another password holds".to_owned() },
                }
            }
        };
        self.0.point("after a password was exchanged").await;
        outcome
    }

    async fn used(&self, account: &AccountId, _: UnixMillis) -> Result<Used, DirectoryError> {
        if self.is_out() {
            return Err(DirectoryError::Unavailable("an outage".to_owned()));
        }
        let people = self.world().people.lock().unwrap();
        let used = people.iter().any(|person| person.id == *account && person.used);
        Ok(if used { Used::Yes } else { Used::No })
    }

    async fn probe(&self) -> Result<String, DirectoryError> {
        Ok("it answers".to_owned())
    }

    async fn rights(&self) -> Vec<Finding> {
        Vec::new()
    }
}

#[async_trait]
impl AccessPasses for Register {
    async fn issue(&self, account: &AccountId) -> Result<AccessPass, Outcome> {
        self.0.point("before a pass is issued").await;
        let mut throws = self.world().throws(&format!("pass {account}"));
        tokio::time::sleep(throws.seconds(0, 2)).await;
        let wrong = self.goes_wrong(&mut throws) || self.is_out();
        let fault = if wrong { 1 + throws.below(4) } else { 0 };
        let cause = || "a fault".to_owned();
        match fault {
            1 => return Err(Outcome::NotSent { cause: cause() }),
            2 => return Err(Outcome::Refused { cause: cause() }),
            3 => return Err(Outcome::Uncertain { cause: cause() }),
            _ => {}
        }
        let pass = generate(&mut rand::rng(), 12, &[]);
        self.world().take(account, pass.expose(), self.ticket());
        self.0.write(What::Issued { account: account.clone(), value: pass.expose().to_owned() });
        if fault == 4 {
            pending::<()>().await;
        }
        self.0.point("after a pass was issued").await;
        let hour = Duration::from_secs(3600);
        let valid_until = nyckelbud::clock::Clock::now(&self.world().clock).plus(hour);
        Ok(AccessPass { id: format!("pass-{}", pass.expose().len()), pass, valid_until })
    }

    async fn opened(&self, account: &AccountId, _: &str) -> Result<Used, DirectoryError> {
        PasswordReset::used(self, account, UnixMillis(0)).await
    }
}

#[async_trait]
impl MailSender for Register {
    async fn send(&self, mail: &OutgoingMail) -> Outcome {
        self.0.point("before a mail is sent").await;
        let mut throws = self.world().throws(&format!("mail {} {}", mail.to, mail.subject));
        tokio::time::sleep(throws.seconds(0, 1)).await;
        let calm = self.world().is_calm();
        let cause = || "a fault".to_owned();
        let outcome = match throws.below(50) {
            0 if !calm => Outcome::NotSent { cause: cause() },
            1 if !calm => Outcome::Uncertain { cause: cause() },
            2 if !calm => Outcome::Refused { cause: cause() },
            _ => Outcome::Accepted { reference: String::new() },
        };
        let unclear = matches!(outcome, Outcome::Uncertain { .. }) && throws.percent(50);
        if unclear || matches!(outcome, Outcome::Accepted { .. }) {
            self.0.world.comes_by_mail(mail.to.as_str(), &mail.text);
        }
        self.0.point("after a mail was sent").await;
        outcome
    }

    async fn probe(&self) -> Result<String, String> {
        Ok("it answers".to_owned())
    }
}
