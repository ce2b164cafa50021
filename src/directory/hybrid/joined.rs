//! Whether people of Entra ID are found in Active Directory at all: with a wrong `base_dn`, or an identifier that
//! may not be read, each register is in order by itself, and everybody who is synchronised counts as protected.

use super::{HybridDirectory, Owner};
use crate::directory::{DirectoryError, Finding, Verdict};

/// So many accounts are tried.
const TRIED: usize = 5;
/// What the line is called.
const SYNCHRONISED: &str = "synchronised accounts";
const TODO: &str = "set directory.ldap.base_dn to where the people are whom the desk shall help, and let the service \
    account read mS-DS-ConsistencyGuid there (Read all properties); an account that is kept elsewhere on purpose \
    needs nothing";

fn finding(verdict: Verdict, text: String, todo: &str) -> Finding {
    Finding { right: SYNCHRONISED.to_owned(), verdict, text, todo: todo.to_owned() }
}

impl HybridDirectory {
    /// Looks for some people who are synchronised in Active Directory.
    pub(super) async fn joined(&self) -> Finding {
        match self.try_to_join().await {
            Ok(found) => found,
            Err(error) => finding(Verdict::Bad, format!("could not be tried: {error}"), ""),
        }
    }

    async fn try_to_join(&self) -> Result<Finding, DirectoryError> {
        let until = self.graph.until();
        let Some(mut some) = self.graph.some_synchronised(until).await? else {
            let todo = "directory.kind = \"graph\" is enough where nobody is synchronised";
            return Ok(finding(
                Verdict::Care,
                "nobody is synchronised from Active Directory".to_owned(),
                todo,
            ));
        };
        some.truncate(TRIED);
        let mut lost = Vec::new();
        for (name, origin) in &some {
            match self.owner(origin, until).await {
                Ok(Owner::OnPremises(_) | Owner::Cloud) => {}
                Ok(Owner::Doubtful(why)) | Err(DirectoryError::Half(why)) => {
                    lost.push(format!("{name}: {why}"));
                }
                Err(error @ (DirectoryError::Unavailable(_) | DirectoryError::TimedOut)) => {
                    return Err(error);
                }
            }
        }
        Ok(match (some.len(), lost.first()) {
            (0, _) => {
                let text = "none of the first that Graph names is open, so none was looked for";
                finding(Verdict::Care, text.to_owned(), "")
            }
            (all, None) => {
                finding(Verdict::Good, format!("{all} were looked for in Active Directory, and found"), "")
            }
            (all, Some(first)) => {
                let text = format!(
                    "{} of {all} that were looked for cannot be made out in Active Directory, so nobody helps them; {first}",
                    lost.len()
                );
                finding(Verdict::Care, text, TODO)
            }
        })
    }
}
