//! The fuzz targets, and the bounds within which each of their runs must stay. The targets
//! themselves are in `targets`, which the project's tests compile as well; what only a fuzzer can
//! watch (memory, processor time) is here.

pub mod bounds;
#[path = "targets/mod.rs"]
pub mod targets;

/// Runs the target `name` on `data`, within its bounds.
///
/// # Panics
/// When there is no such target, and on every finding.
pub fn run(name: &str, data: &[u8]) {
    let target = targets::ALL.iter().find(|target| target.name == name);
    let target = target.unwrap_or_else(|| panic!("no target is called {name}"));
    bounds::held(target, data);
}
