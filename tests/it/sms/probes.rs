//! What is asked of a gateway when no text shall leave: whether it would take one, and what is left.

use nyckelbud::delivery::sms::GatewaySetup;
use nyckelbud::secret::Secret;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpListener;

use super::assert_discreet;
use crate::support::http_request::request;
use crate::support::sms_service::{self, ALL, Fault, Kind, PASSWORD, Service};

#[tokio::test]
async fn the_probe_signs_in_and_needs_no_balance() {
    for one in ALL {
        let service = Service::start(one, Fault::None).await;
        let gateway = service.gateway();
        let said = gateway.probe().await.unwrap();
        assert_discreet(&said);
        assert!(service.taken().is_empty());
        let tells = matches!(one, Kind::Elks | Kind::Twilio | Kind::GatewayApi);
        let balance = gateway.balance().await.unwrap();
        let expected = tells.then(|| ("967.05 SEK".to_owned(), false));
        assert_eq!(balance.map(|balance| (balance.to_string(), balance.low)), expected, "{one:?}");
        if tells {
            service.set_balance(4_999);
            let low = gateway.balance().await.unwrap().unwrap();
            assert_eq!((low.to_string().as_str(), low.low), ("49.99 SEK", true), "{one:?}");
            service.set_balance(0);
            assert!(gateway.balance().await.unwrap().unwrap().low, "{one:?}: empty is low");
            assert!(gateway.probe().await.is_ok(), "{one:?}: what is empty may be paid afterwards");
        }
        if one != Kind::Http {
            let wrong = GatewaySetup { password: Secret::new(format!("{PASSWORD}x")), ..service.setup() };
            let error = sms_service::gateway(one, &wrong).probe().await.unwrap_err();
            assert!(error.contains("check username, password"), "{one:?}: {error}");
            assert_discreet(&error);
        }
    }
}

#[tokio::test]
async fn a_balance_that_may_not_be_read_says_nothing_against_the_gateway() {
    for status in [401, 403, 404, 500] {
        let service = Service::start(Kind::Twilio, Fault::None).await;
        service.hide_balance(status);
        assert!(service.gateway().balance().await.is_err(), "{status}");
        assert_eq!(service.gateway().probe().await, Ok("signed in".to_owned()), "{status}");
        assert!(service.taken().is_empty(), "{status}");
    }
}

#[tokio::test]
async fn a_service_whose_address_answers_with_a_fault_of_its_own_is_not_there() {
    for (status, there) in [(200, true), (404, true), (405, true), (500, false), (503, false)] {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let gateway = sms_service::gateway(
            Kind::Http,
            &sms_service::setup(Kind::Http, listener.local_addr().unwrap().port()),
        );
        let answering = async {
            let (mut stream, _) = listener.accept().await.unwrap();
            let (head, body) = request(&mut stream).await.unwrap();
            let answer = format!("HTTP/1.1 {status} x\r\nContent-Length: 0\r\n\r\n");
            stream.write_all(answer.as_bytes()).await.unwrap();
            (head, body)
        };
        let (said, (head, body)) = tokio::join!(gateway.probe(), answering);
        assert_eq!(said.is_ok(), there, "{status}: {said:?}");
        assert!(head.starts_with("GET /send HTTP/1.1\r\n"), "where texts go to: {head}");
        assert!(body.is_empty() && !head.contains(PASSWORD) && !head.contains("46701740605"), "{head}");
    }
}

#[tokio::test]
async fn a_check_asks_once_where_one_question_answers_both() {
    for one in ALL {
        let service = Service::start(one, Fault::None).await;
        let (said, balance) = service.gateway().check().await.unwrap();
        let questions = if one == Kind::Twilio { 2 } else { 1 };
        assert_eq!(service.asked(), questions, "{one:?}");
        assert_eq!(said, service.gateway().probe().await.unwrap(), "{one:?}");
        assert_eq!(balance, service.gateway().balance().await, "{one:?}");
        if one != Kind::Http {
            let wrong = GatewaySetup { password: Secret::new(format!("{PASSWORD}x")), ..service.setup() };
            let error = sms_service::gateway(one, &wrong).check().await.unwrap_err();
            assert!(error.contains("check username, password"), "{one:?}: {error}");
        }
    }
}
