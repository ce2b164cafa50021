//! Is somebody away? By the automatic replies of the mailbox
//! (<https://learn.microsoft.com/graph/api/user-get-mailboxsettings>). It only decides whether a manager is
//! asked, so whatever goes wrong is "it could not be found out", and holds nobody up.

use serde::Deserialize;

use super::client::{GraphClient, Mode, Until};
use super::failure::GraphError;
use crate::clock::Zone;
use crate::directory::Absence;
use crate::types::{AccountId, UnixMillis};

/// What reading them needs.
pub(super) const PERMISSION: &str = "MailboxSettings.Read";

/// `automaticRepliesSetting`; its texts are left out.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Replies {
    status: Option<String>,
    scheduled_start_date_time: Option<ZonedTime>,
    scheduled_end_date_time: Option<ZonedTime>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ZonedTime {
    date_time: String,
    time_zone: String,
}

impl GraphClient {
    pub(super) async fn replies(&self, account: &AccountId, until: Until) -> Result<Replies, GraphError> {
        let url = self.at(&["users", account.as_str(), "mailboxSettings", "automaticRepliesSetting"]);
        self.get(&url, Mode::Mailbox, until).await
    }

    /// Is `account` away at `now`?
    pub(super) async fn absence(&self, account: &AccountId, now: UnixMillis, until: Until) -> Absence {
        match self.replies(account, until.half()).await {
            Ok(replies) => absence(&replies, now),
            Err(error) => {
                // A mailbox of Exchange Server, or none at all: 404 MailboxNotEnabledForRESTAPI.
                if error.is_forbidden() {
                    tracing::warn!(
                        "automatic replies cannot be read: {error}: the application lacks {PERMISSION}"
                    );
                } else if !error.is_not_found() {
                    tracing::warn!("automatic replies cannot be read: {error}");
                }
                Absence::Unknown
            }
        }
    }
}

fn absence(replies: &Replies, now: UnixMillis) -> Absence {
    // The documentation writes the words in both ways.
    match replies.status.as_deref().map(str::to_ascii_lowercase).as_deref() {
        Some("disabled") => Absence::Present,
        Some("alwaysenabled") => Absence::Absent,
        Some("scheduled") => {
            let time = |time: &Option<ZonedTime>| time.as_ref().and_then(ZonedTime::instant);
            match (time(&replies.scheduled_start_date_time), time(&replies.scheduled_end_date_time)) {
                (Some(start), Some(end)) if start <= now && now < end => Absence::Absent,
                (Some(_), Some(_)) => Absence::Present,
                (None, _) | (_, None) => Absence::Unknown,
            }
        }
        Some(_) | None => Absence::Unknown,
    }
}

impl ZonedTime {
    /// `None` for a zone that is not UTC and not in the tz database, such as those of Windows.
    fn instant(&self) -> Option<UnixMillis> {
        let zone = if self.time_zone.eq_ignore_ascii_case("UTC") { "UTC" } else { &self.time_zone };
        Zone::named(zone)?.instant(&self.date_time)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::parse_rfc3339;

    fn at(status: &str, start: &str, end: &str, zone: &str) -> Absence {
        let time = |at: &str| format!("{{\"dateTime\":\"{at}\",\"timeZone\":\"{zone}\"}}");
        let text = format!(
            "{{\"status\":\"{status}\",\"externalAudience\":\"none\",\"scheduledStartDateTime\":{},\
             \"scheduledEndDateTime\":{}}}",
            time(start),
            time(end)
        );
        absence(&serde_json::from_str(&text).unwrap(), parse_rfc3339("2026-11-24T09:00:00Z").unwrap())
    }

    #[test]
    fn the_table_of_absences() {
        use Absence::{Absent, Present, Unknown};
        const BEFORE: &str = "2026-11-24T08:59:59.0000000";
        const NOW: &str = "2026-11-24T09:00:00.0000000";
        const AFTER: &str = "2026-11-24T09:00:01.0000000";
        for (status, start, end, zone, expected) in [
            ("disabled", BEFORE, AFTER, "UTC", Present),
            ("alwaysEnabled", AFTER, BEFORE, "UTC", Absent),
            ("AlwaysEnabled", "x", "x", "x", Absent),
            ("scheduled", BEFORE, AFTER, "UTC", Absent),
            ("Scheduled", NOW, AFTER, "utc", Absent),
            ("scheduled", BEFORE, NOW, "UTC", Present),
            ("scheduled", AFTER, AFTER, "UTC", Present),
            ("scheduled", "2026-11-24T09:30:00.0000000", "2026-11-24T10:30:00", "Europe/Stockholm", Absent),
            ("scheduled", BEFORE, AFTER, "W. Europe Standard Time", Unknown),
            ("scheduled", "soon", AFTER, "UTC", Unknown),
            ("away", BEFORE, AFTER, "UTC", Unknown),
        ] {
            assert_eq!(at(status, start, end, zone), expected, "{status} {start} {end} {zone}");
        }
        let of = |text: &str| absence(&serde_json::from_str(text).unwrap(), UnixMillis(0));
        assert_eq!(of("{}"), Unknown);
        assert_eq!(of("{\"status\":\"scheduled\",\"scheduledStartDateTime\":null}"), Unknown);
    }
}
