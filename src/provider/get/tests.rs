//! Every definition in the table is read, is what it says to be, and has the examples that show it. That each example comes
//! out as promised is part of reading it.

use super::adapter::Get;
use super::call;
use super::definition::{Definition, Meaning, Variant, Where, Wildcard};
use super::reply::Heard;
use super::rows::ROWS;
use crate::net::{Network, NetworkSettings};
use crate::provider::account::Account;
use crate::provider::push::Pushing;
use crate::secret::Secret;
use dynflare_core::address::Family;
use dynflare_core::name::Name;
use dynflare_core::record::Key;
use std::collections::BTreeSet;
use std::path::Path;

const V4: &str = "192.0.2.1";

fn all() -> Vec<Definition> {
    let read = |(id, text): &(&str, &str)| {
        Definition::parse(text).unwrap_or_else(|mistakes| {
            let mistakes: Vec<String> = mistakes.iter().map(ToString::to_string).collect();
            panic!("{id}.toml:\n{}", mistakes.join("\n"))
        })
    };
    ROWS.iter().map(read).collect()
}

#[test]
fn the_table_is_sorted_and_names_every_file_there_is() {
    assert!(ROWS.is_sorted_by(|a, b| a.0 < b.0));
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/provider/get");
    let entries = std::fs::read_dir(folder).expect("the folder is part of the checkout");
    let files: BTreeSet<String> = entries
        .filter_map(|entry| {
            entry.expect("readable").file_name().to_str()?.strip_suffix(".toml").map(str::to_owned)
        })
        .collect();
    let rows: BTreeSet<String> = ROWS.iter().map(|row| row.0.to_owned()).collect();
    let lost: Vec<&String> = rows.symmetric_difference(&files).collect();
    assert!(lost.is_empty(), "not both a file and a line in rows.rs: {lost:?}");
}

#[test]
fn every_definition_is_right_and_named_like_its_file() {
    for (definition, row) in all().iter().zip(ROWS) {
        assert_eq!(definition.id, row.0);
    }
}

#[test]
fn every_definition_has_an_example_of_success_and_one_of_refused_credentials() {
    for definition in all() {
        let has = |wanted: &[Meaning]| definition.expect.iter().any(|one| wanted.contains(&one.means));
        assert!(has(&[Meaning::Updated, Meaning::Unchanged]), "{}: no success", definition.id);
        assert!(has(&[Meaning::Denied]), "{}: no refusal", definition.id);
    }
}

#[test]
fn html_and_nothing_are_no_success_anywhere() {
    for definition in all() {
        for (status, body) in [(200, ""), (200, "<html><body>Welcome</body></html>"), (503, "try later")] {
            let heard = Heard { status, body, retry_after: None };
            let told = definition.replies.read(&heard, 1, &[V4.parse().expect("an address")]).remove(0);
            assert!(
                !matches!(told.meaning, Some(Meaning::Updated | Meaning::Unchanged)),
                "{}: {status} {body:?} counts as success",
                definition.id
            );
        }
    }
}

/// A credential that shows whether it was encoded.
const AWKWARD: &str = "p&a=s s/%?#+";

/// An account with what this way of calling needs and nothing else.
fn account(variant: &Variant) -> Account {
    let server =
        |key: &str| variant.urls.all().any(|url| matches!(&url.base, Where::Field(field) if field == key));
    let field = |key: &str| {
        let value = if server(key) { "dns.example.com:8443" } else { AWKWARD };
        (&*Box::leak(key.to_owned().into_boxed_str()), Secret::new(value))
    };
    Account { provider: "get", base: None, fields: variant.fields().into_iter().map(field).collect() }
}

fn step(name: &str, zone: &Name, family: Family) -> Pushing {
    let address = match family {
        Family::V4 => V4,
        Family::V6 => "2001:db8::1",
    };
    Pushing {
        zone: Some(zone.clone()),
        key: Key { name: Name::parse(name).expect("a name"), rtype: family.into() },
        values: vec![address.to_owned()],
        beside: Vec::new(),
    }
}

#[test]
fn every_definition_makes_requests_that_are_urls_and_carry_name_and_address() {
    let settings = NetworkSettings { ca_files: Vec::new(), user_agent: "dynflare".to_owned() };
    let network = Network::new(settings);
    for definition in all() {
        let zone = definition.zones.first().cloned();
        let zone = zone.unwrap_or_else(|| Name::parse("example.org").expect("a name"));
        for variant in &definition.variants {
            let account = account(variant);
            let get = Get::new(definition.clone(), &account, &network);
            let get = get.unwrap_or_else(|unfit| panic!("{}: {unfit}", definition.id));
            let wildcard = !matches!(variant.wildcard, Wildcard::None);
            let names = ["home", "*"].into_iter().filter(|label| wildcard || *label != "*");
            for (label, family) in names.flat_map(|label| definition.families.iter().map(move |f| (label, f)))
            {
                let step = step(&format!("{label}.{zone}"), &zone, *family);
                let (calls, refusals) = call::plan(&definition, variant, std::slice::from_ref(&step));
                assert!(refusals.is_empty(), "{}: {refusals:?}", definition.id);
                for call in &calls {
                    let (_, request) = get.request(call).expect("a request");
                    let url = format!("https://example.com{}", request.path);
                    assert!(url.parse::<hyper::Uri>().is_ok(), "{}: {url}", definition.id);
                    assert!(request.path.starts_with('/'), "{}: {url}", definition.id);
                    let body = String::from_utf8(request.body.unwrap_or_default()).expect("a form");
                    let sent = format!("{url} {body}");
                    assert!(sent.contains(&step.values[0]), "{}: {sent}", definition.id);
                    assert!(!sent.contains(AWKWARD), "{}: {sent}", definition.id);
                    let headers: Vec<&str> = request.headers.iter().map(|(name, _)| name.as_str()).collect();
                    let once = headers.iter().collect::<BTreeSet<_>>().len() == headers.len();
                    assert!(once, "{}: {headers:?}", definition.id);
                }
            }
        }
    }
}

const RIGHT: &str = r#"
id = "mine"
name = "Mine"
docs = "https://example.com/api"
verified = "documentation"
url = "https://example.com/update"
query = [["name", "{fqdn}"], ["ip", "{ip}"], ["key", "{key}"]]
reply = [{ equals = "ok", means = "updated" }]
credentials = { key = "the key" }
"#;

#[test]
fn every_mistake_is_named_with_its_key() {
    assert!(Definition::parse(RIGHT).is_ok());
    for (from, to, expected) in [
        ("\"mine\"", "\"Mi ne\"", "`id`: expected lower case letters, digits and dashes"),
        ("\"mine\"", "\"4mine\"", "`id`: expected lower case letters, digits and dashes, a letter first"),
        ("https://example.com/update", "http://example.com/update", "`url`: credentials go over https"),
        ("{fqdn}", "{fqnd}", "`credentials`: `{fqnd}` is neither a credential nor one of"),
        ("{fqdn}", "{fqdn", "`query.name`: `{fqdn` has a `{` without its `}`"),
        (", [\"key\", \"{key}\"]", "", "`credentials.key`: it is never sent"),
        (", [\"ip\", \"{ip}\"]", "", "`query`: the IPv4 address is never sent"),
        ("[\"ip\", \"{ip}\"]", "[\"ip\", { ipv4 = \"{ip}\" }]", "`query`: the IPv6 address is never sent"),
        ("equals = \"ok\", ", "", "`reply[0]`: it says neither a status nor anything of the text"),
        (
            "reply = [{ equals = \"ok\", means = \"updated\" }]",
            "",
            "`reply`: nothing says what an answer means",
        ),
        ("\"updated\"", "\"done\"", "unknown variant `done`"),
        ("url =", "retries = 3\nurl =", "unknown field `retries`"),
        (
            "url =",
            "limits = { cooldown = \"5 minutes\" }\nurl =",
            "`limits.cooldown`: expected a time such as",
        ),
        ("url =", "limits = { hosts = 0 }\nurl =", "`limits.hosts`: expected 1 to 20"),
        ("url =", "per_call = \"each\"\nurl =", "unknown variant `each`"),
        ("url =", "wildcard = \"yes\"\nurl =", "`wildcard`: expected \"as-is\" or a list"),
        (
            "url =",
            "expect = [{ body = \"ok\", means = \"denied\" }]\nurl =",
            "`expect[0]`: \"ok\" with status 200 comes out as: Updated",
        ),
        ("docs = \"https", "docs = \"http", "`docs`: expected the https URL"),
    ] {
        let text = RIGHT.replacen(from, to, 1);
        assert_ne!(text, RIGHT, "{from}");
        let mistakes = Definition::parse(&text).expect_err(&text);
        let said: Vec<String> = mistakes.iter().map(ToString::to_string).collect();
        assert!(said.iter().any(|said| said.contains(expected)), "{expected}: {said:?}");
    }
}

#[test]
fn an_empty_basic_takes_away_the_one_that_dyndns2_brings() {
    let text = RIGHT.replacen("url =", "like = \"dyndns2\"\nbasic = \"\"\nurl =", 1);
    let definition = Definition::parse(&text).expect("a definition");
    assert!(definition.variants.iter().all(|variant| variant.basic.is_none()));
    let with = text.replacen("basic = \"\"\n", "", 1);
    let mistakes = Definition::parse(&with).expect_err("user and password are nowhere");
    assert!(mistakes.iter().any(|mistake| mistake.what.contains("`{password}` is neither")), "{mistakes:?}");
}
