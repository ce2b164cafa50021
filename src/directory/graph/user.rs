//! A person as Graph tells of one, and what that says of the account
//! (<https://learn.microsoft.com/graph/api/resources/user>).

use serde::Deserialize;

use super::client::{GraphClient, Mode, Until};
use super::failure::GraphError;
use crate::clock::{parse_rfc3339, rfc3339};
use crate::directory::{DirectoryError, Standing};
use crate::http::ServiceUrl;
use crate::types::{AccountId, EmailAddress, UnixMillis, Username};

/// All that is asked of a person: without `$select` Graph leaves most of it out.
const SELECT: &str = "id,displayName,userPrincipalName,mail,proxyAddresses,accountEnabled,userType,\
    creationType,externalUserState,onPremisesSyncEnabled,onPremisesSamAccountName,onPremisesImmutableId,\
    department,isManagementRestricted,lastPasswordChangeDateTime";
/// Without [`LIFE_CYCLE`] it comes back empty, as if nobody ever left.
const LEAVE: &str = "employeeLeaveDateTime";
/// The permission to see when somebody leaves.
pub(super) const LIFE_CYCLE: &str = "User-LifeCycleInfo.Read.All";
/// Of which kind a directory object is.
const USER_TYPE: &str = "#microsoft.graph.user";

/// A person.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct User {
    pub(super) id: String,
    #[serde(rename = "@odata.type")]
    kind: Option<String>,
    display_name: Option<String>,
    user_principal_name: Option<String>,
    mail: Option<String>,
    proxy_addresses: Option<Vec<String>>,
    account_enabled: Option<bool>,
    user_type: Option<String>,
    creation_type: Option<String>,
    external_user_state: Option<String>,
    on_premises_sync_enabled: Option<bool>,
    pub(super) on_premises_sam_account_name: Option<String>,
    pub(super) on_premises_immutable_id: Option<String>,
    department: Option<String>,
    is_management_restricted: Option<bool>,
    employee_leave_date_time: Option<String>,
    last_password_change_date_time: Option<String>,
    /// Only in lists that were asked to expand it.
    pub(super) manager: Option<Reference>,
}

/// Another object.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Reference {
    pub(super) id: String,
}

impl GraphClient {
    /// `url` with all that is asked of a person.
    pub(super) async fn select(&self, url: ServiceUrl, until: Until) -> Result<ServiceUrl, GraphError> {
        let roles = self.token(until).await?.roles().unwrap_or_default();
        let leave = roles.iter().any(|role| role == LIFE_CYCLE);
        let select = if leave { format!("{SELECT},{LEAVE}") } else { SELECT.to_owned() };
        Ok(url.with_option("$select", &select))
    }

    /// The person with this identifier, from the directory itself.
    pub(super) async fn user(&self, id: &AccountId, until: Until) -> Result<Option<User>, GraphError> {
        let url = self.select(self.at(&["users", id.as_str()]), until).await?;
        let found: Option<User> = self.find(&url, Mode::Plain, until).await?;
        match found {
            Some(user) if user.id != id.as_str() => {
                Err(GraphError::Half("it answered about somebody else".to_owned()))
            }
            found => Ok(found),
        }
    }
}

impl User {
    pub(super) fn id(&self) -> AccountId {
        AccountId::new(self.id.as_str())
    }

    /// A list of directory objects may hold groups and contacts, too.
    pub(super) fn is_user(&self) -> bool {
        self.kind.as_deref().is_none_or(|kind| kind == USER_TYPE)
    }

    pub(super) fn name(&self) -> String {
        self.display_name.clone().unwrap_or_default()
    }

    pub(super) fn unit(&self) -> String {
        self.department.clone().unwrap_or_default()
    }

    pub(super) fn mail(&self) -> Option<EmailAddress> {
        self.mail.as_deref().and_then(|mail| EmailAddress::parse(mail).ok())
    }

    pub(super) fn username(&self) -> Result<Username, DirectoryError> {
        let name = self.user_principal_name.as_deref().and_then(|name| Username::parse(name).ok());
        name.ok_or_else(|| {
            DirectoryError::Half("Graph: an account has no userPrincipalName that is one".into())
        })
    }

    /// Every name but the first that the account answers to.
    pub(super) fn aliases(&self) -> Vec<Username> {
        let names = self.addresses().chain(self.on_premises_sam_account_name.as_deref());
        let mut found: Vec<Username> = Vec::new();
        for name in names.filter_map(|name| Username::parse(name).ok()) {
            let is_first = self.user_principal_name.as_deref().is_some_and(|upn| same(upn, name.as_str()));
            if !is_first && !found.contains(&name) {
                found.push(name);
            }
        }
        found
    }

    fn addresses(&self) -> impl Iterator<Item = &str> {
        let proxies = self.proxy_addresses.iter().flatten();
        let smtp = proxies.filter_map(|proxy| {
            let (scheme, address) = proxy.split_once(':')?;
            scheme.eq_ignore_ascii_case("smtp").then_some(address)
        });
        self.mail.as_deref().into_iter().chain(smtp)
    }

    /// Is `name` really one of its names? A filter that Graph does not know may be left out in silence.
    pub(super) fn answers_to(&self, name: &Username, domains: &[String]) -> bool {
        let name = name.as_str();
        let upn = self.user_principal_name.as_deref();
        let own_domain = |upn: &str| domains.iter().any(|domain| same(upn, &format!("{name}@{domain}")));
        upn.is_some_and(|upn| same(upn, name) || own_domain(upn))
            || self.on_premises_sam_account_name.as_deref().is_some_and(|sam| same(sam, name))
            || self.addresses().any(|address| same(address, name))
    }

    /// Is it synchronised from Active Directory? `null` means that it never was.
    pub(super) fn is_synchronised(&self) -> bool {
        self.on_premises_sync_enabled == Some(true)
    }

    /// A guest's password lives in another organisation. `userType` alone does not tell: whoever came by an
    /// invitation may be made a Member, by hand or by cross-tenant synchronisation, and still signs in at home
    /// (<https://learn.microsoft.com/graph/api/resources/user>, `creationType`, `externalUserState`).
    pub(super) fn is_guest(&self) -> bool {
        let upn = self.user_principal_name.as_deref().unwrap_or_default();
        let from_outside =
            |how: &str| ["Invitation", "SelfServiceSignUp"].iter().any(|outside| same(how, outside));
        self.user_type.as_deref().is_some_and(|kind| same(kind, "Guest"))
            || upn.to_ascii_uppercase().contains("#EXT#")
            || self.creation_type.as_deref().is_some_and(from_outside)
            // Only the invited have one, whether they have accepted or not.
            || self.external_user_state.is_some()
    }

    pub(super) fn is_management_restricted(&self) -> bool {
        self.is_management_restricted == Some(true)
    }

    /// May it be signed in to, at `now`?
    pub(super) fn standing(&self, now: UnixMillis) -> Result<Standing, DirectoryError> {
        let enabled = self.account_enabled.ok_or_else(|| {
            DirectoryError::Half("Graph: accountEnabled of an account is missing".to_owned())
        })?;
        if !enabled {
            return Ok(Standing::Closed("switched off".to_owned()));
        }
        let Some(text) = &self.employee_leave_date_time else { return Ok(Standing::Open) };
        let left = parse_rfc3339(text)
            .ok_or_else(|| DirectoryError::Half("Graph: employeeLeaveDateTime is no time".to_owned()))?;
        if left <= now {
            let day = rfc3339(left).chars().take(10).collect::<String>();
            return Ok(Standing::Closed(format!("of somebody who left on {day}")));
        }
        Ok(Standing::Open)
    }

    /// When its password was last changed.
    pub(super) fn password_changed_at(&self) -> Option<UnixMillis> {
        self.last_password_change_date_time.as_deref().and_then(parse_rfc3339)
    }
}

/// Names are compared without regard to case, as Entra ID does.
fn same(one: &str, other: &str) -> bool {
    one.eq_ignore_ascii_case(other)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn user(more: &str) -> User {
        let text = format!("{{\"id\":\"1\",\"userPrincipalName\":\"anna@kommun.example\"{more}}}");
        serde_json::from_str(&text).unwrap()
    }

    #[test]
    fn a_name_is_an_accounts_only_when_it_says_so_itself() {
        let anna = user(
            ",\"mail\":\"Anna.Andersson@kommun.example\",\"onPremisesSamAccountName\":\"aand01\",\
             \"proxyAddresses\":[\"SMTP:anna.andersson@kommun.example\",\"smtp:aa@kommun.example\",\
             \"X500:/o=kommun/cn=aa\",\"SIP:sip@kommun.example\"]",
        );
        let own = ["kommun.example".to_owned()];
        let answers = |name: &str| anna.answers_to(&Username::parse(name).unwrap(), &own);
        for name in
            ["ANNA@kommun.example", "anna", "anna.andersson@KOMMUN.example", "AAND01", "aa@kommun.example"]
        {
            assert!(answers(name), "{name}");
        }
        for name in ["ann", "sip@kommun.example", "aand011", "anna@annan.example", "aa"] {
            assert!(!answers(name), "{name}");
        }
        let aliases: Vec<_> = anna.aliases().iter().map(|name| name.folded()).collect();
        assert_eq!(aliases, ["anna.andersson@kommun.example", "aa@kommun.example", "aand01"]);
    }

    #[test]
    fn what_closes_an_account_is_said_and_what_is_missing_is_no_answer() {
        let now = parse_rfc3339("2026-11-24T09:00:00Z").unwrap();
        let standing = |more: &str| user(more).standing(now);
        assert_eq!(standing(",\"accountEnabled\":true"), Ok(Standing::Open));
        assert_eq!(standing(",\"accountEnabled\":false"), Ok(Standing::Closed("switched off".to_owned())));
        let leaves =
            |when: &str| standing(&format!(",\"accountEnabled\":true,\"employeeLeaveDateTime\":{when}"));
        let left = Standing::Closed("of somebody who left on 2026-10-31".to_owned());
        assert_eq!(leaves("\"2026-10-31T23:00:00Z\""), Ok(left));
        assert_eq!(leaves("\"2026-12-31T23:00:00Z\""), Ok(Standing::Open));
        assert_eq!(leaves("null"), Ok(Standing::Open));
        for half in [leaves("\"soon\""), standing(""), standing(",\"accountEnabled\":null")] {
            assert!(matches!(half, Err(DirectoryError::Half(_))), "{half:?}");
        }
    }

    #[test]
    fn a_guest_is_known_by_type_by_name_and_by_how_it_came() {
        assert!(user(",\"userType\":\"guest\"").is_guest());
        assert!(!user(",\"userType\":\"Member\"").is_guest());
        let member = |more: &str| user(&format!(",\"userType\":\"Member\",{more}")).is_guest();
        assert!(member("\"creationType\":\"Invitation\""));
        assert!(member("\"creationType\":\"SelfServiceSignUp\""));
        assert!(member("\"externalUserState\":\"PendingAcceptance\""));
        assert!(!member("\"creationType\":null,\"externalUserState\":null"));
        // Verified by mail, and the organisation's own.
        assert!(!member("\"creationType\":\"EmailVerified\""));
        let text =
            "{\"id\":\"1\",\"userType\":\"Member\",\"userPrincipalName\":\"a_b.example#ext#@k.example\"}";
        assert!(serde_json::from_str::<User>(text).unwrap().is_guest());
        assert!(!user(",\"onPremisesSyncEnabled\":null").is_synchronised());
        assert!(!user(",\"onPremisesSyncEnabled\":false").is_synchronised());
        assert!(user(",\"onPremisesSyncEnabled\":true").is_synchronised());
    }
}
