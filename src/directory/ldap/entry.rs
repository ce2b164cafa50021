//! One entry as a server gave it: a name and octets. Names of attributes are compared without case.

use std::collections::HashMap;

use super::failure::Failure;

/// An entry with the attributes that were asked for and may be read.
#[derive(Clone, Debug, Default)]
pub(crate) struct Entry {
    /// The distinguished name, as the server writes it.
    pub(crate) dn: String,
    values: HashMap<String, Vec<Vec<u8>>>,
}

impl Entry {
    pub(crate) fn new(dn: String) -> Self {
        Self { dn, values: HashMap::new() }
    }

    /// The same with these attributes only.
    pub(super) fn only(&self, names: &[String]) -> Self {
        let kept = names.iter().filter_map(|name| self.values.get_key_value(&name.to_ascii_lowercase()));
        let values = kept.map(|(name, values)| (name.clone(), values.clone())).collect();
        Self { dn: self.dn.clone(), values }
    }

    /// Adds the values of one attribute.
    ///
    /// # Errors
    /// The server gave only a part of them (`member;range=0-1499`): they are too many for one person.
    pub(crate) fn add(&mut self, name: &str, values: Vec<Vec<u8>>) -> Result<(), Failure> {
        if name.to_ascii_lowercase().contains(";range=") {
            return Err(Failure::Half(format!("{name}: more values than are given at once")));
        }
        self.values.entry(name.to_ascii_lowercase()).or_default().extend(values);
        Ok(())
    }

    /// All values.
    pub(crate) fn octets(&self, name: &str) -> &[Vec<u8>] {
        self.values.get(&name.to_ascii_lowercase()).map_or(&[], Vec::as_slice)
    }

    /// All values that are texts and not blank.
    pub(crate) fn texts(&self, name: &str) -> Vec<&str> {
        let texts = self.octets(name).iter().filter_map(|octets| std::str::from_utf8(octets).ok());
        texts.map(str::trim).filter(|text| !text.is_empty()).collect()
    }

    /// The first text.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.texts(name).into_iter().next()
    }

    /// The value as a number; `None` when there is none, or something else.
    pub(crate) fn number(&self, name: &str) -> Option<i64> {
        self.text(name).and_then(|text| text.parse().ok())
    }

    /// The value as a number.
    ///
    /// # Errors
    /// It is not there: every account has it, so it may not be read.
    pub(crate) fn needed(&self, name: &str) -> Result<i64, Failure> {
        self.number(name).ok_or_else(|| {
            let whose = self.text("sAMAccountName").unwrap_or("an account");
            Failure::Half(format!("{name} of {whose} cannot be read"))
        })
    }

    /// Is `value` among its object classes?
    pub(crate) fn is_a(&self, class: &str) -> bool {
        self.texts("objectClass").iter().any(|own| own.eq_ignore_ascii_case(class))
    }

    /// The first part of its name, for people: `Eva Ek` of `CN=Eva Ek,OU=…`.
    pub(crate) fn common_name(&self) -> String {
        common_name(&self.dn)
    }
}

/// The first part of a distinguished name, for people.
pub(crate) fn common_name(dn: &str) -> String {
    let first = dn.split_once('=').map_or(dn, |(_, rest)| rest);
    let mut name = String::new();
    let mut letters = first.chars();
    while let Some(letter) = letters.next() {
        match letter {
            ',' => break,
            '\\' => name.extend(letters.next()),
            other => name.push(other),
        }
    }
    name
}

/// Everything after the first part: where the entry lies.
pub(crate) fn parent(dn: &str) -> &str {
    let mut escaped = false;
    for (at, letter) in dn.char_indices() {
        match letter {
            ',' if !escaped => return dn.get(at + 1..).unwrap_or_default(),
            '\\' => escaped = !escaped,
            _ => escaped = false,
        }
    }
    ""
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_compared_without_case_and_blanks_are_no_values() {
        let mut entry = Entry::new("CN=Asp\\, Anna,OU=Skola,DC=kommun,DC=example".to_owned());
        entry.add("sAMAccountName", vec![b"anna".to_vec()]).unwrap();
        entry.add("mobile", vec![b"  ".to_vec(), b"x".to_vec()]).unwrap();
        assert_eq!(entry.text("SAMACCOUNTNAME"), Some("anna"));
        assert_eq!(entry.texts("mobile"), ["x"]);
        assert_eq!(entry.common_name(), "Asp, Anna");
        assert_eq!(parent(&entry.dn), "OU=Skola,DC=kommun,DC=example");
        assert!(entry.needed("userAccountControl").is_err());
    }

    #[test]
    fn a_part_of_the_values_is_an_error() {
        let mut entry = Entry::default();
        assert!(entry.add("proxyAddresses;range=0-1499", Vec::new()).is_err());
    }
}
