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
        // It may show the text that it took by leading there (RFC 9110 15.4.4).
        (301, "", "uncertain: gw answers 301 and leads elsewhere"),
        (303, r#"{"id":"a-1"}"#, "uncertain: gw answers 303 and leads elsewhere"),
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
    assert_eq!(faults(&typed("text/xml", "<sms to=\"{{ to }}\">{{ text | e }}</sms>")), []);
    assert_eq!(faults(&typed("text/plain; charset=utf-8", "{{ to }}\n{{ text }}")), []);
    let kinds = r#"{"to": {{ to_digits }}, "kind": {% if sender is startingwith("+") %}1{% else %}5{% endif %},
        "from": {{ sender | json }}, "text": {{ ("SMS: " ~ text) | json }}}"#;
    assert_eq!(faults(&typed("application/vnd.sms+json", kinds)), []);
    // An answer without a body can be the documented one.
    let silent = Templates { success: "^$".to_owned(), ..json() };
    assert_eq!(faults(&silent), []);
    let compiled = Compiled::read(&silent).unwrap_or_else(|(key, why)| panic!("{key}: {why}"));
    let classify = |reply: &Reply<'_>| compiled.classify(reply);
    assert_eq!(read(classify, 204, ""), "accepted: ");
    assert_eq!(read(classify, 200, "<html>"), "uncertain: gw: the answer is not the documented one");
}

/// A body of that type.
fn typed(kind: &str, body: &str) -> Templates {
    let headers = vec![("Content-Type".to_owned(), kind.to_owned())];
    Templates { headers, body: body.to_owned(), ..json() }
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
        r#"{"to": "{{ to }}", "text": {{ text | json }}, "copy": "{{ text }}"}"#,
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
    let said = fault(&typed("text/xml", "<sms to=\"{{ to }}\">{{ text }}</sms>"));
    assert!(said.starts_with("body: write {{ text | e }}"), "{said}");
}

#[test]
fn every_place_of_every_value_counts_and_not_only_the_first() {
    for (body, expected) in [
        // One place is right, another one is not.
        ("to={{ to | url }}&text={{ text | url }}&copy={{ text }}", "body: write {{ text | url }}"),
        ("to={{ to | url }}&text={{ text | url }}&pw={{ password }}", "body: write {{ password | url }}"),
        // A plus that stands for itself nowhere but in a path.
        ("to={{ to }}&text={{ text | url }}", "body: write {{ to | url }}"),
        ("to={{ to | url }}&from={{ sender }}&text={{ text | url }}", "body: write {{ sender | url }}"),
    ] {
        let said = fault(&posted(body));
        assert!(said.starts_with(expected), "{body}: {said}");
    }
    for (query, expected) in [
        ("to={{ to }}&m={{ text | url }}", "url: write {{ to | url }}"),
        ("to={{ to | url }}&m={{ text | url }}&from={{ sender }}", "url: write {{ sender | url }}"),
        ("to={{ to | url }}&m={{ text | url }}&again={{ text }}", "url: write {{ text | url }}"),
    ] {
        let said = fault(&Templates { url: format!("https://sms.kommun.example/?{query}"), ..json() });
        assert!(said.starts_with(expected), "{query}: {said}");
    }
    let in_path = "https://sms.kommun.example/{{ text }}/?to={{ to | url }}&m={{ text | url }}".to_owned();
    let said = fault(&Templates { url: in_path, ..json() });
    assert!(said.starts_with("url: write {{ text | url }}"), "{said}");
    // A body that is not what its type says, or says nothing of its type.
    for (templates, expected) in [
        (
            typed("application/json", r#"{"to": {{ to_digits }}, "text": {{ text | json }}"#),
            "body: is no JSON",
        ),
        (typed("text/csv", "{{ to }};{{ text }}"), "headers: "),
        (Templates { headers: vec![], ..typed("", "{{ to }};{{ text }}") }, "headers: "),
        (typed("application/xml", "<s to=\"{{ to }}\">{{ text | url }}</s>"), "body: write {{ text | e }}"),
        (
            typed("application/xml", "<s to=\"{{ to }}\" t=\"{{ text }}\">{{ text | e }}</s>"),
            "body: write {{ text | e }}",
        ),
    ] {
        let said = fault(&templates);
        assert!(said.starts_with(expected), "{said}");
    }
}

#[test]
fn headers_are_headers_and_none_that_the_program_writes_itself() {
    for name in ["X Text", "X-Text:", "", "å", "Host", "content-length", "Transfer-Encoding", "CONTENT-TYPE"]
    {
        let mut templates = json();
        templates.headers.push((name.to_owned(), "1".to_owned()));
        assert!(fault(&templates).starts_with("headers: "), "{name}: {}", fault(&templates));
    }
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
        (with(|t| t.success = "(ok)?".to_owned()), "success: fits every answer"),
        (with(|t| t.method = Method::Get), "body: "),
        (with(|t| t.failure = "[".to_owned()), "failure: is no regular expression"),
    ] {
        assert!(said.starts_with(expected), "{said}");
    }
    let keyless = Templates { url: "https://sms.kommun.example/".to_owned(), idempotent: true, ..json() };
    assert!(fault(&keyless).contains("lacks {{ key }}"));
}
