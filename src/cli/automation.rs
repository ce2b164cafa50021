//! `automation on|observe|off`: the switch; `automation unfreeze ACCOUNT`: a person lifts what an owner's "it was
//! not me" has stopped.

use serde_json::json;

use super::{CliError, Common, actor, assembly, output};
use crate::clock::{Clock, SystemClock, parse_rfc3339, rfc3339};
use crate::decision::Automation;
use crate::store::{AuditEntry, Frozen, Store, Switch};
use crate::types::UnixMillis;

/// The command line of `automation`.
#[derive(Debug, clap::Args)]
pub(super) struct AutomationArgs {
    /// Where to turn it; left out: say where it stands
    #[arg(value_parser = ["on", "observe", "off", "unfreeze"], requires = "why")]
    to: Option<String>,
    /// For `unfreeze`: whose freeze is lifted, by username or identifier
    #[arg(requires = "to")]
    account: Option<String>,
    /// Why, for the log
    #[arg(long, value_name = "TEXT", requires = "to", value_parser = parse_why)]
    why: Option<String>,
    /// Until when (2026-11-24T17:00:00Z) or for how long (2h); afterwards the configuration holds again
    #[arg(long, value_name = "T", requires = "to")]
    until: Option<String>,
}

pub(super) async fn run(common: &Common, args: AutomationArgs) -> Result<(), CliError> {
    let loaded = assembly::load_without_secrets(common)?;
    let store = assembly::existing_store(&loaded.settings).await?;
    let now = SystemClock.now();
    match (args.to.as_deref(), &args.account) {
        (Some("unfreeze"), Some(whom)) => {
            return unfreeze(common, store.as_ref(), whom, &args.why.unwrap_or_default()).await;
        }
        (Some("unfreeze"), None) => {
            return Err(CliError::Wrong("unfreeze: say whom, by username; nothing was changed".to_owned()));
        }
        (Some(_), Some(whom)) => {
            return Err(CliError::Wrong(format!("{whom:?} belongs to `unfreeze` only; nothing was changed")));
        }
        (_, None) | (None, Some(_)) => {}
    }
    if let Some(to) = &args.to {
        let why = args.why.unwrap_or_default();
        let until = args.until.map(|text| parse_until(&text, now)).transpose()?;
        let by = actor();
        let switch = Switch { automation: parse(to), why: why.clone(), by: by.clone(), at: now, until };
        let audit = AuditEntry {
            actor: by,
            event: format!("automation.{to}"),
            data: json!({ "why": why, "until": until.map(rfc3339) }).to_string(),
        };
        store.turn(&switch, audit).await?;
    }
    let configured = loaded.settings.automation();
    let switch = store.switch(now).await?;
    let (automation, turned) = switch.as_ref().map_or((configured, None), |s| (s.automation, Some(s)));
    let frozen = store.frozen(SystemClock.now()).await?;
    if common.json {
        return output::json(&json!({
            "frozen": frozen.iter().map(object).collect::<Vec<_>>(),
            "automation": code(automation),
            "configured": code(configured),
            "why": turned.map(|s| s.why.clone()),
            "by": turned.map(|s| s.by.clone()),
            "at": turned.map(|s| rfc3339(s.at)),
            "until": turned.and_then(|s| s.until).map(rfc3339),
        }));
    }
    let since = turned.map_or_else(
        || "as configured".to_owned(),
        |s| {
            let until = s.until.map(|u| format!(" until {}", rfc3339(u))).unwrap_or_default();
            format!("turned by {} at {}{until}: {}", s.by, rfc3339(s.at), s.why)
        },
    );
    output::line(&format!("automation is {} ({since})", code(automation)))?;
    for Frozen { username, account, ticket, why, by, at, .. } in &frozen {
        let whom = if username.is_empty() { account.as_str() } else { username };
        output::line(&format!("frozen: {whom} since {} ({ticket}, {by}): {why}", rfc3339(*at)))?;
    }
    Ok(())
}

fn object(frozen: &Frozen) -> serde_json::Value {
    json!({
        "account": frozen.account,
        "username": frozen.username,
        "ticket": frozen.ticket.to_string(),
        "why": frozen.why,
        "by": frozen.by,
        "at": rfc3339(frozen.at),
    })
}

/// A person has looked, and lets the machine work for this account again.
async fn unfreeze(common: &Common, store: &dyn Store, whom: &str, why: &str) -> Result<(), CliError> {
    let data = json!({ "account": whom, "why": why }).to_string();
    let audit = AuditEntry { actor: actor(), event: "account.unfrozen".to_owned(), data };
    let lifted = store.unfreeze(whom, audit, SystemClock.now()).await?;
    let Some(frozen) = lifted else {
        return Err(CliError::No(format!(
            "{whom} is not frozen; nothing was changed; `nyckelbud automation` lists who is"
        )));
    };
    if common.json {
        return output::json(&object(&frozen));
    }
    output::line(&format!("{whom} is no longer frozen; its ticket {} stays open", frozen.ticket))
}

fn parse_why(text: &str) -> Result<String, String> {
    let why = text.trim();
    if why.is_empty() { Err("say why, in a few words".to_owned()) } else { Ok(crate::worker::said(why)) }
}

fn parse(text: &str) -> Automation {
    match text {
        "on" => Automation::On,
        "observe" => Automation::Observe,
        // clap lets nothing else through; off is the safe end
        _ => Automation::Off,
    }
}

/// The stable word.
pub(super) fn code(automation: Automation) -> &'static str {
    match automation {
        Automation::On => "on",
        Automation::Observe => "observe",
        Automation::Off => "off",
    }
}

fn parse_until(text: &str, now: UnixMillis) -> Result<UnixMillis, CliError> {
    let until =
        humantime::parse_duration(text).map(|span| now.plus(span)).ok().or_else(|| parse_rfc3339(text));
    match until {
        Some(until) if until > now => Ok(until),
        Some(_) => Err(CliError::Wrong(format!("--until {text} is over already; nothing was changed"))),
        None => Err(CliError::Wrong(format!(
            "--until {text}: expected a time (2026-11-24T17:00:00Z) or a span (2h); nothing was changed"
        ))),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const NOW: UnixMillis = UnixMillis(1_795_449_600_000);

    #[test]
    fn until_is_a_span_or_a_time_that_is_still_to_come() {
        assert_eq!(parse_until("2h", NOW).unwrap(), NOW.plus(Duration::from_secs(7200)));
        let soon = rfc3339(NOW.plus(Duration::from_secs(60)));
        assert_eq!(parse_until(&soon, NOW).unwrap(), NOW.plus(Duration::from_secs(60)));
        for wrong in ["2001-01-01T00:00:00Z", "0s", "tomorrow", "", "2h and more", "-2h"] {
            assert!(matches!(parse_until(wrong, NOW), Err(CliError::Wrong(_))), "{wrong}");
        }
    }

    #[test]
    fn a_turn_wants_a_reason() {
        assert_eq!(parse_why(" a drill \n"), Ok("a drill".to_owned()));
        assert!(parse_why("  ").is_err());
    }
}
