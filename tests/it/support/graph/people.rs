//! Invented people of a tenant, and how Graph shows one.

use serde_json::{Map, Value, json};

/// Every permission that the guide names.
pub const ALL: [&str; 8] = [
    "User.Read.All",
    "UserAuthMethod-Phone.Read.All",
    "MailboxSettings.Read",
    "RoleManagement.Read.Directory",
    "GroupMember.Read.All",
    "AuditLog.Read.All",
    "User-LifeCycleInfo.Read.All",
    "User-PasswordProfile.ReadWrite.All",
];

/// The automatic replies of a mailbox.
#[derive(Clone, Debug)]
pub enum Replies {
    /// No mailbox in Exchange Online.
    None,
    /// This setting.
    Set(Value),
}

/// A directory object; most are users.
#[derive(Clone, Debug)]
pub struct Person {
    pub id: String,
    /// `user`, or `orgContact`.
    pub kind: &'static str,
    pub upn: String,
    pub name: String,
    pub mail: Option<String>,
    pub proxies: Vec<String>,
    pub enabled: Option<bool>,
    pub user_type: String,
    pub creation_type: Option<String>,
    pub external_state: Option<String>,
    /// Is it shown in lists as no page documents it?
    pub odd: bool,
    /// Is it in the registration report already?
    pub reported: bool,
    pub synced: Option<bool>,
    pub sam: Option<String>,
    pub immutable_id: Option<String>,
    pub department: Option<String>,
    pub title: Option<String>,
    pub restricted: bool,
    pub leaves: Option<String>,
    pub changed_at: Option<String>,
    pub phones: Value,
    pub manager: Option<String>,
    pub sponsors: Vec<String>,
    pub replies: Replies,
    /// Directory roles by membership.
    pub roles: Vec<String>,
    /// Groups, and whether roles can be given to them.
    pub groups: Vec<(String, bool)>,
    /// Identifiers of roles, assigned directly.
    pub assigned: Vec<String>,
    /// Identifiers of roles that may be activated.
    pub eligible: Vec<String>,
    pub password: Option<String>,
    pub must_change: bool,
}

impl Person {
    /// An ordinary cloud account with a mobile.
    pub fn new(id: &str, name: &str, upn: &str, mobile: &str) -> Self {
        Self {
            id: id.to_owned(),
            kind: "user",
            upn: upn.to_owned(),
            name: name.to_owned(),
            mail: Some(upn.to_owned()),
            proxies: vec![format!("SMTP:{upn}")],
            enabled: Some(true),
            user_type: "Member".to_owned(),
            creation_type: None,
            external_state: None,
            odd: false,
            reported: true,
            synced: None,
            sam: None,
            immutable_id: None,
            department: Some("Förskola".to_owned()),
            title: None,
            restricted: false,
            leaves: None,
            changed_at: Some("2026-01-02T03:04:05Z".to_owned()),
            phones: json!([phone(mobile, "mobile")]),
            manager: None,
            sponsors: Vec::new(),
            replies: Replies::Set(json!({ "status": "disabled" })),
            roles: Vec::new(),
            groups: vec![("Alla".to_owned(), false)],
            assigned: Vec::new(),
            eligible: Vec::new(),
            password: None,
            must_change: false,
        }
    }

    /// Every property that may be selected.
    fn property(&self, name: &str) -> Option<Value> {
        Some(match name {
            "id" => json!(self.id),
            "displayName" => json!(self.name),
            "userPrincipalName" => json!(self.upn),
            "mail" => json!(self.mail),
            "proxyAddresses" => json!(self.proxies),
            "accountEnabled" => json!(self.enabled),
            "creationType" => json!(self.creation_type),
            "externalUserState" => json!(self.external_state),
            "userType" => json!(self.user_type),
            "onPremisesSyncEnabled" => json!(self.synced),
            "onPremisesSamAccountName" => json!(self.sam),
            "onPremisesImmutableId" => json!(self.immutable_id),
            "department" => json!(self.department),
            "jobTitle" => json!(self.title),
            "isManagementRestricted" => json!(self.restricted.then_some(true)),
            "employeeLeaveDateTime" => json!(self.leaves),
            "lastPasswordChangeDateTime" => json!(self.changed_at),
            _ => return None,
        })
    }

    /// The object with the selected properties; none when one of them does not exist. `hidden` come
    /// back empty, as Graph shows what may not be read.
    pub fn show(&self, select: Option<&str>, hidden: &[&str]) -> Option<Value> {
        let default = "id,displayName,mail,userPrincipalName";
        let mut shown = Map::new();
        if self.kind != "user" {
            shown.insert("@odata.type".to_owned(), json!(format!("#microsoft.graph.{}", self.kind)));
        }
        for name in select.unwrap_or(default).split(',') {
            let value = self.property(name)?;
            let is_hidden = hidden.contains(&name) || (self.kind != "user" && name.starts_with("account"));
            shown.insert(name.to_owned(), if is_hidden { Value::Null } else { value });
        }
        Some(Value::Object(shown))
    }
}

/// A registered phone as Graph shows it.
pub fn phone(number: &str, kind: &str) -> Value {
    json!({ "phoneNumber": number, "phoneType": kind, "smsSignInState": "notAllowedByPolicy",
        "id": "3179e48a-750b-4051-897c-87b9720928f7", "createdDateTime": "2026-01-02T03:04:05Z" })
}

/// Anna, her manager Karin, and Karin's manager Sven.
pub fn the_people() -> Vec<Person> {
    let mut anna =
        Person::new("id-anna", "Anna Andersson", "anna.andersson@kommun.example", "+46 0701740605");
    anna.manager = Some("id-karin".to_owned());
    anna.sam = Some("aand01".to_owned());
    anna.synced = Some(false);
    anna.immutable_id = Some("bm8gcmVhbCBndWlkISE=".to_owned());
    anna.mail = Some("a.andersson@kommun.example".to_owned());
    anna.proxies = vec!["SMTP:a.andersson@kommun.example".to_owned(), "smtp:anna@kommun.example".to_owned()];
    let mut karin = Person::new("id-karin", "Karin Chef", "karin.chef@kommun.example", "+46 701740610");
    karin.manager = Some("id-sven".to_owned());
    let sven = Person::new("id-sven", "Sven Högst", "sven.hogst@kommun.example", "+46 701740611");
    vec![anna, karin, sven]
}
