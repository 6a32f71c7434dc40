//! What no importer should stumble over: torn, mistyped, empty, binary, huge and hostile files; and any text at all.

use dynflare_import::{
    Ability, Catalogue, Field, File, Hints, Imported, LIMIT, Need, Placement, Provider, Sight, Tool, Zone,
    import,
};
use proptest::prelude::*;

/// A provider that can everything.
fn provider(id: &str, keys: &[(&str, Sight)], zone: Zone) -> Provider {
    let field = |(key, sight): &(&str, Sight)| Field {
        key: (*key).to_owned(),
        about: format!("the {key}"),
        sight: *sight,
        need: if id == "cloudflare" { Need::Optional } else { Need::Required },
    };
    Provider {
        id: id.to_owned(),
        name: id.to_owned(),
        fields: keys.iter().map(field).collect(),
        can: vec![
            Ability::Ipv4,
            Ability::Ipv6,
            Ability::Wildcard,
            Ability::Comment,
            Ability::Proxied,
            Ability::Ttl,
        ],
        zone,
        min_ttl: 60,
    }
}

fn catalogue() -> Catalogue {
    let login: &[(&str, Sight)] = &[("username", Sight::Plain), ("password", Sight::Secret)];
    let providers = vec![
        provider(
            "alidns",
            &[("access_key_id", Sight::Plain), ("access_key_secret", Sight::Secret)],
            Zone::Auto,
        ),
        provider(
            "cloudflare",
            &[("email", Sight::Plain), ("key", Sight::Secret), ("token", Sight::Secret)],
            Zone::Auto,
        ),
        provider("duckdns", &[("token", Sight::Secret)], Zone::Auto),
        provider(
            "dyndns2",
            &[("server", Sight::Plain), ("username", Sight::Plain), ("password", Sight::Secret)],
            Zone::Auto,
        ),
        provider("get", &[], Zone::Written),
        provider("http", &[], Zone::Auto),
        provider("namecheap-dynamic", &[("password", Sight::Secret)], Zone::Written),
        provider("noip", login, Zone::Auto),
    ];
    Catalogue { providers }
}

fn read(text: impl Into<Vec<u8>>, from: Option<Tool>) -> Result<Imported, (Option<usize>, String)> {
    let file = File { name: "file".to_owned(), bytes: text.into() };
    import(&[file], &Hints { from, zones: Vec::new() }, &catalogue())
        .map_err(|(_, mistake)| (mistake.line, mistake.message))
}

/// The mistake that a text is.
fn mistake(text: impl Into<Vec<u8>>) -> (Option<usize>, String) {
    read(text, None).map(|imported| imported.configuration(&Placement::Inline)).expect_err("a mistake")
}

fn forced(tool: Tool, text: &str) -> (Option<usize>, String) {
    read(text, Some(tool)).map(|imported| imported.configuration(&Placement::Inline)).expect_err("a mistake")
}

#[test]
fn a_file_that_is_none_says_so_and_where() {
    let at = |line: usize, message: &str| (Some(line), message.to_owned());
    let whole = |message: &str| (None, message.to_owned());
    assert_eq!(mistake(""), whole("it is empty"));
    assert_eq!(mistake(" \n\t\n"), whole("it is empty"));
    assert_eq!(mistake(b"protocol=noip\n\x00\x01".to_vec()), at(2, "it is no text: there is a zero byte"));
    assert_eq!(mistake(b"protocol=noip\nlogin=\xff\xfe".to_vec()), at(2, "it is not UTF-8 text"));
    assert_eq!(mistake(vec![b'a'; LIMIT + 1]), whole("it is larger than 4 MiB, which no such file is"));
    assert_eq!(mistake("lorem ipsum"), whole("nothing shows which program this file belongs to"));
    assert_eq!(mistake("{\"a\": 1}"), whole("nothing shows which program this JSON belongs to"));
    assert_eq!(mistake("{\"settings\": [\n{\"provider\":"), at(2, "the JSON ends in the middle"));
    assert_eq!(mistake("{\n\"settings\": [}]"), at(2, "this is no JSON: expected value"));
}

#[test]
fn what_is_torn_or_of_another_type_is_told_with_its_line() {
    let at = |line: usize, message: &str| (Some(line), message.to_owned());
    assert_eq!(
        mistake("{\n\"settings\": [\n{\"provider\": [1]}]}"),
        at(3, "`settings[0].provider` has to be a text, a number, true or false, and is a list")
    );
    assert_eq!(mistake("{\"settings\": [3]}"), at(1, "settings[0] has to be a table, and is a number"));
    assert_eq!(mistake("{\"settings\": [\n{}]}"), at(1, "`settings[0].provider` is missing"));
    assert_eq!(
        mistake("protocol=noip\npassword='never closed\nhost.example.org"),
        at(2, "the quote behind `password=` is not closed")
    );
    assert_eq!(mistake("protocol=noip\nlogin=a"), (None, "it names no host".to_owned()));
    assert_eq!(mistake("provider noip.com {\n username = \"a\n}"), at(2, "a quote is not closed"));
    assert_eq!(
        mistake("provider noip.com {\n username = a\n"),
        at(1, "the section `provider` is not closed")
    );
    assert_eq!(
        mistake("provider noip.com {\n username\n}"),
        at(2, "there is neither a setting NAME = VALUE nor a section")
    );
    assert_eq!(
        mistake("provider noip.com {\n hostname = { \"a\",\n"),
        at(2, "the list of `hostname` is not closed")
    );
    assert_eq!(forced(Tool::Inadyn, "/* provider x {"), at(1, "a comment is not closed"));
    assert_eq!(
        mistake("dnsconf:\n  - name: [\n"),
        at(3, "this is no YAML: while parsing a node, did not find expected node content")
    );
    assert_eq!(
        mistake("dnsconf:\n  - name: a\n    dns: 3\n"),
        at(3, "dnsconf[0].dns has to be a table, and is a number")
    );
    assert_eq!(
        mistake("[[domains]]\ntype = \"cloudflare\nzone = 1"),
        at(2, "this is no TOML: invalid basic string, expected `\"`")
    );
    assert_eq!(mistake("[[domains]]\nzone = \"a\""), at(2, "`domains[0].type` is missing"));
    assert_eq!(
        mistake("RECORDS=a\nnonsense"),
        (None, "nothing shows which program this file belongs to".to_owned())
    );
    assert_eq!(
        forced(Tool::Dynflare, "RECORDS=a\nnonsense"),
        at(2, "a line of variables has to be NAME=value")
    );
    assert_eq!(forced(Tool::Favonia, "DOMAINS=\"a"), at(1, "a quote is not closed"));
    assert_eq!(
        mistake("services:\n  a:\n    image: favonia/cloudflare-ddns\n    environment: 3\n"),
        at(4, "`environment` has to be a list or a table, and is a number")
    );
}

#[test]
fn nothing_is_nested_or_repeated_without_end() {
    let deep = format!("{{\"settings\": {}{}}}", "[".repeat(100), "]".repeat(100));
    assert_eq!(mistake(deep), (Some(1), "the JSON is nested more than 64 times".to_owned()));
    let deeper = "[".repeat(100_000);
    assert_eq!(mistake(deeper).1, "the JSON ends in the middle");
    let closed = format!("{{\"settings\": {}{}}}", "[".repeat(50_000), "]".repeat(50_000));
    assert_eq!(mistake(closed).1, "the JSON is nested more than 64 times");
    let mut laughs = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
    for level in 1..12 {
        let before = level - 1;
        let list = vec![format!("*a{before}"); 10].join(", ");
        laughs.extend([format!("a{level}: &a{level} ["), list, "]\n".to_owned()]);
    }
    laughs.push_str("dnsconf: []\n");
    let told = read(laughs, Some(Tool::DdnsGo)).map(|_| ()).expect_err("too much");
    assert_eq!(told.1, "the YAML comes to more than 100000 values");
    let brackets = format!("DOMAINS=a.example.org\nCLOUDFLARE_API_TOKEN=x\nPROXIED={}", "(".repeat(50_000));
    assert!(read(brackets, None).is_ok());
}

#[test]
fn a_name_that_begins_like_a_reference_is_no_reference() {
    let text = "protocol=noip, login=cmd:reboot, password=env:HOME home.example.org";
    let imported = read(text, None).expect("a good file");
    for placement in [Placement::Inline, Placement::Files("x/".to_owned())] {
        let configuration = imported.configuration(&placement);
        assert!(!configuration.contains("cmd:") && !configuration.contains("env:"), "{configuration}");
    }
    let secrets: Vec<Option<&str>> = imported.secrets.iter().map(|secret| secret.expose()).collect();
    assert_eq!(secrets, [Some("cmd:reboot"), Some("env:HOME")]);
}

#[test]
fn every_word_of_from_is_a_tool() {
    for tool in Tool::ALL {
        assert_eq!(Tool::of(tool.word()), Some(tool));
    }
    assert_eq!(Tool::of("nothing"), None);
}

/// What holds of everything that was read, whatever it was.
fn holds(text: &str, imported: &Imported) {
    let lines = text.lines().count().max(1);
    for placement in [Placement::Inline, Placement::Files("dynflare.secrets/".to_owned())] {
        let configuration = imported.configuration(&placement);
        let table = configuration.parse::<toml::Table>();
        let table = table.unwrap_or_else(|error| panic!("{error}\n{configuration}\nfrom\n{text}"));
        assert_eq!(table.get("version").and_then(toml::Value::as_integer), Some(1));
        assert_eq!(
            table.get("records").and_then(toml::Value::as_array).map(Vec::len),
            Some(imported.records)
        );
    }
    for finding in &imported.findings {
        assert!(finding.line >= 1 && finding.line <= lines + 1, "{finding:?} of {lines} lines");
        assert!(!finding.why.is_empty() && !finding.setting.contains('\n'), "{finding:?}");
    }
    assert!(imported.secrets.iter().all(|secret| !secret.file.contains(['/', '\\'])));
}

fn words() -> impl Strategy<Value = String> {
    let word = prop_oneof![
        Just("protocol=noip"),
        Just("login=a"),
        Just("password='x y'"),
        Just("host.example.org"),
        Just("\\\n"),
        Just("\n"),
        Just(","),
        Just("provider"),
        Just("custom"),
        Just("{"),
        Just("}"),
        Just("="),
        Just("\""),
        Just("hostname"),
        Just("services:\n  x:\n    image: favonia/cloudflare-ddns\n    environment:\n"),
        Just("      - "),
        Just("DOMAINS=a.example.org{hostid6=::1}"),
        Just("PROXIED=is(a)||sub(b)"),
        Just("CLOUDFLARE_API_TOKEN=t"),
        Just("[[domains]]"),
        Just("type=\"cloudflare\""),
        Just("zone=\"example.org\""),
        Just("records=[\"a\"]"),
        Just("{\"settings\":[{\"provider\":\"duckdns\",\"domain\":\"a.duckdns.org\",\"token\":\"t\"}]}"),
        Just("dnsconf:\n  - dns:\n      name: callback\n      id: https://u@h/\n"),
        Just("#"),
        Just("é"),
        Just("\u{7f}"),
        Just("* * * * * dynflare -r cloudflare:example.org:A:x"),
        Just("web=http://a@b/c?token=d"),
        Just("use=web"),
    ];
    prop::collection::vec(word, 0..24).prop_map(|words| words.join(" "))
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused(text in ".{0,300}", index in 0_usize..12) {
        let from = Tool::ALL.get(index).copied();
        if let Ok(imported) = read(text.clone(), from) {
            holds(&text, &imported);
        }
    }

    #[test]
    fn any_text_of_likely_words_is_read_or_refused(text in words(), index in 0_usize..12) {
        let from = Tool::ALL.get(index).copied();
        if let Ok(imported) = read(text.clone(), from) {
            holds(&text, &imported);
        }
    }

    #[test]
    fn secrets_never_stand_in_the_configuration(secret in "[A-Za-z0-9!$%^&*()+/=~-]{8,40}") {
        let text = format!("protocol=noip, login=me, password='{secret}' home.example.org\n");
        let imported = read(text, None).expect("a good file");
        let shown = format!("{}{}", imported.configuration(&Placement::Files("x/".into())), imported.report());
        prop_assert!(!shown.contains(&secret));
        prop_assert_eq!(imported.secrets[0].expose(), Some(secret.as_str()));
        let debug = format!("{imported:?}");
        prop_assert!(!debug.contains(&secret));
    }
}
