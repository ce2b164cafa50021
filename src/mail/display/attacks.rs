//! Whatever a mail's HTML tries, nothing of what is shown of it acts, fetches or leads anywhere. The kinds
//! are those of OWASP's sheet on evading filters and of DOMPurify's tests, written anew; the tree that a
//! browser would build of the result is looked at, and not its letters.

use scraper::{Html, Node};

use super::{Formatted, formatted};

const PIXEL: &str =
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";

fn of(html: &str) -> Formatted {
    let mail = format!(
        "Subject: x\r\nContent-Type: multipart/related; boundary=b\r\n\r\n--b\r\nContent-Type: text/html; charset=utf-8\r\n\r\n\
         {html}\r\n--b\r\nContent-Type: image/png\r\nContent-ID: <p@x>\r\nContent-Transfer-Encoding: base64\r\n\r\n{PIXEL}\r\n\
         --b\r\nContent-Type: image/png\r\nContent-ID: <svg@x>\r\n\r\n<svg onload=alert(1)>\r\n--b--\r\n"
    );
    formatted(mail.as_bytes()).unwrap_or_else(|| panic!("{html}"))
}

/// Elements that only hold words, or a picture.
const INERT: &str = " html head body a abbr address article b big blockquote br caption center cite code col colgroup dd \
    del div dl dt em h1 h2 h3 h4 h5 h6 hr i img ins kbd li ol p pre q s samp section small span strike strong sub sup \
    table tbody td tfoot th thead tr u ul ";

/// Says what in `body` could act; `None` for nothing.
fn active(body: &str) -> Option<String> {
    for node in Html::parse_document(body).tree.values() {
        let Node::Element(element) = node else { continue };
        let name = element.name();
        if !INERT.contains(&format!(" {name} ")) {
            return Some(format!("<{name}>"));
        }
        for (attribute, value) in element.attrs() {
            let number = value.bytes().all(|c| c.is_ascii_digit());
            let is = |kind: &&str| value.starts_with(&format!("data:image/{kind};base64,"));
            let fits = match (name, attribute) {
                ("img", "src") => ["png", "jpeg", "gif", "webp"].iter().any(is),
                ("img", "alt") => true,
                ("img", "width" | "height") | ("td" | "th", "colspan" | "rowspan") | ("ol", "start") => {
                    number
                }
                _ => false,
            };
            if !fits {
                return Some(format!("{name} {attribute}={value}"));
            }
        }
    }
    None
}

#[test]
fn no_attack_leaves_anything_active() {
    let attacks = include_str!("attacks.txt");
    let mut tried = 0;
    for attack in attacks.split("\n%%\n").filter(|attack| !attack.trim().is_empty()) {
        // As it stands, cut short, and within what browsers parse by other rules.
        for around in [
            "*",
            "<table>*</table>",
            "<select>*</select>",
            "<svg>*</svg>",
            "<math><mtext>*",
            "<p title='*'>",
            "<!--*",
        ] {
            let shown = of(&around.replace('*', attack)).body;
            assert_eq!(active(&shown), None, "{attack}\n became\n{shown}");
            // A browser reads it once more, and may build another tree of it.
            assert_eq!(active(&of(&shown).body), None, "{attack}\n became, the second time,\n{shown}");
        }
        tried += 1;
    }
    assert!(tried >= 90, "{tried}");
}

#[test]
fn the_look_at_a_tree_sees_what_acts() {
    for html in [
        "<script>1</script>",
        "<p onclick=x>",
        "<a href=x>y</a>",
        "<img src=https://a.example>",
        "<img src='data:image/svg+xml;base64,AA'>",
        "<p style=x>",
        "<svg></svg>",
    ] {
        assert!(active(html).is_some(), "{html}");
    }
}

#[test]
fn pictures_of_the_mail_are_shown_and_no_others() {
    let inline = format!("data:image/png;base64,{PIXEL}");
    for source in ["cid:p@x", "CID:p@x", "cid:p%40x", inline.as_str()] {
        let shown = of(&format!("<img src='{source}' alt=x>")).body;
        assert_eq!(shown.trim(), format!("<img src=\"{inline}\" alt=\"x\">"), "{source}");
    }
    for source in [
        "https://a.example/p.png",
        "//a.example/p.png",
        "p.png",
        "cid:svg@x",
        "cid:none",
        "data:image/svg+xml;base64,PHN2Zz4=",
        "data:text/html;base64,PHNjcmlwdD4=",
        "data:image/png;base64,PHN2Zz4=",
        "data:image/png,x",
    ] {
        assert_eq!(of(&format!("<img src='{source}' alt=x>")).body.trim(), "<img alt=\"x\">", "{source}");
    }
}

#[test]
fn a_picture_that_is_shown_often_does_not_fill_the_memory() {
    let big =
        data_encoding::BASE64.encode(&[b"\x89PNG\r\n\x1a\n".as_slice(), &vec![0; 1024 * 1024]].concat());
    let mail = format!(
        "Subject: x\r\nContent-Type: multipart/related; boundary=b\r\n\r\n--b\r\nContent-Type: text/html\r\n\r\n{}\r\n\
         --b\r\nContent-Type: image/png\r\nContent-ID: <p@x>\r\nContent-Transfer-Encoding: base64\r\n\r\n{big}\r\n--b--\r\n",
        "<img src=cid:p@x>".repeat(500)
    );
    let body = formatted(mail.as_bytes()).unwrap().body;
    assert_eq!(body.matches("<img src=").count(), 2, "{}", body.len());
}

#[test]
fn what_a_person_wrote_stays() {
    let shown = of("<div style='color:red'>Hej <b>du</b> <a href=https://a.example>här</a><table><tr><td colspan=2>å</td></tr></table>").body;
    let words =
        "<div>Hej <b>du</b> <a>här</a><table><tbody><tr><td colspan=\"2\">å</td></tr></tbody></table>";
    assert!(shown.starts_with(words), "{shown}");
}
