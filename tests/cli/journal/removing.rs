//! Erasing a person, and purging old history.

use std::path::Path;
use std::time::{Duration, Instant};

use super::{home, listed, send_answer, serve_one_delivered_and_one_parked, states, wait_for};
use crate::home::{Home, Server};

/// Everything that the command prints without erasing anything.
fn erases_in_russian(home: &Home) {
    let erase = |options: &[&str]| {
        let command = ["erase", "--lang", "ru", "--phone"];
        home.run(&[&command[..], options].concat()).1
    };
    for (text, expected) in [
        (
            erase(&["+79990000000"]),
            "об этом человеке ничего не хранится",
        ),
        (erase(&["+79123456789", "--dry-run"]), "будет стёрто: 1"),
        (erase(&["+79123456789"]), "добавьте --yes"),
    ] {
        assert!(text.contains(expected), "{text}");
        for english in ["erase", "nothing", "RECEIVED", "repeats"] {
            assert!(!text.contains(english), "{text}");
        }
    }
}

/// Wrong arguments are answered in the language of `--lang`, wherever it stands.
fn wrong_arguments_are_answered_in_the_language(home: &Home) {
    for (options, russian, english) in [
        (
            &["--phone", "нет"][..],
            "`нет` — не номер телефона",
            "`нет` is not a valid phone number",
        ),
        (
            &["--email", "anna"],
            "`anna` — не адрес e-mail",
            "`anna` is not a valid e-mail address",
        ),
        (
            &["--phone", "+79123456789", "--email", "a@b@c"],
            "`a@b@c` — не адрес e-mail",
            "`a@b@c` is not a valid e-mail address",
        ),
        (&[], "укажите человека: --phone", "name the person: --phone"),
        (&["--dry-run"], "укажите человека", "name the person"),
    ] {
        for (lang, expected) in [("ru", russian), ("en", english)] {
            for command in [
                [&["erase", "--lang", lang], options].concat(),
                [&["erase"], options, &["--lang", lang]].concat(),
            ] {
                let (code, text) = home.run(&command);
                assert!(code == 2 && text.contains(expected), "{command:?}: {text}");
            }
        }
    }
}

/// Of the two addresses, one begins a line of the second answer; nothing has the other.
fn finds_an_address_at_the_start_of_a_line(home: &Home) {
    let none = home.succeeds(&["erase", "--email", "nobody@mail.example"]);
    assert!(
        none.contains("nothing is stored about this person"),
        "{none}"
    );
    let by_email = home.succeeds(&["erase", "--email", "netr@mail.example", "--dry-run"]);
    assert!(
        by_email.contains("would be erased: 1") && listed(&by_email) == [2],
        "{by_email}"
    );
}

#[test]
fn a_person_is_erased_and_the_bare_record_stays() {
    let home = home();
    let server = Server::serve(&home);
    send_answer(&server, 1, "Аннушка", "8 (912) 345-67-89");
    send_answer(
        &server,
        2,
        "Пётр\nnetr@mail.example\tтел.",
        "+7 912 345-67-80",
    );
    wait_for(&home, "polls/123/1", "delivered");
    wait_for(&home, "polls/123/2", "delivered");
    wrong_arguments_are_answered_in_the_language(&home);
    let (code, text) = home.run(&["erase", "--phone", "нет"]);
    assert!(
        code == 2 && text.contains("is not a valid phone number"),
        "{text}"
    );
    assert_eq!(home.run(&["erase"]).0, 2);
    finds_an_address_at_the_start_of_a_line(&home);
    let text = home.succeeds(&["erase", "--phone", "+79123456789", "--dry-run"]);
    assert!(
        text.contains("would be erased: 1") && listed(&text) == [1],
        "{text}"
    );
    let (code, text) = home.run(&["erase", "--phone", "+79123456789"]);
    assert!(code == 1 && text.contains("add --yes"), "{text}");
    erases_in_russian(&home);
    assert_eq!(
        listed(&home.succeeds(&["journal", "--text", "Аннушка"])),
        [1]
    );

    let text = home.succeeds(&["erase", "--phone", "+79123456789", "--yes"]);
    assert!(text.contains("erased: 1"), "{text}");
    assert_eq!(
        home.succeeds(&["journal", "--text", "Аннушка"]),
        "no submissions found\n"
    );
    let shown = home.succeeds(&["journal", "show", "123/1"]);
    assert!(
        shown.contains("its content was removed")
            && shown.contains("contact ")
            && shown.contains("delivered"),
        "{shown}"
    );
    assert!(send_answer(&server, 1, "Аннушка", "8 (912) 345-67-89").contains("200"));
    assert_eq!(
        home.succeeds(&["journal", "--text", "Аннушка"]),
        "no submissions found\n"
    );
    server.terminate();

    let text = home.succeeds(&["erase", "--phone", "8 912 345 67 80", "--yes"]);
    assert!(text.contains("the file was rewritten without it"), "{text}");
    for folder in [home.path("data"), home.path("data/cache")] {
        for name in ["Аннушка", "345-67-89", "345-67-80", "79123456789", "Пётр"] {
            assert!(!holds(&folder, name.as_bytes()), "{name}");
        }
    }
}

#[test]
fn old_history_is_purged_and_parked_submissions_stay() {
    for settings in [
        [("LEADGATE_JOURNAL__KEEP_FOR", "1ms")],
        [("LEADGATE_JOURNAL__KEEP_AT_MOST", "1KB")],
    ] {
        let home = home();
        let server = serve_one_delivered_and_one_parked(&home);
        server.terminate();
        let server = Server::start(&home, &["serve", "--listen", "127.0.0.1:0"], &settings);
        let patience = Instant::now() + Duration::from_secs(180);
        while !home
            .succeeds(&["journal", "show", "123/1"])
            .contains("its content was removed")
        {
            assert!(Instant::now() < patience, "{settings:?}: it is still there");
            std::thread::sleep(Duration::from_millis(50));
        }
        assert_eq!(
            listed(&home.succeeds(&["journal", "--text", "анна"])),
            [0_u32; 0]
        );
        assert_eq!(listed(&home.succeeds(&["journal", "--text", "нет"])), [2]);
        let states = states(&home);
        assert_eq!(
            (states[0].1.as_str(), states[1].1.as_str()),
            ("delivered", "parked")
        );
        let (code, text) = home.run(&["replay", "123/1", "--step", "crm"]);
        assert!(
            code == 1 && text.contains("nothing is left of submission"),
            "{text}"
        );
        server.terminate();
    }
}

/// Returns whether any file of the folder contains these bytes.
fn holds(folder: &Path, bytes: &[u8]) -> bool {
    std::fs::read_dir(folder)
        .unwrap()
        .flatten()
        .filter(|entry| entry.path().is_file())
        .any(|entry| {
            let file = std::fs::read(entry.path()).unwrap();
            file.windows(bytes.len()).any(|window| window == bytes)
        })
}
