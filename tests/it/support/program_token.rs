//! A token of a program, as `nyckelbud token add` makes it.

use data_encoding::HEXLOWER;
use nyckelbud::store::{AuditEntry, Token};
use nyckelbud::types::{Scope, TokenName};
use sha2::{Digest, Sha256};

use super::desk::OpenDesk;

impl OpenDesk {
    /// Gives a program a token that holds for an hour.
    pub async fn token(&self, name: &str, scopes: &[Scope]) -> String {
        let (secret, now) = (format!("nyckelbud_{name}-of-the-tests"), self.parts.clock.now());
        let token = Token {
            name: TokenName::parse(name).unwrap(),
            scopes: scopes.to_vec(),
            made_by: "cli:test".to_owned(),
            made_at: now,
            expires_at: Some(now.plus(std::time::Duration::from_secs(3600))),
            revoked_at: None,
            used_at: None,
        };
        let hash = HEXLOWER.encode(&Sha256::digest(&secret));
        let audit = AuditEntry {
            actor: "cli:test".to_owned(),
            event: "token.added".to_owned(),
            data: "{}".to_owned(),
        };
        assert!(self.parts.store.add_token(&token, &hash, &audit, now).await.unwrap());
        secret
    }
}
