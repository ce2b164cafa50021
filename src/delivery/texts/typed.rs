//! Texts of a desk whose texts carry no links: each has a code that is typed at the address it names.

use crate::delivery::SmsText;
use crate::types::UnixMillis;

use super::sms::Sms;
use super::{TextError, Texts};

impl Texts {
    /// The text with the code to the manager of `name`.
    ///
    /// # Errors
    /// [`TextError`].
    pub fn typed_code(&self, name: &str, until: UnixMillis, code: &str) -> Result<SmsText, TextError> {
        self.sms(self.language(), &Sms::typed_code(name, until, code))
    }

    /// The text with the code to the account's own registered mobile.
    ///
    /// # Errors
    /// [`TextError`].
    pub fn typed_code_for_requester(&self, until: UnixMillis, code: &str) -> Result<SmsText, TextError> {
        self.sms(self.language(), &Sms::typed_code_for_requester(until, code))
    }

    /// The text that brings a code to mind which nobody has typed.
    ///
    /// # Errors
    /// [`TextError`].
    pub fn typed_code_reminder(
        &self,
        name: &str,
        until: UnixMillis,
        code: &str,
    ) -> Result<SmsText, TextError> {
        self.sms(self.language(), &Sms::typed_code_reminder(name, until, code))
    }

    /// The text which tells a manager that the code opens nothing any more.
    ///
    /// # Errors
    /// [`TextError`].
    pub fn typed_code_closed(&self, name: &str) -> Result<SmsText, TextError> {
        self.sms(self.language(), &Sms::typed_code_closed(name))
    }

    /// The text to the account's registered mobile when its manager is asked, with the code that stops it
    /// (decisions.md 8).
    ///
    /// # Errors
    /// [`TextError`].
    pub fn typed_code_warning(&self, code: &str) -> Result<SmsText, TextError> {
        self.sms(self.language(), &Sms::typed_code_warning(code))
    }
}
