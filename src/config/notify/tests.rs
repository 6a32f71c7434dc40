//! Targets as users write them, their mistakes with literal messages, and secrets that never show.

use super::super::file;
use super::super::keys::is_secret;
use super::super::load::{Secrets, from_layers, load};
use super::super::{Arguments, Environment, mask};
use super::*;

/// The targets of a file, or its mistakes as text.
fn read(text: &str, secrets: Secrets) -> Result<BTreeMap<String, Settings>, String> {
    static COUNT: std::sync::atomic::AtomicUsize = std::sync::atomic::AtomicUsize::new(0);
    let number = COUNT.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
    let path = std::env::temp_dir().join(format!("dynflare-notify-{}-{number}.toml", std::process::id()));
    std::fs::write(&path, format!("version = 1\n{text}")).expect("a scratch file can be written");
    let mut arguments = Arguments::default();
    arguments.set_config(Some(path.clone()));
    let world = Environment::from([("TOPIC", "s3cret-s3cret-topic")]);
    let loaded = load(&world, &arguments, secrets);
    let _ = std::fs::remove_file(path);
    match loaded {
        Ok((settings, _)) => Ok(settings.notify),
        Err(mistakes) => Err(mistakes.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")),
    }
}

fn mistakes(text: &str) -> String {
    let text = format!("version = 1\n{text}");
    let (mut layers, mut found) = (Layers::default(), Vec::new());
    let _ = file::parse(&"dynflare.toml".into(), &text, &mut layers, &mut found);
    let loaded = from_layers(layers, found, &Environment::default());
    let found = loaded.expect_err(&text);
    found.iter().map(|mistake| mistake.to_string() + "\n").collect()
}

#[test]
fn every_key_is_either_secret_or_harmless() {
    for field in KINDS.iter().flat_map(|kind| kind.fields) {
        assert!(mask::harmless(field.key) != is_secret(field.key), "{}", field.key);
        let hidden = matches!(field.form, Form::Secret(_) | Form::Headers);
        assert_eq!(hidden, is_secret(field.key), "{}", field.key);
    }
}

#[test]
fn a_target_is_its_name_or_its_type_and_hears_everything_or_what_it_wants() {
    let targets = read(
        "[notify.ntfy]\ntopic = \"env:TOPIC\"\n\n[notify.me]\ntype = \"telegram\"\ntoken = \"123:abc\"\n\
         chat_id = -100123\non = [\"failing\", \"recovered\"]\n",
        Secrets::OfNotifications,
    )
    .expect("both are right");
    let names: Vec<&str> = targets.keys().map(String::as_str).collect();
    assert_eq!(names, ["me", "ntfy"]);
    assert_eq!(targets["me"].on, [NewsKind::Failing, NewsKind::Recovered]);
    assert!(targets["ntfy"].wants(NewsKind::Changed) && !targets["me"].wants(NewsKind::Changed));
    let shown = format!("{targets:?}");
    assert!(!shown.contains("s3cret") && !shown.contains("123:abc"), "{shown}");
}

#[test]
fn mistakes_are_told_at_their_place_with_what_to_do() {
    let kinds: Vec<String> = KINDS.iter().map(|kind| format!("`{}`", kind.name)).collect();
    let (last, most) = kinds.split_last().expect("there are kinds");
    assert_eq!(
        mistakes("[notify.x]\ntopic = \"t\"\n"),
        format!(
            "error: the target `x` does not say what it is
 --> dynflare.toml:2:9
  |
2 | [notify.x]
  |         ^
  hint: add `type`, one of {} and {last}\n",
            most.join(", ")
        )
    );
    for (text, message, hint) in [
        ("[notify.x]\ntype = \"nfty\"\ntopic = \"t\"", "`type`: expected one of", "did you mean `ntfy`?"),
        (
            "[notify.ntfy]\ntopik = \"t\"\ntopic = \"t\"",
            "unknown key in `[notify.ntfy]`, which is of the type ntfy: `topik`",
            "did you mean `topic`?",
        ),
        ("[notify.ntfy]\n", "the target `ntfy` has no `topic`", "`topic` is the topic"),
        (
            "[notify.ntfy]\ntopic = \"t\"\non = [\"changd\"]",
            "`on`: expected one of",
            "did you mean `changed`?",
        ),
        ("[notify.ntfy]\ntopic = \"t\"\non = []", "`on`: there is nothing in it", ""),
        ("[notify.ntfy]\ntopic = \"t\"\npriority = 9", "`priority`: expected a whole number from 1 to 5", ""),
        ("[notify.ntfy]\ntopic = \"t\"\nusername = \"u\"", "`username` is given without `password`", ""),
        (
            "[notify.ntfy]\ntopic = \"t\"\nusername = \"u\"\npassword = \"p\"\ntoken = \"t\"",
            "`token` and `password` cannot both say who this is",
            "",
        ),
        (
            "[notify.kuma]\nping_url = \"x\"\non = [\"changed\"]",
            "`on`: this target is pinged after every round",
            "",
        ),
        (
            "[notify.webhook]\nwebhook_url = \"x\"\nbody = \"{titel}\"",
            "`body`: nothing is known to put in the place of `{titel}`",
            "",
        ),
        ("[notify.program]\ncommand = []", "`command`: there is nothing in it", ""),
        ("[notify.gotify]\ntoken = \"t\"\nbase_url = \"gotify\"", "`base_url`: expected a URL", ""),
        ("notify = 1", "`notify`: expected tables, such as `[notify.NAME]`", ""),
        ("notfy = 1", "unknown setting `notfy`", "did you mean `notify`?"),
    ] {
        let told = mistakes(text);
        assert!(told.contains(message) && told.contains(hint), "{text}\n{told}");
    }
}

#[test]
fn ur_45_a_wrong_secret_is_not_shown() {
    for text in [
        "[notify.slack]\nwebhook_url = \"s3cret-s3cret\"",
        "[notify.slack]\nwebhook_url = \"https://u:s3cret@hooks.example.org/s3cret\"",
        "[notify.discord]\nwebhook_urll = \"https://discord.example.org/s3cret\"",
        "[notify.kuma]\nping_url = \"https://kuma.example.org/#s3cret\"",
        "[notify.ntfy]\ntopic = [\"s3cret\"]",
        "[notify.webhook]\nwebhook_url = \"https://example.org/{secret}?s3cret\"",
    ] {
        let told = read(text, Secrets::OfNotifications).expect_err(text);
        assert!(!told.contains("s3cret") && !told.contains("{secret}"), "{text}\n{told}");
    }
}

#[test]
fn ur_45_the_parts_of_a_secret_url_are_known_to_be_secret() {
    let url =
        "https://hooks.example.org/services/T0000000000/B00000000000/s3crets3crets3cret?key=s3crets3cret";
    let found: Vec<String> = parts(url).map(|part| part.expose().to_owned()).collect();
    assert_eq!(found, ["B00000000000", "s3crets3crets3cret", "s3crets3cret"]);
}
