//! What others wrote, made fit to be shown: quoted text is cut to 200 characters, has no control characters and
//! none of the known secrets.

use crate::secret::Secret;

/// How many characters of somebody else's text are shown.
pub const LONGEST: usize = 200;

/// A secret shorter than this is not searched for: masking every `a` would hide the message, not the secret.
const SHORTEST_SECRET: usize = 6;

/// Takes known secrets out of text.
#[derive(Clone, Debug, Default)]
pub struct Cleaner {
    secrets: Vec<Secret>,
}

impl Cleaner {
    /// A cleaner that knows these secrets.
    pub fn new(secrets: Vec<Secret>) -> Self {
        let mut secrets: Vec<Secret> =
            secrets.into_iter().filter(|secret| secret.expose().len() >= SHORTEST_SECRET).collect();
        // The longest first, so that a secret that holds another one is masked whole.
        secrets.sort_by_key(|secret| std::cmp::Reverse(secret.expose().len()));
        Self { secrets }
    }

    /// The text without secrets; for our own sentences, which may carry somebody else's text.
    pub fn masked(&self, text: &str) -> String {
        self.secrets.iter().fold(text.to_owned(), |text, secret| text.replace(secret.expose(), "***"))
    }

    /// Somebody else's text: masked, on one line, printable, cut.
    pub fn remote(&self, text: &str) -> String {
        let line = self.whole(text);
        match line.char_indices().nth(LONGEST) {
            Some((end, _)) => format!("{}…", &line[..end]),
            None => line,
        }
    }

    /// The same without being cut, for a content that is compared with another, and for our own sentences with
    /// somebody else's words in them.
    pub fn whole(&self, text: &str) -> String {
        let masked = self.masked(text);
        let mut words =
            masked.split(|c: char| c.is_control() || c.is_whitespace()).filter(|word| !word.is_empty());
        let mut line = words.next().unwrap_or_default().to_owned();
        for word in words {
            line.push(' ');
            line.push_str(word);
        }
        let printable = |c: char| !matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
        line.retain(printable);
        line
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn remote_text_is_one_printable_line() {
        let cleaner = Cleaner::default();
        assert_eq!(cleaner.remote("  bad\r\n\x1b[31mtoken\u{202e}x  "), "bad [31mtokenx");
    }

    #[test]
    fn long_remote_text_is_cut_at_a_character() {
        let cut = Cleaner::default().remote(&"ä".repeat(500));
        assert_eq!(cut.chars().count(), LONGEST + 1);
        assert!(cut.ends_with('…'));
    }

    #[test]
    fn secrets_are_masked_by_value_even_inside_longer_text_and_before_it_is_cut() {
        let cleaner = Cleaner::new(vec![Secret::new("hunter22"), Secret::new("hunter22-long")]);
        assert_eq!(cleaner.remote("got hunter22-long and hunter22."), "got *** and ***.");
        let at_the_edge = format!("{}hunter22", "x".repeat(LONGEST - 4));
        assert!(!cleaner.remote(&at_the_edge).contains("hunt"));
    }
}
