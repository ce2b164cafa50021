//! Tests of the templates: which of them count, what may stand in them, and what errors tell.

use std::fs;

use serde_json::json;
use tempfile::TempDir;

use super::*;

fn site(files: &[(&str, &str)]) -> TempDir {
    let directory = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = directory.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    directory
}

/// Renders `text` in the place of a text's template.
fn rendered(text: &str, values: serde_json::Value) -> Result<String, String> {
    let site = site(&[("sms/password.sv.txt", text)]);
    let renderer = Renderer::new(Some(site.path())).map_err(|error| error.to_string())?;
    renderer.render("sms/password.sv.txt", &values).map(|t| t.to_string()).map_err(|e| e.to_string())
}

fn refused(files: &[(&str, &str)]) -> String {
    Renderer::new(Some(site(files).path())).unwrap_err().to_string()
}

#[test]
fn every_file_in_the_folder_is_built_in_and_the_other_way_round() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("templates");
    let mut on_disk = Vec::new();
    for folder in fs::read_dir(&root).unwrap() {
        for file in fs::read_dir(folder.unwrap().path()).unwrap() {
            let path = file.unwrap().path();
            on_disk.push(path.strip_prefix(&root).unwrap().to_str().unwrap().to_owned());
        }
    }
    on_disk.sort();
    let mut built_in: Vec<_> = EMBEDDED.iter().map(|(name, _)| (*name).to_owned()).collect();
    built_in.sort();
    assert_eq!(on_disk, built_in);
}

#[test]
fn a_file_of_the_same_name_replaces_the_built_in_one_and_no_other() {
    let site = site(&[
        ("sms/password.sv.txt", "ny text\n"),
        ("README", "notes"),
        ("sms/password.sv.txt~", "{{ half"),
        ("sms/.password.en.txt", "{{ half"),
    ]);
    let renderer = Renderer::new(Some(site.path())).unwrap();
    assert_eq!(&**renderer.render("sms/password.sv.txt", &json!({})).unwrap(), "ny text");
    let english = json!({ "desk": { "name": "Desk", "address": "a@b" }, "password": "x" });
    assert!(renderer.render("sms/password.en.txt", &english).unwrap().starts_with("Desk: Your temporary"));
    assert!(renderer.file("sms/password.sv.txt").starts_with(site.path().to_str().unwrap()));
    assert_eq!(renderer.file("sms/password.en.txt"), "sms/password.en.txt");
}

#[test]
fn what_is_changed_on_disk_later_waits_for_the_next_start() {
    let site = site(&[("sms/password.sv.txt", "first")]);
    let renderer = Renderer::new(Some(site.path())).unwrap();
    fs::write(site.path().join("sms/password.sv.txt"), "second").unwrap();
    assert_eq!(&**renderer.render("sms/password.sv.txt", &json!({})).unwrap(), "first");
}

#[test]
fn all_problems_of_the_directory_are_told_at_once_each_with_its_file_and_line() {
    let problem = refused(&[
        ("sms/pasword.sv.txt", "x"),
        ("link.sv.txt", "x"),
        ("sms/link.sv.txt", "one\ntwo {{ name \n"),
        ("mail/alarm.sv.txt", &"x".repeat(65 * 1024)),
    ]);
    assert!(problem.contains("there is no template sms/pasword.sv.txt, did you mean sms/password.sv.txt?"));
    assert!(problem.contains("there is no template link.sv.txt, did you mean sms/link.sv.txt?"));
    assert!(problem.contains("sms/link.sv.txt, line 2: syntax error: "), "{problem}");
    assert!(problem.contains("mail/alarm.sv.txt: cannot be read (larger than 65536 octets)"));
}

#[test]
fn a_directory_that_is_not_there_is_told() {
    let error = Renderer::new(Some(Path::new("/nonexistent/templates"))).unwrap_err().to_string();
    assert!(error.contains("/nonexistent/templates: cannot be read"), "{error}");
}

#[test]
fn a_value_that_is_not_given_is_an_error_that_names_it() {
    let error = rendered("first line\n{{ pasword }}", json!({ "password": "Kf7m-Rq4x" })).unwrap_err();
    assert!(
        error.contains("sms/password.sv.txt, line 2: undefined value: `pasword` is undefined"),
        "{error}"
    );
}

#[test]
fn an_error_never_holds_a_value() {
    let values = json!({ "password": "Kf7m-Rq4x" });
    for wrong in [
        "{{ password|int }}",
        "{{ password + 1 }}",
        "{{ password.x.y }}",
        "{% include password %}",
        "{{ [1]|map(password) }}",
        "{{ {'a': 1}[password] }}",
    ] {
        let error = rendered(wrong, values.clone()).unwrap_err();
        assert!(!error.contains("Kf7m") && error.contains("line 1"), "{wrong}: {error}");
    }
}

#[test]
fn values_are_data_and_never_templates() {
    let values = json!({ "name": "{{ password }}{% include 'sms/link.sv.txt' %}", "password": "x" });
    assert_eq!(
        rendered("{{ name }}", values.clone()).unwrap(),
        "{{ password }}{% include 'sms/link.sv.txt' %}"
    );
}

#[test]
fn nothing_outside_the_list_can_be_taken_in() {
    for path in ["/etc/hostname", "../../../etc/hostname", "sms/../sms/link.sv.txt"] {
        let error = rendered(&format!("{{% include '{path}' %}}"), json!({})).unwrap_err();
        assert!(error.contains("template not found"), "{path}: {error}");
    }
}

#[test]
fn a_template_that_does_not_end_or_makes_too_much_is_stopped() {
    for endless in [
        "{% for a in range(9999) %}{% for b in range(9999) %}{% endfor %}{% endfor %}",
        "{% for a in range(9999) %}{{ 'x' * 9999 }}{% endfor %}",
        "{{ 'x' * 5000000 }}",
    ] {
        let error = rendered(endless, json!({})).unwrap_err();
        assert!(error.contains("makes") && error.contains("nothing was sent"), "{error}");
    }
}

#[test]
fn only_pages_are_escaped() {
    assert_eq!(rendered("{{ name }}", json!({ "name": "<b> & å" })).unwrap(), "<b> & å");
    let mut environment = environment();
    environment.add_template("page/x.html", "{{ name }}").unwrap();
    let renderer = Renderer { environment, replaced: BTreeMap::new() };
    let page = renderer.render("page/x.html", &json!({ "name": "<b> & å" })).unwrap();
    assert_eq!(&**page, "&lt;b&gt; &amp; å");
}

#[test]
fn an_output_of_many_pieces_arrives_whole() {
    let text = rendered("{% for n in range(3000) %}{{ n }},{% endfor %}", json!({})).unwrap();
    let expected: String = (0..3000).map(|n| format!("{n},")).collect();
    assert_eq!(text, expected);
}

#[test]
fn a_file_written_on_another_system_reads_the_same() {
    assert_eq!(
        rendered("\u{feff}one\r\n{% if true %}\r\ntwo\r\n{% endif %}\r\n", json!({})).unwrap(),
        "one\ntwo\n"
    );
}
