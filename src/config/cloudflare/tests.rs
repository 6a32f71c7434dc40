//! Every combination of the variables, and the layers above and below them.

use crate::config::{AccountSettings, Arguments, Diagnostic, Environment, Secrets, load};
use crate::provider::cloudflare::Credential;
use crate::secret::Secret;

const MAIL: &str = "someone@example.org";

/// `token T`, `key MAIL K`, or the message.
fn outcome(world: &[(&str, &str)], arguments: &[(&'static str, &'static str, &str)]) -> String {
    let mut all = [("RECORDS", "cloudflare:example.org:A:home"); 8];
    assert!(world.len() < all.len());
    all[1..=world.len()].copy_from_slice(world);
    let mut given = Arguments::default();
    for (part, argument, value) in arguments {
        given.set_cloudflare(part, argument, Some(Secret::new(*value)));
    }
    match load(&Environment::from(all), &given, Secrets::Read) {
        Ok((settings, notes)) => {
            let Some(AccountSettings::Cloudflare(account)) = settings.accounts.get("cloudflare") else {
                panic!("there is an account");
            };
            let notes = notes.iter().fold(String::new(), |all, note| all + " [" + &note.message + "]");
            match &account.credential {
                Credential::Token(token) => format!("token {}{notes}", token.expose()),
                Credential::GlobalKey { email, key } => format!("key {email} {}{notes}", key.expose()),
            }
        }
        Err(mistakes) => {
            mistakes.iter().map(|Diagnostic { message, .. }| message.as_str()).collect::<Vec<_>>().join("; ")
        }
    }
}

#[test]
fn every_combination_of_variables_means_one_thing_or_is_told() {
    const T: &str = "CLOUDFLARE_API_TOKEN";
    const E: &str = "CLOUDFLARE_EMAIL";
    const K: &str = "CLOUDFLARE_API_KEY";
    const S: &str = "CLOUDFLARE_API_SECRET";
    const MISSING: &str = "there are no credentials for the account `cloudflare`";
    const LONELY: &str = "there is an e-mail address, but no key to it";
    const MISFIT: &str = "CLOUDFLARE_API_SECRET does not go with CLOUDFLARE_EMAIL and what else is set";
    const NEITHER: &str = "of CLOUDFLARE_API_KEY and CLOUDFLARE_API_SECRET neither holds an e-mail address";
    const BOTH: &str = "of CLOUDFLARE_API_KEY and CLOUDFLARE_API_SECRET both hold an e-mail address";
    const UNUSED: &str = "token t [a token and a key are given; the token is used]";
    let key = "key someone@example.org k";
    for (world, expected) in [
        (&[][..], MISSING),
        (&[(T, "t")], "token t"),
        (&[(E, MAIL)], LONELY),
        (&[(K, "k")], "token k"),
        (&[(K, MAIL)], "$CLOUDFLARE_API_KEY holds an e-mail address, and there is no key to it"),
        (&[(S, "k")], "$CLOUDFLARE_API_SECRET is set without CLOUDFLARE_API_KEY"),
        (&[(S, MAIL)], "$CLOUDFLARE_API_SECRET is set without CLOUDFLARE_API_KEY"),
        (&[(T, "t"), (E, MAIL)], "token t"),
        (&[(T, "t"), (K, "k")], "token t"),
        (&[(T, "t"), (E, MAIL), (K, "k")], UNUSED),
        (&[(T, "t"), (K, MAIL), (S, "k")], UNUSED),
        (&[(E, MAIL), (K, "k")], key),
        (&[(E, MAIL), (S, "k")], key),
        // The seed's line.
        (&[(K, MAIL), (S, "k")], key),
        (&[(K, "k"), (S, MAIL)], key),
        (&[(K, "a"), (S, "b")], NEITHER),
        (&[(K, MAIL), (S, "b@example.org")], BOTH),
        (&[(E, MAIL), (K, MAIL), (S, "k")], key),
        (&[(E, "other@example.org"), (K, MAIL), (S, "k")], MISFIT),
        (&[(E, MAIL), (K, "k"), (S, "l")], MISFIT),
        (&[(E, MAIL), (S, MAIL)], MISFIT),
        (&[(E, MAIL), (K, MAIL)], "$CLOUDFLARE_API_KEY holds an e-mail address, and there is no key to it"),
        (&[(E, "nobody"), (K, "k")], "the e-mail address has no `@`"),
        (
            &[(E, MAIL), (K, "cfut_x")],
            "token cfut_x [this is an API token; the e-mail address is not used with it]",
        ),
        (&[("CF_API_TOKEN", "t")], "token t"),
        (&[("CF_API_EMAIL", MAIL), ("CF_API_KEY", "k")], key),
        (&[("CF_API_KEY", "t")], "token t"),
        (&[(T, "t"), ("CF_API_TOKEN", "t")], "token t"),
        (
            &[(T, "t"), ("CF_API_TOKEN", "u")],
            "token t [$CF_API_TOKEN is not used, since $CLOUDFLARE_API_TOKEN is set]",
        ),
    ] {
        assert_eq!(outcome(world, &[]), expected, "{world:?}");
    }
}

#[test]
fn arguments_go_before_variables() {
    let email = ("email", "--cloudflare-email", MAIL);
    let key = ("key", "--cloudflare-api-key", "k");
    let token = ("token", "--cloudflare-api-token", "a");
    let exposed = |name: &str| format!(" [every user of this machine can see {name} on the command line]");
    let shown =
        |text: &str, names: &[&str]| names.iter().fold(text.to_owned(), |all, name| all + &exposed(name));
    let by_key = "key someone@example.org k";
    assert_eq!(outcome(&[], &[email, key]), shown(by_key, &["the key"]));
    assert_eq!(outcome(&[("CLOUDFLARE_API_KEY", "k")], &[email]), by_key);
    assert_eq!(outcome(&[("CLOUDFLARE_EMAIL", MAIL)], &[key]), shown(by_key, &["the key"]));
    assert_eq!(outcome(&[("CLOUDFLARE_API_TOKEN", "t")], &[email, key]), shown(by_key, &["the key"]));
    assert_eq!(outcome(&[("CLOUDFLARE_API_TOKEN", "t")], &[token]), shown("token a", &["the token"]));
    assert_eq!(outcome(&[], &[key]), shown("token k", &["the key"]));
}
