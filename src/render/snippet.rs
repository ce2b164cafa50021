//! Templates that stand in the configuration: one value each, filled again and again.

use minijinja::value::{Serde, Value};
use minijinja::{AutoEscape, Environment};
use serde::Serialize;
use zeroize::Zeroizing;

use super::{RenderError, WipedOutput, environment, place, told};

/// What templates are called inside, where only one is.
const ONLY: &str = "template";

/// One template of the configuration.
///
/// Nothing is escaped by itself. The filter `url` writes a value as a part of an address or a form, and
/// `json` as a text of JSON with its quotes; `e` does so for XML.
pub struct Snippet {
    environment: Environment<'static>,
}

impl Snippet {
    /// Reads a template.
    ///
    /// # Errors
    /// [`RenderError::Template`] with the line, when it cannot be understood.
    pub fn new(source: &str) -> Result<Self, RenderError> {
        let mut environment = environment();
        environment.set_auto_escape_callback(|_| AutoEscape::None);
        environment.add_filter("url", |text: &str| encoded(text));
        environment.add_filter("json", |text: &str| serde_json::Value::from(text).to_string());
        environment.add_template_owned(ONLY, source.to_owned()).map_err(|error| RenderError::Template {
            place: place(&ONLY, error.line()),
            what: told(&error),
        })?;
        Ok(Self { environment })
    }

    /// Fills it.
    ///
    /// # Errors
    /// [`RenderError`]: it uses a value that is not among `values`, or does not end.
    pub fn render(&self, values: &impl Serialize) -> Result<Zeroizing<String>, RenderError> {
        let missing = || RenderError::Missing(ONLY.to_owned());
        let template = self.environment.get_template(ONLY).map_err(|_| missing())?;
        let mut output = WipedOutput::default();
        template.render_captured_to(Value::from(Serde(values)), &mut output).map_err(|error| {
            RenderError::Template { place: place(&ONLY, error.line()), what: told(&error) }
        })?;
        output.into_text().ok_or_else(missing)
    }

    /// Does it use the value `name`?
    #[must_use]
    pub fn uses(&self, name: &str) -> bool {
        let template = self.environment.get_template(ONLY);
        template.is_ok_and(|template| template.undeclared_variables(false).contains(name))
    }
}

/// Every octet that is not unreserved (RFC 3986 2.3) as `%…`; forms are read like that, too.
fn encoded(text: &str) -> String {
    let mut out = String::with_capacity(3 * text.len());
    for octet in text.bytes() {
        if octet.is_ascii_alphanumeric() || b"-._~".contains(&octet) {
            out.push(char::from(octet));
        } else {
            out.push_str(&format!("%{octet:02X}"));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn filled(source: &str) -> Result<String, String> {
        let values = BTreeMap::from([("text", "å \"&\n")]);
        let snippet = Snippet::new(source).map_err(|e| e.to_string())?;
        snippet.render(&values).map(|text| text.to_string()).map_err(|e| e.to_string())
    }

    #[test]
    fn values_are_written_for_where_they_stand() {
        assert_eq!(filled("t={{ text | url }}").unwrap(), "t=%C3%A5%20%22%26%0A");
        assert_eq!(filled("{\"t\": {{ text | json }}}").unwrap(), "{\"t\": \"å \\\"&\\n\"}");
        assert_eq!(filled("<t>{{ text | e }}</t>").unwrap(), "<t>å &quot;&amp;\n</t>");
        assert_eq!(filled("{{ text }}").unwrap(), "å \"&\n");
    }

    #[test]
    fn what_is_wrong_is_said_without_a_value() {
        for (source, says) in [
            ("a\n{{ text | ur }}", "line 2"),
            ("{{ tekst }}", "tekst"),
            ("{{ text", "line 1"),
            (
                "{% for a in range(10000) %}{% for b in range(10000) %}x{% endfor %}{% endfor %}",
                "does not end",
            ),
            ("{% include 'mail/alarm.sv.txt' %}", "line 1"),
        ] {
            let error = filled(source).unwrap_err();
            assert!(error.contains(says) && !error.contains('å'), "{source}: {error}");
        }
    }

    #[test]
    fn it_is_known_what_a_template_uses() {
        let snippet = Snippet::new("{{ text | url }}{{ 1 }}").unwrap();
        assert_eq!(["text", "to"].map(|name| snippet.uses(name)), [true, false]);
    }
}
