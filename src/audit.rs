//! The audit chain: every row's hash covers the row, its place and the hash before it, keyed, so that
//! only who holds the key can write a chain that holds. A signed record of the chain's end tells when
//! its tail was cut off. Pure: the rows come from the store.
//!
//! Whoever can write the database, but has no key, can put back an older copy of the whole chain with
//! its end: only a record outside (the log, another system) shows that.

use data_encoding::HEXLOWER;
use subtle::ConstantTimeEq;

use crate::keyring::Keyring;
use crate::types::UnixMillis;

/// Of keys for rows.
const ROWS: &str = "audit";
/// Of keys for the record of the chain's end.
const HEADS: &str = "audit-head";

/// What a row tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// The store's name for the row.
    pub id: i64,
    /// The store's name for its ticket; 0 for none.
    pub ticket: i64,
    /// When it was written.
    pub at: UnixMillis,
    /// Who did it.
    pub actor: String,
    /// What.
    pub event: String,
    /// More, as JSON text.
    pub data: String,
}

/// A row's link of the chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// The place in the chain, counted from 1.
    pub place: i64,
    /// The name of the key.
    pub key_id: String,
    /// HMAC-SHA256 in hexadecimal.
    pub hash: String,
}

/// The end of the chain: its last link and a signature of that.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Head {
    /// The last row's place; 0 for an empty chain.
    pub place: i64,
    /// The last row's hash; empty for an empty chain.
    pub hash: String,
    /// The name of the key that signed it.
    pub key_id: String,
    /// HMAC-SHA256 in hexadecimal; empty for an empty chain.
    pub signature: String,
}

/// Where a chain does not hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Something was changed.
    Broken {
        /// The first place that does not hold.
        place: i64,
        /// In words, what is wrong there.
        what: &'static str,
    },
    /// A key is not at hand, so nobody can tell.
    KeyMissing {
        /// Its name.
        key_id: String,
    },
}

/// Chains rows behind an end.
pub struct Sealer<'a> {
    keyring: &'a Keyring,
    place: i64,
    hash: String,
}

impl<'a> Sealer<'a> {
    /// Goes on behind `head`, which must be genuine: a chain that was cut must not be healed by going
    /// on from the cut.
    ///
    /// # Errors
    /// [`Fault`] when it is not.
    pub fn behind(keyring: &'a Keyring, head: &Head) -> Result<Self, Fault> {
        check_head(keyring, head)?;
        Ok(Self { keyring, place: head.place, hash: head.hash.clone() })
    }

    /// The next link, for `row`, by the current key.
    ///
    /// # Errors
    /// [`Fault::KeyMissing`] never happens with a keyring of this program.
    pub fn link(&mut self, row: &Row) -> Result<Link, Fault> {
        let key_id = self.keyring.current_id().to_owned();
        let place = self.place + 1;
        let hash = row_hash(self.keyring, &key_id, place, &self.hash, row)?;
        self.place = place;
        self.hash.clone_from(&hash);
        Ok(Link { place, key_id, hash })
    }

    /// The new end, signed.
    ///
    /// # Errors
    /// As [`Sealer::link`].
    pub fn head(&self) -> Result<Head, Fault> {
        let key_id = self.keyring.current_id().to_owned();
        let signature = head_signature(self.keyring, &key_id, self.place, &self.hash)?;
        Ok(Head { place: self.place, hash: self.hash.clone(), key_id, signature })
    }
}

/// Checks a chain from its first row on.
pub struct Checker<'a> {
    keyring: &'a Keyring,
    place: i64,
    hash: String,
}

impl<'a> Checker<'a> {
    /// Begins with an empty chain.
    #[must_use]
    pub fn new(keyring: &'a Keyring) -> Self {
        Self { keyring, place: 0, hash: String::new() }
    }

    /// The place of the last row that held.
    #[must_use]
    pub fn place(&self) -> i64 {
        self.place
    }

    /// Checks the next row with its link.
    ///
    /// # Errors
    /// [`Fault`] says where and what.
    pub fn next(&mut self, row: &Row, link: &Link) -> Result<(), Fault> {
        let place = self.place + 1;
        if link.place != place {
            return Err(Fault::Broken { place, what: "a row is missing" });
        }
        let hash = row_hash(self.keyring, &link.key_id, place, &self.hash, row)?;
        if !same(&hash, &link.hash) {
            let what = "the row is not the one that was chained here: it was changed, swapped or put in";
            return Err(Fault::Broken { place, what });
        }
        self.place = place;
        self.hash = hash;
        Ok(())
    }

    /// Checks that the chain ends where its record says. Answers the last hash.
    ///
    /// # Errors
    /// [`Fault`] says where and what.
    pub fn end(self, head: Option<&Head>) -> Result<String, Fault> {
        let place = self.place + 1;
        let head = head.ok_or(Fault::Broken { place, what: "the record of the chain's end is missing" })?;
        check_head(self.keyring, head)?;
        if head.place > self.place {
            return Err(Fault::Broken { place, what: "the last rows are missing" });
        }
        if head.place < self.place {
            let what = "rows stand behind the recorded end of the chain";
            return Err(Fault::Broken { place: head.place + 1, what });
        }
        if !same(&head.hash, &self.hash) {
            let what = "the last row is not the one that was recorded as the end";
            return Err(Fault::Broken { place: self.place, what });
        }
        Ok(self.hash)
    }
}

fn check_head(keyring: &Keyring, head: &Head) -> Result<(), Fault> {
    if *head == Head::default() {
        return Ok(());
    }
    let signature = head_signature(keyring, &head.key_id, head.place, &head.hash)?;
    if same(&signature, &head.signature) {
        Ok(())
    } else {
        Err(Fault::Broken { place: head.place, what: "the record of the chain's end was changed" })
    }
}

fn row_hash(keyring: &Keyring, key_id: &str, place: i64, before: &str, row: &Row) -> Result<String, Fault> {
    let mut octets = Octets::new(b"nyckelbud/audit/1");
    octets.numbers(&[place, row.id, row.ticket, row.at.0]);
    octets.texts(&[key_id, before, &row.actor, &row.event, &row.data]);
    octets.mac(keyring, key_id, ROWS)
}

fn head_signature(keyring: &Keyring, key_id: &str, place: i64, hash: &str) -> Result<String, Fault> {
    let mut octets = Octets::new(b"nyckelbud/audit-head/1");
    octets.numbers(&[place]);
    octets.texts(&[key_id, hash]);
    octets.mac(keyring, key_id, HEADS)
}

/// What is hashed. Every part has a fixed length or its length in front, so no two rows give the same
/// octets.
struct Octets(Vec<u8>);

impl Octets {
    fn new(label: &[u8]) -> Self {
        Self(label.to_vec())
    }

    fn numbers(&mut self, numbers: &[i64]) {
        for number in numbers {
            self.0.extend(number.to_be_bytes());
        }
    }

    fn texts(&mut self, texts: &[&str]) {
        for text in texts {
            self.0.extend((text.len() as u64).to_be_bytes());
            self.0.extend(text.as_bytes());
        }
    }

    fn mac(&self, keyring: &Keyring, key_id: &str, purpose: &str) -> Result<String, Fault> {
        let mac = keyring.mac(key_id, purpose, &self.0);
        mac.map(|mac| HEXLOWER.encode(&mac)).ok_or_else(|| Fault::KeyMissing { key_id: key_id.to_owned() })
    }
}

fn same(left: &str, right: &str) -> bool {
    left.as_bytes().ct_eq(right.as_bytes()).into()
}

#[cfg(test)]
mod tests;
