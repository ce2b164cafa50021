//! Temporary Access Passes
//! (<https://learn.microsoft.com/graph/api/authentication-post-temporaryaccesspassmethods>). Entra ID makes
//! them; a new one takes the place of one that is still good, so asking again does no harm. How long one
//! opens the account is the tenant's policy: its default is taken. Each opens it once.

use async_trait::async_trait;
use serde::{Deserialize, Deserializer};
use zeroize::Zeroizing;

use super::{GraphPasswordReset, unanswered};
use crate::directory::DirectoryError;
use crate::directory::graph::{PASSES, Refusal};
use crate::http::{Answer, Verb};
use crate::password::{AccessPass, AccessPasses, TemporaryPassword, Used};
use crate::types::{AccountId, Outcome, UnixMillis};

/// All that is asked for; the start is now, the lifetime the tenant's default.
const ONCE: &str = "{\"isUsableOnce\":true}";
/// The longest lifetime that Entra ID knows (minutes): 30 days.
const LONGEST_LIFETIME: u32 = 43_200;
/// What a pass is made of; longer ones are not documented (characters).
const LONGEST_PASS: usize = 48;

/// `temporaryAccessPassAuthenticationMethod`
/// (<https://learn.microsoft.com/graph/api/resources/temporaryaccesspassauthenticationmethod>).
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Issued {
    id: String,
    #[serde(deserialize_with = "wiped")]
    temporary_access_pass: Zeroizing<String>,
    lifetime_in_minutes: u32,
    is_usable: bool,
    method_usability_reason: Option<String>,
}

fn wiped<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Zeroizing<String>, D::Error> {
    String::deserialize(deserializer).map(Zeroizing::new)
}

#[async_trait]
impl AccessPasses for GraphPasswordReset {
    async fn issue(&self, account: &AccountId) -> Result<AccessPass, Outcome> {
        let directory = &self.gate.directory;
        let until = directory.until();
        if let Some(outcome) = self.gate.refusal(account, until).await {
            return Err(outcome);
        }
        let asked_at = directory.now();
        let body = Zeroizing::new(ONCE.as_bytes().to_vec());
        let place = ["users", account.as_str(), "authentication", "temporaryAccessPassMethods"];
        match directory.client().change(Verb::Post, &place, &body, until).await {
            Ok(answer) => made(&answer, asked_at).inspect_err(|_| self.gate.pause(answer.retry_after)),
            Err(error) => Err(unanswered(&error)),
        }
    }

    async fn opened(&self, account: &AccountId, pass: &str) -> Result<Used, DirectoryError> {
        let used = self.gate.directory.pass_was_used(account, pass).await?;
        Ok(if used { Used::Yes } else { Used::No })
    }
}

/// What an answer means. One that is not the documented one may hold a pass all the same; nobody gets it,
/// and the next one ends it.
fn made(answer: &Answer, asked_at: UnixMillis) -> Result<AccessPass, Outcome> {
    let refusal = Refusal::of(answer);
    let refused = |why: String| Outcome::Refused { cause: why };
    match answer.status {
        201 => issued(&answer.body, asked_at),
        300..=399 => {
            let lost = "leads elsewhere: check directory.graph.base_url";
            Err(refused(format!("Graph answers {refusal} and {lost}")))
        }
        401 => Err(Outcome::NotSent {
            cause: format!("Graph answers {refusal}: it does not take a new token either"),
        }),
        403 => Err(refused(format!("Graph answers {refusal}: the application lacks {PASSES}"))),
        404 => Err(refused(format!("Graph answers {refusal}: the account is not there any more"))),
        425 | 429 => Err(Outcome::NotSent { cause: format!("Graph answers {refusal}") }),
        408 => Err(Outcome::Uncertain { cause: format!("Graph answers {refusal}") }),
        400..=499 => Err(refused(format!(
            "Graph answers {refusal}: it issues no pass for this account; look at Authentication methods, \
             Policies, Temporary Access Pass"
        ))),
        _ => Err(Outcome::Uncertain { cause: format!("Graph answers {refusal}") }),
    }
}

fn issued(body: &[u8], asked_at: UnixMillis) -> Result<AccessPass, Outcome> {
    // The parser's words may quote the answer.
    let Ok(Issued {
        id,
        temporary_access_pass: pass,
        lifetime_in_minutes,
        is_usable,
        method_usability_reason,
    }) = serde_json::from_slice(body)
    else {
        return Err(Outcome::Uncertain { cause: "Graph's answer is no pass as documented".to_owned() });
    };
    if method_usability_reason.as_deref() == Some("NotYetValid") {
        return Err(Outcome::Uncertain { cause: "Entra ID's pass holds only later".to_owned() });
    }
    if !is_usable {
        let plain = |why: &String| why.len() <= 40 && why.bytes().all(|b| b.is_ascii_alphanumeric());
        let why = method_usability_reason.filter(plain).unwrap_or_else(|| "no reason given".to_owned());
        return Err(Outcome::Refused {
            cause: format!(
                "Entra ID issued a pass that opens nothing ({why}): include this person in Authentication \
                 methods, Policies, Temporary Access Pass"
            ),
        });
    }
    let seen = |c: char| c.is_ascii_graphic();
    let documented = (1..=LONGEST_PASS).contains(&pass.len()) && pass.chars().all(seen);
    let named = (1..=64).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    if !documented || !named || !(1..=LONGEST_LIFETIME).contains(&lifetime_in_minutes) {
        return Err(Outcome::Uncertain { cause: "Graph's answer is no pass as documented".to_owned() });
    }
    let lifetime = std::time::Duration::from_secs(60 * u64::from(lifetime_in_minutes));
    Ok(AccessPass { pass: TemporaryPassword::new(pass), id, valid_until: asked_at.plus(lifetime) })
}
