//! Whom roles and groups hold, for a walk over everybody: a few lists in place of calls for each person.

use std::collections::HashSet;

use super::census::{PATIENCE, Pace};
use super::client::{GraphClient, Mode, Until};
use super::failure::GraphError;
use super::lookup::literal;
use super::privilege::{Assignment, GROUPS, ROLES, is_unlicensed};
use super::user::Reference;
use crate::directory::{Listed, Privilege};
use crate::http::ServiceUrl;

/// Who of everybody is privileged by roles or groups.
pub(super) enum Privileged {
    /// They, by identifier.
    These(HashSet<String>),
    /// It may not be read for want of this permission.
    Unread(&'static str),
}

impl Privileged {
    /// Marks somebody whom the report `calls_admin`, or not.
    pub(super) fn mark(&self, one: &mut Listed, calls_admin: bool) {
        if one.account.privilege != Privilege::Ordinary {
            return;
        }
        one.account.privilege = match self {
            Self::These(found) if calls_admin || found.contains(one.account.id.as_str()) => {
                let why = "has a role, may activate one, or is in a group that roles can be given to";
                Privilege::Privileged(why.to_owned())
            }
            Self::These(_) => Privilege::Ordinary,
            Self::Unread(_) if calls_admin => Privilege::Privileged("has a role".to_owned()),
            Self::Unread(permission) => Privilege::Unknown(format!(
                "who is privileged may not be read: the application lacks {permission}"
            )),
        };
    }
}

impl GraphClient {
    /// Everybody with a role, or with one to activate, by themselves or by a group; and everybody in a group
    /// that roles can be given to, whether it has one today or not, as a look at one person counts it.
    pub(super) async fn privileged(
        &self,
        people: &[Listed],
        pace: &mut Pace,
    ) -> Result<Privileged, GraphError> {
        let all = |kind: &str| self.at(&["roleManagement", "directory", kind]);
        let assigned = self.every(&all("roleAssignments"), pace).await;
        let eligible = match self.every(&all("roleEligibilityScheduleInstances"), pace).await {
            Err(error) if is_unlicensed(&error) => Ok(Vec::new()),
            answered => answered,
        };
        let mut found = HashSet::new();
        for answered in [assigned, eligible] {
            match answered {
                Ok(assignments) => found.extend(assignments.into_iter().map(|a: Assignment| a.principal_id)),
                Err(error) if error.is_forbidden() => return Ok(Privileged::Unread(ROLES)),
                Err(error) => return Err(error),
            }
        }
        let known: HashSet<&str> = people.iter().map(|one| one.account.id.as_str()).collect();
        let mut groups: HashSet<String> =
            found.iter().filter(|id| !known.contains(id.as_str())).cloned().collect();
        match self.assignable_groups(pace).await {
            Ok(assignable) => groups.extend(assignable),
            Err(error) if error.is_forbidden() => return Ok(Privileged::Unread(GROUPS)),
            Err(error) => return Err(error),
        }
        for id in groups {
            match self.members(&id, pace).await {
                Ok(members) => found.extend(members),
                // An application, or a group that was deleted.
                Err(error) if error.is_not_found() => {}
                Err(error) if error.is_forbidden() => return Ok(Privileged::Unread(GROUPS)),
                Err(error) => return Err(error),
            }
        }
        Ok(Privileged::These(found))
    }

    /// The groups that roles can be given to (<https://learn.microsoft.com/graph/api/resources/group>,
    /// `isAssignableToRole`).
    async fn assignable_groups(&self, pace: &mut Pace) -> Result<Vec<String>, GraphError> {
        let url = self.at(&["groups"]).with_option("$filter", "isAssignableToRole eq true");
        pace.turn().await;
        let url = url.with_option("$select", "id");
        let groups: Vec<Reference> = self.list(&url, Mode::Plain, Until::within(PATIENCE)).await?;
        Ok(groups.into_iter().map(|group| group.id).collect())
    }

    /// The groups with this name.
    pub(super) fn named_group(&self, name: &str) -> ServiceUrl {
        let url = self.at(&["groups"]).with_option("$filter", &format!("displayName eq {}", literal(name)));
        url.with_option("$select", "id")
    }

    /// The members of the groups with these names.
    pub(super) async fn watched(
        &self,
        names: &[String],
        pace: &mut Pace,
    ) -> Result<Vec<(String, HashSet<String>)>, GraphError> {
        let mut watched = Vec::new();
        for name in names {
            pace.turn().await;
            let url = self.named_group(name);
            let groups: Vec<Reference> = self.list(&url, Mode::Plain, Until::within(PATIENCE)).await?;
            let mut members = HashSet::new();
            for group in groups {
                members.extend(self.members(&group.id, pace).await?);
            }
            watched.push((name.clone(), members));
        }
        Ok(watched)
    }

    /// The people in a group, and in those within it.
    async fn members(&self, group: &str, pace: &mut Pace) -> Result<Vec<String>, GraphError> {
        let url = self.at(&["groups", group, "transitiveMembers", "microsoft.graph.user"]);
        let url = url.with_option("$select", "id").with_option("$count", "true").with_option("$top", "999");
        pace.turn().await;
        let members: Vec<Reference> = self.list(&url, Mode::Advanced, Until::within(PATIENCE)).await?;
        Ok(members.into_iter().map(|member| member.id).collect())
    }

    async fn every(&self, url: &ServiceUrl, pace: &mut Pace) -> Result<Vec<Assignment>, GraphError> {
        pace.turn().await;
        self.list(url, Mode::Plain, Until::within(PATIENCE)).await
    }
}
