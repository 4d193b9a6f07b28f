//! Packets of examples that cannot be read, and destinations that the settings lack.

use super::{PROFILE, home};

#[test]
fn a_packet_that_cannot_be_read_is_explained_at_its_place() {
    for (text, words) in [
        (
            "packet: \"firstname=Anna&email=anna@mail.example\"\n",
            "`packet` — это форма, а канал в примере не назван",
        ),
        (
            "packet: '{\"data\": '\n",
            "не JSON: ошибка в его строке 1, символ",
        ),
    ] {
        let home = home();
        home.write("mappings/examples/question/a.yaml", text);
        let ended = home.run_with(&["test", "--lang", "ru"], &[]);
        assert!(
            ended.code == 1 && ended.stdout.contains("a.yaml:1:9") && ended.stdout.contains(words),
            "{}",
            ended.stdout
        );
    }
}

#[test]
fn a_misspelt_destination_is_reported_in_place_of_the_steps_it_names() {
    let home = home();
    home.write(
        "leadgate.toml",
        "[http.orders]\nurl = \"https://api.example/v1\"\n",
    );
    let steps = "then:\n  - http: order\n    save: { number: $.number }\n  - http: orders2\n    name: next\n    json: { n: '{{steps.orders.number}}' }\n";
    home.write("mappings/question.yaml", &format!("{PROFILE}{steps}"));
    let ended = home.run_with(&["check", "--lang", "ru"], &[]);
    assert_eq!(ended.code, 1);
    assert!(
        ended.stdout.contains("в настройках нет сервиса `order`")
            && ended.stdout.contains("может быть, `orders`?")
            && !ended.stdout.contains("шага `orders` нет"),
        "{}",
        ended.stdout
    );
}
