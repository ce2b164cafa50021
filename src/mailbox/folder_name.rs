//! Folder names as mail servers write them: in modified UTF-7 (RFC 3501 5.1.3), on the wire of IMAP
//! and on the disk of a Maildir++ alike.

/// A configured name (levels parted by `/`) with `separator` between its levels, in ASCII.
pub(super) fn encoded(name: &str, separator: &str) -> String {
    let levels = name.split('/').map(|level| utf7_imap::encode_utf7_imap(level.to_owned()));
    levels.collect::<Vec<_>>().join(separator)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_written_in_modified_utf7_level_by_level() {
        assert_eq!(encoded("Nyckelbud/Karantän", "."), "Nyckelbud.Karant&AOQ-n");
        assert_eq!(encoded("å/ä", "/"), "&AOU-/&AOQ-");
        assert_eq!(encoded("In & ut", "/"), "In &- ut");
    }

    #[test]
    fn a_name_cannot_hold_a_line_end() {
        assert!(!encoded("a\r\nA2 LOGOUT", "/").contains(['\r', '\n']));
    }
}
