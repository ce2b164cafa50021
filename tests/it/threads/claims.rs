//! Numbers and Message-IDs of somebody else's ticket.

use nyckelbud::delivery::OutgoingMail;
use serde_json::{Value, json};

use super::*;
use crate::support::program::{ended, on_desk};

/// Digits are what two acknowledgements differ in: the number and the time.
fn without_digits(text: &str) -> String {
    text.chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect()
}

/// Anna was asked for her phone; her ticket as it stands.
async fn anna_was_asked(place: &Place) -> TicketView {
    let text = "Användarnamn: anna.andersson@kommun.example";
    let view = place.comes(&Letter::new("anna@kommun.example", ANNA, "Annas lösenord", text)).await;
    assert_eq!(view.ticket.state, State::Asked);
    view
}

async fn unchanged(place: &Place, before: &TicketView) {
    let after = place.ticket("anna@kommun.example").await;
    assert_eq!(format!("{after:?}"), format!("{before:?}"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_number_quoted_by_another_person_starts_nothing_and_shows_nothing() {
    let place = Place::new().await;
    let annas = anna_was_asked(&place).await;
    let subject = format!("SV: [{}] Annas ärende", annas.ticket.number);
    let quoting = Letter::new("gun@kommun.example", GUN, &subject, GUNS_REQUEST);

    let explained = place.explained(&quoting).await;
    assert_eq!(explained.linked_to, Some(annas.ticket.number.to_string()));
    assert_eq!(
        (explained.outcome.as_str(), explained.reason.as_deref()),
        ("technician", Some("sender-unverified"))
    );
    assert_eq!((explained.ticket, explained.acknowledge), (None, true));

    let guns = place.comes(&quoting).await;
    is_for_a_technician(&guns, &annas, NamedBy::Tag);
    unchanged(&place, &annas).await;
    assert_eq!(place.texts(), 0);

    // Her acknowledgement is everybody's, and tells nothing of Anna.
    let johns = Letter::new(
        "john@kommun.example",
        JOHN,
        "Password",
        "Username: john.smith@kommun.example\r\nPhone: 070-174 06 06",
    );
    place.comes(&johns).await;
    assert_eq!(place.texts(), 1, "without a number it would have been texted");
    // John's password was changed, too, and mails leave side by side.
    let acknowledged = |mail: &OutgoingMail| mail.text.contains("Vi fick ditt mejl");
    let [to_gun, to_john] =
        [GUN, JOHN].map(|who| place.mails_to(who).into_iter().find(acknowledged).expect("acknowledged"));
    assert_eq!(without_digits(&to_gun.text), without_digits(&to_john.text));
    assert_eq!(without_digits(&to_gun.subject), without_digits(&to_john.subject));
    assert!(to_gun.subject.contains(&guns.ticket.number.to_string()), "{}", to_gun.subject);
    let whole = format!("{to_gun:?}");
    let [tag, number] = [format!("[{}]", annas.ticket.number), format!(" {}.", annas.ticket.number)];
    for annas in ["anna.andersson", "Annas", &tag, &number] {
        assert!(!whole.contains(annas), "{whole}");
    }

    // In the words of the interface, and of the trail.
    let folder = place.guard.path();
    let listed = ended(&mut on_desk(folder, ["tickets", "--json"])).expect(0).objects();
    let of = |id: &str| listed.iter().find(|t| t["message_id"] == id).expect("it is listed");
    assert_eq!(of("gun@kommun.example")["linked_to"], json!(annas.ticket.number.to_string()));
    assert_eq!(of("anna@kommun.example")["linked_to"], Value::Null);
    let trail = of("gun@kommun.example")["trail"].to_string();
    assert!(trail.contains("the subject has the number") && trail.contains("\"thread\""), "{trail}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn our_own_message_id_in_another_persons_mail_starts_nothing() {
    let place = Place::new().await;
    let annas = anna_was_asked(&place).await;
    let ours = place.our_newest_to(ANNA);
    let answers = [ours.as_str()];
    let answering = Letter::new("gun@kommun.example", GUN, "Lösenord", GUNS_REQUEST).answering(&answers);
    let guns = place.comes(&answering).await;
    is_for_a_technician(&guns, &annas, NamedBy::OurMail);

    // Nor in a mail that only says it is Anna's.
    let text = "Mobilnummer: 070-174 06 05";
    let forged =
        Letter::new("forged@kommun.example", ANNA, "SV: Annas lösenord", text).answering(&answers).forged();
    let forged = place.comes(&forged).await;
    is_for_a_technician(&forged, &annas, NamedBy::OurMail);
    unchanged(&place, &annas).await;
    assert_eq!(place.texts(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn our_message_ids_cannot_be_guessed_and_a_guess_is_an_ordinary_mail() {
    let place = Place::new().await;
    let annas = anna_was_asked(&place).await;
    let ours: Vec<String> = place.mails_to(ANNA).iter().map(|mail| mail.message_id.to_string()).collect();
    assert_eq!(ours.len(), 2, "an acknowledgement and a question");
    for id in &ours {
        let local = id.strip_suffix("@kommun.example").expect("the desk's domain");
        assert!(local.len() == 32 && local.bytes().all(|b| b.is_ascii_hexdigit()), "{id}");
    }
    // Neither number, time, address nor counter: two mails of one ticket share no place but by chance.
    let same = ours[0].bytes().zip(ours[1].bytes()).take(32).filter(|(a, b)| a == b).count();
    assert!(same < 16, "{ours:?}");

    let number = annas.ticket.number.to_string();
    let guesses = [
        format!("{number}@kommun.example"),
        "1@kommun.example".to_owned(),
        format!("{}@kommun.example", "0".repeat(32)),
    ];
    let guesses: Vec<&str> = guesses.iter().map(String::as_str).collect();
    let guessing = Letter::new("gun@kommun.example", GUN, "Lösenord", GUNS_REQUEST).answering(&guesses);
    let guns = place.comes(&guessing).await;
    assert_eq!((guns.ticket.link, place.texts()), (None, 1), "it is Gun's own request: {:?}", guns.ticket);
    unchanged(&place, &annas).await;
}

/// The whole organisation answers the mail that says what to do when the telephones are down.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_to_a_mail_that_many_got_is_handled_on_its_own() {
    let place = Place::new().await;
    let text = "Telefonerna ligger nere. Svara med:\r\nAnvändarnamn:\r\nMobilnummer:";
    let to_all =
        place.comes(&Letter::new("alla@kommun.example", "karin.ek@kommun.example", "Till alla", text)).await;
    let before = format!("{to_all:?}");
    let answers = ["alla@kommun.example"];
    let guns = Letter::new("gun@kommun.example", GUN, "SV: Till alla", GUNS_REQUEST).answering(&answers);
    let guns = place.comes(&guns).await;
    assert_eq!(
        guns.ticket.link.map(|link| (link.to, link.by)),
        Some((to_all.ticket.number, NamedBy::TheirMail))
    );
    assert_eq!(place.texts(), 1, "{:?}", guns.ticket);
    assert_eq!(format!("{:?}", place.ticket("alla@kommun.example").await), before);
}
