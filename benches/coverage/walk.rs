//! One walk in a process of its own, so that its memory is its alone.

use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use clap::Parser;
use nyckelbud::clock::{SystemClock, Zone};
use nyckelbud::directory::graph::{GraphDirectory, GraphSettings};
use nyckelbud::directory::hybrid::HybridDirectory;
use nyckelbud::directory::ldap::{LdapDirectory, LdapServers, LdapSettings};
use nyckelbud::directory::{Census, Walk};
use nyckelbud::http::ServiceUrl;
use nyckelbud::secret::Secret;
use nyckelbud::token::{Credential, TokenSettings, Tokens};

use crate::support::samba::{SERVICE, SERVICE_PASSWORD};
use crate::support::token_endpoint::{CLIENT, SECRET};

/// No answer takes longer.
const PATIENCE: Duration = Duration::from_secs(120);

/// Which register is walked over, and where it is.
#[derive(Parser, Clone, Default)]
pub struct Where {
    /// Ask for everybody's numbers
    #[arg(long)]
    pub numbers: bool,
    /// Graph, when it is walked over
    #[arg(long)]
    pub graph: Option<String>,
    #[arg(long, default_value = "")]
    pub token_url: String,
    /// People asked about in a second
    #[arg(long, default_value_t = 10)]
    pub per_second: u32,
    /// Active Directory, when it is walked over
    #[arg(long)]
    pub ldaps: Option<u16>,
    #[arg(long, default_value = "")]
    pub ca_file: String,
    #[arg(long, default_value = "")]
    pub base_dn: String,
}

/// What a walk came to.
pub struct Walked {
    pub people: usize,
    pub took: Duration,
    /// Peak of the memory in use (octets).
    pub memory: u64,
}

impl Where {
    /// The same place, asked for numbers at another rate.
    pub fn by_person(&self, per_second: u32) -> Self {
        Self { numbers: true, per_second, ..self.clone() }
    }

    fn arguments(&self) -> Vec<String> {
        let mut all = vec!["--walk".to_owned()];
        all.extend(self.numbers.then(|| "--numbers".to_owned()));
        let mut add = |name: &str, value: &str| all.extend([format!("--{name}"), value.to_owned()]);
        if let Some(graph) = &self.graph {
            add("graph", graph);
            add("token-url", &self.token_url);
            add("per-second", &self.per_second.to_string());
        }
        if let Some(port) = self.ldaps {
            add("ldaps", &port.to_string());
            add("ca-file", &self.ca_file);
            add("base-dn", &self.base_dn);
        }
        all
    }

    /// Walks in a process of its own, and waits for its end.
    pub async fn walked(&self) -> Walked {
        let mut program = Command::new(std::env::current_exe().expect("this program"));
        program.args(self.arguments());
        let ended = tokio::task::spawn_blocking(move || program.output().expect("a process"));
        let output = ended.await.expect("its end");
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        let complaint = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "the walk failed:\n{complaint}");
        let numbers: Vec<u64> = said.split_whitespace().map(|word| word.parse().expect("a number")).collect();
        let [people, millis, memory] = numbers[..] else { panic!("not three numbers: {said}") };
        Walked { people: people as usize, took: Duration::from_millis(millis), memory }
    }

    /// Walks in this process; says how many people, milliseconds and octets.
    pub async fn walk(&self) {
        let began = Instant::now();
        let walk = if self.numbers { Walk::Export } else { Walk::Coverage };
        let listed = self.census().walk(walk, &|_| {}).await.expect("a whole walk");
        let took = began.elapsed().as_millis();
        println!("{} {took} {}", listed.len(), peak());
    }

    fn census(&self) -> Arc<dyn Census> {
        match (self.graph.as_deref().map(|url| self.graph(url)), self.ldaps.map(|port| self.ldap(port))) {
            (Some(graph), Some(ldap)) => Arc::new(HybridDirectory::new(graph, ldap)),
            (Some(graph), None) => Arc::new(graph),
            (None, Some(ldap)) => Arc::new(ldap),
            (None, None) => panic!("nothing to walk over"),
        }
    }

    fn graph(&self, base_url: &str) -> GraphDirectory {
        let tokens = Tokens::default().source(TokenSettings {
            url: ServiceUrl::parse(&self.token_url).unwrap(),
            client_id: CLIENT.to_owned(),
            credential: Credential::Secret(Secret::new(SECRET.to_owned())),
            scope: format!("{}/.default", ServiceUrl::parse(base_url).unwrap().origin()),
        });
        let settings = GraphSettings {
            credential: nyckelbud::types::Credential::Password,
            base_url: base_url.to_owned(),
            tokens: tokens.unwrap(),
            timeout: PATIENCE,
            domains: vec!["kommun.example".to_owned()],
            per_second: self.per_second,
            watched_groups: vec!["Alla".to_owned()],
        };
        GraphDirectory::new(settings, Arc::new(SystemClock)).unwrap()
    }

    fn ldap(&self, port: u16) -> LdapDirectory {
        let servers = LdapServers {
            addresses: vec![format!("ldaps://127.0.0.1:{port}")],
            ca_file: Some(self.ca_file.clone().into()),
            bind_dn: SERVICE.to_owned(),
            bind_password: Secret::new(SERVICE_PASSWORD.to_owned()),
            timeout: PATIENCE,
        };
        let phone_attributes = vec!["mobile".to_owned()];
        let settings = LdapSettings {
            servers,
            base_dn: self.base_dn.clone(),
            phone_attributes,
            domains: Vec::new(),
            watched_groups: Vec::new(),
            reads_managers: true,
        };
        LdapDirectory::new(settings, Arc::new(SystemClock), Zone::named("Europe/Stockholm").unwrap())
    }
}

/// The peak of this process's memory (octets).
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("its own state");
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("a known line");
    line.split_whitespace().next().and_then(|number| number.parse::<u64>().ok()).expect("a number") * 1024
}
