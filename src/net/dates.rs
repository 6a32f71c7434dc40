//! What the servers that were spoken to say what time it is (`Date`, RFC 9110 §6.6.1), for whoever wants to know
//! whether this machine's clock is right.

use super::date;
use hyper::HeaderMap;
use hyper::header::AGE;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

/// How far the servers' clocks are ahead of ours. Clones listen together; the default listens to nobody.
#[derive(Clone, Debug, Default)]
pub struct Dates(Option<Arc<Mutex<BTreeMap<String, i64>>>>);

impl Dates {
    /// One that listens.
    pub fn listening() -> Self {
        Self(Some(Arc::default()))
    }

    /// Takes note of what a server says, if it says anything. An answer out of a cache is as old as it says (`Age`).
    pub(super) fn note(&self, server: String, headers: &HeaderMap) {
        let Some(heard) = &self.0 else { return };
        let age = headers.get(AGE).and_then(|age| age.to_str().ok()?.trim().parse::<i64>().ok()).unwrap_or(0);
        let ours = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
        let (Some(theirs), Ok(ours)) = (date::of_server(headers), i64::try_from(ours)) else { return };
        let Ok(theirs) = i64::try_from(theirs) else { return };
        let ahead = theirs.saturating_add(age).saturating_sub(ours);
        let mut heard = heard.lock().unwrap_or_else(PoisonError::into_inner);
        // What arrives late looks like a clock that is behind, so the latest word is the best one.
        heard.entry(server).and_modify(|known| *known = ahead.max(*known)).or_insert(ahead);
    }

    /// By server (host and port), by how many seconds its clock is ahead of ours.
    pub fn heard(&self) -> Vec<(String, i64)> {
        let Some(heard) = &self.0 else { return Vec::new() };
        let heard = heard.lock().unwrap_or_else(PoisonError::into_inner);
        heard.iter().map(|(server, ahead)| (server.clone(), *ahead)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hyper::header::{DATE, HeaderValue};

    #[test]
    fn only_who_listens_hears_and_age_is_taken_off() {
        // 1994-11-06 08:49:37 UTC, the example of RFC 9110 §5.6.7.
        let mut headers =
            HeaderMap::from_iter([(DATE, HeaderValue::from_static("Sun, 06 Nov 1994 08:49:37 GMT"))]);
        let (deaf, listening) = (Dates::default(), Dates::listening());
        for dates in [&deaf, &listening] {
            dates.note("api.example.com".to_owned(), &headers);
        }
        assert!(deaf.heard().is_empty());
        let ahead = |dates: &Dates| dates.heard()[0].1;
        let without_age = ahead(&listening);
        assert!(without_age < -900_000_000, "{without_age}");
        headers.insert(AGE, HeaderValue::from_static("86400"));
        listening.note("api.example.com".to_owned(), &headers);
        let gained = ahead(&listening) - without_age;
        assert!((86_000..=86_400).contains(&gained), "an hour may lie between, a day does not: {gained}");
        listening.note("no-date.example.com".to_owned(), &HeaderMap::new());
        assert_eq!(listening.heard().len(), 1);
    }
}
