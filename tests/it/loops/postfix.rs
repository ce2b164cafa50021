//! A mail that a real Postfix takes and cannot deliver.

use std::sync::Arc;

use nyckelbud::delivery::notice::SmtpSender;

use super::*;
use crate::support::postfix::Postfix;

#[tokio::test]
async fn a_question_that_a_real_server_returns_goes_to_a_technician() {
    let server = Postfix::start();
    let place = Place::new();
    let sender = SmtpSender::new(server.settings()).unwrap();
    let desk = OpenDesk::open(&place.folder, &place.clock, |parts| parts.mail = Arc::new(sender)).await;
    place.deliver(&mail("gone@kommun.example", "Lösenord", "", "Jag har glömt mitt lösenord."));
    desk.work().await;
    assert_eq!(ticket(&desk).await.ticket.state, State::Asked);

    let report = server.delivered_to("desk", 1).await.remove(0);
    place.deliver(&report);
    desk.work().await;
    let view = ticket(&desk).await;
    technician_has(&view, Reason::FieldsMissing);
    assert_eq!(
        lines(&view, "the mail to the writer came back (ask-for-details): 5.1.1"),
        1,
        "{view:?}\n{report}"
    );
    // The acknowledgement had an empty return path: its loss tells nobody anything.
    assert_eq!(server.delivered_to("desk", 1).await.len(), 1);
}
