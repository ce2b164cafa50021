//! The SMS spool with a real smsd behind it: what goes on the air.

use std::fs;
use std::time::Duration;

use nyckelbud::delivery::sms::spool::SpoolGateway;
use nyckelbud::delivery::{SmsGateway, SmsText};
use tokio::time::timeout;
use zeroize::Zeroizing;

use super::{WORDS, kind, number, text};
use crate::support::demo_desk::files;
use crate::support::smsd::{OnTheAir, Smsd};

const LIMIT: Duration = Duration::from_secs(60);

#[tokio::test]
async fn smsd_takes_whole_files_only_and_sends_them_letter_by_letter() {
    let mut smsd = Smsd::start().await;
    let outgoing = smsd.folder("outgoing");
    let gateway = SpoolGateway::new("modem", &outgoing);
    // As one that is being written: it must still be there when a later file has gone.
    let unfinished = ".nyckelbud-7f3a.LOCK";
    fs::write(outgoing.join(unfinished), "To: 46701740606\n\nhalf").unwrap();
    assert_eq!(kind(&gateway.send(&number(), &text(), "n1-text-1-0-1").await), "accepted");
    let sent = timeout(LIMIT, smsd.next()).await.expect("smsd takes the file");
    let to = "46701740605".to_owned();
    assert_eq!(sent, OnTheAir { to: to.clone(), text: WORDS.to_owned(), gsm: true });

    let odd = SmsText::new(Zeroizing::new("Hej François – kod 7".to_owned()));
    assert_eq!(kind(&gateway.send(&number(), &odd, "n1-text-1-0-2").await), "accepted");
    let sent = timeout(LIMIT, smsd.next()).await.expect("smsd takes the file");
    assert_eq!(sent, OnTheAir { to, text: odd.expose().to_owned(), gsm: false });
    assert_eq!(files(&outgoing), [unfinished]);
    assert!(files(&smsd.folder("failed")).is_empty());
}
