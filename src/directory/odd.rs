//! Accounts that a walk over everybody cannot make out: one of them must not hide all others, and none may
//! be left out unsaid.

use super::Progress;

/// Such accounts: of each, which it is and why.
#[derive(Debug, Default)]
pub(super) struct Odd(Vec<String>);

impl Odd {
    pub(super) fn add(&mut self, why: String) {
        self.0.push(why);
    }

    /// Tells of them beside `good` others.
    ///
    /// # Errors
    /// In words: where nobody can be made out it is no matter of one account, and the walk has brought nothing.
    pub(super) fn tell(self, good: usize, told: &(dyn Fn(Progress) + Send + Sync)) -> Result<(), String> {
        let Some(first) = self.0.first().cloned() else { return Ok(()) };
        if good == 0 {
            return Err(format!("no account can be made out ({first})"));
        }
        told(Progress::LeftOut { accounts: self.0.len(), first });
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;

    #[test]
    fn the_odd_are_told_of_and_a_walk_that_makes_out_nobody_has_brought_nothing() {
        let odd = |count: usize| Odd((0..count).map(|n| format!("{n}: half")).collect());
        let told = Mutex::new(Vec::new());
        let tell = |progress| told.lock().unwrap().push(progress);
        assert_eq!(odd(0).tell(0, &tell), Ok(()), "an empty register is no fault");
        assert_eq!(odd(2).tell(1, &tell), Ok(()));
        assert_eq!(odd(1).tell(0, &tell), Err("no account can be made out (0: half)".to_owned()));
        let left_out = Progress::LeftOut { accounts: 2, first: "0: half".to_owned() };
        assert_eq!(*told.lock().unwrap(), [left_out]);
    }
}
