//! What an HTML text leads to or would fetch: its links, with what they say, and everything that would
//! come from elsewhere or do something. Nothing of it is followed; it is told.

use scraper::node::Element;

use super::tag::Tag;
use super::{Visit, parse, walk};
use crate::mail::Unreadable;
use crate::mail::link::{host_of, within_safe_link};
use crate::mail::shown::one_line;

/// Characters kept of what a link says, and of where it leads.
const MAX_SAID: usize = 80;
const MAX_TARGET: usize = 300;
/// Links that are told; a newsletter has some fifty.
const MAX_LINKS: usize = 40;

/// Elements that fetch, run or ask for something.
const ACTIVE: [&str; 16] = [
    "script", "iframe", "frame", "object", "embed", "applet", "form", "input", "button", "select",
    "textarea", "base", "portal", "audio", "video", "dialog",
];

/// A link as it is told of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkTold {
    /// What it says.
    pub said: String,
    /// The host it leads to, as the network knows it (IDNA); empty when it leads to none.
    pub host: String,
    /// Where it leads, as written there.
    pub target: String,
    /// It shows another host than it leads to.
    pub misleads: bool,
}

/// What an HTML text leads to.
#[derive(Debug, Default, PartialEq, Eq)]
pub(in crate::mail) struct Outside {
    pub(in crate::mail) links: Vec<LinkTold>,
    /// Further ones.
    pub(in crate::mail) more_links: usize,
    pub(in crate::mail) remote: usize,
    pub(in crate::mail) active: usize,
}

/// What `html` leads to.
///
/// # Errors
/// As [`super::shown`].
pub(in crate::mail) fn outside(html: &str) -> Result<Outside, Unreadable> {
    let document = parse::tree(html)?;
    let mut outside = Outside::default();
    let mut open: Option<(String, String)> = None;
    let mut sheet = false;
    walk(&document, |visit| {
        match visit {
            Visit::Open(element) => {
                sheet = element.name() == "style";
                outside.count(element);
                if matches!(element.name(), "a" | "area") {
                    outside.end(open.take());
                    open = element.attr("href").map(|href| (href.to_owned(), String::new()));
                }
            }
            Visit::Text(text) if sheet => outside.remote += fetches(text),
            Visit::Text(text) => {
                if let Some((_, said)) = &mut open {
                    said.push_str(text);
                }
            }
            Visit::Close(element) => {
                sheet = false;
                if matches!(element.name(), "a" | "area") {
                    outside.end(open.take());
                }
            }
        }
        Ok(())
    })?;
    outside.end(open);
    Ok(outside)
}

impl Outside {
    fn end(&mut self, link: Option<(String, String)>) {
        let Some((href, said)) = link else { return };
        let href = href.trim();
        // A place in the same text leads nowhere.
        if href.is_empty() || href.starts_with('#') {
            return;
        }
        if self.links.len() == MAX_LINKS {
            self.more_links += 1;
            return;
        }
        let inner = within_safe_link(href);
        let target = one_line(inner.as_deref().unwrap_or(href), MAX_TARGET);
        let host = host(&target);
        let said = one_line(&said, MAX_SAID);
        let shown = shown_host(&said);
        let misleads = shown.is_some_and(|shown| !same_site(&shown, &host));
        let told = LinkTold { said, host, target, misleads };
        if !self.links.contains(&told) {
            self.links.push(told);
        }
    }

    fn count(&mut self, element: &Element) {
        let tag = Tag::new(element.name(), element.attrs());
        let handlers = element.attrs().filter(|(name, _)| name.starts_with("on")).count();
        let refresh = tag.name == "meta" && tag.attribute("http-equiv").is_some_and(is_refresh);
        let scripted = ["href", "src", "action", "xlink:href"]
            .into_iter()
            .filter_map(|name| tag.attribute(name))
            .any(is_script);
        self.active +=
            handlers + usize::from(ACTIVE.contains(&tag.name)) + usize::from(refresh) + usize::from(scripted);
        let fetched = ["src", "srcset", "background", "poster", "data", "dynsrc", "lowsrc"];
        let by_attribute = fetched.into_iter().filter_map(|name| tag.attribute(name)).any(is_elsewhere);
        let linked = matches!(tag.name, "link" | "image" | "use" | "feimage")
            && ["href", "xlink:href"].into_iter().filter_map(|name| tag.attribute(name)).any(is_elsewhere);
        self.remote += usize::from(by_attribute || linked) + fetches(&tag.style);
    }
}

fn is_refresh(value: &str) -> bool {
    value.trim().eq_ignore_ascii_case("refresh")
}

/// `javascript:` and its kin, as a browser reads them: blanks and controls within do not count (WHATWG URL, 4.4).
fn is_script(target: &str) -> bool {
    let plain: String = target
        .chars()
        .filter(|c| !c.is_control() && !c.is_whitespace())
        .take(20)
        .collect::<String>()
        .to_lowercase();
    plain.starts_with("javascript:") || plain.starts_with("vbscript:") || plain.starts_with("data:text/html")
}

/// Does the browser fetch it from somewhere? A part of the mail (`cid:`) and what stands in the text itself
/// (`data:`) do not count.
fn is_elsewhere(target: &str) -> bool {
    let target = target.trim().to_ascii_lowercase();
    !(target.is_empty() || target.starts_with("cid:") || target.starts_with("data:"))
}

/// How often a style sheet, or a style, fetches something.
fn fetches(style: &str) -> usize {
    let style = style.to_ascii_lowercase();
    let own = style.matches("url(data:").count() + style.matches("url(cid:").count();
    (style.matches("url(").count() + style.matches("@import").count()).saturating_sub(own)
}

/// The host that `target` leads to.
fn host(target: &str) -> String {
    if let Some(("mailto", address)) = target.split_once(':') {
        let address = address.split('?').next().unwrap_or_default();
        return address.rsplit_once('@').map_or(String::new(), |(_, host)| host.to_ascii_lowercase());
    }
    // Without a scheme it leads to where the page is; a mail is nowhere, and programs take https for it.
    let whole = if target.starts_with("//") { format!("https:{target}") } else { target.to_owned() };
    host_of(&whole).unwrap_or_default()
}

/// The host that a link's words show, if they look like an address of the web or of mail.
fn shown_host(said: &str) -> Option<String> {
    let word = said.trim();
    if word.contains(char::is_whitespace) {
        return None;
    }
    let bare = word.split_once("://").map_or(word, |(_, rest)| rest);
    let host = bare.split(['/', '?', '#']).next().unwrap_or_default();
    let host = host.rsplit('@').next().unwrap_or_default();
    let host = host.split(':').next().unwrap_or_default().trim_end_matches('.').to_lowercase();
    let last = host.rsplit('.').next().unwrap_or_default();
    let is_host = host.contains('.') && last.len() >= 2 && last.chars().all(char::is_alphabetic);
    is_host.then(|| host_of(&format!("https://{host}")).unwrap_or(host))
}

fn same_site(shown: &str, host: &str) -> bool {
    let plain = |host: &str| host.strip_prefix("www.").unwrap_or(host).to_owned();
    plain(shown) == plain(host)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn links(html: &str) -> Vec<(String, String, bool)> {
        let told = outside(html).unwrap().links;
        told.into_iter().map(|link| (link.said, link.host, link.misleads)).collect()
    }

    #[test]
    fn a_link_is_told_with_the_host_it_leads_to() {
        let wrapped = "https://eur03.safelinks.protection.outlook.com/?url=https%3A%2F%2Fevil.example%2F&d=1";
        for (href, said, host, misleads) in [
            ("https://kommun.example/a?b=1", "Logga in", "kommun.example", false),
            ("https://kommun.example@evil.example/", "https://kommun.example/", "evil.example", true),
            ("https://evil.example/kommun.example", "kommun.example", "evil.example", true),
            ("http://www.kommun.example", "kommun.example", "www.kommun.example", false),
            ("HTTPS://Kömmun.example", "kömmun.example", "xn--kmmun-jua.example", false),
            ("//evil.example/x", "här", "evil.example", false),
            ("mailto:bo@evil.example?subject=x", "anna@kommun.example", "evil.example", true),
            ("tel:070-174", "ring", "", false),
            (wrapped, "x", "evil.example", false),
        ] {
            let html = format!("<p><a href=\"{href}\">{said}</a></p>");
            assert_eq!(links(&html), [(said.to_owned(), host.to_owned(), misleads)], "{href}");
        }
        assert_eq!(links("<a href='#top'>upp</a><a name=x>y</a>"), []);
    }

    #[test]
    fn links_are_told_once_and_bounded() {
        let many: String = (0..100).map(|n| format!("<a href=https://{n}.example>x</a>")).collect();
        let told = outside(&format!("{many}{many}")).unwrap();
        assert_eq!((told.links.len(), told.more_links), (MAX_LINKS, 200 - MAX_LINKS));
        assert_eq!(links("<a href=https://a.example>x</a><a href=https://a.example>x</a>").len(), 1);
    }

    #[test]
    fn what_would_be_fetched_or_run_is_counted() {
        for (html, remote, active) in [
            ("<img src=https://a.example/p.png>", 1, 0),
            ("<img src=//a.example/p.png><img srcset='a.png 2x'>", 2, 0),
            ("<img src=cid:a@b><img src=' data:image/png;base64,AA'>", 0, 0),
            (
                "<table background=https://a.example/x><tr><td style='background:url(https://a.example)'></table>",
                2,
                0,
            ),
            ("<style>@import 'x'; p{background:url(y)} q{background:url(data:x)}</style>", 2, 0),
            ("<link rel=stylesheet href=https://a.example/x.css>", 1, 0),
            ("<svg><image href=https://a.example/x></svg>", 1, 0),
            ("<script>1</script><p onclick=x onload=y><form><input></form>", 0, 5),
            ("<a href=' java\nscript:x'>y</a><meta http-equiv=refresh content=0>", 0, 2),
            ("<iframe src=https://a.example></iframe>", 1, 1),
            ("<p>Hej</p>", 0, 0),
        ] {
            let told = outside(html).unwrap();
            assert_eq!((told.remote, told.active), (remote, active), "{html}");
        }
    }
}
