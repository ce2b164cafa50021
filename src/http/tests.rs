//! Addresses of services: what is one, and what nothing put into it can do.

use super::*;

#[test]
fn a_service_is_reached_by_https_or_on_this_machine() {
    for good in ["https://api.kommun.example/a1", "http://127.0.0.1:8080", "http://[::1]/"] {
        assert!(ServiceUrl::parse(good).is_ok(), "{good}");
    }
    let refused = |text: &str| ServiceUrl::parse(text).unwrap_err();
    assert_eq!(refused("http://api.kommun.example/a1"), ServiceUrlError::Unprotected);
    assert_eq!(refused("http://127.0.0.1.kommun.example/"), ServiceUrlError::Unprotected);
    for other in ["", "api.kommun.example", "ftp://127.0.0.1/", "file:///etc/passwd"] {
        assert_eq!(refused(other), ServiceUrlError::Form, "{other}");
    }
    for more in ["https://u:p@api.kommun.example/", "https://api.kommun.example/?a", "https://a.example/#b"] {
        assert_eq!(refused(more), ServiceUrlError::More, "{more}");
    }
}

#[test]
fn nothing_put_into_an_address_changes_its_shape() {
    let base = ServiceUrl::parse("https://desk.kommun.example/app/").unwrap();
    let url = base.below(&["callbacks", "a/b?c#d", "å"]).with_query("key", "n1-text&x=y");
    assert_eq!(
        url.as_str(),
        "https://desk.kommun.example/app/callbacks/a%2Fb%3Fc%23d/%C3%A5?key=n1-text%26x%3Dy"
    );
    assert!(!format!("{url:?}").contains("callbacks"), "{url:?}");
}

#[test]
fn an_option_of_odata_is_encoded_whole_and_the_rest_of_an_answer_is_asked_for_at_home_only() {
    let base = ServiceUrl::parse("https://graph.kommun.example/v1.0").unwrap();
    let url =
        base.below(&["users"]).with_option("$filter", "mail eq 'o''hara+x@a.b'").with_option("$top", "5");
    let whole =
        "https://graph.kommun.example/v1.0/users?$filter=mail%20eq%20%27o%27%27hara%2Bx%40a.b%27&$top=5";
    assert_eq!(url.as_str(), whole);
    assert_eq!(base.origin(), "https://graph.kommun.example");
    assert!(base.rest_at("https://graph.kommun.example/v1.0/users?$skiptoken=x").is_some());
    for other in
        ["https://graph.kommun.example.evil.example/v1.0", "http://graph.kommun.example/", "/users", ""]
    {
        assert!(base.rest_at(other).is_none(), "{other}");
    }
}
