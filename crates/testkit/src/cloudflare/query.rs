//! The query string, and the page asked for.

use super::answer::Refusal;

/// The pairs of a query string, decoded.
pub(super) struct Query(Vec<(String, String)>);

impl Query {
    pub(super) fn parse(text: &str) -> Self {
        let pairs = text.split('&').filter(|pair| !pair.is_empty());
        Self(
            pairs
                .map(|pair| {
                    let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
                    (decode(key), decode(value))
                })
                .collect(),
        )
    }

    pub(super) fn get(&self, key: &str) -> Option<&str> {
        self.0.iter().find(|pair| pair.0 == key).map(|pair| pair.1.as_str())
    }

    /// Page and page size, refused outside of the documented range as the published schema demands.
    pub(super) fn page(
        &self,
        smallest: usize,
        usual: usize,
        largest: usize,
    ) -> Result<(usize, usize), Refusal> {
        let number = |key: &str, usual: usize| match self.get(key) {
            None => Ok(usual),
            Some(text) => text.parse().map_err(|_| bad(key)),
        };
        let (page, per_page) = (number("page", 1)?, number("per_page", usual)?);
        if page == 0 {
            return Err(bad("page"));
        }
        if !(smallest..=largest).contains(&per_page) {
            return Err(bad("per_page"));
        }
        Ok((page, per_page))
    }
}

fn bad(key: &str) -> Refusal {
    Refusal::new(400, 9207, format!("Invalid value for parameter {key}"))
}

fn decode(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => {
                let digits: Vec<u8> = rest.by_ref().take(2).collect();
                let digits = std::str::from_utf8(&digits).unwrap_or("");
                u8::from_str_radix(digits, 16).unwrap_or(b'?')
            }
            other => other,
        });
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
