//! The pages' own address, taken apart: what a browser calls this origin, and the path in front of
//! ours when the proxy serves the pages under one.

/// Where browsers find the pages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Site {
    /// Scheme, host and port as browsers write them in `Origin` (RFC 6454 6.2): lower case, no
    /// port when it is the scheme's own.
    pub origin: String,
    /// The path in front of every path of ours; empty, or `/…` without a slash at its end.
    pub base: String,
    /// Is it https?
    pub secure: bool,
}

impl Site {
    /// Takes apart a URL that the configuration has found good.
    pub fn new(public_url: &str) -> Self {
        let (scheme, rest) = public_url.split_once("://").unwrap_or(("http", public_url));
        let scheme = scheme.to_ascii_lowercase();
        let (host, base) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        let secure = scheme == "https";
        let own_port = if secure { ":443" } else { ":80" };
        let host = host.to_ascii_lowercase();
        let host = host.strip_suffix(own_port).unwrap_or(&host);
        Self { origin: format!("{scheme}://{host}"), base: base.trim_end_matches('/').to_owned(), secure }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_origin_is_written_as_browsers_write_it() {
        let origin = |url: &str| Site::new(url).origin;
        assert_eq!(origin("https://Servicedesk.Kommun.example:443"), "https://servicedesk.kommun.example");
        assert_eq!(origin("http://127.0.0.1:8025"), "http://127.0.0.1:8025");
        assert_eq!(origin("http://kommun.example:80/desk"), "http://kommun.example");
        assert_eq!(origin("https://kommun.example:80"), "https://kommun.example:80");
    }

    #[test]
    fn a_path_in_the_address_comes_before_every_path_of_ours() {
        assert_eq!(Site::new("https://kommun.example/it/desk").base, "/it/desk");
        assert_eq!(Site::new("https://kommun.example/").base, "");
        assert_eq!(Site::new("https://kommun.example").base, "");
    }
}
