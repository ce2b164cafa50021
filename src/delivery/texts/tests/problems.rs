//! Tests of `check`: what does not fit, or would not be understood, is found before it is sent.

use super::*;

fn problems_of(name: &str, template: &str) -> Vec<String> {
    let (_directory, texts) = site(name, template);
    texts.check()
}

/// The one problem of a site with one template of its own.
fn problem_of(name: &str, template: &str) -> String {
    let problems = problems_of(name, template);
    assert_eq!(problems.len(), 1, "{problems:?}");
    problems.into_iter().next().unwrap()
}

#[test]
fn a_desk_with_too_long_a_name_is_told_which_texts_do_not_fit_and_what_to_shorten() {
    let mut long = desk("sv");
    long.name = "Servicedesk för alla anställda i Storstadens kommun".to_owned();
    let texts = texts_of(long);
    let problems = texts.check();
    assert_eq!(
        problems.first().unwrap(),
        "sms/password.sv.txt: 175 septets are too many for 1 text message(s), which hold 160; nothing was sent; \
         shorten the template or what [desk] puts into it; counted with the longest values: desk.address 26, \
         desk.name 51, password 14 (password.length)"
    );
    assert!(texts.password(&temporary()).is_err(), "a text that does not fit must not leave");
}

#[test]
fn a_longer_password_is_counted_with_its_hyphens() {
    let mut strong = desk("sv");
    strong.password_length = 24;
    let texts = texts_of(strong.clone());
    assert!(texts.check().is_empty(), "{:?}", texts.check());
    strong.password_length = 40;
    let problems = texts_of(strong).check();
    assert!(problems[0].starts_with("sms/password.sv.txt: 170 septets are too many"), "{problems:?}");
}

#[test]
fn a_template_of_the_sites_own_that_is_too_long_is_told_with_its_file_and_what_fills_it() {
    let own = format!("{}: {{{{ name }}}}\n{{{{ url }}}}\n{{{{ until.time }}}}", "x".repeat(230));
    let problem = problem_of("sms/link.en.txt", &own);
    let says = "/sms/link.en.txt: 332 septets are too many for 2 text message(s), which hold 306; nothing was sent; \
                shorten the template or what [desk] puts into it; counted with the longest values: name 30, \
                until.time 5, url 63 (desk.public_url)";
    assert!(problem.ends_with(says), "{problem}");
    let own = own.replace(&"x".repeat(230), &"x".repeat(204));
    assert_eq!(problems_of("sms/link.en.txt", &own), Vec::<String>::new(), "one that just fits is taken");
}

#[test]
fn a_public_address_of_any_length_is_counted() {
    let mut long = desk("sv");
    long.public_url = format!("https://{}.example", "a".repeat(230));
    let problems = texts_of(long).check();
    assert!(problems.iter().any(|p| p.starts_with("sms/link.sv.txt: ") && p.contains("hold 306")));
    assert!(problems.iter().any(|p| p.starts_with("sms/link-for-requester.en.txt: ")));
}

#[test]
fn letters_outside_the_alphabet_are_replaced_in_the_desks_name_and_refused_in_a_template() {
    let mut typographic = desk("sv");
    typographic.name = "Šport – ”Desk”".to_owned();
    let texts = texts_of(typographic);
    assert_eq!(texts.check(), Vec::<String>::new());
    assert!(texts.password(&temporary()).unwrap().expose().starts_with("Sport - \"Desk\": Ditt"));
    let problem = problem_of("sms/password.en.txt", "It’s\n{{ password }}");
    assert!(problem.contains("/sms/password.en.txt: '’' is not in the alphabet"), "{problem}");
}

#[test]
fn a_template_that_loses_doubles_or_touches_its_secret_is_refused() {
    for template in [
        "Ditt lösenord är hemligt.",
        "{{ password }} igen: {{ password }}",
        "Ditt lösenord är {{ password }}.",
        "Lösenord:{{ password }}",
    ] {
        let problem = problem_of("sms/password.sv.txt", template);
        assert!(problem.contains("{{ password }} must stand there once"), "{problem}");
    }
    assert!(problem_of("sms/link.sv.txt", "({{ url }})").contains("{{ url }} must stand there once"));
    assert_eq!(problems_of("sms/password.sv.txt", "{{ password|upper }} hej"), Vec::<String>::new());
}

#[test]
fn no_filter_of_a_template_can_change_a_password() {
    let (_directory, texts) = site("sms/password.sv.txt", "{{ password|upper|replace('-', '') }}\nhej");
    assert_eq!(texts.password(&temporary()).unwrap().expose(), "Kf7m-Rq4x-Tw9b\nhej");
}

#[test]
fn a_value_that_a_text_is_not_given_is_told_with_file_and_line() {
    let problem = problem_of("sms/owner-warning.sv.txt", "Hej\n{{ name }} {{ desk.name }}");
    assert!(problem.contains("/sms/owner-warning.sv.txt, line 2: undefined value: `name` is undefined"));
    let problem = problem_of("mail/owner-notice.en.txt", "Subject: x\n\n{% if tail %}{{ tial }}{% endif %}");
    assert!(problem.contains("/mail/owner-notice.en.txt, line 3: undefined value: `tial`"), "{problem}");
}

#[test]
fn a_mail_needs_its_subject() {
    for template in ["Hej", "Subject: \n\nHej", "Ämne: x\n\nHej", "Subject: x\nHej\n\nmer"] {
        let problem = problem_of("mail/alarm.sv.txt", template);
        assert!(problem.contains("the first line must be \"Subject: …\""), "{template:?}: {problem}");
    }
}

#[test]
fn all_problems_are_told_at_once() {
    let mut long = desk("sv");
    long.name = "x".repeat(200);
    let problems = texts_of(long).check();
    for file in ["sms/password.sv", "sms/password.en", "sms/password-for-manager.en", "sms/owner-warning.sv"]
    {
        assert!(problems.iter().any(|problem| problem.starts_with(file)), "{file}: {problems:?}");
    }
}

#[test]
fn both_languages_ask_for_the_same_values() {
    let renderer = Renderer::new(None).unwrap();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("templates");
    let mut compared = 0;
    for folder in ["mail", "sms"] {
        for file in fs::read_dir(root.join(folder)).unwrap() {
            let name = format!("{folder}/{}", file.unwrap().file_name().to_str().unwrap());
            let other = name.replace(".sv.txt", ".en.txt");
            assert_eq!(renderer.placeholders(&name), renderer.placeholders(&other), "{name}");
            compared += usize::from(name != other);
        }
    }
    assert_eq!(compared, 30);
}
