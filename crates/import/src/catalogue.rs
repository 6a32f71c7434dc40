//! What has to be known of our providers: given by the caller, so that nothing here depends on them.

/// The providers there are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Catalogue {
    /// Each of them once.
    pub providers: Vec<Provider>,
}

/// One provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Provider {
    /// The word in a record string.
    pub id: String,
    /// The name as its owner writes it.
    pub name: String,
    /// What an account is made of.
    pub fields: Vec<Field>,
    /// What it can do.
    pub can: Vec<Ability>,
    /// Whether a record has to say its zone.
    pub zone: Zone,
    /// The shortest TTL in seconds.
    pub min_ttl: u32,
}

/// One key below `[providers.NAME]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// The key.
    pub key: String,
    /// What it is and where it is found.
    pub about: String,
    /// Whether it may be seen.
    pub sight: Sight,
    /// Whether an account can be without it.
    pub need: Need,
}

/// Whether a field may be seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sight {
    /// By everybody.
    Plain,
    /// By nobody.
    Secret,
}

/// Whether an account can be without a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// It can.
    Optional,
    /// It cannot.
    Required,
}

/// Something that not every provider can.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ability {
    /// A records.
    Ipv4,
    /// AAAA records.
    Ipv6,
    /// Records at `*`.
    Wildcard,
    /// A comment beside a record.
    Comment,
    /// A proxy before what a record points at.
    Proxied,
    /// A time to live.
    Ttl,
}

/// Whether a record has to say its zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Zone {
    /// The provider tells it, or it does not matter: `auto` will do.
    Auto,
    /// It has to be written.
    Written,
}

impl Catalogue {
    /// The provider of this id.
    pub fn find(&self, id: &str) -> Option<&Provider> {
        self.providers.iter().find(|provider| provider.id == id)
    }
}

impl Provider {
    /// Whether it can.
    pub fn can(&self, ability: Ability) -> bool {
        self.can.contains(&ability)
    }

    /// The field of this key.
    pub fn field(&self, key: &str) -> Option<&Field> {
        self.fields.iter().find(|field| field.key == key)
    }
}
