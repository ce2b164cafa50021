//! `token add|list|revoke`: tokens of programs that ask over the programming interface. A token is made here and shown
//! once; the store keeps its hash.

use std::time::Duration;

use data_encoding::{BASE64URL_NOPAD, HEXLOWER};
use rand::Rng;
use serde_json::json;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::{CliError, Common, actor, assembly, output};
use crate::clock::{Clock, SystemClock, rfc3339};
use crate::store::{AuditEntry, Store, Token};
use crate::types::{Scope, TokenName};

/// In front of every token: whoever finds one in a log or a repository knows what it is.
const PREFIX: &str = "nyckelbud_";

/// The commands of `token`.
#[derive(Debug, clap::Subcommand)]
pub(super) enum TokenCommand {
    /// Make a token for a program, and show it once
    Add {
        /// Which program has it; stands in the audit log, and is never given again
        name: String,
        /// What it may do: tickets:read, tickets:act, try, health:read, audit:read; several with commas
        #[arg(long, value_delimiter = ',', required = true, value_parser = scope, value_name = "SCOPE")]
        scope: Vec<Scope>,
        /// How long it holds
        #[arg(long, value_name = "TIME", default_value = "365d", value_parser = valid)]
        valid: Duration,
    },
    /// List the tokens that were made
    List,
    /// End a token: it lets nobody in any more
    Revoke {
        /// Whose
        name: String,
    },
}

fn scope(text: &str) -> Result<Scope, String> {
    let known = || Scope::ALL.map(Scope::code).join(", ");
    Scope::of_code(text).ok_or_else(|| format!("a scope is one of {}", known()))
}

fn valid(text: &str) -> Result<Duration, String> {
    let longest = Duration::from_secs(10 * 366 * 24 * 60 * 60);
    let valid = humantime::parse_duration(text).map_err(|error| error.to_string())?;
    if valid.is_zero() || valid > longest {
        Err("a token holds up to ten years".to_owned())
    } else {
        Ok(valid)
    }
}

fn name(text: &str) -> Result<TokenName, CliError> {
    TokenName::parse(text).map_err(|error| CliError::Wrong(format!("{text:?}: {error}; nothing was changed")))
}

pub(super) async fn run(common: &Common, command: TokenCommand) -> Result<(), CliError> {
    let settings = assembly::load_without_secrets(common)?.settings;
    let store = assembly::existing_store(&settings).await?;
    match command {
        TokenCommand::Add { name: text, scope, valid } => {
            add(common, store.as_ref(), name(&text)?, scope, valid).await
        }
        TokenCommand::List => list(common, store.as_ref()).await,
        TokenCommand::Revoke { name: text } => revoke(common, store.as_ref(), &name(&text)?).await,
    }
}

/// A token of 256 random bits, and its hash.
fn new_token() -> (Zeroizing<String>, String) {
    let mut octets = Zeroizing::new([0_u8; 32]);
    rand::rng().fill_bytes(&mut *octets);
    let token = Zeroizing::new(format!("{PREFIX}{}", BASE64URL_NOPAD.encode(&*octets)));
    let hash = HEXLOWER.encode(&Sha256::digest(token.as_bytes()));
    (token, hash)
}

async fn add(
    common: &Common,
    store: &dyn Store,
    name: TokenName,
    mut scopes: Vec<Scope>,
    valid: Duration,
) -> Result<(), CliError> {
    scopes.sort_unstable();
    scopes.dedup();
    let (secret, hash) = new_token();
    let now = SystemClock.now();
    let expires_at = now.plus(valid);
    let codes: Vec<&str> = scopes.iter().map(|scope| scope.code()).collect();
    let data = json!({ "token": name.as_str(), "scopes": codes, "expires_at": rfc3339(expires_at) });
    let audit = AuditEntry { actor: actor(), event: "token.added".to_owned(), data: data.to_string() };
    let token = Token {
        name: name.clone(),
        scopes: scopes.clone(),
        made_by: actor(),
        made_at: now,
        expires_at: Some(expires_at),
        revoked_at: None,
        used_at: None,
    };
    if !store.add_token(&token, &hash, &audit, now).await? {
        return Err(CliError::No(format!(
            "a token was called {name} before; nothing was changed; `nyckelbud token list` lists all names"
        )));
    }
    if common.json {
        let shown = json!({ "name": name.as_str(), "scopes": codes, "expires_at": rfc3339(expires_at),
            "token": secret.as_str() });
        return output::json(&shown);
    }
    output::line(&format!("name     {name}"))?;
    output::line(&format!("scopes   {}", codes.join(" ")))?;
    output::line(&format!("expires  {}", rfc3339(expires_at)))?;
    output::line(&format!("token    {}", secret.as_str()))?;
    output::note("The token is shown once; only a hash of it is kept.");
    Ok(())
}

async fn list(common: &Common, store: &dyn Store) -> Result<(), CliError> {
    let (all, now) = (store.all_tokens().await?, SystemClock.now());
    for token in &all {
        let codes: Vec<&str> = token.scopes.iter().map(|scope| scope.code()).collect();
        let state = match (token.revoked_at, token.holds(now)) {
            (Some(_), _) => "revoked",
            (None, true) => "valid",
            (None, false) => "expired",
        };
        let used = token.used_at.map(rfc3339);
        if common.json {
            output::json(&json!({
                "name": token.name.as_str(), "scopes": codes, "state": state, "made_by": token.made_by,
                "made_at": rfc3339(token.made_at), "expires_at": token.expires_at.map(rfc3339),
                "revoked_at": token.revoked_at.map(rfc3339), "used_at": used,
            }))?;
            continue;
        }
        let used = used.unwrap_or_else(|| "never".to_owned());
        let (name, state) = (output::column(token.name.as_str(), 24), output::column(state, 8));
        let expires = token.expires_at.map_or_else(|| "never".to_owned(), rfc3339);
        let line = format!("{name} {state} expires {expires} used {used} {}", codes.join(" "));
        output::line(line.trim_end())?;
    }
    if all.is_empty() && !common.json {
        output::note("No token was made yet: `nyckelbud token add NAME --scope tickets:read` makes one.");
    }
    Ok(())
}

async fn revoke(common: &Common, store: &dyn Store, name: &TokenName) -> Result<(), CliError> {
    let data = json!({ "token": name.as_str() }).to_string();
    let audit = AuditEntry { actor: actor(), event: "token.revoked".to_owned(), data };
    if !store.revoke_token(name, &audit, SystemClock.now()).await? {
        return Err(CliError::No(format!(
            "no token is called {name} that still holds; nothing was changed; `nyckelbud token list` lists all"
        )));
    }
    if common.json {
        return output::json(&json!({ "name": name.as_str(), "event": "token.revoked" }));
    }
    output::line(&format!("{name} lets nobody in any more"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_tokens_have_nothing_in_common_but_their_beginning() {
        let ((one, hash), (other, _)) = (new_token(), new_token());
        assert!(one.starts_with(PREFIX) && one.len() == PREFIX.len() + 43 && *one != *other);
        assert_eq!(hash.len(), 64);
        assert!(!hash.contains(&one[PREFIX.len()..]));
    }

    #[test]
    fn a_scope_or_a_time_that_is_none_is_refused() {
        assert!(scope("*").is_err_and(|said| said.contains("tickets:read, tickets:act")));
        assert!(valid("0s").is_err() && valid("20y").is_err() && valid("30d").is_ok());
    }
}
