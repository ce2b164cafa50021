//! Graph's answers: who may ask what, in which form, and what comes back.

use std::collections::BTreeMap;

use nyckelbud::clock::{Clock, SystemClock, rfc3339};
use serde_json::{Value, json};

use super::people::{Person, Replies};
use super::{State, bearer, odata};
use crate::support::http_request::header;

pub const USER_ADMINISTRATOR: &str = "fe930be7-5e62-47db-91af-98c3a49a38b1";

pub(super) type Answer = (u16, Option<Value>);
pub(super) type Options = BTreeMap<String, String>;

/// A request while it is being answered.
pub(super) struct Call<'a> {
    pub(super) options: &'a Options,
    pub(super) advanced: bool,
    pub(super) roles: &'a [String],
}

impl Call<'_> {
    pub(super) fn may(&self, any_of: &[&str]) -> bool {
        self.roles.iter().any(|role| any_of.contains(&role.as_str()))
    }
}

pub(super) const PEOPLE: [&str; 4] =
    ["User.Read.All", "Directory.Read.All", "User.ReadWrite.All", "Directory.ReadWrite.All"];
pub(super) const GROUPS: [&str; 2] = ["GroupMember.Read.All", "Directory.Read.All"];
pub(super) const ROLES: [&str; 2] = ["RoleManagement.Read.Directory", "RoleManagement.ReadWrite.Directory"];

impl State {
    pub(super) fn answer(&mut self, head: &str, body: &str) -> Answer {
        let (method, path, options) = odata::line(head);
        let Some(path) = path.strip_prefix("/v1.0/") else {
            return self.undocumented(404, "UnknownError", &format!("{path} is not below /v1.0"));
        };
        let Some(roles) = bearer(head).and_then(|token| self.judge.roles(token)) else {
            return (401, Some(self.error(401, "InvalidAuthenticationToken", "Access token is not good.")));
        };
        let advanced = header(head, "consistencylevel") == Some("eventual");
        let call = Call { options: &options, advanced, roles: &roles };
        let segments: Vec<&str> = path.split('/').collect();
        match method.as_str() {
            "GET" => self.get(&segments, &call),
            "PATCH" => match segments.as_slice() {
                ["users", id] => {
                    let json = header(head, "content-type") == Some("application/json");
                    self.patch(id, if json { body } else { "" }, &call)
                }
                _ => self.undocumented(405, "Request_BadRequest", &format!("PATCH /{path}")),
            },
            "POST" => match segments.as_slice() {
                ["users", id, "authentication", "temporaryAccessPassMethods"] => {
                    let json = header(head, "content-type") == Some("application/json");
                    self.issue(id, if json { body } else { "" }, &call)
                }
                _ => self.undocumented(405, "Request_BadRequest", &format!("POST /{path}")),
            },
            other => self.undocumented(405, "Request_BadRequest", &format!("{other} /{path}")),
        }
    }

    fn get(&mut self, segments: &[&str], call: &Call<'_>) -> Answer {
        match segments {
            ["users"] => self.users(call),
            ["users", id] => self.user(id, call),
            ["users", id, "manager"] => self.manager(id, call),
            ["users", id, "sponsors"] => self.sponsors(id, call),
            ["users", id, reach @ ("memberOf" | "transitiveMemberOf"), cast] => {
                self.memberships(id, reach, cast, call)
            }
            ["users", id, "authentication", "phoneMethods"] => self.phones(id, call),
            ["users", id, "authentication", "temporaryAccessPassMethods"] => self.list_passes(id, call),
            ["users", id, "mailboxSettings", "automaticRepliesSetting"] => self.replies(id, call),
            [
                "roleManagement",
                "directory",
                kind @ ("roleAssignments" | "roleEligibilityScheduleInstances"),
            ] => self.assignments(kind, call),
            ["groups"] => self.groups(call),
            ["groups", id, reach @ ("members" | "transitiveMembers"), "microsoft.graph.user"] => {
                self.members(id, reach, call)
            }
            ["reports", "authenticationMethods", "userRegistrationDetails"] => self.report(call),
            other => self.undocumented(400, "BadRequest", &format!("no resource /{}", other.join("/"))),
        }
    }

    /// The answer to what no page allows; the test hears of it, too.
    pub(super) fn undocumented(&mut self, status: u16, code: &str, what: &str) -> Answer {
        self.complaints.push(what.to_owned());
        (status, Some(self.error(status, code, what)))
    }

    pub(super) fn denied(&self) -> Answer {
        let words = "Insufficient privileges to complete the operation.";
        (403, Some(self.error(403, "Authorization_RequestDenied", words)))
    }

    pub(super) fn no_such(&self, what: &str) -> Answer {
        let words = format!(
            "Resource '{what}' does not exist or one of its queried reference-property objects are not present."
        );
        (404, Some(self.error(404, "Request_ResourceNotFound", &words)))
    }

    /// Are all options among those that the resource knows?
    pub(super) fn options(&mut self, call: &Call<'_>, known: &[&str]) -> Result<(), Answer> {
        let odd = call.options.keys().find(|name| !known.contains(&name.as_str()) && *name != "$skiptoken");
        match odd.cloned() {
            None => Ok(()),
            Some(name) => Err(self.undocumented(
                400,
                "Request_UnsupportedQuery",
                &format!("unknown query option {name}"),
            )),
        }
    }

    pub(super) fn find(&self, id: &str) -> Option<Person> {
        // By id only: the program reads by name through filters.
        self.people.iter().find(|person| person.id == id && person.kind == "user").cloned()
    }

    pub(super) fn any(&self, id: &str) -> Option<Person> {
        self.people.iter().find(|person| person.id == id).cloned()
    }

    /// Properties that come back empty without a permission of their own.
    pub(super) fn hidden(call: &Call<'_>) -> &'static [&'static str] {
        if call.may(&["User-LifeCycleInfo.Read.All"]) { &[] } else { &["employeeLeaveDateTime"] }
    }

    fn user(&mut self, id: &str, call: &Call<'_>) -> Answer {
        if let Err(answer) = self.options(call, &["$select"]) {
            return answer;
        }
        if !call.may(&PEOPLE) {
            return self.denied();
        }
        let Some(person) = self.find(id) else { return self.no_such(id) };
        self.shown(&person, call)
    }

    fn shown(&mut self, person: &Person, call: &Call<'_>) -> Answer {
        let select = call.options.get("$select").map(String::as_str);
        match person.show(select, Self::hidden(call)) {
            Some(shown) => (200, Some(shown)),
            None => self.undocumented(400, "BadRequest", &format!("no such property among {select:?}")),
        }
    }

    fn manager(&mut self, id: &str, call: &Call<'_>) -> Answer {
        if let Err(answer) = self.options(call, &["$select"]) {
            return answer;
        }
        if !call.may(&PEOPLE) {
            return self.denied();
        }
        let Some(person) = self.any(id) else { return self.no_such(id) };
        match person.manager.and_then(|id| self.any(&id)) {
            Some(manager) => self.shown(&manager, call),
            None => self.no_such("manager"),
        }
    }

    /// "This method does not support OData query parameters."
    fn phones(&mut self, id: &str, call: &Call<'_>) -> Answer {
        if let Err(answer) = self.options(call, &[]) {
            return answer;
        }
        if !call.may(&["UserAuthMethod-Phone.Read.All", "UserAuthenticationMethod.Read.All"]) {
            return (403, Some(self.error(403, "accessDenied", "Request Authorization failed")));
        }
        match self.find(id) {
            Some(person) => (200, Some(json!({ "value": person.phones }))),
            None => self.no_such(id),
        }
    }

    fn replies(&mut self, id: &str, call: &Call<'_>) -> Answer {
        if let Err(answer) = self.options(call, &[]) {
            return answer;
        }
        if !call.may(&["MailboxSettings.Read", "MailboxSettings.ReadWrite"]) {
            let words = "Access is denied. Check credentials and try again.";
            return (403, Some(self.error(403, "ErrorAccessDenied", words)));
        }
        match self.find(id).map(|person| person.replies) {
            Some(Replies::Set(setting)) => (200, Some(setting)),
            Some(Replies::None) => {
                let words = "The mailbox is either inactive, soft-deleted, or is hosted on-premise.";
                (404, Some(self.error(404, "MailboxNotEnabledForRESTAPI", words)))
            }
            None => self.no_such(id),
        }
    }

    /// <https://learn.microsoft.com/graph/api/user-update>
    fn patch(&mut self, id: &str, body: &str, call: &Call<'_>) -> Answer {
        let change: Value = serde_json::from_str(body).unwrap_or_default();
        let profile = &change["passwordProfile"];
        let password = profile["password"].as_str().unwrap_or_default().to_owned();
        let expected = json!({ "passwordProfile": {
            "forceChangePasswordNextSignIn": true, "password": password } });
        if change != expected || !call.options.is_empty() || password.is_empty() {
            return self.undocumented(400, "Request_BadRequest", "a change that is not expected");
        }
        let wider = ["User-PasswordProfile.ReadWrite.All", "User.ReadWrite.All", "Directory.ReadWrite.All"];
        let role = self.own_roles.iter().any(|(role, _)| role == USER_ADMINISTRATOR);
        let Some(person) = self.find(id) else { return self.no_such(id) };
        if !call.may(&wider) || !role || !person.roles.is_empty() || !person.assigned.is_empty() {
            return self.denied();
        }
        if person.synced == Some(true) {
            self.complaints.push(format!("the password of {id} lives in Active Directory"));
        }
        let classes: [fn(&char) -> bool; 4] = [
            char::is_ascii_lowercase,
            char::is_ascii_uppercase,
            char::is_ascii_digit,
            char::is_ascii_punctuation,
        ];
        let kinds = classes.iter().filter(|class| password.chars().any(|c| class(&c))).count();
        if kinds < 3
            || !(8..=256).contains(&password.len())
            || self.banned.iter().any(|b| password.contains(b.as_str()))
        {
            let words = format!(
                "The specified password {password} does not comply with password complexity requirements."
            );
            return (400, Some(self.error(400, "Request_BadRequest", &words)));
        }
        self.set.push((id.to_owned(), password.clone()));
        let person = self.people.iter_mut().find(|person| person.id == id).expect("it is there");
        person.password = Some(password);
        person.must_change = true;
        person.changed_at = Some(rfc3339(SystemClock.now()));
        (204, None)
    }
}
