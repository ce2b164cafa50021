//! What stands behind a link: the number it dials or the address it writes to. What a link shows and
//! where it leads may differ; then nobody can be sure which of them is meant. url is used only here.

use data_encoding::HEXLOWER_PERMISSIVE;

use crate::types::PhoneNumber;

/// Digits that a text must hold to be taken for a number.
const FEWEST_DIGITS: usize = 5;

/// The `tel:…` or `mailto:…` that `link` leads to when that is not what `shown` says; `None` when it is, and
/// for text that is neither a number nor an address.
pub(super) fn another(link: &str, shown: &str) -> Option<String> {
    let (scheme, target) = contact(link)?;
    let shown = shown.split_whitespace().collect::<Vec<_>>().join(" ");
    let differs = if scheme == "tel" {
        let number = PhoneNumber::parse(&shown).ok();
        let same = number.is_some() && number == PhoneNumber::parse(&target).ok();
        digits(&shown).len() >= FEWEST_DIGITS && !same && digits(&shown) != digits(&target)
    } else {
        shown.contains('@') && !shown.eq_ignore_ascii_case(&target)
    };
    differs.then(|| format!("{scheme}:{target}"))
}

/// The scheme, `tel` or `mailto`, and the target of such a link.
fn contact(link: &str) -> Option<(&'static str, String)> {
    let inner = within_safe_link(link);
    let (scheme, target) = inner.as_deref().unwrap_or(link).trim().split_once(':')?;
    let scheme = ["tel", "mailto"].into_iter().find(|known| scheme.eq_ignore_ascii_case(known))?;
    let target = percent_decoded(target.split('?').next().unwrap_or_default());
    Some((scheme, target.chars().filter(|c| !c.is_control()).collect()))
}

/// The link that Microsoft Defender wrapped (Microsoft, "Safe Links in Microsoft Defender for Office 365").
pub(super) fn within_safe_link(link: &str) -> Option<String> {
    let (host, query) = link.trim().strip_prefix("https://")?.split_once("/?")?;
    if !host.ends_with(".safelinks.protection.outlook.com") {
        return None;
    }
    query.split('&').find_map(|field| field.strip_prefix("url=")).map(percent_decoded)
}

/// The host that an address of the web leads to, as the network knows it (WHATWG URL, IDNA).
pub(super) fn host_of(address: &str) -> Option<String> {
    Some(url::Url::parse(address).ok()?.host_str()?.to_owned())
}

/// `text` with its octets written as `%2B` put back (RFC 3986 2.1).
pub(crate) fn percent_decoded(text: &str) -> String {
    let mut octets = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        let digits = after.get(..2).filter(|_| first == b'%');
        match digits.and_then(|digits| HEXLOWER_PERMISSIVE.decode(digits).ok()) {
            Some(octet) => {
                octets.extend(octet);
                rest = &after[2..];
            }
            None => {
                octets.push(first);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&octets).into_owned()
}

fn digits(text: &str) -> String {
    text.chars().filter(char::is_ascii_digit).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAFE: &str =
        "https://eur03.safelinks.protection.outlook.com/?url=tel%3A%2B46701740605&data=05%7C02";

    #[test]
    fn a_link_to_what_it_shows_is_no_other() {
        for (link, shown) in [
            ("tel:+46701740605", "070-174 06 05"),
            ("TEL:070-174%2006%2005", "070-174\n  06\u{a0}05"),
            (SAFE, "+46 (0)70 174 06 05"),
            ("tel:1740605", "174 06 05"),
            ("mailto:Anna@kommun.example?subject=x", "anna@kommun.example"),
            ("mailto:anna@kommun.example", "Anna Andersson"),
            ("tel:+46701740605", "ring mig"),
            ("https://kommun.example/070-174%2006%2005", "070-174 06 06"),
            ("https://safelinks.protection.outlook.com.example/?url=tel%3A1", "070-174 06 06"),
        ] {
            assert_eq!(another(link, shown), None, "{link} {shown}");
        }
    }

    #[test]
    fn a_link_to_another_number_or_address_is_told() {
        for (link, shown, told) in [
            ("tel:070-174%2006%2006", "070-174 06 05", "tel:070-174 06 06"),
            (SAFE, "070-174 06 06", "tel:+46701740605"),
            ("mailto:bo@kommun.example%0A", "anna@kommun.example", "mailto:bo@kommun.example"),
        ] {
            assert_eq!(another(link, shown).as_deref(), Some(told));
        }
    }

    #[test]
    fn what_is_no_escape_stays() {
        assert_eq!(percent_decoded("100% %zz %C3%A5 %"), "100% %zz å %");
    }
}
