//! Is an account privileged? By directory roles, by groups that roles can be given to, by role
//! assignments of any scope, and by those that the person may activate. It fails closed: what may not be
//! read counts as privileged, and what fails is no answer at all.

use serde::Deserialize;

use super::client::{GraphClient, Mode, Until};
use super::failure::GraphError;
use super::lookup::literal;
use super::user::User;
use crate::directory::{DirectoryError, Privilege};

/// What reading roles and assignments needs.
pub(super) const ROLES: &str = "RoleManagement.Read.Directory";
/// What reading the names of groups needs.
pub(super) const GROUPS: &str = "GroupMember.Read.All";
/// Graph's answer where nobody can have an eligible assignment: the feature is not licensed
/// (Microsoft Entra ID P2 or Governance).
pub(super) const UNLICENSED: &str = "AadPremiumLicenseRequired";

/// A role or a group. Of kinds that may not be read, only the identifier comes back.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Membership {
    pub(super) display_name: Option<String>,
    #[serde(default)]
    pub(super) is_assignable_to_role: Option<bool>,
}

/// A role that somebody has, or may take.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Assignment {
    #[serde(default)]
    pub(super) principal_id: String,
    pub(super) role_definition_id: String,
    pub(super) directory_scope_id: Option<String>,
}

/// What roles and groups say of a person.
#[derive(Debug)]
pub(super) struct Powers {
    pub(super) privilege: Privilege,
    pub(super) groups: Vec<String>,
}

impl GraphClient {
    /// What `user` may do beyond ordinary work; the calls run side by side.
    pub(super) async fn powers(&self, user: &User, until: Until) -> Result<Powers, DirectoryError> {
        let (roles, groups, assigned, eligible) = tokio::join!(
            self.memberships(&user.id, "directoryRole", "id,displayName,roleTemplateId", until),
            self.memberships(&user.id, "group", "id,displayName,isAssignableToRole", until),
            self.assignments(&user.id, until),
            self.eligible(&user.id, until),
        );
        let mut found = Findings::default();
        if user.is_guest() {
            found.has("a guest, whose password lives in another organisation");
        }
        if user.is_management_restricted() {
            found.has("in a restricted management administrative unit");
        }
        for role in found.read(roles, ROLES)? {
            found.has(&format!("the role {}", role.display_name.as_deref().unwrap_or("without a name")));
        }
        for assignment in found.read(assigned, ROLES)? {
            found.has(&format!("the role {}", role_name(&assignment.role_definition_id)));
        }
        let eligible = match eligible {
            Err(error) if is_unlicensed(&error) => Ok(Vec::new()),
            answered => answered,
        };
        for assignment in found.read(eligible, ROLES)? {
            found.has(&format!("may activate the role {}", role_name(&assignment.role_definition_id)));
        }
        let mut names = Vec::new();
        for group in found.read(groups, GROUPS)? {
            let Some(name) = group.display_name else {
                found.lacks("the names of its groups may not be read", GROUPS);
                continue;
            };
            if group.is_assignable_to_role == Some(true) {
                found.has(&format!("the group {name}, which roles can be given to"));
            }
            names.push(name);
        }
        Ok(Powers { privilege: found.privilege(), groups: names })
    }

    async fn memberships(
        &self,
        user: &str,
        kind: &str,
        select: &str,
        until: Until,
    ) -> Result<Vec<Membership>, GraphError> {
        let cast = format!("microsoft.graph.{kind}");
        let url = self.at(&["users", user, "transitiveMemberOf", &cast]).with_option("$select", select);
        let url = url.with_option("$count", "true").with_option("$top", "999");
        self.list(&url, Mode::Advanced, until).await
    }

    /// Roles that `principal` has itself, of every scope. Those by a group show in its groups.
    pub(super) async fn assignments(
        &self,
        principal: &str,
        until: Until,
    ) -> Result<Vec<Assignment>, GraphError> {
        self.assignments_in("roleAssignments", principal, until).await
    }

    /// Roles that `principal` may activate.
    pub(super) async fn eligible(
        &self,
        principal: &str,
        until: Until,
    ) -> Result<Vec<Assignment>, GraphError> {
        self.assignments_in("roleEligibilityScheduleInstances", principal, until).await
    }

    async fn assignments_in(
        &self,
        kind: &str,
        principal: &str,
        until: Until,
    ) -> Result<Vec<Assignment>, GraphError> {
        let url = self.at(&["roleManagement", "directory", kind]);
        let url = url.with_option("$filter", &format!("principalId eq {}", literal(principal)));
        let found: Vec<Assignment> = self.list(&url, Mode::Plain, until).await?;
        if found.iter().any(|assignment| assignment.principal_id != principal) {
            return Err(GraphError::Half("it answered with the roles of somebody else".to_owned()));
        }
        Ok(found)
    }
}

pub(super) fn is_unlicensed(error: &GraphError) -> bool {
    error.refusal().is_some_and(|refusal| refusal.status == 400 && refusal.code == UNLICENSED)
}

/// What was found out so far: a reason to call it privileged weighs more than a gap.
#[derive(Default)]
struct Findings {
    has: Option<String>,
    gap: Option<String>,
}

impl Findings {
    fn has(&mut self, what: &str) {
        self.has.get_or_insert_with(|| what.to_owned());
    }

    fn lacks(&mut self, what: &str, permission: &str) {
        self.gap.get_or_insert_with(|| format!("{what}: the application lacks {permission}"));
    }

    /// What was read. A refusal for want of a permission is a gap; anything else that fails ends the look.
    fn read<T>(
        &mut self,
        answered: Result<Vec<T>, GraphError>,
        permission: &str,
    ) -> Result<Vec<T>, DirectoryError> {
        match answered {
            Ok(read) => Ok(read),
            Err(error) if error.is_forbidden() => {
                self.lacks(&error.to_string(), permission);
                Ok(Vec::new())
            }
            Err(error) => Err(error.into()),
        }
    }

    fn privilege(self) -> Privilege {
        match (self.has, self.gap) {
            (Some(what), _) => Privilege::Privileged(what),
            (None, Some(why)) => Privilege::Unknown(why),
            (None, None) => Privilege::Ordinary,
        }
    }
}

/// Built-in roles have the same identifier everywhere
/// (<https://learn.microsoft.com/entra/identity/role-based-access-control/permissions-reference>).
pub(super) const USER_ADMINISTRATOR: &str = "fe930be7-5e62-47db-91af-98c3a49a38b1";

/// A role by its identifier, as the portal calls it.
pub(super) fn role_name(id: &str) -> String {
    let name = match id {
        USER_ADMINISTRATOR => "User Administrator",
        "62e90394-69f5-4237-9190-012177145e10" => "Global Administrator",
        "7be44c8a-adaf-4e2a-84d6-ab2649e08a13" => "Privileged Authentication Administrator",
        "e8611ab8-c189-46e8-94e1-60213ab1f814" => "Privileged Role Administrator",
        "c4e39bd9-1100-46d3-8c65-fb160da0071f" => "Authentication Administrator",
        "966707d0-3269-4727-9be2-8c3a10f19b9d" => "Password Administrator",
        "729827e3-9c14-49f7-bb1b-9608f156bbb8" => "Helpdesk Administrator",
        "9b895d92-2cd3-44c7-9d02-a6ac2d5ea5c3" => "Application Administrator",
        "158c047a-c907-4556-b7ef-446551a6b5f7" => "Cloud Application Administrator",
        other => return other.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '-').take(40).collect(),
    };
    name.to_owned()
}
