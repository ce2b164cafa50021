//! Why tickets stand open, and what is done about it, in words. The code of a reason is for programs.

use crate::types::Reason;

/// What the group of a reason is called, in Swedish and in English.
pub(super) fn title(reason: Option<Reason>) -> [&'static str; 2] {
    let Some(reason) = reason else { return ["Övrigt", "Anything else"] };
    match reason {
        Reason::PhoneMismatch => {
            ["Numret i mejlet är inte det registrerade", "The number in the mail is not the registered one"]
        }
        Reason::NoPhone => ["Inget nummer är registrerat", "No number is registered"],
        Reason::PhoneTakesNoSms => {
            ["Det registrerade numret tar inte emot sms", "The registered number takes no texts"]
        }
        Reason::PhoneTooNew => ["Numret registrerades nyligen", "The number was registered recently"],
        Reason::AccountUnknown => ["Användarnamnet finns inte", "There is no such username"],
        Reason::AccountAmbiguous => {
            ["Användarnamnet passar flera konton", "The username fits several accounts"]
        }
        Reason::AccountDisabled => ["Kontot är avstängt", "The account is switched off"],
        Reason::AccountProtected => ["Kontot är skyddat", "The account is protected"],
        Reason::SenderUnverified => ["Avsändaren är inte bekräftad", "The sender is not confirmed"],
        Reason::FieldsMissing => ["Uppgifter saknas", "Details are missing"],
        Reason::FieldsAmbiguous => ["Uppgifterna är tvetydiga", "The details are ambiguous"],
        Reason::NoManager => ["Ingen chef går att nå", "No manager can be reached"],
        Reason::LimitAccount => ["För många för samma konto", "Too many for the same account"],
        Reason::LimitSender => ["För många från samma avsändare", "Too many from the same sender"],
        Reason::LimitDesk => ["För många på kort tid", "Too many in a short time"],
        Reason::MailTooOld => ["Mejlet är gammalt", "The mail is old"],
        Reason::AccountFrozen => ["Kontot är fryst", "The account is frozen"],
        Reason::PhoneForeign => ["Numret är utländskt", "The number is foreign"],
        Reason::DirectoryFailed => ["Katalogen svarade inte", "The directory did not answer"],
        Reason::ResetRefused => ["Lösenordet kunde inte bytas", "The password could not be changed"],
        Reason::ResetUncertain => ["Lösenordet kan ha bytts", "The password may have been changed"],
        Reason::DeliveryFailed => ["Lösenordet kom inte fram", "The password did not arrive"],
        Reason::PickupExpired => ["Chefen har inte hämtat", "The manager has not collected it"],
        Reason::ManagerDeclined => ["Fel chef", "The wrong manager"],
        Reason::HandoverUnconfirmed => ["Överlämningen är inte bekräftad", "The handover is not confirmed"],
        Reason::PasswordUnused => ["Lösenordet har inte använts", "The password was not used"],
        Reason::StoreRestored => ["Efter en återställning", "After a restore"],
        Reason::AutomationOff => ["Automatiken var avstängd", "The automation was off"],
        Reason::OtherSubject => ["Något annat", "Something else"],
    }
}

/// What is proposed first, in Swedish and in English, as short as a button.
pub(super) fn step(reason: Option<Reason>) -> [&'static str; 2] {
    const MANAGER: [&str; 2] = ["Till chef", "To manager"];
    const ASK: [&str; 2] = ["Be om uppgift", "Ask for details"];
    const CHOOSE: [&str; 2] = ["Välj chef", "Choose manager"];
    const AGAIN: [&str; 2] = ["Försök igen", "Try again"];
    const LOOK: [&str; 2] = ["Granska", "Review"];
    const ANSWER: [&str; 2] = ["Svara", "Reply"];
    let Some(reason) = reason else { return LOOK };
    match reason {
        Reason::PhoneMismatch
        | Reason::NoPhone
        | Reason::PhoneTakesNoSms
        | Reason::PhoneTooNew
        | Reason::PhoneForeign => MANAGER,
        Reason::AccountUnknown
        | Reason::AccountAmbiguous
        | Reason::FieldsMissing
        | Reason::FieldsAmbiguous
        | Reason::MailTooOld => ASK,
        Reason::NoManager | Reason::ManagerDeclined => CHOOSE,
        Reason::DirectoryFailed
        | Reason::ResetRefused
        | Reason::DeliveryFailed
        | Reason::PickupExpired
        | Reason::PasswordUnused
        | Reason::AutomationOff => AGAIN,
        Reason::AccountDisabled
        | Reason::AccountProtected
        | Reason::SenderUnverified
        | Reason::LimitAccount
        | Reason::LimitSender
        | Reason::LimitDesk
        | Reason::AccountFrozen
        | Reason::ResetUncertain
        | Reason::HandoverUnconfirmed
        | Reason::StoreRestored => LOOK,
        Reason::OtherSubject => ANSWER,
    }
}
