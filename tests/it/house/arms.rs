//! A match on what decides a ticket's fate names every variant: whoever adds one is led by the
//! compiler to every place that has to say what it means there.

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use syn::spanned::Spanned;
use syn::visit::{self, Visit};
use syn::{Attribute, ExprMatch, ItemFn, ItemImpl, ItemMod, Macro, Pat, Path, Type, UsePath};

use super::source::{Breach, Source, assert_none, program};

const CLOSED: [&str; 5] = ["Decision", "Event", "Outcome", "Reason", "State"];

struct Finder<'s> {
    source: &'s Source,
    /// The types whose `impl` is being read, the innermost last.
    selves: Vec<String>,
    found: Vec<Breach>,
}

/// Where patterns name a closed enum, and where they take whatever comes. A place is the way
/// through tuples and variants: `0/Some.0`.
#[derive(Default)]
struct Seen {
    named: Vec<(String, String)>,
    caught: Vec<(String, usize)>,
}

impl Finder<'_> {
    fn check(&mut self, matched: &ExprMatch) {
        let mut seen = Seen::default();
        for arm in &matched.arms {
            // A guard takes only some of what comes: the compiler asks for the rest.
            let (pattern, guarded) = match &arm.pat {
                Pat::Guard(guard) => (&*guard.pat, true),
                pattern => (pattern, false),
            };
            let before = seen.caught.len();
            self.read(pattern, "", &mut seen);
            if guarded {
                seen.caught.truncate(before);
            }
        }
        for (place, line) in &seen.caught {
            let hidden = seen.named.iter().find(|(named, _)| named.starts_with(place.as_str()));
            if let Some((_, name)) = hidden {
                let what = format!("this arm hides variants of `{name}`: name every one");
                self.found.push(Breach::new(self.source, *line, what));
            }
        }
    }

    fn read(&self, pattern: &Pat, place: &str, seen: &mut Seen) {
        match pattern {
            Pat::Wild(_) => seen.caught.push((place.to_owned(), line(pattern))),
            Pat::Ident(name) => match &name.subpat {
                Some((_, inner)) => self.read(inner, place, seen),
                None if name.ident.to_string().starts_with(char::is_lowercase) => {
                    seen.caught.push((place.to_owned(), line(pattern)));
                }
                None => {}
            },
            Pat::Or(or) => or.cases.iter().for_each(|case| self.read(case, place, seen)),
            Pat::Paren(paren) => self.read(&paren.pat, place, seen),
            Pat::Reference(reference) => self.read(&reference.pat, place, seen),
            Pat::Path(path) => self.name(&path.path, place, seen),
            Pat::Tuple(tuple) => self.read_all(&tuple.elems, &format!("{place}/"), seen),
            Pat::TupleStruct(variant) => {
                self.name(&variant.path, place, seen);
                self.read_all(&variant.elems, &format!("{place}/{}.", last(&variant.path)), seen);
            }
            Pat::Struct(variant) => {
                self.name(&variant.path, place, seen);
                for field in &variant.fields {
                    let member = &field.member;
                    let member = quoted(member);
                    self.read(&field.pat, &format!("{place}/{}.{member}/", last(&variant.path)), seen);
                }
            }
            _ => {}
        }
    }

    fn read_all<'p>(&self, patterns: impl IntoIterator<Item = &'p Pat>, place: &str, seen: &mut Seen) {
        for (number, pattern) in patterns.into_iter().enumerate() {
            self.read(pattern, &format!("{place}{number}/"), seen);
        }
    }

    fn name(&self, path: &Path, place: &str, seen: &mut Seen) {
        let Some(owner) = path.segments.iter().rev().nth(1).map(|segment| segment.ident.to_string()) else {
            return;
        };
        let owner = if owner == "Self" { self.selves.last().cloned().unwrap_or_default() } else { owner };
        if CLOSED.contains(&owner.as_str()) {
            seen.named.push((place.to_owned(), owner));
        }
    }
}

fn last(path: &Path) -> String {
    path.segments.last().map(|segment| segment.ident.to_string()).unwrap_or_default()
}

fn quoted(member: &syn::Member) -> String {
    match member {
        syn::Member::Named(name) => name.to_string(),
        syn::Member::Unnamed(index) => index.index.to_string(),
    }
}

fn line(pattern: &Pat) -> usize {
    pattern.span().start().line
}

fn only_in_tests(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        let list = attribute.meta.require_list();
        attribute.path().is_ident("test")
            || list.is_ok_and(|list| list.path.is_ident("cfg") && list.tokens.to_string() == "test")
    })
}

impl<'ast> Visit<'ast> for Finder<'_> {
    fn visit_item_mod(&mut self, item: &'ast ItemMod) {
        if !only_in_tests(&item.attrs) {
            visit::visit_item_mod(self, item);
        }
    }

    fn visit_item_fn(&mut self, item: &'ast ItemFn) {
        if !only_in_tests(&item.attrs) {
            visit::visit_item_fn(self, item);
        }
    }

    fn visit_item_impl(&mut self, item: &'ast ItemImpl) {
        let owner = match &*item.self_ty {
            Type::Path(path) => last(&path.path),
            _ => String::new(),
        };
        self.selves.push(owner);
        visit::visit_item_impl(self, item);
        self.selves.pop();
    }

    fn visit_expr_match(&mut self, matched: &'ast ExprMatch) {
        self.check(matched);
        visit::visit_expr_match(self, matched);
    }

    /// `select!` and its like hold code that is only words to the parser.
    fn visit_macro(&mut self, call: &'ast Macro) {
        for matched in matches_in(call.tokens.clone()) {
            self.visit_expr_match(&matched);
        }
    }

    /// With its variants imported by name, an enum could no longer be told.
    fn visit_use_path(&mut self, path: &'ast UsePath) {
        if CLOSED.contains(&path.ident.to_string().as_str()) {
            let what = format!("variants of `{}` keep its name before them: import the enum", path.ident);
            self.found.push(Breach::new(self.source, path.ident.span().start().line, what));
        }
        visit::visit_use_path(self, path);
    }
}

/// The outermost matches among the words of a macro.
fn matches_in(stream: TokenStream) -> Vec<ExprMatch> {
    let tokens: Vec<TokenTree> = stream.into_iter().collect();
    let is_body = |t: &TokenTree| matches!(t, TokenTree::Group(g) if g.delimiter() == Delimiter::Brace);
    let mut found = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        let ends = tokens[at..].iter().position(is_body).map(|body| at + body + 1);
        match (&tokens[at], ends) {
            (TokenTree::Ident(word), Some(ends)) if word == "match" => {
                found.extend(syn::parse2(tokens[at..ends].iter().cloned().collect()));
                at = ends;
                continue;
            }
            (TokenTree::Group(group), _) => found.extend(matches_in(group.stream())),
            _ => {}
        }
        at += 1;
    }
    found
}

fn breaches(sources: &[Source]) -> Vec<Breach> {
    let mut found = Vec::new();
    for source in sources {
        let mut finder = Finder { source, selves: Vec::new(), found: Vec::new() };
        finder.visit_file(&source.syntax());
        found.append(&mut finder.found);
    }
    found
}

#[test]
fn matches_on_what_decides_a_tickets_fate_name_every_variant() {
    assert_none(&breaches(&program()));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(body: &str) -> usize {
        breaches(&[Source::new("src/worker/x.rs", body)]).len()
    }

    #[test]
    fn a_hidden_variant_is_seen_in_every_disguise() {
        for body in [
            "fn f() { match s { State::Held => 1, _ => 2 } }",
            "fn f() { match s { State::Held => 1, other => 2 } }",
            "fn f() { match s { Some(Reason::NoPhone) => 1, Some(_) | None => 2 } }",
            "fn f() { match s { Some(Reason::NoPhone) => 1, _ => 2 } }",
            "fn f() { match (a, s) { (A::X, State::Held) => 1, (A::X | A::Y, _) => 2 } }",
            "fn f() { match &o { &Outcome::Accepted { .. } => 1, _ => 2 } }",
            "impl Event { fn f(&self) { match self { Self::Erased => 1, _ => 2 } } }",
            "fn f() { tokio::select! { x = y => match s { State::Held => 1, _ => 2 }, } }",
            "use crate::ticket::State::*;",
        ] {
            assert_eq!(count(body), 1, "{body}");
        }
    }

    #[test]
    fn what_hides_nothing_is_let_through() {
        for body in [
            "fn f() { match s { State::Held => 1, State::Asked | State::Filed => 2 } }",
            "fn f() { match s { State::Held if x => 1, _ if y => 3, State::Held | State::Asked => 2 } }",
            "fn f() { match s { State::Sealed { job } => job, State::Done { since: _, .. } => 2 } }",
            "fn f() { match (a, s) { (_, State::Held) => 1, (A::X, State::Asked) => 2 } }",
            "fn f() { match r { Ok(State::Held) => 1, Ok(State::Asked) => 2, Err(_) => 3 } }",
            "fn f() { match c { 'a' => 1, _ => 2 } }",
            "#[cfg(test)] mod tests { fn f() { match s { State::Held => 1, _ => 2 } } }",
        ] {
            assert_eq!(count(body), 0, "{body}");
        }
    }
}
