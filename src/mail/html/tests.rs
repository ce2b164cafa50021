//! HTML as mail programs write it.

use super::*;
use crate::mail::WrittenText;

fn lines(html: &str) -> Result<Vec<Line>, Unreadable> {
    shown(html).map(|shown| shown.lines)
}

fn written(html: &str) -> WrittenText {
    crate::mail::text::written(lines(html).unwrap()).unwrap()
}

fn seen(html: &str) -> Vec<String> {
    lines(html).unwrap().into_iter().map(|line| line.text).collect()
}

#[test]
fn blocks_and_breaks_make_lines() {
    let html = "<html><head><title>t</title></head><body><div>Hej!</div><div><br></div>\n<p>a\n  b<br>c</p>d<p>&nbsp;</p><hr>e</body>";
    assert_eq!(seen(html), ["Hej!", "", "a b", "c", "d", "", "e"]);
    assert_eq!(seen("<p>070-<b>174</b> <span>06</span>\u{a0}05</p>"), ["070-174 06 05"]);
    assert_eq!(
        seen("<pre>a  b\nc\n\nd</pre><span style='white-space: pre-wrap'>e\nf</span>"),
        ["a  b", "c", "", "d", "e", "f"]
    );
}

#[test]
fn a_link_that_leads_elsewhere_says_where() {
    assert_eq!(seen("<a href='mailto:anna@x'>anna@x</a>"), ["anna@x"]);
    assert_eq!(seen("<a href='mailto:erik@x'>anna@x</a> b"), ["anna@x<mailto:erik@x> b"]);
    assert_eq!(seen("<a href='tel:1%0A2'><b>0701</b>74<br></a>"), ["070174", "<tel:12>"]);
}

#[test]
fn what_a_person_does_not_see_is_not_read() {
    for hidden in [
        "<style>x</style>",
        "<script>x</script>",
        "<!-- x -->",
        "<!--[if mso]>x<![endif]-->",
        "<noscript>x</noscript>",
        "<span style='display: none'>x</span>",
        "<span style='color:red;DISPLAY:NONE!important'>x</span>",
        "<span hidden>x</span>",
        "<div style='visibility:hidden'><p>x</p></div>",
        "<span style='font-size:0'>x</span>",
        "<span style='font-size: 0.0px'>x</span>",
        "<span style='mso-hide:all'>x</span>",
        "<div style='max-height:0;overflow:hidden'>x</div>",
        "<div style='overflow:hidden; height:0px'>x</div>",
        "<div style='opacity:0'>x</div>",
        "<template>x</template>",
        "<textarea>x</textarea>",
        "<s>x</s>",
        "<strike>x</strike>",
        "<del><b>x</b></del>",
        "<span style='text-decoration: underline Line-Through'>x</span>",
        "<span style='text-decoration-line:line-through!important'>x</span>",
    ] {
        assert_eq!(seen(&format!("<body>a{hidden}b")).concat(), "ab", "{hidden}");
    }
    for shown in ["<span style='font-size:0.9em'>a</span>", "<span style='width:0'>a</span>"] {
        assert_eq!(seen(shown), ["a"]);
    }
}

#[test]
fn where_a_style_sheet_may_hide_something_nothing_is_sure() {
    let surely = |sheet: &str| {
        shown(&format!("<style>{sheet}</style><div id=i class='a b'><p>x</p></div>")).unwrap().surely
    };
    for hides in [
        ".b{display:none}",
        "<!-- .A { color: red; DISPLAY : none !important } -->",
        "#i { visibility: hidden }",
        "/* .x { */ div.b /* } */ { mso-hide: all }",
        "@media screen { h1 {color:red} body > .c, .x_a { font-size:0 } }",
        "@import 'x'; p { opacity: 0 }",
        "[class~=b] { display: none }",
        "* { display:none }",
        ".\\61 { display:none }",
        "div:not(.c) { text-decoration: line-through }",
    ] {
        assert!(!surely(hides), "{hides}");
    }
    for harmless in [
        "",
        ".c { display: none }",
        ".b { display: block } .c { display:none }",
        "/* .b { display:none } */ p.MsoNormal { margin: 0 }",
        "@font-face { font-family: Aptos; } v\\:* { behavior: url(#default#VML); }",
        "display:none",
    ] {
        assert!(surely(harmless), "{harmless}");
    }
    // Outlook on the web hides its style sheet, in case that somebody shows it.
    assert!(shown("<style style='display:none;'>P {margin:0}</style><p>x").unwrap().surely);
}

#[test]
fn what_an_element_holds_is_looked_up_and_not_looked_for() {
    let long = "x".repeat(190_000);
    let html = format!("{}<p style='{long}'>x", "<div class=gmail_quote>".repeat(490));
    let began = std::time::Instant::now();
    assert_eq!(lines(&html).unwrap().len(), 1);
    assert!(began.elapsed() < std::time::Duration::from_secs(30), "{:?}", began.elapsed());
}

#[test]
fn list_numbers_are_seen_although_they_stand_in_no_text() {
    assert_eq!(seen("<ol><li>anna</li><li><p>070</p></li></ol>"), ["1. anna", "2. 070"]);
    assert_eq!(seen("<ol start=2><li>a<li value=7>b<li>c</ol>"), ["2. a", "7. b", "8. c"]);
    assert_eq!(seen("<ol><li></li><li>b</li></ol>c"), ["1.", "2. b", "c"]);
    assert_eq!(seen("<ol type=a><li>x<li>y</ol><ul><li>z</ul>"), ["a. x", "b. y", "• z"]);
    assert_eq!(seen("<ol><li>a<ol><li>b</ol><li>c</ol>"), ["1. a", "1. b", "2. c"]);
    assert_eq!(seen("<ol style='list-style-type:none'><li>a</ol>"), ["a"]);
    assert_eq!(seen("<ol reversed><li>a</ol>"), ["• a"]);
}

#[test]
fn words_lists_are_numbered_once() {
    let item =
        |text: &str| format!("<p class=MsoListParagraph style='margin:0;mso-list:l0 level1 lfo1'>{text}</p>");
    let with_number = item(
        "<![if !supportLists]><span style='mso-list:Ignore'>1.<span>&nbsp; </span></span><![endif]>anna",
    );
    assert_eq!(seen(&with_number), ["1.  anna"]);
    assert_eq!(seen(&(item("anna") + &item("") + &item("070"))), ["1. anna", "2.", "3. 070"]);
    let bullets = "<style>@list l0:level1 {mso-level-number-format:bullet;}</style>";
    assert_eq!(seen(&(bullets.to_owned() + &item("anna"))), ["• anna"]);
    assert_eq!(seen("<p style='mso-list:none'>a</p><p style='mso-list:skip'>b</p>"), ["a", "b"]);
}

#[test]
fn a_row_of_short_cells_is_one_line() {
    let html =
        "<table><tr><td><p>Användarnamn</p></td><td><div>anna</div></td></tr><tr><th>Telefon<td>070</table>x";
    assert_eq!(seen(html), ["Användarnamn\tanna", "Telefon\t070", "x"]);
    let long = "<table><tr><td>a<br>b</td><td>c</td></tr></table>";
    assert_eq!(seen(long), ["a", "b", "c"]);
    let nested = "<table><tr><td><table><tr><td>a<td>b</table></td></tr></table>";
    assert_eq!(seen(nested), ["a\tb"]);
}

#[test]
fn quoted_mails_and_signatures_are_told_by_their_containers() {
    for (container, rest) in [
        ("<blockquote type=cite>q</blockquote>", "svar"),
        ("<div class='gmail_quote'>q</div>", "svar"),
        ("<div class='gmail_quote'><div class='gmail_attr'>q</div><blockquote></blockquote></div>", "svar"),
        ("<div class='moz-cite-prefix'>q</div>", "svar"),
        ("<div class='yahoo_quoted'>q</div>", "svar"),
        ("<div class='x_gmail_quote'>q</div>", "svar"),
        ("<hr><div id='divRplyFwdMsg'>q</div>", ""),
        ("<div id='appendonsend'></div><p>q</p>", ""),
        ("<div id='x_divRplyFwdMsg'>q</div>", ""),
        ("<div id='mail-editor-reference-message-container'>q</div>", ""),
        ("<hr id='zwchr'><div>q</div>", ""),
    ] {
        let text = written(&format!("<p>Hej</p>{container}<p>svar</p>"));
        assert_eq!(text.lines.join(" "), format!("Hej {rest}").trim(), "{container}");
        assert!(text.quoted.contains(&"q".to_owned()), "{container}");
    }
    for container in [
        "<div id='Signature'>s</div>",
        "<div class='gmail_signature' data-smartmail='gmail_signature'>s</div>",
        "<div id='ms-outlook-mobile-signature'><p>s</p></div>",
        "<br id='AppleMailSignature'><div id='AppleMailSignature'>s</div>",
        "<div class='moz-signature'>s</div>",
    ] {
        let text = written(&format!("<p>Hej</p>{container}"));
        assert_eq!(
            (text.lines.concat(), text.signature.concat()),
            ("Hej".to_owned(), "s".to_owned()),
            "{container}"
        );
    }
}

#[test]
fn an_answer_within_gmails_container_is_the_writers() {
    let html = "<div class='gmail_quote'><div class='gmail_attr'>Den tis 24 nov. 2026 kl 10:12 skrev \
        Desk &lt;<a>d@kommun.example</a>&gt;:<br></div><blockquote class='gmail_quote'><div>1. Namn:</div>\
        </blockquote><div>anna</div><blockquote>2. Telefon:</blockquote><div>070</div></div>";
    let text = written(html);
    assert_eq!(text.lines, ["anna", "070"]);
    assert_eq!(text.quoted.len(), 3);
}

#[test]
fn html_without_bounds_is_refused() {
    let limit = |html: &str| match lines(html) {
        Err(Unreadable::Limit(what)) => what,
        other => panic!("{:?}", other.map(|lines| lines.len())),
    };
    assert_eq!(limit(&"<p>".repeat(20_001)), "tags of HTML");
    for deep in ["<div>", "<ol><li>", "<table><tr><td>", "<blockquote>", "<div></x>", "<b><applet></b>"] {
        assert_eq!(limit(&deep.repeat(MAX_DEPTH + 1)), TOO_DEEP, "{deep}");
        assert!(lines(&deep.repeat(MAX_DEPTH / 5)).is_ok(), "{deep}");
    }
}

/// So many elements for letters, each with other attributes, which every paragraph makes anew.
fn left_open(elements: usize, attributes: usize, paragraphs: usize) -> String {
    let tag = |n: usize| {
        let named: String = (0..attributes).map(|a| format!(" a{a}")).collect();
        format!("<b{named} b{n}>")
    };
    format!("<p>{}{}", (0..elements).map(tag).collect::<String>(), "<p>x".repeat(paragraphs))
}

#[test]
fn what_is_built_anew_in_every_paragraph_has_an_end() {
    let names = ["a", "b", "big", "code", "em", "font", "i", "s", "small", "strike", "strong", "tt", "u"];
    let open: String = names.iter().map(|name| format!("<{name}>").repeat(3)).collect();
    for (html, what) in [
        (left_open(490, 0, 1_000), "attributes of HTML"),
        // Fewer elements, because the parser compares each with those before, attribute by attribute.
        (left_open(60, 190, 1_500), "attributes of HTML"),
        (left_open(50, 0, 15_000), "attributes of HTML"),
        (format!("<p>{open}{}", "<p>x".repeat(500)), "elements of HTML"),
        (format!("<p>{open}{}", "<p>xxx".repeat(15_000)), "elements of HTML"),
    ] {
        let found = lines(&html).map(|lines| lines.len());
        assert_eq!(found, Err(Unreadable::Limit(what)), "{}", &html[..40]);
    }
    assert_eq!(seen(&left_open(3, 3, 100)).len(), 100);
    // A long mail of Word's, with letters that are left open.
    let paragraph = "<p class=MsoNormal><span lang=SV style='font-size:11.0pt'>Hej<o:p></o:p></span></p>\n";
    let long = format!("<font face=Arial size=2 color=black>{}", paragraph.repeat(3_000));
    assert_eq!(seen(&long).len(), 3_000);
}

#[test]
fn attributes_have_an_end_wherever_they_stand() {
    let many = |count: usize| (0..count).map(|n| format!(" a{n}")).collect::<String>();
    // The limit counts what is written. The parser compares each name with the others of its tag, so these are few.
    let again = many(50).repeat(2_000);
    for html in [
        format!("<p{}>x", many(300)),
        format!("<p{again}"),
        format!("<p{}", again.replace(' ', "/")),
        format!("<p{}", many(100_000).replace(' ', "=\"\"")),
        (0..100).map(|n| format!("<body{}>x", many(20).replace(" a", &format!(" a{n}b")))).collect(),
        format!("<p><b style='{}'>", "x".repeat(190_000)) + &"<p>x".repeat(1_000),
    ] {
        let found = lines(&html).map(|lines| lines.len());
        assert_eq!(found, Err(Unreadable::Limit("attributes of HTML")), "{}", &html[..40]);
    }
    let picture = "iVBORw0KGgo/AAAANSUhEUgAA+AAA".repeat(40_000);
    assert_eq!(seen(&format!("<p>a<img alt='b' src='data:image/png;base64,{picture}'>c")), ["ac"]);
    let styles = "<w:LsdException Locked=\"false\" Priority=\"9\" Name=\"heading 1\"/>".repeat(376);
    assert_eq!(seen(&format!("<!--[if gte mso 9]><xml>{styles}</xml><![endif]--><p>a")), ["a"]);
}

#[test]
fn what_is_fed_bit_by_bit_is_read_as_one() {
    let long = "å".repeat(5_000);
    assert_eq!(seen(&format!("<p title='<{long}'>{long}a&am")), [format!("{long}a&am")]);
    assert_eq!(seen(&format!("{long}\r\n<pre>\r\n{long}\r\nb</pre>")), [&long, &long, "b"]);
}
