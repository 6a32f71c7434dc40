//! `DNSEndpoint` resources, which an external-dns in the cluster publishes
//! (<https://kubernetes-sigs.github.io/external-dns/latest/docs/sources/crd/>), by server-side apply
//! (<https://kubernetes.io/docs/reference/using-api/server-side-apply/>).
//!
//! One resource holds one set: its list of endpoints is replaced as a whole, so two sets in one resource would have to be
//! written together, and a set that goes takes its resource along. The name is `dynflare.TYPE.NAME` with `wildcard` for
//! `*` and `x--` for `_`, which names of resources cannot have. Nothing is forced: where somebody else manages the
//! endpoints, the API refuses.
//!
//! What is read is what external-dns was told, not what it has published.

use crate::provider::registry::{Attribute, Can, Field, Info, Shape, Verified};
use crate::provider::rest::answer::{Answer, Odd, Page, Reading};
use crate::provider::rest::call::{Body, Call};
use crate::provider::rest::dialect::{Dialect, Find, Item, Refusal, Sets, Signing};
use crate::provider::rest::text::{absolute, is_type, presented};
use crate::provider::rest::{Dialects, Row};
use crate::provider::{Account, Zone};
use dynflare_core::fault::Class;
use dynflare_core::name::Name;
use dynflare_core::plan::Replace;
use dynflare_core::record::{Key, RecordType};
use serde_json::{Value, json};

pub(in crate::provider::rest) const ROW: Row = Row {
    info: &Info {
        id: "externaldns",
        name: "external-dns (DNSEndpoint resources)",
        shape: Shape::RrSet,
        types: &[
            RecordType::A,
            RecordType::Aaaa,
            RecordType::Cname,
            RecordType::Mx,
            RecordType::Srv,
            RecordType::Txt,
        ],
        attributes: &[Attribute::Ttl],
        min_ttl: 0,
        can: Can::NAMED_ZONES,
        docs: "https://kubernetes-sigs.github.io/external-dns/latest/docs/sources/crd/",
        fields: &[
            Field::plain(
                "ca_file",
                "the certificate authority of the API server (PEM); within a cluster the service account's",
            )
            .optional(),
            Field::plain(
                "namespace",
                "where the resources are; within a cluster the service account's namespace, else `default`",
            )
            .optional(),
            Field::plain("server", "the API server's URL; within a cluster the cluster's own").optional(),
            Field::secret(
                "token",
                "a token that may get, create, patch and delete dnsendpoints.externaldns.k8s.io; within a cluster the \
                 service account's",
            ),
        ],
        env: &[],
        verified: Verified::Schema("external-dns' CustomResourceDefinition"),
    },
    base: "https://kubernetes.default.svc",
    open: |account| Dialects::sets(Endpoints(account)),
};

/// Who manages the fields.
const MANAGER: &str = "dynflare";

struct Endpoints(Account);

/// The name of a set's resource.
fn resource(key: &Key) -> String {
    let name = key.name.as_str().replace('*', "wildcard").replace('_', "x--");
    format!("dynflare.{}.{name}", key.rtype.as_str().to_ascii_lowercase())
}

impl Endpoints {
    fn path(&self, key: &Key) -> String {
        let namespace = self.0.find("namespace").unwrap_or("default");
        format!("/apis/externaldns.k8s.io/v1alpha1/namespaces/{namespace}/dnsendpoints/{}", resource(key))
    }
}

impl Dialect for Endpoints {
    fn place(&self) -> Option<String> {
        self.0.find("server").map(str::to_owned)
    }

    fn misfit(&self) -> Option<String> {
        let namespace = self.0.find("namespace")?;
        let fits = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
        let fits = !namespace.is_empty() && namespace.len() <= 63 && namespace.bytes().all(fits);
        (!fits)
            .then(|| "`namespace` is no name of a namespace: lower-case letters, digits and `-`".to_owned())
    }

    fn authorize(&self, call: &mut Call, _signing: &Signing<'_>) {
        call.header("accept", "application/json");
        call.bearer(self.0.get("token"));
    }

    fn refusal(&self, answer: &Answer) -> Option<Refusal> {
        let refusal = Refusal::by_status(answer)?;
        let reason = answer.json.text_if("/reason").unwrap_or_default();
        let managed = answer.json.pointer("/details/causes").and_then(Value::as_array);
        let managed = managed.into_iter().flatten();
        let managed = managed.clone().any(|cause| cause.text_if("/reason") == Some("FieldManagerConflict"));
        let class = match (answer.status, managed) {
            // The resource changed between reading and writing.
            (409, false) => Class::Unconfirmed,
            _ => refusal.class,
        };
        let refusal = Refusal { class, ..refusal };
        Some(if reason.is_empty() { refusal } else { refusal.code(reason) })
    }

    fn find(&self, _name: &Name) -> Find {
        Find::Named
    }

    fn zones(&self, _page: Option<&str>) -> Option<Call> {
        None
    }

    fn read_zones(&self, _answer: &Answer, _page: Option<&str>) -> Result<Page<Zone>, Odd> {
        Err(Odd("there are no zones".to_owned()))
    }
}

impl Sets for Endpoints {
    fn get(&self, _zone: &Zone, key: &Key, _page: Option<&str>) -> Call {
        Call::get(self.path(key))
    }

    fn read(&self, _zone: &Zone, key: &Key, answer: &Answer, _page: Option<&str>) -> Result<Page<Item>, Odd> {
        if answer.status == 404 {
            // That of a resource names it; that of a kind which the cluster does not know cannot.
            return match answer.json.text_if("/details/name") {
                Some(_) => Ok(Page::last(Vec::new())),
                None => Err(Odd(
                    "the cluster knows no DNSEndpoint: external-dns' CRD is not installed".to_owned()
                )),
            };
        }
        let whole = json!({
            "uid": answer.json.text("/metadata/uid")?,
            "resourceVersion": answer.json.text("/metadata/resourceVersion")?,
        });
        let mut items = Vec::new();
        for endpoint in answer.json.pointer("/spec/endpoints").and_then(Value::as_array).into_iter().flatten()
        {
            let at = endpoint.text_if("/dnsName").and_then(absolute);
            if at.as_ref() != Some(&key.name) || !is_type(endpoint.text("/recordType")?, key) {
                continue;
            }
            let ttl = endpoint.ttl("/recordTTL").filter(|ttl| *ttl > 0);
            for target in endpoint.items("/targets")? {
                let value = presented(key, target.text("")?);
                items.push(Item { id: String::new(), value, ttl, whole: whole.clone() });
            }
        }
        Ok(Page::last(items))
    }

    fn replace(&self, _zone: &Zone, step: &Replace, there: &[Item]) -> Call {
        let key = &step.expect.key;
        let mut metadata = json!({
            "name": resource(key),
            "labels": { "app.kubernetes.io/managed-by": MANAGER },
        });
        if let Some(item) = there.first() {
            metadata["resourceVersion"] = item.whole["resourceVersion"].clone();
        }
        let body = json!({
            "apiVersion": "externaldns.k8s.io/v1alpha1",
            "kind": "DNSEndpoint",
            "metadata": metadata,
            "spec": { "endpoints": [{
                "dnsName": key.name.as_str(),
                "recordType": key.rtype.as_str(),
                "recordTTL": step.ttl,
                "targets": step.values,
            }] },
        });
        // JSON is YAML.
        Call::patch(self.path(key), Value::Null)
            .body(Body::Text("application/apply-patch+yaml", body.to_string()))
            .ask("fieldManager", MANAGER)
            .ask("fieldValidation", "Strict")
    }

    fn remove(&self, _zone: &Zone, step: &Replace, there: &[Item]) -> Call {
        let preconditions = there.first().map_or(Value::Null, |item| item.whole.clone());
        let body = json!({ "kind": "DeleteOptions", "apiVersion": "v1", "preconditions": preconditions });
        Call::delete(self.path(&step.expect.key)).body(Body::Json(body))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_has_a_resource_of_its_own_whatever_its_name() {
        for (name, rtype, expected) in [
            ("home.example.org", RecordType::Aaaa, "dynflare.aaaa.home.example.org"),
            ("*.example.org", RecordType::A, "dynflare.a.wildcard.example.org"),
            ("_spf.example.org", RecordType::Txt, "dynflare.txt.x--spf.example.org"),
        ] {
            let key = Key { name: Name::parse(name).expect("a name"), rtype };
            assert_eq!(resource(&key), expected);
        }
    }
}
