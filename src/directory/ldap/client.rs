//! From the configured servers to a signed-in connection: TLS that is verified, a sign-in with a
//! password, and the next server when one fails. The connection is kept and shared; one that was
//! idle for long is not trusted, because Active Directory cuts it after 15 minutes.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex as Lock, PoisonError};
use std::time::{Duration, Instant};

use ldap3::{Ldap, LdapConnAsync, LdapConnSettings, Scope};
use tokio::sync::Mutex;

use super::entry::Entry;
use super::failure::{Answer, Failure, code};
use super::session::{Session, answered_well, failure};
use crate::secret::Secret;
use crate::tls::client_config;

/// Longer unused, and a connection is made anew.
const LONGEST_IDLE: Duration = Duration::from_secs(5 * 60);

/// After wrong credentials nothing is tried for so long: each try counts towards locking the service
/// account, and none of them would help.
const PAUSE_AFTER_REFUSAL: Duration = Duration::from_secs(5 * 60);

/// How the servers are reached.
#[derive(Clone, Debug)]
pub struct LdapServers {
    /// `ldaps://host[:port]`, or `ldap://host[:port]`, which means StartTLS. Tried in this order,
    /// beginning with the one that answered last.
    pub addresses: Vec<String>,
    /// An extra trust anchor, beside the system's.
    pub ca_file: Option<PathBuf>,
    /// Whom to sign in as: a distinguished name or a user principal name.
    pub bind_dn: String,
    /// With which password.
    pub bind_password: Secret,
    /// How long one call of the directory may take, all its operations together.
    pub timeout: Duration,
}

/// Makes and keeps the connection.
pub(crate) struct Client {
    servers: LdapServers,
    /// The server to begin with.
    first: AtomicUsize,
    kept: Mutex<Kept>,
    /// When the service account was not let in, and why.
    refused: Lock<Option<(Instant, String)>>,
}

#[derive(Default)]
struct Kept {
    session: Option<Session>,
    used: Option<Instant>,
    made: u64,
}

impl Client {
    pub(crate) fn new(servers: LdapServers) -> Self {
        Self { servers, first: AtomicUsize::new(0), kept: Mutex::default(), refused: Lock::default() }
    }

    pub(crate) fn servers(&self) -> &LdapServers {
        &self.servers
    }

    /// The kept connection, or a new one to the first server that takes it.
    ///
    /// # Errors
    /// [`Failure::NotSent`] with each server's reason.
    pub(crate) async fn session(&self) -> Result<Session, Failure> {
        // Held while connecting, so that many who ask at once cause one connection.
        let mut kept = self.kept.lock().await;
        let fresh = kept.used.is_some_and(|used| used.elapsed() < LONGEST_IDLE);
        kept.used = Some(Instant::now());
        if let Some(session) = kept.session.as_mut()
            && fresh
            && session.is_open()
        {
            return Ok(session.clone());
        }
        kept.session = None;
        let count = self.servers.addresses.len();
        let first = self.first.load(Ordering::SeqCst);
        let mut reasons = Vec::new();
        for server in (0..count).map(|offset| (first + offset) % count) {
            kept.made += 1;
            match self.connect(server, kept.made).await {
                Ok(session) => {
                    self.first.store(server, Ordering::SeqCst);
                    kept.session = Some(session.clone());
                    return Ok(session);
                }
                Err(failure) => reasons.push(format!("{}: {}", self.address(server), failure.words())),
            }
        }
        Err(Failure::NotSent(reasons.join("; ")))
    }

    /// A connection of its own to one of the servers: to see whether it can be used.
    pub(crate) async fn try_server(&self, server: usize) -> Result<Session, Failure> {
        self.connect(server, 0).await
    }

    /// After `failure` on `session`: its connection is used no more, and the next server's turn has
    /// come when the failure lies with this one.
    pub(crate) async fn blame(&self, session: &Session, failure: &Failure) {
        if failure.is_of_this_server() {
            self.leave(session).await;
        }
    }

    /// The next connection goes to another server, when there is one.
    pub(crate) async fn leave(&self, session: &Session) {
        let mut kept = self.kept.lock().await;
        if kept.session.as_ref().is_some_and(|kept| kept.number == session.number) {
            kept.session = None;
            let next = (session.server + 1) % self.servers.addresses.len().max(1);
            self.first.store(next, Ordering::SeqCst);
        }
    }

    fn address(&self, server: usize) -> &str {
        self.servers.addresses.get(server).map_or("", String::as_str)
    }

    /// How long reaching one server may take: all of them together less than half the call's time.
    fn time_to_connect(&self) -> Duration {
        let servers = u32::try_from(self.servers.addresses.len()).unwrap_or(1).max(1);
        self.servers.timeout * 2 / 5 / servers
    }

    async fn connect(&self, server: usize, number: u64) -> Result<Session, Failure> {
        let connecting = self.connect_unbounded(server, number);
        match tokio::time::timeout(self.time_to_connect(), connecting).await {
            // Whatever it is: nothing was asked of the directory yet.
            Ok(connected) => connected.map_err(|failure| Failure::NotSent(failure.words())),
            Err(_) => Err(Failure::NotSent("no answer in time".to_owned())),
        }
    }

    async fn connect_unbounded(&self, server: usize, number: u64) -> Result<Session, Failure> {
        // RFC 4513 5.1.2: a sign-in without a password succeeds, as nobody.
        if self.servers.bind_password.expose().is_empty() {
            return Err(Failure::NotSent("the service account's password is empty".to_owned()));
        }
        if let Some(why) = self.refused_lately() {
            return Err(Failure::NotSent(why));
        }
        let address = self.address(server);
        let tls = client_config(self.servers.ca_file.as_deref())
            .map_err(|error| Failure::NotSent(error.to_string()))?;
        let settings = LdapConnSettings::new().set_config(tls).set_starttls(address.starts_with("ldap://"));
        let (connection, mut ldap) =
            LdapConnAsync::with_settings(settings, address).await.map_err(|error| failure(&error))?;
        // It ends with the last handle, or with the connection.
        tokio::spawn(async move {
            if let Err(error) = connection.drive().await {
                tracing::debug!("a connection to the directory ended: {error}");
            }
        });
        let (name, password) = (&self.servers.bind_dn, self.servers.bind_password.expose());
        let bound = ldap.simple_bind(name, password).await.map_err(|error| failure(&error))?;
        answered_well(&bound).inspect_err(|failure| self.note_refusal(failure))?;
        let root = root(&mut ldap).await?;
        let domain = root.text("defaultNamingContext").ok_or_else(|| lacks("defaultNamingContext"))?;
        let schema = root.text("schemaNamingContext").ok_or_else(|| lacks("schemaNamingContext"))?;
        Ok(Session {
            ldap,
            server,
            address: address.into(),
            number,
            broken: Arc::new(AtomicBool::new(false)),
            domain: domain.into(),
            schema: schema.into(),
            patience: self.servers.timeout * 3 / 5,
        })
    }
}

impl Client {
    fn refused_lately(&self) -> Option<String> {
        let refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
        let (at, why) = refused.as_ref()?;
        (at.elapsed() < PAUSE_AFTER_REFUSAL).then(|| why.clone())
    }

    fn note_refusal(&self, failure: &Failure) {
        if failure.is(code::INVALID_CREDENTIALS) {
            let mut refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
            *refused = Some((Instant::now(), failure.words()));
        }
    }
}

fn lacks(what: &str) -> Failure {
    Failure::Half(format!("the server does not tell its {what}: is it Active Directory?"))
}

/// What a server says of itself.
async fn root(ldap: &mut Ldap) -> Result<Entry, Failure> {
    let asked = ["defaultNamingContext", "schemaNamingContext"];
    let found = ldap.search("", Scope::Base, "(objectClass=*)", asked.to_vec()).await;
    let ldap3::SearchResult(mut entries, result) = found.map_err(|error| failure(&error))?;
    answered_well(&result)?;
    let entry = entries.pop().ok_or_else(|| Failure::Answer(Answer::new(code::NO_SUCH_OBJECT, "")))?;
    super::session::entry(entry)
}
