//! Hashes of passwords: argon2id (RFC 9106) in PHC string format, with the crate's parameters, which are
//! OWASP's least (19 MiB, two passes; "Password Storage" cheat sheet). argon2 is used only here.

use std::sync::{Arc, Mutex, PoisonError};

use argon2::password_hash::phc::{Output, ParamsString, Salt};
use argon2::{Algorithm, Argon2, Block, Params, PasswordHash, PasswordVerifier, Version};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// A password could not be hashed.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("the password could not be hashed")]
pub(crate) struct HashError;

/// Is this the password of `hash`? Slow on purpose; what is no hash is nobody's.
#[must_use]
pub(crate) fn opens(hash: &str, password: &[u8]) -> bool {
    let Ok(hash) = PasswordHash::new(hash) else { return false };
    Argon2::default().verify_password(password, &hash).is_ok()
}

/// Hashes a few passwords at a time, always in the same memory, 19 MiB each: many at once would take
/// that many times over, and the allocator would keep it for good.
pub(crate) struct Hasher {
    turns: Arc<Semaphore>,
    memories: Mutex<Vec<Vec<Block>>>,
}

impl Hasher {
    const AT_ONCE: usize = 2;

    /// One that has hashed nothing yet.
    pub(crate) fn new() -> Self {
        Self { turns: Arc::new(Semaphore::new(Self::AT_ONCE)), memories: Mutex::default() }
    }

    /// Waits for a turn to hash or to compare; it lasts until the answer is dropped.
    pub(crate) async fn turn(&self) -> Option<OwnedSemaphorePermit> {
        // The semaphore is never closed.
        Arc::clone(&self.turns).acquire_owned().await.ok()
    }

    /// The hash of `password` under a new salt.
    ///
    /// # Errors
    /// [`HashError`].
    pub(crate) fn hash(&self, password: &[u8]) -> Result<String, HashError> {
        self.try_hash(password).map_err(|_| HashError)
    }

    fn try_hash(&self, password: &[u8]) -> argon2::password_hash::Result<String> {
        let memories = || self.memories.lock().unwrap_or_else(PoisonError::into_inner);
        let mut memory = memories().pop().unwrap_or_default();
        let params = Params::default();
        memory.resize(params.block_count(), Block::default());
        let (salt, mut output) = (Salt::generate(), [0; Params::DEFAULT_OUTPUT_LEN]);
        let hash = PasswordHash {
            algorithm: Algorithm::Argon2id.ident(),
            version: Some(Version::V0x13.into()),
            params: ParamsString::try_from(&params)?,
            salt: Some(salt),
            hash: None,
        };
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        argon2.hash_password_into_with_memory(password, &salt, &mut output, &mut memory)?;
        memories().push(memory);
        Ok(PasswordHash { hash: Some(Output::new(&output)?), ..hash }.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_opens_its_own_hash_and_no_other() {
        let hasher = Hasher::new();
        let (one, other) = (hasher.hash(b"one").unwrap(), hasher.hash(b"one").unwrap());
        assert_ne!(one, other, "a salt of its own");
        assert!(one.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{one}");
        assert!(opens(&one, b"one") && opens(&other, b"one"));
        assert!(!opens(&one, b"two") && !opens("", b"one") && !opens("one", b"one"));
    }
}
