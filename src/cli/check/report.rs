//! The lines of `check`, told as they come.

use std::time::Duration;

use serde_json::json;

use super::super::{CliError, output};
use crate::directory::Finding;
pub(super) use crate::directory::Verdict;

/// One part, and how it answered.
pub(super) struct Line {
    verdict: Verdict,
    part: String,
    text: String,
    /// What to do about it, where the text does not say so itself.
    todo: Option<String>,
    took: Duration,
}

impl Line {
    pub(super) fn new(verdict: Verdict, part: &str, text: String, took: Duration) -> Self {
        Self { verdict, part: part.to_owned(), text, todo: None, took }
    }

    pub(super) fn bad(part: &str, text: &str, todo: impl Into<Option<&'static str>>, took: Duration) -> Self {
        Self {
            todo: todo.into().map(ToOwned::to_owned),
            ..Self::new(Verdict::Bad, part, text.to_owned(), took)
        }
    }
}

impl Line {
    /// A part that works, and yet should be looked at.
    pub(super) fn with_care(self, todo: &str) -> Self {
        Self { verdict: Verdict::Care, todo: Some(todo.to_owned()), ..self }
    }

    /// A right that was tried.
    pub(super) fn of(finding: Finding, took: Duration) -> Self {
        let Finding { right, verdict, text, todo } = finding;
        let todo = Some(todo).filter(|todo| !todo.is_empty());
        Self { verdict, part: right, text, todo, took }
    }
}

/// What was told so far.
pub(super) struct Report {
    json: bool,
    all: usize,
    bad: usize,
}

impl Report {
    pub(super) fn new(json: bool) -> Self {
        Self { json, all: 0, bad: 0 }
    }

    /// Tells one line.
    pub(super) fn add(&mut self, line: Line) -> Result<(), CliError> {
        self.all += 1;
        self.bad += usize::from(line.verdict == Verdict::Bad);
        let (mark, word, style) = match line.verdict {
            Verdict::Good => ("✓", "good", output::GOOD),
            Verdict::Care => ("⚠", "care", output::CARE),
            Verdict::Bad => ("✗", "bad", output::BAD),
        };
        if self.json {
            return output::json(&json!({
                "part": line.part,
                "verdict": word,
                "text": line.text,
                "todo": line.todo,
                "took_ms": u64::try_from(line.took.as_millis()).unwrap_or(u64::MAX),
            }));
        }
        let todo = line.todo.map(|todo| format!("\n    → {todo}")).unwrap_or_default();
        output::line(&format!(
            "{} {} {} {}{todo}",
            output::paint(style, mark),
            output::column(&line.part, 20),
            output::paint(output::FAINT, &format!("{:>6} ms ", line.took.as_millis())),
            output::plain(&line.text),
        ))
    }

    /// Did every part answer?
    pub(super) fn end(self) -> Result<(), CliError> {
        match self.bad {
            0 => Ok(()),
            bad => Err(CliError::No(format!("{bad} of {} checks failed; nothing was sent", self.all))),
        }
    }
}
