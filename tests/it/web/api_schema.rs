//! The programming interface does what its document says: a real schemathesis asks it what the document allows, and
//! what it forbids.

use std::process::Command;

use super::api::ALL;
use super::tickets::{mail, open};

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/servers/schemathesis");

#[tokio::test(flavor = "multi_thread")]
async fn schemathesis_finds_no_answer_that_the_document_does_not_tell() {
    let asks = |n: usize| {
        mail("", &format!("Skrivaren {n} blinkar.\n"))
            .replace("<a@", &format!("<a{n}@"))
            .replace("anna.", &format!("a{n}."))
    };
    let open = open(&(0..3).map(asks).collect::<Vec<_>>()).await;
    let token = open.desk.token("schemathesis", &ALL).await;
    let folder = tempfile::Builder::new().prefix("nyckelbud-schemathesis-").tempdir().unwrap();
    let mut script = Command::new(SCRIPT);
    script
        .arg(folder.path())
        .arg(format!("http://{}", open.address))
        .env("TOKEN", token)
        .env("NO_COLOR", "1");
    let told = tokio::task::spawn_blocking(move || script.output()).await.unwrap().unwrap();
    let said =
        format!("{}\n{}", String::from_utf8_lossy(&told.stdout), String::from_utf8_lossy(&told.stderr));
    assert!(told.status.success(), "{said}");
    assert!(said.contains("11 tested") || said.contains("Tested: 11"), "it tried all that there is: {said}");
}
