//! What must hold in the stories of gateways that fail, freezes, limits, links to owners, texts to managers,
//! managers who decline, and codes: read, as the invariants are, from the world's own log, its files and rows.

use std::collections::BTreeSet;

use nyckelbud::store::{Claim, Intent, IntentKind};
use nyckelbud::ticket::{PasswordFact, State};
use nyckelbud::types::{Outcome, Reason};

use super::gateways::{ANNAS_MOBILE, GUNS_MOBILE, JOHNS_MOBILE};
use super::invariants::{Check, Evidence, once_or_nobody_knows};
use super::pickups;
use super::stops::fingerprint;
use super::story::Story;
use super::world::KARINS_MOBILE;
use crate::support::demo_desk;

const ANNA: &str = "a-anna";
const JOHN: &str = "a-john";
const GUN: &str = "a-gun";
const FILIP: &str = "a-filip";

/// What holds in `story` beside what holds in all.
pub fn of_another_story(story: Story) -> Vec<(&'static str, Check)> {
    let own: (&str, Check) = match story {
        Story::Receipts => ("failover, I21: each arrives once, by the way that works", each_arrives),
        Story::Freezes => ("frozen once, and until it is lifted", frozen_once),
        Story::Limits => ("limits are exact, and people are told", limits_are_exact),
        Story::OtherHands => ("only their owner or their manager gets it", in_the_other_hands),
        Story::Declines => ("what a manager says is not forgotten", no_word_is_forgotten),
        Story::MailedCodes => ("five wrong codes close a link, once", five_codes_close),
        Story::MailedStops => ("the word that it is closed goes the link's way", closed_by_mail),
        Story::TypedCodes => ("a typed code opens once", pickups::a_code_opens_once),
        Story::SignIns => ("a sign-in opens once", pickups::a_sign_in_opens_once),
        Story::Held => ("what is held stays so", pickups::what_is_held_stays_so),
        Story::Acts => ("what people do is done once", super::acts::carried_out_once),
        Story::Plain | Story::Passes | Story::Scrambles | Story::Codes | Story::Stops => {
            unreachable!("it has its own list")
        }
    };
    vec![
        ("I4: texted only after the directory was read", texted_after_reading),
        ("I5: in a hand only after it was set, and in the right one", in_the_right_hand),
        ("I6, I10: one value a generation", one_value_a_generation),
        ("I7: nobody is left on the way", nobody_is_on_the_way),
        ("I14: nobody is locked out in silence", nobody_is_locked_out),
        own,
    ]
}

impl Evidence<'_> {
    /// How often this stands in the audit log.
    pub fn told(&self, event: &str) -> usize {
        self.audit.iter().filter(|(_, told, _)| told == event).count()
    }

    /// Mails to the people of `notify.mail` that contain `words`.
    pub fn alarms(&self, words: &str) -> usize {
        self.world.mails_to("jour").iter().filter(|mail| mail.contains(words)).count()
    }

    /// Why this mail's ticket is a technician's.
    fn reason(&self, mail: &str) -> Option<Reason> {
        self.ticket(mail).ticket.reason
    }

    pub fn password_fact(&self, mail: &str) -> Option<PasswordFact> {
        match self.ticket(mail).ticket.state {
            State::Technician { password } => Some(password),
            _ => None,
        }
    }

    /// Passwords in phones: the phone, and the value.
    fn in_phones(&self) -> Vec<(String, String)> {
        let texts = demo_desk::texts(self.world.folder());
        let of = |text: &String| {
            let to = text.lines().next()?.strip_prefix("To: ")?;
            Some((format!("+{to}"), demo_desk::password_in(text)?.to_owned()))
        };
        texts.iter().filter_map(of).collect()
    }

    /// Does this account's new value lie in a phone, or was it shown?
    fn reached_somebody(&self, account: &str) -> bool {
        let values = self.set_values(account);
        let shown = self.calls("reveal").any(|shown| values.contains(shown[0].as_str()));
        shown || self.in_phones().iter().any(|(_, value)| values.contains(fingerprint(value).as_str()))
    }
}

fn sets(claim: &Claim) -> impl Iterator<Item = &Intent> {
    claim.intents.iter().filter(|intent| intent.kind == IntentKind::Set)
}

fn account(claim: &Claim) -> &str {
    claim.ticket.account.as_ref().map_or("", |id| id.as_str())
}

/// One or two: what a kill has left unclear is sent once more.
pub fn once_or_so(count: usize, what: &str) {
    assert!((1..=2).contains(&count), "{what}: {count} times");
}

fn texted_after_reading(evidence: &Evidence<'_>) {
    let mut fresh: BTreeSet<&str> = BTreeSet::new();
    for line in &evidence.log {
        match line[0].as_str() {
            "start" => fresh.clear(),
            "facts" => {
                fresh.insert(&line[1]);
            }
            "text" => {
                let ticket =
                    line[2].strip_prefix('n').and_then(|key| key.split('-').next()?.parse::<i64>().ok());
                let claim = ticket.and_then(|id| evidence.claims.iter().find(|c| c.ticket.id.0 == id));
                match claim {
                    Some(claim) => assert!(fresh.remove(account(claim)), "texted without reading: {line:?}"),
                    None => assert!(!fresh.is_empty(), "texted without reading: {line:?}"),
                }
            }
            _ => {}
        }
    }
}

fn in_the_right_hand(evidence: &Evidence<'_>) {
    let by_text_to_managers = evidence.world.story() == Story::OtherHands;
    for (to, value) in evidence.in_phones() {
        let account = match to.as_str() {
            ANNAS_MOBILE => ANNA,
            JOHNS_MOBILE => JOHN,
            GUNS_MOBILE => GUN,
            KARINS_MOBILE if by_text_to_managers => FILIP,
            _ => panic!("a password went to another phone"),
        };
        assert!(
            evidence.set_values(account).contains(fingerprint(&value).as_str()),
            "{account}: it was not set"
        );
    }
    let accounts: BTreeSet<&str> = evidence.claims.iter().map(account).collect();
    for shown in evidence.calls("reveal") {
        let was_set = |account: &&str| evidence.set_values(account).contains(shown[0].as_str());
        assert!(accounts.iter().any(was_set), "shown before it was set");
    }
}

fn one_value_a_generation(evidence: &Evidence<'_>) {
    let accounts: BTreeSet<&str> = evidence.claims.iter().map(account).collect();
    for of in accounts {
        let values: BTreeSet<&str> =
            evidence.calls("set").filter(|call| call[0] == of).map(|call| call[1].as_str()).collect();
        let own = evidence.claims.iter().filter(|claim| account(claim) == of);
        let generations: BTreeSet<(i64, u32)> =
            own.flat_map(|claim| sets(claim).map(|set| (claim.ticket.id.0, set.generation))).collect();
        assert!(values.len() <= generations.len(), "{of}: {} values of {generations:?}", values.len());
        assert!(
            generations.iter().all(|(_, generation)| *generation == 1),
            "{generations:?}: nothing was refused"
        );
    }
    for claim in &evidence.claims {
        assert!(sets(claim).count() <= 5, "{} resets", sets(claim).count());
        let texts = claim.intents.iter().filter(|intent| intent.kind == IntentKind::Text);
        assert!(texts.count() <= 4, "too many texts");
    }
}

fn nobody_is_on_the_way(evidence: &Evidence<'_>) {
    for view in &evidence.tickets {
        let state = &view.ticket.state;
        let held = evidence.world.story() == Story::Held && *state == State::Held;
        let rests = matches!(state, State::Done { .. } | State::Technician { .. } | State::Closed { .. });
        assert!(rests || held, "{} is left {}", view.ticket.number, state.name());
    }
}

fn nobody_is_locked_out(evidence: &Evidence<'_>) {
    for claim in &evidence.claims {
        let of = account(claim);
        let may_be_set = sets(claim)
            .any(|set| !matches!(set.outcome, Some(Outcome::Refused { .. } | Outcome::NotSent { .. })));
        match claim.ticket.state {
            // It says that nobody knows, and is a technician's.
            State::Held => assert_eq!(evidence.world.story(), Story::Held),
            State::Technician { .. } if evidence.world.story() == Story::Held => {}
            State::Technician { password: PasswordFact::NotChanged }
            | State::Closed { password: PasswordFact::NotChanged, .. } => {
                assert!(!may_be_set, "{of}: it says that nothing was changed");
            }
            State::Technician { .. } => assert!(may_be_set, "{of}: it says that something was changed"),
            _ => assert!(evidence.reached_somebody(of), "{of}: done, and nobody has it"),
        }
    }
}

/// The owner of a password that was set, and then waited for its use in vain, had it.
fn unused(evidence: &Evidence<'_>, mail: &str, account: &str) {
    assert_eq!(evidence.reason(mail), Some(Reason::PasswordUnused), "{mail}");
    assert!(evidence.reached_somebody(account), "{account} never had it");
}

fn each_arrives(evidence: &Evidence<'_>) {
    unused(evidence, "anna", ANNA);
    if evidence.reason("john") == Some(Reason::DeliveryFailed) {
        // A kill has left it open whether the first gateway had his: perhaps it is in his phone.
        let claim = evidence.claims.iter().find(|claim| account(claim) == JOHN).expect("his ticket");
        let texts = claim.intents.iter().filter(|intent| intent.kind == IntentKind::Text);
        let unclear = texts.filter(|text| matches!(text.outcome, Some(Outcome::Uncertain { .. }))).count();
        assert_eq!((unclear, evidence.password_fact("john")), (1, Some(PasswordFact::Changed)));
        return;
    }
    unused(evidence, "john", JOHN);
    let shown: BTreeSet<&str> = evidence.calls("reveal").map(|shown| shown[0].as_str()).collect();
    assert_eq!(shown, evidence.set_values(JOHN), "the manager is shown what was set already");
    let failed = evidence.in_phones().iter().filter(|(to, _)| to == JOHNS_MOBILE).count();
    assert_eq!(failed, 0, "John's texts never arrive");
}

fn frozen_once(evidence: &Evidence<'_>) {
    assert_eq!(evidence.told("account.frozen"), 1);
    assert_eq!(evidence.told("account.unfrozen"), 1);
    assert_eq!(evidence.reason("anna"), Some(Reason::AccountFrozen));
    assert_eq!(evidence.password_fact("anna"), Some(PasswordFact::Changed));
    for stopped in ["other-phone", "while-frozen"] {
        assert_eq!(evidence.reason(stopped), Some(Reason::AccountFrozen), "{stopped}");
        assert_eq!(evidence.password_fact(stopped), Some(PasswordFact::NotChanged), "{stopped}");
    }
    assert!(evidence.ticket("anna").ticket.urgent);
    let state = &evidence.ticket("lifted").ticket.state;
    assert!(matches!(state, State::Done { .. }), "a freeze that was lifted holds: {state:?}");
    let place = |what: &str| evidence.log.iter().position(|line| line[0] == what).expect("it happened");
    let meanwhile = &evidence.log[place("frozen")..place("lifted")];
    let began = |line: &&Vec<String>| line[0] == "set" || line[0] == "text" && !line[2].starts_with('m');
    assert_eq!(meanwhile.iter().find(began), None, "begun while it was frozen");
}

fn limits_are_exact(evidence: &Evidence<'_>) {
    assert_eq!(evidence.told("automation.paused"), 1);
    once_or_so(evidence.alarms("paused"), "the alarm of the pause");
    once_or_so(evidence.alarms("texts of a day"), "the alarm of the texts");
    assert!(evidence.calls("text").count() <= 1, "sms.per_day = 1");
    assert_eq!(evidence.reason("anna"), Some(Reason::DeliveryFailed));
    assert_eq!(evidence.reason("one-too-many"), Some(Reason::LimitDesk));
    assert_eq!(evidence.reason("paused"), Some(Reason::AutomationOff));
    assert_eq!(evidence.reason("turned-on"), Some(Reason::DeliveryFailed), "the texts are used up");
    assert_eq!(evidence.password_fact("turned-on"), Some(PasswordFact::NotChanged));
    let begun = evidence.claims.iter().filter(|claim| sets(claim).count() > 0).count();
    assert_eq!((begun, evidence.counted), (1, 1), "policy.per_hour = 1");
}

fn in_the_other_hands(evidence: &Evidence<'_>) {
    unused(evidence, "anna", ANNA);
    unused(evidence, "filip", FILIP);
    assert_eq!(evidence.password_fact("john"), Some(PasswordFact::NotChanged), "the owner did not ask");
    assert!(evidence.set_values(JOHN).is_empty());
    let to_karin = evidence.in_phones().iter().filter(|(to, _)| to == KARINS_MOBILE).count();
    once_or_so(to_karin, "the password to Filip's manager");
}

fn no_word_is_forgotten(evidence: &Evidence<'_>) {
    assert_eq!(evidence.reason("filip"), Some(Reason::ManagerDeclined));
    assert_eq!(evidence.password_fact("filip"), Some(PasswordFact::NotChanged));
    for shown in ["john", "bo"] {
        assert_eq!(evidence.reason(shown), Some(Reason::HandoverUnconfirmed), "{shown}");
        assert_eq!(evidence.password_fact(shown), Some(PasswordFact::Changed), "{shown}");
    }
    assert_eq!(evidence.reason("cecilia"), Some(Reason::PickupExpired));
    assert_eq!(evidence.told("pickup.second-browser"), 1);
    once_or_so(evidence.alarms("second browser"), "the alarm of the other browser");
    let texts = evidence.world.texts_to_karin();
    let reminders = texts.iter().filter(|text| text.contains("Påminnelse: Cecilia")).count();
    once_or_nobody_knows(evidence, "reminder", reminders);
}

fn five_codes_close(evidence: &Evidence<'_>) {
    assert_eq!(evidence.reason("filip"), Some(Reason::DeliveryFailed));
    assert_eq!(evidence.password_fact("filip"), Some(PasswordFact::NotChanged));
    assert_eq!(evidence.told("ticket.wrong-code"), 5);
    let entered = evidence.calls("guess").count();
    assert!((5..=6).contains(&entered), "five close it, entered {entered}");
    once_or_so(evidence.alarms("wrong codes"), "the alarm of the wrong codes");
    // By mail, when nobody knows whether the text with the link has left.
    let (texts, mails) = (evidence.world.texts_to_karin(), evidence.world.mails_to_karin());
    let closed = texts.iter().filter(|text| text.contains("stängd")).count()
        + mails.iter().filter(|mail| mail.contains("is closed")).count();
    once_or_nobody_knows(evidence, "link-closed", closed);
    assert!(matches!(evidence.ticket("john").ticket.state, State::Done { .. }), "the right code opens");
}

fn closed_by_mail(evidence: &Evidence<'_>) {
    assert_eq!(evidence.password_fact("filip"), Some(PasswordFact::NotChanged));
    let mails = evidence.world.mails_to_karin();
    once_or_nobody_knows(
        evidence,
        "link-closed",
        mails.iter().filter(|mail| mail.contains("is closed")).count(),
    );
    once_or_so(mails.iter().filter(|mail| mail.contains("/p/")).count(), "the link");
    assert!(evidence.world.texts_to_karin().is_empty(), "it goes by mail alone");
}
