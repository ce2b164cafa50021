//! The number people quote: `26-1141`.

use serde::{Deserialize, Serialize};

/// A ticket's number: the year in two digits, a hyphen, and a running number within the year.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TicketNumber {
    year: u8,
    running: u32,
}

/// Why a text is no ticket number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a ticket number has the form 26-1141")]
pub struct TicketNumberError;

impl TicketNumber {
    /// The `running`-th ticket of `year` (2026 or 26).
    #[must_use]
    pub fn new(year: i64, running: u32) -> Self {
        Self { year: u8::try_from(year.rem_euclid(100)).unwrap_or(0), running }
    }

    /// The year's two digits.
    #[must_use]
    pub fn year(self) -> i64 {
        i64::from(self.year)
    }

    /// The running number within the year.
    #[must_use]
    pub fn running(self) -> u32 {
        self.running
    }

    /// Parses `26-1141`.
    ///
    /// # Errors
    /// [`TicketNumberError`] when the text has another form.
    pub fn parse(text: &str) -> Result<Self, TicketNumberError> {
        let (year, running) = text.trim().split_once('-').ok_or(TicketNumberError)?;
        let digits = |s: &str| !s.is_empty() && s.bytes().all(|b| b.is_ascii_digit());
        if year.len() != 2 || !digits(year) || !digits(running) || running.starts_with('0') {
            return Err(TicketNumberError);
        }
        Ok(Self {
            year: year.parse().map_err(|_| TicketNumberError)?,
            running: running.parse().map_err(|_| TicketNumberError)?,
        })
    }
}

impl std::fmt::Display for TicketNumber {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:02}-{}", self.year, self.running)
    }
}

impl TryFrom<String> for TicketNumber {
    type Error = TicketNumberError;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text)
    }
}

impl From<TicketNumber> for String {
    fn from(number: TicketNumber) -> Self {
        number.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_survives_the_way_out_and_back() {
        let number = TicketNumber::new(2026, 1141);
        assert_eq!(number.to_string(), "26-1141");
        assert_eq!(TicketNumber::parse("26-1141"), Ok(number));
        for text in ["", "26", "26-", "-1", "2026-1", "26-01", "26-x", "26-99999999999"] {
            assert!(TicketNumber::parse(text).is_err(), "{text:?}");
        }
    }
}
