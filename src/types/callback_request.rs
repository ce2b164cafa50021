//! A request with which a service outside calls back.

/// A request as it came, nothing of it believed yet: whoever it claims to come from checks that.
/// Bounded in size by whoever took it in.
#[derive(Clone, Copy)]
pub struct CallbackRequest<'a> {
    /// The method, in capitals.
    pub method: &'a str,
    /// The query as it travelled, without its question mark.
    pub query: &'a str,
    /// Names in small letters, and values; those that are no text are left out.
    pub headers: &'a [(String, String)],
    /// The body.
    pub body: &'a [u8],
}

impl CallbackRequest<'_> {
    /// The header `name` (in small letters), when it came exactly once.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut found = self.headers.iter().filter(|(key, _)| key == name).map(|(_, value)| value.as_str());
        found.next().filter(|_| found.next().is_none())
    }
}

impl std::fmt::Debug for CallbackRequest<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "[{} with {} octets]", self.method, self.body.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_that_comes_twice_is_none() {
        let headers = [("a", "1"), ("b", "2"), ("a", "3")].map(|(k, v)| (k.to_owned(), v.to_owned()));
        let request = CallbackRequest { method: "GET", query: "", headers: &headers, body: b"" };
        assert_eq!(["a", "b", "c"].map(|name| request.header(name)), [None, Some("2"), None]);
    }
}
