//! People with phones and browsers: who gets a password uses it; who gets a link opens it, declines, comes too
//! late or never, shows it to a second browser; programs look at every link beforehand; somebody forges receipts.

use std::sync::Arc;
use std::time::Duration;

use nyckelbud::delivery::Receipt;
use nyckelbud::ticket::TicketId;
use nyckelbud::types::AccountId;
use nyckelbud::web::{Asks, Browser, CodeAnswer, Desk, PickupAnswer, PickupView, Proof};
use nyckelbud::worker::DeskPort;
use zeroize::Zeroizing;

use super::log::{What, Words, key_parts};
use super::world::World;

/// The token to which this leads: a code of groups is typed at the desk's page first. `Err` has what is seen instead.
async fn token_of(port: &DeskPort, link: &str, browser: Option<u8>) -> Result<String, PickupView> {
    let groups = link.split('-').count();
    if groups < 4 {
        return Ok(link.to_owned());
    }
    let from = Some("192.0.2.7".parse().expect("an address"));
    match port.typed_code(link, from, &Browser::new([browser.unwrap_or(9); 16])).await {
        CodeAnswer::LeadsTo(token) => Ok(token.to_string()),
        CodeAnswer::Wrong => Err(PickupView::Gone),
        CodeAnswer::Busy => Err(PickupView::Busy),
    }
}

/// What somebody does with a link.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Mind {
    Opens,
    Declines,
    Never,
}

impl World {
    /// A text has come to this phone.
    pub fn receive(self: &Arc<Self>, to: &str, words: Words, key: &str) {
        self.write(0, What::InPhone { to: to.to_owned(), words: words.clone() });
        match words {
            Words::Password(value) => self.act({
                // Whoever holds it: a manager hands it over.
                let (world, mut throws) = (Arc::clone(self), self.throws(&format!("uses {key}")));
                async move {
                    if world.plan.is_scripted() || throws.percent(90) {
                        tokio::time::sleep(throws.seconds(20, 3600)).await;
                        world.tell_whose(&value);
                    }
                }
            }),
            Words::Link(token) => {
                let ticket = self.ticket_of(&token);
                self.gets_a_link(token, ticket);
            }
            Words::Code(code) => {
                if let Some((ticket, ..)) = key_parts(key) {
                    self.codes.lock().unwrap().insert(ticket, code);
                }
            }
            Words::Closed => {}
            Words::Warning(token) => {
                let (world, mut throws) = (Arc::clone(self), self.throws(&format!("warned {key}")));
                if throws.percent(20) {
                    self.act(async move {
                        tokio::time::sleep(throws.seconds(5, 1800)).await;
                        world.press(TicketId(0), &token, None, PickupAnswer::NotMe).await;
                    });
                }
            }
        }
    }

    /// Whoever gets a link does something with it; the same link once more changes nothing.
    pub fn gets_a_link(self: &Arc<Self>, token: String, ticket: TicketId) {
        let mut links = self.links.lock().unwrap();
        if !links.contains(&token) {
            links.push(token.clone());
            self.act(Arc::clone(self).holds(token, ticket));
        }
    }

    /// Whose link this is: a reminder may be the first text with it that arrives, and its key names no ticket.
    fn ticket_of(&self, token: &str) -> TicketId {
        let log = self.log();
        let first = log.iter().find_map(|entry| match &entry.what {
            What::Text { words: Words::Link(sent), key, .. } if sent == token => key_parts(key),
            _ => None,
        });
        first.expect("a link was texted for a ticket before anybody was reminded of it").0
    }

    /// The owner of the account that this opens, or once did, is told.
    fn tell_whose(&self, value: &str) {
        let log = self.log();
        let whose = log.iter().find_map(|entry| match &entry.what {
            What::Holds { account, value: held, .. } if held == value => Some(account.clone()),
            _ => None,
        });
        if let Some(account) = whose {
            self.tell(&account, value);
        }
    }

    /// Somebody has a link.
    async fn holds(self: Arc<Self>, token: String, ticket: TicketId) {
        let mut throws = self.throws(&format!("link of {}", ticket.0));
        // A program looks before any person does.
        for _ in 0..throws.below(3) {
            self.look(ticket, &token, None).await;
        }
        let mind = throws.one(&[(7, Mind::Opens), (1, Mind::Declines), (2, Mind::Never)]);
        let patience = throws.one(&[(4, 5), (5, 600), (1, 5 * 3600)]);
        tokio::time::sleep(throws.seconds(0, patience)).await;
        if throws.percent(25) {
            let (world, token, pause) = (Arc::clone(&self), token.clone(), throws.seconds(0, 120));
            self.act(async move {
                tokio::time::sleep(pause).await;
                world.opens(&token, ticket, 2, None).await;
            });
        }
        match mind {
            Mind::Opens => {
                let answer = throws.one(&[
                    (6, Some(PickupAnswer::HandedOver)),
                    (1, Some(PickupAnswer::DidNotWork)),
                    (2, None),
                ]);
                self.opens(&token, ticket, 1, answer).await;
                if throws.percent(30) {
                    tokio::time::sleep(throws.seconds(0, 1500)).await;
                    self.opens(&token, ticket, 1, None).await;
                }
            }
            Mind::Declines => self.press(ticket, &token, None, PickupAnswer::NotMine).await,
            Mind::Never => {}
        }
    }

    /// Looks at a link: that changes nothing.
    async fn look(&self, ticket: TicketId, token: &str, browser: Option<u8>) {
        let process = self.running();
        let Some((process, desk)) = process.and_then(|p| p.desk().map(|desk| (p, desk))) else { return };
        let (link, by) = (token.to_owned(), Arc::clone(&process));
        let looking = async move {
            by.write(What::Looked { ticket });
            match token_of(&desk.port, &link, browser).await {
                Ok(link) => desk.port.pickup(&link, browser.map(|n| Browser::new([n; 16])).as_ref()).await,
                // A page for codes tells the desk by itself of a code that another browser has used.
                Err(view) => view,
            }
        };
        let view = process.serve(looking).await;
        let is_link = !token.contains('-');
        if is_link && matches!(view, Some(PickupView::UsedElsewhere { .. } | PickupView::Gone)) {
            self.is_told_of(token, browser).await;
        }
    }

    /// The page tells the desk of a browser that is not the one that used a link.
    async fn is_told_of(&self, token: &str, browser: Option<u8>) {
        let Some(process) = self.running() else { return };
        let Some(desk) = process.desk() else { return };
        let token = token.to_owned();
        let telling = async move {
            desk.port.opened_elsewhere(&token, browser.map(|n| Browser::new([n; 16])).as_ref()).await;
        };
        process.serve(telling).await;
    }

    /// What somebody enters as the code of a link: a thief guesses, and now and then the manager is wrong.
    fn code(&self, ticket: TicketId, browser: u8) -> Zeroizing<String> {
        let known = self.codes.lock().unwrap().get(&ticket).cloned().filter(|_| browser == 1);
        let wrong = self.throws(&format!("code of {}", ticket.0)).percent(15);
        Zeroizing::new(known.filter(|_| !wrong).unwrap_or_else(|| "3333-3333".to_owned()))
    }

    /// Presses the button until a page comes, or the reason why none does.
    async fn opens(
        self: &Arc<Self>,
        token: &str,
        ticket: TicketId,
        browser: u8,
        answer: Option<PickupAnswer>,
    ) {
        for _ in 0..6 {
            self.look(ticket, token, Some(browser)).await;
            let code = self.code(ticket, browser);
            let process = self.whenever_it_runs().await;
            let Some(desk) = process.desk() else { continue };
            process.write(What::Pressed { ticket, browser });
            let link = token.to_owned();
            let pressing = async move {
                let proof = Proof { code, ..Proof::default() };
                let link = token_of(&desk.port, &link, Some(browser)).await?;
                desk.port.reveal(&link, &Browser::new([browser; 16]), &proof, "sv").await
            };
            match process.serve(pressing).await {
                Some(Ok(page)) => {
                    let value = page.html().to_owned();
                    process.write(What::Revealed { ticket, browser, value: value.clone() });
                    tokio::time::sleep(Duration::from_secs(30)).await;
                    self.tell_whose(&value);
                    if let Some(answer) = answer {
                        self.press(ticket, token, Some(browser), answer).await;
                    }
                    return;
                }
                Some(Err(PickupView::Busy | PickupView::Offer { asks: Asks::Code { .. }, .. })) | None => {
                    tokio::time::sleep(Duration::from_secs(20)).await
                }
                Some(Err(_)) => return,
            }
        }
    }

    /// Presses another button.
    pub async fn press(&self, ticket: TicketId, token: &str, browser: Option<u8>, answer: PickupAnswer) {
        let process = self.whenever_it_runs().await;
        let Some(desk) = process.desk() else { return };
        let token = token.to_owned();
        let pressing = async move {
            match token_of(&desk.port, &token, browser).await {
                Ok(link) => {
                    let browser = browser.map(|n| Browser::new([n; 16]));
                    desk.port.answer(&link, browser.as_ref(), answer).await
                }
                Err(view) => view,
            }
        };
        let words = match answer {
            PickupAnswer::HandedOver => "handed over",
            PickupAnswer::DidNotWork => "it did not work",
            PickupAnswer::NotMine => "not mine",
            PickupAnswer::NotMe => "not me",
        };
        if process.serve(pressing).await.is_some() {
            process.write(What::Answered { ticket, answer: words });
        }
    }

    /// Somebody outside who knows how keys look, and not the secret.
    pub async fn forges(self: Arc<Self>) {
        let mut throws = self.throws("forger");
        for round in 0..throws.below(4) {
            tokio::time::sleep(throws.seconds(20, 1200)).await;
            let gateway = self.plan.gateways[0].name;
            let known =
                self.sent.lock().unwrap().last().map(|sent| (sent.key.clone(), sent.reference.clone()));
            let (key, reference) = known.unwrap_or_else(|| ("n1-text-1-0-1".to_owned(), "alpha0".to_owned()));
            let receipt = if round % 2 == 0 { Receipt::Delivered } else { Receipt::Failed };
            self.call_back(gateway, "a guess", Some(key), reference, receipt).await;
        }
    }

    /// Was this value told to the account's owner?
    pub fn was_told(&self, account: &AccountId, value: &str) -> bool {
        let people = self.people.lock().unwrap();
        people.iter().any(|person| person.id == *account && person.told.iter().any(|told| told == value))
    }
}
