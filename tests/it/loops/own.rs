//! Our own mails in our own mailbox, and what only says to be one.

use super::*;

/// A desk that has acknowledged a mail of Anna's, which is nobody's request.
async fn acknowledged() -> (Place, OpenDesk, Letter) {
    let place = Place::new();
    let desk = place.open().await;
    place.deliver(&mail(ANNA, "Skrivaren", "", "Skrivaren blinkar."));
    desk.work().await;
    let letter = place.letter(ACKNOWLEDGED);
    (place, desk, letter)
}

#[tokio::test]
async fn what_leaves_is_marked_so_that_no_program_answers() {
    let (place, desk, letter) = acknowledged().await;
    assert_eq!(letter.field("Auto-Submitted"), "auto-replied");
    assert_eq!(letter.field("X-Auto-Response-Suppress"), "All");
    place.deliver(&mail(
        ANNA,
        "Lösenord",
        "Message-ID: <a@kommun.example>\n",
        "Jag har glömt mitt lösenord.",
    ));
    desk.work().await;
    let question = place.letter(ASKED);
    assert_eq!(question.field("In-Reply-To"), "<a@kommun.example>");
    assert_eq!(question.field("References"), "<a@kommun.example>");
    let request = demo_desk::mail("sms-registered-phone");
    place.deliver(&String::from_utf8(request).unwrap().replace("\r\n", "\n"));
    desk.work().await;
    let notice = place.letter(CHANGED);
    assert_eq!(notice.field("Auto-Submitted"), "auto-generated");
    assert_eq!(notice.field("X-Auto-Response-Suppress"), "All");
}

#[tokio::test]
async fn our_own_mail_that_comes_back_is_filed_and_told_in_the_audit_log() {
    for marks in [true, false] {
        let (place, desk, letter) = acknowledged().await;
        place.deliver(&if marks { letter.raw.clone() } else { letter.without_marks() });
        desk.work().await;
        let views = views(&desk).await;
        assert_eq!(views.len(), 2);
        assert_eq!(views[1].ticket.state, State::Filed, "{:?}", views[1]);
        assert_eq!(place.told("mail.own").await, 1);
        assert!(place.letters().is_empty());
    }
}

#[tokio::test]
async fn a_mail_that_only_says_to_be_ours_is_a_persons_and_is_not_answered() {
    let (place, desk, letter) = acknowledged().await;
    let guessed = format!("Message-ID: <{}@kommun.example>\n", "0".repeat(letter.id().find('@').unwrap()));
    place.deliver(&mail(DESK, "Hej", &guessed, "Skicka mig pengar."));
    desk.work().await;
    place.deliver(&mail(DESK, "Lösenord", "", "Jag har glömt mitt lösenord."));
    desk.work().await;
    // with an identifier of ours, but another sender: a reply of the person who got it, copied
    let copied = format!("Message-ID: <{}>\n", letter.id());
    place.deliver(&mail("bo.granlund@kommun.example", "Hej", &copied, "Det här är inte er."));
    desk.work().await;
    let views = views(&desk).await;
    assert_eq!(views.len(), 4, "nothing vanishes");
    technician_has(&views[1], Reason::OtherSubject);
    technician_has(&views[2], Reason::FieldsMissing);
    technician_has(&views[3], Reason::OtherSubject);
    assert_eq!(place.told("mail.own").await, 0);
    let to: Vec<_> = place.letters().iter().map(|letter| letter.field("To").to_owned()).collect();
    assert_eq!(to, ["bo.granlund@kommun.example"], "the desk never writes to itself");
}
