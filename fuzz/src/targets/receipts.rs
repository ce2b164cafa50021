//! Delivery receipts of 46elks: a form as the web takes it from any machine in the world, and what it
//! says. Whatever is not exactly of the documented form is no receipt.

use nyckelbud::delivery::Receipt;
use nyckelbud::delivery::sms::elks::parse_receipt;
use nyckelbud::delivery::sms::form;

type Fields = Vec<(String, String)>;

pub fn run(data: &[u8]) {
    let fields = form(data);
    let receipt = parse_receipt(&fields);
    assert_eq!(receipt, expected(&fields), "{fields:?}");
    assert_eq!(receipt, parse_receipt(&fields));
    let mut turned = fields.clone();
    turned.reverse();
    assert_eq!(receipt, parse_receipt(&turned), "the order of the fields matters");
    turned.push(("to".to_owned(), "+46701740605".to_owned()));
    assert_eq!(receipt, parse_receipt(&turned), "a field that says nothing matters");
    for field in fields.iter().filter(|(name, _)| name == "id" || name == "status") {
        let twice = [fields.as_slice(), std::slice::from_ref(field)].concat();
        assert_eq!(parse_receipt(&twice), None, "a field that comes twice counts");
    }
    if let Some((id, _)) = &receipt {
        let in_octets = data.windows(id.len()).any(|window| window == id.as_bytes());
        assert!(in_octets || data.contains(&b'%'), "a name that did not come");
    }
}

/// The documentation's rules once more: one `id` of letters and digits, one `status` of four.
fn expected(fields: &Fields) -> Option<(String, Receipt)> {
    let ids: Vec<&str> =
        fields.iter().filter(|field| field.0 == "id").map(|field| field.1.as_str()).collect();
    let statuses: Vec<&str> =
        fields.iter().filter(|field| field.0 == "status").map(|field| field.1.as_str()).collect();
    let (&[id], &[status]) = (ids.as_slice(), statuses.as_slice()) else { return None };
    let receipt = match status {
        "created" | "sent" => Receipt::Pending,
        "delivered" => Receipt::Delivered,
        "failed" => Receipt::Failed,
        _ => return None,
    };
    let is_name =
        (1..65).contains(&id.len()) && id.chars().all(|c| matches!(c, 'a'..='z' | 'A'..='Z' | '0'..='9'));
    is_name.then(|| (id.to_owned(), receipt))
}
