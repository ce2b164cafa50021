//! `pickup = "link-and-code"`: the link goes one way and the code the other, and without the code nothing is
//! set, however often somebody guesses.

use nyckelbud::web::{Asks, PickupAnswer, PickupView};

use super::*;

const BOTH: &str = "[delivery]\npickup = \"link-and-code\"\n";
const CODE_BY_MAIL: &str = "[delivery]\npickup = \"link-and-code\"\nmanager_notice = [\"sms\"]\n";

/// The mails to Karin, as she reads them.
fn mails_to_karin(place: &Place) -> Vec<String> {
    let folder = place.folder.join("mail");
    let read = |name: String| std::fs::read_to_string(folder.join(name)).unwrap();
    let mails = demo_desk::files(&folder).into_iter().map(read);
    // The soft line breaks of quoted-printable.
    let mails = mails.map(|mail| mail.replace("=\r\n", "").replace("=\n", ""));
    mails.filter(|mail| mail.contains("To: karin.ek@kommun.example")).collect()
}

fn texts_to_karin(place: &Place) -> Vec<String> {
    let texts = demo_desk::texts(&place.folder).into_iter();
    texts.filter(|text| text.starts_with("To: 46701740610\n")).collect()
}

/// What looks like a code: `ACDE-FHJK`.
pub fn code_in(text: &str) -> String {
    let is_code = |word: &&str| {
        let symbols =
            |part: &str| part.len() == 4 && part.bytes().all(|b| b"34679ACDEFHJKMNPRTWXY".contains(&b));
        word.split_once('-').is_some_and(|(first, second)| symbols(first) && symbols(second))
    };
    text.split_whitespace().find(is_code).unwrap_or_else(|| panic!("no code in {text}")).to_owned()
}

fn wrong(code: &str) -> String {
    let other = if code.starts_with('3') { '4' } else { '3' };
    format!("{other}{}", &code[1..])
}

struct Offered {
    place: Place,
    desk: OpenDesk,
    token: String,
    code: String,
}

async fn offered(more: &str) -> Offered {
    let place = Place::with(more);
    place.deliver(OFFERED);
    let desk = place.open().await;
    desk.work().await;
    let (texts, mails) = (texts_to_karin(&place), mails_to_karin(&place));
    assert_eq!((texts.len(), mails.len()), (1, 1), "{texts:#?} {mails:#?}");
    let (link, code) = if more == BOTH { (&mails[0], &texts[0]) } else { (&texts[0], &mails[0]) };
    assert!(!code.contains("/p/"), "the code travels without the link: {code}");
    let (token, code) = (token_in(link), code_in(code));
    assert!(!link.contains(&code), "the link travels without the code");
    Offered { place, desk, token, code }
}

fn asks(view: &PickupView) -> Asks {
    let PickupView::Offer { asks, .. } = view else { panic!("{view:?}") };
    *asks
}

#[tokio::test]
async fn the_code_comes_by_the_other_way_and_opens_the_link() {
    for more in [BOTH, CODE_BY_MAIL] {
        let Offered { place, desk, token, code } = offered(more).await;
        assert_eq!(asks(&desk.look(&token, None).await), Asks::Code { wrong: false, left: 5 });
        let typed = format!(" {} ", code.to_lowercase().replace('-', " "));
        let password = desk.reveal_with(&token, &karins_phone(), &typed).await.unwrap();
        assert!(place.opens("a-filip", &password));
        // The browser that has shown it needs no code again.
        assert_eq!(desk.reveal(&token, &karins_phone()).await.unwrap(), password);
        let said = desk.answer(&token, Some(&karins_phone()), PickupAnswer::HandedOver).await;
        assert_eq!(said, PickupView::Confirmed);
    }
}

#[tokio::test]
async fn without_the_code_nothing_changes_and_no_restart_forgets_a_wrong_one() {
    let Offered { place, mut desk, token, code } = offered(BOTH).await;
    let none = desk.reveal(&token, &karins_phone()).await.unwrap_err();
    assert_eq!(asks(&none), Asks::Code { wrong: true, left: 5 }, "none is not a wrong one");
    for left in (1..5).rev() {
        let said = desk.reveal_with(&token, &karins_phone(), &wrong(&code)).await.unwrap_err();
        assert_eq!(asks(&said), Asks::Code { wrong: true, left });
        drop(desk);
        desk = place.open().await;
        desk.work().await;
    }
    assert!(!place.was_set("a-filip"));
    let said = desk.reveal_with(&token, &karins_phone(), &wrong(&code)).await;
    assert_eq!(said, Err(PickupView::Gone));
    technician_has(&desk, OFFERED, Reason::DeliveryFailed, PasswordFact::NotChanged).await;
    let trail = desk.ticket(OFFERED).await.trail;
    assert!(trail.0.iter().any(|line| line.evidence.contains("wrong codes")), "{trail:?}");
    assert_eq!(
        desk.reveal_with(&token, &karins_phone(), &code).await,
        Err(PickupView::Gone),
        "it is too late"
    );
    assert!(!place.was_set("a-filip"));
    desk.work().await;
    assert!(texts_to_karin(&place).iter().any(|text| text.contains("stängd")), "the manager hears of it");
}

#[tokio::test]
async fn wrong_codes_at_the_same_time_are_all_counted() {
    let Offered { place, desk, token, code } = offered(BOTH).await;
    let guess = async |n: u8| desk.reveal_with(&token, &Browser::new([n; 16]), &wrong(&code)).await;
    let (a, b, c) = tokio::join!(guess(1), guess(2), guess(3));
    for said in [a, b, c] {
        said.unwrap_err();
    }
    assert_eq!(asks(&desk.look(&token, None).await), Asks::Code { wrong: false, left: 2 });
    assert!(!place.was_set("a-filip"));
}

#[tokio::test]
async fn a_code_of_another_ticket_is_none() {
    let one = offered(BOTH).await;
    let other = offered(BOTH).await;
    assert_ne!(one.code, other.code);
    let said = one.desk.reveal_with(&one.token, &karins_phone(), &other.code).await.unwrap_err();
    assert_eq!(asks(&said), Asks::Code { wrong: true, left: 4 });
}

#[tokio::test]
async fn a_reminder_goes_the_links_way_and_does_not_repeat_the_code() {
    let Offered { place, desk, token, code } = offered(BOTH).await;
    place.clock.turn(31);
    desk.work().await;
    let mails = mails_to_karin(&place);
    assert_eq!((mails.len(), texts_to_karin(&place).len()), (2, 1));
    let reminder = mails.iter().find(|mail| mail.contains("Reminder")).unwrap();
    assert!(reminder.contains(&token) && !reminder.contains(&code), "{reminder}");
}

#[tokio::test]
async fn who_has_not_both_ways_is_passed_over_and_the_trail_says_why() {
    for (from, to, why) in [
        ("mail = \"karin.ek@kommun.example\"\n", "", "no mailbox, and link and code go two ways"),
        (
            "number = \"070-174 06 10\"",
            "number = \"040-628 04 10\"",
            "no registered phone that may be texted",
        ),
    ] {
        let place = Place::with(BOTH);
        place.people(from, to);
        place.deliver(OFFERED);
        let desk = place.open().await;
        desk.work().await;
        let trail = desk.ticket(OFFERED).await.trail;
        let line = trail.0.iter().find(|line| line.evidence.contains("Karin Ek: ")).unwrap();
        assert!(line.evidence.contains(&format!("Karin Ek: {why}")), "{line:?}");
        assert!(texts_to_karin(&place).is_empty() && mails_to_karin(&place).is_empty());
    }
}

/// Mails of this kind come to nothing.
struct NoMails(&'static str, nyckelbud::delivery::notice::MailSpool);

#[async_trait::async_trait]
impl nyckelbud::delivery::MailSender for NoMails {
    async fn send(&self, mail: &nyckelbud::delivery::OutgoingMail) -> nyckelbud::types::Outcome {
        if mail.subject.contains(self.0) {
            return nyckelbud::types::Outcome::Refused { cause: "550 no such mailbox".to_owned() };
        }
        self.1.send(mail).await
    }

    async fn probe(&self) -> Result<String, String> {
        self.1.probe().await
    }
}

#[tokio::test]
async fn a_link_that_cannot_be_mailed_is_offered_to_nobody_any_more() {
    let place = Place::with(BOTH);
    place.deliver(OFFERED);
    let spool = demo_desk::mail_spool(&demo_desk::settings(&place.folder));
    let desk = OpenDesk::open(&place.folder, &place.clock, |parts| {
        parts.mail = Arc::new(NoMails("behöver din hjälp", spool));
    })
    .await;
    desk.work().await;
    place.clock.turn(1);
    desk.work().await;
    technician_has(&desk, OFFERED, Reason::DeliveryFailed, PasswordFact::NotChanged).await;
}
