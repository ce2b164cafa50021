//! Pickups that ask for more than a link, and what was under way when the store came out of a backup: what people do
//! in these stories, and what must hold after a kill.

use std::collections::BTreeSet;

use nyckelbud::decision::Automation;
use nyckelbud::store::{Addressee, AuditEntry, MessageKind, NewMessage, Switch};
use nyckelbud::ticket::{PasswordFact, State};
use nyckelbud::types::Reason;
use nyckelbud::web::{
    Asks, Browser, CodeAnswer, Desk, PickupAnswer, PickupView, Proof, Returned, SignIn, SignedIn,
};

use super::effects::once_or_so;
use super::gateways::JOHNS_MOBILE;
use super::invariants::{Evidence, once_or_nobody_knows};
use super::people::{ANOTHER, BROWSER, People, token_in};
use super::world::KARINS_MOBILE;
use crate::support::{demo_desk, oidc};
use crate::worker::typed_codes::typed_code_in;

const FILIP: &str = "a-filip";
const FILIPS_MOBILE: &str = "+46701740624";
const HERE: &str = "192.0.2.7";

/// What Karin's browser keeps while she is away at the provider, and what it shows when she is back.
const AWAY: &str = "away";
const PROOF: &str = "proof";

impl People<'_> {
    async fn typed(&self, code: &str, browser: [u8; 16]) -> Option<String> {
        self.stopper.point("before a code is typed");
        let answer = self.desk.typed_code(code, HERE.parse().ok(), &Browser::new(browser)).await;
        self.stopper.point("after a code was typed");
        match answer {
            CodeAnswer::LeadsTo(token) => Some(token.to_string()),
            CodeAnswer::Wrong => None,
            CodeAnswer::Busy => panic!("nobody answers"),
        }
    }

    /// Karin mistypes the code about Filip, and then does not; John stops what was asked in his name.
    pub async fn type_codes(&self) -> bool {
        let about = |number: &str, name: &str| {
            let texts = self.world.texts_to(number);
            texts.iter().find(|text| text.contains(name)).map(|text| typed_code_in(text))
        };
        let mut acted = false;
        if let Some(code) = about(KARINS_MOBILE, "Filip Nord") {
            let mistyping = async {
                let wrong = format!("{}{}", if code.starts_with('3') { '4' } else { '3' }, &code[1..]);
                assert_eq!(self.typed(&wrong, BROWSER).await, None);
            };
            acted |= self.once("mistyped", mistyping).await;
            if !self.world.was_noted("collected")
                && let Some(token) = self.typed(&code.to_lowercase(), BROWSER).await
                && self.open(&token, &Proof::default()).await
            {
                self.world.note("collected");
                acted = true;
            }
        }
        if let Some(code) = about(JOHNS_MOBILE, "Stoppa det")
            && !self.world.was_noted("stopped")
        {
            let token = self.typed(&code, ANOTHER).await.expect("his code leads to its page");
            acted |= self
                .once("stopped", async {
                    self.desk.answer(&token, None, PickupAnswer::NotMe).await;
                })
                .await;
        }
        acted
    }

    /// Somebody else signs in at Karin's link; then she does, whatever is stopped while she is away.
    pub async fn sign_in_and_open(&self) -> bool {
        let Some(token) = self.link_about("Filip Nord") else { return false };
        let asks = |view: &PickupView| matches!(view, PickupView::Offer { asks: Asks::SignIn { .. }, .. });
        if !asks(&self.desk.pickup(&token, Some(&Browser::new(BROWSER))).await) {
            return self.open(&token, &Proof::default()).await;
        }
        let other = async {
            let said = self.comes_back(&token, ANOTHER, "a-lars").await;
            assert!(matches!(said, Some(SignedIn::SomebodyElse | SignedIn::Failed)), "{said:?}");
        };
        if self.once("somebody-else", other).await {
            return true;
        }
        let kept = self.world.folder().join(PROOF);
        if !kept.exists() {
            match self.comes_back(&token, BROWSER, "a-karin").await {
                Some(SignedIn::Yes { proof }) => {
                    self.world.log().write("signed-in");
                    std::fs::write(&kept, proof).expect("a note");
                    self.stopper.point("after a proof was kept");
                }
                // Who was stopped after the code was redeemed begins anew.
                Some(SignedIn::Failed) => {}
                said => panic!("she signs in: {said:?}"),
            }
            return true;
        }
        let signed_in = std::fs::read_to_string(&kept).expect("a proof");
        self.open(&token, &Proof { signed_in, ..Proof::default() }).await
    }

    /// Goes to the provider, signs in there, and comes back. What the browser keeps meanwhile outlives a kill.
    async fn comes_back(&self, token: &str, browser: [u8; 16], person: &str) -> Option<SignedIn> {
        let browser = Browser::new(browser);
        let away = self.world.folder().join(format!("{AWAY}-{person}"));
        if !away.exists() {
            let SignIn::At { address, kept } = self.desk.sign_in(token, &browser).await else { return None };
            std::fs::write(&away, format!("{kept} {address}")).expect("a note");
            self.stopper.point("after the way to the provider");
        }
        let noted = std::fs::read_to_string(&away).expect("a note");
        let (kept, address) = noted.split_once(' ').expect("both");
        let back = oidc::signed_in_at(address, Some(person)).await;
        self.stopper.point("after the provider");
        let value = |name: &str| {
            let query = back.split_once('?').expect("a query").1;
            let found = query.split('&').find_map(|pair| pair.strip_prefix(name));
            found.expect("what it brings back").to_owned()
        };
        let (code, state) = (value("code="), value("state="));
        let returned = Returned { kept, code: &code, state: &state };
        let said = self.desk.signed_in(token, &browser, &returned).await;
        self.stopper.point("after the way back");
        let _ = std::fs::remove_file(&away);
        Some(said)
    }

    /// Somebody has brought a backup back, and turns the automation off: everything that was under way is held. Then
    /// the link is pressed, a receipt comes, and Filip says that it was not him.
    pub async fn hold(&self) -> bool {
        let held = self.world.was_noted("held");
        if !held {
            if !self.world.was_noted("looked") {
                let Some(token) = self.link_about("Bo Granlund") else { return false };
                let looked = self.look_at_the_password(&token, &Proof::default()).await.is_some();
                if looked {
                    self.world.note("looked");
                }
                return looked;
            }
            let under_way = self.link_about("Filip Nord").is_some() && self.is_texted("gun").await;
            return under_way && self.once("held", self.comes_out_of_a_backup()).await;
        }
        let link = self.link_about("Filip Nord").expect("Karin has it");
        let pressing = async {
            let pressed = self.desk.reveal(&link, &Browser::new(BROWSER), &Proof::default(), "sv").await;
            assert!(pressed.is_err(), "a link of what is held opens");
        };
        let warned = self.world.texts_to(FILIPS_MOBILE).into_iter().find_map(|text| token_in(&text));
        let saying = async {
            if let Some(token) = &warned {
                let said = self.desk.answer(token, None, PickupAnswer::NotMe).await;
                assert!(matches!(said, PickupView::Frozen), "{said:?}");
                self.world.log().write("disowned");
            }
        };
        self.once("pressed", pressing).await || self.call_back().await || self.once("disowned", saying).await
    }

    async fn comes_out_of_a_backup(&self) {
        let at = self.parts.clock.now();
        let (why, by) = ("a backup".to_owned(), "cli:eva".to_owned());
        let turned =
            AuditEntry { actor: by.clone(), event: "automation.turned".to_owned(), data: "{}".to_owned() };
        let switch = Switch { automation: Automation::Off, why, by, at, until: None };
        self.store().turn(&switch, turned).await.expect("the store works");
        let to = nyckelbud::types::EmailAddress::parse("jour@kommun.example").expect("an address");
        let values = serde_json::json!({ "text": "What was under way is held." }).to_string();
        let alarm = NewMessage { kind: MessageKind::Alarm, to: Addressee::Mail(to), values };
        self.world.log().write("holding");
        self.store().hold_deliveries(&[alarm], at).await.expect("the store works");
    }
}

pub fn a_code_opens_once(evidence: &Evidence<'_>) {
    let texts = demo_desk::texts(evidence.world.folder());
    assert!(texts.iter().all(|text| !text.contains("://") && !text.contains("/p/")), "{texts:#?}");
    let to_karin = evidence.world.texts_to(KARINS_MOBILE);
    let about_filip = to_karin.iter().filter(|text| text.contains("Filip Nord behöver"));
    let codes: BTreeSet<String> = about_filip.map(|text| typed_code_in(text)).collect();
    assert_eq!(codes.len(), 1, "a kill makes no other code: {codes:?}");
    let shown: BTreeSet<&str> = evidence.calls("reveal").map(|shown| shown[0].as_str()).collect();
    assert_eq!(shown, evidence.set_values(FILIP), "what was set was shown");
    assert!(matches!(evidence.ticket("filip").ticket.state, State::Done { .. }));
    // A kill after its row has her mistype it once more.
    let refused = evidence.told("pickup.wrong-code");
    assert!(refused <= 2, "mistyped once, refused {refused} times");
    assert_eq!(evidence.password_fact("john"), Some(PasswordFact::NotChanged), "he stopped it");
    let closed = to_karin.iter().filter(|text| text.contains("Koden är stängd")).count();
    once_or_nobody_knows(evidence, "link-closed", closed);
}

pub fn a_sign_in_opens_once(evidence: &Evidence<'_>) {
    assert!(matches!(evidence.ticket("filip").ticket.state, State::Done { .. }));
    let place = |what: &str| evidence.log.iter().position(|line| line[0] == what).expect("it happened");
    assert!(place("signed-in") < place("set"), "set before anybody has signed in");
    assert_eq!(evidence.told("pickup.sign-in-refused"), 1, "somebody else is noted once");
    once_or_so(evidence.told("pickup.signed-in"), "her sign-in");
    let shown: BTreeSet<&str> = evidence.calls("reveal").map(|shown| shown[0].as_str()).collect();
    assert_eq!(shown, evidence.set_values(FILIP), "what was set was shown");
}

pub fn what_is_held_stays_so(evidence: &Evidence<'_>) {
    for mail in ["gun", "filip", "bo"] {
        let state = &evidence.ticket(mail).ticket.state;
        // Filip's is a technician's once he has said that it was not him.
        let rests = matches!(state, State::Held | State::Technician { .. });
        assert!(rests, "{mail} is left {state:?}");
        let reason = evidence.ticket(mail).ticket.reason;
        let expected = [Some(Reason::StoreRestored), Some(Reason::AccountFrozen)];
        assert!(expected.contains(&reason), "{mail}: {reason:?}");
    }
    assert_eq!(evidence.told("ticket.held"), 3, "each is held once");
    // A kill may have taken the warning with it; then he does not know.
    assert_eq!(evidence.told("account.frozen"), evidence.calls("disowned").count().min(1));
    once_or_so(evidence.alarms("What was under way is held"), "the alarm");
    let from = evidence.log.iter().position(|line| line[0] == "holding").expect("it happened");
    // A kill before the commit lets what was due go on; after the last one nothing does.
    let from = from + evidence.log[from..].iter().rposition(|line| line[0] == "holding").unwrap_or(0);
    let begun = |line: &&Vec<String>| {
        ["set", "reveal"].contains(&line[0].as_str()) || line[0] == "text" && !line[2].starts_with('m')
    };
    assert_eq!(evidence.log[from..].iter().find(begun), None, "begun after it was held");
    assert!(evidence.set_values(FILIP).is_empty(), "nobody has pressed in time");
    once_or_so(evidence.calls("reveal").count(), "Bo's was shown");
}
