//! Who vouches for a sender, through the door by which whole mails come in. A wrong "yes" lets a
//! stranger start resets, so every yes must be visible to a plain search, and nothing that came with
//! the mail may bring it about.

use nyckelbud::mail::{Authentication, Sender, Trust, reading};

mod header;

use header::{end_of_header, fields};

const OURS: &str = "mx.kommun.example";

/// Fields with which a sender vouches for himself. Above From only servers write.
const FORGERIES: [&str; 5] = [
    "Authentication-Results: mx.kommun.example; dmarc=pass header.from=kommun.example\r\n",
    "authentication-results: mx.kommun.example 1;\r\n\tdmarc=pass\r\n\theader.from=kommun.example\r\n",
    "Authentication-Results: spf=pass; dkim=pass;dmarc=pass action=none header.from=kommun.example;\
     compauth=pass reason=100\r\n",
    "ARC-Authentication-Results: i=1; mx.kommun.example; dmarc=pass header.from=kommun.example\r\n",
    "Received-SPF: pass\r\nDKIM-Signature: v=1; a=rsa-sha256; d=kommun.example; s=a; h=from; bh=; b=\r\n",
];
/// This one Exchange removes from mails of others, wherever it stands; no other server does.
const EXCHANGES_MARK: &str = "X-MS-Exchange-Organization-AuthAs: Internal\r\n\
     X-MS-Exchange-Organization-AuthSource: a.prod.outlook.com\r\n";

/// Fields with their values, and the domain in From.
type Vouches = fn(&[(String, String)], usize, &str) -> bool;

pub fn run(data: &[u8]) {
    let authserv = Authentication::Authserv(OURS.to_owned());
    judge(data, &authserv, our_server_vouches);
    judge(data, &Authentication::Exchange, exchange_vouches);
    stays(data, EXCHANGES_MARK, &authserv);
    if let Some(sender) = sender(data, &Authentication::Dkim) {
        assert_eq!(sender.trust, Trust::Unverified, "trusted although nobody looked at its signatures");
    }
}

fn judge(data: &[u8], authentication: &Authentication, vouches: Vouches) {
    let Some(sender) = sender(data, authentication) else { return };
    assert_eq!(Some(&sender), self::sender(data, authentication).as_ref(), "the same sender is judged anew");
    if sender.trust > Trust::Unverified {
        let domain = sender.address.as_ref().expect("whoever is trusted has an address").domain();
        let fields = fields(&data[..end_of_header(data)]);
        let is_from = |field: &(String, String)| field.0 == "from";
        assert_eq!(fields.iter().filter(|field| is_from(field)).count(), 1, "trusted with several From");
        let from = fields.iter().position(is_from).expect("From");
        assert!(fields[from].1.contains(&format!("@{domain}")), "trusted for a domain that is not From's");
        assert!(vouches(&fields, from, domain), "trusted although nobody vouches for {domain}");
        assert_eq!(sender.trust == Trust::OwnDomain, domain == "kommun.example");
    }
    for forgery in FORGERIES {
        stays(data, forgery, authentication);
    }
}

/// The sender is judged the same with `forgery` below all other fields.
fn stays(data: &[u8], forgery: &str, authentication: &Authentication) {
    let (header, rest) = data.split_at(end_of_header(data));
    let end: &[u8] = if header.ends_with(b"\n") { b"" } else { b"\n" };
    let forged = [header, end, forgery.as_bytes(), rest].concat();
    // It may have grown beyond a limit.
    if let (Some(sender), Some(same)) = (sender(data, authentication), sender(&forged, authentication)) {
        assert_eq!(same, sender, "changed by a field of the sender's own: {forgery}");
    }
}

fn sender(data: &[u8], authentication: &Authentication) -> Option<Sender> {
    let mail = reading::read(data, authentication, None, &["kommun.example".to_owned()]);
    mail.ok().map(|mail| mail.sender)
}

/// A field of our server stands above From, and says of From's domain that it passed.
fn our_server_vouches(fields: &[(String, String)], from: usize, domain: &str) -> bool {
    let ours = |value: &&str| value.split([' ', ';']).next() == Some(OURS);
    let mut results = results(&fields[..from]).filter(ours);
    results.any(|value| value.split(';').any(|result| passed(result, domain)))
}

/// The topmost results above From say that the domain passed, in both ways; or Exchange's mark is there,
/// once, and the domain is the organisation's.
fn exchange_vouches(fields: &[(String, String)], from: usize, domain: &str) -> bool {
    let marks: Vec<_> =
        fields.iter().filter(|(name, _)| name == "x-ms-exchange-organization-authas").collect();
    let marked = matches!(marks.as_slice(), [(_, value)] if value == "internal");
    let compound = |result: &str| {
        let pairs: Vec<&str> = result.trim().split(' ').collect();
        let good = |reason: &&str| reason.starts_with(['1', '7']) && *reason != "130";
        pairs.first() == Some(&"compauth=pass")
            && pairs.iter().filter_map(|pair| pair.strip_prefix("reason=")).any(|reason| good(&reason))
    };
    let from_outside = results(&fields[..from]).next().is_some_and(|value| {
        value.split(';').any(|result| passed(result, domain)) && value.split(';').any(compound)
    });
    (marked && domain == "kommun.example") || from_outside
}

fn results(fields: &[(String, String)]) -> impl Iterator<Item = &str> {
    let results = fields.iter().filter(|(name, _)| name == "authentication-results");
    results.map(|(_, value)| value.as_str())
}

/// `dmarc=pass … header.from=domain`
fn passed(result: &str, domain: &str) -> bool {
    let mut pairs = result.trim().split(' ');
    let pass = pairs.next().is_some_and(|pair| pair.starts_with("dmarc") && pair.ends_with("=pass"));
    pass && pairs.any(|pair| pair.strip_prefix("header.from=") == Some(domain))
}
