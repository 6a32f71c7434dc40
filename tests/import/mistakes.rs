//! What is said where a file cannot be imported, word for word.

use super::{dynflare, folder, run, text};
use std::fs;

#[test]
fn a_file_that_cannot_be_imported_is_named_with_its_line() {
    let folder = folder("mistakes");
    let binary: &[u8] = b"\x7fELF\x02\x01\x01\x00";
    let cases: [(&str, &[u8], &str); 6] = [
        (
            "torn.json",
            b"{\"settings\": [\n  {\"provider\": \"duckdns\",\n",
            "error: cannot import `torn.json`, line 2: the JSON ends in the middle\n",
        ),
        (
            "mistyped.json",
            b"{\"settings\": [\n  {\"provider\": [\"duckdns\"]}]}",
            "error: cannot import `mistyped.json`, line 2: `settings[0].provider` has to be a text, a number, true or false, and is a list\n",
        ),
        ("empty.conf", b"", "error: cannot import `empty.conf`: it is empty\n"),
        ("program", binary, "error: cannot import `program`, line 1: it is no text: there is a zero byte\n"),
        (
            "open.conf",
            b"provider noip.com {\n  username = me\n",
            "error: cannot import `open.conf`, line 1: the section `provider` is not closed\n",
        ),
        (
            "novel.txt",
            b"It was a dark and stormy night.\n",
            "error: cannot import `novel.txt`: nothing shows which program this file belongs to\n  hint: say it with --from: \
             ddclient, newfuture, ddns-go, ddns-updater, dness, dynflare, favonia, godns, inadyn, oznu, timothymiller\n",
        ),
    ];
    for (name, octets, expected) in cases {
        fs::write(folder.join(name), octets).expect("a file");
        let output = run(&folder, &["import", name]);
        assert_eq!((text(&output.stderr).as_str(), output.status.code()), (expected, Some(2)), "{name}");
        assert!(output.stdout.is_empty(), "{name}");
    }
    let huge = fs::File::create(folder.join("huge.conf")).expect("a file");
    huge.set_len(1 << 30).expect("a sparse file");
    let output = run(&folder, &["import", "huge.conf"]);
    assert_eq!(
        text(&output.stderr),
        "error: cannot import `huge.conf`: it is larger than 4 MiB, which no such file is\n"
    );
    let output = run(&folder, &["import", "nowhere.conf"]);
    assert_eq!(text(&output.stderr), "error: cannot read `nowhere.conf`: no such file or directory\n");
    let output = run(&folder, &["import", "."]);
    assert_eq!(text(&output.stderr), "error: cannot read `.`: it is a directory\n");
}

#[test]
fn a_mistake_is_json_where_that_is_asked_for() {
    let folder = folder("json");
    fs::write(folder.join("empty.conf"), "").expect("a file");
    let output = run(&folder, &["import", "empty.conf", "--json"]);
    let told: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(told["mistakes"][0]["message"], "cannot import `empty.conf`: it is empty");
    assert_eq!((told["exit"].as_i64(), output.status.code()), (Some(2), Some(2)));
}

#[test]
fn a_slip_in_from_is_put_right() {
    let folder = folder("slip");
    let output = run(&folder, &["import", "--from", "ddclinet", "x"]);
    let said = text(&output.stderr);
    assert!(said.starts_with("error: invalid value 'ddclinet' for '--from <CLIENT>'"), "{said}");
    assert!(said.contains("tip: a similar value exists: 'ddclient'"), "{said}");
    assert_eq!(output.status.code(), Some(2));
}

#[test]
fn a_file_without_a_record_that_can_be_kept_is_a_failure() {
    let folder = folder("nothing");
    fs::write(folder.join("a.conf"), "protocol=googledomains, login=me, password=x home.example.org\n")
        .expect("a file");
    let output = dynflare(&folder).args(["import", "a.conf"]).output().expect("the program starts");
    assert_eq!(output.status.code(), Some(1));
    assert!(
        text(&output.stdout).contains("records = [] # nothing of the file could be carried over as a record")
    );
    let said = text(&output.stderr);
    assert!(said.contains("  a.conf:1 `protocol`: the service has ended\n"), "{said}");
    assert!(said.contains("  a.conf:1 `protocol`: so `home.example.org` is not kept\n"), "{said}");
}
