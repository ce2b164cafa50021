//! `[directory.graph]`: there when it is used, whole, and with one proof of who signs in.

use super::Checks;
use crate::config::key_path::KeyPath;
use crate::config::settings::{DirectoryKind, DirectorySettings, GraphSettings};
use crate::http::ServiceUrl;

impl Checks<'_> {
    pub(super) fn graph(&mut self, directory: &DirectorySettings) {
        let at = KeyPath::of("directory.graph");
        let used = match directory.kind {
            DirectoryKind::Graph | DirectoryKind::Hybrid => true,
            DirectoryKind::File | DirectoryKind::Ldap => false,
        };
        match &directory.graph {
            Some(graph) if used => self.graph_section(&at, graph),
            None if used => {
                let kind = if directory.kind == DirectoryKind::Graph { "graph" } else { "hybrid" };
                let reported = self.is_reported(&at);
                let expected = "the tenant, the application and its proof, because kind is";
                self.demand(&at, reported, &format!("{expected} \"{kind}\""));
            }
            Some(_) | None => {}
        }
    }

    fn graph_section(&mut self, at: &KeyPath, graph: &GraphSettings) {
        let name = |text: &str| {
            !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._".contains(&b))
        };
        for (key, text, expected) in [
            ("tenant", &graph.tenant, "the Directory (tenant) ID, or a domain of the tenant"),
            ("client_id", &graph.client_id, "the Application (client) ID"),
        ] {
            self.expect(&at.key(key), name(text), format_args!("{text:?}"), expected);
        }
        for (key, url) in [("base_url", &graph.base_url), ("login_url", &graph.login_url)] {
            let path = at.key(key);
            if !self.is_reported(&path)
                && let Err(why) = ServiceUrl::parse(url)
            {
                self.refuse(&path, why.to_string());
            }
        }
        match (&graph.client_secret, &graph.certificate) {
            (Some(_), Some(_)) => {
                self.refuse(&at.key("certificate"), "expected either client_secret or certificate, not both");
            }
            (None, None) => {
                let reported = self.is_reported(&at.key("certificate"));
                self.demand(&at.key("client_secret"), reported, "a secret, or certificate in its place");
            }
            (Some(_), None) | (None, Some(_)) => {}
        }
    }
}
