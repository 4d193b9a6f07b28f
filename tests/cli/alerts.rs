//! `leadgate alerts test` as an administrator runs it.

use crate::home::{Home, Server};

#[test]
fn without_recipients_it_says_what_to_set() {
    let home = Home::new();
    home.says(
        &["alerts", "test"],
        1,
        &["alerts.mail, alerts.bitrix24 or alerts.http"],
    );
    let russian = ["alerts", "test", "--lang", "ru"];
    home.says(&russian, 1, &["оповещать некого"]);
}

#[test]
fn every_way_is_tried_and_reported() {
    let mut home = Home::new();
    home.set("LEADGATE_ALERTS__MAIL", "ops@firm.example");
    home.set("LEADGATE_ALERTS__BITRIX24", "6");
    let server = Server::serve(&home);
    home.set("LEADGATE_SERVER__LISTEN", server.address());
    home.says(
        &["alerts", "test"],
        0,
        &["✓ ops@firm.example: sent", "✓ employee 6: sent"],
    );
    let letters = crate::home::send(
        server.port(),
        "GET /sandbox/control/mail HTTP/1.0\r\nHost: localhost\r\n\r\n",
    );
    assert!(
        letters.contains("leadgate: проверка оповещений"),
        "{letters}"
    );
    // an employee whom the portal does not know
    home.set("LEADGATE_ALERTS__BITRIX24", "6,4711");
    let parts = ["✓ employee 6: sent", "✗ employee 4711: "];
    home.says(&["alerts", "test"], 1, &parts);
    assert_eq!(server.terminate(), Some(0));
    home.says(
        &["alerts", "test"],
        1,
        &["✗ ops@firm.example: the mail server cannot be reached: connection refused"],
    );
    let parts = [
        "✗ ops@firm.example: почтовый сервер недоступен: соединение отклонено",
        "✗ сотрудник 6: портал недоступен: соединение отклонено",
    ];
    home.says(&["alerts", "test", "--lang", "ru"], 1, &parts);
}
