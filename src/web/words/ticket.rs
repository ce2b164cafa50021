//! Where a ticket stands, and how tickets belong together.

use super::Words;
use crate::mail::display::Blocked;
use crate::ticket::{Closing, Kind, PasswordFact, Standing, State};
use crate::web::port::RelatedBy;

/// Where it stands, in a word or two.
pub(in crate::web) fn standing(standing: Standing) -> Words {
    match standing {
        Standing::New => Words("Ny", "New"),
        Standing::Working => Words("Nyckelbud arbetar", "Nyckelbud is at work"),
        Standing::Open => Words("Väntar på servicedesk", "Waits for the service desk"),
        Standing::Pending => Words("Väntar på svar", "Waits for an answer"),
        Standing::Resolved => Words("Löst", "Solved"),
        Standing::Closed => Words("Stängt", "Closed"),
    }
}

/// The same in a row of the queue that is not open any more.
pub(in crate::web) fn over(standing: Standing) -> Words {
    match standing {
        Standing::Resolved | Standing::Closed => Words("Klart", "Done"),
        Standing::New | Standing::Working | Standing::Open | Standing::Pending => self::standing(standing),
    }
}

/// What happens now.
pub(in crate::web) fn state(state: &State) -> Words {
    match state {
        State::Requested { waiting_since: None, .. } => {
            Words("Nyckelbud läser mejlet.", "Nyckelbud reads the mail.")
        }
        State::Requested { waiting_since: Some(_), .. } => {
            Words("Nyckelbud väntar på katalogen.", "Nyckelbud waits for the directory.")
        }
        State::Sealed { .. } => Words("Ett lösenord sätts.", "A password is being set."),
        State::Issuing { .. } => Words("Ett engångspass hämtas.", "A pass is being issued."),
        State::Applied { .. } => Words(
            "Lösenordet är bytt och ska lämnas över.",
            "The password was changed and is to be handed over.",
        ),
        State::Sending { .. } => Words("Lösenordet är på väg.", "The password is on its way."),
        State::Sent { .. } => Words(
            "Lösenordet är skickat; kvittensen väntas.",
            "The password was sent; its receipt is awaited.",
        ),
        State::Offered { .. } => Words(
            "En länk är skickad. Inget ändras förrän den används.",
            "A link was sent. Nothing changes before it is used.",
        ),
        State::Revealed { .. } => Words(
            "Lösenordet är visat; överlämningen väntar på bekräftelse.",
            "The password was shown; that it was handed over is not confirmed yet.",
        ),
        State::Done { .. } => Words("Lösenordet är överlämnat.", "The password was handed over."),
        State::Asked => Words("Avsändaren har fått en fråga.", "The writer was asked."),
        State::Technician { .. } => {
            Words("En människa behöver avgöra det här.", "A person has to decide this.")
        }
        State::Filed => {
            Words("Mejlet är arkiverat och besvaras inte.", "The mail is filed and not answered.")
        }
        State::Observed => Words(
            "Kom medan automatiken bara observerade. Inget har gjorts.",
            "It came while the automation only observed. Nothing was done.",
        ),
        State::Coalesced { .. } => {
            Words("Ärendet är ihopslaget med ett annat.", "The ticket was merged into another.")
        }
        State::Waiting { .. } => Words("Avsändaren har fått ett svar.", "The writer was answered."),
        State::Closed { how: Closing::Resolved, .. } => {
            Words("En människa har löst ärendet.", "A person has solved it.")
        }
        State::Closed { how: Closing::Phishing, .. } => {
            Words("En människa har märkt ärendet som nätfiske.", "A person has marked it as phishing.")
        }
        State::Merged { .. } => Words(
            "En människa har slagit ihop ärendet med ett annat.",
            "A person has merged it into another.",
        ),
        State::Held => Words(
            "Ärendet är stoppat: databasen har återställts från en kopia.",
            "The ticket is held: the database was restored from a backup.",
        ),
    }
}

/// What has become of the password when a person takes over.
pub(in crate::web) fn password(fact: PasswordFact) -> Words {
    match fact {
        PasswordFact::NotChanged => Words("Lösenordet är inte ändrat.", "The password was not changed."),
        PasswordFact::MayHaveChanged => {
            Words("Lösenordet kan ha ändrats.", "The password may have been changed.")
        }
        PasswordFact::Changed => Words(
            "Lösenordet är ändrat, och ingen har fått det nya.",
            "The password was changed, and nobody has got the new one.",
        ),
        PasswordFact::PassIssued => Words(
            "Lösenordet är inte ändrat. Ett engångspass är utfärdat och slutar gälla av sig självt.",
            "The password was not changed. A pass was issued, which ends by itself.",
        ),
    }
}

/// What the ticket is about.
pub(in crate::web) fn kind(kind: Kind) -> Words {
    match kind {
        Kind::Password => Words("lösenord", "password"),
        Kind::General => Words("annat ärende", "another matter"),
        Kind::Automatic => Words("mejl från en maskin", "a machine's mail"),
        Kind::Quarantine => Words("mejl som inte kunde läsas", "a mail that could not be read"),
    }
}

/// How another ticket belongs to this one.
pub(in crate::web) fn related(how: RelatedBy) -> Words {
    match how {
        RelatedBy::MergedHere => Words("Ihopslaget med det här", "Merged into this one"),
        RelatedBy::MergedInto => Words("Det här är ihopslaget med", "This one was merged into"),
        RelatedBy::NamesThis => Words("Nämner det här ärendet", "Names this ticket"),
        RelatedBy::NamedByThis => Words("Nämns i det här ärendets mejl", "Named in this ticket's mail"),
    }
}

/// Why an attachment is not handed out.
pub(in crate::web) fn blocked(why: Blocked) -> Words {
    match why {
        Blocked::Runs => Words("kan köras och är spärrad", "can run, and is blocked"),
        Blocked::Archive => {
            Words("arkiv, spärrat: innehållet syns inte", "an archive, blocked: nobody sees what is in it")
        }
        Blocked::Broken => Words("går inte att avkoda", "cannot be decoded"),
    }
}
