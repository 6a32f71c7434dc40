//! Which names a condition is true of: `is(example.org) || !sub(example.com)`, as both cloudflare-ddns have it.

/// How deep brackets may stand in each other.
const DEPTH: usize = 32;

/// What `sub(d)` is true of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sub {
    /// What lies below `d`.
    Below,
    /// That, and `d` itself.
    AndItself,
}

/// Whether the condition is true of this name; `None` where it is no condition.
pub(super) fn holds(condition: &str, name: &str, sub: Sub) -> Option<bool> {
    let mut reader = Reader { rest: condition.trim(), name: name.trim_end_matches('.').to_lowercase(), sub };
    let value = reader.either(0)?;
    reader.rest.is_empty().then_some(value)
}

struct Reader<'c> {
    rest: &'c str,
    name: String,
    sub: Sub,
}

impl Reader<'_> {
    fn eat(&mut self, word: &str) -> bool {
        match self.rest.strip_prefix(word) {
            Some(rest) => {
                self.rest = rest.trim_start();
                true
            }
            None => false,
        }
    }

    fn either(&mut self, depth: usize) -> Option<bool> {
        let mut value = self.both(depth)?;
        while self.eat("||") {
            value |= self.both(depth)?;
        }
        Some(value)
    }

    fn both(&mut self, depth: usize) -> Option<bool> {
        let mut value = self.one(depth)?;
        while self.eat("&&") {
            value &= self.one(depth)?;
        }
        Some(value)
    }

    fn one(&mut self, depth: usize) -> Option<bool> {
        if depth > DEPTH {
            return None;
        }
        if self.eat("!") {
            return self.one(depth + 1).map(|value| !value);
        }
        if self.eat("(") {
            let value = self.either(depth + 1)?;
            return self.eat(")").then_some(value);
        }
        let end = self.rest.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(self.rest.len());
        let word = self.rest[..end].to_owned();
        self.rest = self.rest[end..].trim_start();
        match word.as_str() {
            "true" | "t" | "T" | "TRUE" | "True" | "1" => Some(true),
            "false" | "f" | "F" | "FALSE" | "False" | "0" => Some(false),
            "is" | "sub" => {
                if !self.eat("(") {
                    return None;
                }
                let (inside, rest) = self.rest.split_once(')')?;
                self.rest = rest.trim_start();
                let names = inside.split(',').map(|name| name.trim().trim_end_matches('.').to_lowercase());
                let own = self.name.clone();
                let below = |zone: &str| own.strip_suffix(zone).is_some_and(|rest| rest.ends_with('.'));
                let matches = |zone: String| match (word.as_str(), self.sub) {
                    ("is", _) => own == zone,
                    (_, Sub::Below) => below(&zone),
                    (_, Sub::AndItself) => own == zone || below(&zone),
                };
                Some(names.filter(|name| !name.is_empty()).any(matches))
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conditions_are_true_of_the_names_they_say() {
        for (condition, name, expected) in [
            ("true", "a.example.org", Some(true)),
            ("is(example.org)", "example.org", Some(true)),
            ("is(a.example.org,b.example.org)", "b.example.org", Some(true)),
            ("sub(example.org)", "example.org", Some(false)),
            ("sub(example.org)", "a.b.example.org", Some(true)),
            ("sub(example.org)", "badexample.org", Some(false)),
            ("!is(example.org) && (sub(example.org) || false)", "x.example.org", Some(true)),
            ("is(example.org", "example.org", None),
            ("yes", "example.org", None),
            ("", "example.org", None),
            ("true false", "example.org", None),
        ] {
            assert_eq!(holds(condition, name, Sub::Below), expected, "{condition} of {name}");
        }
        assert_eq!(holds("sub(example.org)", "example.org", Sub::AndItself), Some(true));
        assert_eq!(holds(&"(".repeat(10_000), "example.org", Sub::Below), None);
    }
}
