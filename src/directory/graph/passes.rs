//! What is known of Temporary Access Passes, and of the right to have them issued.

use serde::Deserialize;

use super::client::Mode;
use super::rights::{to_grant, too_many};
use super::{GraphDirectory, GraphError};
use crate::directory::{DirectoryError, Finding, Verdict};
use crate::token::AccessToken;
use crate::types::AccountId;

/// What having passes issued needs.
pub(crate) const PASSES: &str = "UserAuthMethod-TAP.ReadWrite.All";
/// Instead of [`PASSES`] this lets passes be issued, too, and every other method be changed.
const WIDER: &str = "UserAuthenticationMethod.ReadWrite.All";
/// `methodUsabilityReason` of a pass that has opened its account.
const USED: &str = "OneTimeUsed";

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Listed {
    id: String,
    method_usability_reason: Option<String>,
}

impl GraphDirectory {
    /// Has the pass `id` of `account` opened it, or has another taken its place?
    ///
    /// # Errors
    /// [`DirectoryError`]: nothing may be concluded.
    pub async fn pass_was_used(&self, account: &AccountId, id: &str) -> Result<bool, DirectoryError> {
        let client = self.client();
        let url = client.at(&["users", account.as_str(), "authentication", "temporaryAccessPassMethods"]);
        let listed: Result<Vec<Listed>, GraphError> = client.list(&url, Mode::Plain, self.until()).await;
        let listed = listed.map_err(|error| error.without(PASSES))?;
        match listed.iter().find(|pass| pass.id == id) {
            Some(pass) => Ok(pass.method_usability_reason.as_deref() == Some(USED)),
            // Whoever had the next one made has the case in hand, as after another's change of a password.
            None => Ok(!listed.is_empty()),
        }
    }

    /// The right that having passes issued needs. It cannot be tried without having one issued, so it is
    /// read in the token. It takes no role: each is one too many.
    pub async fn rights_to_issue(&self) -> Vec<Finding> {
        let until = self.until();
        // Without a token the probe has said so.
        let Ok(token) = self.client().token(until).await else { return Vec::new() };
        let mut found = vec![permission(&token)];
        if let Some(id) = token.object_id() {
            match self.client().assignments(&id, until).await {
                Ok(roles) => found.extend(too_many(&roles)),
                Err(error) => found.push(Finding {
                    right: "roles".to_owned(),
                    verdict: Verdict::Care,
                    text: format!("could not be seen: {error}"),
                    todo: String::new(),
                }),
            }
        }
        found
    }

    /// Can passes be issued, as far as can be told without having one issued?
    ///
    /// # Errors
    /// [`DirectoryError`]: why not.
    pub async fn probe_to_issue(&self) -> Result<String, DirectoryError> {
        let token = self.client().token(self.until()).await?;
        match permission(&token).verdict {
            Verdict::Bad => Err(DirectoryError::Unavailable(format!("the application lacks {PASSES}"))),
            Verdict::Good | Verdict::Care => {
                Ok("signed in to have Temporary Access Passes issued for cloud accounts".to_owned())
            }
        }
    }
}

fn permission(token: &AccessToken) -> Finding {
    let right = PASSES.to_owned();
    let found = |verdict, text: &str, todo: String| Finding { right, verdict, text: text.to_owned(), todo };
    let Some(roles) = token.roles() else {
        return found(Verdict::Care, "the token does not show its permissions", String::new());
    };
    let has = |name: &str| roles.iter().any(|role| role == name);
    if has(PASSES) {
        found(Verdict::Good, "the token holds it", String::new())
    } else if has(WIDER) {
        let text = format!("the token holds {WIDER} in its place, which is more than is needed");
        found(Verdict::Care, &text, to_grant(PASSES))
    } else {
        found(Verdict::Bad, "missing: no pass can be issued", to_grant(PASSES))
    }
}
