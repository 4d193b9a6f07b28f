//! Only its owner can access the data folder.
#![cfg(unix)]

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use crate::home::{Home, Server, send};

/// Returns everything below a folder that group or others may access, and the number of entries.
fn open_to_others(path: &Path) -> (Vec<String>, usize) {
    let mode = fs::symlink_metadata(path).unwrap().permissions().mode() & 0o777;
    let mut found = Vec::new();
    if mode & 0o077 != 0 {
        found.push(format!("{} {mode:o}", path.display()));
    }
    let mut count = 1;
    if path.is_dir() {
        for entry in fs::read_dir(path).unwrap() {
            let (inside, of) = open_to_others(&entry.unwrap().path());
            found.extend(inside);
            count += of;
        }
    }
    (found, count)
}

#[test]
fn all_data_files_are_private_even_if_they_were_not_before() {
    let home = Home::new();
    let data = home.path("data");
    let serve = ["serve", "--listen", "127.0.0.1:0", "--data", "data"];
    for round in 0..2 {
        let server = Server::start(&home, &serve, &[]);
        let poll = r#"{"poll_id":1,"poll_name":"x","poll_language":"ru","employee_email":"a@hse.example"}"#;
        let request = format!(
            "POST /polls/postPoll HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n\
             Connection: close\r\nContent-Length: {}\r\n\r\n{poll}",
            poll.len()
        );
        assert!(send(server.port(), &request).starts_with("HTTP/1.1"));
        let (open, count) = open_to_others(&data);
        assert!(open.is_empty(), "{open:?}");
        assert!(count >= 6, "{count}");
        let was_open = server
            .log()
            .contains("was open to other users of this machine and is closed now");
        assert_eq!(was_open, round == 1, "{}", server.log());
        drop(server);
        fs::write(data.join("backup.db"), "").unwrap();
        for name in ["", "leadgate.db", "leadgate.lock", "cache", "backup.db"] {
            let path = data.join(name);
            let mode = if path.is_dir() { 0o755 } else { 0o644 };
            fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
        }
    }
}

#[test]
fn the_sandbox_keeps_its_file_private() {
    let home = Home::new();
    let server = Server::start(
        &home,
        &["sandbox", "--listen", "127.0.0.1:0", "--data", "data"],
        &[],
    );
    let call = "GET /rest/1/sandbox/crm.contact.add?fields[NAME]=A HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    assert!(send(server.port(), call).starts_with("HTTP/1.1 200"));
    let file = home.path("data/sandbox.json");
    for _ in 0..3000 {
        if file.exists() {
            break;
        }
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    assert_eq!(open_to_others(&home.path("data")), (Vec::new(), 2));
}
