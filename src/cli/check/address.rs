//! The address of the pages as people reach them: by the proxy before the program.

use std::time::Instant;

use super::report::{Line, Verdict};
use crate::config::{PickupMethod, Settings};
use crate::http::{Auth, HttpClient, HttpError, InTheClear, Method, Request, ServiceUrl, Timeouts};

/// Octets of an answer that are read: what the program itself answers there is short.
const ANSWER: usize = 4096;
/// What the program answers at `/livez`.
const ALIVE: &[u8] = b"alive";

/// Is the program found at `desk.public_url`? Never an error: this machine may be kept from its own public address.
pub(super) async fn public(settings: &Settings) -> Line {
    let began = Instant::now();
    let url = &settings.desk.public_url;
    let line = |verdict, text| Line::new(verdict, "address", text, began.elapsed());
    let asked = match (ServiceUrl::parse(url), HttpClient::new(Timeouts::default(), ANSWER)) {
        (Ok(service), Ok(client)) => alive(&client, &service).await,
        (Err(error), _) => return line(Verdict::Care, format!("{url}: {error}")),
        (_, Err(error)) => return line(Verdict::Care, error.to_string()),
    };
    match asked {
        Ok(()) => line(Verdict::Good, format!("{url} leads to a nyckelbud")),
        Err((text, todo)) => line(Verdict::Care, format!("{url} {text}")).with_care(todo),
    }
}

async fn alive(client: &HttpClient, service: &ServiceUrl) -> Result<(), (String, &'static str)> {
    let livez = service.below(&["livez"]);
    let request = Request {
        method: Method::Get,
        url: &livez,
        auth: Auth::None,
        headers: &[],
        body: zeroize::Zeroizing::default(),
    };
    match client.request(request).await {
        Ok(answer) if answer.status == 200 && answer.body.starts_with(ALIVE) => Ok(()),
        Ok(answer) if matches!(answer.status, 502..=504) => Err((
            format!("answers {}: the proxy is there, and finds no program behind it", answer.status),
            "start the program and check again; else correct the proxy (README, step 9), or web.listen",
        )),
        Ok(answer) => Err((
            format!("answers {} where a nyckelbud would say that it is alive", answer.status),
            "let the proxy lead there to web.listen (README, step 9), or correct desk.public_url",
        )),
        Err(error) => {
            let text = match error {
                HttpError::NotSent { cause } | HttpError::Unanswered { cause } => cause,
            };
            Err((
                format!("is not reached from this machine: {text}"),
                "open it with a phone that is outside your network; if that fails, too, no link works",
            ))
        }
    }
}

/// Is whoever types the bare host led to the pages? Only where people type it, and it is served by https.
pub(super) async fn typed(settings: &Settings) -> Option<Line> {
    let began = Instant::now();
    let address = settings.desk.public_url.strip_prefix("https://")?.trim_end_matches('/');
    if settings.delivery.pickup != PickupMethod::Code {
        return None;
    }
    let client = HttpClient::new(Timeouts::default(), ANSWER).ok()?;
    // Without the port of https, which nobody types.
    let (host, path) = address.split_at(address.find('/').unwrap_or(address.len()));
    let address = format!("{}{path}", host.strip_suffix(":443").unwrap_or(host));
    let said = client.in_the_clear(&address).await;
    Some(match judged(&address, said) {
        Ok(text) => Line::new(Verdict::Good, "typed address", text, began.elapsed()),
        Err(text) => Line::new(Verdict::Care, "typed address", text, began.elapsed())
            .with_care("let the proxy answer at port 80 by leading to https (README, step 9)"),
    })
}

fn judged(address: &str, said: Result<InTheClear, HttpError>) -> Result<String, String> {
    match said {
        Ok(InTheClear::LeadsTo(to)) if leads_to(&to, address) => {
            Ok(format!("http://{address} leads to https"))
        }
        Ok(InTheClear::LeadsTo(to)) => {
            Err(format!("http://{address} leads to {to}, not to https://{address}"))
        }
        Ok(InTheClear::Status(status)) => {
            Err(format!("http://{address} answers {status} and does not lead to https: who types it is lost"))
        }
        Err(HttpError::NotSent { cause } | HttpError::Unanswered { cause }) => {
            Err(format!("http://{address} is not reached from this machine: {cause}"))
        }
    }
}

/// Is it this host by https, at this path or below? A host has no case.
fn leads_to(to: &str, address: &str) -> bool {
    let apart = |text: &str| {
        let text = text.split(['?', '#']).next().unwrap_or_default();
        let (host, path) = text.split_at(text.find('/').unwrap_or(text.len()));
        (host.strip_suffix(":443").unwrap_or(host).to_ascii_lowercase(), format!("{path}/"))
    };
    let Some(there) = to.strip_prefix("https://") else { return false };
    let ((host, path), (wanted, base)) = (apart(there), apart(address));
    host == wanted && path.starts_with(&base)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_https_at_the_same_host_is_where_a_typed_address_may_lead() {
        let judged = |to: &str| judged("servicedesk.kommun.example", Ok(InTheClear::LeadsTo(to.to_owned())));
        for to in ["https://servicedesk.kommun.example/", "https://Servicedesk.kommun.example:443/k?x"] {
            assert!(judged(to).is_ok(), "{to}");
        }
        for to in [
            "http://servicedesk.kommun.example/",
            "/k",
            "https://servicedesk.kommun.example.invalid/",
            "https://www.kommun.example/",
        ] {
            assert!(judged(to).is_err_and(|why| why.contains(to)), "{to}");
        }
    }

    #[test]
    fn the_path_of_the_address_must_not_be_lost_on_the_way() {
        let leads = |to| leads_to(to, "kommun.example/it/desk");
        for to in ["https://kommun.example/it/desk", "https://kommun.example/it/desk/k"] {
            assert!(leads(to), "{to}");
        }
        for to in ["https://kommun.example/", "https://kommun.example/it/desktop", "https://kommun.example"] {
            assert!(!leads(to), "{to}");
        }
    }

    #[test]
    fn an_answer_that_leads_nowhere_and_none_are_told() {
        let said = judged("kommun.example", Ok(InTheClear::Status(200)));
        assert!(said.is_err_and(|why| why.contains("answers 200")));
        let cause = "connection refused".to_owned();
        let said = judged("kommun.example", Err(HttpError::NotSent { cause }));
        assert!(said.is_err_and(|why| why.contains("is not reached") && why.contains("refused")));
    }
}
