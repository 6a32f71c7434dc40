//! The README's first command.

use crate::lab::program;
use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};

#[tokio::test]
async fn the_demo_ends_with_the_right_address_in_dns_although_two_of_five_lie() {
    let ran = program(vec!["demo".to_owned(), "--once".to_owned()], vec![]).await.exits(0).warns("");
    assert!(ran.stdout.contains("before   home.example.org A 198.51.100.4\n"), "{}", ran.stdout);
    assert_eq!(ran.stdout.matches("  198.51.100.66\n").count(), 2, "both lies are shown:\n{}", ran.stdout);
    assert!(ran.stdout.contains("\nafter    home.example.org A 203.0.113.7\n"), "{}", ran.stdout);
    assert!(ran.stdout.contains("dig @127.0.0.1 -p "), "{}", ran.stdout);
}

#[test]
fn a_running_demo_follows_moves_from_the_keyboard_and_from_another_command() {
    let mut demo = Command::new(env!("CARGO_BIN_EXE_dynflare"))
        .arg("demo")
        .env_clear()
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the program can be started");
    let mut keys = demo.stdin.take().expect("piped");
    let mut lines =
        BufReader::new(demo.stdout.take().expect("piped")).lines().map(|line| line.expect("UTF-8"));
    let mut until =
        |text: &str| lines.find(|line| line.contains(text)).unwrap_or_else(|| panic!("never said: {text}"));

    until("after    home.example.org A 203.0.113.7");
    let other = until("dynflare demo --move-to");
    keys.write_all(b"\n").expect("it reads");
    until("after    home.example.org A 203.0.113.8");
    keys.write_all(b"203.0.113.42\n").expect("it reads");
    until("after    home.example.org A 203.0.113.42");

    let at = other.rsplit(' ').next().expect("the line ends with the address");
    let moved = Command::new(env!("CARGO_BIN_EXE_dynflare"))
        .args(["demo", "--move-to", "203.0.113.77", "--at", at])
        .env_clear()
        .output()
        .expect("the program can be started");
    assert!(moved.status.success(), "{moved:?}");
    until("after    home.example.org A 203.0.113.77");
    keys.write_all(b"q\n").expect("it reads");
    assert!(demo.wait().expect("it ends").success());
}
