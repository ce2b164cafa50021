//! Who signed in, as the claims of a token say: a manager by the one configured claim, somebody of the desk
//! with their groups.

use super::{Claims, Flow, OidcError, Provider};

/// Who signed in, as the configured claim says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Person {
    /// The directory's identifier.
    Id(String),
    /// A username.
    Username(String),
    /// An address that the provider has verified.
    Mail(String),
}

impl Person {
    /// What the claim held.
    #[must_use]
    pub fn value(&self) -> &str {
        match self {
            Self::Id(value) | Self::Username(value) | Self::Mail(value) => value,
        }
    }
}

/// Somebody of the desk, as a token says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// The provider's own name for them, which never changes and is never given to somebody else (Core 2, `sub`).
    pub subject: String,
    /// The username; where the provider has none, the address that it has verified, or its own name for the
    /// person.
    pub name: String,
    /// How people call them; the username when the provider does not say.
    pub shown: String,
    /// Their groups and roles.
    pub groups: Vec<String>,
}

impl Provider {
    /// Who came back with this code, in this flow.
    ///
    /// # Errors
    /// [`OidcError`].
    pub async fn person(&self, code: &str, flow: &Flow) -> Result<Person, OidcError> {
        let claims = self.claims(code, flow).await?;
        let name = self.settings.claim.as_str();
        let lacks = || OidcError::Refused(format!("the token has no usable claim {name:?}"));
        match name {
            "preferred_username" => {
                let value = claims.preferred_username().ok_or_else(lacks)?;
                Ok(Person::Username(value.to_string()))
            }
            "upn" | "unique_name" => Ok(Person::Username(text(&claims, name).ok_or_else(lacks)?)),
            // Some providers let people write any address into their account.
            "email" if claims.email_verified() == Some(true) => {
                Ok(Person::Mail(claims.email().ok_or_else(lacks)?.to_string()))
            }
            "email" => Err(OidcError::Refused("the address in the token is not verified".to_owned())),
            "sub" => Ok(Person::Id(claims.subject().to_string())),
            _ => Ok(Person::Id(text(&claims, name).ok_or_else(lacks)?)),
        }
    }

    /// Who of the desk came back with this code, in this flow. Groups are read from the claims `groups` and
    /// `roles`, as Entra ID writes them ("Configure group claims for applications").
    ///
    /// # Errors
    /// [`OidcError`]; also when the token holds only a reference to the groups, because there are too many.
    pub async fn member(&self, code: &str, flow: &Flow) -> Result<Member, OidcError> {
        let claims = self.claims(code, flow).await?;
        let more = &claims.additional_claims().all;
        let elsewhere = more.get("_claim_names").is_some_and(|names| names.get("groups").is_some());
        if elsewhere || more.contains_key("hasgroups") {
            return Err(OidcError::Refused(
                "the person is in more groups than a token holds: give out app roles in place of groups"
                    .to_owned(),
            ));
        }
        let groups = ["groups", "roles"].into_iter().flat_map(|claim| list(more.get(claim))).collect();
        let verified = claims.email().filter(|_| claims.email_verified() == Some(true));
        let name = claims.preferred_username().map(|name| name.to_string());
        let name = name.or_else(|| verified.map(|mail| mail.to_string()));
        let name = name.unwrap_or_else(|| claims.subject().to_string());
        let shown = claims.name().and_then(|names| names.get(None)).map(|name| name.to_string());
        let subject = claims.subject().to_string();
        Ok(Member { subject, shown: shown.unwrap_or_else(|| name.clone()), name, groups })
    }
}

fn text(claims: &Claims, claim: &str) -> Option<String> {
    let value = claims.additional_claims().all.get(claim)?.as_str()?;
    Some(value.to_owned()).filter(|value| !value.is_empty())
}

/// The texts of a claim that is a list, or one text.
fn list(claim: Option<&serde_json::Value>) -> Vec<String> {
    match claim {
        Some(serde_json::Value::Array(values)) => {
            values.iter().filter_map(|value| value.as_str().map(ToOwned::to_owned)).collect()
        }
        Some(serde_json::Value::String(one)) => vec![one.clone()],
        _ => Vec::new(),
    }
}
