//! The people of both registers: of every ten one has no phone and one a desk phone only, every twentieth
//! leads the nineteen after them, and whoever is in Active Directory has the same number there.

use std::fmt::Write as _;

use data_encoding::BASE64;
use serde_json::json;

use crate::support::graph::{Graph, Person, phone};
use crate::support::samba::{Unit, domain};

const UNITS: [&str; 6] =
    ["Hemtjänst Norr", "Receptionen", "Köket Solgården", "Gatukontoret", "Skolan", "Biblioteket"];
/// So many people share a group, and are added to Active Directory at once.
const TOGETHER: usize = 200;
/// Numbers that Sweden reserves for fiction.
const PHONES: usize = 90;

fn id(at: usize) -> String {
    format!("00000000-0000-4000-8000-{at:012}")
}

/// Every twentieth leads.
fn leader(at: usize) -> Option<usize> {
    (!at.is_multiple_of(20)).then(|| at / 20 * 20)
}

fn mobile(at: usize) -> String {
    format!("+46 7017406{:02}", 5 + at % PHONES)
}

/// What Entra Connect would take for an identifier.
fn anchor(at: usize) -> String {
    let mut octets = [0x4e; 16];
    octets[8..].copy_from_slice(&(at as u64).to_be_bytes());
    BASE64.encode(&octets)
}

/// `count` people in Entra ID, the first `synchronised` of whom come from Active Directory.
pub fn in_the_cloud(graph: &Graph, count: usize, synchronised: usize) {
    for known in ["id-anna", "id-karin", "id-sven"] {
        graph.remove(known);
    }
    for at in 0..count {
        let mut person =
            Person::new(&id(at), &format!("Person {at}"), &format!("person{at}@kommun.example"), &mobile(at));
        person.department = Some(UNITS[at % UNITS.len()].to_owned());
        person.manager = leader(at).map(id);
        person.phones = match at % 10 {
            3 => json!([]),
            7 => json!([phone("+46 406280400", "office")]),
            _ => person.phones,
        };
        if at < synchronised {
            person.synced = Some(true);
            person.sam = Some(format!("person{at}"));
            person.immutable_id = Some(anchor(at));
        }
        graph.add(person);
    }
}

/// `count` people in Active Directory, in groups within one group.
pub fn on_premises(count: usize) -> Unit {
    let unit = domain().unit();
    let dn = |at: usize| format!("CN=Person {at},{}", unit.dn());
    let mut groups = String::new();
    for first in (0..count).step_by(TOGETHER) {
        let mut text = String::new();
        let together = first..count.min(first + TOGETHER);
        for at in together.clone() {
            let encoded = |text: &str| BASE64.encode(text.as_bytes());
            let _ = write!(
                text,
                "dn: {}\nchangetype: add\nobjectClass: user\nsAMAccountName: person{at}\n\
                 userPrincipalName: person{at}@kommun.example\nmail: person{at}@kommun.example\n\
                 displayName: Person {at}\ndepartment:: {}\nuserAccountControl: 544\n\
                 mS-DS-ConsistencyGuid:: {}\n",
                dn(at),
                encoded(UNITS[at % UNITS.len()]),
                anchor(at)
            );
            if !matches!(at % 10, 3 | 7) {
                let _ = writeln!(text, "mobile: {}", mobile(at));
            }
            if let Some(leader) = leader(at) {
                let _ = writeln!(text, "manager: {}", dn(leader));
            }
            text.push('\n');
        }
        domain().ldif(&text);
        let members: Vec<String> = together.map(dn).collect();
        let group = unit.group(&format!("grupp{first}"), &members);
        let _ = writeln!(groups, "member: {group}");
    }
    let all = format!("CN=Alla,{}", unit.dn());
    domain().ldif(&format!("dn: {all}\nchangetype: add\nobjectClass: group\nsAMAccountName: alla\n{groups}"));
    unit
}
