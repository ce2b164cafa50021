//! SMS services as their pages document them, on loopback: each takes nothing that its pages do not
//! allow, misbehaves on demand, and posts receipts as it would.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use nyckelbud::clock::SystemClock;
use nyckelbud::delivery::SmsGateway;
use nyckelbud::delivery::sms::GatewaySetup;
use nyckelbud::delivery::sms::elks::ElksGateway;
use nyckelbud::delivery::sms::gatewayapi::GatewayApiGateway;
use nyckelbud::delivery::sms::http::{HttpGateway, Templates};
use nyckelbud::delivery::sms::kannel::KannelGateway;
use nyckelbud::delivery::sms::sinch::SinchGateway;
use nyckelbud::delivery::sms::twilio::TwilioGateway;
use nyckelbud::http::{Method, Timeouts};
use nyckelbud::secret::Secret;
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;

use super::http_request::{request, until_gone};

mod documented;
pub mod receipts;

pub const ACCOUNT: &str = "AC0000000000000000000000000000a1";
pub const USERNAME: &str = "u0000";
/// The password, token or key that must never show up in an error.
pub const PASSWORD: &str = "API-hemlighet-4711";
/// What receipts are signed with, where that is a secret of its own.
pub const SIGNATURE: &str = "kvitto-hemlighet-4711";
/// The secret in the path of receipts.
pub const CALLBACK: &str = "receipts-4711";
/// The sign-in of receipts, where one is asked for.
pub const CALLBACK_AUTH: &str = "desk:inloggning-4711";

/// Whose service it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Elks,
    Twilio,
    Sinch,
    GatewayApi,
    Kannel,
    Http,
}

pub const ALL: [Kind; 6] =
    [Kind::Elks, Kind::Twilio, Kind::Sinch, Kind::GatewayApi, Kind::Kannel, Kind::Http];

/// Those that tell what became of a text.
pub const WITH_RECEIPTS: [Kind; 5] = [Kind::Elks, Kind::Twilio, Kind::Sinch, Kind::GatewayApi, Kind::Kannel];

/// How a text is met. Whatever else is asked is answered as documented.
#[derive(Clone, Debug)]
pub enum Fault {
    None,
    /// Takes no text.
    Refuses,
    /// Takes no text, and asks to be left alone for so many seconds.
    AsksToWait(u32),
    /// Takes the text and says nothing.
    Silent,
    /// Takes the text and answers with this status.
    TakesAndAnswers(u16),
    /// Takes the text and answers with something else.
    Garbage,
    /// Takes the text and closes the connection.
    Cuts,
    /// Takes the text once and answers twice: at once, or when the next request comes on that connection.
    AnswersTwice {
        late: bool,
    },
    /// Takes the text, and answers once the gate has permits.
    Held(Arc<Semaphore>),
}

/// A text that was taken.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Taken {
    /// The service's name for it.
    pub id: String,
    pub to: String,
    pub text: String,
    /// Our key, where the request names it.
    pub key: String,
    /// Where receipts shall go; empty when none are wanted.
    pub callback: String,
}

/// What the service knows.
#[derive(Default)]
struct Book {
    taken: Vec<Taken>,
    /// What it says of texts when it is asked: `delivered`, `failed`, or that nothing is known.
    fate: Option<receipts::Fate>,
    balance: Option<i64>,
    /// The status with which it refuses to tell the balance.
    hides_balance: Option<u16>,
    /// What it answers to a text that it took, instead of the usual.
    words: Option<String>,
    asked: usize,
    /// How often somebody connected.
    connections: usize,
    /// Is a key that comes twice the same text for it?
    honours_keys: bool,
}

/// The running service.
pub struct Service {
    kind: Kind,
    port: u16,
    book: Arc<Mutex<Book>>,
    fault: Arc<Mutex<Fault>>,
    task: JoinHandle<()>,
}

impl Service {
    pub async fn start(kind: Kind, fault: Fault) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let book = Arc::new(Mutex::new(Book::default()));
        let fault = Arc::new(Mutex::new(fault));
        let shared = (Arc::clone(&fault), Arc::clone(&book));
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (fault, book) = (Arc::clone(&shared.0), Arc::clone(&shared.1));
                book.lock().unwrap().connections += 1;
                tokio::spawn(async move { serve(stream, kind, &fault, &book).await });
            }
        });
        Self { kind, port, book, fault, task }
    }

    /// The texts that were taken.
    pub fn taken(&self) -> Vec<Taken> {
        self.book.lock().unwrap().taken.clone()
    }

    /// How many requests came.
    pub fn asked(&self) -> usize {
        self.book.lock().unwrap().asked
    }

    /// How many connections there were.
    pub fn connections(&self) -> usize {
        self.book.lock().unwrap().connections
    }

    /// From now on a key that comes twice is the same text for it.
    pub fn honour_keys(&self) {
        self.book.lock().unwrap().honours_keys = true;
    }

    /// What it shall say of its texts from now on.
    pub fn set_fate(&self, fate: receipts::Fate) {
        self.book.lock().unwrap().fate = Some(fate);
    }

    /// What the account shall hold, in hundredths.
    pub fn set_balance(&self, hundredths: i64) {
        self.book.lock().unwrap().balance = Some(hundredths);
    }

    /// The balance shall be told to nobody any more: this status is the answer.
    pub fn hide_balance(&self, status: u16) {
        self.book.lock().unwrap().hides_balance = Some(status);
    }

    /// How texts are met from now on.
    pub fn set_fault(&self, fault: Fault) {
        *self.fault.lock().unwrap() = fault;
    }

    /// What it shall answer to texts that it takes.
    pub fn set_words(&self, words: &str) {
        self.book.lock().unwrap().words = Some(words.to_owned());
    }

    pub fn setup(&self) -> GatewaySetup {
        setup(self.kind, self.port)
    }

    pub fn gateway(&self) -> Arc<dyn SmsGateway> {
        gateway(self.kind, &self.setup())
    }

    /// Where its API is.
    pub fn base_url(&self) -> String {
        self.setup().base_url
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// The settings for a service at `port`.
pub fn setup(kind: Kind, port: u16) -> GatewaySetup {
    let secret = |text: &str| Secret::new(text.to_owned());
    let path = match kind {
        Kind::Elks => "/a1",
        Kind::Kannel => "/cgi-bin/sendsms",
        Kind::Twilio | Kind::Sinch | Kind::GatewayApi | Kind::Http => "",
    };
    let (by_sign_in, by_signature) = match kind {
        Kind::Elks | Kind::Kannel => (true, false),
        Kind::Sinch | Kind::GatewayApi => (false, true),
        Kind::Twilio | Kind::Http => (false, false),
    };
    GatewaySetup {
        name: "gw".to_owned(),
        base_url: format!("http://127.0.0.1:{port}{path}"),
        account: ACCOUNT.to_owned(),
        username: if kind == Kind::Twilio || kind == Kind::Http {
            String::new()
        } else {
            USERNAME.to_owned()
        },
        password: secret(PASSWORD),
        callback: (kind != Kind::Http).then(|| secret(CALLBACK)),
        callback_auth: by_sign_in.then(|| secret(CALLBACK_AUTH)),
        signature: by_signature.then(|| secret(SIGNATURE)),
        public_url: "https://servicedesk.kommun.example/it".to_owned(),
        sender: "Servicedesk".to_owned(),
        validity: Duration::from_secs(600),
        discard_content: false,
        balance_low: 50,
        timeouts: Timeouts { connect: Duration::from_secs(20), total: Duration::from_secs(30) },
    }
}

/// The gateway of that kind.
pub fn gateway(kind: Kind, setup: &GatewaySetup) -> Arc<dyn SmsGateway> {
    match kind {
        Kind::Elks => Arc::new(ElksGateway::new(setup).unwrap()),
        Kind::Twilio => Arc::new(TwilioGateway::new(setup).unwrap()),
        Kind::Sinch => Arc::new(SinchGateway::new(setup, Arc::new(SystemClock)).unwrap()),
        Kind::GatewayApi => Arc::new(GatewayApiGateway::new(setup).unwrap()),
        Kind::Kannel => Arc::new(KannelGateway::new(setup).unwrap()),
        Kind::Http => Arc::new(HttpGateway::new(setup, &templates(&setup.base_url)).unwrap()),
    }
}

/// The request of the service that is described by templates.
pub fn templates(base_url: &str) -> Templates {
    Templates {
        method: Method::Post,
        url: format!("{base_url}/send?ref={{{{ key }}}}"),
        headers: vec![
            ("Content-Type".to_owned(), "application/json".to_owned()),
            ("Authorization".to_owned(), "Bearer {{ password }}".to_owned()),
        ],
        body: r#"{"to": "{{ to_digits }}", "from": {{ sender | json }}, "text": {{ text | json }}}"#
            .to_owned(),
        success: r#""id":"(?<reference>[^"]+)""#.to_owned(),
        failure: r#""error":""#.to_owned(),
        idempotent: false,
    }
}

/// Serves a connection: one request, but for a service that answers twice, which keeps it open.
async fn serve(mut stream: TcpStream, kind: Kind, fault: &Mutex<Fault>, book: &Mutex<Book>) {
    loop {
        let Some((head, body)) = request(&mut stream).await else { return };
        book.lock().unwrap().asked += 1;
        let asked = documented::Asked { line: head.lines().next().unwrap(), head: &head, body: &body };
        let fault = fault.lock().unwrap().clone();
        let Some((status, words)) = answer(&mut stream, kind, &fault, book, &asked).await else { return };
        let Fault::AnswersTwice { late } = fault else { return };
        if late {
            // Whoever uses the connection again gets the old answer first.
            let mut next = [0; 1];
            if !stream.peek(&mut next).await.is_ok_and(|read| read > 0) {
                return;
            }
        }
        say(&mut stream, status, "", &words).await;
    }
}

/// Meets one request; the answer, if it was a whole one to a text that was taken.
async fn answer(
    stream: &mut TcpStream,
    kind: Kind,
    fault: &Fault,
    book: &Mutex<Book>,
    asked: &documented::Asked<'_>,
) -> Option<documented::Said> {
    if !documented::hands_over(kind, asked) {
        let (status, text) = documented::told(kind, asked, book).unwrap_or_else(|refusal| refusal);
        say(stream, status, "", &text).await;
        return None;
    }
    let text = match documented::text(kind, asked) {
        Ok(text) => text,
        Err((status, words)) => {
            say(stream, status, "", &words).await;
            return None;
        }
    };
    if let Some((status, headers, words)) = turned_away(kind, fault, &text) {
        say(stream, status, &headers, &words).await;
        return None;
    }
    let text = keep(kind, book, text);
    let (status, words) = documented::taken(kind, &text);
    let words = book.lock().unwrap().words.clone().unwrap_or(words);
    match fault {
        Fault::Silent => until_gone(stream).await,
        Fault::TakesAndAnswers(status) => say(stream, *status, "", "oops +46701740605").await,
        Fault::Garbage => say(stream, status, "", "<html>Logga in på hotellets nät</html>").await,
        Fault::Held(gate) => {
            gate.acquire().await.unwrap().forget();
            say(stream, status, "", &words).await;
        }
        Fault::None | Fault::AnswersTwice { .. } => {
            say(stream, status, "", &words).await;
            return Some((status, words));
        }
        Fault::Cuts | Fault::Refuses | Fault::AsksToWait(_) => {}
    }
    None
}

/// What it says to a text that it does not take, if it takes none.
fn turned_away(kind: Kind, fault: &Fault, text: &Taken) -> Option<(u16, String, String)> {
    match fault {
        Fault::Refuses => {
            let (status, words) = documented::refusal(kind, text);
            Some((status, String::new(), words))
        }
        Fault::AsksToWait(seconds) => {
            Some((429, format!("Retry-After: {seconds}\r\n"), "slow down".to_owned()))
        }
        Fault::None
        | Fault::Silent
        | Fault::TakesAndAnswers(_)
        | Fault::Garbage
        | Fault::Cuts
        | Fault::AnswersTwice { .. }
        | Fault::Held(_) => None,
    }
}

/// Takes a text and gives it a name of its own.
fn keep(kind: Kind, book: &Mutex<Book>, text: Taken) -> Taken {
    let mut book = book.lock().unwrap();
    if let Some(known) = book.taken.iter().find(|known| book.honours_keys && known.key == text.key) {
        return known.clone();
    }
    let text = Taken { id: documented::id(kind, book.taken.len()), ..text };
    book.taken.push(text.clone());
    text
}

async fn say(stream: &mut TcpStream, status: u16, headers: &str, text: &str) {
    let length = text.len();
    let head = format!("HTTP/1.1 {status} x\r\n{headers}Content-Length: {length}\r\n\r\n");
    // A client that has heard enough may have gone.
    let _ = stream.write_all(format!("{head}{text}").as_bytes()).await;
}
