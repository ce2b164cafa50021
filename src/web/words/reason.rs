//! Why a person or the manager is involved, in words.

use super::Words;
use crate::types::Reason;

/// The reason as a headline: what the group in the queue is called, and what stands on the ticket's page.
pub(in crate::web) fn of(reason: Reason) -> Words {
    match reason {
        Reason::PhoneMismatch => Words(
            "Numret i mejlet är inte det registrerade",
            "The number in the mail is not the registered one",
        ),
        Reason::NoPhone => Words("Inget nummer är registrerat", "No number is registered"),
        Reason::PhoneTakesNoSms => {
            Words("Det registrerade numret tar inte emot sms", "The registered number takes no texts")
        }
        Reason::PhoneTooNew => Words("Numret registrerades nyligen", "The number was registered recently"),
        Reason::AccountUnknown => Words("Användarnamnet finns inte", "There is no such username"),
        Reason::AccountAmbiguous => {
            Words("Användarnamnet passar flera konton", "The username fits several accounts")
        }
        Reason::AccountDisabled => Words("Kontot är avstängt", "The account is switched off"),
        Reason::AccountProtected => Words("Kontot är skyddat", "The account is protected"),
        Reason::SenderUnverified => Words("Avsändaren är inte bekräftad", "The sender is not confirmed"),
        Reason::FieldsMissing => Words("Uppgifter saknas", "Details are missing"),
        Reason::FieldsAmbiguous => Words("Uppgifterna är tvetydiga", "The details are ambiguous"),
        Reason::NoManager => Words("Ingen chef går att nå", "No manager can be reached"),
        Reason::LimitAccount => Words("För många för samma konto", "Too many for the same account"),
        Reason::LimitSender => Words("För många från samma avsändare", "Too many from the same sender"),
        Reason::LimitDesk => Words("För många på kort tid", "Too many in a short time"),
        Reason::MailTooOld => Words("Mejlet är gammalt", "The mail is old"),
        Reason::AccountFrozen => Words("Kontot är fryst", "The account is frozen"),
        Reason::PhoneForeign => Words("Numret är utländskt", "The number is foreign"),
        Reason::DirectoryFailed => Words("Katalogen svarade inte", "The directory did not answer"),
        Reason::ResetRefused => Words("Lösenordet kunde inte bytas", "The password could not be changed"),
        Reason::ResetUncertain => Words("Lösenordet kan ha bytts", "The password may have been changed"),
        Reason::DeliveryFailed => Words("Lösenordet kom inte fram", "The password did not arrive"),
        Reason::PickupExpired => Words("Chefen har inte hämtat", "The manager has not collected it"),
        Reason::ManagerDeclined => Words("Fel chef", "The wrong manager"),
        Reason::HandoverUnconfirmed => {
            Words("Överlämningen är inte bekräftad", "The handover is not confirmed")
        }
        Reason::PasswordUnused => Words("Lösenordet har inte använts", "The password was not used"),
        Reason::StoreRestored => Words("Efter en återställning", "After a restore"),
        Reason::AutomationOff => Words("Automatiken var avstängd", "The automation was off"),
        Reason::OtherSubject => Words("Något annat", "Something else"),
    }
}

/// The same for tickets that may have none.
pub(in crate::web) fn title(reason: Option<Reason>) -> Words {
    reason.map_or(Words("Övrigt", "Anything else"), of)
}
