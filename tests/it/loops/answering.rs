//! Programs that answer every mail they get: with the marks of RFC 3834, or like a person.

use super::*;

/// How a program answers.
type Answers = fn(&Letter, usize) -> String;

/// As it should be: marked, and in the thread.
fn well_behaved(letter: &Letter, number: usize) -> String {
    let fields = format!("Auto-Submitted: auto-replied\nIn-Reply-To: <{}>\n", letter.id());
    mail(ANNA, "Autosvar: borta", &fields, &format!("Jag är borta. Svar {number}."))
}

/// Like a person who replies.
fn as_a_reply(letter: &Letter, number: usize) -> String {
    let fields = format!("In-Reply-To: <{}>\n", letter.id());
    mail(ANNA, "SV: ditt mejl", &fields, &format!("Tack, vi har fått ditt mejl. Nummer {number}."))
}

/// Like a person who writes anew.
fn anew(_: &Letter, number: usize) -> String {
    mail(ANNA, "Tack", "", &format!("Tack, vi har fått ditt mejl. Nummer {number}."))
}

/// Like a person who needs a password and does not say for whom.
fn asking(_: &Letter, number: usize) -> String {
    mail(ANNA, "Lösenord", "", &format!("Jag har glömt mitt lösenord, det är mejl {number}."))
}

/// As [`asking`], each time under another address of the same mailbox.
fn under_tags(letter: &Letter, number: usize) -> String {
    let tagged = format!("Anna.Andersson+{number}@Kommun.Example");
    asking(letter, number).replace(ANNA, &tagged)
}

/// An hour in which `answers` replies to everything; answers how many acknowledgements and questions left.
async fn an_hour_with(answers: Answers) -> (usize, usize, usize) {
    let place = Place::new();
    let desk = place.open().await;
    let mut left = Vec::new();
    place.deliver(&mail(ANNA, "Lösenord", "", "Jag har glömt mitt lösenord."));
    for _ in 0..60 {
        desk.work().await;
        for letter in place.letters() {
            place.deliver(&answers(&letter, left.len()));
            left.push(letter.subject());
        }
        place.clock.turn(1);
    }
    desk.work().await;
    let count = |subject: &str| left.iter().filter(|left| left.contains(subject)).count();
    let (acknowledged, asked) = (count(ACKNOWLEDGED), count(ASKED));
    assert_eq!(acknowledged + asked, left.len(), "{left:?}");
    (acknowledged, asked, views(&desk).await.len())
}

#[tokio::test]
async fn a_program_that_answers_every_mail_gets_one_of_a_kind_in_an_hour() {
    for (answers, tickets) in [
        // an automatic reply is filed under a number of its own, once for each mail that it got
        (well_behaved as Answers, 3),
        (as_a_reply, 1),
        (anew, 3),
        (asking, 3),
        (under_tags, 3),
    ] {
        assert_eq!(an_hour_with(answers).await, (1, 1, tickets));
    }
}

/// A day and a half in which a machine without marks writes every ten minutes; when what it got came, in
/// minutes. The desk is stopped and started again all the time.
async fn minutes_of(write: impl Fn(usize) -> String, subject: &str) -> Vec<usize> {
    let place = Place::new();
    let mut got = Vec::new();
    for number in 0..6 * 36 {
        place.deliver(&write(number));
        place.open().await.work().await;
        let letters = place.letters();
        let of_kind = letters.iter().filter(|letter| letter.subject().contains(subject)).count();
        got.extend(std::iter::repeat_n(10 * number, of_kind));
        place.clock.turn(10);
    }
    got
}

/// Three in a day, an hour or more between them, and none before a day is over since the first.
fn three_a_day(minutes: &[usize]) {
    let day = minutes.iter().filter(|at| **at < 24 * 60).count();
    assert_eq!(day, 3, "{minutes:?}");
    assert!(minutes.windows(2).all(|pair| pair[1] - pair[0] >= 60), "{minutes:?}");
    let windows = minutes.windows(4);
    assert!(
        windows.clone().count() > 0 && windows.clone().all(|four| four[3] - four[0] >= 24 * 60),
        "{minutes:?}"
    );
}

#[tokio::test]
async fn a_machine_that_writes_all_day_is_acknowledged_three_times() {
    let alarm = |number: usize| mail(ANNA, "Larm", "", &format!("Larm {number} i pumphuset."));
    three_a_day(&minutes_of(alarm, ACKNOWLEDGED).await);
}

#[tokio::test]
async fn a_machine_that_writes_all_day_is_asked_three_times_and_a_technician_has_the_rest() {
    let ask = |number: usize| mail(ANNA, "Lösenord", "", &format!("Jag har glömt lösenordet, {number}."));
    three_a_day(&minutes_of(ask, ASKED).await);
}

#[tokio::test]
async fn a_question_that_is_not_asked_again_goes_to_a_technician_who_is_told_why() {
    let place = Place::new();
    let desk = place.open().await;
    // The second comes within the hour after the first, the last one as the fourth of the day.
    for (number, minutes) in [0, 30, 61, 61, 61].into_iter().enumerate() {
        place.clock.turn(minutes);
        place.deliver(&mail(ANNA, "Lösenord", "", &format!("Jag har glömt lösenordet, {number}.")));
        desk.work().await;
    }
    let views = views(&desk).await;
    let asked: Vec<bool> = views.iter().map(|view| view.ticket.state == State::Asked).collect();
    assert_eq!(asked, [true, false, true, true, false]);
    for (number, why) in
        [(1, "such a question within the last hour"), (4, "three such questions within the last day")]
    {
        technician_has(&views[number], Reason::FieldsMissing);
        let why = format!("not asked after all: the writer got {why}");
        assert_eq!(lines(&views[number], &why), 1, "{:?}", views[number].ticket.trail);
    }
}

#[tokio::test]
async fn two_desks_that_write_to_each_other_stop_at_once() {
    const OTHER: &str = "servicedesk@region.example";
    for marked in [true, false] {
        let here = Place::new();
        let there = Place::of(|config| config.replace(DESK, OTHER));
        let (one, other) = (here.open().await, there.open().await);
        here.deliver(&mail(OTHER, "Fråga", "", "Hej, en fråga från oss till er."));
        let mut left = Vec::new();
        for _ in 0..10 {
            one.work().await;
            for letter in here.letters() {
                assert_eq!(letter.field("To"), OTHER);
                there.deliver(&if marked { letter.raw.clone() } else { letter.without_marks() });
                left.push("here");
            }
            other.work().await;
            for letter in there.letters() {
                here.deliver(&letter.without_marks());
                left.push("there");
            }
        }
        // without any mark each acknowledges once
        assert_eq!(left, if marked { &["here"][..] } else { &["here", "there"] });
        assert_eq!(views(&other).await.len(), 1);
    }
}

#[tokio::test]
async fn a_flooding_sender_in_front_holds_up_nobody_behind() {
    let place = Place::new();
    let desk = place.open().await;
    for number in 0..45 {
        place.deliver(&mail("filip.nord@kommun.example", "Larm", "", &format!("Larm {number} i pumphuset.")));
        place.deliver(&mail(ANNA, "Autosvar: borta", "Auto-Submitted: auto-replied\n", &number.to_string()));
    }
    place.deliver(&String::from_utf8(demo_desk::mail("sms-in-english")).unwrap().replace("\r\n", "\n"));
    desk.work().await;
    assert!(demo_desk::inbox(&place.folder).is_empty(), "everything is handled");
    assert!(matches!(desk.ticket("sms-in-english").await.state, State::Done { .. }));
    let acknowledged = place.letters();
    let to = |who: &str| {
        acknowledged.iter().filter(|l| l.field("To") == who && l.subject().contains(ACKNOWLEDGED)).count()
    };
    assert_eq!((to("filip.nord@kommun.example"), to(ANNA), to("john.smith@kommun.example")), (1, 0, 1));
}
