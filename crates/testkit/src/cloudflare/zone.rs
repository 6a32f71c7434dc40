//! Zones as the API lists them.

use super::record::FakeRecord;
use serde_json::{Value, json};

/// A zone of the fake.
#[derive(Clone, Debug)]
pub struct FakeZone {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) account: String,
    pub(super) status: &'static str,
    pub(super) paid: bool,
    pub(super) records: Vec<FakeRecord>,
}

impl FakeZone {
    /// An active zone on the Free plan.
    pub fn new(name: &str) -> Self {
        Self {
            id: String::new(),
            name: name.to_owned(),
            account: "Example Account".to_owned(),
            status: "active",
            paid: false,
            records: Vec::new(),
        }
    }

    /// In this account.
    #[must_use]
    pub fn account(mut self, account: &str) -> Self {
        account.clone_into(&mut self.account);
        self
    }

    /// In this status: `initializing`, `pending`, `active` or `moved`.
    #[must_use]
    pub fn status(mut self, status: &'static str) -> Self {
        self.status = status;
        self
    }

    /// On the Pro plan: comments of 500 characters, tags, batches of 3,500.
    #[must_use]
    pub fn paid(mut self) -> Self {
        self.paid = true;
        self
    }

    /// Whether the API serves writes for its top-level domain at all.
    pub(super) fn is_free_tld(&self) -> bool {
        ["cf", "ga", "gq", "ml", "tk"].iter().any(|tld| self.name.rsplit('.').next() == Some(tld))
    }

    pub(super) fn json(&self, permissions: &[&str]) -> Value {
        let (legacy_id, plan) = if self.paid { ("pro", "Pro Website") } else { ("free", "Free Website") };
        json!({
            "id": self.id,
            "name": self.name,
            "status": self.status,
            "paused": false,
            "type": "full",
            "development_mode": 0,
            "name_servers": ["amy.ns.example.com", "bob.ns.example.com"],
            "original_name_servers": null,
            "original_registrar": null,
            "original_dnshost": null,
            "modified_on": "2025-06-27T16:15:05.621864Z",
            "created_on": "2025-06-27T16:15:01.206882Z",
            "activated_on": if self.status == "active" { json!("2025-06-27T16:15:05.465417Z") } else { Value::Null },
            "vanity_name_servers": [],
            "vanity_name_servers_ips": null,
            "meta": {
                "step": 4,
                "custom_certificate_quota": 0,
                "page_rule_quota": 3,
                "phishing_detected": false,
            },
            "owner": { "id": null, "type": "user", "email": null },
            "account": { "id": "8d76151cc3a22bf025f36489c7a0be23", "name": self.account },
            "tenant": { "id": null, "name": null },
            "tenant_unit": { "id": null },
            "permissions": permissions,
            "plan": {
                "id": "0feeeeeeeeeeeeeeeeeeeeeeeeeeeeee",
                "name": plan,
                "price": 0,
                "currency": "USD",
                "frequency": "",
                "is_subscribed": false,
                "can_subscribe": false,
                "legacy_id": legacy_id,
                "legacy_discount": false,
                "externally_managed": false,
            },
        })
    }
}
