//! What of a link has left, by which way and when. The reminder, and the word that the link is closed, go by a
//! way that is known to live; and nobody is reminded of what has only just come.

use std::time::Duration;

use serde_json::json;

use super::links::{Reach, person, reach};
use super::work::{Work, WorkError};
use crate::decision::Automation;
use crate::store::{Addressee, IntentKind, MessageKind, NewMessage};
use crate::ticket::texting::Phase;
use crate::ticket::{Event, Guard, Offer, State};
use crate::types::{AccountId, EmailAddress, Outcome, UnixMillis};

/// A link that can be used for less time than this is brought to nobody's mind.
pub(crate) const TIME_TO_USE: Duration = Duration::from_secs(10 * 60);
/// Whether a link that has not left yet has left by now is looked up after so many of the shortest pauses: a minute.
const LOOK_AGAIN: u32 = 30;

/// What has left, or may have.
#[derive(Clone, Copy, Debug, Default)]
struct Left {
    text: Option<Texted>,
    mail: Option<UnixMillis>,
}

/// A text that no gateway refused.
#[derive(Clone, Copy, Debug)]
struct Texted {
    at: UnixMillis,
    /// A gateway took it.
    surely: bool,
}

/// By which way a word follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum By {
    Text,
    Mail,
}

impl Left {
    /// A mail that left is surer than a text of which nobody knows.
    fn way(&self) -> Option<By> {
        match (self.text, self.mail) {
            (Some(Texted { surely: true, .. }), _) | (Some(_), None) => Some(By::Text),
            (_, Some(_)) => Some(By::Mail),
            (None, None) => None,
        }
    }

    /// When the last of it left.
    fn last(&self) -> Option<UnixMillis> {
        self.text.map(|text| text.at).max(self.mail)
    }
}

/// The last text of `offer` that may have left.
fn texted(work: &Work, offer: &Offer) -> Option<Texted> {
    let texts = work.intents(IntentKind::Link, offer.number).filter(|_| offer.guard.texts());
    let may_have_left = texts.filter_map(|intent| match intent.outcome {
        Some(Outcome::Refused { .. } | Outcome::NotSent { .. }) => None,
        Some(Outcome::Accepted { .. }) => Some(Texted { at: intent.at, surely: true }),
        Some(Outcome::Uncertain { .. }) | None => Some(Texted { at: intent.at, surely: false }),
    });
    may_have_left.max_by_key(|text| (text.surely, text.at))
}

/// May no text of `offer` have left though its time for that is over?
pub(crate) fn is_overdue(work: &Work, offer: &Offer) -> bool {
    let over = offer.deliver_by.is_some_and(|by| work.now() >= by);
    over && offer.guard.texts() && !offer.guard.does_without_text() && texted(work, offer).is_none()
}

/// What has left of the link and of what goes beside it.
async fn left(work: &Work, offer: &Offer) -> Result<Left, WorkError> {
    let kind = match offer.guard {
        Guard::Nothing | Guard::TypedCode => None,
        Guard::CodeByMail => Some(MessageKind::ManagerCode),
        Guard::CodeByText | Guard::SignIn { .. } => Some(MessageKind::ManagerLink),
    };
    let mail = match kind.filter(|_| offer.guard.mails()) {
        Some(kind) => work.parts.store.message_left(work.id(), kind).await?,
        None => None,
    };
    Ok(Left { text: texted(work, offer), mail })
}

/// What to do about the reminder of an offer.
pub(crate) enum Reminding {
    /// Now, with these words; none when they would help nobody.
    Now(Vec<NewMessage>),
    /// Look again then.
    Later(UnixMillis),
}

/// The reminder of `offer`, by the way of its link, so long after the link has really left.
pub(crate) async fn reminder(work: &Work, offer: &Offer) -> Result<Reminding, WorkError> {
    let nobody = Ok(Reminding::Now(Vec::new()));
    let Some(manager) = offer.hand.manager() else { return nobody };
    let (parts, now) = (&work.parts, work.now());
    let Left { text, mail } = left(work, offer).await?;
    let link = Left {
        text: text.filter(|_| offer.guard.link_by_text()),
        mail: mail.filter(|_| offer.guard.link_by_mail()),
    };
    let (Some(last), Some(way)) = (link.last(), link.way()) else {
        return Ok(Reminding::Later(now.plus(parts.timing.retry.saturating_mul(LOOK_AGAIN))));
    };
    let at = last.plus(parts.rules.remind_after).max(now);
    if at.plus(TIME_TO_USE) > offer.expires_at || parts.automation().await? != Automation::On {
        return nobody;
    }
    if now < at {
        return Ok(Reminding::Later(at));
    }
    let to = match way {
        By::Text => Addressee::Phone(manager.clone()),
        By::Mail => match reach(parts, &work.claim.ticket, offer).await? {
            Reach::Yes { mail: Some(mail), .. } => Addressee::Mail(mail),
            Reach::Yes { mail: None, .. } | Reach::Gone => return nobody,
            Reach::Unknown => return Ok(Reminding::Later(now.plus(parts.timing.retry.saturating_mul(4)))),
        },
    };
    let values = json!({ "offer": offer.number }).to_string();
    Ok(Reminding::Now(vec![NewMessage { kind: MessageKind::Reminder, to, values }]))
}

/// The word to the manager that the link is closed, if `event` closes one that may have reached them.
pub(crate) async fn closed(work: &Work, event: &Event) -> Result<Option<NewMessage>, WorkError> {
    let State::Offered { offer, .. } = work.state() else { return Ok(None) };
    let Some(manager) = offer.hand.manager() else { return Ok(None) };
    let no_text = matches!(event, Event::LinkTexted { text } if text.phase == Phase::Exhausted)
        && !offer.guard.does_without_text();
    let closes = matches!(
        event,
        Event::OfferWithdrawn { .. } | Event::LinkNotMailed | Event::Stopped | Event::WrongCode
    );
    if !closes && !no_text {
        return Ok(None);
    }
    let Left { text, mail } = left(work, offer).await?;
    let (text, mail) = (text.filter(|_| !no_text), mail.filter(|_| *event != Event::LinkNotMailed));
    let to = match (Left { text, mail }).way() {
        None => None,
        Some(By::Text) => Some(Addressee::Phone(manager.clone())),
        Some(By::Mail) => mailbox(work, manager).await.map(Addressee::Mail),
    };
    let values = json!({ "offer": offer.number, "typed": offer.guard == Guard::TypedCode }).to_string();
    Ok(to.map(|to| NewMessage { kind: MessageKind::LinkClosed, to, values }))
}

async fn mailbox(work: &Work, manager: &AccountId) -> Option<EmailAddress> {
    person(&work.parts, manager).await.ok()??.mail
}
