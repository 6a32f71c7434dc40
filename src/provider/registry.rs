//! What there is to know about each built-in provider without asking it: the table behind `dynflare providers`, the
//! generated reference and the checks of the configuration.
//!
//! One row per provider, sorted by id. How a provider is spoken to is its adapter's business.

pub use super::account::{Field, Need, Sight};

use super::{cloudflare, console, exec, get, rfc2136};
#[cfg(feature = "rest")]
use super::{http, rest};
use dynflare_core::address::Family;
use dynflare_core::record::RecordType;

/// One built-in provider.
#[derive(Clone, Copy, Debug)]
pub struct Info {
    /// The word in a record string, before the first colon.
    pub id: &'static str,
    /// The name as its owner writes it.
    pub name: &'static str,
    /// What its API can do.
    pub shape: Shape,
    /// The types of records that can be written, sorted.
    pub types: &'static [RecordType],
    /// The attributes that can be set on a record, sorted.
    pub attributes: &'static [Attribute],
    /// The shortest TTL in seconds that every account may set.
    pub min_ttl: u32,
    /// What else it can do.
    pub can: Can,
    /// The page of its API.
    pub docs: &'static str,
    /// What an account is made of, where that is no more than values.
    pub fields: &'static [Field],
    /// The environment variables of accounts that are put together in a way of their own, each with its meaning.
    pub env: &'static [(&'static str, &'static str)],
    /// Against what the adapter was proven.
    pub verified: Verified,
}

/// What a provider can do beside writing one address at a plain name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "a row of a table, with a column for each")]
pub struct Can {
    /// Several values at one name.
    pub several: bool,
    /// Records at `*`.
    pub wildcard: bool,
    /// Records at the zone's own name.
    pub apex: bool,
    /// Tell which zones there are, so that a record's zone can be `auto`.
    pub auto: bool,
}

impl Can {
    /// Everything, as most can.
    pub const ALL: Self = Self { several: true, wildcard: true, apex: true, auto: true };
    /// Everything but telling which zones there are.
    pub const NAMED_ZONES: Self = Self { auto: false, ..Self::ALL };
}

/// What the unit of a provider's API is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// Records with identifiers and attributes.
    Records,
    /// Whole RRsets.
    RrSet,
    /// Addresses go in, and nothing can be read.
    Push,
}

impl Shape {
    /// The word for tables and documentation.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Records => "records",
            Self::RrSet => "RRset",
            Self::Push => "push",
        }
    }
}

/// Against what an adapter was proven, the best first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verified {
    /// Real servers, which the tests run.
    Servers(&'static str),
    /// Exchanges that somebody recorded with the real API, in these years.
    Recorded(&'static str),
    /// A description of the API that its owner publishes, by machine.
    Schema(&'static str),
    /// What its documentation says; a server in the tests was written after that.
    Documentation,
    /// What other programs do there, or what is common among such servers: little or nothing of its own documentation
    /// could be read.
    Hearsay,
}

impl std::fmt::Display for Verified {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Servers(which) => write!(f, "real servers: {which}"),
            Self::Recorded(years) => write!(f, "recorded exchanges ({years})"),
            Self::Schema(which) => write!(f, "published schema: {which}"),
            Self::Documentation => f.write_str("documentation only"),
            Self::Hearsay => f.write_str("what other clients do"),
        }
    }
}

/// What can be set on a record beside its content.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Attribute {
    /// A text that only the owner sees.
    Comment,
    /// Whether the provider's proxy answers.
    Proxied,
    /// Labels.
    Tags,
    /// Time to live.
    Ttl,
}

impl Attribute {
    /// The word in record strings and configuration files.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Comment => "comment",
            Self::Proxied => "proxied",
            Self::Tags => "tags",
            Self::Ttl => "ttl",
        }
    }
}

/// Every type there is, sorted.
pub const ALL_TYPES: &[RecordType] = &[
    RecordType::A,
    RecordType::Aaaa,
    RecordType::Caa,
    RecordType::Cname,
    RecordType::Https,
    RecordType::Mx,
    RecordType::Srv,
    RecordType::Svcb,
    RecordType::Txt,
];

/// The types of addresses.
pub const ADDRESSES: &[RecordType] = &[RecordType::A, RecordType::Aaaa];

/// Addresses and texts: what every API writes alike.
pub const ADDRESSES_AND_TEXT: &[RecordType] = &[RecordType::A, RecordType::Aaaa, RecordType::Txt];

impl Info {
    /// The families whose address it publishes as such.
    pub fn families(&self) -> impl Iterator<Item = Family> {
        self.types.iter().filter_map(|rtype| rtype.family())
    }

    /// What it cannot, in words.
    pub fn cannot(&self) -> Vec<&'static str> {
        let columns = [
            (self.can.several, "several values at one name"),
            (self.can.wildcard, "wildcards"),
            (self.can.apex, "the zone's own name"),
            // Where nothing can be read, the name is sent whole and its zone does not matter.
            (self.can.auto || self.shape == Shape::Push, "zone `auto`"),
        ];
        columns.into_iter().filter(|(can, _)| !can).map(|(_, what)| what).collect()
    }

    /// The variables that an account of this provider comes from, each with its meaning.
    pub fn variables(&self) -> Vec<(String, &'static str)> {
        let own = self.env.iter().map(|(name, about)| ((*name).to_owned(), *about));
        let of_field = |field: &Field| {
            let mut names = field.variables(self.id);
            (names.swap_remove(0), field.about)
        };
        own.chain(self.fields.iter().map(of_field)).collect()
    }

    /// A record at this provider, as one writes it.
    pub fn example(&self) -> String {
        let types: Vec<&str> = self.families().map(|family| RecordType::from(family).as_str()).collect();
        // Where there are no zones, what is written to has its place.
        let (place, name) = match self.id {
            "cloudflare-access" | "cloudflare-gateway" | "cloudflare-list" => ("office", "@"),
            "cloudflare-pool" => ("pool", "origin"),
            _ => ("example.org", "home"),
        };
        format!("{}:{place}:{}:{name}", self.id, types.join("+"))
    }

    /// A configuration with that record, to copy; `None` where accounts are put together in a way of their own.
    pub fn example_configuration(&self) -> Option<String> {
        let required = |field: &&Field| field.need == Need::Required;
        let line = |field: &Field| match field.sight {
            Sight::Secret => format!("{} = \"file:/etc/dynflare/{}\"\n", field.key, field.key),
            Sight::Plain => format!("{} = \"…\"\n", field.key),
        };
        let lines: String = self.fields.iter().filter(required).map(line).collect();
        let account =
            if lines.is_empty() { String::new() } else { format!("\n[providers.{}]\n{lines}", self.id) };
        (!self.fields.is_empty())
            .then(|| format!("version = 1\nrecords = [\"{}\"]\n{account}", self.example()))
    }

    /// What somebody is asked for who sets up an account: its fields, and where an account is put together in a way of
    /// its own, the usual one of its ways.
    pub fn asked(&self) -> &'static [Field] {
        match self.id {
            "cloudflare" => cloudflare::ASKED,
            "rfc2136" => rfc2136::settings::ASKED,
            _ => self.fields,
        }
    }

    /// The page where its owner hands out credentials, where that is known.
    pub fn console(&self) -> Option<&'static str> {
        console::of(self.id)
    }

    /// Whether names are sent to it whole, so that their zone does not matter.
    pub fn takes_whole_names(&self) -> bool {
        self.shape == Shape::Push && !get::needs_zone(self.id)
    }

    /// Whether the attribute can be set.
    pub fn has(&self, attribute: Attribute) -> bool {
        self.attributes.contains(&attribute)
    }
}

const RFC2136: Info = Info {
    id: "rfc2136",
    name: "RFC 2136 (DNS UPDATE)",
    shape: Shape::RrSet,
    types: ALL_TYPES,
    attributes: &[Attribute::Ttl],
    min_ttl: 0,
    can: Can::ALL,
    docs: "https://www.rfc-editor.org/rfc/rfc2136",
    fields: &[],
    env: rfc2136::settings::VARIABLES,
    verified: Verified::Servers("BIND 9, Knot DNS and PowerDNS"),
};

/// Those with an adapter of their own.
const OWN: &[&Info] = &[
    &cloudflare::INFO,
    &exec::INFO,
    #[cfg(feature = "rest")]
    &http::INFO,
    &RFC2136,
];

/// Every built-in provider, sorted by id.
pub fn all() -> Vec<&'static Info> {
    let mut all = OWN.to_vec();
    #[cfg(feature = "rest")]
    all.extend(rest::ROWS.iter().map(|row| row.info));
    all.extend(get::infos());
    all.sort_by_key(|info| info.id);
    all
}

/// The provider of this id.
pub fn find(id: &str) -> Option<&'static Info> {
    let own = OWN.iter().copied().find(|info| info.id == id);
    #[cfg(feature = "rest")]
    let own = own.or_else(|| rest::row(id).map(|row| row.info));
    own.or_else(|| get::info(id))
}

/// The Cargo feature that a provider takes which this program was built without; `None` where it is there, or is none.
pub fn left_out(id: &str) -> Option<&'static str> {
    (find(id).is_none() && REST.binary_search(&id).is_ok()).then_some("rest")
}

/// The providers of the feature `rest`, sorted: a program that was built without it knows their names.
const REST: &[&str] = &[
    "adguard-home",
    "alidns",
    "arvancloud",
    "autodns",
    "azure",
    "baiducloud",
    "bunny",
    "civo",
    "cloudflare-access",
    "cloudflare-gateway",
    "cloudflare-list",
    "cloudflare-pool",
    "cloudns",
    "conoha",
    "cpanel",
    "desec",
    "designate",
    "digitalocean",
    "directadmin",
    "dnsimple",
    "dnsla",
    "dnspod",
    "dnsservices",
    "domeneshop",
    "dynu",
    "easydns",
    "edgedns",
    "edgeone-dns",
    "exoscale",
    "externaldns",
    "gandi",
    "gcore",
    "gehirn",
    "glesys",
    "godaddy",
    "googleclouddns",
    "hetzner-cloud",
    "hostingde",
    "http",
    "huaweicloud",
    "infoblox",
    "infomaniak",
    "internetbs",
    "inwx",
    "ionos",
    "ionos-cloud",
    "lightsail",
    "linode",
    "luadns",
    "mikrotik",
    "mythicbeasts",
    "namecheap",
    "namecom",
    "namesilo",
    "netcup",
    "netlify",
    "nfsn",
    "njalla",
    "ns1",
    "oci",
    "opnsense",
    "ovh",
    "pihole",
    "plesk",
    "porkbun",
    "powerdns",
    "rcodezero",
    "regfish",
    "route53",
    "safedns",
    "scaleway",
    "selectel",
    "servercow",
    "simply",
    "spaceship",
    "stackit",
    "technitium",
    "tencentcloud",
    "transip",
    "ultradns",
    "unifi",
    "vercel",
    "volcengine",
    "vultr",
    "webhook",
    "websupport",
    "wedos",
    "yandexcloud",
    "zoneeu",
];

#[cfg(test)]
mod tests {
    use super::{Shape, all, find};

    #[cfg(feature = "rest")]
    #[test]
    fn what_takes_the_feature_rest_is_known_by_name_without_it() {
        let mut rest: Vec<&str> = super::rest::ROWS.iter().map(|row| row.info.id).chain(["http"]).collect();
        rest.sort_unstable();
        assert_eq!(super::REST, rest);
        assert!(rest.into_iter().all(|id| super::left_out(id).is_none()));
    }

    #[test]
    fn every_row_is_there_once_and_says_what_there_is_to_say() {
        let all = all();
        assert!(all.is_sorted_by(|a, b| a.id < b.id));
        for info in all {
            assert_eq!(find(info.id).map(|found| found.name), Some(info.name));
            assert!(info.attributes.is_sorted(), "{}", info.id);
            assert!(info.types.is_sorted() && info.families().count() > 0, "{}", info.id);
            assert!(info.docs.starts_with("https://"), "{}", info.id);
            assert!(
                info.id.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-'),
                "{}",
                info.id
            );
            let described = info.id == super::get::OWN.id || info.id == "http";
            assert!(described || info.fields.is_empty() != info.env.is_empty(), "{}", info.id);
            assert!(info.shape != Shape::Push || !info.can.auto, "{}", info.id);
            for field in info.fields {
                let (key, about) = (field.key, field.about);
                assert!(!about.is_empty() && !about.ends_with('.'), "{} {key}", info.id);
                assert!(
                    key.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_'),
                    "{} {key}",
                    info.id
                );
                assert!(!["type", "base_url", "refresh_after"].contains(&key), "{} {key}", info.id);
            }
        }
        assert!(find("nowhere").is_none());
    }
}
