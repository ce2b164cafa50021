//! One answer of the server, put together from the octets that arrive: lines, and the literals within
//! them (RFC 3501 4.3). Done here and not by async-imap, which makes room for a literal of any
//! announced size before its first octet is there, and parses an answer anew with every segment.

use std::io;

/// How large an answer may be (octets).
#[derive(Clone, Copy, Debug)]
pub(super) struct Room {
    /// Its lines.
    pub(super) lines: usize,
    /// Its literals, all together.
    pub(super) literals: usize,
}

/// Brackets within brackets. The parser calls itself for each, and the stack is finite; what we ask
/// for needs two.
const NESTING_MAX: u32 = 60;

/// An answer that is arriving.
#[derive(Debug, Default)]
pub(super) struct Frame {
    octets: Vec<u8>,
    /// Where the line begins that is arriving.
    line: usize,
    /// Octets of the literal that have not come yet.
    literal: usize,
    /// Octets of lines so far.
    lines: usize,
    nesting: u32,
}

impl Frame {
    /// Takes what belongs to this answer; says how much that was, and whether the answer is complete.
    ///
    /// # Errors
    /// What no honest server sends: too large or too deep.
    pub(super) fn take(&mut self, arrived: &[u8], room: Room) -> io::Result<(usize, bool)> {
        let mut taken = 0;
        while let Some(rest) = arrived.get(taken..).filter(|rest| !rest.is_empty()) {
            if self.literal > 0 {
                let piece = &rest[..rest.len().min(self.literal)];
                self.octets.extend_from_slice(piece);
                self.literal -= piece.len();
                self.line = self.octets.len();
                taken += piece.len();
                continue;
            }
            let end = rest.iter().position(|octet| *octet == b'\n').map(|at| at + 1);
            let piece = &rest[..end.unwrap_or(rest.len())];
            self.take_of_line(piece, room)?;
            taken += piece.len();
            if end.is_some() && !self.goes_on(room)? {
                return Ok((taken, true));
            }
        }
        Ok((taken, false))
    }

    /// Octets of it that are there.
    pub(super) fn len(&self) -> usize {
        self.octets.len()
    }

    /// The complete answer; the next one begins.
    pub(super) fn finish(&mut self) -> Vec<u8> {
        let mut octets = std::mem::take(self).octets;
        set_words_apart(&mut octets);
        octets
    }

    fn take_of_line(&mut self, piece: &[u8], room: Room) -> io::Result<()> {
        self.lines += piece.len();
        if self.lines > room.lines {
            return Err(too("large"));
        }
        for octet in piece {
            match octet {
                b'(' => self.nesting += 1,
                b')' => self.nesting = self.nesting.saturating_sub(1),
                _ => {}
            }
            if self.nesting > NESTING_MAX {
                return Err(too("deep"));
            }
        }
        self.octets.extend_from_slice(piece);
        Ok(())
    }

    /// At the end of a line: does it announce a literal?
    fn goes_on(&mut self, room: Room) -> io::Result<bool> {
        let Some(announced) = self.announced() else { return Ok(false) };
        let literals = self.octets.len() - self.lines;
        let Some(size) = announced.filter(|size| literals.saturating_add(*size) <= room.literals) else {
            return Err(too("large"));
        };
        self.literal = size;
        self.line = self.octets.len();
        Ok(true)
    }

    /// The size of the literal that this line announces with `{n}` at its end; `Some(None)` is a size
    /// beyond all numbers. Writes `{n+}` (RFC 7888; a client's form, which some servers use, too) as
    /// the parser knows it.
    fn announced(&mut self) -> Option<Option<usize>> {
        if is_text(&self.octets) {
            return None;
        }
        let line = self.octets.get(self.line..)?.strip_suffix(b"}\r\n")?;
        let open = line.iter().rposition(|octet| *octet == b'{')?;
        let (digits, plus) = match line.get(open + 1..)? {
            [digits @ .., b'+'] => (digits, true),
            digits => (digits, false),
        };
        if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
            return None;
        }
        let size = std::str::from_utf8(digits).ok()?.parse().ok();
        if plus {
            let at = self.octets.len() - b"+}\r\n".len();
            self.octets.remove(at);
            self.lines -= 1;
        }
        Some(size)
    }
}

/// Answers that end in words for people (`* OK`, tagged ones, `+`): a `{3}` in them is no literal.
fn is_text(answer: &[u8]) -> bool {
    let Some(data) = answer.strip_prefix(b"* ") else { return true };
    let word = data.split(|octet| octet.is_ascii_whitespace()).next().unwrap_or_default();
    [b"OK".as_slice(), b"NO", b"BAD", b"BYE", b"PREAUTH"].iter().any(|w| word.eq_ignore_ascii_case(w))
}

/// Puts the blank between a response code and its words that RFC 3501 7.1 demands. The parser takes one
/// octet away there without looking at it, and stops the program when that is a part of a letter.
fn set_words_apart(octets: &mut Vec<u8>) {
    let code = |octets: &[u8]| {
        let open = octets.iter().position(|octet| *octet == b'[')?;
        octets[open..].iter().position(|octet| *octet == b']').map(|length| open + length + 1)
    };
    if let Some(end) = code(octets).filter(|_| is_text(octets))
        && octets.get(end).is_some_and(|octet| !b" \r\n".contains(octet))
    {
        octets.insert(end, b' ');
    }
}

fn too(how: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("an answer of the server is too {how}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROOM: Room = Room { lines: 500_000, literals: 1000 };

    /// The answers in `octets`, which arrive in pieces of `size`.
    fn answers(octets: &[u8], size: usize) -> io::Result<Vec<String>> {
        let (mut frame, mut found) = (Frame::default(), Vec::new());
        for mut piece in octets.chunks(size) {
            while !piece.is_empty() {
                let (taken, complete) = frame.take(piece, ROOM)?;
                piece = &piece[taken..];
                if complete {
                    found.push(String::from_utf8(frame.finish()).unwrap());
                }
            }
        }
        assert_eq!(frame.len(), 0, "nothing is left over");
        Ok(found)
    }

    #[test]
    fn an_answer_ends_with_a_line_that_announces_no_literal() {
        let all = [
            "* 1 EXISTS\r\n",
            "* 1 FETCH (UID 1 BODY[] {12}\r\na\r\n(((({3}\r\n)\r\n",
            "* LIST () {1}\r\n/ {0}\r\n\r\n",
            "* OK see chapter {3}\r\n",
            "A1 NO [ALERT] {3}\r\n",
            "+ {3}\r\n",
            "* LIST () \"/\" {a}\r\n",
        ];
        for size in [1, 2, 7, 1000] {
            assert_eq!(answers(all.concat().as_bytes(), size).unwrap(), all, "in pieces of {size}");
        }
    }

    #[test]
    fn words_stand_apart_from_their_code() {
        let found = answers("* NO [UIDNEXT 4]ébroken\r\nA1 NO [ALERT]\r\n* OK [X] y [z]é\r\n".as_bytes(), 4);
        let expected = ["* NO [UIDNEXT 4] ébroken\r\n", "A1 NO [ALERT]\r\n", "* OK [X] y [z]é\r\n"];
        assert_eq!(found.unwrap(), expected);
        let found = answers("* LIST () \"/\" [a]é\r\n".as_bytes(), 4);
        assert_eq!(found.unwrap(), ["* LIST () \"/\" [a]é\r\n"], "no words, and nothing is changed");
    }

    #[test]
    fn a_literal_in_the_clients_form_is_understood() {
        let found = answers(b"* 1 FETCH (BODY[] {2+}\r\nab)\r\n* 2 EXISTS\r\n", 3).unwrap();
        assert_eq!(found, ["* 1 FETCH (BODY[] {2}\r\nab)\r\n", "* 2 EXISTS\r\n"]);
    }

    #[test]
    fn what_is_too_large_is_refused_before_it_comes() {
        for size in ["1001", "4294967296", "99999999999999999999999999"] {
            let error = answers(format!("* 1 FETCH (BODY[] {{{size}}}\r\n").as_bytes(), 100).unwrap_err();
            assert!(error.to_string().contains("too large"), "{size}: {error}");
        }
        let half = "{600}\r\n".to_owned() + &"a".repeat(600);
        assert!(answers(format!("* LIST {half} {half}\r\n").as_bytes(), 100).is_err(), "two of them");
        assert!(answers(&vec![b'x'; ROOM.lines + 1], 100_000).is_err(), "a line without end");
    }

    #[test]
    fn brackets_without_end_are_refused_before_the_parser_sees_them() {
        let deep = |count: usize| format!("* 1 FETCH ({}{})\r\n", "(".repeat(count), ")".repeat(count));
        assert!(answers(deep(50).as_bytes(), 1000).is_ok());
        assert!(answers(deep(100_000).as_bytes(), 1000).unwrap_err().to_string().contains("too deep"));
    }
}
