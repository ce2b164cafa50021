//! Nothing is longer than can be read in one go, and every file says what lives in it and why.

use syn::visit::{self, Visit};
use syn::{Block, ImplItemFn, ItemFn, Signature, TraitItemFn};

use super::source::{Breach, Source, assert_none, files};

const FILE_LINES: usize = 400;
const FUNCTION_LINES: usize = 60;

struct Functions<'s> {
    source: &'s Source,
    found: Vec<Breach>,
}

impl Functions<'_> {
    fn measure(&mut self, signature: &Signature, block: &Block) {
        let first = signature.fn_token.span.start().line;
        let lines = block.brace_token.span.close().end().line + 1 - first;
        if lines > FUNCTION_LINES {
            let name = &signature.ident;
            let what =
                format!("`{name}` has {lines} lines, {FUNCTION_LINES} are allowed: give its parts names");
            self.found.push(Breach::new(self.source, first, what));
        }
    }
}

impl<'ast> Visit<'ast> for Functions<'_> {
    fn visit_item_fn(&mut self, item: &'ast ItemFn) {
        self.measure(&item.sig, &item.block);
        visit::visit_item_fn(self, item);
    }

    fn visit_impl_item_fn(&mut self, item: &'ast ImplItemFn) {
        self.measure(&item.sig, &item.block);
        visit::visit_impl_item_fn(self, item);
    }

    fn visit_trait_item_fn(&mut self, item: &'ast TraitItemFn) {
        if let Some(block) = &item.default {
            self.measure(&item.sig, block);
        }
        visit::visit_trait_item_fn(self, item);
    }
}

fn breaches(sources: &[Source]) -> Vec<Breach> {
    let mut found = Vec::new();
    for source in sources {
        let lines = source.text.lines().count();
        if lines > FILE_LINES {
            let what = format!("{lines} lines, {FILE_LINES} are allowed: split it by what its parts are for");
            found.push(Breach::new(source, FILE_LINES + 1, what));
        }
        if !source.text.starts_with("//! ") {
            let what = "the first line is no `//! …`: say what lives in this file, and why";
            found.push(Breach::new(source, 1, what));
        }
        let mut functions = Functions { source, found: Vec::new() };
        functions.visit_file(&source.syntax());
        found.append(&mut functions.found);
    }
    found
}

#[test]
fn files_and_functions_are_short_and_every_file_says_what_it_is_for() {
    let sources: Vec<Source> =
        ["src", "tests", "benches", "fuzz"].into_iter().flat_map(|place| files(place, ".rs")).collect();
    for place in ["src/", "tests/", "benches/", "fuzz/"] {
        assert!(sources.iter().any(|source| source.is_in(place)), "{place} holds no Rust file");
    }
    assert_none(&breaches(&sources));
}

#[test]
fn what_is_too_long_or_silent_is_seen() {
    let told = |text: &str| -> Vec<usize> {
        breaches(&[Source::new("src/a.rs", text)]).iter().map(|breach| breach.line).collect()
    };
    let none: Vec<usize> = Vec::new();
    let body = |lines: usize| "    let a = 1;\n".repeat(lines);
    let function = |lines: usize| format!("fn f() {{\n{}}}\n", body(lines - 2));
    assert_eq!(told(&format!("//! A.\n{}", function(60))), none);
    assert_eq!(told(&format!("//! A.\n{}", function(61))), [2]);
    assert_eq!(told(&format!("//! A.\nimpl B {{\n{}}}", function(61))), [3]);
    assert_eq!(told(&format!("//! A.\ntrait B {{\n{}}}", function(61))), [3]);
    assert_eq!(told(&format!("//! A.\n{}", "// b\n".repeat(399))), none);
    assert_eq!(told(&format!("//! A.\n{}", "// b\n".repeat(400))), [401]);
    assert_eq!(told("use a;\n"), [1]);
}
