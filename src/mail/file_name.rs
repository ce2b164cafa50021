//! Names of attachments. Their writer chooses them; here they become names that can be shown, and
//! that can stand on any disk without leading anywhere else.

use super::shown::is_invisible;

/// Characters kept of a name; most file systems take 255 octets.
const MAX_NAME: usize = 120;
/// Of these the ending is kept when a name is cut.
const MAX_ENDING: usize = 16;
/// What stands for a name of which nothing is left.
const NAMELESS: &str = "attachment";
/// Characters that Windows allows in no file name, and `/` (Microsoft, "Naming Files, Paths, and Namespaces").
const FORBIDDEN: [char; 9] = ['<', '>', ':', '"', '/', '\\', '|', '?', '*'];
/// Names of devices, with any ending (the same page).
const DEVICES: [&str; 4] = ["con", "prn", "aux", "nul"];

/// `name` as a file's name: no folders, nothing invisible, nothing that a system takes for something else.
pub(super) fn safe(name: &str) -> String {
    let last = name.rsplit(['/', '\\']).find(|part| !trimmed(part).is_empty()).unwrap_or_default();
    let shown = last.chars().filter(|c| !is_invisible(*c));
    let plain: String =
        shown.map(|c| if c.is_control() || FORBIDDEN.contains(&c) { '_' } else { c }).collect();
    // Windows drops blanks and dots at the end; one at the beginning hides a file elsewhere.
    let name = cut(trimmed(&plain));
    let stem = name.split('.').next().unwrap_or_default().trim_end();
    if name.is_empty() {
        NAMELESS.to_owned()
    } else if is_device(stem) {
        format!("_{name}")
    } else {
        name
    }
}

fn trimmed(name: &str) -> &str {
    name.trim_matches(|c: char| c == '.' || c.is_whitespace() || c.is_control() || is_invisible(c))
}

fn is_device(stem: &str) -> bool {
    let stem = stem.to_ascii_lowercase();
    let numbered = |kind| stem.strip_prefix(kind).is_some_and(|n: &str| n.chars().count() == 1 && n != "0");
    DEVICES.contains(&stem.as_str()) || numbered("com") || numbered("lpt")
}

/// A long name keeps its ending: by it people tell what a file is.
fn cut(name: &str) -> String {
    if name.chars().count() <= MAX_NAME {
        return name.to_owned();
    }
    let ending = name.rsplit_once('.').map_or("", |(_, ending)| ending);
    if ending.is_empty() || ending.chars().count() > MAX_ENDING {
        return name.chars().take(MAX_NAME).collect();
    }
    let stem = MAX_NAME - ending.chars().count() - 1;
    format!("{}.{ending}", name.chars().take(stem).collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_leads_to_no_other_place() {
        for (name, expected) in [
            ("../../etc/passwd", "passwd"),
            ("..\\..\\Windows\\System32\\a.dll", "a.dll"),
            ("/etc/shadow", "shadow"),
            ("C:\\a.txt", "a.txt"),
            ("C:a.txt", "C_a.txt"),
            ("..", NAMELESS),
            ("../", NAMELESS),
            ("a/..", "a"),
            ("", NAMELESS),
            (" . ", NAMELESS),
            (".bashrc", "bashrc"),
            ("a.txt::$DATA", "a.txt__$DATA"),
            ("a\0b\r\nc", "a_b__c"),
        ] {
            assert_eq!(safe(name), expected, "{name:?}");
        }
    }

    #[test]
    fn a_name_does_not_look_like_another() {
        assert_eq!(safe("rechnung\u{202e}fdp.exe"), "rechnungfdp.exe");
        assert_eq!(safe("a.pdf .exe . "), "a.pdf .exe");
    }

    #[test]
    fn a_device_is_no_file() {
        for (name, expected) in [
            ("CON", "_CON"),
            ("nul.txt", "_nul.txt"),
            ("com1", "_com1"),
            ("LPT9.a.b", "_LPT9.a.b"),
            ("com0", "com0"),
            ("company.txt", "company.txt"),
            ("console", "console"),
        ] {
            assert_eq!(safe(name), expected);
        }
    }

    #[test]
    fn an_ordinary_name_stays_and_a_long_one_keeps_its_ending() {
        assert_eq!(safe("Skärmbild 2026-11-24 (åäö).png"), "Skärmbild 2026-11-24 (åäö).png");
        let long = safe(&format!("{}.pdf", "ö".repeat(500)));
        assert_eq!((long.chars().count(), long.ends_with("ö.pdf")), (MAX_NAME, true));
        assert_eq!(safe(&format!("a.{}", "x".repeat(500))).chars().count(), MAX_NAME);
    }
}
