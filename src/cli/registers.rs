//! The register of people that the settings name: who is asked, who sets passwords, who is walked over.

use std::sync::Arc;

use super::CliError;
use crate::clock::{Clock, SystemClock, Zone};
use crate::config::{DirectoryKind, GraphCredential, Settings};
use crate::directory::file::FileDirectory;
use crate::directory::graph::{GraphDirectory, GraphSettings};
use crate::directory::hybrid::HybridDirectory;
use crate::directory::ldap::{LdapDirectory, LdapServers, LdapSettings};
use crate::directory::{Census, Directory};
use crate::http::ServiceUrl;
use crate::password::file::FilePasswordReset;
use crate::password::graph::GraphPasswordReset;
use crate::password::hybrid::HybridPasswordReset;
use crate::password::ldap::LdapPasswordReset;
use crate::password::{AccessPasses, PasswordReset};
use crate::token::{Credential, TokenSettings, Tokens};
use crate::types::Credential as Given;

/// How many people a walk asks Graph about in a second. The smallest tenants may use 3,500 units in
/// 10 s (<https://learn.microsoft.com/graph/throttling-limits>); this leaves nearly all of them to others.
pub(super) const WALK_PER_SECOND: u32 = 10;

/// One register, in the roles that the program knows.
#[derive(Clone)]
pub struct Register {
    /// Answers with what is known of a person.
    pub directory: Arc<dyn Directory>,
    /// Sets passwords.
    pub reset: Arc<dyn PasswordReset>,
    /// Has passes issued, where the settings hand out passes.
    pub passes: Option<Arc<dyn AccessPasses>>,
    /// Walks over everybody.
    pub census: Arc<dyn Census>,
}

/// The register of these settings. `tokens` are those of the mailboxes, too.
///
/// # Errors
/// It cannot be made, or a file cannot be read.
pub fn register(settings: &Settings, tokens: &Tokens) -> Result<Register, CliError> {
    match settings.directory.kind {
        DirectoryKind::File => file(settings),
        DirectoryKind::Graph => graph(settings, tokens),
        DirectoryKind::Ldap => ldap(settings),
        DirectoryKind::Hybrid => hybrid(settings, tokens),
    }
}

fn file(settings: &Settings) -> Result<Register, CliError> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let (path, domains) = (settings.directory.file.path.clone(), settings.policy.domains.clone());
    let directory = FileDirectory::open(path, domains, clock, zone(settings)?)
        .map_err(|e| CliError::No(e.to_string()))?;
    let reset = Arc::new(FilePasswordReset::new(directory.clone()));
    let directory = Arc::new(directory);
    Ok(Register { directory: directory.clone(), reset, passes: None, census: directory })
}

fn graph(settings: &Settings, tokens: &Tokens) -> Result<Register, CliError> {
    let directory = graph_directory(settings, tokens)?;
    let reset =
        Arc::new(GraphPasswordReset::new(directory.clone(), settings.policy.protected_groups.clone()));
    let passes = passes(&directory, &reset);
    let directory = Arc::new(directory);
    Ok(Register { directory: directory.clone(), reset, passes, census: directory })
}

fn ldap(settings: &Settings) -> Result<Register, CliError> {
    let directory = ldap_directory(settings)?;
    let reset = Arc::new(ldap_reset(settings, &directory));
    let directory = Arc::new(directory);
    Ok(Register { directory: directory.clone(), reset, passes: None, census: directory })
}

fn hybrid(settings: &Settings, tokens: &Tokens) -> Result<Register, CliError> {
    let (graph, ldap) = (graph_directory(settings, tokens)?, ldap_directory(settings)?);
    let on_premises = ldap_reset(settings, &ldap);
    let people = HybridDirectory::new(graph.clone(), ldap);
    let protected_groups = settings.policy.protected_groups.clone();
    let cloud = Arc::new(GraphPasswordReset::new(graph.clone(), protected_groups));
    let passes = passes(&graph, &cloud);
    let reset = Arc::new(HybridPasswordReset::new(people.clone(), graph, cloud, on_premises));
    let directory = Arc::new(people);
    Ok(Register { directory: directory.clone(), reset, passes, census: directory })
}

/// The right to have passes issued, if that is what owners of cloud accounts are handed.
fn passes(directory: &GraphDirectory, reset: &Arc<GraphPasswordReset>) -> Option<Arc<dyn AccessPasses>> {
    match directory.credential() {
        Given::Password => None,
        Given::TemporaryAccessPass => Some(reset.clone()),
    }
}

/// The people of `[directory.ldap]`.
fn ldap_directory(settings: &Settings) -> Result<LdapDirectory, CliError> {
    let found = settings.directory.ldap.as_ref();
    let found = found.ok_or_else(|| CliError::Wrong("directory.ldap is missing".to_owned()))?;
    let servers = LdapServers {
        addresses: found.servers.clone(),
        ca_file: found.ca_file.clone(),
        bind_dn: found.bind_dn.clone(),
        bind_password: found.bind_password.secret().clone(),
        timeout: settings.directory.timeout,
    };
    let (phone_attributes, reads_managers) = match settings.directory.kind {
        // Phones and managers are those of Entra ID: nothing shall fail because others may not be read.
        DirectoryKind::Hybrid => (Vec::new(), false),
        DirectoryKind::File | DirectoryKind::Graph | DirectoryKind::Ldap => {
            (found.phone_attributes.clone(), true)
        }
    };
    let wanted = LdapSettings {
        servers,
        base_dn: found.base_dn.clone(),
        phone_attributes,
        domains: settings.policy.domains.clone(),
        watched_groups: settings.policy.protected_groups.clone(),
        reads_managers,
    };
    Ok(LdapDirectory::new(wanted, Arc::new(SystemClock), zone(settings)?))
}

fn ldap_reset(settings: &Settings, directory: &LdapDirectory) -> LdapPasswordReset {
    LdapPasswordReset::new(directory.clone(), settings.policy.protected_groups.clone())
}

/// The people of `[directory.graph]`.
fn graph_directory(settings: &Settings, tokens: &Tokens) -> Result<GraphDirectory, CliError> {
    let wrong = |why: &dyn std::fmt::Display| CliError::Wrong(format!("directory.graph: {why}"));
    let graph = settings.directory.graph.as_ref().ok_or_else(|| wrong(&"is missing"))?;
    let credential = match (graph.read_certificate(), &graph.client_secret) {
        (Some(certificate), _) => Credential::Certificate(Arc::new(certificate.map_err(|e| wrong(&e))?)),
        (None, Some(secret)) => Credential::Secret(secret.secret().clone()),
        (None, None) => return Err(wrong(&"lacks its client_secret")),
    };
    let url = |text: &str| ServiceUrl::parse(text).map_err(|e| wrong(&e));
    let tokens = tokens.source(TokenSettings {
        url: url(&graph.login_url)?.below(&[&graph.tenant, "oauth2", "v2.0", "token"]),
        client_id: graph.client_id.clone(),
        credential,
        // Each national cloud has its own.
        scope: format!("{}/.default", url(&graph.base_url)?.origin()),
    });
    let graph = GraphSettings {
        base_url: graph.base_url.clone(),
        tokens: tokens.map_err(|e| wrong(&e))?,
        timeout: settings.directory.timeout,
        domains: settings.policy.domains.clone(),
        per_second: WALK_PER_SECOND,
        watched_groups: settings.policy.protected_groups.clone(),
        credential: match graph.credential {
            GraphCredential::Password => Given::Password,
            GraphCredential::TemporaryAccessPass => Given::TemporaryAccessPass,
        },
    };
    GraphDirectory::new(graph, Arc::new(SystemClock)).map_err(|e| CliError::Wrong(e.to_string()))
}

/// The desk's time zone.
pub(super) fn zone(settings: &Settings) -> Result<Zone, CliError> {
    let name = &settings.desk.time_zone;
    Zone::named(name)
        .ok_or_else(|| CliError::Wrong(format!("desk.time_zone: {name:?} is no known time zone")))
}
