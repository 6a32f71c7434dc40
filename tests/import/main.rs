//! `dynflare import`: the real binary on realistic files of other clients.
//!
//! Beside each file in `samples` stands what becomes of it: `NAME.toml` is the configuration as it is printed,
//! `NAME.report` what there is to know. `DYNFLARE_WRITE_SAMPLES=1` writes both anew, for a look at the difference.

#![cfg(feature = "import")]

mod guides;
mod mistakes;
mod peers;

use dynflare::cli::import::catalogue;
use std::ffi::OsStr;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// Where the samples are.
fn samples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/import/samples")
}

/// The samples themselves, without what becomes of them.
fn names() -> Vec<String> {
    let entries = fs::read_dir(samples()).expect("the folder is part of the checkout");
    let name = |entry: fs::DirEntry| entry.file_name().into_string().expect("a UTF-8 name");
    let mut names: Vec<String> = entries.map(|entry| name(entry.expect("a readable entry"))).collect();
    names.retain(|name| {
        !matches!(Path::new(name).extension().and_then(OsStr::to_str), Some("toml" | "report"))
    });
    names.sort();
    names
}

/// A folder of the test's own, empty.
fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("import").join(name);
    let _gone = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).expect("a folder in the target folder");
    folder
}

/// The program, with nothing in its environment but what the samples refer to.
fn dynflare(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_dynflare"));
    command.current_dir(folder).env_clear().stdin(Stdio::null());
    for variable in ["CF_TOKEN", "HETZNER_TOKEN", "MY_CLOUDFLARE_TOKEN"] {
        command.env(variable, "from-the-environment");
    }
    command
}

fn run(folder: &Path, arguments: &[&str]) -> Output {
    dynflare(folder).args(arguments).output().expect("the program starts")
}

fn text(octets: &[u8]) -> String {
    String::from_utf8(octets.to_vec()).expect("UTF-8")
}

/// What beside the file a sample needs.
fn further(name: &str) -> &'static [&'static str] {
    match name {
        "timothymiller.json" => &[
            "--zone",
            "0123456789abcdef0123456789abcdef=example.org",
            "--zone",
            "fedcba9876543210fedcba9876543210=example.net",
        ],
        _ => &[],
    }
}

#[test]
#[expect(clippy::disallowed_methods, reason = "a wish of whoever runs the tests, no setting of the program")]
fn every_sample_becomes_what_stands_beside_it() {
    let write = std::env::var_os("DYNFLARE_WRITE_SAMPLES").is_some();
    let names = names();
    assert!(names.len() >= 18, "{names:?}");
    for name in names {
        let arguments: Vec<&str> =
            ["import", name.as_str()].into_iter().chain(further(&name).iter().copied()).collect();
        let output = run(&samples(), &arguments);
        let (configuration, report) = (text(&output.stdout), text(&output.stderr));
        assert_eq!(output.status.code(), Some(0), "{name}: {report}");
        for (ending, found) in [("toml", configuration), ("report", report)] {
            // Everything made up that is a secret says so.
            assert!(!found.contains("made"), "{name}.{ending} shows a secret:\n{found}");
            let path = samples().join(format!("{name}.{ending}"));
            if write {
                fs::write(&path, &found).expect("a file of the checkout");
            }
            let expected = fs::read_to_string(&path).unwrap_or_else(|_| panic!("{}", path.display()));
            assert_eq!(found, expected, "{}", path.display());
        }
    }
}

#[test]
fn every_sample_becomes_a_configuration_that_check_accepts() {
    for name in names() {
        let folder = folder(&name);
        fs::copy(samples().join(&name), folder.join(&name)).expect("a copy");
        let mut arguments = vec!["import", &name, "--output", "dynflare.toml", "--json"];
        arguments.extend(further(&name));
        let output = run(&folder, &arguments);
        assert_eq!(output.status.code(), Some(0), "{name}: {}", text(&output.stderr));
        let told: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
        for secret in told["secrets"].as_array().expect("a list") {
            let file = folder.join("dynflare.secrets").join(secret["file"].as_str().expect("a name"));
            if secret["there"] == true {
                assert!(mode_is_private(&file), "{}", file.display());
            } else {
                // What the user has to fill in is filled in.
                fs::create_dir_all(file.parent().expect("a folder")).expect("a folder");
                fs::write(&file, "hmac-sha256:key:bWFkZS11cC1zZWNyZXQtb2YtMzItb2N0ZXRzLS0tLS0=")
                    .expect("a file");
                private(&file);
            }
        }
        assert!(mode_is_private(&folder.join("dynflare.toml")));
        // So are the files that the other client read its secrets from.
        let written = fs::read_to_string(folder.join("dynflare.toml")).expect("the configuration");
        let secret = folder.join("secret");
        fs::write(&secret, "from-a-file").expect("a file");
        private(&secret);
        let here = written
            .replace("file:/run/secrets/cloudflare_token", &format!("file:{}", secret.display()))
            .replace("file:/run/secrets/cloudflare", &format!("file:{}", secret.display()));
        fs::write(folder.join("dynflare.toml"), here).expect("a file");
        let checked = run(&folder, &["check", "--config", "dynflare.toml"]);
        let said = format!("{}{}", text(&checked.stdout), text(&checked.stderr));
        assert_eq!(checked.status.code(), Some(0), "{name}: {said}\n{written}");
        assert!(said.starts_with("the configuration is right"), "{name}: {said}");
    }
}

#[cfg(unix)]
fn mode_is_private(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    fs::metadata(path).expect("a file").permissions().mode() & 0o777 == 0o600
}

#[cfg(not(unix))]
fn mode_is_private(path: &Path) -> bool {
    path.is_file()
}

#[cfg(unix)]
fn private(path: &Path) {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(path, fs::Permissions::from_mode(0o600)).expect("a file of ours");
}

#[cfg(not(unix))]
fn private(_: &Path) {}

#[test]
fn every_mapping_is_to_a_provider_that_exists_and_to_fields_of_its_own() {
    let catalogue = catalogue();
    let mappings = dynflare_import::mappings();
    assert!(mappings.len() > 200, "{}", mappings.len());
    for mapping in mappings {
        let provider = catalogue.find(mapping.ours);
        let provider = provider.unwrap_or_else(|| panic!("{mapping:?}: there is no such provider"));
        for key in &mapping.keys {
            assert!(provider.field(key).is_some(), "{mapping:?}: {} has no field `{key}`", mapping.ours);
        }
        let words = mapping.theirs.to_lowercase();
        assert_eq!(words, mapping.theirs, "{mapping:?}: words are looked up in lower case");
    }
}

#[test]
fn a_mapping_leaves_out_a_required_field_only_where_the_other_client_has_nothing_for_it() {
    use dynflare_import::Need;
    // The other client sends something else, or knows the record by its number.
    const HAND: &[&str] = &["dnsmadeeasy-dynamic", "sitelutions"];
    let catalogue = catalogue();
    for mapping in dynflare_import::mappings() {
        let provider = catalogue.find(mapping.ours).expect("tested above");
        let required = provider.fields.iter().filter(|field| field.need == Need::Required);
        for field in required {
            let given = mapping.keys.contains(&field.key.as_str());
            assert!(given || HAND.contains(&mapping.ours), "{mapping:?} lacks `{}`", field.key);
        }
    }
}

#[test]
fn a_secret_goes_to_its_file_and_nowhere_else() {
    let folder = folder("secrets");
    fs::write(folder.join("ddclient.conf"), "protocol=noip, login=me, password=hushhush home.example.org\n")
        .expect("a file");
    let printed = run(&folder, &["import", "ddclient.conf"]);
    assert!(!text(&printed.stdout).contains("hushhush") && !text(&printed.stderr).contains("hushhush"));
    let json = run(&folder, &["import", "ddclient.conf", "--json"]);
    assert!(!text(&json.stdout).contains("hushhush"));
    let whole = run(&folder, &["import", "ddclient.conf", "--include-secrets"]);
    assert!(text(&whole.stdout).contains("password = \"hushhush\""), "{}", text(&whole.stdout));
    let output =
        run(&folder, &["import", "ddclient.conf", "--output", "dynflare.toml", "--report", "report.txt"]);
    let written = fs::read_to_string(folder.join("dynflare.secrets/noip-password")).expect("the secret");
    assert_eq!(written, "hushhush\n");
    for file in ["dynflare.toml", "report.txt"] {
        assert!(!fs::read_to_string(folder.join(file)).expect("a file").contains("hushhush"), "{file}");
    }
    assert_eq!(text(&output.stdout), "wrote dynflare.toml\nwrote dynflare.secrets/noip-password\n");
    assert_eq!(text(&output.stderr), "");
}

#[test]
fn nothing_is_overwritten_unless_that_is_asked_for() {
    let folder = folder("force");
    fs::write(folder.join("ddclient.conf"), "protocol=noip, login=me, password=one home.example.org\n")
        .expect("a file");
    let arguments = ["import", "ddclient.conf", "--output", "dynflare.toml"];
    assert_eq!(run(&folder, &arguments).status.code(), Some(0));
    let again = run(&folder, &arguments);
    assert_eq!(again.status.code(), Some(2));
    assert_eq!(
        text(&again.stderr),
        "error: `dynflare.toml` is there already, and nothing was written\n  hint: --force overwrites it\n"
    );
    // The secret alone is as good a reason.
    fs::remove_file(folder.join("dynflare.toml")).expect("a file");
    let again = run(&folder, &arguments);
    assert_eq!(
        text(&again.stderr),
        "error: `dynflare.secrets/noip-password` is there already, and nothing was written\n  hint: --force overwrites it\n"
    );
    assert!(!folder.join("dynflare.toml").exists());
    fs::write(folder.join("ddclient.conf"), "protocol=noip, login=me, password=two home.example.org\n")
        .expect("a file");
    let forced = run(&folder, &["import", "ddclient.conf", "--output", "dynflare.toml", "--force"]);
    assert_eq!(forced.status.code(), Some(0), "{}", text(&forced.stderr));
    let secret = folder.join("dynflare.secrets/noip-password");
    assert_eq!(fs::read_to_string(&secret).expect("the secret"), "two\n");
    assert!(mode_is_private(&secret));
    let left: Vec<_> =
        fs::read_dir(&folder).expect("a folder").map(|entry| entry.expect("an entry").file_name()).collect();
    assert_eq!(left.len(), 3, "nothing half-written stays: {left:?}");
}

#[test]
fn standard_input_is_a_file_and_several_files_are_one_configuration() {
    let folder = folder("several");
    fs::write(
        folder.join("config.json"),
        r#"{"settings": [{"provider": "duckdns", "domain": "a.duckdns.org", "token": "t"}]}"#,
    )
    .expect("a file");
    let mut command = dynflare(&folder);
    command
        .args(["import", "config.json", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().expect("the program starts");
    let mut stdin = child.stdin.take().expect("a pipe");
    stdin.write_all(b"PERIOD=10m\nUPDATE_COOLDOWN_PERIOD=5m\n").expect("written");
    drop(stdin);
    let output = child.wait_with_output().expect("it ends");
    let expected = "# Made by `dynflare import` from config.json (ddns-updater), standard input (ddns-updater).\n\
                    # `dynflare check` says whether it is right, `dynflare plan` what it would change.\n\
                    version = 1\n\n\
                    interval = \"10m\" # line 1: PERIOD\n\
                    records = [\n    \"duckdns:auto:A+AAAA:a.duckdns.org\", # config.json:1\n]\n\n\
                    [providers.duckdns] # config.json:1\n\
                    token = \"file:/etc/dynflare/duckdns-token\"\n";
    assert_eq!(text(&output.stdout), expected);
    assert!(
        text(&output.stderr).contains("standard input:2 `UPDATE_COOLDOWN_PERIOD`"),
        "{}",
        text(&output.stderr)
    );
}
