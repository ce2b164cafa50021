//! Swedish or English: what the page's link asked for, else what the browser prefers, else what
//! the desk speaks.

/// A language of the pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Language {
    /// Swedish.
    Swedish,
    /// English.
    English,
}

impl Language {
    /// Reads a language tag such as `sv` or `en-GB` (RFC 5646); `None` for all other languages.
    pub fn of_tag(tag: &str) -> Option<Self> {
        let main = tag.split('-').next().unwrap_or_default();
        if main.eq_ignore_ascii_case("sv") {
            Some(Self::Swedish)
        } else if main.eq_ignore_ascii_case("en") {
            Some(Self::English)
        } else {
            None
        }
    }

    /// The tag, for `lang` and for links.
    pub fn tag(self) -> &'static str {
        match self {
            Self::Swedish => "sv",
            Self::English => "en",
        }
    }

    /// The other one.
    pub fn other(self) -> Self {
        match self {
            Self::Swedish => Self::English,
            Self::English => Self::Swedish,
        }
    }
}

/// The language of an `Accept-Language` field (RFC 9110 12.5.4) that we speak and it likes best;
/// of two it likes as much, the first.
pub(super) fn preferred(accept_language: &str) -> Option<Language> {
    let mut best: Option<(Language, f32)> = None;
    for range in accept_language.split(',') {
        let mut parts = range.split(';').map(str::trim);
        let Some(language) = parts.next().and_then(Language::of_tag) else { continue };
        let weight = match parts.next().and_then(|p| p.strip_prefix("q=")) {
            Some(weight) => weight.trim().parse().unwrap_or(0.0),
            None => 1.0,
        };
        if weight > best.map_or(0.0, |(_, weight)| weight) {
            best = Some((language, weight));
        }
    }
    best.map(|(language, _)| language)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_browsers_wish_counts_by_weight_and_then_by_order() {
        assert_eq!(preferred("sv-SE,sv;q=0.9,en;q=0.8"), Some(Language::Swedish));
        assert_eq!(preferred("de, en-GB;q=0.5, sv;q=0.7"), Some(Language::Swedish));
        assert_eq!(preferred("en, sv"), Some(Language::English));
        assert_eq!(preferred("EN;q=1.0"), Some(Language::English));
    }

    #[test]
    fn a_wish_we_cannot_meet_or_read_is_no_wish() {
        for wish in ["", "de, fi;q=0.5", "sv;q=0", "*", "svenska", "sv;q=much", ",;,"] {
            assert_eq!(preferred(wish), None, "{wish}");
        }
    }
}
