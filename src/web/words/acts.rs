//! What people may do to a ticket, and what they have done.

use super::Words;
use crate::ticket::{ActStatus, Canned, Proposed};

/// A step: its question, what it does, and its button.
#[derive(Clone, Copy)]
pub(in crate::web) struct Step {
    /// The stable word of the form.
    pub code: &'static str,
    /// The question above it.
    pub asks: Words,
    /// What it does.
    pub does: Words,
    /// The button.
    pub button: Words,
    /// What the form asks for beside the press: `account`, `override`, `manager`, `reply`, `ready`, or nothing.
    pub needs: &'static str,
}

const fn step(code: &'static str, needs: &'static str, asks: Words, does: Words, button: Words) -> Step {
    Step { code, asks, does, button, needs }
}

/// The step that is proposed.
pub(in crate::web) fn proposed(proposed: Proposed) -> Step {
    match proposed {
        Proposed::Approve => APPROVE,
        Proposed::Retry => RETRY,
        Proposed::ToManager => TO_MANAGER,
        Proposed::AnotherManager => ANOTHER_MANAGER,
        Proposed::ToRegisteredPhone => TO_REGISTERED_PHONE,
        Proposed::SetAside => SET_ASIDE,
        Proposed::ChooseAccount => CHOOSE_ACCOUNT,
        Proposed::Ask => ASK,
        Proposed::Reply => REPLY,
        Proposed::Canned(canned) => Step { code: canned.code(), button: self::canned(canned), ..CANNED },
        Proposed::Phishing => PHISHING,
        Proposed::Close => CLOSE,
        Proposed::Reopen => REOPEN,
    }
}

/// A step whose form asks for more than a press, by its stable word.
pub(in crate::web) fn with_form(code: &str) -> Option<Step> {
    let to_manager = Step { needs: "account", ..TO_MANAGER };
    let steps = [to_manager, ANOTHER_MANAGER, TO_REGISTERED_PHONE, SET_ASIDE, CHOOSE_ACCOUNT];
    steps.into_iter().find(|step| step.code == code)
}

/// The step in the queue's row, as short as the column: the same steps, fewer words.
pub(in crate::web) fn short(proposed: Proposed) -> Words {
    match proposed {
        Proposed::Approve => Words("Granska", "Review"),
        Proposed::Retry => Words("Försök igen", "Try again"),
        Proposed::ToManager => Words("Till chef", "To manager"),
        Proposed::AnotherManager => Words("Välj chef", "Choose manager"),
        Proposed::ToRegisteredPhone => Words("Sms till mobilen", "Text the mobile"),
        Proposed::SetAside => Words("Gå vidare", "Go on"),
        Proposed::ChooseAccount => Words("Välj konto", "Choose account"),
        Proposed::Ask => Words("Be om uppgift", "Ask for details"),
        Proposed::Reply => Words("Svara", "Reply"),
        Proposed::Canned(_) => Words("Färdigt svar", "Ready answer"),
        Proposed::Phishing => Words("Nätfiske", "Phishing"),
        Proposed::Close => Words("Stäng", "Close"),
        Proposed::Reopen => Words("Öppna igen", "Reopen"),
    }
}

const APPROVE: Step = step(
    "approve",
    "",
    Words("Godkänn avsändaren?", "Approve the sender?"),
    Words(
        "Begäran prövas igen, och allt annat kontrolleras som vanligt.",
        "The request is decided again, and everything else is checked as always.",
    ),
    Words("Godkänn avsändaren", "Approve the sender"),
);

const RETRY: Step = step(
    "retry",
    "",
    Words("Försök igen?", "Try again?"),
    Words(
        "Begäran prövas en gång till, mot katalogen som den är nu.",
        "The request is decided once more, by the directory as it is now.",
    ),
    Words("Försök igen", "Try again"),
);

const TO_MANAGER: Step = step(
    "to-manager",
    "",
    Words("Skicka till närmaste chef?", "Send to the nearest manager?"),
    Words(
        "Chefen får en engångslänk och lämnar över lösenordet. Inget ändras förrän länken används.",
        "The manager gets a link for one use and hands over the password. Nothing changes before it is used.",
    ),
    Words("Skicka till chefen", "Send to the manager"),
);

const ANOTHER_MANAGER: Step = step(
    "override-to-another-manager",
    "manager",
    Words("Välj en annan chef?", "Choose another manager?"),
    OVERRIDES,
    Words("Annan chef", "Another manager"),
);

const TO_REGISTERED_PHONE: Step = step(
    "override-to-registered-phone",
    "override",
    Words("Skicka till den registrerade mobilen?", "Send to the registered mobile?"),
    OVERRIDES,
    Words("Sms till registrerad mobil", "Text to the registered mobile"),
);

const SET_ASIDE: Step = step(
    "override",
    "override",
    Words("Gå vidare trots stoppet?", "Go on in spite of the stop?"),
    OVERRIDES,
    Words("Gå vidare ändå", "Go on all the same"),
);

const CHOOSE_ACCOUNT: Step = step(
    "choose-account",
    "account",
    Words("Vems konto gäller det?", "Whose account is it about?"),
    Words("Begäran prövas igen för det kontot.", "The request is decided again for that account."),
    Words("Välj konto", "Choose the account"),
);

const ASK: Step = step(
    "ask",
    "ready",
    Words("Be om uppgifter?", "Ask for details?"),
    Words(
        "Avsändaren får ett mejl som frågar efter användarnamn och mobilnummer.",
        "The writer gets a mail that asks for username and phone.",
    ),
    Words("Be om uppgifter", "Ask for details"),
);

const REPLY: Step = step(
    "reply",
    "reply",
    Words("Svara avsändaren?", "Answer the writer?"),
    Words("Skriv ett eget svar längre ned.", "Write an answer of your own below."),
    Words("Svara", "Reply"),
);

const CANNED: Step = step(
    "",
    "ready",
    Words("Svara med en färdig text?", "Answer with a text that lies ready?"),
    Words("Du ser hela texten innan den skickas.", "You see the whole text before it is sent."),
    Words("", ""),
);

const PHISHING: Step = step(
    "phishing",
    "",
    Words("Är det nätfiske?", "Is it phishing?"),
    Words("Ärendet stängs utan svar.", "The ticket is closed without an answer."),
    Words("Nätfiske", "Phishing"),
);

const CLOSE: Step = step(
    "close",
    "",
    Words("Stäng ärendet?", "Close the ticket?"),
    Words("Ärendet är löst. Inget skickas.", "The ticket is solved. Nothing is sent."),
    Words("Stäng", "Close"),
);

const REOPEN: Step = step(
    "reopen",
    "",
    Words("Öppna ärendet igen?", "Take the ticket up again?"),
    Words("Det läggs tillbaka i kön.", "It goes back to the queue."),
    Words("Öppna igen", "Reopen"),
);

/// What every override is.
const OVERRIDES: Words = Words(
    "En kontroll sätts åt sidan. En kollega behöver godkänna det, och kontots ägare får besked.",
    "A check is set aside. A colleague has to approve it, and the account's owner is told.",
);

/// A text that lies ready.
pub(in crate::web) fn canned(canned: Canned) -> Words {
    match canned {
        Canned::PhonesAreDown => Words("Telefonin är nere", "The telephones are down"),
        Canned::ThroughManager => Words("Hjälp på väg via chefen", "Help comes through the manager"),
        Canned::OtherMatter => Words("Annat ärende", "Another matter"),
        Canned::Refusal => Words("Kan inte lösas via mejl", "Cannot be solved by mail"),
    }
}

/// An act by its stable word, as it waits or was done; `None` for one without words.
pub(in crate::web) fn act(code: &str) -> Option<Words> {
    Some(match code {
        "approve" => Words("Avsändaren godkänns", "The sender is approved"),
        "retry" => Words("Ärendet prövas igen", "The ticket is decided again"),
        "to-manager" => Words("Skickas till chefen", "It goes to the manager"),
        "choose-account" => Words("Kontot väljs", "The account is chosen"),
        "override" => Words("Går vidare trots stoppet", "It goes on in spite of the stop"),
        "override-to-registered-phone" => {
            Words("Sms till den registrerade mobilen", "A text to the registered mobile")
        }
        "override-to-another-manager" => Words("Skickas till en annan chef", "It goes to another manager"),
        "ask" => Words("Frågan skickas", "The question leaves"),
        "reply" | "canned-reply" => Words("Svaret skickas", "The answer leaves"),
        "close" => Words("Ärendet stängs", "The ticket is closed"),
        "phishing" => Words("Ärendet märks som nätfiske", "The ticket is marked as phishing"),
        "reopen" => Words("Ärendet öppnas igen", "The ticket is taken up again"),
        "merge" => Words("Ärendet slås ihop", "The ticket is merged"),
        _ => return None,
    })
}

/// What was done at once, for the page that follows; `None` for a word that is none.
pub(in crate::web) fn said(code: &str) -> Option<Words> {
    Some(match code {
        "note" => Words("Anteckningen är sparad.", "The note is saved."),
        "take" => Words("Ärendet är ditt.", "The ticket is yours."),
        "release" => Words("Ärendet är släppt.", "The ticket is released."),
        "assign" => Words("Ärendet är tilldelat.", "The ticket is assigned."),
        "draft" => Words("Utkastet är sparat.", "The draft is saved."),
        "undone" => Words("Steget är taget tillbaka.", "The step was taken back."),
        "declined" => Words("Steget är avslaget.", "The step was declined."),
        _ => return None,
    })
}

/// Where an act stands.
pub(in crate::web) fn status(status: ActStatus) -> Words {
    match status {
        ActStatus::Waiting => Words("väntar", "waits"),
        ActStatus::Colleague => Words("väntar på en kollega", "waits for a colleague"),
        ActStatus::Done => Words("utfört", "done"),
        ActStatus::Undone => Words("ångrat", "taken back"),
        ActStatus::Refused => Words("kunde inte utföras", "could not be carried out"),
        ActStatus::Declined => Words("avslaget", "declined"),
        ActStatus::Lapsed => Words("förföll", "lapsed"),
    }
}
