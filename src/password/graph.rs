//! Setting passwords in Entra ID (<https://learn.microsoft.com/graph/api/user-update>). That changes the
//! password in the cloud and nowhere else, so an account that is synchronised from Active Directory is
//! refused: the next change there would undo it. In `pass`: what can be handed out in place of a password.

use async_trait::async_trait;
use serde::Serialize;
use zeroize::Zeroizing;

use super::{PasswordReset, SAME_RESET, TemporaryPassword, Used, ValueRefused, accepted};
use crate::directory::graph::{GraphDirectory, GraphError, PASSWORDS, Refusal, Until, may_set_passwords};
use crate::directory::{DirectoryError, Finding};
use crate::http::{Answer, HttpError, Verb};
use crate::token::AccessToken;
use crate::types::{AccountId, Credential, Outcome, UnixMillis};
use gate::Gate;

mod gate;
mod pass;

/// Sets passwords of the people in a [`GraphDirectory`].
pub struct GraphPasswordReset {
    gate: Gate,
}

/// `passwordProfile` (<https://learn.microsoft.com/graph/api/resources/passwordprofile>).
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Profile<'a> {
    /// Not to be changed if it were left out.
    force_change_password_next_sign_in: bool,
    password: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Change<'a> {
    password_profile: Profile<'a>,
}

impl GraphPasswordReset {
    /// The right to set passwords for the people of `directory`, except members of `protected_groups`.
    #[must_use]
    pub fn new(directory: GraphDirectory, protected_groups: Vec<String>) -> Self {
        Self { gate: Gate::new(directory, protected_groups) }
    }

    /// Has the application none of the permissions that a change of a password takes?
    async fn lacks_permission(&self, until: Until) -> bool {
        let token = self.gate.directory.client().token(until).await;
        let roles = token.ok().as_ref().and_then(AccessToken::roles);
        roles.is_some_and(|roles| !roles.iter().any(|role| may_set_passwords(role)))
    }
}

impl GraphPasswordReset {
    /// [`PasswordReset::set`], which ends before `until`.
    ///
    /// # Errors
    /// As there.
    pub(super) async fn set_until(
        &self,
        account: &AccountId,
        password: &TemporaryPassword,
        until: Until,
    ) -> Result<Outcome, ValueRefused> {
        if let Some(outcome) = self.gate.refusal(account, until).await {
            return Ok(outcome);
        }
        let Some(body) = body(password) else {
            return Ok(Outcome::NotSent { cause: "the change could not be written down".to_owned() });
        };
        let answered = self
            .gate
            .directory
            .client()
            .change(Verb::Patch, &["users", account.as_str()], &body, until)
            .await;
        drop(body);
        Ok(match answered {
            Ok(answer) if is_about_the_value(&answer) => {
                let refusal = Refusal::of(&answer);
                return Err(ValueRefused(format!(
                    "Graph answers {refusal}: it does not take this password, another may do"
                )));
            }
            Ok(answer) if answer.status == 403 => forbidden(&answer, self.lacks_permission(until).await),
            Ok(answer) => {
                let outcome = outcome(&answer);
                if !matches!(outcome, Outcome::Accepted { .. }) {
                    self.gate.pause(answer.retry_after);
                }
                outcome
            }
            Err(error) => unanswered(&error),
        })
    }
}

#[async_trait]
impl PasswordReset for GraphPasswordReset {
    async fn set(&self, account: &AccountId, password: &TemporaryPassword) -> Result<Outcome, ValueRefused> {
        self.set_until(account, password, self.gate.directory.until()).await
    }

    async fn used(&self, account: &AccountId, set_at: UnixMillis) -> Result<Used, DirectoryError> {
        let changed = self.gate.directory.password_changed_at(account).await?;
        let changed = changed.ok_or_else(|| {
            DirectoryError::Half("Graph: lastPasswordChangeDateTime of the account is missing".to_owned())
        })?;
        // By its owner, or by somebody else: ours is not the password any more.
        Ok(if changed > set_at.plus(SAME_RESET) { Used::Yes } else { Used::No })
    }

    async fn probe(&self) -> Result<String, DirectoryError> {
        match self.gate.directory.credential() {
            Credential::Password => self.gate.directory.probe_to_set().await,
            Credential::TemporaryAccessPass => self.gate.directory.probe_to_issue().await,
        }
    }

    async fn rights(&self) -> Vec<Finding> {
        match self.gate.directory.credential() {
            Credential::Password => self.gate.directory.rights_to_set().await,
            Credential::TemporaryAccessPass => self.gate.directory.rights_to_issue().await,
        }
    }
}

/// The change in JSON, in memory that is wiped. The room is made at once: growing would leave copies.
fn body(password: &TemporaryPassword) -> Option<Zeroizing<Vec<u8>>> {
    let password = password.expose();
    let profile = Profile { force_change_password_next_sign_in: true, password };
    let mut body = Zeroizing::new(Vec::with_capacity(128 + 6 * password.len()));
    serde_json::to_writer(&mut *body, &Change { password_profile: profile }).ok()?;
    Some(body)
}

/// Is it the answer that the password breaks a rule for passwords? Graph has no code of its own for that, only
/// words: "The specified password does not comply with password complexity requirements. Please provide a
/// different password." They are looked into and not kept.
fn is_about_the_value(answer: &Answer) -> bool {
    const WORDS: [&str; 4] =
        ["password complexity", "password policy", "specified password", "different password"];
    let said = String::from_utf8_lossy(&answer.body);
    let said = Zeroizing::new(said.to_ascii_lowercase());
    answer.status == 400 && WORDS.iter().any(|words| said.contains(words))
}

/// What an answer means, other than 403 and one about the value.
fn outcome(answer: &Answer) -> Outcome {
    let refusal = Refusal::of(answer);
    match answer.status {
        204 => accepted(&refusal.request_id, answer.date),
        // Not documented: it may have been changed.
        200..=299 => Outcome::Uncertain { cause: format!("Graph answers {refusal}") },
        300..=399 => Outcome::Refused {
            cause: format!("Graph answers {refusal} and leads elsewhere: check directory.graph.base_url"),
        },
        401 => Outcome::NotSent {
            cause: format!("Graph answers {refusal}: it does not take a new token either"),
        },
        404 => {
            Outcome::Refused { cause: format!("Graph answers {refusal}: the account is not there any more") }
        }
        425 | 429 => Outcome::NotSent { cause: format!("Graph answers {refusal}") },
        408 => Outcome::Uncertain { cause: format!("Graph answers {refusal}") },
        400..=499 => {
            Outcome::Refused { cause: format!("Graph answers {refusal}: it does not take the change") }
        }
        // Whatever stands between may say so after the change was made, also with a wish to wait.
        _ => Outcome::Uncertain { cause: format!("Graph answers {refusal}") },
    }
}

fn forbidden(answer: &Answer, lacks_permission: bool) -> Outcome {
    let why = if lacks_permission {
        format!("the application lacks {PASSWORDS}")
    } else {
        "the application lacks the role User Administrator, or its role does not reach this account"
            .to_owned()
    };
    Outcome::Refused { cause: format!("Graph answers {}: {why}", Refusal::of(answer)) }
}

fn unanswered(error: &GraphError) -> Outcome {
    let cause = error.to_string();
    match error {
        GraphError::Token(_) | GraphError::TimeOver | GraphError::Http(HttpError::NotSent { .. }) => {
            Outcome::NotSent { cause }
        }
        GraphError::Http(HttpError::Unanswered { .. }) | GraphError::Refused(_) | GraphError::Half(_) => {
            Outcome::Uncertain { cause }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::password::made_at;

    fn answer(status: u16, code: &str, wait: Option<u64>) -> Answer {
        let body = format!("{{\"error\":{{\"code\":\"{code}\",\"message\":\"Kd7p-mWx4-9TrQ\"}}}}");
        Answer {
            status,
            retry_after: wait.map(Duration::from_secs),
            request_id: Some("0f1e-2d".to_owned()),
            date: Some(UnixMillis(1_795_511_645_000)),
            body: Zeroizing::new(body.into_bytes()),
        }
    }

    #[test]
    fn each_answer_says_what_is_known_of_the_password() {
        for (status, wait, kind) in [
            (204, None, "accepted"),
            (200, None, "uncertain"),
            (302, None, "refused"),
            (400, None, "refused"),
            (401, None, "not-sent"),
            (404, None, "refused"),
            (409, None, "refused"),
            (429, None, "not-sent"),
            (429, Some(7), "not-sent"),
            (500, None, "uncertain"),
            (502, None, "uncertain"),
            (503, None, "uncertain"),
            (408, None, "uncertain"),
            (503, Some(7), "uncertain"),
            (504, Some(7), "uncertain"),
        ] {
            let outcome = outcome(&answer(status, "Request_BadRequest", wait));
            assert_eq!(outcome.code(), kind, "{status} {wait:?}");
            assert!(outcome.detail().contains("0f1e-2d"), "{outcome:?}");
            assert!(!outcome.detail().contains("Kd7p"), "{outcome:?}");
        }
    }

    #[test]
    fn a_change_that_was_made_tells_when_by_graphs_clock() {
        let made = answer(204, "", None);
        assert_eq!(made_at(&outcome(&made)), made.date);
        assert_eq!(made_at(&outcome(&Answer { date: None, ..made })), None);
        assert_eq!(made_at(&outcome(&answer(500, "", None))), None);
    }

    #[test]
    fn only_words_about_the_password_in_a_400_make_another_one_worth_a_try() {
        let said = |status, words: &str| {
            let body = format!("{{\"error\":{{\"code\":\"Request_BadRequest\",\"message\":\"{words}\"}}}}");
            is_about_the_value(&Answer {
                body: Zeroizing::new(body.into_bytes()),
                ..answer(status, "Request_BadRequest", None)
            })
        };
        let rule = "The specified password does not comply with password complexity requirements. Please \
            provide a different password.";
        assert!(said(400, rule));
        for (status, words) in [
            (403, rule),
            (404, rule),
            (500, rule),
            (400, "Property forceChangePasswordNextSignIn does not exist as a declared property."),
            (400, "Insufficient privileges to complete the operation."),
            (400, ""),
        ] {
            assert!(!said(status, words), "{status} {words}");
        }
    }

    #[test]
    fn a_call_that_gave_no_answer_may_have_changed_the_password_unless_it_never_left() {
        let cause = || "x".to_owned();
        for (error, kind) in [
            (GraphError::Http(HttpError::NotSent { cause: cause() }), "not-sent"),
            (GraphError::Http(HttpError::Unanswered { cause: cause() }), "uncertain"),
            (GraphError::TimeOver, "not-sent"),
            (GraphError::Half(cause()), "uncertain"),
        ] {
            assert_eq!(unanswered(&error).code(), kind, "{error:?}");
        }
    }

    #[test]
    fn the_change_is_the_documented_one_and_demands_another_at_the_next_sign_in() {
        let password = TemporaryPassword::new(Zeroizing::new("Kd7p-\"mWx4".to_owned()));
        let body = body(&password).unwrap();
        assert_eq!(
            std::str::from_utf8(&body).unwrap(),
            "{\"passwordProfile\":{\"forceChangePasswordNextSignIn\":true,\"password\":\"Kd7p-\\\"mWx4\"}}"
        );
    }
}
