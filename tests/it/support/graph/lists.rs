//! Graph's lists, page by page.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::State;
use super::answers::{Answer, Call, GROUPS, PEOPLE, ROLES};
use super::odata::Filter;
use super::people::Person;
use super::search::Search;
use crate::support::token_endpoint::OBJECT;

impl State {
    /// One page of `all`, and where the next one is.
    fn paged(&self, path: &str, all: Vec<Value>, call: &Call<'_>) -> Answer {
        self.paged_by(path, &all, call, Value::clone)
    }

    /// The same where only what is on the page is made: a tenant may have tens of thousands of people.
    fn paged_by<T>(&self, path: &str, all: &[T], call: &Call<'_>, show: impl FnMut(&T) -> Value) -> Answer {
        let usual = if path.starts_with("reports/") { 1000 } else { 100 };
        let top = call.options.get("$top").and_then(|top| top.parse().ok()).unwrap_or(usual);
        let skip: usize = call.options.get("$skiptoken").and_then(|skip| skip.parse().ok()).unwrap_or(0);
        let most = self.page_max.min(top);
        let count = all.len();
        let page: Vec<Value> = all.iter().skip(skip).take(most).map(show).collect();
        let mut answer = json!({ "value": page });
        if call.options.get("$count").is_some_and(|count| count == "true") && skip == 0 {
            answer["@odata.count"] = json!(count);
        }
        if skip + most < count || self.endless.contains(&path) {
            let options = call.options.iter().filter(|(name, _)| *name != "$skiptoken");
            let options: Vec<String> =
                options.map(|(name, value)| format!("{name}={}", value.replace(' ', "%20"))).collect();
            let rest = options.join("&");
            answer["@odata.nextLink"] =
                json!(format!("{}/{path}?{rest}&$skiptoken={}", self.base, skip + most));
        }
        (200, Some(answer))
    }

    /// `ConsistencyLevel: eventual` and `$count=true`, where the search index is needed.
    fn demands_eventual(&mut self, call: &Call<'_>, what: &str) -> Result<(), Answer> {
        let counts = call.options.get("$count").is_some_and(|count| count == "true");
        if call.advanced && counts {
            return Ok(());
        }
        Err(self.undocumented(
            400,
            "Request_UnsupportedQuery",
            &format!("{what} without ConsistencyLevel and $count"),
        ))
    }

    /// The filter and the search of a list of people.
    fn asked_for(&mut self, call: &Call<'_>) -> Result<(Option<Filter>, Option<Search>), Answer> {
        let mut odd = |what: String| Err(self.undocumented(400, "Request_UnsupportedQuery", &what));
        let filter = match call.options.get("$filter").map(|text| (text, Filter::parse(text))) {
            None => None,
            Some((_, Some(filter))) => Some(filter),
            Some((text, None)) => return odd(format!("$filter={text}")),
        };
        let search = match call.options.get("$search").map(|text| (text, Search::parse(text))) {
            None => None,
            Some((_, Some(search))) if call.advanced => Some(search),
            Some((text, _)) => return odd(format!("$search={text}")),
        };
        if filter.as_ref().is_some_and(Filter::is_advanced) {
            self.demands_eventual(call, "an advanced filter")?;
        }
        Ok((filter, search))
    }

    pub(super) fn users(&mut self, call: &Call<'_>) -> Answer {
        if let Err(answer) =
            self.options(call, &["$select", "$filter", "$search", "$top", "$count", "$expand"])
        {
            return answer;
        }
        if !call.may(&PEOPLE) {
            return self.denied();
        }
        let expands = match call.options.get("$expand").map(String::as_str) {
            None => None,
            Some("manager($select=id)") => Some("manager"),
            Some("sponsors($select=id)") => Some("sponsors"),
            // "Only one property can be expanded in a single query."
            Some(other) => {
                return self.undocumented(400, "Request_UnsupportedQuery", &format!("$expand={other}"));
            }
        };
        let top: usize = call.options.get("$top").and_then(|top| top.parse().ok()).unwrap_or(100);
        if top > if expands.is_some() { 100 } else { 999 } {
            return self.undocumented(400, "Request_UnsupportedQuery", &format!("$top={top}"));
        }
        let (filter, search) = match self.asked_for(call) {
            Ok(asked) => asked,
            Err(answer) => return answer,
        };
        let seen = if call.advanced { self.index.as_ref() } else { None }.unwrap_or(&self.people);
        let takes = |person: &&Person| {
            person.kind == "user"
                && filter.as_ref().is_none_or(|filter| filter.takes(person))
                && search.as_ref().is_none_or(|search| search.takes(person))
        };
        let select = call.options.get("$select").map(String::as_str);
        let taken: Vec<&Person> = seen.iter().filter(takes).collect();
        if taken.first().is_some_and(|person| person.show(select, Self::hidden(call)).is_none()) {
            return self.undocumented(400, "BadRequest", &format!("no such property among {select:?}"));
        }
        self.paged_by("users", &taken, call, |person| {
            let mut shown = person.show(select, Self::hidden(call)).unwrap_or_default();
            match (expands, &person.manager) {
                (Some("manager"), Some(manager)) => shown["manager"] = json!({ "id": manager }),
                (Some("sponsors"), _) => {
                    let kind = |id: &String| self.any(id).map_or("user", |sponsor| sponsor.kind);
                    let kind = |id: &String| format!("#microsoft.graph.{}", kind(id));
                    let sponsor = |id: &String| json!({ "@odata.type": kind(id), "id": id });
                    shown["sponsors"] = person.sponsors.iter().map(sponsor).collect();
                }
                (_, _) => {}
            }
            if person.odd {
                shown["accountEnabled"] = json!("perhaps");
            }
            shown
        })
    }

    pub(super) fn sponsors(&mut self, id: &str, call: &Call<'_>) -> Answer {
        if let Err(answer) = self.options(call, &["$select"]) {
            return answer;
        }
        if !call.may(&PEOPLE) {
            return self.denied();
        }
        let Some(person) = self.find(id) else { return self.no_such(id) };
        let select = call.options.get("$select").map(String::as_str);
        let sponsors = person.sponsors.iter().filter_map(|id| self.any(id));
        let shown = sponsors.filter_map(|sponsor| sponsor.show(select, Self::hidden(call))).collect();
        self.paged(&format!("users/{id}/sponsors"), shown, call)
    }

    /// The groups of somebody with whether roles can be given to them: the own ones, and where the `reach` is
    /// transitive those that these are in.
    fn groups_of(&self, person: &Person, reach: &str) -> Vec<(String, bool)> {
        let mut all = person.groups.clone();
        let mut next = 0;
        while let Some((inner, _)) = all.get(next).cloned().filter(|_| reach.starts_with("transitive")) {
            for (_, outer) in self.nested.iter().filter(|(own, _)| *own == inner) {
                if all.iter().all(|(known, _)| known != outer) {
                    all.push((outer.clone(), false));
                }
            }
            next += 1;
        }
        all
    }

    /// What is of a kind that may not be read comes back with its identifier only.
    pub(super) fn memberships(&mut self, id: &str, reach: &str, cast: &str, call: &Call<'_>) -> Answer {
        if let Err(answer) = self.options(call, &["$select", "$count", "$top"]) {
            return answer;
        }
        if let Err(answer) = self.demands_eventual(call, "a cast") {
            return answer;
        }
        if !call.may(&PEOPLE) {
            return self.denied();
        }
        let seen = self.index.as_ref().unwrap_or(&self.people);
        let Some(person) = seen.iter().find(|person| person.id == id).cloned() else {
            return self.no_such(id);
        };
        let all: Vec<Value> = match cast {
            "microsoft.graph.directoryRole" => {
                let shown = call.may(&ROLES);
                let name = |name: &String| if shown { json!(name) } else { Value::Null };
                person.roles.iter().map(|role| json!({ "id": "r", "displayName": name(role) })).collect()
            }
            "microsoft.graph.group" if call.may(&GROUPS) => {
                let group = |(name, assignable): &(String, bool)| json!({ "id": name, "displayName": name, "isAssignableToRole": assignable.then_some(true) });
                self.groups_of(&person, reach).iter().map(group).collect()
            }
            "microsoft.graph.group" => {
                let hidden = |(name, _): &(String, bool)| json!({ "id": name, "displayName": null, "isAssignableToRole": null });
                self.groups_of(&person, reach).iter().map(hidden).collect()
            }
            other => return self.undocumented(400, "Request_BadRequest", &format!("a cast to {other}")),
        };
        self.paged(&format!("users/{id}/{reach}/{cast}"), all, call)
    }

    pub(super) fn assignments(&mut self, kind: &str, call: &Call<'_>) -> Answer {
        if let Err(answer) = self.options(call, &["$filter"]) {
            return answer;
        }
        if !call.may(&ROLES) {
            return self.denied();
        }
        let eligible = kind == "roleEligibilityScheduleInstances";
        if eligible && !self.licensed {
            let words =
                "The tenant needs to have Microsoft Entra ID P2 or Microsoft Entra ID Governance license.";
            return (400, Some(self.error(400, "AadPremiumLicenseRequired", words)));
        }
        let principal = match call.options.get("$filter").map(|text| (text, Filter::parse(text))) {
            None => None,
            Some((_, Some(filter))) if filter.principal().is_some() => filter.principal().map(str::to_owned),
            Some((text, _)) => {
                return self.undocumented(400, "Request_BadRequest", &format!("$filter={text}"));
            }
        };
        let mut all = Vec::new();
        let row = |principal: &str, role: &str, scope: &str| json!({ "id": "a", "principalId": principal, "roleDefinitionId": role, "directoryScopeId": scope });
        for person in &self.people {
            let own = if eligible { &person.eligible } else { &person.assigned };
            all.extend(own.iter().map(|role| row(&person.id, role, "/")));
        }
        if !eligible {
            all.extend(self.own_roles.iter().map(|(role, scope)| row(OBJECT, role, scope)));
        }
        all.retain(|row| principal.as_ref().is_none_or(|id| row["principalId"] == *id));
        self.paged(&format!("roleManagement/directory/{kind}"), all, call)
    }

    pub(super) fn groups(&mut self, call: &Call<'_>) -> Answer {
        if let Err(answer) = self.options(call, &["$select", "$top", "$filter"]) {
            return answer;
        }
        if !call.may(&GROUPS) {
            return self.denied();
        }
        let filter = match call.options.get("$filter").map(|text| (text, Filter::parse(text))) {
            None => None,
            Some((_, Some(filter)))
                if filter.one("displayName").is_some() || filter.one("isAssignableToRole").is_some() =>
            {
                Some(filter)
            }
            Some((text, _)) => {
                return self.undocumented(400, "Request_UnsupportedQuery", &format!("$filter={text}"));
            }
        };
        let wanted = filter.as_ref().and_then(|filter| filter.one("displayName"));
        let only = filter.as_ref().is_some_and(|filter| filter.one("isAssignableToRole").is_some());
        let all = self.people.iter().flat_map(|person| self.groups_of(person, "transitive"));
        let all = all.filter(|(_, assignable)| *assignable || !only).map(|(name, _)| name);
        let names: BTreeSet<String> =
            all.filter(|name| wanted.is_none_or(|wanted| wanted.eq_ignore_ascii_case(name))).collect();
        let shown = names.into_iter().map(|name| json!({ "id": name, "displayName": name })).collect();
        self.paged("groups", shown, call)
    }

    pub(super) fn members(&mut self, id: &str, reach: &str, call: &Call<'_>) -> Answer {
        if let Err(answer) = self.options(call, &["$select", "$count", "$top"]) {
            return answer;
        }
        if let Err(answer) = self.demands_eventual(call, "a cast") {
            return answer;
        }
        if !call.may(&GROUPS) {
            return self.denied();
        }
        let member = |person: &&Person| self.groups_of(person, reach).iter().any(|(name, _)| name == id);
        let all: Vec<Value> =
            self.people.iter().filter(member).map(|person| json!({ "id": person.id })).collect();
        if all.is_empty() {
            self.no_such(id)
        } else {
            self.paged(&format!("groups/{id}/{reach}/microsoft.graph.user"), all, call)
        }
    }

    /// People who are switched off are not in it.
    pub(super) fn report(&mut self, call: &Call<'_>) -> Answer {
        if let Err(answer) = self.options(call, &["$filter"]) {
            return answer;
        }
        if !call.may(&["AuditLog.Read.All"]) {
            let words = "Either tenant is B2C or tenant doesn't have premium license";
            return (
                403,
                Some(self.error(403, "Authentication_RequestFromNonPremiumTenantOrB2CTenant", words)),
            );
        }
        let method = |phone: &Value| match phone["phoneType"].as_str() {
            Some("mobile") => "mobilePhone",
            Some("alternateMobile") => "alternateMobilePhone",
            _ => "officePhone",
        };
        let row = |person: &&Person| {
            let phones = person.phones.as_array().into_iter().flatten();
            let methods: Vec<&str> = phones.map(method).chain(["microsoftAuthenticatorPush"]).collect();
            json!({ "id": person.id, "userPrincipalName": person.upn, "isAdmin": !person.roles.is_empty(),
                "methodsRegistered": methods, "lastUpdatedDateTime": "2026-11-23T00:00:00Z" })
        };
        let is_in =
            |person: &&Person| person.reported && person.enabled == Some(true) && person.kind == "user";
        let on = self.people.iter().filter(is_in);
        let on: Vec<&Person> = on.collect();
        self.paged_by("reports/authenticationMethods/userRegistrationDetails", &on, call, row)
    }
}
