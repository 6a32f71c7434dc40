//! Names and the zones they lie in.

use dynflare_core::name::Name;

/// What often stands before a country's code where names are sold below it: `co.uk`, `com.au`, `or.jp`.
const SECOND: &[&str] =
    &["ac", "co", "com", "edu", "gen", "go", "gob", "gov", "govt", "mil", "ne", "net", "nom", "or", "org"];

/// The name relative to the zone: `@` for the zone itself. A name that does not end in the zone is relative already.
pub(crate) fn inside(name: &str, zone: &str) -> Result<String, String> {
    whole(zone)?;
    if name.is_empty() || name == "@" {
        return Ok("@".to_owned());
    }
    let relative = below(name, zone).unwrap_or_else(|| name.trim_end_matches(".@").to_owned());
    if relative == "@" {
        return Ok(relative);
    }
    whole(&format!("{relative}.{zone}")).map(|()| relative)
}

/// The name relative to the zone, if it lies in it.
pub(crate) fn below(name: &str, zone: &str) -> Option<String> {
    if name == zone {
        return Some("@".to_owned());
    }
    name.strip_suffix(zone)?.strip_suffix('.').map(str::to_owned)
}

/// Whether it is a whole name.
pub(crate) fn whole(name: &str) -> Result<(), String> {
    // Names in other scripts are turned into A-labels where the configuration is read.
    let latin: String = name.chars().map(|c| if c.is_ascii() { c } else { 'x' }).collect();
    let refused = |why: &dyn std::fmt::Display| Err(format!("`{}` is no name: {why}", shown(name)));
    if name.is_empty() {
        return Err("the name is empty".to_owned());
    }
    if !latin.contains('.') {
        return refused(&"it has one label only, and nothing says in which zone it lies");
    }
    match Name::parse(&latin) {
        Ok(_) => Ok(()),
        Err(error) => refused(&error),
    }
}

/// The zone that a name most likely lies in.
pub(crate) fn guess(name: &str) -> String {
    let labels: Vec<&str> = name.split('.').collect();
    let sold_below = |at: usize| labels.get(at).is_some_and(|label| SECOND.contains(label));
    let count = labels.len();
    let take = if count >= 3 && labels[count - 1].len() == 2 && sold_below(count - 2) { 3 } else { 2 };
    labels[count.saturating_sub(take)..].join(".")
}

/// A name as it may be shown: what was meant for another place, such as a password, is not.
fn shown(name: &str) -> String {
    let harmless = |c: char| c.is_alphanumeric() || matches!(c, '.' | '-' | '_' | '*' | '@' | ' ');
    if name.len() <= 64 && name.chars().all(harmless) { name.to_owned() } else { "…".to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_guess_takes_two_labels_or_three_below_a_country() {
        for (name, zone) in [
            ("home.example.org", "example.org"),
            ("example.org", "example.org"),
            ("*.a.b.example.org", "example.org"),
            ("home.example.co.uk", "example.co.uk"),
            ("example.com.au", "example.com.au"),
            ("co.uk", "co.uk"),
            ("www.co.example", "co.example"),
        ] {
            assert_eq!(guess(name), zone, "{name}");
        }
    }

    #[test]
    fn names_are_made_relative_once() {
        for (name, expected) in [
            ("", "@"),
            ("@", "@"),
            ("example.org", "@"),
            ("home", "home"),
            ("home.example.org", "home"),
            ("*", "*"),
        ] {
            assert_eq!(inside(name, "example.org").as_deref(), Ok(expected), "{name}");
        }
        assert!(inside("a b", "example.org").is_err());
        assert!(inside("home", "example").is_err());
        assert_eq!(below("badexample.org", "example.org"), None);
    }
}
