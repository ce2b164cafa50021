//! What mail programs put before a subject when somebody answers or forwards.

use super::*;

const PREFIXES: [&str; 12] = [
    "SV:",
    "VB:",
    "Fwd:",
    "FW:",
    "WG:",
    "Re:",
    "RE:",
    "AW:",
    "SV: VB:",
    "Re[2]:",
    "[EXTERNT] SV: SV:",
    "Vidarebefordrat: Fwd: VB:",
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_colleague_who_forwards_a_request_writes_a_mail_of_her_own() {
    let place = Place::new().await;
    let annas = Letter::new(
        "anna@kommun.example",
        ANNA,
        "Jag har glömt lösenordet",
        "Användarnamn: anna.andersson@kommun.example",
    );
    let annas = place.comes(&annas).await;
    let before = format!("{annas:?}");
    let text = "Kan ni hjälpa Anna?\r\n\r\n-----Ursprungligt meddelande-----\r\n\
                Från: Anna Andersson <anna.andersson@kommun.example>\r\n\
                Ämne: Jag har glömt lösenordet\r\n\r\nAnvändarnamn: anna.andersson@kommun.example\r\n";
    let thread = ["anna@kommun.example"];
    for (at, prefix) in PREFIXES.into_iter().enumerate() {
        let subject = format!("{prefix} Jag har glömt lösenordet");
        // By the subject alone, and with the thread of Anna's mail.
        let (alone, linked) = (format!("alone-{at}@kommun.example"), format!("linked-{at}@kommun.example"));
        let guns = place.comes(&Letter::new(&alone, GUN, &subject, text)).await;
        assert_eq!((guns.ticket.link, guns.messages.len()), (None, 1), "{prefix}");
        assert_eq!(guns.ticket.from.map(|from| from.to_string()).as_deref(), Some(GUN));
        let guns = place.comes(&Letter::new(&linked, GUN, &subject, text).answering(&thread)).await;
        let link = guns.ticket.link.map(|link| (link.to, link.by));
        assert_eq!(link, Some((annas.ticket.number, NamedBy::TheirMail)), "{prefix}");
    }
    assert_eq!(place.texts(), 0);
    assert_eq!(format!("{:?}", place.ticket("anna@kommun.example").await), before);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_prefix_hides_the_number_and_none_makes_it_anothers() {
    let place = Place::new().await;
    let annas = place.comes(&Letter::new("anna@kommun.example", ANNA, "Skrivaren", "Den är trasig.")).await;
    let number = annas.ticket.number;
    for (at, prefix) in PREFIXES.into_iter().enumerate() {
        let subject = format!("{prefix} [{number}] Vi har fått ditt mejl");
        let (own, anothers) = (format!("own-{at}@kommun.example"), format!("gun-{at}@kommun.example"));
        let joined = place.comes(&Letter::new(&own, ANNA, &subject, "Den är fortfarande trasig.")).await;
        assert_eq!((joined.ticket.number, joined.messages.len()), (number, at + 2), "{prefix}");
        let linked = place.comes(&Letter::new(&anothers, GUN, &subject, GUNS_REQUEST)).await;
        is_for_a_technician(&linked, &annas, NamedBy::Tag);
    }
    assert_eq!(place.texts(), 0);
}
