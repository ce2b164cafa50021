//! The registration report: which types of phones everybody has, many people a call
//! (<https://learn.microsoft.com/graph/api/authenticationmethodsroot-list-userregistrationdetails>).

use std::collections::HashMap;
use std::time::Duration;

use serde::Deserialize;

use super::census::{Bound, PATIENCE, Pace};
use super::client::{GraphClient, Mode, Until};
use super::failure::GraphError;
use crate::directory::{ListedPhones, Part, PhoneType, Progress};

/// Reports take 5 calls in 10 s (<https://learn.microsoft.com/graph/throttling-limits>).
const PACE: Duration = Duration::from_millis(2100);

/// A person as the report has it.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Registered {
    id: String,
    #[serde(default)]
    is_admin: bool,
    methods_registered: Vec<String>,
}

/// What it says of a person.
pub(super) struct Known {
    pub(super) is_admin: bool,
    phones: Vec<PhoneType>,
}

/// Everybody in it, by identifier. Those who are switched off are not.
pub(super) struct Report(HashMap<String, Known>);

impl Report {
    pub(super) fn of(&self, id: &str) -> Option<&Known> {
        self.0.get(id)
    }

    /// The types of somebody's phones.
    pub(super) fn phones(&self, id: &str) -> ListedPhones {
        match self.of(id) {
            Some(known) => ListedPhones::Types(known.phones.clone()),
            None => ListedPhones::Unknown("the registration report does not know the account".to_owned()),
        }
    }
}

impl GraphClient {
    /// The report; `None` when it may not be read, or is not licensed.
    pub(super) async fn report(
        &self,
        told: &(dyn Fn(Progress) + Send + Sync),
    ) -> Result<Option<Report>, GraphError> {
        let url = self.at(&["reports", "authenticationMethods", "userRegistrationDetails"]);
        let (mut report, mut next, mut pace) = (HashMap::new(), Some(url), Pace::new(PACE));
        let mut bound = Bound::default();
        while let Some(url) = next {
            pace.turn().await;
            match self.page::<Registered>(&url, Mode::Plain, Until::within(PATIENCE)).await {
                Ok((page, rest, _)) => {
                    let known = report.len();
                    report.extend(page.into_iter().map(|one| (one.id.clone(), Known::of(&one))));
                    bound.page(report.len() > known)?;
                    told(Progress::Read { what: Part::Report, done: report.len(), all: None });
                    next = rest;
                }
                Err(error) if error.is_forbidden() => {
                    told(Progress::EachAsked(format!("the registration report cannot be read: {error}")));
                    return Ok(None);
                }
                Err(error) => return Err(error),
            }
        }
        Ok(Some(Report(report)))
    }
}

impl Known {
    /// Methods that are no phones are left out.
    fn of(registered: &Registered) -> Self {
        let kind = |method: &String| match method.as_str() {
            "mobilePhone" => Some(PhoneType::Mobile),
            "alternateMobilePhone" => Some(PhoneType::AlternateMobile),
            "officePhone" => Some(PhoneType::Office),
            _ => None,
        };
        let phones = registered.methods_registered.iter().filter_map(kind).collect();
        Self { is_admin: registered.is_admin, phones }
    }
}
