//! What a message centre delivers over SMPP, as the body of a `deliver_sm`: whatever it is, it is read to an
//! end, and only what is marked as a receipt is one.

use nyckelbud::delivery::Receipt;
use nyckelbud::delivery::sms::smpp::{ReceiptIds, parse_receipt};

pub const EXAMPLE: &str =
    "\0\u{1}\u{1}46701740605\0\u{5}\0Servicedesk\0\u{4}\0\0\0\0\0\0\0\0\u{13}id:m1 stat:DELIVRD ";

pub fn run(data: &[u8]) {
    let told = parse_receipt(data, ReceiptIds::Same);
    assert_eq!(told, parse_receipt(data, ReceiptIds::Same));
    if let Some((name, _)) = &told {
        let plain = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
        assert!(!name.is_empty() && name.bytes().all(plain), "a name that could stand nowhere: {name:?}");
        assert!(name.len() <= 2 * data.len() + 1, "a name that did not come");
    }
    // Another number system changes the name, and nothing else; or the parameter and the words are two names in it.
    for ids in [ReceiptIds::Decimal, ReceiptIds::Hexadecimal] {
        let what = |told: &Option<(String, Receipt)>| told.as_ref().map(|(_, receipt)| *receipt);
        let other = parse_receipt(data, ids);
        assert!(other.is_none() || what(&told) == what(&other), "{told:?}, {other:?}");
    }
    // Words of a phone's own, whatever they are, are no receipt.
    if data.len() < 200 && !data.is_empty() {
        assert_eq!(parse_receipt(&delivered(0, data), ReceiptIds::Same), None);
    }
    // As a receipt they say the same twice, and nothing after `text:` counts.
    let Ok(words) = std::str::from_utf8(data) else { return };
    let behind = format!("id:m1 stat:UNDELIV text:{words}");
    if behind.len() < 250 {
        let told = parse_receipt(&delivered(4, behind.as_bytes()), ReceiptIds::Same);
        assert_eq!(told, Some(("m1".to_owned(), Receipt::Failed)));
    }
}

/// A text of this class with these words, and no parameters.
fn delivered(class: u8, words: &[u8]) -> Vec<u8> {
    let length = u8::try_from(words.len()).unwrap_or(u8::MAX);
    let head = b"\0\x01\x0146701740605\0\x05\0Servicedesk\0".as_slice();
    [head, &[class, 0, 0, 0, 0, 0, 0, 0, 0, length], words].concat()
}
