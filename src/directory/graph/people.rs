//! Looking for people by name, for somebody to choose from. `$search` asks the search index
//! (<https://learn.microsoft.com/graph/search-query-parameter>): of `displayName` it compares words, in any order, of
//! other properties the beginning; a clause stands in double quotes, and what would end it is escaped by a backslash.

use serde::Deserialize;

use super::client::{GraphClient, Mode, Until};
use super::failure::GraphError;
use crate::directory::Found;
use crate::types::{EmailAddress, Username};

/// What is shown of somebody, and what tells whether the account is open and the organisation's own.
const SELECT: &str = "displayName,userPrincipalName,mail,jobTitle,department,accountEnabled,userType";

/// Somebody, as the index has them.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Hit {
    display_name: Option<String>,
    user_principal_name: Option<String>,
    mail: Option<String>,
    job_title: Option<String>,
    department: Option<String>,
    account_enabled: Option<bool>,
    user_type: Option<String>,
}

impl GraphClient {
    /// Those whose name or username begins so; at most `most`.
    pub(super) async fn people(&self, name: &str, most: u8, until: Until) -> Result<Vec<Found>, GraphError> {
        let url = self.at(&["users"]).with_option("$search", &search(name));
        let url = url.with_option("$select", SELECT).with_option("$top", &most.to_string());
        // A further page would be more than anybody chooses from.
        let (hits, _, _) = self.page::<Hit>(&url, Mode::Advanced, until).await?;
        Ok(hits.into_iter().filter_map(found).collect())
    }
}

fn search(name: &str) -> String {
    // An ampersand is known to be misread there.
    let text: String = name.chars().map(|c| if c == '&' || c.is_control() { ' ' } else { c }).collect();
    let text = text.replace('\\', "\\\\").replace('"', "\\\"");
    format!("\"displayName:{text}\" OR \"userPrincipalName:{text}\"")
}

/// `None` for a guest, whose password lives elsewhere, and for somebody whom nobody could name in a form.
fn found(hit: Hit) -> Option<Found> {
    let username = Username::parse(hit.user_principal_name.as_deref()?).ok()?;
    let guest = hit.user_type.is_some_and(|kind| kind.eq_ignore_ascii_case("guest"))
        || username.as_str().to_ascii_uppercase().contains("#EXT#");
    (!guest).then(|| Found {
        username,
        name: hit.display_name.unwrap_or_default(),
        title: hit.job_title.unwrap_or_default(),
        unit: hit.department.unwrap_or_default(),
        mail: hit.mail.as_deref().and_then(|mail| EmailAddress::parse(mail).ok()),
        open: hit.account_enabled == Some(true),
    })
}

#[cfg(test)]
mod tests {
    use super::search;

    #[test]
    fn nothing_that_is_written_ends_its_clause() {
        assert_eq!(search("Anna A"), "\"displayName:Anna A\" OR \"userPrincipalName:Anna A\"");
        let evil = r#"displayName:a\" OR \"displayName:b\\"#;
        let whole = format!(r#""{evil}" OR "{}""#, evil.replacen("displayName", "userPrincipalName", 1));
        assert_eq!(search(r#"a" OR "displayName:b\"#), whole);
        assert!(!search("a&b").contains('&'));
    }
}
