//! Names in `policy.protected_groups` that no group has. They protect nobody, and nobody would notice: `check`
//! names them. Where two registers are one, a group of either is enough.

use super::{Finding, Verdict};

/// A register in which such a group may be.
pub(super) struct Place {
    name: &'static str,
    /// What a group is called by there.
    attribute: &'static str,
}

pub(super) const ENTRA_ID: &Place = &Place { name: "Entra ID", attribute: "displayName" };
pub(super) const ACTIVE_DIRECTORY: &Place =
    &Place { name: "Active Directory", attribute: "sAMAccountName or cn" };

/// What `check` says of a `name` that surely no group has in any of the `places`.
pub(super) fn misspelt(name: &str, places: &[&Place]) -> Finding {
    let any = |words: &dyn Fn(&Place) -> String| {
        places.iter().map(|place| words(place)).collect::<Vec<_>>().join(" or ")
    };
    Finding {
        right: "policy.protected_groups".to_owned(),
        verdict: Verdict::Care,
        text: format!(
            "no group that may be seen in {} is called {name:?}, so the name protects nobody there",
            any(&|place| place.name.to_owned())
        ),
        todo: format!(
            "correct the name in policy.protected_groups: it is {}",
            any(&|place| format!("the group's {} in {}", place.attribute, place.name))
        ),
    }
}
