//! What the service account may do, tried one by one and without changing anything, told in the words
//! of Active Directory's own tools.

use std::collections::HashSet;

use super::Inner;
use super::access::{RESET_PASSWORD, may_use};
use super::entry::{Entry, parent};
use super::failure::Failure;
use super::groups::protected_by_number;
use super::look::PEOPLE;
use super::person::{CONSTRUCTED, PERSON};
use super::phone_attributes::{MANAGER, missing_right};
use super::session::Session;
use super::values::{ObjectGuid, Sid, escaped_binary};
use crate::directory::{Finding, Verdict};

/// Out of so many accounts the samples are taken, one for each place.
const LOOKED_AT: i32 = 400;
/// So many places are tried.
const PLACES: usize = 8;

/// What may be written on an account beyond what a reset needs, and would make more of it than a
/// courier of passwords.
const TOO_MUCH: [&str; 8] = [
    "userAccountControl",
    "servicePrincipalName",
    "msDS-KeyCredentialLink",
    "msDS-AllowedToActOnBehalfOfOtherIdentity",
    "sAMAccountName",
    "userPrincipalName",
    "mobile",
    "manager",
];

/// Attributes without which nothing may be said of an account.
const NEEDED: [&str; 7] = [
    "objectGUID",
    "objectSid",
    "userAccountControl",
    "msDS-User-Account-Control-Computed",
    "accountExpires",
    "pwdLastSet",
    "tokenGroups",
];

fn good(right: &str, text: impl Into<String>) -> Finding {
    finding(right, Verdict::Good, text.into(), String::new())
}

fn finding(right: &str, verdict: Verdict, text: String, todo: String) -> Finding {
    Finding { right: right.to_owned(), verdict, text, todo }
}

impl Inner {
    /// Signs in, and looks whether there are people.
    pub(super) async fn probe(&self) -> Result<String, Failure> {
        let session = self.session().await?;
        let looked = session.entry(&self.base_dn, &["objectClass"]).await;
        let base = self.settle(&session, looked).await?;
        let (address, name) = (&session.address, &self.client.servers().bind_dn);
        match base {
            Some(_) => Ok(format!("{address}: signed in as {name}, {} is there", self.base_dn)),
            None => Err(Failure::Half(format!(
                "{address}: directory.ldap.base_dn {} is not there, or may not be seen",
                self.base_dn
            ))),
        }
    }

    /// Every server, and what is needed for reading.
    pub(super) async fn reading_rights(&self) -> Vec<Finding> {
        let mut findings = Vec::new();
        for (server, address) in self.client.servers().addresses.iter().enumerate() {
            findings.push(match self.client.try_server(server).await {
                Ok(_) => {
                    good("server", format!("{address}: signed in, under TLS with a certificate that holds"))
                }
                Err(failure) => {
                    let todo =
                        "correct directory.ldap.servers or ca_file; an account has one password on all";
                    let text = format!("{address}: {}", failure.words());
                    finding("server", Verdict::Bad, text, todo.to_owned())
                }
            });
        }
        let read = match self.session().await {
            Ok(session) => self.reading_of_samples(&session).await,
            Err(failure) => Err(failure),
        };
        findings.extend(read.unwrap_or_else(|failure| vec![unread("Read all properties", &failure)]));
        findings
    }

    async fn reading_of_samples(&self, session: &Session) -> Result<Vec<Finding>, Failure> {
        let right = "Read all properties";
        let samples = self.samples(session).await?;
        if samples.is_empty() {
            let text = format!("no account below {}", self.base_dn);
            return Ok(vec![finding(right, Verdict::Bad, text, self.grant("RP"))]);
        }
        let asked = [&PERSON[..], &CONSTRUCTED].concat();
        let (mut missing, mut hidden, mut unseen) = (Vec::new(), Vec::new(), Vec::new());
        let asked = self.attributes(&asked);
        let asked: Vec<&str> = asked.iter().map(String::as_str).collect();
        for dn in &samples {
            let Some(entry) = session.entry(dn, &asked).await? else { continue };
            let lacks = NEEDED.iter().filter(|name| entry.octets(name).is_empty());
            missing.extend(lacks.map(|name| format!("{name} in {}", parent(dn))));
            match self.phones_may_be_read(session, &entry).await {
                Err(Failure::Half(why)) => hidden.push(why),
                read => read?,
            }
            let shows_none = self.reads_managers && entry.text(MANAGER).is_none();
            if shows_none && !self.manager_may_be_read(session, dn).await? {
                unseen.push(parent(dn).to_owned());
            }
        }
        let mut findings = vec![match missing.as_slice() {
            [] => good(right, format!("accounts in {} places can be read", samples.len())),
            some => {
                finding(right, Verdict::Bad, format!("cannot read {}", some.join("; ")), self.grant("RP"))
            }
        }];
        findings.extend(self.reads_managers.then(|| self.managers_read(&unseen)));
        for attribute in &self.phone_attributes {
            let filter = format!("(&{PEOPLE}({attribute}=*))");
            let found = session.search(&self.base_dn, &filter, &["objectGUID"], 1).await?;
            let right = format!("Read {attribute}");
            findings.push(
                if let Some(why) = hidden.iter().find(|why| why.ends_with(&missing_right(attribute))) {
                    finding(&right, Verdict::Bad, why.clone(), self.grant(&format!("RP;{attribute}")))
                } else if found.entries.is_empty() {
                    let text = format!("no account below {} has one that may be read", self.base_dn);
                    finding(&right, Verdict::Care, text, self.grant(&format!("RP;{attribute}")))
                } else {
                    good(&right, "there are accounts with one")
                },
            );
        }
        Ok(findings)
    }

    /// May it be seen who is above, but in the places that are `unseen`?
    fn managers_read(&self, unseen: &[String]) -> Finding {
        let right = "Read manager";
        match unseen {
            [] => good(right, "who is above may be read in all places that were tried"),
            some => {
                let text = format!("who is above may not be read in {}", some.join("; "));
                finding(right, Verdict::Bad, text, self.grant("RP;manager"))
            }
        }
    }

    /// What is needed for setting passwords, and what is too much.
    pub(crate) async fn writing_rights(&self) -> Vec<Finding> {
        let tried = match self.session().await {
            Ok(session) => self.writing_on_samples(&session).await,
            Err(failure) => Err(failure),
        };
        tried.unwrap_or_else(|failure| vec![unread("Reset Password", &failure)])
    }

    async fn writing_on_samples(&self, session: &Session) -> Result<Vec<Finding>, Failure> {
        let who = self.own_identifiers(session).await?;
        let samples = self.samples(session).await?;
        if samples.is_empty() {
            let text = format!("no account below {} to try it on", self.base_dn);
            return Ok(vec![finding("Reset Password", Verdict::Bad, text, String::new())]);
        }
        let mut tried = Tried::default();
        for dn in &samples {
            let Some(entry) = session.entry(dn, &["allowedAttributesEffective"]).await? else { continue };
            tried.note(dn, &entry, self.may_reset(session, dn, &who).await?);
        }
        let mut findings = self.needed(&tried, samples.len());
        findings.push(self.too_much_written(&tried));
        findings.push(self.too_powerful(session, &who).await?);
        Ok(findings)
    }

    fn needed(&self, tried: &Tried, places: usize) -> Vec<Finding> {
        let of = |right: &str, refused: &[String], grant: &str| match refused {
            [] => good(right, format!("delegated in all {places} places that were tried")),
            some => {
                let text = format!("not delegated in {}", some.join("; "));
                finding(right, Verdict::Bad, text, self.grant(grant))
            }
        };
        let reset = match tried.unclear.as_slice() {
            [] => of("Reset Password", &tried.no_reset, "CA;Reset Password"),
            some => {
                let text = format!("the access list cannot be read in {}", some.join("; "));
                let todo = "let the service account read permissions (RC), or try a reset by hand";
                finding("Reset Password", Verdict::Care, text, todo.to_owned())
            }
        };
        vec![
            reset,
            of("Write pwdLastSet", &tried.no_must_change, "RPWP;pwdLastSet"),
            of("Write lockoutTime", &tried.no_unlock, "RPWP;lockoutTime"),
        ]
    }

    fn too_much_written(&self, tried: &Tried) -> Finding {
        let right = "no right too many";
        let mut names: Vec<&str> = tried.too_much.iter().copied().collect();
        names.sort_unstable();
        if names.is_empty() {
            return good(right, "nothing else that matters may be written on the accounts tried");
        }
        let text = format!("the service account may also write {}", names.join(", "));
        let todo = "take the delegation back that gives it (dsacls … /R, then the three lines of the guide)";
        finding(right, Verdict::Care, text, todo.to_owned())
    }

    /// A courier of passwords that could sign in as anybody.
    async fn too_powerful(&self, session: &Session, who: &HashSet<Sid>) -> Result<Finding, Failure> {
        let right = "no power over protected accounts";
        let todo = "take the service account out of this group, or take the delegation back";
        if let Some(name) = who.iter().find_map(protected_by_number) {
            let text = format!("the service account is a member of {name}");
            return Ok(finding(right, Verdict::Care, text, todo.to_owned()));
        }
        let own = who.iter().find(|sid| sid.is_of_a_domain());
        let Some(administrator) = own.map(|sid| sid.sibling(500)) else {
            let text = "who the service account is could not be found out".to_owned();
            return Ok(finding(right, Verdict::Care, text, String::new()));
        };
        let filter = format!("(objectSid={})", escaped_binary(administrator.octets()));
        let found = session.search(&session.domain, &filter, &["sAMAccountName"], 2).await?;
        let Some(entry) = found.entries.first() else {
            return Ok(good(right, "the built-in Administrator may not even be seen"));
        };
        Ok(match self.may_reset(session, &entry.dn, who).await? {
            Some(true) => {
                let text = "the service account may reset the built-in Administrator's password";
                finding(right, Verdict::Care, text.to_owned(), todo.to_owned())
            }
            Some(false) => good(right, "the built-in Administrator's password may not be reset"),
            None => good(right, "the built-in Administrator's access list may not be read"),
        })
    }

    /// May we reset the password of the account at `dn`?
    async fn may_reset(
        &self,
        session: &Session,
        dn: &str,
        who: &HashSet<Sid>,
    ) -> Result<Option<bool>, Failure> {
        let Some(right) = ObjectGuid::parse(RESET_PASSWORD) else { return Ok(None) };
        match session.descriptor(dn).await {
            Ok(descriptor) => Ok(descriptor.and_then(|octets| may_use(&octets, who, &right))),
            Err(failure @ Failure::Answer(_)) if !failure.is_of_this_server() => Ok(None),
            Err(failure) => Err(failure),
        }
    }

    /// Every identifier that the service account's sign-in carries.
    pub(super) async fn own_identifiers(&self, session: &Session) -> Result<HashSet<Sid>, Failure> {
        let root = session.entry("", &["tokenGroups"]).await?.unwrap_or_default();
        let own = root.octets("tokenGroups").iter().filter_map(|octets| Sid::of_octets(octets));
        // Everyone, and Authenticated Users: every sign-in carries them.
        Ok(own.chain([Sid::everyone(), Sid::nt(&[11])]).collect())
    }

    /// Ordinary accounts, one for each place below `base_dn`.
    async fn samples(&self, session: &Session) -> Result<Vec<String>, Failure> {
        let ordinary = "(!(adminCount=1))(!(userAccountControl:1.2.840.113556.1.4.803:=2))";
        let filter = format!("(&{PEOPLE}{ordinary})");
        let found = session.search(&self.base_dn, &filter, &["objectGUID"], LOOKED_AT).await?;
        let mut places = HashSet::new();
        let one_each = found.entries.into_iter().map(|entry| entry.dn);
        Ok(one_each.filter(|dn| places.insert(parent(dn).to_lowercase())).take(PLACES).collect())
    }

    /// The command that delegates `what` on every person below `base_dn`.
    fn grant(&self, what: &str) -> String {
        let property = if what.contains(';') { "" } else { ";" };
        let account = &self.client.servers().bind_dn;
        format!("dsacls \"{}\" /I:S /G \"{account}:{what}{property};user\"", self.base_dn)
    }
}

/// What the samples showed: places where a right is missing.
#[derive(Default)]
struct Tried {
    no_reset: Vec<String>,
    unclear: Vec<String>,
    no_must_change: Vec<String>,
    no_unlock: Vec<String>,
    too_much: HashSet<&'static str>,
}

impl Tried {
    fn note(&mut self, dn: &str, entry: &Entry, may_reset: Option<bool>) {
        let place = parent(dn).to_owned();
        let writes = entry.texts("allowedAttributesEffective");
        let may_write = |name: &str| writes.iter().any(|own| own.eq_ignore_ascii_case(name));
        match may_reset {
            Some(true) => {}
            Some(false) => self.no_reset.push(place.clone()),
            None => self.unclear.push(place.clone()),
        }
        if !may_write("pwdLastSet") {
            self.no_must_change.push(place.clone());
        }
        if !may_write("lockoutTime") {
            self.no_unlock.push(place);
        }
        self.too_much.extend(TOO_MUCH.iter().filter(|name| may_write(name)));
    }
}

fn unread(right: &str, failure: &Failure) -> Finding {
    finding(right, Verdict::Bad, format!("it could not be tried: {}", failure.words()), String::new())
}
