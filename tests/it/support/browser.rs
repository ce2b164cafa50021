//! A browser: it keeps its cookie, presses the buttons of the page that it shows, and follows where
//! an answer leads.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use super::client::{Answer, Asked, ask};

/// One browser, on one page.
pub struct Browser {
    address: SocketAddr,
    /// The site's own path, which a proxy takes away.
    below: String,
    cookies: BTreeMap<String, String>,
    page: String,
    /// Every page that it was given, the last one at the end.
    pub pages: Vec<String>,
}

impl Browser {
    /// A new one, for the site at `address`.
    pub fn new(address: SocketAddr) -> Self {
        Self {
            address,
            below: String::new(),
            cookies: BTreeMap::new(),
            page: String::new(),
            pages: Vec::new(),
        }
    }

    /// One for a site whose pages lie below this path: it goes nowhere else.
    pub fn below(address: SocketAddr, path: &str) -> Self {
        Self { below: path.to_owned(), ..Self::new(address) }
    }

    /// Opens a page.
    pub async fn open(&mut self, path: &str) -> Answer {
        let answer = self.ask(Asked::get(self.own(path))).await;
        self.page = answer.body.clone();
        answer
    }

    /// `path` as the desk's own server knows it.
    fn own<'p>(&self, path: &'p str) -> &'p str {
        let own = path.strip_prefix(self.below.as_str()).filter(|own| own.starts_with('/'));
        own.unwrap_or_else(|| panic!("{path} leaves {}", self.below))
    }

    /// The desk runs at another address by now; the browser has kept everything.
    pub fn moved_to(&mut self, address: SocketAddr) {
        self.address = address;
    }

    /// The value of a cookie that it holds.
    pub fn cookie(&self, name: &str) -> String {
        self.cookies[name].clone()
    }

    /// Takes a cookie of another browser.
    pub fn takes_cookie_of(&mut self, other: &Self, name: &str) {
        self.cookies.insert(name.to_owned(), other.cookies[name].clone());
    }

    /// Opens a page, and the one that it leads to.
    pub async fn follow(&mut self, path: &str) -> Answer {
        let mut answer = self.open(path).await;
        if answer.status == 303 {
            let place = answer.header("location").to_owned();
            answer = self.open(&place).await;
        }
        answer
    }

    /// Presses the button of the page's form that posts to a path which ends in `action`.
    pub async fn press(&mut self, action: &str) -> Answer {
        self.press_with(action, "").await
    }

    /// The same, with `more` filled in: `&code=…`.
    pub async fn press_with(&mut self, action: &str, more: &str) -> Answer {
        let page = self.page.clone();
        let form = page.split("<form ").skip(1).map(|form| form.split("</form>").next().unwrap());
        let form = form.into_iter().find(|form| target(form).split('?').next().unwrap().ends_with(action));
        let form = form.unwrap_or_else(|| panic!("no form for {action:?} on this page: {page}"));
        self.post(target(form), quoted(form, "name=\"form\" value=\""), more).await
    }

    /// The same for a button that has a path of its own.
    pub async fn press_to(&mut self, path: &str, more: &str) -> Answer {
        let page = self.page.clone();
        assert!(
            page.contains(&format!(" formaction=\"{path}\"")),
            "no button for {path} on this page: {page}"
        );
        self.post(path, quoted(&page, "name=\"form\" value=\""), more).await
    }

    async fn post(&mut self, path: &str, token: &str, more: &str) -> Answer {
        let mut answer = self.ask(Asked::post(self.own(path), &format!("form={token}{more}"))).await;
        if answer.status == 303 {
            let place = answer.header("location").to_owned();
            answer = self.ask(Asked::get(self.own(&place))).await;
        }
        self.page = answer.body.clone();
        answer
    }

    async fn ask(&mut self, asked: Asked<'_>) -> Answer {
        let cookies = self.cookies.iter().map(|(name, value)| format!("{name}={value}"));
        let cookie = cookies.collect::<Vec<_>>().join("; ");
        let mut fields = vec![("sec-fetch-site", "same-origin")];
        if !cookie.is_empty() {
            fields.push(("cookie", &cookie));
        }
        let answer = ask(self.address, &asked.with(&fields)).await;
        for (_, set) in answer.fields.iter().filter(|(name, _)| name == "set-cookie") {
            let (name, value) = set.split(';').next().unwrap().split_once('=').unwrap();
            if set.contains("Max-Age=0;") {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        self.pages.push(answer.body.clone());
        answer
    }
}

/// A page's text as a person reads it, without the marks: they may part a word.
pub fn visible(html: &str) -> String {
    let mut text = String::new();
    for (place, part) in html.split('<').enumerate() {
        let words = if place == 0 { Some(part) } else { part.split_once('>').map(|(_, words)| words) };
        text.push_str(words.unwrap_or_default());
    }
    text
}

fn target(form: &str) -> &str {
    quoted(form, "action=\"")
}

fn quoted<'t>(text: &'t str, before: &str) -> &'t str {
    let (_, rest) = text.split_once(before).unwrap_or_else(|| panic!("no {before} in {text}"));
    rest.split('"').next().unwrap()
}
