//! Which rights the application has: each is tried by itself with a call that changes nothing, and what it
//! has beyond them is named. The words are those of the Entra admin center.

use serde::Deserialize;

use super::client::{Mode, Until};
use super::failure::GraphError;
use super::privilege::{self, Assignment, USER_ADMINISTRATOR, role_name};
use super::user::{LIFE_CYCLE, User};
use super::{GraphDirectory, Origin, absence, origin, passes, phones};
use crate::directory::{DirectoryError, Finding, Standing, Verdict};
use crate::token::AccessToken;
use crate::types::{AccountId, Credential};

/// What reading people needs.
pub(super) const PEOPLE: &str = "User.Read.All";
const REPORTS: &str = "AuditLog.Read.All";
/// What setting passwords needs.
pub(crate) const PASSWORDS: &str = "User-PasswordProfile.ReadWrite.All";
const ROLE: &str = "User Administrator";
/// What reading uses; each more is too many, beside what the credential needs.
const USED: [&str; 7] = [
    PEOPLE,
    phones::PERMISSION,
    absence::PERMISSION,
    privilege::ROLES,
    privilege::GROUPS,
    REPORTS,
    LIFE_CYCLE,
];
/// The default of `policy.protected_groups`: a group of Active Directory, which nobody has misspelt and which
/// Entra ID does not have, because the synchronisation leaves built-in groups out.
const BUILT_IN: &str = "Domain Admins";
/// Instead of [`PASSWORDS`] these let passwords be set, too, and much more.
const WIDER: [&str; 2] = ["User.ReadWrite.All", "Directory.ReadWrite.All"];

/// Is it one of the permissions that let passwords be set?
pub(crate) fn may_set_passwords(permission: &str) -> bool {
    permission == PASSWORDS || WIDER.contains(&permission)
}

/// An object, whatever is in it.
#[derive(Deserialize)]
struct Any {}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Sample {
    id: String,
    account_enabled: Option<bool>,
}

/// Signs in and counts the accounts.
pub(super) async fn probe(directory: &GraphDirectory) -> Result<String, DirectoryError> {
    let url = directory.client().at(&["users"]);
    let url = url.with_option("$select", "id").with_option("$top", "1").with_option("$count", "true");
    let found = directory.client().page::<Any>(&url, Mode::Advanced, directory.until()).await;
    match found {
        Ok((_, _, Some(count))) => Ok(format!("signed in, {count} accounts")),
        Ok((page, _, None)) => Ok(format!("signed in, {} account or more", page.len())),
        Err(error) if error.is_forbidden() => {
            Err(DirectoryError::Unavailable(format!("{error}: the application lacks {PEOPLE}")))
        }
        Err(error) => Err(error.into()),
    }
}

/// The rights that reading needs, and those beyond.
pub(super) async fn reading(directory: &GraphDirectory) -> Vec<Finding> {
    let (client, until) = (directory.client(), directory.until());
    let token = match client.token(until).await {
        Ok(token) => token,
        // The probe has said so.
        Err(_) => return Vec::new(),
    };
    let url = client.at(&["users"]).with_option("$filter", "userType eq 'Member'");
    let url = url.with_option("$select", "id,accountEnabled").with_option("$top", "1");
    let people = client.page::<Sample>(&url, Mode::Plain, until).await;
    let (sample, people) = match people {
        Ok((page, _, _)) => {
            let sample = page.into_iter().next();
            let hidden = sample.as_ref().is_some_and(|sample| sample.account_enabled.is_none());
            let shown = if hidden { Err(hidden_fields()) } else { Ok("people can be read".to_owned()) };
            (sample, shown)
        }
        Err(error) => (None, Err(error)),
    };
    let mut found = vec![judged(PEOPLE, people, "nobody can be found")];
    match sample {
        Some(sample) => found.extend(of_a_person(directory, &AccountId::new(sample.id), until).await),
        None => found.push(Finding {
            right: "permissions".to_owned(),
            verdict: Verdict::Care,
            text: "there is nobody to try the other permissions with".to_owned(),
            todo: String::new(),
        }),
    }
    found.push(reports(directory, until).await);
    found.extend(by_name(&token, directory.credential()));
    found
}

fn hidden_fields() -> GraphError {
    GraphError::Half(format!("accountEnabled is not shown: the application lacks {PEOPLE}"))
}

/// Tried with somebody: nothing is changed, and what comes back is thrown away.
async fn of_a_person(directory: &GraphDirectory, who: &AccountId, until: Until) -> Vec<Finding> {
    let client = directory.client();
    let phones = client.at(&["users", who.as_str(), "authentication", "phoneMethods"]);
    let groups = client.at(&["groups"]).with_option("$select", "id,displayName,isAssignableToRole");
    let groups = groups.with_option("$top", "1");
    let (phones, replies, assigned, eligible, groups) = tokio::join!(
        client.get::<Any>(&phones, Mode::Plain, until),
        client.replies(who, until),
        client.assignments(who.as_str(), until),
        client.eligible(who.as_str(), until),
        client.page::<Any>(&groups, Mode::Plain, until),
    );
    let replies = match replies {
        Ok(_) => Ok("automatic replies can be read".to_owned()),
        Err(error) if error.is_not_found() => {
            Ok("may be asked for; whom it was tried with has no mailbox in Exchange Online".to_owned())
        }
        Err(error) => Err(error),
    };
    let eligible = match eligible {
        Ok(_) => Ok("roles that people have, and those that they may activate, can be read".to_owned()),
        Err(error) if privilege::is_unlicensed(&error) => Ok(
            "roles that people have can be read; without Microsoft Entra ID P2 nobody can have others to activate"
                .to_owned(),
        ),
        Err(error) => Err(error),
    };
    let roles = assigned.and(eligible);
    vec![
        judged(
            phones::PERMISSION,
            phones.map(|_| "registered phones can be read".to_owned()),
            "no phone can be read, so every request goes to a technician",
        ),
        judged(absence::PERMISSION, replies, "who is away is not known; such managers are passed over"),
        judged(
            privilege::ROLES,
            roles,
            "every account counts as privileged, so every request goes to a technician",
        ),
        judged(
            privilege::GROUPS,
            groups.map(|_| "names of groups can be read".to_owned()),
            "whoever is in a group counts as privileged",
        ),
    ]
}

/// Only a walk over everybody uses it, and does without it where it must.
async fn reports(directory: &GraphDirectory, until: Until) -> Finding {
    let client = directory.client();
    let url = client.at(&["reports", "authenticationMethods", "userRegistrationDetails"]);
    let tried = client.page::<Any>(&url, Mode::Plain, until).await;
    let tried = tried.map(|_| "the registration report can be read".to_owned());
    let without = "`coverage` asks about each person by itself, and takes long";
    let finding = judged(REPORTS, tried, without);
    let verdict = if finding.verdict == Verdict::Bad { Verdict::Care } else { finding.verdict };
    Finding { verdict, ..finding }
}

/// What a token says by itself: what cannot be tried, and what is too many.
fn by_name(token: &AccessToken, credential: Credential) -> Vec<Finding> {
    let Some(roles) = token.roles() else { return Vec::new() };
    let mut found = Vec::new();
    if !roles.iter().any(|role| role == LIFE_CYCLE) {
        found.push(Finding {
            right: LIFE_CYCLE.to_owned(),
            verdict: Verdict::Care,
            text: "missing: that somebody has left (employeeLeaveDateTime) is not seen".to_owned(),
            todo: to_grant(LIFE_CYCLE),
        });
    }
    let changing = match credential {
        Credential::Password => PASSWORDS,
        Credential::TemporaryAccessPass => passes::PASSES,
    };
    let used = |role: &&str| USED.contains(role) || *role == changing;
    let beyond: Vec<&str> =
        roles.iter().map(String::as_str).filter(|role| !used(role) && is_plain(role)).collect();
    if !beyond.is_empty() {
        found.push(Finding {
            right: "permissions".to_owned(),
            verdict: Verdict::Care,
            text: format!("more than is needed: {}", beyond.join(", ")),
            todo: "API permissions: remove them, unless something else signs in as this application"
                .to_owned(),
        });
    }
    found
}

fn is_plain(name: &str) -> bool {
    name.len() <= 100 && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._".contains(&b))
}

pub(super) fn to_grant(permission: &str) -> String {
    format!(
        "API permissions, Add a permission, Microsoft Graph, Application permissions: {permission}; \
         then Grant admin consent"
    )
}

/// A trial's answer; `without` says what is the matter where the permission is missing.
fn judged(permission: &str, tried: Result<String, GraphError>, without: &str) -> Finding {
    let right = permission.to_owned();
    match tried {
        Ok(text) => Finding { right, verdict: Verdict::Good, text, todo: String::new() },
        Err(error) if error.is_forbidden() => Finding {
            right,
            verdict: Verdict::Bad,
            text: format!("missing: {without} ({error})"),
            todo: to_grant(permission),
        },
        Err(error) => Finding {
            right,
            verdict: Verdict::Bad,
            text: format!("could not be tried: {error}"),
            todo: String::new(),
        },
    }
}

impl GraphDirectory {
    /// Some accounts that are open and synchronised from Active Directory, of the first that Graph names, by
    /// name; `None` when nobody is synchronised.
    pub(in crate::directory) async fn some_synchronised(
        &self,
        until: Until,
    ) -> Result<Option<Vec<(String, Origin)>>, DirectoryError> {
        let client = self.client();
        let url = client.select(client.at(&["users"]), until).await?;
        // Works without the search index (<https://learn.microsoft.com/graph/aad-advanced-queries>).
        let url = url.with_option("$filter", "onPremisesSyncEnabled eq true").with_option("$top", "100");
        let (page, _, _) = client.page::<User>(&url, Mode::Plain, until).await?;
        if page.is_empty() {
            return Ok(None);
        }
        let now = self.now();
        let is_open = |user: &User| matches!(user.standing(now), Ok(Standing::Open)) && !user.is_guest();
        let open = page.iter().filter(|user| user.is_synchronised() && is_open(user));
        let named = open.filter_map(|user| Some((user.username().ok()?.as_str().to_owned(), origin(user))));
        Ok(Some(named.collect()))
    }

    /// The names in `policy.protected_groups` that surely no group of Entra ID has.
    pub(in crate::directory) async fn unknown_groups(&self) -> Vec<String> {
        let until = self.until();
        let mut unknown = Vec::new();
        for name in self.0.watched_groups.iter().filter(|name| !name.eq_ignore_ascii_case(BUILT_IN)) {
            let url = self.client().named_group(name);
            // Without an answer nothing is known of the name; the line of the permission says why there is none.
            let answered = self.client().page::<Any>(&url, Mode::Plain, until).await;
            if answered.is_ok_and(|(groups, _, _)| groups.is_empty()) {
                unknown.push(name.clone());
            }
        }
        unknown
    }

    /// The rights that setting passwords needs. They cannot be tried without setting one, so they are
    /// read: the permission in the token, the role in the directory.
    pub async fn rights_to_set(&self) -> Vec<Finding> {
        let until = self.until();
        let Ok(token) = self.client().token(until).await else { return Vec::new() };
        let mut found = vec![permission_to_set(&token)];
        match token.object_id() {
            Some(id) => found.extend(own_roles(self.client().assignments(&id, until).await)),
            None => found.push(role(Verdict::Care, "the token does not say whose it is", "")),
        }
        found
    }

    /// Can passwords be set, as far as can be told without setting one?
    ///
    /// # Errors
    /// [`DirectoryError`]: why not.
    pub async fn probe_to_set(&self) -> Result<String, DirectoryError> {
        let token = self.client().token(self.until()).await?;
        match permission_to_set(&token) {
            Finding { verdict: Verdict::Bad, .. } => {
                Err(DirectoryError::Unavailable(format!("the application lacks {PASSWORDS}")))
            }
            Finding { verdict: Verdict::Good | Verdict::Care, .. } => {
                Ok("signed in to set passwords of cloud accounts".to_owned())
            }
        }
    }
}

fn permission_to_set(token: &AccessToken) -> Finding {
    let right = PASSWORDS.to_owned();
    let Some(roles) = token.roles() else {
        let text = "the token does not show its permissions".to_owned();
        return Finding { right, verdict: Verdict::Care, text, todo: String::new() };
    };
    let has = |name: &str| roles.iter().any(|role| role == name);
    if has(PASSWORDS) {
        let text = "the token holds it".to_owned();
        return Finding { right, verdict: Verdict::Good, text, todo: String::new() };
    }
    let wider = WIDER.into_iter().find(|name| has(name));
    let (verdict, text) = match wider {
        Some(wider) => {
            (Verdict::Care, format!("the token holds {wider} in its place, which is more than is needed"))
        }
        None => (Verdict::Bad, "missing: no password can be set".to_owned()),
    };
    Finding { right, verdict, text, todo: to_grant(PASSWORDS) }
}

fn role(verdict: Verdict, text: &str, todo: &str) -> Finding {
    Finding { right: ROLE.to_owned(), verdict, text: text.to_owned(), todo: todo.to_owned() }
}

const TO_ASSIGN: &str = "Roles & admins, User Administrator, Add assignments: the enterprise application itself, \
    not a group it is in; better within an administrative unit that holds ordinary staff only";

fn own_roles(assigned: Result<Vec<Assignment>, GraphError>) -> Vec<Finding> {
    let assigned = match assigned {
        Ok(assigned) => assigned,
        Err(error) => return vec![role(Verdict::Care, &format!("could not be seen: {error}"), "")],
    };
    let (own, beyond): (Vec<_>, Vec<_>) =
        assigned.into_iter().partition(|assignment| assignment.role_definition_id == USER_ADMINISTRATOR);
    let whole = own.iter().any(|assignment| assignment.directory_scope_id.as_deref() == Some("/"));
    let mut found = vec![match own.len() {
        0 => role(Verdict::Bad, "missing: no password can be set", TO_ASSIGN),
        _ if whole => role(Verdict::Good, "assigned, for the whole directory", ""),
        1 => role(Verdict::Good, "assigned, for one administrative unit", ""),
        units => role(Verdict::Good, &format!("assigned, for {units} administrative units"), ""),
    }];
    found.extend(too_many(&beyond));
    found
}

/// The roles that the application has, and does not need.
pub(super) fn too_many(beyond: &[Assignment]) -> Option<Finding> {
    let names: Vec<String> = beyond.iter().map(|role| role_name(&role.role_definition_id)).collect();
    (!names.is_empty()).then(|| Finding {
        right: "roles".to_owned(),
        verdict: Verdict::Care,
        text: format!("more than is needed: {}", names.join(", ")),
        todo: "Roles & admins: remove these assignments of the application".to_owned(),
    })
}
