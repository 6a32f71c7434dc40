//! `[serve]` as users write it, and its mistakes with their literal text.

use super::super::file;
use super::super::load::{Secrets, from_layers, load};
use super::super::{Arguments, Environment, Settings};
use super::*;

const HASH: &str = "$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHQ$aGFzaA";

const TOKEN: &str = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

fn serve(text: &str) -> Serve {
    static COUNT: std::sync::atomic::AtomicUsize = std::sync::atomic::AtomicUsize::new(0);
    let number = COUNT.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
    let path = std::env::temp_dir().join(format!("dynflare-serve-{}-{number}.toml", std::process::id()));
    std::fs::write(&path, format!("version = 1\n{text}")).expect("a scratch file can be written");
    let mut arguments = Arguments::default();
    arguments.set_config(Some(path.clone()));
    let world = Environment::from([("CLOUDFLARE_API_TOKEN", "s3cret")]);
    let loaded = load(&world, &arguments, Secrets::OfServe);
    let _ = std::fs::remove_file(path);
    let mistakes =
        |found: Vec<Diagnostic>| found.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n");
    loaded.map_err(mistakes).expect("a good configuration").0.serve.expect("there is a table `[serve]`")
}

fn mistakes(text: &str) -> String {
    let (mut layers, mut found) = (Layers::default(), Vec::new());
    let _ = file::parse(&"dynflare.toml".into(), text, &mut layers, &mut found);
    let world = Environment::default();
    let loaded: Result<(Settings, _), _> = from_layers(layers, found, &world);
    let found = loaded.expect_err(text);
    found.iter().map(|mistake| mistake.to_string() + "\n").collect()
}

#[test]
fn everyday_use_is_short_and_everything_else_has_a_default() {
    let serve = serve(&format!(
        "[serve]\nname = \"dyn.example.org\"\naddresses = [\"192.0.2.53\", \"2001:db8::53\"]\n\
         listen = [\"[::]:443\", \"[::]:80\"]\ndns = [\"[::]:53\"]\n\n[serve.tls]\nacme = true\n\n\
         [serve.zones.\"dyn.example.org\"]\nprovider = \"local\"\n\n\
         [serve.accounts.fritzbox]\npassword = \"{HASH}\"\n\
         names = [\"home.dyn.example.org\", \"*.lab.dyn.example.org\"]\n"
    ));
    let zone = Name::parse("dyn.example.org").expect("a name");
    let (_, served, local) = serve.local().next().expect("a local zone");
    assert_eq!((local.servers[0].as_str(), served.ttl), ("ns.dyn.example.org", None));
    assert_eq!(serve.zone_of(&Name::parse("a.b.dyn.example.org").expect("a name")), Some(&zone));
    let account = &serve.accounts["fritzbox"];
    assert_eq!(account.password.as_ref().map(Secret::expose), Some(HASH));
    assert_eq!(account.types.len(), 2);
    let may = |name: &str| {
        let name = Name::parse(name).expect("a name");
        account.names.iter().any(|pattern| pattern.matches(&name))
    };
    assert!(may("home.dyn.example.org") && may("a.b.lab.dyn.example.org") && may("*.lab.dyn.example.org"));
    assert!(!may("lab.dyn.example.org") && !may("dyn.example.org") && !may("xlab.dyn.example.org"));
    assert_eq!(serve.limits, Limits::default());
    assert_eq!(serve.flap_window.value, Duration::from_secs(60));
    assert_eq!(serve.open_to_all(), None);
}

#[test]
fn without_a_word_it_listens_on_loopback_and_a_zone_can_lie_at_any_provider() {
    let serve = serve(&format!(
        "[serve]\n[serve.zones.\"example.org\"]\nprovider = \"cloudflare\"\nzone_id = \"abc\"\nttl = 120\n\
         [serve.accounts.nas]\ntoken = \"{TOKEN}\"\nnames = [\"nas.example.org\"]\ntypes = [\"AAAA\"]\n"
    ));
    assert_eq!(serve.listen.value, LISTEN);
    let zone = &serve.zones[&Name::parse("example.org").expect("a name")];
    assert_eq!(zone.provider, Place::Account("cloudflare".to_owned()));
    assert_eq!((zone.zone_id.as_deref(), zone.ttl), (Some("abc"), Some(120)));
    assert_eq!(serve.accounts["nas"].types, [dynflare_core::record::RecordType::Aaaa]);
}

#[test]
fn keys_and_secondaries_are_read_and_find_each_other() {
    let serve = serve(
        "[serve]\naddresses = [\"192.0.2.53\"]\ndns = [\"127.0.0.1:5353\"]\nname = \"ns1.example.org\"\n\
         [serve.zones.\"dyn.example.org\"]\nprovider = \"local\"\nname_servers = [\"ns1.example.org\", \"ns2.example.net\"]\n\
         [serve.keys.printer]\nkey = \"printer:c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0\"\nnames = [\"printer.dyn.example.org\"]\n\
         [serve.keys.copy]\nkey = \"hmac-sha512:copy:c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0\"\ntransfer = true\n\
         [serve.secondaries.ns2]\naddress = \"2001:db8::54\"\nsigned_by = \"copy\"\n",
    );
    let secondary = &serve.secondaries["ns2"];
    assert_eq!(secondary.address.to_string(), "[2001:db8::54]:53");
    assert!(serve.keys[secondary.key.as_deref().expect("signed")].transfer);
    assert_eq!(serve.local().next().expect("a zone").2.servers.len(), 2);
}

#[test]
#[expect(clippy::too_many_lines, reason = "one text, and what is said of it")]
fn every_mistake_is_told_under_its_token_and_no_secret_with_it() {
    let text = "\
version = 1
[serve]
listen = [\"0.0.0.0:80\", \"everywhere\"]
nmae = \"dyn.example.org\"
client_from = \"x-forwarded\"
[serve.zones.\"example.org\"]
provider = \"cloudfare\"
[serve.zones.\"dyn.example.org\"]
provider = \"local\"
zone_id = \"1\"
[serve.accounts.nas]
password = \"in the clear\"
names = [\"nas.example.com\"]
types = [\"TXT\"]
[serve.accounts.box]
names = \"box.dyn.example.org\"
[serve.keys.idle]
key = \"idle:c2VjcmV0\"
[serve.secondaries.ns2]
addres = \"192.0.2.1\"
[serve.tls]
certificate = \"chain.pem\"
";
    let expected = "\
error: `listen`: expected an address and a port, found `everywhere`
 --> dynflare.toml:3:26
  |
3 | listen = [\"0.0.0.0:80\", \"everywhere\"]
  |                          ^^^^^^^^^^
  hint: such as `127.0.0.1:8053`
error: unknown key in `[serve]`: `nmae`
 --> dynflare.toml:4:1
  |
4 | nmae = \"***\"
  | ^^^^
  hint: did you mean `name`?
error: `client_from`: expected one of `x-forwarded-for`, `forwarded`, `cf-connecting-ip` and `proxy-protocol`, found `x-forwarded`
 --> dynflare.toml:5:16
  |
5 | client_from = \"x-forwarded\"
  |                ^^^^^^^^^^^
  hint: did you mean `x-forwarded-for`?
error: `provider`: there is no provider or account `cloudfare`
 --> dynflare.toml:7:13
  |
7 | provider = \"cloudfare\"
  |             ^^^^^^^^^
  hint: did you mean `cloudflare`?
error: nobody could ask for `dyn.example.org`: the name server listens nowhere
 --> dynflare.toml:8:14
  |
8 | [serve.zones.\"dyn.example.org\"]
  |              ^^^^^^^^^^^^^^^^^
  hint: add `dns = [\"[::]:53\"]` to `[serve]`
error: the name server of `dyn.example.org` has no address
 --> dynflare.toml:8:14
  |
8 | [serve.zones.\"dyn.example.org\"]
  |              ^^^^^^^^^^^^^^^^^
  hint: add `addresses = [\"…\"]` to `[serve]`: the addresses of this server that everybody can reach
error: `zone_id`: this belongs to a zone at a provider that has identifiers
  --> dynflare.toml:10:12
   |
10 | zone_id = \"1\"
   |            ^
error: the account `nas` may set `nas.example.com`, which lies in no zone that is served
  --> dynflare.toml:11:17
   |
11 | [serve.accounts.nas]
   |                 ^^^
  hint: the zones are `dyn.example.org`
error: `types`: expected one of `A` and `AAAA`, found `TXT`
  --> dynflare.toml:14:11
   |
14 | types = [\"TXT\"]
   |           ^^^
error: the account `box` has neither a password nor a token
  --> dynflare.toml:15:17
   |
15 | [serve.accounts.box]
   |                 ^^^
  hint: `dynflare serve account add box` makes one and prints the lines to paste
error: the key `idle` may do nothing
  --> dynflare.toml:17:13
   |
17 | [serve.keys.idle]
   |             ^^^^
  hint: add `names` that it may update, or `transfer = true`
error: the secondary `ns2` has no address
  --> dynflare.toml:19:20
   |
19 | [serve.secondaries.ns2]
   |                    ^^^
  hint: add `address = \"192.0.2.54\"`, with `:PORT` where it is not 53
error: unknown key in `[serve.secondaries.ns2]`: `addres`
  --> dynflare.toml:20:1
   |
20 | addres = \"***\"
   | ^^^^^^
  hint: did you mean `address`?
error: `certificate` and `certificate_key` go together: the chain, and its private key
  --> dynflare.toml:22:16
   |
22 | certificate = \"chain.pem\"
   |                ^^^^^^^^^
";
    assert_eq!(mistakes(text), expected);
}

#[test]
fn a_listener_that_would_take_passwords_in_the_clear_is_refused_with_what_to_do() {
    assert_eq!(mistakes("version = 1\n[serve]\nlisten = [\"0.0.0.0:80\"]\n"), "\
error: `listen`: 0.0.0.0:80 can be reached from outside, and passwords would cross the net in the clear
 --> dynflare.toml:2:2
  |
2 | [serve]
  |  ^^^^^
  hint: add `[serve.tls]` with `acme = true` or with `certificate` and `certificate_key`; behind a proxy that does TLS, name it in `trusted_proxies`; or listen on 127.0.0.1 and [::1] only
");
    for fine in [
        "listen = [\"127.0.0.1:80\", \"[::1]:80\"]",
        "listen = [\"0.0.0.0:80\"]\ntrusted_proxies = [\"192.0.2.1/32\"]",
    ] {
        serve(&format!("[serve]\n{fine}\n"));
    }
}

#[test]
fn what_does_not_go_together_is_told() {
    for (text, expected) in [
        ("dns = [\"[::]:53\"]", "there is no zone that the name server could answer for"),
        ("whoami = \"whoami.example.org\"", "`whoami`: the name server listens nowhere"),
        ("[serve.tls]\nacme = true", "a certificate needs the name it is for"),
        ("[serve.tls]", "says neither where the certificate is nor who makes one"),
        ("[serve.tls]\nacme = true\ncontact = \"me\"", "expected an e-mail address, found `me`"),
        ("[serve.zones.\"a.example\"]\nprovider = \"local\"", "nobody could ask for `a.example`"),
        (
            "[serve.zones.\"a.example\"]\nprovider = \"local\"",
            "the name server of `a.example` has no address",
        ),
        ("[serve.zones.\"a.example\"]\nttl = 5", "does not say where its records lie"),
        ("[serve.secondaries.a]\naddress = \"192.0.2.1\"", "there is no zone that they could copy"),
        ("[serve.limits]\nconnections = 0", "expected a number from 1 to 65535, found 0"),
        ("zones = 1", "`zones`: expected tables, such as `[serve.zones.NAME]`"),
        ("[serve.accounts.\"a b\"]\nnames = \"a.example\"", "a name is made of letters"),
    ] {
        let told = mistakes(&format!("version = 1\n[serve]\n{text}\n"));
        assert!(told.contains(expected), "{text}\n{told}");
    }
}

#[test]
fn what_is_shown_of_it_holds_no_hash() {
    let text = format!(
        "version = 1\n[serve]\n[serve.zones.\"example.org\"]\nprovider = \"cloudflare\"\n\
         [serve.accounts.nas]\npassword = \"{HASH}\"\nnames = [\"nas.example.org\", \"b.example.org\"]\n"
    );
    let (mut layers, mut found) = (Layers::default(), Vec::new());
    let _ = file::parse(&"dynflare.toml".into(), &text, &mut layers, &mut found);
    let (settings, _) = from_layers(layers, found, &Environment::default()).expect("a good configuration");
    let rows: Vec<String> =
        settings.effective().iter().map(|row| format!("{} = {}", row.name, row.value)).collect();
    assert!(
        rows.contains(&"serve.accounts.nas.names = nas.example.org, b.example.org".to_owned()),
        "{rows:?}"
    );
    assert!(rows.contains(&"serve.accounts.nas.password = ***".to_owned()), "{rows:?}");
    assert!(rows.contains(&"serve.zones.example.org.provider = cloudflare".to_owned()), "{rows:?}");
}
