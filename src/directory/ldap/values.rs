//! The forms in which Active Directory keeps identifiers and times (MS-DTYP 2.3.3, 2.3.4, 2.4.2).
//! Pure: octets go in.

use data_encoding::BASE64;

use crate::clock::parse_rfc3339;
use crate::types::{AccountId, UnixMillis};

/// A FILETIME counts 100 ns from 1601-01-01; so many milliseconds lie between that and 1970-01-01.
const MILLIS_TO_1970: i64 = 11_644_473_600_000;
const FILETIME_PER_MILLI: i64 = 10_000;

/// `objectGUID`: the identifier that is never reused. Shown as Active Directory's own tools show it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ObjectGuid([u8; 16]);

impl ObjectGuid {
    /// The octets of the attribute; `None` when they are not 16.
    #[must_use]
    pub fn of_octets(octets: &[u8]) -> Option<Self> {
        octets.try_into().ok().map(Self)
    }

    /// From the textual form: `4f0c1c2e-9b1d-4a53-8f0e-0d2a6c1b7e55`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let uuid = uuid_octets(text)?;
        Some(Self(mixed(uuid)))
    }

    /// From Entra ID's `onPremisesImmutableId`, which is the base64 of the octets.
    #[must_use]
    pub fn of_immutable_id(text: &str) -> Option<Self> {
        Self::of_octets(&BASE64.decode(text.trim().as_bytes()).ok()?)
    }

    /// The octets, in the directory's order.
    #[must_use]
    pub fn octets(&self) -> &[u8; 16] {
        &self.0
    }

    /// The same as an account's identifier.
    #[must_use]
    pub fn account_id(&self) -> AccountId {
        AccountId::new(self.to_string())
    }
}

/// The first three fields are little-endian in the directory and big-endian in the text.
fn mixed(octets: [u8; 16]) -> [u8; 16] {
    let [a, b, c, d, e, f, g, h, rest @ ..] = octets;
    let [i, j, k, l, m, n, o, p] = rest;
    [d, c, b, a, f, e, h, g, i, j, k, l, m, n, o, p]
}

fn uuid_octets(text: &str) -> Option<[u8; 16]> {
    let parts: Vec<&str> = text.trim().split('-').collect();
    let lengths: Vec<usize> = parts.iter().map(|part| part.len()).collect();
    if lengths != [8, 4, 4, 4, 12] {
        return None;
    }
    let octets = data_encoding::HEXLOWER_PERMISSIVE.decode(parts.concat().as_bytes()).ok()?;
    octets.try_into().ok()
}

impl std::fmt::Display for ObjectGuid {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (at, octet) in mixed(self.0).iter().enumerate() {
            if matches!(at, 4 | 6 | 8 | 10) {
                f.write_str("-")?;
            }
            write!(f, "{octet:02x}")?;
        }
        Ok(())
    }
}

/// A security identifier in its binary form.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Sid(Vec<u8>);

/// The authority that Windows accounts and groups belong to.
const NT_AUTHORITY: [u8; 6] = [0, 0, 0, 0, 0, 5];

impl Sid {
    /// The octets of the attribute; `None` when they are no SID.
    pub(crate) fn of_octets(octets: &[u8]) -> Option<Self> {
        let [1, count, ..] = octets else { return None };
        (octets.len() == 8 + 4 * usize::from(*count)).then(|| Self(octets.to_vec()))
    }

    /// One of `S-1-5-…`.
    pub(crate) fn nt(parts: &[u32]) -> Self {
        let count = u8::try_from(parts.len()).unwrap_or(u8::MAX);
        let mut octets = vec![1, count];
        octets.extend(NT_AUTHORITY);
        octets.extend(parts.iter().flat_map(|part| part.to_le_bytes()));
        Self(octets)
    }

    /// `S-1-1-0`, which everybody has.
    pub(crate) fn everyone() -> Self {
        Self(vec![1, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0])
    }

    pub(crate) fn octets(&self) -> &[u8] {
        &self.0
    }

    /// The numbers after the authority.
    fn parts(&self) -> Vec<u32> {
        let (fours, _) = self.0.get(8..).unwrap_or_default().as_chunks::<4>();
        fours.iter().map(|four| u32::from_le_bytes(*four)).collect()
    }

    /// The last number: what is meant within its domain.
    pub(crate) fn rid(&self) -> Option<u32> {
        self.parts().pop()
    }

    /// Does it belong to a domain (`S-1-5-21-…`)?
    pub(crate) fn is_of_a_domain(&self) -> bool {
        self.0.get(2..8) == Some(&NT_AUTHORITY) && self.parts().first() == Some(&21)
    }

    /// Is it one of the groups that every domain has (`S-1-5-32-…`)?
    pub(crate) fn is_builtin(&self) -> bool {
        self.0.get(2..8) == Some(&NT_AUTHORITY) && self.parts().first() == Some(&32)
    }

    /// The same domain with another last number.
    pub(crate) fn sibling(&self, rid: u32) -> Self {
        let mut octets = self.0.clone();
        octets.truncate(octets.len().saturating_sub(4));
        octets.extend(rid.to_le_bytes());
        Self(octets)
    }
}

impl std::fmt::Display for Sid {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let authority = self.0.get(2..8).unwrap_or_default().iter().fold(0u64, |a, o| a << 8 | u64::from(*o));
        write!(f, "S-1-{authority}")?;
        self.parts().iter().try_for_each(|part| write!(f, "-{part}"))
    }
}

/// A FILETIME as a point in time; `None` for the two values that mean "never".
pub(crate) fn file_time(value: i64) -> Option<UnixMillis> {
    (value != 0 && value != i64::MAX).then(|| UnixMillis(value / FILETIME_PER_MILLI - MILLIS_TO_1970))
}

/// `unicodePwd` by its number (1.2.840.113556.1.4.90, MS-DRSR 5.12.1).
pub(crate) const UNICODE_PWD: u32 = 0x0009_005a;

/// When the attribute of this number was last changed anywhere, by the entry's replication data
/// (MS-ADTS 3.1.1.1.9; MS-DRSR's PROPERTY_META_DATA_VECTOR as the directory stores it).
pub(crate) fn changed_at(blob: &[u8], attribute: u32) -> Option<UnixMillis> {
    const HEAD: usize = 16;
    const EACH: usize = 48;
    let (lines, _) = blob.get(HEAD..)?.as_chunks::<EACH>();
    lines.iter().find(|line| line.starts_with(&attribute.to_le_bytes())).and_then(|line| {
        // After the number and a version: seconds since 1601.
        let seconds = i64::from_le_bytes(line.get(8..16)?.try_into().ok()?);
        Some(UnixMillis(seconds.checked_mul(1000)?.checked_sub(MILLIS_TO_1970)?))
    })
}

/// A time as `20261124090030.0Z` (RFC 4517 3.3.13, in the one form that Active Directory writes).
pub(crate) fn generalized_time(text: &str) -> Option<UnixMillis> {
    let digits = text.get(..14).filter(|digits| digits.bytes().all(|b| b.is_ascii_digit()))?;
    let is_utc = matches!(text.get(14..)?, "Z" | ".0Z");
    let (date, time) = digits.split_at_checked(8)?;
    let part = |text: &'_ str, from: usize, to: usize| text.get(from..to).unwrap_or_default().to_owned();
    let date = [part(date, 0, 4), part(date, 4, 6), part(date, 6, 8)].join("-");
    let time = [part(time, 0, 2), part(time, 2, 4), part(time, 4, 6)].join(":");
    parse_rfc3339(&format!("{date}T{time}Z")).filter(|_| is_utc)
}

/// `octets` in a search filter: every one escaped that is not surely plain (RFC 4515 3).
pub(crate) fn escaped(octets: &[u8]) -> String {
    let mut text = String::with_capacity(octets.len());
    for octet in octets {
        match octet {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'@' | b'.' | b'_' | b'-' => {
                text.push(char::from(*octet));
            }
            other => text.push_str(&format!("\\{other:02x}")),
        }
    }
    text
}

/// `octets` in a search filter, when they are no text at all.
pub(crate) fn escaped_binary(octets: &[u8]) -> String {
    octets.iter().map(|octet| format!("\\{octet:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::rfc3339;

    #[test]
    fn a_guid_has_the_byte_order_of_active_directory() {
        let octets =
            [0x2e, 0x1c, 0x0c, 0x4f, 0x1d, 0x9b, 0x53, 0x4a, 0x8f, 0x0e, 0x0d, 0x2a, 0x6c, 0x1b, 0x7e, 0x55];
        let guid = ObjectGuid::of_octets(&octets).unwrap();
        assert_eq!(guid.to_string(), "4f0c1c2e-9b1d-4a53-8f0e-0d2a6c1b7e55");
        assert_eq!(ObjectGuid::parse("4F0C1C2E-9b1d-4a53-8f0e-0d2a6c1b7e55"), Some(guid));
        assert_eq!(ObjectGuid::of_immutable_id("LhwMTx2bU0qPDg0qbBt+VQ=="), Some(guid));
        for text in ["", "4f0c1c2e9b1d4a538f0e0d2a6c1b7e55", "4f0c1c2e-9b1d-4a53-8f0e-0d2a6c1b7e5g", "*"] {
            assert_eq!(ObjectGuid::parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_sid_knows_its_domain_and_its_number() {
        let sid = Sid::nt(&[21, 1, 2, 3, 1105]);
        assert_eq!(sid.to_string(), "S-1-5-21-1-2-3-1105");
        assert_eq!(sid.sibling(512).to_string(), "S-1-5-21-1-2-3-512");
        assert_eq!(sid.rid(), Some(1105));
        assert!(sid.is_of_a_domain() && !sid.is_builtin());
        assert!(Sid::nt(&[32, 544]).is_builtin());
        assert_eq!(Sid::everyone().to_string(), "S-1-1-0");
        assert_eq!(Sid::of_octets(sid.octets()), Some(sid.clone()));
        assert_eq!(Sid::of_octets(&sid.octets()[..20]), None, "cut short");
    }

    #[test]
    fn times_are_those_of_windows() {
        let at = file_time(134_068_608_000_000_000).unwrap();
        assert_eq!(rfc3339(at), "2025-11-06T00:00:00Z");
        assert_eq!(file_time(0), None);
        assert_eq!(file_time(i64::MAX), None);
        assert_eq!(file_time(116_444_736_000_000_000), parse_rfc3339("1970-01-01T00:00:00Z"));
    }

    #[test]
    fn replication_data_tells_when_a_password_was_changed() {
        let line = |number: u32, seconds: i64| {
            let mut line = number.to_le_bytes().to_vec();
            line.extend(1u32.to_le_bytes());
            line.extend(seconds.to_le_bytes());
            line.extend([7; 32]);
            line
        };
        let head = [[1, 0, 0, 0], [0; 4], [2, 0, 0, 0], [0; 4]].concat();
        let at = parse_rfc3339("2026-11-30T02:07:58Z").unwrap();
        let seconds = at.0 / 1000 + 11_644_473_600;
        let blob = [head, line(0x0009_0008, 5), line(UNICODE_PWD, seconds)].concat();
        assert_eq!(changed_at(&blob, UNICODE_PWD), Some(at));
        assert_eq!(changed_at(&blob, 0x0009_0060), None);
        assert_eq!(changed_at(&blob[..20], UNICODE_PWD), None);
    }

    #[test]
    fn a_servers_time_is_read_in_the_form_of_active_directory_alone() {
        let read = |text: &str| generalized_time(text).map(rfc3339);
        for text in ["20261124090030.0Z", "20261124090030Z"] {
            assert_eq!(read(text).as_deref(), Some("2026-11-24T09:00:30Z"), "{text}");
        }
        for text in
            ["", "20261124090030", "20261124090030+0100", "20261324090030.0Z", "2026112409003\u{e5}.0Z"]
        {
            assert_eq!(read(text), None, "{text}");
        }
    }

    #[test]
    fn nothing_in_a_value_can_change_a_filter() {
        assert_eq!(escaped(b"anna.asp@kommun.example"), "anna.asp@kommun.example");
        assert_eq!(escaped(b"*)(objectClass=*"), "\\2a\\29\\28objectClass\\3d\\2a");
        assert_eq!(escaped("bj\u{f6}rn\\\0".as_bytes()), "bj\\c3\\b6rn\\5c\\00");
        assert_eq!(escaped_binary(b"a\xff"), "\\61\\ff");
    }
}
