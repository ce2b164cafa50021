//! Temporary Access Passes as Entra ID hands them out
//! (<https://learn.microsoft.com/graph/api/authentication-post-temporaryaccesspassmethods>): one a person,
//! and a new one takes the place of one that is still good.

use serde_json::{Value, json};

use super::answers::{Answer, Call};
use super::{Graph, State};

/// A pass that was issued.
#[derive(Clone, Debug)]
pub struct Pass {
    pub account: String,
    pub id: String,
    pub pass: String,
    /// `methodUsabilityReason`.
    pub reason: &'static str,
}

/// What the tenant's policy says of passes.
#[derive(Clone)]
pub struct PassPolicy {
    /// Minutes.
    pub lifetime: u32,
    /// Is everybody in its scope?
    pub includes: bool,
    /// What passes look like: the number of the pass takes the place of `#`.
    pub looks: String,
}

impl Default for PassPolicy {
    fn default() -> Self {
        Self { lifetime: 60, includes: true, looks: "+drk#qAD".to_owned() }
    }
}

impl Graph {
    /// Every pass that was ever issued, oldest first.
    pub fn passes(&self) -> Vec<Pass> {
        self.state().passes.clone()
    }

    pub fn set_pass_policy(&self, policy: PassPolicy) {
        self.state().pass_policy = policy;
    }

    /// Somebody signs in with it: true when it opened the account, which it does once.
    pub fn signs_in(&self, account: &str, pass: &str) -> bool {
        let mut state = self.state();
        let newest = state.passes.iter_mut().rfind(|issued| issued.account == account);
        let Some(newest) = newest.filter(|issued| issued.pass == pass && issued.reason == "EnabledByPolicy")
        else {
            return false;
        };
        newest.reason = "OneTimeUsed";
        true
    }
}

impl State {
    pub(super) fn issue(&mut self, id: &str, body: &str, call: &Call<'_>) -> Answer {
        let asked: Value = serde_json::from_str(body).unwrap_or_default();
        if asked != json!({ "isUsableOnce": true }) || !call.options.is_empty() {
            return self.undocumented(400, "badRequest", "a pass that is not expected");
        }
        if !call.may(&["UserAuthMethod-TAP.ReadWrite.All", "UserAuthenticationMethod.ReadWrite.All"]) {
            return (403, Some(self.error(403, "accessDenied", "Request Authorization failed")));
        }
        let Some(person) = self.find(id) else { return self.no_such(id) };
        if person.user_type == "Guest" {
            let words = "Temporary Access Pass cannot be added to an external guest user.";
            return (400, Some(self.error(400, "badRequest", words)));
        }
        let number = self.passes.len() + 1;
        let policy = self.pass_policy.clone();
        let pass = Pass {
            account: id.to_owned(),
            id: format!("6f19a2c4-0000-0000-0000-{number:012}"),
            pass: policy.looks.replace('#', &number.to_string()),
            reason: if policy.includes { "EnabledByPolicy" } else { "DisabledByPolicy" },
        };
        self.passes.push(pass.clone());
        (201, Some(self.shown_pass(&pass, Some(&pass.pass))))
    }

    pub(super) fn list_passes(&mut self, id: &str, call: &Call<'_>) -> Answer {
        if let Err(answer) = self.options(call, &[]) {
            return answer;
        }
        let any_of = ["UserAuthMethod-TAP.Read.All", "UserAuthMethod-TAP.ReadWrite.All"];
        if !call.may(&any_of) {
            return (403, Some(self.error(403, "accessDenied", "Request Authorization failed")));
        }
        // One a person: the newest.
        let newest = self.passes.iter().rfind(|pass| pass.account == id).cloned();
        let listed: Vec<Value> = newest.iter().map(|pass| self.shown_pass(pass, None)).collect();
        (200, Some(json!({ "value": listed })))
    }

    /// The pass itself is shown once, to whoever had it made.
    fn shown_pass(&self, pass: &Pass, secret: Option<&str>) -> Value {
        json!({
            "@odata.type": "#microsoft.graph.temporaryAccessPassAuthenticationMethod",
            "id": pass.id,
            "temporaryAccessPass": secret,
            "createdDateTime": "2026-11-24T09:00:00Z",
            "startDateTime": "2026-11-24T09:00:00Z",
            "lifetimeInMinutes": self.pass_policy.lifetime,
            "isUsableOnce": true,
            "isUsable": pass.reason == "EnabledByPolicy",
            "methodUsabilityReason": pass.reason,
        })
    }
}
