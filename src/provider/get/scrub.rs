//! Taking the credentials of an account out of what its provider says: an error page may repeat the request.

use super::template::encoded;
use crate::secret::Secret;
use domain::utils::base64;
use dynflare_core::fault::Fault;

/// A credential shorter than this is not looked for: what is left of a text without it would say nothing any more.
const SHORTEST: usize = 4;

/// Knows an account's credentials in every form in which they are sent.
#[derive(Clone, Debug)]
pub(in crate::provider) struct Scrub(Vec<Secret>);

impl Scrub {
    /// `secrets` as they are, and what else must not be seen (user and password as one text).
    pub(in crate::provider) fn new(secrets: &[&str]) -> Self {
        let mut forms: Vec<String> = Vec::new();
        for secret in secrets.iter().filter(|secret| secret.len() >= SHORTEST) {
            let percent = encoded(secret);
            // A form writes a space as a plus, and some servers write the digits of `%2f` small.
            let small: String = lower_escapes(&percent);
            let plus = percent.replace("%20", "+");
            let base64 = base64::encode_string(secret);
            let bare = base64.trim_end_matches('=').to_owned();
            forms.extend([(*secret).to_owned(), percent, small, plus, base64, bare]);
        }
        forms.sort_by_key(|form| std::cmp::Reverse(form.len()));
        forms.dedup();
        Self(forms.into_iter().map(Secret::new).collect())
    }

    fn text(&self, text: &str) -> String {
        self.0.iter().fold(text.to_owned(), |text, form| text.replace(form.expose(), "***"))
    }

    /// The same fault without them.
    pub(in crate::provider) fn fault(&self, fault: &Fault) -> Fault {
        Fault {
            what: self.text(&fault.what),
            said: fault.said.as_deref().map(|said| self.text(said)),
            status: fault.status.as_deref().map(|status| self.text(status)),
            hint: fault.hint.as_deref().map(|hint| self.text(hint)),
            ..*fault
        }
    }
}

fn lower_escapes(text: &str) -> String {
    let mut lower = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('%') {
        let (digits, after) = after.split_at(2.min(after.len()));
        lower.push_str(before);
        lower.push('%');
        lower.push_str(&digits.to_ascii_lowercase());
        rest = after;
    }
    lower + rest
}

#[cfg(test)]
mod tests {
    use super::*;
    use dynflare_core::fault::Class;

    #[test]
    fn ur_45_a_credential_is_taken_out_in_every_form_in_which_it_was_sent() {
        let scrub = Scrub::new(&["pass/word 1", "me:pass/word 1"]);
        let said = "pass/word 1, pass%2Fword%201, pass%2fword%201, pass%2Fword+1, \
                    Basic bWU6cGFzcy93b3JkIDE=, cGFzcy93b3JkIDE";
        let fault = scrub.fault(&Fault::new(Class::Denied, "no").said(said));
        assert_eq!(fault.said.as_deref(), Some("***, ***, ***, ***, Basic ***, ***"));
    }
}
