//! A client's certificate with its key, and the assertion signed with it: a JWT (RFC 7523 3) in the
//! form that Entra ID asks for
//! (<https://learn.microsoft.com/entra/identity-platform/certificate-credentials>).
//!
//! It is signed by rustls's signing key, which is ring's: no crate more, and constant-time RSA.

use std::sync::Arc;
use std::time::Duration;

use data_encoding::BASE64URL_NOPAD;
use rustls::SignatureScheme;
use rustls::crypto::ring::sign::any_supported_type;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::{CertifiedKey, SigningKey};
use serde_json::json;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::secret::Secret;
use crate::types::UnixMillis;

/// An assertion is used at once; Entra ID asks for 5 to 10 minutes.
const LIFE: Duration = Duration::from_secs(5 * 60);
/// For clocks that run ahead of the endpoint's.
const CLOCK_SKEW: Duration = Duration::from_secs(60);

/// A certificate and its RSA key. The key never shows itself.
#[derive(Debug)]
pub struct Certificate {
    thumbprint: String,
    key: Arc<dyn SigningKey>,
}

/// Why a file cannot be used as a certificate with its key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CertificateError {
    /// No `CERTIFICATE` in it, or a broken one.
    #[error("it holds no certificate in PEM form (BEGIN CERTIFICATE)")]
    NoCertificate,
    /// No `PRIVATE KEY` in it, or a broken one.
    #[error("it holds no private key in PEM form (BEGIN PRIVATE KEY); put it below the certificate")]
    NoKey,
    /// A key with a passphrase.
    #[error("its private key is encrypted; take the passphrase off (openssl pkey -in FILE)")]
    Encrypted,
    /// Another kind of key, or a broken one.
    #[error("its private key is no RSA key of 2048 bits or more, which Entra ID demands")]
    NotRsa,
    /// They do not belong together.
    #[error("its private key is not the key of any certificate in it")]
    Mismatch,
    /// Signing failed.
    #[error("the assertion could not be signed with the certificate's key")]
    Unsigned,
}

impl Certificate {
    /// Reads a PEM file with a private key and its certificate, in any order; others may lie beside it.
    ///
    /// # Errors
    /// [`CertificateError`] says what is missing. It repeats nothing of the file.
    pub fn from_pem(pem: &[u8]) -> Result<Self, CertificateError> {
        let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
        let certificates = found.map_err(|_| CertificateError::NoCertificate)?;
        if certificates.is_empty() {
            return Err(CertificateError::NoCertificate);
        }
        let Ok(der) = PrivateKeyDer::from_pem_slice(pem) else {
            let is_encrypted = pem.windows(9).any(|words| words == b"ENCRYPTED");
            return Err(if is_encrypted { CertificateError::Encrypted } else { CertificateError::NoKey });
        };
        let der = Zeroizing::new(der);
        let key = any_supported_type(&der).map_err(|_| CertificateError::NotRsa)?;
        if key.choose_scheme(&[SignatureScheme::RSA_PSS_SHA256]).is_none() {
            return Err(CertificateError::NotRsa);
        }
        let own = certificates.into_iter().find(|certificate| belong_together(certificate, &key));
        let own = own.ok_or(CertificateError::Mismatch)?;
        Ok(Self { thumbprint: BASE64URL_NOPAD.encode(&Sha256::digest(&own)), key })
    }

    /// `x5t#S256` (RFC 7515 4.1.8): by it the endpoint finds the certificate.
    #[must_use]
    pub fn thumbprint(&self) -> &str {
        &self.thumbprint
    }

    /// A signed assertion that `client_id` asks the endpoint `audience` for a token, at `now`.
    ///
    /// # Errors
    /// [`CertificateError::Unsigned`].
    pub fn assertion(
        &self,
        client_id: &str,
        audience: &str,
        now: UnixMillis,
    ) -> Result<Secret, CertificateError> {
        let seconds = |at: UnixMillis| at.0.div_euclid(1000);
        let header = json!({ "alg": "PS256", "typ": "JWT", "x5t#S256": self.thumbprint });
        let claims = json!({
            "aud": audience,
            "iss": client_id,
            "sub": client_id,
            "jti": uuid::Uuid::new_v4().to_string(),
            "iat": seconds(now),
            "nbf": seconds(now.minus(CLOCK_SKEW)),
            "exp": seconds(now.plus(LIFE)),
        });
        let part = |value: &serde_json::Value| BASE64URL_NOPAD.encode(value.to_string().as_bytes());
        let signed = format!("{}.{}", part(&header), part(&claims));
        let signer = self.key.choose_scheme(&[SignatureScheme::RSA_PSS_SHA256]);
        let signer = signer.ok_or(CertificateError::Unsigned)?;
        let signature = signer.sign(signed.as_bytes()).map_err(|_| CertificateError::Unsigned)?;
        Ok(Secret::new(format!("{signed}.{}", BASE64URL_NOPAD.encode(&signature))))
    }
}

fn belong_together(certificate: &CertificateDer<'static>, key: &Arc<dyn SigningKey>) -> bool {
    CertifiedKey::new(vec![certificate.clone()], Arc::clone(key)).keys_match().is_ok()
}
