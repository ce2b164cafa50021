//! Which names a file's code uses: every path, written out, from `use` lines, expressions, types,
//! derives and the insides of macros alike. What only tests compile is left out.

use std::collections::HashSet;

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};

use super::source::Source;

/// Words that may stand before the `::` of a path without being a part of it.
const BEFORE_A_PATH: [&str; 11] =
    ["as", "dyn", "else", "for", "if", "impl", "in", "match", "mut", "return", "use"];

/// A path as written, its groups resolved: `use a::{b, c::d}` are two.
#[derive(Debug, PartialEq, Eq)]
pub struct NamedPath {
    pub names: Vec<String>,
    pub line: usize,
    /// The module it stands in; modules written inside the file count.
    pub module: Vec<String>,
}

impl NamedPath {
    /// The path from the crate's root, without `crate`; `None` when it does not start in this crate.
    pub fn within_crate(&self) -> Option<Vec<String>> {
        let mut names = self.names.iter();
        let mut place = match names.next().map(String::as_str) {
            Some("crate") => Vec::new(),
            Some("self") => self.module.clone(),
            Some("super") => parent(&self.module),
            Some(_) | None => return None,
        };
        for name in names {
            if name == "super" {
                place = parent(&place);
            } else {
                place.push(name.clone());
            }
        }
        Some(place)
    }
}

fn parent(module: &[String]) -> Vec<String> {
    module[..module.len().saturating_sub(1)].to_vec()
}

/// Everything that a file names.
pub struct Names {
    pub paths: Vec<NamedPath>,
    /// Single words that the file's own `use` and `mod` lines give a meaning.
    bound: HashSet<String>,
    /// Every single word with its line.
    pub words: Vec<(String, usize)>,
    /// Names of the methods that are called, with their lines.
    pub calls: Vec<(String, usize)>,
}

impl Names {
    pub fn of(source: &Source) -> Self {
        let tokens: TokenStream =
            source.text.parse().unwrap_or_else(|e| panic!("{} is no Rust: {e}", source.path));
        let mut names =
            Self { paths: Vec::new(), bound: HashSet::new(), words: Vec::new(), calls: Vec::new() };
        names.read(&without_tests(tokens), &source.module());
        names
    }

    /// Uses of outside crates: the crate's name, and the path.
    pub fn outside(&self) -> impl Iterator<Item = (&str, &NamedPath)> {
        self.paths.iter().filter_map(|path| {
            let first = path.names.first()?.as_str();
            let ours = ["crate", "self", "super", "Self"].contains(&first) || self.bound.contains(first);
            (!ours).then_some((first, path))
        })
    }

    fn read(&mut self, tokens: &[TokenTree], module: &[String]) {
        let mut at = 0;
        let mut in_use = false;
        while let Some(token) = tokens.get(at) {
            match token {
                TokenTree::Ident(word) => {
                    let word = word.to_string();
                    self.words.push((word.clone(), line(token)));
                    if is_call(tokens, at) {
                        self.calls.push((word.clone(), line(token)));
                    }
                    in_use |= word == "use";
                    if word == "mod" {
                        at = self.module(tokens, at + 1, module);
                        continue;
                    }
                    if !BEFORE_A_PATH.contains(&word.as_str()) {
                        at = self.path(tokens, at, &[], module, in_use);
                        continue;
                    }
                }
                TokenTree::Group(group) => self.read(&flat(group), module),
                TokenTree::Punct(mark) => in_use &= mark.as_char() != ';',
                TokenTree::Literal(_) => {}
            }
            at += 1;
        }
    }

    /// `mod name;` or `mod name { … }`; answers where to go on.
    fn module(&mut self, tokens: &[TokenTree], at: usize, module: &[String]) -> usize {
        let Some(TokenTree::Ident(name)) = tokens.get(at) else { return at };
        self.bound.insert(name.to_string());
        if let Some(TokenTree::Group(body)) = tokens.get(at + 1) {
            let inner: Vec<String> = module.iter().cloned().chain([name.to_string()]).collect();
            self.read(&flat(body), &inner);
            return at + 2;
        }
        at + 1
    }

    /// The path that begins at `at`, after `prefix`; answers where it ends.
    fn path(
        &mut self,
        tokens: &[TokenTree],
        mut at: usize,
        prefix: &[String],
        module: &[String],
        in_use: bool,
    ) -> usize {
        let mut names = prefix.to_vec();
        let starts = at;
        while let Some(TokenTree::Ident(name)) = tokens.get(at) {
            names.push(name.to_string());
            at += 1;
            if !is_colons(tokens, at) {
                break;
            }
            at += 2;
            if let Some(TokenTree::Group(group)) = tokens.get(at)
                && in_use
                && group.delimiter() == Delimiter::Brace
            {
                let inner = flat(group);
                for part in inner.split(|t| matches!(t, TokenTree::Punct(p) if p.as_char() == ',')) {
                    self.path(part, 0, &names, module, true);
                }
                return at + 1;
            }
        }
        if at == starts {
            return at;
        }
        let used_alone = in_use && names.len() == 1 && word_before(tokens, starts).as_deref() == Some("use");
        if names.len() > 1 || used_alone {
            self.keep(tokens, starts, at, names, module, in_use);
        }
        at
    }

    fn keep(
        &mut self,
        tokens: &[TokenTree],
        starts: usize,
        ends: usize,
        mut names: Vec<String>,
        module: &[String],
        in_use: bool,
    ) {
        if names.last().is_some_and(|last| last == "self") && names.len() > 1 {
            names.pop();
        }
        if in_use {
            let renamed = match (tokens.get(ends), tokens.get(ends + 1)) {
                (Some(TokenTree::Ident(word)), Some(TokenTree::Ident(new))) if word == "as" => {
                    Some(new.to_string())
                }
                _ => None,
            };
            let name = renamed.or_else(|| names.last().cloned());
            // `use tokio;` and `use async_trait::async_trait;` leave the crate's name a crate's.
            self.bound.extend(name.filter(|name| *name != names[0]));
        }
        self.paths.push(NamedPath { names, line: line(&tokens[starts]), module: module.to_vec() });
    }
}

fn line(token: &TokenTree) -> usize {
    token.span().start().line
}

fn flat(group: &Group) -> Vec<TokenTree> {
    without_tests(group.stream())
}

fn is_colons(tokens: &[TokenTree], at: usize) -> bool {
    let colon = |at: usize| matches!(tokens.get(at), Some(TokenTree::Punct(p)) if p.as_char() == ':');
    colon(at) && colon(at + 1)
}

/// `.word(`
fn is_call(tokens: &[TokenTree], at: usize) -> bool {
    let dot = at.checked_sub(1).and_then(|before| tokens.get(before));
    matches!(dot, Some(TokenTree::Punct(mark)) if mark.as_char() == '.')
        && matches!(tokens.get(at + 1), Some(TokenTree::Group(g)) if g.delimiter() == Delimiter::Parenthesis)
}

fn word_before(tokens: &[TokenTree], at: usize) -> Option<String> {
    match tokens.get(at.checked_sub(1)?) {
        Some(TokenTree::Ident(word)) => Some(word.to_string()),
        _ => None,
    }
}

/// Leaves out every item under `#[cfg(test)]`.
fn without_tests(stream: TokenStream) -> Vec<TokenTree> {
    let mut kept = Vec::new();
    let mut skipping = false;
    for token in stream {
        let ends = match &token {
            TokenTree::Punct(mark) => mark.as_char() == ';',
            TokenTree::Group(group) => group.delimiter() == Delimiter::Brace,
            TokenTree::Ident(_) | TokenTree::Literal(_) => false,
        };
        if skipping {
            skipping = !ends;
            continue;
        }
        skipping = matches!(&token, TokenTree::Group(group) if group.stream().to_string() == "cfg (test)");
        kept.push(token);
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paths(text: &str) -> Vec<String> {
        let names = Names::of(&Source::new("src/mail/text.rs", text));
        names.paths.iter().map(|path| format!("{}:{}", path.names.join("::"), path.line)).collect()
    }

    #[test]
    fn groups_macros_derives_and_plain_code_are_read() {
        let text = "use a::{b::C, self, d::{E, F as G}};\n#[derive(serde::Serialize)] struct S;\n\
                    fn f() -> x::Y { z!(m::n(1)); p.q(r::<u8>()) }";
        assert_eq!(
            paths(text),
            ["a::b::C:1", "a:1", "a::d::E:1", "a::d::F:1", "serde::Serialize:2", "x::Y:3", "m::n:3"]
        );
    }

    #[test]
    fn what_only_tests_compile_is_left_out() {
        let text = "#[cfg(test)]\nmod tests { use a::B; }\n#[cfg(test)] use c::D;\nuse e::F;\nmod g { #[cfg(test)] fn h() { i::j() } }";
        assert_eq!(paths(text), ["e::F:4"]);
    }

    #[test]
    fn a_name_of_the_file_is_no_outside_crate() {
        let text = "use crate::config::{self, Loaded};\nmod samples;\nuse samples::A;\nuse tokio;\nuse b::b;\n\
                    fn f() { config::load(); jiff::now(); Self::g(); }";
        let names = Names::of(&Source::new("src/cli/run.rs", text));
        let outside: Vec<&str> = names.outside().map(|(krate, _)| krate).collect();
        assert_eq!(outside, ["tokio", "b", "jiff"]);
    }

    #[test]
    fn super_is_followed_out_of_inner_modules() {
        let text = "use super::super::web::Desk;\nmod inner { fn f() { super::super::reading::g() } }";
        let names = Names::of(&Source::new("src/mail/text.rs", text));
        let within: Vec<String> =
            names.paths.iter().map(|path| path.within_crate().unwrap().join("::")).collect();
        assert_eq!(within, ["web::Desk", "mail::reading::g"]);
    }
}
