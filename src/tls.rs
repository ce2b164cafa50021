//! TLS: one configuration, one crypto provider (ring), the system's trust anchors, and one more
//! where a site has its own CA. And which connections may do without.

use std::net::IpAddr;
use std::path::Path;
use std::sync::Arc;

use rustls::ClientConfig;
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls_platform_verifier::Verifier;

/// How the connection is protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tls {
    /// TLS from the first octet (IMAP: port 993, SMTP: port 465).
    Implicit,
    /// STARTTLS (IMAP: port 143, SMTP: port 587), demanded: a server that does not offer it is not signed in to.
    StartTls,
    /// No TLS; only to this machine itself.
    None,
}

/// Is `host` an address of this machine itself? Only then may a connection do without TLS. An address
/// and no name: what a name resolves to is for others to say.
#[must_use]
pub fn is_loopback_address(host: &str) -> bool {
    host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// TLS cannot be set up. Nothing was connected.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TlsError {
    /// The file of the extra trust anchors cannot be read, or holds no certificate.
    #[error("cannot use the CA file {path}: {cause}")]
    CaFile {
        /// The configured path.
        path: String,
        /// What went wrong.
        cause: String,
    },
    /// The system's trust anchors cannot be loaded, or an extra one is refused.
    #[error("cannot set up the trust anchors: {cause}")]
    Anchors {
        /// What went wrong.
        cause: String,
    },
}

/// The configuration of a TLS client that trusts the system's CAs, and those of the PEM file
/// `extra_ca` beside them. TLS 1.2 and 1.3, no client certificate.
///
/// The files are read now: whoever calls this for each connection follows a renewed CA.
///
/// # Errors
/// When the CA file is unusable, or no trust anchor is found at all.
pub fn client_config(extra_ca: Option<&Path>) -> Result<Arc<ClientConfig>, TlsError> {
    let provider: Arc<CryptoProvider> = Arc::new(ring::default_provider());
    let extra = extra_ca.map(certificates).transpose()?.unwrap_or_default();
    let verifier = Verifier::new_with_extra_roots(extra, Arc::clone(&provider)).map_err(anchors)?;
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(anchors)?
        // "Dangerous" is the name of every own verifier; this one does the full check.
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier))
        .with_no_client_auth();
    Ok(Arc::new(config))
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let failed = |cause: String| TlsError::CaFile { path: path.display().to_string(), cause };
    let found: Vec<_> = CertificateDer::pem_file_iter(path)
        .and_then(Iterator::collect)
        .map_err(|error| failed(error.to_string()))?;
    if found.is_empty() {
        return Err(failed("it holds no certificate in PEM form".to_owned()));
    }
    Ok(found)
}

fn anchors(error: rustls::Error) -> TlsError {
    TlsError::Anchors { cause: error.to_string() }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    #[test]
    fn a_ca_file_without_a_certificate_is_refused_and_named() {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(b"not a certificate\n").unwrap();
        let error = client_config(Some(file.path())).unwrap_err();
        assert!(error.to_string().contains(&file.path().display().to_string()), "{error}");
    }

    #[test]
    fn a_missing_ca_file_is_refused() {
        let error = client_config(Some(Path::new("/nonexistent/ca.pem"))).unwrap_err();
        assert!(matches!(error, TlsError::CaFile { .. }), "{error}");
    }
}
