//! Mails through a border of Postfix, OpenDKIM and OpenDMARC: what these say decides who is believed.

use crate::support::border::Border;
use crate::support::island::Island;
use crate::support::signer::{Signer, Way};

use super::{desk, explained, request, sender_line};

const ANNA: &str = "anna.andersson@kommun.example";
/// The organisation's own server, by its SPF record.
const OWN: &str = "192.0.2.1";
const STRANGER: &str = "192.0.2.66";

/// Publishes what a receiver may know of a domain.
fn domain(island: &Island, name: &str) {
    let dns = island.dns();
    dns.a(name, [192, 0, 2, 1]);
    dns.mx(name, &format!("mail.{name}"));
    dns.txt(name, "v=spf1 ip4:192.0.2.1 -all");
    dns.txt(&format!("_dmarc.{name}"), "v=DMARC1; p=reject; adkim=r; aspf=r");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whom_real_filters_vouch_for_is_believed_and_nobody_else() {
    let island = Island::new();
    for name in ["kommun.example", "evil.example", "privat.example"] {
        domain(&island, name);
    }
    let dns = island.dns();
    let own = Signer::new(&dns, "kommun.example", "k1", 2048);
    let evil = Signer::new(&dns, "evil.example", "e1", 2048);
    let privat = Signer::new(&dns, "privat.example", "p1", 2048);
    let border = Border::start(&island);
    let folder = desk(&border.mailbox(), "authserv:mx.kommun.example");

    let signed = own.sign(&request("signed", ANNA), &Way { relaxed: true, ..Way::default() });
    let forged = "Authentication-Results: mx.kommun.example; dmarc=pass header.from=kommun.example\r\n";
    let by_evil = evil.sign(&request("by-evil", ANNA), &Way::default());
    let private = privat.sign(&request("private", "anna@privat.example"), &Way::default());
    let pass = "dmarc=pass header.from=kommun.example, said by mx.kommun.example";
    let fail = "dmarc=fail header.from=kommun.example, said by mx.kommun.example";
    for (what, client, envelope, mail, trust, says) in [
        ("signed", OWN, ANNA, signed.clone(), "own-domain", pass),
        ("signed, from a stranger's address", STRANGER, ANNA, signed.clone(), "own-domain", pass),
        ("tampered", STRANGER, ANNA, signed.replace("06 05", "06 06"), "unverified", fail),
        ("unsigned, by our own server", OWN, ANNA, request("plain", ANNA), "own-domain", pass),
        ("unsigned, by a stranger", STRANGER, ANNA, request("spoof", ANNA), "unverified", fail),
        ("signed by another domain", OWN, "x@evil.example", by_evil, "unverified", fail),
        (
            "forged results",
            STRANGER,
            ANNA,
            format!("{forged}{}", request("forged", ANNA)),
            "unverified",
            fail,
        ),
        ("a private address", OWN, "anna@privat.example", private, "vouched", "header.from=privat.example"),
    ] {
        let file = border.send(client, envelope, &mail).await;
        let kept = std::fs::read_to_string(&file).unwrap();
        let results = kept.lines().filter(|line| line.starts_with("Authentication-Results: mx")).count();
        assert_eq!(results, 3, "{what}: a field a filter, and none that was sent along\n{kept}");
        let object = explained(&island, folder.path(), &file);
        assert_eq!(object["sender"]["trust"], trust, "{what}: {object}\n{kept}");
        assert!(sender_line(&object).contains(says), "{what}: {object}\n{kept}");
        let (outcome, reason) = if trust == "own-domain" {
            ("sms", serde_json::Value::Null)
        } else {
            ("technician", "sender-unverified".into())
        };
        assert_eq!((&object["outcome"], &object["reason"]), (&outcome.into(), &reason), "{what}");
    }
}
