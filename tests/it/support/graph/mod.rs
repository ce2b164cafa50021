//! Microsoft Graph as its pages document it, on loopback: it takes nothing that they do not allow, keeps a
//! log of what it was asked, and misbehaves on demand. Facts: <https://learn.microsoft.com/graph/api>.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use nyckelbud::clock::{Clock, SystemClock, rfc5322};
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};

use super::http_request::{header, request, until_gone};
use super::token_endpoint::{CLIENT, SECRET, TokenEndpoint, TokenJudge};

mod answers;
mod lists;
mod odata;
mod passes;
mod people;
mod search;

pub use answers::USER_ADMINISTRATOR;
pub use passes::{Pass, PassPolicy};
pub use people::{ALL, Person, Replies, phone, the_people};

/// What it does in place of what is documented.
#[derive(Clone)]
pub enum Fault {
    /// Answers this status, `Retry-After` and code.
    Says(u16, Option<u32>, &'static str),
    /// Answers 200 and this.
    Body(String),
    /// Does as documented, later.
    Late(Duration),
    /// Reads the request and says nothing.
    Hangs,
    /// Reads the request and closes the connection.
    Cut,
    /// Does as documented, and closes the connection without an answer.
    LosesAnswer,
}

/// A request as it came, and how it was answered.
#[derive(Clone, Debug)]
pub struct Asked {
    pub method: String,
    /// Below the base, decoded: `/users/1/manager`.
    pub path: String,
    pub query: BTreeMap<String, String>,
    pub status: u16,
    /// When it was answered.
    pub at: Instant,
}

/// The running service.
pub struct Graph {
    port: u16,
    state: Arc<Mutex<State>>,
    task: JoinHandle<()>,
    pub tokens: TokenEndpoint,
}

pub(super) struct State {
    base: String,
    judge: TokenJudge,
    people: Vec<Person>,
    /// What searches see, where it differs from the directory.
    index: Option<Vec<Person>>,
    faults: Vec<(String, usize, Fault)>,
    asked: Vec<Asked>,
    complaints: Vec<String>,
    /// Each password that was set, with its account.
    set: Vec<(String, String)>,
    banned: Vec<String>,
    passes: Vec<Pass>,
    pass_policy: PassPolicy,
    /// No page is longer.
    page_max: usize,
    /// Lists that go on for ever.
    endless: Vec<&'static str>,
    /// Groups in groups: the inner one and the outer one.
    nested: Vec<(String, String)>,
    /// Is Privileged Identity Management licensed?
    licensed: bool,
    /// The roles of the application itself, with their scope.
    own_roles: Vec<(String, String)>,
}

impl Graph {
    /// With some invented people, and an application that has all rights which the guide names.
    pub async fn start() -> Self {
        Self::start_with(TokenEndpoint::start().await).await
    }

    /// The same, for an application that proves itself to `tokens`.
    pub async fn start_with(tokens: TokenEndpoint) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        tokens.set_scope(&format!("http://127.0.0.1:{port}/.default"));
        tokens.set_roles(&ALL);
        let state = Arc::new(Mutex::new(State {
            base: format!("http://127.0.0.1:{port}/v1.0"),
            judge: tokens.judge(),
            people: the_people(),
            index: None,
            faults: Vec::new(),
            asked: Vec::new(),
            complaints: Vec::new(),
            set: Vec::new(),
            banned: Vec::new(),
            passes: Vec::new(),
            pass_policy: PassPolicy::default(),
            page_max: 999,
            endless: Vec::new(),
            nested: Vec::new(),
            licensed: true,
            own_roles: vec![(USER_ADMINISTRATOR.to_owned(), "/administrativeUnits/au1".to_owned())],
        }));
        let shared = Arc::clone(&state);
        let task = tokio::spawn(async move {
            // They end with it, as the connections of a service that stops do.
            let mut connections = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                let state = Arc::clone(&shared);
                connections.spawn(async move { serve(stream, &state).await });
            }
        });
        Self { port, state, task, tokens }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    pub fn base_url(&self) -> String {
        format!("http://127.0.0.1:{}/v1.0", self.port)
    }

    /// The lines of configuration that read people here.
    pub fn config(&self) -> String {
        self.config_with(&format!("client_secret = \"{SECRET}\""))
    }

    /// The same, with another proof of who signs in.
    pub fn config_with(&self, proof: &str) -> String {
        format!(
            "[directory]\nkind = \"graph\"\n[directory.graph]\ntenant = \"tenant\"\nclient_id = \"{CLIENT}\"\n\
             {proof}\nbase_url = \"{}\"\nlogin_url = \"{}\"\n",
            self.base_url(),
            self.tokens.login_url()
        )
    }

    /// Has permission to have passes issued, and none to set passwords; no role.
    pub fn hands_out_passes(&self) {
        let others = ALL.into_iter().filter(|name| *name != "User-PasswordProfile.ReadWrite.All");
        let roles: Vec<&str> = others.chain(["UserAuthMethod-TAP.ReadWrite.All"]).collect();
        self.tokens.set_roles(&roles);
        self.tokens.revoke_all();
        self.set_own_roles(&[]);
    }

    /// Changes a person.
    pub fn change(&self, id: &str, change: impl FnOnce(&mut Person)) {
        change(self.state().people.iter_mut().find(|person| person.id == id).expect("somebody"));
    }

    pub fn add(&self, person: Person) {
        self.state().people.push(person);
    }

    pub fn remove(&self, id: &str) {
        self.state().people.retain(|person| person.id != id);
    }

    /// Searches see the people as they are now, whatever changes later.
    pub fn freeze_index(&self) {
        let mut state = self.state();
        state.index = Some(state.people.clone());
    }

    /// Misbehaves the next `times` that a request's line (`GET /users/…`, with `?$expand=…`) holds `part`.
    pub fn fault(&self, part: &str, times: usize, fault: Fault) {
        self.state().faults.push((part.to_owned(), times, fault));
    }

    pub fn ban(&self, words: &str) {
        self.state().banned.push(words.to_owned());
    }

    pub fn set_page_max(&self, most: usize) {
        self.state().page_max = most;
    }

    /// The list at this path has no last page from now on.
    pub fn never_ends(&self, path: &'static str) {
        self.state().endless.push(path);
    }

    /// The group `inner` is a member of `outer` from now on.
    pub fn nest(&self, inner: &str, outer: &str) {
        self.state().nested.push((inner.to_owned(), outer.to_owned()));
    }

    pub fn set_licensed(&self, licensed: bool) {
        self.state().licensed = licensed;
    }

    /// The application's own roles: identifier and scope.
    pub fn set_own_roles(&self, roles: &[(&str, &str)]) {
        let owned = |(role, scope): &(&str, &str)| ((*role).to_owned(), (*scope).to_owned());
        self.state().own_roles = roles.iter().map(owned).collect();
    }

    /// All permissions that the guide names, without `missing`.
    pub fn lacks(&self, missing: &str) {
        let rest: Vec<&str> = ALL.into_iter().filter(|permission| *permission != missing).collect();
        self.tokens.set_roles(&rest);
        self.tokens.revoke_all();
    }

    pub fn asked(&self) -> Vec<Asked> {
        self.state().asked.clone()
    }

    /// How many requests there were whose line holds `part`.
    pub fn count(&self, part: &str) -> usize {
        self.asked().iter().filter(|asked| format!("{} {}", asked.method, asked.path).contains(part)).count()
    }

    /// Each password that was set, with its account.
    pub fn passwords(&self) -> Vec<(String, String)> {
        self.state().set.clone()
    }

    /// Does `password` open the account, and must it be changed then?
    pub fn opens(&self, id: &str, password: &str) -> Option<bool> {
        let state = self.state();
        let person = state.people.iter().find(|person| person.id == id)?;
        (person.password.as_deref() == Some(password)).then_some(person.must_change)
    }

    /// Fails the test if anything came that is not documented.
    #[track_caller]
    pub fn assert_documented(&self) {
        assert_eq!(self.state().complaints, [""; 0]);
    }
}

impl Drop for Graph {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve(mut stream: TcpStream, state: &Mutex<State>) {
    while let Some((head, body)) = request(&mut stream).await {
        let fault = state.lock().unwrap().next_fault(&head);
        match fault {
            Some(Fault::Hangs) => return until_gone(&mut stream).await,
            Some(Fault::Cut) => return,
            Some(Fault::Late(time)) => tokio::time::sleep(time).await,
            Some(Fault::Says(status, wait, code)) => {
                let body = state.lock().unwrap().error(status, code, "as asked for by the test");
                state.lock().unwrap().note(&head, status);
                say(&mut stream, status, wait, Some(&body)).await;
                continue;
            }
            Some(Fault::Body(text)) => {
                state.lock().unwrap().note(&head, 200);
                let body = serde_json::from_str(&text).unwrap_or(Value::String(text));
                say(&mut stream, 200, None, Some(&body)).await;
                continue;
            }
            Some(Fault::LosesAnswer) => {
                let mut state = state.lock().unwrap();
                let (status, _) = state.answer(&head, &body);
                state.note(&head, status);
                return;
            }
            None => {}
        }
        let (status, body) = {
            let mut state = state.lock().unwrap();
            let (status, answer) = state.answer(&head, &body);
            state.note(&head, status);
            (status, answer)
        };
        say(&mut stream, status, None, body.as_ref()).await;
    }
}

impl State {
    fn next_fault(&mut self, head: &str) -> Option<Fault> {
        let (method, path, query) = odata::line(head);
        let expand = query.get("$expand").map(|expand| format!("?$expand={expand}")).unwrap_or_default();
        let line = format!("{method} {}{expand}", path.strip_prefix("/v1.0").unwrap_or(&path));
        let found =
            self.faults.iter_mut().find(|(part, times, _)| *times > 0 && line.contains(part.as_str()))?;
        found.1 -= 1;
        Some(found.2.clone())
    }

    fn note(&mut self, head: &str, status: u16) {
        let (method, path, query) = odata::line(head);
        let path = path.strip_prefix("/v1.0").unwrap_or(&path).to_owned();
        self.asked.push(Asked { method, path, query, status, at: Instant::now() });
    }

    /// <https://learn.microsoft.com/graph/errors>
    fn error(&self, _status: u16, code: &str, message: &str) -> Value {
        json!({ "error": { "code": code, "message": message, "innerError": {
            "date": "2026-11-24T09:00:00", "request-id": REQUEST_ID, "client-request-id": REQUEST_ID } } })
    }
}

/// The name of every call.
pub const REQUEST_ID: &str = "7ea5e7e1-0000-0000-0000-000000000001";

/// What o'clock it is here, as a field of HTTP says it.
fn date() -> String {
    rfc5322(SystemClock.now()).replace("+0000", "GMT")
}

async fn say(stream: &mut TcpStream, status: u16, wait: Option<u32>, body: Option<&Value>) {
    let body = body.map(Value::to_string).unwrap_or_default();
    let wait = wait.map(|seconds| format!("Retry-After: {seconds}\r\n")).unwrap_or_default();
    let head = format!(
        "HTTP/1.1 {status} x\r\nContent-Type: application/json\r\nDate: {}\r\nrequest-id: {REQUEST_ID}\r\n\
         {wait}Content-Length: {}\r\n\r\n",
        date(),
        body.len()
    );
    stream.write_all(format!("{head}{body}").as_bytes()).await.ok();
}

/// The token that a request shows.
fn bearer(head: &str) -> Option<&str> {
    header(head, "authorization")?.strip_prefix("Bearer ")
}
