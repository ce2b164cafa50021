//! Tables: a line of headings, and the lines of cells below it. A cell belongs to the heading of its column,
//! so empty cells count, and a line with another number of cells is no line of this table.

use super::fields::Reader;
use super::label::{is_label, segments};
use super::line::{Line, bare, fold};
use super::phone::{self, count_digits};
use super::username::{self, is_shaped};
use super::vocabulary::Field;

impl Reader<'_> {
    /// A line of headings and the lines of cells below it.
    pub(super) fn table(&mut self, at: usize, line: &Line) -> bool {
        let Some(headings) = cells(&line.text()) else { return false };
        let columns: Vec<Option<Field>> = headings.iter().map(|cell| heading(cell)).collect();
        let is_value = |cell: &String| cell.split_whitespace().any(is_shaped) || count_digits(cell) >= 6;
        if headings.iter().any(is_value) {
            return false;
        }
        if !(columns.contains(&Some(Field::Username)) && columns.contains(&Some(Field::Phone))) {
            return false;
        }
        self.tabled = true;
        self.fields.usernames.labelled = true;
        self.fields.phones.labelled = true;
        let mut above = at;
        while let Some((row, line)) = self.below(above)
            && let Some(values) = cells(&line.text())
        {
            let number = line.number;
            if values.len() == columns.len() {
                self.row(number, &columns, &values);
            } else {
                self.fields.usernames.unclear.push((number, "a row that does not fit its table"));
            }
            self.taken[row] = true;
            above = row;
        }
        true
    }

    fn row(&mut self, number: usize, columns: &[Option<Field>], values: &[String]) {
        for (field, value) in columns.iter().zip(values) {
            match field {
                Some(Field::Username) => {
                    _ = self.fields.usernames.add(number, username::read(value, true), false);
                }
                Some(Field::Phone) => {
                    _ = self.fields.phones.add(number, phone::read(value, true), false);
                }
                Some(Field::Other | Field::Elsewhere) | None => {}
            }
        }
    }
}

/// The cells of a line of a table, if it is one: two or more, some of which may be empty.
fn cells(text: &str) -> Option<Vec<String>> {
    let text = text.trim_matches(' ');
    let inner = text.strip_prefix('|').unwrap_or(text);
    let inner = inner.strip_suffix('|').unwrap_or(inner);
    let cells: Vec<String> = inner.split(['\t', '|']).map(|cell| cell.trim().to_owned()).collect();
    (cells.iter().filter(|cell| !cell.is_empty()).count() >= 2).then_some(cells)
}

/// What the heading of a table's column asks for; `None` for a heading that is unknown.
fn heading(cell: &str) -> Option<Field> {
    let line = Line::new(0, cell);
    match segments(&line) {
        [only]
            if only.opens_line
                && !only.doubted
                && bare(line.folded().get(only.value.clone())?).is_empty() =>
        {
            Some(only.field)
        }
        [..] => is_label(&fold(cell)).then_some(Field::Other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn empty_cells_keep_their_places() {
        let shown = |text| cells(text).map(|cells| cells.join("/"));
        assert_eq!(shown("| a | | b |").as_deref(), Some("a//b"));
        assert_eq!(shown("a\t\tb\t").as_deref(), Some("a//b/"));
        assert_eq!(shown("| | a | b").as_deref(), Some("/a/b"));
        assert_eq!(shown("| a |"), None);
    }
}
