//! `docs/promises.md` names a test for every promise; each of them is there, and is a test.

use syn::visit::{self, Visit};
use syn::{Attribute, FnArg, ItemFn, PatType, Type};

use super::source::{Breach, Source, assert_none, files, root};

const PAGE: &str = "docs/promises.md";

/// A test as the page names it: the line, the file, the function.
struct Named {
    line: usize,
    file: String,
    test: String,
}

/// What stands in the last column of the page's tables: `` `file` `test` `test` `file` `test` ``.
fn named(page: &Source) -> (Vec<Named>, Vec<Breach>) {
    let (mut tests, mut breaches) = (Vec::new(), Vec::new());
    for (at, line) in page.text.lines().enumerate() {
        let Some((_, shown)) = line.trim_end_matches(" |").rsplit_once(" | ") else { continue };
        if shown.contains("---") || shown.contains("shown by") {
            continue;
        }
        let before = tests.len();
        let mut file = None;
        for word in shown.split('`').skip(1).step_by(2) {
            match (word.ends_with(".rs"), &file) {
                (true, _) => file = Some(word.to_owned()),
                (false, Some(file)) => {
                    tests.push(Named { line: at + 1, file: file.clone(), test: word.to_owned() });
                }
                (false, None) => {}
            }
        }
        if tests.len() == before {
            breaches.push(Breach::new(page, at + 1, "this promise names no test: `file.rs` `test`"));
        }
    }
    (tests, breaches)
}

/// The tests of a file, by name.
#[derive(Default)]
struct Tests(Vec<String>);

impl<'ast> Visit<'ast> for Tests {
    fn visit_item_fn(&mut self, item: &'ast ItemFn) {
        if item.attrs.iter().any(is_test) || is_of_contract(item) {
            self.0.push(item.sig.ident.to_string());
        }
        visit::visit_item_fn(self, item);
    }

    fn visit_macro(&mut self, item: &'ast syn::Macro) {
        // Inside `proptest!` functions are only tokens.
        let words: Vec<String> = item.tokens.to_string().split_whitespace().map(ToOwned::to_owned).collect();
        let functions = words.windows(2).filter(|pair| pair[0] == "fn");
        self.0.extend(functions.map(|pair| pair[1].trim_end_matches('(').to_owned()));
    }
}

/// `#[test]`, `#[tokio::test]`.
fn is_test(attribute: &Attribute) -> bool {
    attribute.path().segments.last().is_some_and(|last| last.ident == "test")
}

/// A test of the store's contract, which `tests/it/store/mod.rs` runs on each database: it takes a `World`. One
/// that is not on the list there is dead code, which the compiler says.
fn is_of_contract(item: &ItemFn) -> bool {
    let takes = item.sig.inputs.iter().map(|input| match input {
        FnArg::Typed(PatType { ty, .. }) => matches!(&**ty, Type::Path(path) if path.path.is_ident("World")),
        FnArg::Receiver(_) => false,
    });
    takes.eq([true])
}

fn missing(page: &Source, read: impl Fn(&str) -> Option<Source>) -> Vec<Breach> {
    let (tests, mut found) = named(page);
    for Named { line, file, test } in tests {
        let Some(source) = read(&file) else {
            found.push(Breach::new(page, line, format!("there is no {file}")));
            continue;
        };
        let mut there = Tests::default();
        there.visit_file(&source.syntax());
        if !there.0.contains(&test) {
            found.push(Breach::new(page, line, format!("{file} holds no test {test}")));
        }
    }
    found
}

#[test]
fn every_promise_is_shown_by_a_test() {
    let page = files(PAGE, ".md").pop().expect(PAGE);
    let named = named(&page).0.len();
    assert!(named >= 70, "only {named} tests are named in {PAGE}");
    let read = |file: &str| Some(Source::new(file, &std::fs::read_to_string(root().join(file)).ok()?));
    assert_none(&missing(&page, read));
}

#[test]
fn a_promise_without_its_test_is_seen() {
    let page = Source::new(
        PAGE,
        "| promise | shown by |\n| --- | --- |\n| A | `a.rs` `one` `two` |\n| B | later |\n\
         | C | `b.rs` `one` |\n| D | `a.rs` `three` `four` `five` `six` |\n",
    );
    let text = "#[test]\nfn one() {}\n#[tokio::test]\nasync fn two() {}\nfn three() {}\n\
                proptest! { #[test]\nfn four(a in b()) {} }\n\
                pub async fn five(world: World) {}\nfn six(world: &World) {}\n";
    let found = missing(&page, |file| (file == "a.rs").then(|| Source::new(file, text)));
    let told: Vec<(usize, &str)> = found.iter().map(|breach| (breach.line, breach.what.as_str())).collect();
    assert_eq!(
        told,
        [
            (4, "this promise names no test: `file.rs` `test`"),
            (5, "there is no b.rs"),
            (6, "a.rs holds no test three"),
            (6, "a.rs holds no test six"),
        ]
    );
}
