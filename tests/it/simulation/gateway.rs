//! SMS gateways of all kinds, with every fault: they refuse, do not answer, answer wrongly, send and do not
//! say so; their receipts come early, late, twice, in any order, or never.

use std::future::pending;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use nyckelbud::delivery::{GatewayTraits, Receipt, ReceiptReading, SmsGateway, SmsText};
use nyckelbud::types::{CallbackRequest, Outcome, PhoneNumber};
use nyckelbud::web::{Desk, ReceiptAnswer};

use super::dice::Throws;
use super::log::{What, Words};
use super::plan::{Course, GatewayPlan};
use super::process::{Process, SECRET};
use super::world::World;
use crate::support::demo_desk;
use crate::worker::typed_codes::find_typed_code;

/// A text that a gateway has taken, whatever it said about it.
#[derive(Clone, Debug)]
pub struct Sent {
    pub gateway: &'static str,
    pub key: String,
    pub reference: String,
    /// What it tells when it is asked.
    pub status: Receipt,
}

/// A gateway as one process meets it.
pub struct Gateway {
    place: usize,
    process: Arc<Process>,
    /// How long it has asked to be left alone, by its last answer.
    wait: Mutex<Option<Duration>>,
}

const FAULTS: [(u64, Course); 9] = [
    (3, Course::Lost),
    (3, Course::Refused),
    (3, Course::NotSent),
    (2, Course::AsksToWait),
    (2, Course::TakenTwice),
    (3, Course::UnclearTaken),
    (3, Course::UnclearNotTaken),
    (2, Course::HangsTaken),
    (2, Course::HangsNotTaken),
];

/// What a text says.
pub fn words_of(text: &str) -> Words {
    if let Some((_, rest)) = text.split_once("/p/") {
        let token: String = rest.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '-').collect();
        return if token.contains('-') { Words::Warning(token) } else { Words::Link(token) };
    }
    if text.contains("Länken är stängd") || text.contains("Koden är stängd") {
        return Words::Closed;
    }
    if let Some(code) = find_typed_code(text) {
        let to_stop = code.matches('-').count() == 4;
        return if to_stop { Words::Warning(code) } else { Words::Link(code) };
    }
    if let Some(code) = super::mailbox::code_in(text) {
        return Words::Code(code.to_owned());
    }
    Words::Password(demo_desk::password_in(text).unwrap_or_default().to_owned())
}

impl Gateway {
    pub fn new(place: usize, process: Arc<Process>) -> Self {
        Self { place, process, wait: Mutex::default() }
    }

    fn plan(&self) -> &GatewayPlan {
        &self.process.world.plan.gateways[self.place]
    }

    fn course(&self, throws: &mut Throws) -> Course {
        let world = &self.process.world;
        if let Some(always) = self.plan().always {
            return always;
        }
        if world.is_calm() {
            return Course::Taken;
        }
        if world.within(&self.plan().down) {
            return Course::NotSent;
        }
        if throws.percent(self.plan().faults) { throws.one(&FAULTS) } else { Course::Taken }
    }

    /// It leaves for the phone, with everything that is told of it later. Answers its name.
    fn leaves(&self, to: &str, words: &Words, key: &str, course: Course, throws: &mut Throws) -> String {
        let (world, plan) = (&self.process.world, self.plan());
        let reference = {
            let mut sent = world.sent.lock().unwrap();
            let known = sent.iter().find(|sent| sent.gateway == plan.name && sent.key == key);
            if let Some(known) = known.filter(|_| plan.honours_keys) {
                return known.reference.clone();
            }
            let reference = format!("{}{}", plan.name, sent.len());
            world.write(0, What::Took { gateway: plan.name, key: key.to_owned() });
            let (key, status) = (key.to_owned(), Receipt::Pending);
            sent.push(Sent { gateway: plan.name, key, reference: reference.clone(), status });
            reference
        };
        let arrives = course != Course::Lost;
        let after = throws.one(&[(5, 0), (3, 3), (1, 40)]);
        let after = throws.seconds(0, after + 1);
        for _ in 0..if course == Course::TakenTwice { 2 } else { usize::from(arrives) } {
            let (later, to, words, key) = (Arc::clone(world), to.to_owned(), words.clone(), key.to_owned());
            world.act(async move {
                tokio::time::sleep(after).await;
                later.receive(&to, words, &key);
            });
        }
        self.tells(&reference, key, course, after, throws);
        reference
    }

    /// The receipts of a text, as they will come.
    fn tells(&self, reference: &str, key: &str, course: Course, after: Duration, throws: &mut Throws) {
        let status = if course == Course::Lost { Receipt::Failed } else { Receipt::Delivered };
        let (world, plan) = (&self.process.world, self.plan().clone());
        if !plan.receipts {
            return;
        }
        let mut told = Vec::new();
        if plan.always.is_some() {
            self.tell_later(reference, key, vec![(after + Duration::from_secs(1), status)]);
            return;
        }
        if throws.percent(15) {
            told.push((throws.seconds(0, 30), Receipt::Pending));
        }
        let patience = match course {
            // Its receipt also comes when the next one was asked already.
            Course::UnclearTaken | Course::HangsTaken => throws.one(&[(3, 2), (1, 60), (3, 400)]),
            _ => throws.one(&[(40, 2), (5, 30), (1, 300), (1, 3000)]),
        };
        let first = after + if plan.late { throws.seconds(60, 500) } else { throws.seconds(0, patience) };
        let never = if plan.faults > 10 { 4 } else { 1 };
        if !throws.percent(never) {
            told.push((first, status));
            if throws.percent(20) {
                told.push((first + throws.seconds(0, 600), status));
            }
            // Out of order: what was said before comes once more.
            if throws.percent(15) {
                let early = if status == Receipt::Delivered { Receipt::Failed } else { Receipt::Pending };
                told.push((first + throws.seconds(0, 120), early));
            }
        }
        self.tell_later(reference, key, told);
        // What it tells when it is asked, it may know without a receipt.
        let (home, reference) = (Arc::clone(world), reference.to_owned());
        let known_at = first + throws.seconds(0, 30);
        if throws.percent(60) {
            world.act(async move {
                tokio::time::sleep(known_at).await;
                home.now_known(&reference, status);
            });
        }
    }
}

impl Gateway {
    fn tell_later(&self, reference: &str, key: &str, told: Vec<(Duration, Receipt)>) {
        let (world, plan) = (&self.process.world, self.plan().clone());
        let (reference, key) = (reference.to_owned(), plan.names_keys.then(|| key.to_owned()));
        for (later, receipt) in told {
            let (home, plan, reference, key) =
                (Arc::clone(world), plan.clone(), reference.clone(), key.clone());
            world.act(async move {
                tokio::time::sleep(later).await;
                home.now_known(&reference, receipt);
                home.call_back(plan.name, SECRET, key, reference, receipt).await;
            });
        }
    }
}

impl World {
    fn now_known(&self, reference: &str, receipt: Receipt) {
        let mut sent = self.sent.lock().unwrap();
        let known = sent.iter_mut().find(|sent| sent.reference == reference);
        if let Some(known) = known.filter(|known| known.status == Receipt::Pending) {
            known.status = receipt;
        }
    }

    /// Somebody calls the desk back; a gateway does so again for a while when it is not answered.
    pub async fn call_back(
        self: &Arc<Self>,
        gateway: &'static str,
        secret: &'static str,
        key: Option<String>,
        reference: String,
        receipt: Receipt,
    ) {
        let forged = secret != SECRET;
        let told = What::Receipt { gateway, key: key.clone(), reference: reference.clone(), receipt, forged };
        self.write(0, told);
        let told = (key.clone(), reference.clone(), status_of(receipt));
        let body = serde_json::to_vec(&told).expect("a receipt");
        for _ in 0..4 {
            let process = self.running();
            if let Some((process, desk)) = process.and_then(|p| p.desk().map(|desk| (p, desk))) {
                let body = body.clone();
                let serving = async move {
                    let request = CallbackRequest { method: "POST", query: "", headers: &[], body: &body };
                    desk.port.receipt(gateway, secret, &request).await
                };
                match process.serve(serving).await {
                    Some(answer) => {
                        let kept = answer == ReceiptAnswer::Taken && receipt != Receipt::Pending;
                        let told = What::ReceiptAnswered { gateway, key, reference, receipt, kept };
                        process.write(told);
                        if forged && answer != ReceiptAnswer::Unknown {
                            self.breaks(format!("I20: a forged receipt was answered with {answer:?}"));
                        }
                        return;
                    }
                    None if forged => return,
                    None => {}
                }
            }
            tokio::time::sleep(Duration::from_secs(30)).await;
        }
    }
}

fn status_of(receipt: Receipt) -> &'static str {
    match receipt {
        Receipt::Delivered => "delivered",
        Receipt::Failed => "failed",
        Receipt::Pending => "sent",
    }
}

#[async_trait]
impl SmsGateway for Gateway {
    fn name(&self) -> &str {
        self.plan().name
    }

    fn traits(&self) -> GatewayTraits {
        let GatewayPlan { receipts, honours_keys, .. } = *self.plan();
        GatewayTraits { receipts, honours_keys, can_be_asked: receipts }
    }

    fn receipt(&self, secret: &str, request: &CallbackRequest<'_>) -> ReceiptReading {
        if secret != SECRET {
            return ReceiptReading::Foreign;
        }
        let told: (Option<String>, String, String) = serde_json::from_slice(request.body).expect("a receipt");
        let (key, reference, status) = told;
        let all = [Receipt::Delivered, Receipt::Failed, Receipt::Pending];
        let receipt = all.into_iter().find(|receipt| status_of(*receipt) == status).expect("a status");
        ReceiptReading::Told { key, reference, receipt }
    }

    async fn send(&self, to: &PhoneNumber, text: &SmsText, key: &str) -> Outcome {
        self.process.point("before a text is sent").await;
        let (name, words, to) = (self.plan().name, words_of(text.expose()), to.e164().to_owned());
        let told = What::Text { gateway: name, to: to.clone(), words: words.clone(), key: key.to_owned() };
        self.process.write(told);
        let mut throws = self.process.world.throws(&format!("send {name} {key}"));
        let course = self.course(&mut throws);
        let mut reference = String::new();
        match course {
            Course::Taken | Course::TakenTwice | Course::UnclearTaken | Course::HangsTaken | Course::Lost => {
                reference = self.leaves(&to, &words, key, course, &mut throws);
            }
            Course::Refused
            | Course::NotSent
            | Course::AsksToWait
            | Course::UnclearNotTaken
            | Course::HangsNotTaken => {}
        }
        let asked = throws.seconds(10, 1200);
        *self.wait.lock().unwrap() = (course == Course::AsksToWait).then_some(asked);
        let slow = throws.percent(5);
        tokio::time::sleep(throws.seconds(0, if slow { 18 } else { 2 })).await;
        let cause = || "a fault".to_owned();
        let outcome = match course {
            Course::Taken | Course::TakenTwice | Course::Lost => Outcome::Accepted { reference },
            Course::Refused => Outcome::Refused { cause: cause() },
            Course::NotSent | Course::AsksToWait => Outcome::NotSent { cause: cause() },
            Course::UnclearTaken | Course::UnclearNotTaken => Outcome::Uncertain { cause: cause() },
            Course::HangsTaken | Course::HangsNotTaken => pending().await,
        };
        let answered =
            What::TextAnswered { gateway: name, key: key.to_owned(), outcome: Some(outcome.clone()) };
        self.process.write(answered);
        self.process.point("after a text was sent").await;
        outcome
    }

    fn asks_to_wait(&self) -> Option<Duration> {
        *self.wait.lock().unwrap()
    }

    async fn ask(&self, reference: &str) -> Result<Receipt, String> {
        let world = &self.process.world;
        let mut throws = world.throws(&format!("ask {reference}"));
        tokio::time::sleep(throws.seconds(0, 1)).await;
        if !self.plan().answers_questions || (!world.is_calm() && throws.percent(10)) {
            return Err("it cannot be asked".to_owned());
        }
        if !world.is_calm() && throws.percent(2) {
            pending::<()>().await;
        }
        let sent = world.sent.lock().unwrap();
        Ok(sent.iter().find(|sent| sent.reference == reference).map_or(Receipt::Pending, |sent| sent.status))
    }

    async fn probe(&self) -> Result<String, String> {
        let world = &self.process.world;
        let down = !world.is_calm() && world.within(&self.plan().down);
        if down { Err("no connection".to_owned()) } else { Ok("it answers".to_owned()) }
    }
}
