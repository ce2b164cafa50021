//! The certificate in place of a secret: openssl makes it and judges what it signed.

use std::sync::Arc;

use nyckelbud::token::{Certificate, CertificateError, Credential, TokenError, Tokens};

use crate::support::certificates::Certified;
use crate::support::token_endpoint::TokenEndpoint;

fn loaded(parts: &[&[u8]]) -> Result<Certificate, CertificateError> {
    Certificate::from_pem(&parts.concat())
}

#[tokio::test]
async fn a_signed_assertion_brings_a_token_each_time_anew() {
    let certified = Certified::rsa();
    let pem = loaded(&[&certified.certificate(), &certified.key()]).unwrap();
    assert_eq!(pem.thumbprint(), certified.thumbprint());
    let endpoint = TokenEndpoint::start_for(Some(certified)).await;
    let settings = endpoint.settings(Credential::Certificate(Arc::new(pem)));
    let source = Tokens::default().source(settings).unwrap();
    let token = source.token().await.unwrap();
    source.instead_of(&token).await.expect("the endpoint takes no assertion twice");
    assert_eq!(endpoint.calls(), 2);
}

#[tokio::test]
async fn the_certificate_of_another_is_refused_and_the_portal_is_named() {
    let (known, other) = (Certified::rsa(), Certified::rsa());
    let pem = loaded(&[&other.key(), &other.certificate()]).unwrap();
    let endpoint = TokenEndpoint::start_for(Some(known)).await;
    let settings = endpoint.settings(Credential::Certificate(Arc::new(pem)));
    let error = Tokens::default().source(settings).unwrap().token().await.unwrap_err();
    assert!(matches!(error, TokenError::Refused { .. }), "{error:?}");
    let told = error.to_string();
    assert!(told.contains("upload it") && told.contains("clock") && !told.contains("eyJ"), "{told}");
}

#[test]
fn a_file_of_several_certificates_uses_the_one_of_its_key() {
    let (one, two) = (Certified::rsa(), Certified::rsa());
    let pem = loaded(&[&two.certificate(), &one.certificate(), &one.key()]).unwrap();
    assert_eq!(pem.thumbprint(), one.thumbprint());
}

#[test]
fn what_is_missing_in_the_file_is_said() {
    let (rsa, other) = (Certified::rsa(), Certified::rsa());
    let elliptic = Certified::with(&["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]);
    let short = Certified::with(&["-newkey", "rsa:1024"]);
    let broken = b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n";
    for (parts, expected) in [
        ([rsa.certificate(), Vec::new()], CertificateError::NoKey),
        ([Vec::new(), rsa.key()], CertificateError::NoCertificate),
        ([rsa.certificate(), rsa.encrypted_key()], CertificateError::Encrypted),
        ([rsa.certificate(), other.key()], CertificateError::Mismatch),
        ([elliptic.certificate(), elliptic.key()], CertificateError::NotRsa),
        ([short.certificate(), short.key()], CertificateError::NotRsa),
        ([rsa.certificate(), broken.to_vec()], CertificateError::NotRsa),
    ] {
        assert_eq!(loaded(&[&parts[0], &parts[1]]).unwrap_err(), expected);
    }
}

#[test]
fn no_debug_form_shows_the_key() {
    let rsa = Certified::rsa();
    let pem = String::from_utf8(rsa.key()).unwrap();
    let shown = format!("{:?}", loaded(&[&rsa.certificate(), &rsa.key()]).unwrap());
    assert!(pem.lines().nth(1).is_some_and(|line| !shown.contains(line)), "{shown}");
    assert!(shown.len() < 300, "{shown}");
}
