//! What rounds found to be right, per name and type, for as long as it need not be looked at again.

use crate::server::update::setter::Want;
use dynflare_core::record::Key;
use std::collections::HashMap;
use std::net::IpAddr;
use std::time::Duration;
use tokio::time::Instant;

/// How many names and types are remembered. What goes beyond is forgotten altogether and found out again: that many at
/// one provider are a mistake, or somebody who tries names.
const MOST: usize = 65_536;

/// What is known.
#[derive(Debug, Default)]
pub(super) struct Known(HashMap<Key, (Want<IpAddr>, Instant)>);

impl Known {
    /// Whether it is known, and not for longer than `audit`, that a name is as wanted.
    pub(super) fn is(&self, key: &Key, want: Want<IpAddr>, audit: Duration) -> bool {
        self.0.get(key).is_some_and(|(is, since)| *is == want && since.elapsed() < audit)
    }

    /// A round found that a name is as wanted, or made it so.
    pub(super) fn note(&mut self, key: Key, want: Want<IpAddr>) {
        if self.0.len() >= MOST && !self.0.contains_key(&key) {
            self.0.clear();
        }
        self.0.insert(key, (want, Instant::now()));
    }

    /// There is doubt about a name.
    pub(super) fn doubt(&mut self, key: &Key) {
        self.0.remove(key);
    }

    /// There is doubt about everything.
    pub(super) fn doubt_all(&mut self) {
        self.0.clear();
    }

    /// How many names and types are known.
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use dynflare_core::name::Name;
    use dynflare_core::record::RecordType;

    #[tokio::test(start_paused = true)]
    async fn what_was_found_counts_until_its_audit_is_due_or_there_is_doubt() {
        let key = Key { name: Name::parse("home.example.org").expect("a name"), rtype: RecordType::A };
        let want = Want::Address(IpAddr::from([203, 0, 113, 7]));
        let (audit, mut known) = (Duration::from_secs(3600), Known::default());
        assert!(!known.is(&key, want, audit));
        known.note(key.clone(), want);
        assert!(known.is(&key, want, audit));
        assert!(!known.is(&key, Want::Offline, audit));
        tokio::time::advance(audit).await;
        assert!(!known.is(&key, want, audit), "the audit is due");
        known.note(key.clone(), want);
        known.doubt(&key);
        assert!(!known.is(&key, want, audit));
    }
}
