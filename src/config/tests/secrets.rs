//! Secrets: where they come from, what is cleaned off, and that they never show.

use super::*;

const PLANTED: &str = "s3cret-s3cret";

/// The one secret of the Cloudflare account, and the notes.
fn token(loaded: Loaded) -> (String, Vec<String>) {
    let (settings, notes) = good(loaded);
    let secrets = settings.secrets();
    assert_eq!(secrets.len(), 1);
    (secrets[0].expose().to_owned(), notes.into_iter().map(|note| note.message).collect())
}

#[test]
fn ur_40_what_got_in_by_copying_is_taken_off_with_a_note() {
    for (text, note) in [
        ("tok-en_1", ""),
        ("tok-en_1\n", "took line ends off the token"),
        ("tok-en_1\r\n", "took line ends off the token"),
        (" tok-en_1 ", "took blanks off the token"),
        ("\u{feff}tok-en_1", "took a byte order mark off the token"),
        ("\"tok-en_1\"", "took quotes off the token"),
        ("'tok-en_1'", "took quotes off the token"),
        ("Bearer tok-en_1", "took `Bearer` off the token"),
        (
            "\u{feff}\"bearer  tok-en_1\"\r\n",
            "took line ends and a byte order mark and quotes and `Bearer` and blanks off the token",
        ),
    ] {
        let (secret, notes) = token(from_world([("CLOUDFLARE_API_TOKEN", text), ("RECORDS", RECORD)]));
        assert_eq!(secret, "tok-en_1", "{text:?}");
        let notes = notes.join("; ");
        if text.starts_with('\u{feff}') && !note.starts_with("took a byte") {
            assert!(
                ["line ends", "byte order mark", "quotes", "`Bearer`"]
                    .iter()
                    .all(|what| notes.contains(what))
            );
        } else {
            assert_eq!(notes, note, "{text:?}");
        }
    }
}

#[test]
fn ur_41_no_form_of_token_is_refused() {
    for text in [
        "Sn3lZJTBX6kkg7OdcBUAxOO963GEIyGQ-_TOFYY1",
        "cfut_Sn3lZJTBX6kkg7OdcBUAxOO963GEIyGQqnFTOFYY12345678",
        "cfat_Sn3lZJTBX6kkg7OdcBUAxOO963GEIyGQqnFTOFYY12345678",
        "x",
    ] {
        assert_eq!(token(from_world([("CLOUDFLARE_API_TOKEN", text), ("RECORDS", RECORD)])).0, text);
    }
}

#[test]
fn ur_42_a_global_key_in_the_place_of_a_token_is_told() {
    for text in ["0123456789abcdef0123456789abcdef01234", "cfk_0123456789"] {
        for name in ["CLOUDFLARE_API_TOKEN", "CF_API_TOKEN", "CLOUDFLARE_API_KEY", "CF_API_KEY"] {
            let mistakes = from_world([(name, text), ("RECORDS", RECORD)]).expect_err(name);
            assert_eq!(
                mistakes[0].to_string(),
                format!(
                    "error: this is the global API key, not a token; it needs the e-mail address of its user
  --> ${name}
   | ***
   | ^^^
  hint: better make a token with Zone.DNS:Edit (dash.cloudflare.com, My Profile, API Tokens), or set CLOUDFLARE_EMAIL and CLOUDFLARE_API_KEY"
                )
            );
        }
    }
}

#[test]
fn a_secret_can_be_a_reference() {
    let scratch = Scratch::new("references");
    let path = scratch.file("token", "from-a-file\n").display().to_string();
    scratch.file("credentials/token", "from-systemd");
    let credentials = scratch.0.join("credentials").display().to_string();
    for (text, expected) in [
        (format!("file:{path}"), "from-a-file"),
        ("file:~/token".to_owned(), "from-a-file"),
        ("env:OTHER".to_owned(), "from-a-variable"),
        ("cmd:printf from-a-command\\n".to_owned(), "from-a-command"),
        ("credential:token".to_owned(), "from-systemd"),
    ] {
        let home = scratch.0.display().to_string();
        let (secret, notes) = token(from_world([
            ("CLOUDFLARE_API_TOKEN", text.as_str()),
            ("RECORDS", RECORD),
            ("OTHER", "from-a-variable"),
            ("HOME", home.as_str()),
            ("CREDENTIALS_DIRECTORY", credentials.as_str()),
        ]));
        assert_eq!((secret.as_str(), notes.len()), (expected, 0), "{text}");
    }
    for name in ["CLOUDFLARE_API_TOKEN_FILE", "CF_API_TOKEN_FILE", "CLOUDFLARE_API_KEY_FILE"] {
        assert_eq!(
            token(from_world([(name, path.as_str()), ("RECORDS", RECORD)])).0,
            "from-a-file",
            "{name}"
        );
    }
}

#[test]
fn a_reference_that_leads_nowhere_says_so() {
    for (text, message) in [
        ("file:/nowhere/token", "cannot read the token: `/nowhere/token`: no such file or directory"),
        ("file:", "cannot read the token: nothing stands behind `file:`"),
        ("env:NOWHERE", "cannot read the token: the variable `NOWHERE` is not set"),
        (
            "credential:token",
            "cannot read the token: there are no systemd credentials: $CREDENTIALS_DIRECTORY is not set",
        ),
        (
            "cmd:/nowhere/pass x",
            "cannot read the token: the command `/nowhere/pass` cannot be started: no such file or directory",
        ),
        ("cmd:false", "cannot read the token: the command `false` failed (exit status: 1)"),
        ("\"\"", "the token is empty"),
        ("a\nb", "the token has a line end or another control character inside"),
        ("/etc/token", "this is a path, not a token"),
    ] {
        let mistakes = from_world([("CLOUDFLARE_API_TOKEN", text), ("RECORDS", RECORD)]).expect_err(text);
        assert_eq!(mistakes[0].message, message);
    }
    let both = [("CLOUDFLARE_API_TOKEN", "a"), ("CLOUDFLARE_API_TOKEN_FILE", "/b"), ("RECORDS", RECORD)];
    let mistakes = from_world(both).expect_err("both");
    assert_eq!(
        mistakes[0].message,
        "$CLOUDFLARE_API_TOKEN and $CLOUDFLARE_API_TOKEN_FILE both give the token"
    );
}

#[test]
fn secrets_are_read_only_for_accounts_that_a_record_uses() {
    let file = "version = 1\n[providers.cloudflare]\ntoken = \"file:/nowhere\"\n[providers.work]\n\
                type = \"cloudflare\"\ntoken = \"w\"\n";
    let world = [("RECORDS", "work:example.org:A:a"), ("RFC2136_KEY_FILE", "/nowhere")];
    let case = Case { file, world, arguments: &[], secrets: Secrets::Read };
    assert_eq!(token(case.load()).0, "w");
}

#[test]
fn an_account_without_credentials_says_how_to_give_them() {
    let mistakes = from_world([("RECORDS", RECORD)]).expect_err("no credentials");
    assert_eq!(
        mistakes[0].to_string(),
        "error: there are no credentials for the account `cloudflare`
  --> $RECORDS
   | cloudflare:example.org:A:home
   | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
  hint: set CLOUDFLARE_API_TOKEN, or `token = \"file:…\"` below `[providers.cloudflare]`; it needs Zone.DNS:Edit (dash.cloudflare.com, My Profile, API Tokens)"
    );
    let mistakes = from_world([("RECORDS", "rfc2136:example.org:A:a")]).expect_err("no server");
    assert_eq!(mistakes[0].message, "the account `rfc2136` has no server");
}

#[test]
fn an_rfc_2136_account_comes_from_variables_or_its_table() {
    let account = |loaded: Loaded| {
        let (settings, _) = good(loaded);
        let Some(AccountSettings::Rfc2136(account)) = settings.accounts.values().next().cloned() else {
            panic!("no account");
        };
        account
    };
    let wanted = ("RECORDS", "rfc2136:example.org:A:a");
    for (key, algorithm) in [
        ("hmac-sha512:Dynflare.:c2VjcmV0", "hmac-sha512"),
        ("dynflare:c2VjcmV0", "hmac-sha256"),
        (" sha384:dynflare:c2VjcmV0", "hmac-sha384"),
    ] {
        let found = account(from_world([("RFC2136_SERVER", "192.0.2.1:5353"), ("RFC2136_KEY", key), wanted]));
        assert_eq!(found.server, "192.0.2.1:5353");
        let key = found.key.expect("a key");
        assert_eq!((key.name.as_str(), key.secret.expose()), ("dynflare", "c2VjcmV0"));
        assert_eq!(key.algorithm.to_string(), algorithm);
    }
    let file = "version = 1\nrecords = [\"own:example.org:A:a\"]\n[providers.own]\ntype = \"rfc2136\"\n\
                server = \"[2001:db8::1]:53\"\nkey_name = \"k\"\nkey_secret = \"c2VjcmV0\"\ntransport = \"tcp\"\n";
    let found = account(Case { file, world: [], arguments: &[], secrets: Secrets::Read }.load());
    assert_eq!((found.server.as_str(), found.key.is_some()), ("[2001:db8::1]:53", true));
    for (key, message) in [
        (PLANTED, "the TSIG key has 1 parts instead of two or three"),
        (
            "s3cret-s3cret:k:hmac-sha256",
            "the TSIG key begins with an algorithm that is not known: use hmac-sha256, hmac-sha384 or hmac-sha512",
        ),
        (
            "k:s3cret-s3cret",
            "the key's secret is not base64: copy the value between the quotes of `secret` in the server's key",
        ),
        ("s3cret s3cret:x", "the TSIG key has a name that is no name"),
    ] {
        let world = [("RFC2136_SERVER", "ns1.example.org"), ("RFC2136_KEY", key), wanted];
        let mistakes = from_world(world).expect_err(key);
        assert_eq!(mistakes[0].message, message);
    }
}

#[test]
fn variables_of_one_provider_are_not_used_for_another() {
    let file = "version = 1\n[providers.cloudflare]\ntype = \"rfc2136\"\nserver = \"192.0.2.1\"\n";
    let world = [("RECORDS", RECORD), ("CLOUDFLARE_API_KEY", "k:c2VjcmV0")];
    let (settings, _) = good(Case { file, world, arguments: &[], secrets: Secrets::Read }.load());
    assert!(settings.secrets().is_empty());
}

#[cfg(unix)]
#[test]
fn a_secret_that_everybody_can_read_gets_a_note() {
    use std::os::unix::fs::PermissionsExt;
    let scratch = Scratch::new("public");
    let path = scratch.file("token", "t");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).expect("one's own file");
    let shown = path.display().to_string();
    let (_, notes) = token(from_world([("CLOUDFLARE_API_TOKEN_FILE", shown.as_str()), ("RECORDS", RECORD)]));
    assert_eq!(notes, [format!("every user of this machine can read the token in `{shown}`")]);
    let file = scratch.file("dynflare.toml", "version = 1\n[providers.cloudflare]\ntoken = \"t\"\n");
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o644)).expect("one's own file");
    let mut arguments = Arguments::default();
    arguments.set_config(Some(file.clone()));
    let (_, notes) = good(load(&Environment::default(), &arguments, Secrets::Leave));
    assert_eq!(
        notes[0].message,
        format!("every user of this machine can read the secret in `{}`", file.display())
    );
}

/// Everything that can be shown of what was loaded.
fn everything(loaded: &Loaded) -> String {
    match loaded {
        Ok((settings, notes)) => {
            let rows: Vec<String> =
                settings.effective().iter().map(|row| format!("{row:?} {}", row.to_json())).collect();
            format!("{settings:?} {:?} {rows:?} {}", settings.secrets(), all(notes))
        }
        Err(mistakes) => all(mistakes),
    }
}

fn all(findings: &[Diagnostic]) -> String {
    let show = |finding: &Diagnostic| {
        format!(
            "{finding:?}\n{}\n{}\n{}\n",
            finding.render(Colour::Never),
            finding.render(Colour::Ansi),
            finding.to_json()
        )
    };
    findings.iter().map(show).collect()
}

#[test]
fn ur_45_no_output_of_any_kind_holds_a_secret() {
    let files = [
        "[providers.cloudflare]\ntoken = \"s3cret-s3cret\"",
        "[providers.cloudflare]\ntokn = \"s3cret-s3cret\"",
        "[providers.cloudflare]\ntoken = \"s3cret-s3cret",
        "[providers.cloudflare]\ntoken = s3cret-s3cret",
        "[providers.cloudflare]\ntoken \"s3cret-s3cret\"",
        "[providers.cloudflare]\ntoken = \"s3cret-s3cret\" x",
        "[providers.cloudflare]\ntoken = \"\"\"\ns3cret-s3cret",
        "[providers.cloudflare]\ntoken = [\"s3cret-s3cret\"]",
        "[providers.cloudflare]\ntoken = \"s3cret\\qs3cret-s3cret\"",
        "[providers.cloudflare]\ntoken = \"cmd:printf s3cret-s3cret x\"",
        "[providers.cloudflare]\ntoken = \"cmd:/nowhere s3cret-s3cret\"",
        "[providers.cloudflare]\nemail = \"x\"\nkey = \"s3cret-s3cret\"",
        "[providers.cloudflare]\nkey = \"s3cret-s3cret\"",
        "[providers.cloudflare]\ntoken = \"a\"\ntoken = \"s3cret-s3cret\"",
        "providers.cloudflare = { token = \"s3cret-s3cret\", x = 1 }",
        "providers.cloudflare = \"s3cret-s3cret\"",
        "providers = \"s3cret-s3cret\"",
        "token = \"s3cret-s3cret\"",
        "[providers.rfc2136]\nserver = \"ns1.example.org\"\nkey = \"s3cret-s3cret\"",
        "[providers.rfc2136]\nserver = \"ns1.example.org\"\nkey = \"k:s3cret-s3cret\"",
        "[providers.rfc2136]\nserver = \"ns1.example.org\"\nkey_name = \"k\"\nkey_secret = \"s3cret-s3cret\"",
        "[provider.cloudflare]\ntoken = \"s3cret-s3cret\"",
        "[[providers.cloudflare]]\ntoken = \"s3cret-s3cret\"",
        "s3cret-s3cret",
        "\"s3cret-s3cret\"",
        "# token = \"s3cret-s3cret\"\n= 5",
        "panel = 5 x # token = s3cret-s3cret",
        "[sources.mine]\nspec = \"url:https://ip.example.org/?key=s3cret-s3cret\"",
        "pool = [\"url:https://ip.example.org/?key=s3cret-s3cret\"]",
        "pool = [\"url:https://ip.example.org/?key=s3cret-s3cret\"]\npanel = 1",
        "pool = [\"command:curl https://ip.example.org/?key=s3cret-s3cret\"]\npanel = 1",
        "pool = [\"url:https://u:s3cret-s3cret@ip.example.org/\"]\nquorum = 1",
        "[sources.ipify]\nurl = \"https://u:s3cret-s3cret@ip.example.org/?s3cret\"",
    ];
    let wanted = "cloudflare:example.org:A:a,rfc2136:example.org:A:a";
    for file in files {
        let file = format!("version = 1\n{file}\n");
        let case = Case { file: &file, world: [("RECORDS", wanted)], arguments: &[], secrets: Secrets::Read };
        let shown = everything(&case.load());
        assert!(!shown.contains("s3cret"), "{file}\n{shown}");
    }
    for name in
        CREDENTIALS.iter().flat_map(|row| [row.variable].into_iter().chain(row.aliases.iter().copied()))
    {
        if name == "RFC2136_SERVER" {
            continue;
        }
        for (name, value) in [
            (name.to_owned(), PLANTED),
            (name.to_owned(), "s3cret@s3cret"),
            (name.to_owned(), "s3cret\ns3cret"),
        ] {
            let world = [(name.as_str(), value), ("RFC2136_SERVER", "ns1.example.org"), ("RECORDS", wanted)];
            let case = Case { file: "", world, arguments: &[], secrets: Secrets::Read };
            let shown = everything(&case.load());
            assert!(!shown.contains("s3cret"), "{name}\n{shown}");
            let shown = format!("{:?}", Environment::from(world));
            assert!(!shown.contains("s3cret"), "{shown}");
        }
    }
}
