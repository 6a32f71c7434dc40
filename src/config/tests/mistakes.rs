//! Bad files, variables and arguments, with what the user sees.

use super::*;

#[test]
fn every_mistake_of_a_file_is_shown_in_one_run_under_its_token() {
    let text = "\
version = 1
records = [\"cloudflare:example.org:A:home\", \"cloudfare:example.org:A:x\", 5]
pannel = 5
quorum = \"3\"
deadline = 10
allow = [\"198.51.100.1/24\"]

[providers.cloudflare]
tokn = \"s3cret\"
base_url = \"ftp://example.org\"

[providers.work]
type = \"cloudfare\"

[sources.mine]
trust = \"voter\"
";
    let expected = "\
error: there is no provider or account `cloudfare`
 --> dynflare.toml:2:46
  |
2 | records = [\"cloudflare:example.org:A:home\", \"cloudfare:example.org:A:x\", 5]
  |                                              ^^^^^^^^^
  hint: did you mean `cloudflare`?
error: `records`: expected a string, found a number
 --> dynflare.toml:2:74
  |
2 | records = [\"cloudflare:example.org:A:home\", \"cloudfare:example.org:A:x\", 5]
  |                                                                          ^
error: unknown setting `pannel`
 --> dynflare.toml:3:1
  |
3 | pannel = 5
  | ^^^^^^
  hint: did you mean `panel`?
error: `quorum`: expected a whole number, found a string
 --> dynflare.toml:4:11
  |
4 | quorum = \"3\"
  |           ^
error: `deadline`: expected a duration such as \"10s\", found the number 10
 --> dynflare.toml:5:12
  |
5 | deadline = 10
  |            ^^
  hint: write the unit: \"10s\"
error: `allow`: bits are set beyond the prefix length
 --> dynflare.toml:6:11
  |
6 | allow = [\"198.51.100.1/24\"]
  |           ^^^^^^^^^^^^^^^
error: unknown key in `[providers.cloudflare]`: `tokn`
 --> dynflare.toml:9:1
  |
9 | tokn = \"***\"
  | ^^^^
  hint: did you mean `token`?
error: `base_url`: expected a URL that starts with https:// or http://
  --> dynflare.toml:10:13
   |
10 | base_url = \"ftp://example.org\"
   |             ^^^^^^^^^^^^^^^^^
error: `type`: unknown provider `cloudfare`
  --> dynflare.toml:13:9
   |
13 | type = \"cloudfare\"
   |         ^^^^^^^^^
  hint: did you mean `cloudflare`?
error: the source `mine` does not say what to ask
  --> dynflare.toml:15:10
   |
15 | [sources.mine]
   |          ^^^^
  hint: add `spec = \"url:https://…\"`
";
    assert_eq!(rendered(text), expected);
}

/// A file (behind `version = 1`), the message, what is marked, the hint.
const FILES: &[(&str, &str, &str, &str)] = &[
    ("panel = 100", "`panel`: expected a number from 1 to 99, found 100", "100", ""),
    ("panel = 1.5", "`panel`: expected a whole number, found a number with a fraction", "1.5", ""),
    ("panel = true", "`panel`: expected a whole number, found `true` or `false`", "true", ""),
    (
        "panel = 99999999999999999999",
        "`panel`: expected a whole number, found a number that is too large",
        "99999999999999999999",
        "",
    ),
    ("panel = [1]", "`panel`: expected a whole number, found an array", "[1]", ""),
    ("panel = 2026-01-01", "`panel`: expected a whole number, found a date", "2026-01-01", ""),
    ("owner = 5", "`owner`: expected a string, found a number", "5", ""),
    ("owner = \"a b\"", "`owner`: an owner is 1 to 32 letters, digits, `_` or `-`", "a b", ""),
    (
        "rule = \"majorty\"",
        "`rule`: expected one of `majority` and `plurality`, found `majorty`",
        "majorty",
        "did you mean `majority`?",
    ),
    (
        "deadline = \"10\"",
        "`deadline`: expected a duration such as `10s`, `500ms` or `2m`, found `10`",
        "10",
        "write the unit: `10s`",
    ),
    ("deadline = \"1h\"", "`deadline`: expected a duration from 1s to 5m, found 1h", "1h", ""),
    (
        "deny = [\"192.0.2.1\"]",
        "`deny`: expected ADDRESS/LENGTH, such as 198.51.100.0/24 or 2001:db8::/32",
        "192.0.2.1",
        "",
    ),
    ("deny = 5", "`deny`: expected an array of strings, found a number", "5", ""),
    ("quorum = 2\npanel = 4", "a quorum of 2 is not more than half of a panel of 4; it needs 3", "2", ""),
    ("quorum = 4\npanel = 3", "a quorum of 4 cannot be reached by a panel of 3", "4", ""),
    (
        "pool = [\"static:192.0.2.1\"]",
        "the pool has 1 operator that vote, and 3 must agree",
        "[\"static:192.0.2.1\"]",
        "add sources of other operators, or trust this one alone with `quorum = 1`",
    ),
    ("pool = []", "`pool`: there is no source in it", "[]", ""),
    ("pool = [\"ipfy\"]\nquorum = 1", "`pool`: there is no source `ipfy`", "ipfy", "did you mean `ipify`?"),
    ("pool = [\"ipify\", \"ipify\"]\nquorum = 1", "`pool`: `ipify` is in it twice", "ipify", ""),
    ("providers = 5", "`providers`: expected tables, such as `[providers.NAME]`", "5", ""),
    ("providers.x = 5", "`providers`: expected a table, such as `[providers.x]`", "x", ""),
    (
        "[providers.work]",
        "the account `work` does not say at which provider it is",
        "work",
        "add `type`, one of those that the command `providers` lists",
    ),
    ("[providers.\"a b\"]", "`providers`: a name is made of letters, digits, `-` and `_`", "\"a b\"", ""),
    (
        "[providers.cloudflare]\nserver = \"ns1.example.org\"",
        "unknown key in `[providers.cloudflare]`: `server`",
        "server",
        "it belongs into a table `[providers.NAME]`",
    ),
    ("token = \"s3cret\"", "unknown setting `token`", "token", "it belongs into a table `[providers.NAME]`"),
    ("[providers.cloudflare]\ntoken = 5", "`token`: the value must be a string", "5", ""),
    (
        "[providers.rfc2136]\nserver = \"ns1.example.org:x\"",
        "`server`: \"ns1.example.org:x\" is not a server: expected NAME, ADDRESS, NAME:PORT, IPV4:PORT or [IPV6]:PORT",
        "ns1.example.org:x",
        "",
    ),
    (
        "[providers.rfc2136]\ntransport = \"tpc\"",
        "`transport`: expected one of `auto`, `tcp` and `udp`, found `tpc`",
        "tpc",
        "did you mean `tcp`?",
    ),
    (
        "[providers.rfc2136]\nkey_algorithm = \"hmac-md5\"\nkey_name = \"a\"\nkey_secret = \"x\"",
        "`key_algorithm`: expected one of `hmac-sha256`, `hmac-sha384` and `hmac-sha512`, found `hmac-md5`",
        "hmac-md5",
        "",
    ),
    ("[providers.rfc2136]\nkey_name = \"a\"", "`key_name` is given without `key_secret`", "a", ""),
    (
        "[providers.rfc2136]\nkey_secret = \"s3cret\"",
        "`key_secret` is given without `key_name`",
        "\"***\"",
        "",
    ),
    (
        "[providers.rfc2136]\nkey_name = \"a\"\nkey = \"s3cret\"",
        "`key` and `key_name` cannot both say what the key is",
        "\"***\"",
        "",
    ),
    (
        "[sources.ipify]\nspec = \"url:https://example.org\"",
        "`spec`: `ipify` is built in, and what it asks is known",
        "url:https://example.org",
        "give your own source a name of its own",
    ),
    (
        "pool = [\"mine\"]\nquorum = 1\n[sources.mine]\nurl = \"https://example.org\"\nspec = \"ipify\"",
        "`url`: this moves a built-in source, and `mine` is none",
        "https://example.org",
        "write `spec = \"url:https://…\"` for a source of your own",
    ),
    (
        "[[records]]\nttl = 5",
        "this record does not say which it is",
        "[[records]]",
        "add `record = \"PROVIDER:ZONE:TYPE:NAME\"`",
    ),
    (
        "records = [{ record = \"cloudflare:example.org:A:a\", ttl = \"5\" }]",
        "`ttl`: expected a whole number, found a string",
        "5",
        "",
    ),
    (
        "records = [{ record = \"cloudflare:example.org:A:a\", tll = 5 }]",
        "unknown option `tll`",
        "tll",
        "did you mean `ttl`?",
    ),
    (
        "records = [\"cloudflare:example.org:A:a?ttl=5\"]",
        "`ttl`: Cloudflare takes 1 (automatic) or 30 to 86400 seconds, not 5",
        "ttl",
        "",
    ),
    (
        "records = [\"rfc2136:example.org:A:a?proxied=true\"]",
        "RFC 2136 (DNS UPDATE) has no `proxied`",
        "proxied",
        "",
    ),
    (
        "records = [\"rfc2136:example.org:A:a?zone_id=0\"]",
        "RFC 2136 (DNS UPDATE) has no `zone_id`",
        "zone_id",
        "",
    ),
    (
        "records = [\"cloudflare:example.org:A:a\", \"cloudflare:example.org:A:a?ttl=60\"]",
        "a.example.org A at cloudflare is given twice, and differently",
        "cloudflare:example.org:A:a?ttl=60",
        "the first is `cloudflare:example.org:A:a` (dynflare.toml:2)",
    ),
    (
        "records = [\"nowhere:example.org:A:a\"]",
        "there is no provider or account `nowhere`",
        "nowhere",
        "the command `providers` lists those there are; others need a table `[providers.NAME]` in the file",
    ),
    (
        "records = [\"cloudflare:example.org:A:\\u0061?tll=5\"]",
        "unknown option `tll`",
        "\"cloudflare:example.org:A:\\u0061?tll=5\"",
        "did you mean `ttl`?",
    ),
];

#[test]
fn every_bad_file_has_its_own_sentence_its_place_and_what_to_do() {
    for (text, message, marked, hint) in FILES {
        let text = format!("version = 1\n{text}\n");
        let mut mistakes = Vec::new();
        let mut layers = Layers::default();
        let _ = file::parse(&"dynflare.toml".into(), &text, &mut layers, &mut mistakes);
        let found = load::from_layers(layers, mistakes, &Environment::default()).expect_err(&text);
        let [mistake] = found.as_slice() else { panic!("{text}: {found:#?}") };
        let place = mistake.place.as_ref().expect("a file has places");
        assert_eq!(mistake.message, *message, "{text}");
        assert_eq!(&place.text().shown()[place.shown_range()], *marked, "{text}");
        assert_eq!(mistake.hint.as_deref().unwrap_or_default(), *hint, "{text}");
    }
}

#[test]
fn a_file_says_its_version() {
    assert_eq!(
        rendered("panel = 5\n"),
        "error: the file does not say which version of the format it is written in
 --> dynflare.toml:1:1
  |
1 | panel = 5
  | ^
  hint: begin it with `version = 1`
"
    );
    assert_eq!(
        rendered("version = 2\n"),
        "error: `version`: this program knows version 1 only
 --> dynflare.toml:1:11
  |
1 | version = 2
  |           ^
  hint: write `version = 1`
"
    );
    good(from_file("\n# nothing yet\n"));
}

#[test]
fn broken_toml_is_shown_without_what_follows_from_it() {
    let text = rendered("version = 1\npanel = = 5\nowner = \"a b\"\nrecords = [\"a\"\n");
    assert!(text.contains("2 | panel = = 5"), "{text}");
    assert!(text.contains("`owner`: an owner is"), "{text}");
    assert!(!text.contains("`panel`"), "{text}");
}

#[test]
fn bad_variables_are_named() {
    for (name, value, message, hint) in [
        ("DYNFLARE_PANEL", "many", "`panel`: expected a whole number, found `many`", None),
        ("DYNFLARE_PANNEL", "5", "unknown variable $DYNFLARE_PANNEL", Some("did you mean $DYNFLARE_PANEL?")),
        (
            "DYNFLARE_FREQUENCY",
            "5",
            "unknown variable $DYNFLARE_FREQUENCY",
            Some("the command `config` lists all settings"),
        ),
        (
            "DYNFLARE_DEADLINE",
            "10",
            "`deadline`: expected a duration such as `10s`, `500ms` or `2m`, found `10`",
            Some("write the unit: `10s`"),
        ),
        (
            "RECORDS",
            "cloudflare:example.org:TXT:@?content=a,b",
            "expected four fields separated by colons, found 1",
            Some("a comma ends a record here; inside an option write it as `%2C`"),
        ),
    ] {
        let case = Case { file: "", world: [(name, value)], arguments: &[], secrets: Secrets::Leave };
        let mistakes = case.load().expect_err(name);
        let [mistake] = mistakes.as_slice() else { panic!("{mistakes:#?}") };
        assert_eq!(mistake.message, message);
        assert_eq!(mistake.hint.as_deref(), hint);
        let origin = mistake.place.as_ref().map(|place| place.origin().to_string());
        assert_eq!(origin, Some(format!("${name}")));
    }
}

#[test]
fn ur_20_a_comment_without_the_owner_mark_is_refused() {
    let comment = "cloudflare:example.org:A:a?comment=dynflare";
    let world = [("DYNFLARE_OWNER", "attic"), ("RECORDS", comment)];
    let mistakes =
        Case { file: "", world, arguments: &[], secrets: Secrets::Leave }.load().expect_err("no mark");
    assert_eq!(
        mistakes[0].message,
        "the comment must contain `dynflare:attic`, or the record would not be recognised as owned"
    );
}

#[test]
fn a_long_line_is_cut_around_the_mistake() {
    let names: Vec<String> = (0..40).map(|at| format!("cloudflare:example.org:A:n{at:02}")).collect();
    let records = names.join(",").replace("n20", "n..x");
    let world = [("RECORDS", records.as_str())];
    let mistakes =
        Case { file: "", world, arguments: &[], secrets: Secrets::Leave }.load().expect_err("a bad name");
    assert_eq!(
        mistakes[0].to_string(),
        "error: the name is no name: a label between two dots is empty
  --> $RECORDS
   | …A:n18,cloudflare:example.org:A:n19,cloudflare:example.org:A:n..x,cloudflare:example.org:A:n21,cloudflare:example.org:A:n22,c…
   |                                                              ^^^^"
    );
}

#[cfg(unix)]
#[test]
fn a_variable_that_is_not_utf8_is_named_if_it_is_ours() {
    use std::ffi::OsString;
    use std::os::unix::ffi::OsStringExt;
    let bytes = || OsString::from_vec(vec![0xff, 0xfe]);
    let world =
        ["LS_COLORS", "CLOUDFLARE_API_TOKEN", "DYNFLARE_OWNER"].map(|name| (OsString::from(name), bytes()));
    let mistakes =
        load(&Environment::from_os(world), &Arguments::default(), Secrets::Leave).expect_err("two of ours");
    let messages: Vec<_> = mistakes.iter().map(|mistake| mistake.message.as_str()).collect();
    assert_eq!(
        messages,
        [
            "the value of $CLOUDFLARE_API_TOKEN is not UTF-8 text",
            "the value of $DYNFLARE_OWNER is not UTF-8 text"
        ]
    );
}

#[test]
fn a_file_that_cannot_be_read_is_named_with_who_asked_for_it() {
    let world = Environment::from([("DYNFLARE_CONFIG", "/nowhere/dynflare.toml")]);
    let mistakes = load(&world, &Arguments::default(), Secrets::Leave).expect_err("there is no such file");
    assert_eq!(
        mistakes[0].to_string(),
        "error: cannot read the configuration `/nowhere/dynflare.toml`: no such file or directory
  --> $DYNFLARE_CONFIG
   | /nowhere/dynflare.toml
   | ^^^^^^^^^^^^^^^^^^^^^^"
    );
    let scratch = Scratch::new("not-utf8");
    let mut arguments = Arguments::default();
    arguments.set_config(Some(scratch.file("x.toml", [0xff])));
    let mistakes = load(&Environment::default(), &arguments, Secrets::Leave).expect_err("no text");
    assert!(mistakes[0].message.ends_with("x.toml`: it is not UTF-8 text"), "{}", mistakes[0].message);
    assert!(mistakes[0].to_string().contains("--> --config"), "{}", mistakes[0]);
}

#[test]
fn mistakes_come_in_the_order_of_the_layers_and_as_json() {
    let case = Case {
        file: "version = 1\nowner = \"a b\"\npanel = 0\n",
        world: [("DYNFLARE_QUORUM", "x")],
        arguments: &[("rule", "--rule", "best")],
        secrets: Secrets::Leave,
    };
    let mistakes = case.load().expect_err("four mistakes");
    let settings: Vec<_> =
        mistakes.iter().map(|mistake| mistake.message.split(':').next().unwrap_or_default()).collect();
    assert_eq!(settings, ["`owner`", "`panel`", "`quorum`", "`rule`"]);
    assert_eq!(
        mistakes[3].to_json().to_string(),
        r#"{"column":1,"hint":null,"label":null,"line":1,"message":"`rule`: expected one of `majority` and `plurality`, found `best`","origin":"--rule","severity":"error","text":"best"}"#
    );
}

#[cfg(not(feature = "notify"))]
#[test]
fn notifications_in_a_program_that_was_built_without_them_are_told_with_what_to_do() {
    let text = rendered("version = 1\n\n[notify.phone]\ntype = \"ntfy\"\n");
    assert!(text.starts_with("error: `notify`: this program was built without notifications\n"), "{text}");
    assert!(text.contains("--> dynflare.toml:3"), "{text}");
    let hint = "hint: use one that was built with the feature `notify`, or take these tables out";
    assert!(text.contains(hint), "{text}");
}

#[cfg(not(feature = "rest"))]
#[test]
fn a_provider_that_this_program_was_built_without_is_named_with_what_to_do() {
    let hint = "hint: use one that was built with the feature `rest`";
    for file in [
        "version = 1\nrecords = [\"digitalocean:example.org:A:home\"]\n",
        "version = 1\n\n[providers.digitalocean]\ntoken = \"file:/t\"\n",
        "version = 1\n\n[providers.mine]\ntype = \"digitalocean\"\n",
    ] {
        let text = rendered(file);
        assert!(text.contains("this program was built without the provider `digitalocean`"), "{text}");
        assert!(text.contains(hint) && text.contains("dynflare.toml"), "{text}");
    }
}

#[cfg(not(any(feature = "router", feature = "serve", feature = "tunnel")))]
#[test]
fn settings_of_what_this_program_was_built_without_are_told_with_what_to_do() {
    for (file, what, feature) in [
        ("version = 1\n\n[serve]\nname = \"ns.example.org\"\n", "`serve`", "serve"),
        ("version = 1\npool = [\"router\"]\n", "the source `router`", "router"),
        ("version = 1\npool = [\"nat-pmp:192.0.2.1\"]\n", "the source `router`", "router"),
        ("version = 1\npool = [\"tunnel:ngrok\"]\n", "the source `tunnel`", "tunnel"),
        ("version = 1\nrouter_events = \"listen\"\n", "what the router says", "router"),
    ] {
        let text = rendered(file);
        assert!(text.contains(&format!("this program was built without {what}")), "{text}");
        let hint = format!("hint: use one that was built with the feature `{feature}`");
        assert!(text.contains(&hint) && text.contains("dynflare.toml"), "{text}");
    }
}
