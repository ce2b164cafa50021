//! Patterns over recorded answers, and templates that would let a text change its own request.

use super::super::answer::tests::{assert_common_statuses, read};
use super::*;

fn json() -> Templates {
    Templates {
        method: Method::Post,
        url: "https://sms.kommun.example/send?key={{ key }}".to_owned(),
        headers: vec![
            ("Content-Type".to_owned(), "application/json".to_owned()),
            ("Authorization".to_owned(), "Bearer {{ password | url }}".to_owned()),
        ],
        body: r#"{"to": {{ to | json }}, "text": {{ text | json }}}"#.to_owned(),
        success: r#""id":\s*"(?<reference>[^"]+)""#.to_owned(),
        failure: "\"error\"".to_owned(),
        idempotent: false,
    }
}

/// The same as a form.
fn posted(body: &str) -> Templates {
    let headers = vec![("content-type".to_owned(), "application/x-www-form-urlencoded".to_owned())];
    Templates { headers, body: body.to_owned(), ..json() }
}

#[test]
fn answers_are_read_by_the_patterns() {
    let compiled = Compiled::read(&json()).unwrap_or_else(|(key, why)| panic!("{key}: {why}"));
    let classify = |reply: &Reply<'_>| compiled.classify(reply);
    assert_common_statuses(classify);
    for (status, body, expected) in [
        (200, r#"{"id": "a-1"}"#, "accepted: a-1"),
        (201, r#"{"id":"a-1","error":null}"#, "refused: gw answers 201: id a error null"),
        (200, r#"{"error":"unknown number"}"#, "refused: gw answers 200: error unknown number"),
        (200, r#"{"ok":true}"#, "uncertain: gw: the answer is not the documented one"),
        // What no name of a text is, or stands in the text, is not kept.
        (200, r#"{"id":"a/b"}"#, "accepted: "),
        (200, r#"{"id":"Kd7p-mWxq-9TrQ"}"#, "accepted: "),
        (500, r#"{"id":"a-1"}"#, "uncertain: gw answers 500"),
    ] {
        assert_eq!(read(classify, status, body), expected, "{body}");
    }
}

#[test]
fn templates_that_do_what_they_say_have_no_faults() {
    assert_eq!(faults(&json()), []);
    assert_eq!(faults(&posted("to={{ to_digits }}&text={{ text | url }}&pw={{ password | url }}")), []);
    let get = Templates {
        method: Method::Get,
        url: "https://sms.kommun.example/send?to={{ to | url }}&m={{ text | url }}".to_owned(),
        headers: vec![],
        body: String::new(),
        ..json()
    };
    assert_eq!(faults(&get), []);
    let xml = vec![("Content-Type".to_owned(), "text/xml".to_owned())];
    let body = "<sms to=\"{{ to }}\">{{ text | e }}</sms>".to_owned();
    assert_eq!(faults(&Templates { headers: xml, body, ..json() }), []);
}

/// The key of the one fault, and what it says.
fn fault(templates: &Templates) -> String {
    match faults(templates).as_slice() {
        [(key, why)] => format!("{key}: {why}"),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_template_through_which_a_text_could_change_its_request_is_refused() {
    for body in [
        r#"{"to": "{{ to }}", "text": "{{ text }}"}"#,
        r#"{"to": "{{ to }}", "text": "{{ text | url }}"}"#,
        r#"{"to": "{{ to }}", "text": {{ text | json }}"#,
    ] {
        let said = fault(&Templates { body: body.to_owned(), ..json() });
        assert!(said.starts_with("body: write {{ text | json }}"), "{body}: {said}");
    }
    let said = fault(&posted("to={{ to | url }}&text={{ text }}"));
    assert!(said.starts_with("body: write {{ text | url }}"), "{said}");
    let url = "https://sms.kommun.example/?to={{ to | url }}&text={{ text }}".to_owned();
    let said = fault(&Templates { url, ..json() });
    assert!(said.starts_with("url: write {{ text | url }}") || said.starts_with("url: the URL"), "{said}");
    let mut with_header = json();
    with_header.headers.push(("X-Text".to_owned(), "{{ text }}".to_owned()));
    assert!(fault(&with_header).starts_with("headers: "), "{}", fault(&with_header));
    let xml = vec![("Content-Type".to_owned(), "text/xml".to_owned())];
    let body = "<sms to=\"{{ to }}\">{{ text }}</sms>".to_owned();
    assert!(fault(&Templates { headers: xml, body, ..json() }).starts_with("body: write {{ text | e }}"));
}

#[test]
fn a_template_that_cannot_work_is_told_under_its_key() {
    let with = |change: fn(&mut Templates)| {
        let mut templates = json();
        change(&mut templates);
        fault(&templates)
    };
    for (said, expected) in [
        (with(|t| t.url = "https://sms.kommun.example/{{ tekst }}".to_owned()), "url: "),
        (with(|t| t.url = "http://sms.kommun.example/".to_owned()), "url: only https"),
        (with(|t| t.body = "{\"text\": {{ text | json }}}".to_owned()), "body: lacks {{ to }}"),
        (with(|t| t.body = "{\"to\": {{ to | json }}}".to_owned()), "body: lacks {{ text }}"),
        (with(|t| t.body = "{{ text".to_owned()), "body: "),
        (with(|t| t.success = "(".to_owned()), "success: is no regular expression"),
        (with(|t| t.success = "(ok)?".to_owned()), "success: fits an answer that is empty"),
        (with(|t| t.failure = "[".to_owned()), "failure: is no regular expression"),
    ] {
        assert!(said.starts_with(expected), "{said}");
    }
    let keyless = Templates { url: "https://sms.kommun.example/".to_owned(), idempotent: true, ..json() };
    assert!(fault(&keyless).contains("lacks {{ key }}"));
}
