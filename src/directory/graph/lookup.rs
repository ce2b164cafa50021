//! From a name that somebody wrote to the one account that has it. The search index follows the
//! directory after a while, so whoever is found there is read again by identifier, and must have the
//! name there, too.

use super::client::{GraphClient, Mode, Until};
use super::failure::GraphError;
use super::user::User;
use crate::directory::under_each;
use crate::http::ServiceUrl;
use crate::types::Username;

const SELECT: &str = "id,userPrincipalName,mail,proxyAddresses,onPremisesSamAccountName";
/// Two are too many already.
const MOST: &str = "5";
/// Graph takes so many values after `in`.
const VALUES_MAX: usize = 15;

/// Who has a name.
pub(super) enum Named {
    One(Box<User>),
    Nobody,
    Several,
}

impl GraphClient {
    /// Who is called `name`? One without a domain is looked for under each of `domains`, too.
    pub(super) async fn named(
        &self,
        name: &Username,
        domains: &[String],
        until: Until,
    ) -> Result<Named, GraphError> {
        let by_upn = async {
            let mut found = Vec::new();
            for filter in by_upn(name, domains) {
                found.extend(self.asked(&filter, Mode::Plain, until).await?);
            }
            Ok(found)
        };
        let (mail, proxy) = (equals("mail", name), by_proxy(name));
        let (upn, second, third) = match name.as_str().contains('@') {
            true => tokio::try_join!(
                by_upn,
                self.asked(&mail, Mode::Plain, until),
                self.asked(&proxy, Mode::Plain, until),
            )?,
            false => {
                let sam = equals("onPremisesSamAccountName", name);
                let (upn, sam) = tokio::try_join!(by_upn, self.asked(&sam, Mode::Advanced, until))?;
                (upn, sam, Vec::new())
            }
        };
        let mut found: Vec<User> = Vec::new();
        for user in upn.into_iter().chain(second).chain(third) {
            if !user.answers_to(name, domains) {
                return Err(GraphError::Half("a search found somebody with another name".to_owned()));
            }
            if found.iter().all(|known| known.id != user.id) {
                found.push(user);
            }
        }
        match found.as_slice() {
            [] => Ok(Named::Nobody),
            [one] => match self.user(&one.id(), until).await? {
                None => Ok(Named::Nobody),
                Some(user) if user.answers_to(name, domains) => Ok(Named::One(Box::new(user))),
                Some(_) => {
                    Err(GraphError::Half("the account that was found has another name now".to_owned()))
                }
            },
            [_, _, ..] => Ok(Named::Several),
        }
    }

    async fn asked(&self, filter: &str, mode: Mode, until: Until) -> Result<Vec<User>, GraphError> {
        let url = self.at(&["users"]).with_option("$filter", filter);
        let url = url.with_option("$select", SELECT).with_option("$top", MOST);
        let counted = |url: ServiceUrl| url.with_option("$count", "true");
        let url = if mode == Mode::Advanced { counted(url) } else { url };
        // A further page would not change that there are several.
        self.page(&url, mode, until).await.map(|(users, _, _)| users)
    }
}

fn by_upn(name: &Username, domains: &[String]) -> Vec<String> {
    if name.as_str().contains('@') {
        let own = is_upn(name.as_str()).then(|| equals("userPrincipalName", name));
        return own.into_iter().collect();
    }
    let whole = under_each(name, domains).into_iter();
    let literals: Vec<String> = whole.filter(|name| is_upn(name)).map(|name| literal(&name)).collect();
    let some = |some: &[String]| format!("userPrincipalName in ({})", some.join(","));
    literals.chunks(VALUES_MAX).map(some).collect()
}

/// Both spellings: whether the filter heeds case is not documented.
fn by_proxy(name: &Username) -> String {
    let (first, further) = (literal(&format!("SMTP:{name}")), literal(&format!("smtp:{name}")));
    format!("proxyAddresses/any(p:p eq {first} or p eq {further})")
}

fn equals(property: &str, name: &Username) -> String {
    format!("{property} eq {}", literal(name.as_str()))
}

/// A text in a filter: quotes are doubled (OData 4.01 URL Conventions 5.1.1.6.1).
pub(super) fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// Could Entra ID have given it? Letters, digits and `' . - _ ! # ^ ~`, at most 113, 64 of them before
/// the `@` (<https://learn.microsoft.com/entra/identity/authentication/concept-sspr-policy>).
fn is_upn(name: &str) -> bool {
    let Some((before, domain)) = name.split_once('@') else { return false };
    let allowed = |c: char| c.is_ascii_alphanumeric() || "'.-_!#^~".contains(c);
    name.len() <= 113
        && (1..=64).contains(&before.len())
        && (1..=48).contains(&domain.len())
        && !domain.contains('@')
        && name.chars().all(|c| allowed(c) || c == '@')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> Username {
        Username::parse(text).unwrap()
    }

    #[test]
    fn a_quote_ends_no_literal() {
        assert_eq!(equals("mail", &name("o'hara@kommun.example")), "mail eq 'o''hara@kommun.example'");
        assert_eq!(
            by_proxy(&name("o'h@k.example")),
            "proxyAddresses/any(p:p eq 'SMTP:o''h@k.example' or p eq 'smtp:o''h@k.example')"
        );
    }

    #[test]
    fn a_bare_name_is_looked_for_under_the_own_domains() {
        let own = ["kommun.example".to_owned(), "edu.kommun.example".to_owned()];
        let filter = "userPrincipalName in ('anna@kommun.example','anna@edu.kommun.example')";
        assert_eq!(by_upn(&name("anna"), &own), [filter]);
        assert_eq!(by_upn(&name("anna"), &[]), [""; 0]);
        assert_eq!(by_upn(&name("a@b.example"), &own), ["userPrincipalName eq 'a@b.example'"]);
    }

    #[test]
    fn more_domains_than_graph_takes_at_once_are_asked_for_in_turn() {
        let own: Vec<String> = (0..16).map(|n| format!("d{n}.example")).collect();
        let filters = by_upn(&name("anna"), &own);
        let values = |filter: &String| filter.matches("anna@").count();
        assert_eq!(filters.iter().map(values).collect::<Vec<_>>(), [15, 1]);
    }

    #[test]
    fn what_cannot_be_a_user_principal_name_is_not_asked_for() {
        for bad in
            ["a+b@k.example", &format!("{}@k.example", "a".repeat(65)), &format!("a@{}", "k".repeat(49))]
        {
            assert_eq!(by_upn(&name(bad), &[]), [""; 0], "{bad}");
        }
        assert!(is_upn("o'hara_1!#^~.-x@kommun.example"));
    }
}
