//! The interface's document (OpenAPI 3.1), made from the types and handlers themselves, so that it cannot tell anything
//! else than the program does.

use std::sync::LazyLock;

use axum::http::header;
use axum::response::{IntoResponse, Response};
use utoipa::openapi::path::{Operation, Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{
    ContentBuilder, HeaderBuilder, Ref, RefOr, Required, Response as Told, ResponseBuilder,
};
use utoipa::{Modify, OpenApi};

use super::problem::{PROBLEM, Problem};
use super::{act, desk, tickets};

/// What any request may be answered with, and in which words.
const ANY: [(&str, &str); 4] = [
    ("401", "No token, or none that holds"),
    ("403", "The token lacks the scope"),
    ("429", "The token asks too often"),
    ("503", "The store does not answer; the same may be asked again"),
];
/// What asks for something that may not be there, or in words that may not be read.
const ASKING: [(&str, &str); 2] = [("400", "The request cannot be read"), ("404", "There is no such thing")];
/// What a POST may be answered with beside that.
const POSTING: [(&str, &str); 6] = [
    ("400", "The request cannot be read, or lacks its Idempotency-Key"),
    ("408", "The body did not arrive in time"),
    ("409", "It is not possible with things as they are, or the same request is under way"),
    ("413", "The body is too large"),
    ("415", "The body is not application/json"),
    ("422", "What it says makes no sense, or the Idempotency-Key was another request's"),
];

/// The document.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "Nyckelbud",
        version = "1",
        description = "What the desk's pages do, for programs. A token of `nyckelbud token add` goes into every request. \
                       Errors are problems (RFC 9457); a POST carries an Idempotency-Key, and sent again it is done once. \
                       No answer holds a password."
    ),
    paths(
        tickets::list, tickets::one, tickets::acts, tickets::search, act::make, act::act, act::undo, desk::status,
        desk::health, desk::audit, desk::judge
    ),
    components(schemas(Problem)),
    modifiers(&Common)
)]
struct Document;

/// What holds for every request, said once.
struct Common;

impl Modify for Common {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let scheme = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).build();
        if let Some(components) = &mut document.components {
            components.add_security_scheme("token", SecurityScheme::Http(scheme));
        }
        for item in document.paths.paths.values_mut() {
            if let Some(get) = &mut item.get {
                add(get, &ANY);
                if get.parameters.as_ref().is_some_and(|parameters| !parameters.is_empty()) {
                    add(get, &ASKING);
                }
            }
            if let Some(post) = &mut item.post {
                add(post, &ANY);
                add(post, &POSTING);
                add(post, &ASKING);
                post.parameters.get_or_insert_default().push(RefOr::T(key()));
            }
        }
    }
}

fn key() -> Parameter {
    let schema = ObjectBuilder::new().schema_type(Type::String).pattern(Some("^[!#-~]{1,100}$"));
    ParameterBuilder::new()
        .name("Idempotency-Key")
        .parameter_in(ParameterIn::Header)
        .required(Required::True)
        .description(Some(
            "The request's own: sent again with it, the request is done once, and answered as before",
        ))
        .schema(Some(schema))
        .build()
}

fn add(operation: &mut Operation, answers: &[(&str, &str)]) {
    for (status, words) in answers {
        operation
            .responses
            .responses
            .entry((*status).to_owned())
            .or_insert_with(|| RefOr::T(problem(status, words)));
    }
}

fn problem(status: &str, words: &str) -> Told {
    let content = ContentBuilder::new().schema(Some(RefOr::Ref(Ref::from_schema_name("Problem")))).build();
    let told = ResponseBuilder::new().description(words).content(PROBLEM, content);
    let header = |words: &str| HeaderBuilder::new().description(Some(words)).build();
    match status {
        "401" | "403" => told.header("WWW-Authenticate", header("What is needed (RFC 6750)")),
        "429" | "503" => told.header("Retry-After", header("Seconds to wait")),
        _ => told,
    }
    .build()
}

static TEXT: LazyLock<String> = LazyLock::new(|| Document::openapi().to_json().unwrap_or_default());

/// `GET /api/openapi.json`
pub(super) async fn show() -> Response {
    ([(header::CONTENT_TYPE, "application/json")], TEXT.as_str()).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::web::api::access::what_tokens_may;

    #[test]
    fn every_route_stands_in_the_document_with_its_scope_and_nothing_else_does() {
        let document: serde_json::Value = serde_json::from_str(&TEXT).unwrap();
        assert_eq!(document["openapi"], "3.1.0");
        let mut told = Vec::new();
        for (path, methods) in document["paths"].as_object().unwrap() {
            for (method, operation) in methods.as_object().unwrap() {
                let scope = operation["security"][0]["token"][0].as_str().unwrap_or_default().to_owned();
                told.push((method.to_uppercase(), path.clone(), scope));
            }
        }
        let mut known: Vec<_> = what_tokens_may()
            .map(|(method, path, scope)| (method.to_owned(), path, scope.code().to_owned()))
            .collect();
        told.sort();
        known.sort();
        assert_eq!(told, known);
    }
}
