//! Two gateways that tell later what became of a text. How each text goes depends on the gateway and the phone
//! alone, so it goes the same way after a kill; what they took stands in the world's log.

use std::path::Path;

use async_trait::async_trait;
use nyckelbud::delivery::sms::spool::SpoolGateway;
use nyckelbud::delivery::{GatewayTraits, Receipt, ReceiptReading, SmsGateway, SmsText};
use nyckelbud::types::{CallbackRequest, Outcome, PhoneNumber};

use super::stops::CallLog;
use crate::support::demo_desk;

pub const ANNAS_MOBILE: &str = "+46701740605";
pub const JOHNS_MOBILE: &str = "+46701740606";
pub const GUNS_MOBILE: &str = "+46701740607";

/// The secret in the path of their receipts.
pub const SECRET: &str = "a-secret-in-the-path";

/// One of the two.
pub struct TellingGateway {
    name: &'static str,
    spool: SpoolGateway,
    log: CallLog,
}

/// How a text goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Course {
    /// It arrives, and its receipt says so.
    Arrives,
    /// It was taken, and fails on its way.
    Fails,
    /// It leaves, and the answer says nothing.
    Unclear,
    Refused,
}

/// Of a password to Anna the first gateway's answer is unclear; one to John fails, and the second refuses it.
fn course(gateway: &str, to: &str, is_password: bool) -> Course {
    match (gateway, to) {
        ("alpha", ANNAS_MOBILE) if is_password => Course::Unclear,
        ("alpha", JOHNS_MOBILE) if is_password => Course::Fails,
        ("beta", JOHNS_MOBILE) if is_password => Course::Refused,
        _ => Course::Arrives,
    }
}

impl TellingGateway {
    pub fn new(name: &'static str, folder: &Path, log: CallLog) -> Self {
        Self { name, spool: SpoolGateway::new(name, folder.join("sms")), log }
    }
}

/// A receipt that a gateway sends.
pub struct Told {
    pub gateway: String,
    pub body: String,
}

/// The receipts of everything that was taken until now.
pub fn receipts(log: &CallLog) -> Vec<Told> {
    let told = |line: &String| {
        let mut words = line.split(' ');
        let (what, gateway) = (words.next()?, words.next()?.to_owned());
        (what == "took").then(|| Told { gateway, body: words.collect::<Vec<_>>().join(" ") })
    };
    log.lines().iter().filter_map(told).collect()
}

#[async_trait]
impl SmsGateway for TellingGateway {
    fn name(&self) -> &str {
        self.name
    }

    fn traits(&self) -> GatewayTraits {
        GatewayTraits { receipts: true, honours_keys: false, can_be_asked: false }
    }

    async fn send(&self, to: &PhoneNumber, text: &SmsText, key: &str) -> Outcome {
        let is_password = demo_desk::password_in(text.expose()).is_some();
        let course = course(self.name, to.e164(), is_password);
        let reference = format!("{}-{key}", self.name);
        if course == Course::Refused {
            return Outcome::Refused { cause: "no credit".to_owned() };
        }
        if course != Course::Fails {
            self.spool.send(to, text, &reference).await;
        }
        match course {
            Course::Unclear => return Outcome::Uncertain { cause: "no answer".to_owned() },
            Course::Fails => self.log.write(&format!("took {} {key} {reference} failed", self.name)),
            Course::Arrives | Course::Refused => {
                self.log.write(&format!("took {} {key} {reference} delivered", self.name));
            }
        }
        Outcome::Accepted { reference }
    }

    async fn ask(&self, _: &str) -> Result<Receipt, String> {
        Err("it tells by itself".to_owned())
    }

    fn receipt(&self, secret: &str, request: &CallbackRequest<'_>) -> ReceiptReading {
        let body = String::from_utf8_lossy(request.body);
        let words: Vec<&str> = body.split(' ').collect();
        let (SECRET, [key, reference, word]) = (secret, words.as_slice()) else {
            return ReceiptReading::Foreign;
        };
        let receipt = if *word == "failed" { Receipt::Failed } else { Receipt::Delivered };
        ReceiptReading::Told { key: Some((*key).to_owned()), reference: (*reference).to_owned(), receipt }
    }

    async fn probe(&self) -> Result<String, String> {
        Ok("it answers".to_owned())
    }
}
