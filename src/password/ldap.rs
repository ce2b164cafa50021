//! Setting passwords in Active Directory: one change of `unicodePwd` and `pwdLastSet`, on the server
//! and the connection that the account was read from a moment before. A protected account is refused
//! here, even where the server would allow it.

use std::time::Duration;

use async_trait::async_trait;
use zeroize::Zeroizing;

use super::{
    LEAST_TIME, PasswordReset, SAME_RESET, TemporaryPassword, Used, ValueRefused, accepted, why_not,
};
use crate::directory::ldap::failure::{Answer, Failure, code};
use crate::directory::ldap::session::{Octets, Session};
use crate::directory::ldap::{LdapDirectory, Person};
use crate::directory::{Account, Directory, DirectoryError, Finding};
use crate::types::{AccountId, Outcome, UnixMillis};

/// "The password does not meet the requirements": length, complexity, a banned word.
const PASSWORD_RESTRICTION: &str = "0000052D";
/// What Windows answers when it does not think the connection well enough protected.
const NOT_PROTECTED: &str = "0000001F";

/// Sets passwords of the people in an [`LdapDirectory`].
pub struct LdapPasswordReset {
    directory: LdapDirectory,
    protected_groups: Vec<String>,
}

/// An account that may be changed, and the connection that it was read on.
struct Ready {
    session: Session,
    person: Person,
}

impl LdapPasswordReset {
    /// The right to set passwords for the people of `directory`. Members of `protected_groups` are
    /// refused like those whom Active Directory itself protects.
    #[must_use]
    pub fn new(directory: LdapDirectory, protected_groups: Vec<String>) -> Self {
        Self { directory, protected_groups }
    }

    fn timeout(&self) -> Duration {
        self.directory.inner().client.servers().timeout
    }

    /// [`PasswordReset::set`], which takes no longer than `time`: half of it to read, the rest to write.
    pub(super) async fn set_within(
        &self,
        account: &AccountId,
        password: &TemporaryPassword,
        time: Duration,
    ) -> Result<Outcome, ValueRefused> {
        // A change that must be broken off soon may have been made.
        let for_the_change = time * 3 / 10;
        if for_the_change < LEAST_TIME {
            return Ok(not_sent("reading the account took all the time there was; nothing was changed"));
        }
        let made = async {
            let (ready, at) = self.prepare(account, time / 2).await?;
            self.unlock(&ready, time / 5).await?;
            Ok(self.change(&ready, password, at, for_the_change).await)
        };
        made.await.unwrap_or_else(Ok)
    }

    /// Reads the account anew, and what o'clock it is there; nothing has been changed when it gives an outcome.
    async fn prepare(
        &self,
        account: &AccountId,
        time: Duration,
    ) -> Result<(Ready, Option<UnixMillis>), Outcome> {
        let prepared = async {
            let ready = self.ready(account).await?;
            let told = ready.session.server_time().await;
            let at = self.directory.inner().settle(&ready.session, told).await;
            let at = at.map_err(|failure| not_sent(&unchanged(&failure.words())))?;
            Ok((ready, at))
        };
        match tokio::time::timeout(time, prepared).await {
            Ok(prepared) => prepared,
            Err(_) => Err(not_sent("the directory did not answer in time; nothing was changed")),
        }
    }

    async fn ready(&self, account: &AccountId) -> Result<Ready, Outcome> {
        let ready = match self.read(account).await {
            // Nothing was changed yet, so another server may take its place.
            Err(failure) if failure.is_of_this_server() => self.read(account).await,
            read => read,
        };
        let Some(ready) = ready.map_err(|failure| not_sent(&unchanged(&failure.words())))? else {
            return Err(refused("the account is not in the directory any more"));
        };
        let Account { standing, privilege, groups, .. } = &ready.person.account;
        match why_not(standing, privilege, groups, &self.protected_groups) {
            Some(why) => Err(refused(&unchanged(&why))),
            None => Ok(ready),
        }
    }

    async fn read(&self, account: &AccountId) -> Result<Option<Ready>, Failure> {
        let inner = self.directory.inner();
        let session = inner.session().await?;
        let read = inner.account(&session, account).await;
        let person = inner.settle(&session, read).await?;
        Ok(person.map(|person| Ready { session, person }))
    }

    /// A password would not open a locked account. Done first: its refusal leaves everything as it was. One
    /// that may be locked is unlocked, too, or its owner would stay outside and nobody would know.
    async fn unlock(&self, ready: &Ready, time: Duration) -> Result<(), Outcome> {
        let is = match ready.person.locked {
            Some(false) => return Ok(()),
            Some(true) => "the account is locked",
            None => "whether the account is locked cannot be read (msDS-User-Account-Control-Computed)",
        };
        let change = vec![("lockoutTime", Octets::text("0"))];
        let done = ready.session.replace(&ready.person.dn, change, time).await;
        self.settled(ready, done).await.map_err(|failure| match failure {
            Failure::Answer(answer) if answer.code == code::NO_RIGHT => refused(&unchanged(&format!(
                "{is}, and it may not be unlocked: \"Write lockoutTime\" is not delegated ({})",
                answer.codes()
            ))),
            other => not_sent(&unchanged(&format!("{is}, and unlocking failed: {}", other.words()))),
        })
    }

    async fn change(
        &self,
        ready: &Ready,
        password: &TemporaryPassword,
        at: Option<UnixMillis>,
        time: Duration,
    ) -> Result<Outcome, ValueRefused> {
        let changes = vec![("unicodePwd", quoted(password)), ("pwdLastSet", Octets::text("0"))];
        let done = ready.session.replace(&ready.person.dn, changes, time).await;
        Ok(match self.settled(ready, done).await {
            Ok(()) => accepted("", at),
            Err(Failure::Answer(answer)) => {
                if answer.code == code::REFERRAL {
                    // Another server is the one that can be written to.
                    self.directory.inner().client.leave(&ready.session).await;
                }
                answered(&answer)?
            }
            Err(Failure::NotSent(why)) => not_sent(&unchanged(&why)),
            Err(failure @ (Failure::TimedOut | Failure::Broken(_) | Failure::Half(_))) => {
                let cause = format!("the password may have been changed: {}", failure.words());
                Outcome::Uncertain { cause }
            }
        })
    }

    /// [`PasswordReset::exchange`], which takes no longer than `time`.
    pub(super) async fn exchange_within(
        &self,
        account: &AccountId,
        old: &TemporaryPassword,
        new: &TemporaryPassword,
        time: Duration,
    ) -> Outcome {
        let for_the_change = time * 4 / 10;
        if for_the_change < LEAST_TIME {
            return not_sent("reading the account took all the time there was; nothing was changed");
        }
        let (ready, at) = match self.prepare(account, time / 2).await {
            Ok(prepared) => prepared,
            Err(outcome) => return outcome,
        };
        if !ready.person.must_change {
            return refused(&unchanged("its owner has chosen a password of their own"));
        }
        let values = (quoted(old), quoted(new));
        let done = ready.session.exchange(&ready.person.dn, "unicodePwd", values, for_the_change).await;
        match self.settled(&ready, done).await {
            Ok(()) => accepted("", at),
            // Of a wrong old password and of a new one that does not please alike: nothing was changed.
            Err(Failure::Answer(answer)) => {
                answered(&answer).unwrap_or_else(|ValueRefused(cause)| Outcome::Refused { cause })
            }
            Err(Failure::NotSent(why)) => not_sent(&unchanged(&why)),
            Err(failure @ (Failure::TimedOut | Failure::Broken(_) | Failure::Half(_))) => {
                Outcome::Uncertain {
                    cause: format!("the password may have been changed: {}", failure.words()),
                }
            }
        }
    }

    async fn settled(&self, ready: &Ready, done: Result<(), Failure>) -> Result<(), Failure> {
        self.directory.inner().settle(&ready.session, done).await
    }
}

#[async_trait]
impl PasswordReset for LdapPasswordReset {
    async fn set(&self, account: &AccountId, password: &TemporaryPassword) -> Result<Outcome, ValueRefused> {
        self.set_within(account, password, self.timeout()).await
    }

    fn exchanges(&self) -> bool {
        true
    }

    async fn exchange(
        &self,
        account: &AccountId,
        old: &TemporaryPassword,
        new: &TemporaryPassword,
    ) -> Outcome {
        self.exchange_within(account, old, new, self.timeout()).await
    }

    async fn used(&self, account: &AccountId, set_at: UnixMillis) -> Result<Used, DirectoryError> {
        let read = match self.read(account).await {
            Err(failure) if failure.is_of_this_server() => self.read(account).await?,
            read => read?,
        };
        let gone = || DirectoryError::Half("the account is not there any more".to_owned());
        let ready = read.ok_or_else(gone)?;
        let inner = self.directory.inner();
        let changed = inner.password_changed(&ready.session, &ready.person).await;
        let changed = inner.settle(&ready.session, changed).await?;
        // A server that has not heard of our change yet tells of what was before it.
        if changed.is_some_and(|at| at.plus(SAME_RESET) < set_at) {
            return Ok(Used::No);
        }
        // Whoever chooses a password of their own, or sets one that need not be changed, ends it. And so does
        // another temporary one that somebody else set.
        let is_later = changed.is_some_and(|at| at > set_at.plus(SAME_RESET));
        Ok(if !ready.person.must_change || is_later { Used::Yes } else { Used::No })
    }

    async fn probe(&self) -> Result<String, DirectoryError> {
        self.directory.probe().await
    }

    async fn rights(&self) -> Vec<Finding> {
        self.directory.inner().writing_rights().await
    }
}

/// The password as `unicodePwd` wants it: in quotes, UTF-16, little-endian (MS-ADTS 3.1.1.3.1.5.1).
fn quoted(password: &TemporaryPassword) -> Octets {
    let clear = password.expose();
    // Full capacity from the start: growing would leave copies behind that nobody wipes.
    let mut octets = Zeroizing::new(Vec::with_capacity(2 * clear.len() + 4));
    octets.extend(b"\"\0");
    for unit in clear.encode_utf16() {
        octets.extend(unit.to_le_bytes());
    }
    octets.extend(b"\"\0");
    Octets::new(octets)
}

/// What an answer to the change means. About the value are a rule of the password policy and, of the other
/// rules for attributes (RFC 4511, constraintViolation), those of a change that writes nothing else but 0.
fn answered(answer: &Answer) -> Result<Outcome, ValueRefused> {
    let codes = answer.codes();
    Ok(match (answer.code, answer.windows.as_str()) {
        (_, PASSWORD_RESTRICTION) => {
            return Err(ValueRefused(unchanged(&format!(
                "the domain's password policy did not take this password, another may do ({codes})"
            ))));
        }
        (_, NOT_PROTECTED) => refused(&unchanged(&format!(
            "the server thinks the connection not protected enough for passwords ({codes})"
        ))),
        (code::NO_RIGHT, _) => refused(&unchanged(&format!(
            "\"Reset Password\" or \"Write pwdLastSet\" is not delegated on this account, or Active Directory \
             protects it ({codes})"
        ))),
        (code::CONSTRAINT, _) => {
            let why = format!("the directory did not take this password, another may do ({codes})");
            return Err(ValueRefused(unchanged(&why)));
        }
        (code::UNWILLING, _) => {
            refused(&unchanged(&format!("the directory does not change the password ({codes})")))
        }
        (code::REFERRAL, _) => not_sent(&unchanged(&format!(
            "the server cannot be written to (is it a read-only domain controller?): name another first ({codes})"
        ))),
        (code::NO_SUCH_OBJECT, _) => {
            not_sent(&unchanged(&format!("the account was moved or deleted meanwhile ({codes})")))
        }
        (code::BUSY | code::TIME_LIMIT | code::ADMIN_LIMIT, _) => not_sent(&unchanged(&answer.words())),
        // A server that goes down may have done it before.
        (_, _) => {
            let words = answer.words();
            Outcome::Uncertain { cause: format!("the password may have been changed: {words}") }
        }
    })
}

fn unchanged(why: &str) -> String {
    format!("{why}; the password was not changed")
}

fn refused(cause: &str) -> Outcome {
    Outcome::Refused { cause: cause.to_owned() }
}

fn not_sent(cause: &str) -> Outcome {
    Outcome::NotSent { cause: cause.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_goes_in_quotes_as_utf_16() {
        let password = TemporaryPassword::new(Zeroizing::new("Abc1".to_owned()));
        let octets = [0x22, 0, 0x41, 0, 0x62, 0, 0x63, 0, 0x31, 0, 0x22, 0];
        assert_eq!(quoted(&password).as_ref(), octets);
    }

    /// As recorded of Windows and of Samba.
    #[test]
    fn each_answer_has_its_meaning_and_words() {
        let of = |code, text: &str| answered(&Answer::new(code, text)).expect("not about the value");
        let of_the_value = [
            (53, "0000052D: SvcErr: DSID-031A0FC0, problem 5003 (WILL_NOT_PERFORM), data 0", "policy"),
            (19, "0000052D: AtrErr: DSID-03190F80, #1: problem 1005 (CONSTRAINT_ATT_TYPE)", "policy"),
            (
                19,
                "0000052D: Constraint violation - check_password_restrictions: the password is too short",
                "policy",
            ),
            (19, "", "did not take"),
        ];
        for (code, text, words) in of_the_value {
            let ValueRefused(why) = answered(&Answer::new(code, text)).expect_err(text);
            assert!(why.contains(words) && why.contains("was not changed"), "{why}");
        }
        let refused = [
            (
                53,
                "0000001F: SvcErr: DSID-031A124C, problem 5003 (WILL_NOT_PERFORM), data 0",
                "protected enough",
            ),
            (50, "00000005: SecErr: DSID-031A1190, problem 4003 (INSUFF_ACCESS_RIGHTS)", "Reset Password"),
            (53, "", "does not change"),
        ];
        for (code, text, words) in refused {
            let outcome = of(code, text);
            assert_eq!(outcome.code(), "refused", "{text}");
            assert!(outcome.detail().contains(words), "{outcome:?}");
            assert!(outcome.detail().contains("was not changed"), "{outcome:?}");
        }
        for code in [10, 32, 51] {
            assert_eq!(of(code, "").code(), "not-sent", "{code}");
        }
        for code in [1, 2, 52, 80] {
            assert_eq!(of(code, "").code(), "uncertain", "{code}");
        }
    }
}
