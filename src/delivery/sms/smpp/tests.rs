//! Octets that go out and come in.

use super::pdu::{DELIVER_SM, LENGTH_MAX, Pdu, SUBMIT_SM, bind_transceiver};
use super::*;

/// A gateway's settings.
pub fn setup() -> SmppSetup {
    SmppSetup {
        name: "operator".to_owned(),
        host: "127.0.0.1".to_owned(),
        port: 2775,
        tls: false,
        ca_file: None,
        username: "desk".to_owned(),
        password: Secret::new("pw".to_owned()),
        system_type: String::new(),
        sender: "Servicedesk".to_owned(),
        validity: Duration::from_secs(600),
        timeout: Duration::from_secs(18),
        window: 10,
        alphabet: Alphabet::Gsm,
        receipt_ids: ReceiptIds::Same,
    }
}

fn text(words: &str) -> SmsText {
    SmsText::new(Zeroizing::new(words.to_owned()))
}

fn body(setup: SmppSetup, words: &str) -> Vec<u8> {
    let gateway = SmppGateway::new(setup).unwrap();
    let number = PhoneNumber::parse("070-174 06 05").unwrap();
    gateway.submit(&number, &text(words)).unwrap().to_vec()
}

#[test]
fn a_text_has_the_documented_form() {
    let named = b"\0\x05\0Servicedesk\0\x01\x0146701740605\0\0\0\0\x00000000001000000R\0\x01\0\0\0\x02\x0fK";
    assert_eq!(body(setup(), "åK"), named);
    let numbered = SmppSetup { sender: "+46701740699".to_owned(), ..setup() };
    assert!(body(numbered, "x").starts_with(b"\0\x01\x0146701740699\0\x01\x01"));
    // 161 letters are for the message centre to cut up.
    let long = body(setup(), &"x".repeat(161));
    assert!(long.ends_with(&[b"\0\x04\x24\0\xa1".as_slice(), &[b'x'; 161]].concat()));
    let validity = SmppSetup { validity: Duration::from_secs(36_000), ..setup() };
    assert!(body(validity, "x").windows(16).any(|part| part == b"000000100000000R"));
    assert!(SmppGateway::new(SmppSetup { sender: "Räddning".to_owned(), ..setup() }).is_err());
    for host in ["192.0.2.1", "smsc.kommun.example", "localhost"] {
        let open = |tls| SmppGateway::new(SmppSetup { host: host.to_owned(), tls, ..setup() });
        assert!(open(false).is_err(), "in the open to {host}");
        assert!(open(true).is_ok());
    }
}

#[test]
fn an_operation_is_read_when_it_is_whole() {
    let bind = Pdu { command: 9, status: 0, sequence: 1, body: bind_transceiver("desk", "pw", "") };
    let octets = bind.octets();
    assert_eq!(*octets, b"\0\0\0\x1d\0\0\0\x09\0\0\0\0\0\0\0\x01desk\0pw\0\0\x34\0\0\0");
    for end in 0..octets.len() {
        assert!(Pdu::first_of(&octets[..end]).unwrap().is_none(), "{end}");
    }
    let two = [octets.as_slice(), b"\0\0\0\x10"].concat();
    let (read, taken) = Pdu::first_of(&two).unwrap().unwrap();
    assert_eq!((read.command, read.sequence, taken), (9, 1, octets.len()));
    assert_eq!(read.body, bind.body);
    for length in [0, 15, u32::try_from(LENGTH_MAX).unwrap() + 1, u32::MAX] {
        assert!(Pdu::first_of(&length.to_be_bytes()).is_err(), "{length}");
    }
    let answer = Pdu { command: DELIVER_SM, status: 0, sequence: 7, body: Zeroizing::default() }.answer(0x64);
    assert_eq!(*answer.octets(), b"\0\0\0\x11\x80\0\0\x05\0\0\0\x64\0\0\0\x07\0");
    assert!(answer.is_answer() && SUBMIT_SM & 0x8000_0000 == 0);
}

/// A receipt as a message centre delivers it, with these parameters behind its words.
fn delivered(class: u8, words: &[u8], parameters: &[u8]) -> Vec<u8> {
    let length = u8::try_from(words.len()).unwrap();
    let head =
        [b"\0\x01\x0146701740605\0\x05\0Servicedesk\0".as_slice(), &[class, 0, 0, 0, 0, 0, 0, 0, 0, length]];
    [head.concat().as_slice(), words, parameters].concat()
}

#[test]
fn receipts_are_read_with_and_without_parameters_however_these_end() {
    let words = b"id:m1 sub:001 dlvrd:001 stat:DELIVRD err:000 text:Tillf";
    let read = |octets: &[u8]| parse_receipt(octets, ReceiptIds::Same);
    let told = |name: &str, receipt| Some((name.to_owned(), receipt));
    assert_eq!(read(&delivered(4, words, b"")), told("m1", Receipt::Delivered));
    for id in [b"\0\x1e\0\x03m9\0".as_slice(), b"\0\x1e\0\x02m9"] {
        let parameters = [id, b"\x04\x27\0\x01\x05"].concat();
        assert_eq!(read(&delivered(4, b"", &parameters)), told("m9", Receipt::Failed));
        // The class may be missing where the parameters are there.
        assert_eq!(read(&delivered(0, b"", &parameters)), told("m9", Receipt::Failed));
    }
    let payload = [b"\x04\x24\0".as_slice(), &[words.len() as u8], words].concat();
    assert_eq!(read(&delivered(4, b"", &payload)), told("m1", Receipt::Delivered));
    // Parameters that are cut off say nothing; what stands before them counts.
    assert_eq!(read(&delivered(4, words, b"\0\x1e\0\x30m9")), told("m1", Receipt::Delivered));
    assert_eq!(read(&delivered(0, words, b"")), None, "a phone can write that");
    let whole = delivered(4, words, b"");
    for end in 0..whole.len() - words.len() {
        assert_eq!(read(&whole[..end]), None, "{end}");
    }
}

#[test]
fn names_that_could_stand_nowhere_are_written_otherwise() {
    for (id, name) in [
        (b"A1b-2_c".as_slice(), "A1b-2_c"),
        (b" 17 ", "17"),
        (b"", ""),
        (b"a b", "x612062"),
        (b"a/b", "x612f62"),
        (b"\xff", "xff"),
    ] {
        assert_eq!(name_of(id), name, "{id:?}");
    }
    assert_eq!(name_of(&[b'7'; 64]), "7".repeat(64));
    assert_eq!(name_of(&[0xff; 64]).len(), 129);
    assert_eq!(name_of(&[b'7'; 65]), "", "no name is so long");
}

proptest::proptest! {
    #[test]
    fn any_octets_are_read_to_an_end(octets in proptest::collection::vec(proptest::num::u8::ANY, 0..300)) {
        for ids in [ReceiptIds::Same, ReceiptIds::Decimal, ReceiptIds::Hexadecimal] {
            if let Some((name, _)) = parse_receipt(&octets, ids) {
                proptest::prop_assert!(!name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b)));
            }
        }
        let read = Pdu::first_of(&octets);
        if let Ok(Some((pdu, taken))) = read {
            let again = pdu.octets();
            proptest::prop_assert_eq!(again.as_slice(), &octets[..taken]);
        }
    }
}
