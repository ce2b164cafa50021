//! Why a person or the manager is involved, in words.

use super::Words;
use crate::types::Reason;

/// The reason as a headline.
pub(in crate::web) fn of(reason: Reason) -> Words {
    match reason {
        Reason::PhoneMismatch => Words(
            "Numret i mejlet är inte det registrerade",
            "The phone in the mail is not the registered one",
        ),
        Reason::NoPhone => Words("Ingen mobil är registrerad", "No mobile is registered"),
        Reason::PhoneTakesNoSms => {
            Words("Den registrerade telefonen tar inte emot sms", "The registered phone takes no texts")
        }
        Reason::PhoneTooNew => Words("Numret registrerades nyligen", "The phone was registered lately"),
        Reason::AccountUnknown => Words("Kontot finns inte", "There is no such account"),
        Reason::AccountAmbiguous => Words("Namnet passar på flera konton", "The name fits several accounts"),
        Reason::AccountDisabled => Words("Kontot är avstängt", "The account is switched off"),
        Reason::AccountProtected => Words("Kontot är skyddat", "The account is protected"),
        Reason::SenderUnverified => Words("Avsändaren är inte styrkt", "Nobody vouches for the sender"),
        Reason::FieldsMissing => Words("Uppgifter saknas", "Details are missing"),
        Reason::FieldsAmbiguous => Words("Uppgifterna är otydliga", "The details are not clear"),
        Reason::NoManager => Words("Ingen chef kan nås", "No manager can be reached"),
        Reason::LimitAccount => {
            Words("För många eller för tätt för kontot", "Too many or too soon for the account")
        }
        Reason::LimitSender => {
            Words("För många från avsändaren eller med numret", "Too many from the sender or with the phone")
        }
        Reason::LimitDesk => {
            Words("För många för enheten eller servicedesken", "Too many for the unit or the desk")
        }
        Reason::MailTooOld => Words("Mejlet är för gammalt", "The mail is too old"),
        Reason::AccountFrozen => Words("Kontot är spärrat", "The account is frozen"),
        Reason::PhoneForeign => {
            Words("Numret hör till ett land som inte får sms", "The phone is of a country that is not texted")
        }
        Reason::DirectoryFailed => Words("Katalogen svarade inte", "The directory did not answer"),
        Reason::ResetRefused => {
            Words("Katalogen vägrade det nya lösenordet", "The directory refused the new password")
        }
        Reason::ResetUncertain => {
            Words("Oklart om lösenordet byttes", "Nobody knows whether the password was changed")
        }
        Reason::DeliveryFailed => {
            Words("Lösenordet kunde inte lämnas över", "No way for the password worked")
        }
        Reason::PickupExpired => Words("Ingen öppnade länken i tid", "Nobody opened the link in time"),
        Reason::ManagerDeclined => Words("Inte chefens medarbetare", "Not the manager's employee"),
        Reason::HandoverUnconfirmed => Words("Överlämningen är inte bekräftad", "Handover not confirmed"),
        Reason::PasswordUnused => Words("Lösenordet användes inte i tid", "The password was not used"),
        Reason::StoreRestored => Words("Databasen har återställts", "The database was restored"),
        Reason::AutomationOff => Words("Automatiken är av", "The automation is off"),
        Reason::OtherSubject => Words("Gäller annat än lösenord", "Not about a password"),
    }
}
