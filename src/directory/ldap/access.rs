//! Reading an access list: may somebody reset the password of an entry, or read an attribute of it? An
//! extended right shows in no attribute that a server works out, and what may not be read looks like what
//! is not there, so the list is read as MS-DTYP 2.4.4 and 2.5.3 describe it. Pure: octets go in. What is not understood is "nobody can say".

use std::collections::HashSet;

use super::values::{ObjectGuid, Sid};

/// `User-Force-Change-Password`, which the tools call "Reset Password" (MS-ADTS 5.1.3.2.1).
pub(crate) const RESET_PASSWORD: &str = "00299570-246d-11d0-a768-00aa006e0529";

/// Use of an extended right; reading of attributes; reading, and everything.
const CONTROL_ACCESS: u32 = 0x100;
const READ_PROPERTY: u32 = 0x10;
const GENERIC_READ: u32 = 0x8000_0000;
const GENERIC_ALL: u32 = 0x1000_0000;
/// There is an access list.
const DACL_PRESENT: u16 = 0x4;
/// The line is for entries below only.
const INHERIT_ONLY: u8 = 0x8;
const OBJECT_TYPE_PRESENT: u32 = 0x1;
const INHERITED_TYPE_PRESENT: u32 = 0x2;

/// One line of an access list.
struct Line {
    allows: bool,
    who: Sid,
    /// What it allows or denies.
    mask: u32,
    /// Which right, attribute or set of attributes; `None` for all of them.
    object: Option<ObjectGuid>,
}

/// May whoever has one of the identifiers `who` use the extended `right` on the entry that has this
/// security `descriptor`? `None` when it is not understood.
pub(crate) fn may_use(descriptor: &[u8], who: &HashSet<Sid>, right: &ObjectGuid) -> Option<bool> {
    may(descriptor, who, CONTROL_ACCESS, std::slice::from_ref(right))
}

/// The same for reading an attribute, which is known by its own identifier and by that of the set of
/// attributes that it belongs to. One that is `confidential` needs an extended right besides.
pub(crate) fn may_read(
    descriptor: &[u8],
    who: &HashSet<Sid>,
    attribute: &[ObjectGuid],
    confidential: bool,
) -> Option<bool> {
    let read = may(descriptor, who, READ_PROPERTY | GENERIC_READ, attribute)?;
    Some(read && (!confidential || may(descriptor, who, CONTROL_ACCESS, attribute)?))
}

fn may(descriptor: &[u8], who: &HashSet<Sid>, mask: u32, objects: &[ObjectGuid]) -> Option<bool> {
    let control = u16_at(descriptor, 2)?;
    let at = usize::try_from(u32_at(descriptor, 16)?).ok()?;
    if control & DACL_PRESENT == 0 || at == 0 {
        // No list at all: everybody may do everything.
        return Some(true);
    }
    let lines = lines(descriptor.get(at..)?)?;
    // The first line that is about the matter decides; Windows keeps refusals before permissions.
    let about = |line: &&Line| {
        line.mask & (mask | GENERIC_ALL) != 0
            && who.contains(&line.who)
            && line.object.as_ref().is_none_or(|own| objects.contains(own))
    };
    Some(lines.iter().find(about).is_some_and(|line| line.allows))
}

fn lines(list: &[u8]) -> Option<Vec<Line>> {
    let count = u16_at(list, 4)?;
    let mut at = 8;
    let mut lines = Vec::new();
    for _ in 0..count {
        let size = usize::from(u16_at(list, at + 2)?);
        let line = list.get(at..at + size)?;
        if size < 8 {
            return None;
        }
        lines.extend(line_of(line)?);
        at += size;
    }
    Some(lines)
}

/// `Some(None)` for a line about something else.
fn line_of(line: &[u8]) -> Option<Option<Line>> {
    let [kind, flags, ..] = line else { return None };
    let (allows, has_types) = match kind {
        0x00 => (true, false),
        0x01 => (false, false),
        0x05 => (true, true),
        0x06 => (false, true),
        // Audits, and lines with conditions, which are no part of a delegation.
        _ => return Some(None),
    };
    let mask = u32_at(line, 4)?;
    if flags & INHERIT_ONLY != 0 {
        return Some(None);
    }
    if !has_types {
        return Some(Some(Line { allows, who: sid_at(line, 8)?, mask, object: None }));
    }
    let present = u32_at(line, 8)?;
    let mut at = 12;
    let mut object = None;
    if present & OBJECT_TYPE_PRESENT != 0 {
        object = Some(ObjectGuid::of_octets(line.get(at..at + 16)?)?);
        at += 16;
    }
    if present & INHERITED_TYPE_PRESENT != 0 {
        at += 16;
    }
    Some(Some(Line { allows, who: sid_at(line, at)?, mask, object }))
}

/// The SID that begins at `at`; a line may have room behind it.
fn sid_at(line: &[u8], at: usize) -> Option<Sid> {
    let count = usize::from(*line.get(at + 1)?);
    Sid::of_octets(line.get(at..at + 8 + 4 * count)?)
}

fn u16_at(octets: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_le_bytes(octets.get(at..at + 2)?.try_into().ok()?))
}

fn u32_at(octets: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(octets.get(at..at + 4)?.try_into().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn svc() -> Sid {
        Sid::nt(&[21, 1, 2, 3, 1120])
    }

    fn ace(kind: u8, flags: u8, mask: u32, right: Option<&str>, who: &Sid) -> Vec<u8> {
        let mut body = mask.to_le_bytes().to_vec();
        if matches!(kind, 5 | 6) {
            body.extend(u32::from(right.is_some()).to_le_bytes());
            body.extend(right.map(|text| *ObjectGuid::parse(text).unwrap().octets()).into_iter().flatten());
        }
        body.extend(who.octets());
        let size = u16::try_from(body.len() + 4).unwrap();
        [vec![kind, flags], size.to_le_bytes().to_vec(), body].concat()
    }

    fn descriptor(aces: &[Vec<u8>]) -> Vec<u8> {
        let list = aces.concat();
        let mut octets = vec![1, 0];
        octets.extend(DACL_PRESENT.to_le_bytes());
        octets.extend([0; 12]);
        octets.extend(20u32.to_le_bytes());
        octets.extend([4, 0]);
        octets.extend(u16::try_from(list.len() + 8).unwrap().to_le_bytes());
        octets.extend(u16::try_from(aces.len()).unwrap().to_le_bytes());
        octets.extend([0, 0]);
        octets.extend(list);
        octets
    }

    fn may(aces: &[Vec<u8>]) -> Option<bool> {
        let who = HashSet::from([svc(), Sid::everyone()]);
        may_use(&descriptor(aces), &who, &ObjectGuid::parse(RESET_PASSWORD).unwrap())
    }

    #[test]
    fn the_first_line_about_the_right_and_the_account_decides() {
        let other = "ab721a53-1e2f-11d0-9819-00aa0040529b";
        let allow = ace(5, 0, CONTROL_ACCESS, Some(RESET_PASSWORD), &svc());
        assert_eq!(may(&[]), Some(false));
        assert_eq!(may(std::slice::from_ref(&allow)), Some(true));
        assert_eq!(may(&[ace(5, 0, CONTROL_ACCESS, Some(other), &svc())]), Some(false), "another right");
        assert_eq!(
            may(&[ace(5, 8, CONTROL_ACCESS, Some(RESET_PASSWORD), &svc())]),
            Some(false),
            "below only"
        );
        assert_eq!(may(&[ace(5, 0, 0x20, Some(RESET_PASSWORD), &svc())]), Some(false), "writing");
        assert_eq!(may(&[ace(5, 0, CONTROL_ACCESS, None, &svc())]), Some(true), "every right");
        assert_eq!(may(&[ace(0, 0, GENERIC_ALL, None, &Sid::everyone())]), Some(true));
        let stranger = Sid::nt(&[21, 1, 2, 3, 9]);
        assert_eq!(may(&[ace(0, 0, GENERIC_ALL, None, &stranger)]), Some(false));
        let deny = ace(6, 0, CONTROL_ACCESS, Some(RESET_PASSWORD), &svc());
        assert_eq!(may(&[deny, allow]), Some(false));
    }

    #[test]
    fn an_attribute_is_read_by_its_own_right_or_its_sets_and_a_confidential_one_needs_more() {
        const ATTRIBUTE: &str = "f0f8ffa3-1191-11d0-a060-00aa006c33ed";
        const SET: &str = "77b5b886-944a-11d1-aebd-0000f80367c1";
        let attribute = [ATTRIBUTE, SET].map(|text| ObjectGuid::parse(text).unwrap());
        let who = HashSet::from([svc()]);
        let read =
            |aces: &[Vec<u8>], confidential| may_read(&descriptor(aces), &who, &attribute, confidential);
        let by = |kind, object| ace(kind, 0, READ_PROPERTY, object, &svc());
        assert_eq!(read(&[], false), Some(false));
        for object in [Some(ATTRIBUTE), Some(SET), None] {
            assert_eq!(read(&[by(5, object)], false), Some(true), "{object:?}");
            assert_eq!(read(&[by(5, object)], true), Some(false), "{object:?}");
        }
        assert_eq!(read(&[by(5, Some(RESET_PASSWORD))], false), Some(false), "another attribute");
        assert_eq!(read(&[by(6, Some(ATTRIBUTE)), by(5, None)], false), Some(false), "a refusal first");
        assert_eq!(read(&[by(5, None), by(6, Some(ATTRIBUTE))], false), Some(true), "a permission first");
        assert_eq!(read(&[ace(0, 0, GENERIC_ALL, None, &svc())], true), Some(true));
        let more = ace(5, 0, CONTROL_ACCESS, Some(ATTRIBUTE), &svc());
        assert_eq!(read(&[by(5, Some(SET)), more], true), Some(true));
    }

    #[test]
    fn what_is_not_understood_is_no_answer() {
        let whole = descriptor(&[ace(5, 0, CONTROL_ACCESS, Some(RESET_PASSWORD), &svc())]);
        let who = HashSet::from([svc()]);
        let right = ObjectGuid::parse(RESET_PASSWORD).unwrap();
        for length in 0..whole.len() {
            let cut = whole.get(..length).unwrap();
            assert_eq!(may_use(cut, &who, &right), None, "cut at {length}");
        }
        let mut endless = whole.clone();
        endless[30] = 0;
        endless[31] = 0;
        assert_eq!(may_use(&endless, &who, &right), None);
    }
}
