//! Accounts at providers of the user's own: what is read, and what every mistake looks like.

use super::*;

const RECORD: &str = "records = [\"mine:example.org:A:home\"]\n";

/// The file as it is read before a round.
fn read(file: &str) -> Loaded {
    Case { file, world: [], arguments: &[], secrets: Secrets::Read }.load()
}

/// The whole message about the table `[providers.mine]` of this type.
fn mistake(table: &str) -> String {
    let file = format!("version = 1\n{RECORD}[providers.mine]\n{table}\n");
    let Err(mistakes) = read(&file) else { panic!("there is a mistake in {table}") };
    let whole = |mistake: &Diagnostic| match &mistake.hint {
        Some(hint) => format!("{}; {hint}", mistake.message),
        None => mistake.message.clone(),
    };
    mistakes.iter().map(whole).collect::<Vec<_>>().join("\n")
}

#[test]
fn every_mistake_about_a_program_names_its_key() {
    const HOW: &str = "such as `command = [\"/usr/local/bin/my-dns\", \"--zone-file\", \"/etc/zone\"]`";
    for (table, expected) in [
        (
            "",
            format!(
                "the account `mine` does not say which program to run; add `command` below `[providers.mine]`: {HOW}"
            ),
        ),
        ("command = []", format!("`command`: there is no program to run; {HOW}")),
        ("command = 5", "`command`: expected an array of strings, found a number".to_owned()),
        ("command = [\"a\", 5]", "`command`: expected a string, found a number".to_owned()),
        (
            "command = \"a b\"",
            format!("`command`: there is no shell to take this apart; write a list of strings, {HOW}"),
        ),
        (
            "command = [\"a\"]\ntimeout = \"10m\"",
            "`timeout`: expected a duration from 1s to 5m, found 10m".to_owned(),
        ),
        (
            "comand = [\"a\"]\ncommand = [\"a\"]",
            "unknown key in `[providers.mine]`: `comand`; did you mean `command`?".to_owned(),
        ),
    ] {
        assert_eq!(mistake(&format!("type = \"exec\"\n{table}")), expected, "{table}");
    }
}

#[test]
fn a_program_comes_from_the_variable_as_words_or_as_json() {
    for value in ["/bin/dns --zone example.org", "[\"/bin/dns\", \"--zone\", \"example.org\"]"] {
        let records = "exec:example.org:A:home";
        let (settings, _) = good(from_world([("DYNFLARE_RECORDS", records), ("EXEC_COMMAND", value)]));
        let Some(AccountSettings::Exec(account)) = settings.accounts.get("exec") else {
            panic!("no program")
        };
        assert_eq!(account.command, ["/bin/dns", "--zone", "example.org"]);
        assert!(account.without.contains(&"CLOUDFLARE_API_TOKEN".to_owned()));
        assert!(account.without.contains(&"GANDI_TOKEN".to_owned()));
    }
}

#[test]
fn a_webhook_without_tls_is_on_this_machine_unless_the_user_says_otherwise() {
    let elsewhere = "type = \"webhook\"\nurl = \"http://192.0.2.1:8888\"";
    assert_eq!(
        mistake(elsewhere),
        "the account `mine` at external-dns webhook providers: `url`: 192.0.2.1 is not this machine, and everybody \
         on the way could change what is sent; use https://, or say `plain_http = \"yes\"`"
    );
    for good_one in [
        "",
        "url = \"http://127.0.0.1:8888\"",
        "url = \"http://[::1]:8888\"",
        "url = \"https://192.0.2.1\"",
        "url = \"http://192.0.2.1:8888\"\nplain_http = \"yes\"",
    ] {
        let file = format!("version = 1\n{RECORD}[providers.mine]\ntype = \"webhook\"\n{good_one}\n");
        good(read(&file));
    }
}

#[test]
fn a_namespace_that_is_none_is_told() {
    assert_eq!(
        mistake("type = \"externaldns\"\ntoken = \"t\"\nnamespace = \"a/b\""),
        "the account `mine` at external-dns (DNSEndpoint resources): `namespace` is no name of a namespace: lower-case \
         letters, digits and `-`"
    );
}

#[test]
fn outside_a_cluster_nothing_is_made_up() {
    assert!(mistake("type = \"externaldns\"").starts_with(
        "the account `mine` at external-dns (DNSEndpoint resources) lacks `token`; set `token` below"
    ));
    // In one, the token is where the documentation says, which on this machine it is not.
    let records = ("DYNFLARE_RECORDS", "externaldns:example.org:A:home");
    let world = [records, ("KUBERNETES_SERVICE_HOST", "2001:db8::1"), ("KUBERNETES_SERVICE_PORT", "6443")];
    let Err(mistakes) = from_world(world) else { panic!("there is no such file") };
    assert!(mistakes.iter().any(|mistake| {
        mistake.message.contains("`/var/run/secrets/kubernetes.io/serviceaccount/token`: no such file")
    }));
}

#[test]
fn every_mistake_about_a_described_api_names_its_key() {
    const URL: &str = "url = \"https://dns.example.org/?ip={ip}\"";
    for (table, expected) in [
        (
            "",
            "there is no `url`; such as `url = \"https://dns.example.org/set?name={name}&ip={ip}\"`".to_owned(),
        ),
        (
            "url = \"dns.example.org\"",
            "`url`: expected a URL that starts with https:// or http://".to_owned(),
        ),
        (
            "url = \"https://{host}/?ip={ip}\"",
            "`url`: placeholders may stand behind the server's name only".to_owned(),
        ),
        (
            "url = \"https://dns.example.org/?ip={pi}\"",
            "`url`: unknown placeholder `{pi}`; did you mean `{ip}`?".to_owned(),
        ),
        (
            "url = \"https://dns.example.org/?name={name}\"",
            "`url`: neither `url` nor `headers` nor `body` holds `{ip}` or `{value}`; say where the address goes"
                .to_owned(),
        ),
        (
            &format!("{URL}\nmethod = \"PSOT\""),
            "`method`: expected one of `DELETE`, `GET`, `PATCH`, `POST` and `PUT`, found `PSOT`; did you mean `POST`?"
                .to_owned(),
        ),
        (
            &format!("{URL}\nheaders = {{ Authorization = \"Bearer {{secret:token}}\" }}"),
            "`headers`: there is no secret `token`; add it below `secrets`: `token = \"file:…\"`".to_owned(),
        ),
        (&format!("{URL}\nheaders = {{ \"a b\" = \"c\" }}"), "`headers`: this is no name of a header".to_owned()),
        (
            &format!("{URL}\nstatus = 20"),
            "`status`: expected a number from 100 to 599, found 20".to_owned(),
        ),
        (&format!("{URL}\ncontains = \"\""), "`contains`: every answer holds nothing; leave it out".to_owned()),
        (
            &format!("{URL}\nread = {{ url = \"https://dns.example.org/{{ip}}\" }}"),
            "`read`: `{ip}`, `{value}` and `{ttl}` are not known while reading".to_owned(),
        ),
        (
            &format!("{URL}\nread = {{ url = \"https://dns.example.org/\", pointer = \"ip\" }}"),
            "`read.pointer`: a JSON Pointer begins with `/`; such as `/records/0/address`".to_owned(),
        ),
        (
            &format!("{URL}\nread = {{ pointer = \"/ip\" }}"),
            "there is no `read.url`; such as `url = \"https://dns.example.org/set?name={name}&ip={ip}\"`".to_owned(),
        ),
        (
            &format!("{URL}\nread = {{ urll = \"https://dns.example.org/\", url = \"https://dns.example.org/\" }}"),
            "unknown key in `read`: `urll`; did you mean `url`?".to_owned(),
        ),
        (
            &format!("{URL}\nsecrets = {{ token = 5 }}"),
            "`secrets`: the secret must be a string".to_owned(),
        ),
    ] {
        assert_eq!(mistake(&format!("type = \"http\"\n{table}")), expected, "{table}");
    }
}

#[test]
fn ur_45_a_secret_of_a_described_api_is_shown_nowhere_whatever_it_is_called() {
    let file = format!(
        "version = 1\n{RECORD}[providers.mine]\ntype = \"http\"\nurl = \"https://dns.example.org/?ip={{ip}}\"\n\
         [providers.mine.secrets]\nserver = \"s3cret\"\n"
    );
    let (settings, _) = good(read(&file));
    assert!(!format!("{settings:?}").contains("s3cret"));
    let broken = file.replace("server =", "server = \"s3cret\"\nserver =");
    let Err(mistakes) = read(&broken) else { panic!("the key is there twice") };
    assert!(mistakes.iter().all(|mistake| !mistake.to_string().contains("s3cret")));
}
