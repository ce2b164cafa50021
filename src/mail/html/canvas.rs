//! Text put down line by line, with tables: a row whose cells hold a line each is one line, its
//! cells separated by tabs; other cells follow each other.

use crate::mail::text::{Line, Zone};

/// The page, or one cell of a table.
#[derive(Debug)]
struct Sheet {
    lines: Vec<Line>,
    current: String,
    zone: Zone,
    /// A blank stood after the text of the current line.
    blank: bool,
    /// What stands before the next line: the number of an item.
    mark: Option<String>,
}

impl Default for Sheet {
    fn default() -> Self {
        Self { lines: Vec::new(), current: String::new(), zone: Zone::Written, blank: false, mark: None }
    }
}

impl Sheet {
    fn push(&mut self, mut line: Line) {
        if let Some(mark) = self.mark.take() {
            line.text = format!("{mark} {}", line.text);
        }
        self.lines.push(line);
    }

    fn end_line(&mut self) {
        self.blank = false;
        if !self.current.is_empty() {
            let text = std::mem::take(&mut self.current);
            self.push(Line::new(&text, self.zone));
        }
    }
}

/// Everything put down so far.
#[derive(Debug, Default)]
pub(super) struct Canvas {
    sheet: Sheet,
    /// The sheets around the open cells.
    outer: Vec<Sheet>,
    /// How many columns the open cells span.
    spans: Vec<usize>,
    /// The open rows with the lines of their closed cells.
    rows: Vec<Vec<Vec<Line>>>,
    /// For each open table, how many columns at its left edge never held text: gutters of a layout.
    margins: Vec<usize>,
}

impl Canvas {
    /// Adds text; blanks are one blank, as browsers show them, unless it is preformatted.
    pub(super) fn text(&mut self, text: &str, zone: Zone, preformatted: bool) {
        if zone != self.sheet.zone {
            self.end_line();
            self.sheet.zone = zone;
        }
        for c in text.chars() {
            let sheet = &mut self.sheet;
            match c {
                '\n' if preformatted => self.line_break(zone),
                ' ' | '\t' | '\n' | '\r' | '\u{c}' if !preformatted => sheet.blank = true,
                c => {
                    if sheet.blank && !sheet.current.is_empty() {
                        sheet.current.push(' ');
                    }
                    sheet.blank = false;
                    sheet.current.push(c);
                }
            }
        }
    }

    /// Ends the current line, if there is one.
    pub(super) fn end_line(&mut self) {
        self.sheet.end_line();
    }

    /// Ends the current line, which may be empty.
    pub(super) fn line_break(&mut self, zone: Zone) {
        if self.sheet.current.is_empty() && self.sheet.mark.is_none() {
            self.sheet.lines.push(Line::new("", zone));
        }
        self.end_line();
    }

    /// Puts `mark` before the next line.
    pub(super) fn mark(&mut self, mark: String) {
        self.end_line();
        self.sheet.mark = Some(mark);
    }

    /// Ends an item; an empty one is a line of its mark alone.
    pub(super) fn end_item(&mut self, zone: Zone) {
        self.end_line();
        if let Some(mark) = self.sheet.mark.take() {
            self.sheet.lines.push(Line::new(&mark, zone));
        }
    }

    pub(super) fn open_table(&mut self) {
        self.end_line();
        self.margins.push(usize::MAX);
    }

    pub(super) fn close_table(&mut self) {
        self.end_line();
        self.margins.pop();
    }

    pub(super) fn open_row(&mut self) {
        self.end_line();
        self.rows.push(Vec::new());
    }

    /// `columns`: how many the cell spans.
    pub(super) fn open_cell(&mut self, columns: usize) {
        self.end_line();
        self.spans.push(columns);
        self.outer.push(std::mem::take(&mut self.sheet));
    }

    pub(super) fn close_cell(&mut self) {
        self.end_line();
        let columns = self.spans.pop().unwrap_or(1);
        let around = self.outer.pop().unwrap_or_default();
        let cell = std::mem::replace(&mut self.sheet, around).lines;
        match self.rows.last_mut() {
            Some(row) => {
                row.push(cell);
                row.extend((1..columns).map(|_| Vec::new()));
            }
            None => self.sheet.lines.extend(cell),
        }
    }

    pub(super) fn close_row(&mut self) {
        let cells = self.rows.pop().unwrap_or_default();
        let texts = |cell: &Vec<Line>| cell.iter().filter(|line| !line.text.is_empty()).count();
        let mut zones = cells.iter().flatten().map(|line| line.zone);
        let zone = zones.next();
        let one_line_each = cells.iter().all(|cell| texts(cell) <= 1) && zones.all(|z| Some(z) == zone);
        let filled = cells.iter().filter(|cell| texts(cell) > 0).count();
        let margin = cells.iter().position(|cell| texts(cell) > 0).unwrap_or(usize::MAX);
        let margin = self.margins.last_mut().map_or(margin, |least| {
            *least = margin.min(*least);
            *least
        });
        if let (true, Some(zone)) = (one_line_each, zone) {
            // A cell belongs to its column, so that empty ones count; but one text alone is no row.
            let text = |cell: Vec<Line>| cell.into_iter().map(|line| line.text).find(|text| !text.is_empty());
            let texts = cells.into_iter().map(text).skip(margin);
            let texts: Vec<String> = if filled > 1 {
                texts.map(Option::unwrap_or_default).collect()
            } else {
                texts.flatten().collect()
            };
            self.sheet.push(Line { text: texts.join("\t"), zone });
        } else {
            cells.into_iter().flatten().for_each(|line| self.sheet.push(line));
        }
    }

    /// All lines.
    pub(super) fn finish(mut self) -> Vec<Line> {
        self.end_line();
        self.sheet.lines
    }
}
