//! What an RFC 2136 account is made of, and reading it from text: server, key, transport.

use crate::provider::registry::Field;
use crate::secret::Secret;
use domain::base::name::Name;
use domain::tsig;
use domain::utils::base64;
use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::str::FromStr;
use std::sync::Arc;

/// The variables that an account comes from, each with its meaning.
pub const VARIABLES: &[(&str, &str)] = &[
    ("RFC2136_SERVER", "the zone's primary server: name or address, with an optional port"),
    ("RFC2136_KEY", "the TSIG key: [ALGORITHM:]NAME:SECRET"),
];

/// The same as what somebody is asked for who sets up an account.
pub(in crate::provider) const ASKED: &[Field] = &[
    Field::plain("server", "the zone's primary server: name or address, with an optional port"),
    Field::secret("key", "the TSIG key as for `nsupdate -y`: ALGORITHM:NAME:SECRET; none where the server trusts this machine's address")
        .optional(),
];

/// One primary server and the right to update there.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Name or address, with an optional port (53 where there is none): `ns1.example.org`, `192.0.2.53:5353`,
    /// `2001:db8::53`, `[2001:db8::53]:5353`.
    pub server: String,
    /// The key that signs; without one the server has to trust this machine's address.
    pub key: Option<TsigKey>,
    /// Which transport carries the messages.
    pub transport: Transport,
}

/// A shared key (RFC 8945).
#[derive(Clone, Debug)]
pub struct TsigKey {
    /// The name under which the server knows it.
    pub name: String,
    /// Its algorithm.
    pub algorithm: Algorithm,
    /// The secret in base64.
    pub secret: Secret,
}

/// The algorithms of RFC 8945 §6 that are not deprecated there and produce no truncated signature.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Algorithm {
    /// `hmac-sha256`.
    #[default]
    Sha256,
    /// `hmac-sha384`.
    Sha384,
    /// `hmac-sha512`.
    Sha512,
}

/// Which transport carries the messages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Transport {
    /// UDP, and TCP for what is large, was cut short or stayed without an answer.
    #[default]
    Auto,
    /// UDP only.
    Udp,
    /// TCP only.
    Tcp,
}

/// A setting that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SettingsError {
    /// The server is neither a name nor an address, or its port is no port.
    #[error("{0:?} is not a server: expected NAME, ADDRESS, NAME:PORT, IPV4:PORT or [IPV6]:PORT")]
    Server(String),
    /// The key's name is no name.
    #[error("{0:?} is not a key name: expected a name such as dynflare or key.example.org")]
    KeyName(String),
    /// The algorithm is not one of ours.
    #[error("the algorithm {0:?} is not supported: use hmac-sha256, hmac-sha384 or hmac-sha512")]
    Algorithm(String),
    /// The secret cannot be decoded; its text is not repeated.
    #[error(
        "the key's secret is not base64: copy the value between the quotes of `secret` in the server's key"
    )]
    Secret,
    /// The transport is none of the three.
    #[error("{0:?} is not a transport: use auto, udp or tcp")]
    Transport(String),
}

impl FromStr for Algorithm {
    type Err = SettingsError;

    /// Reads `hmac-sha256` and its like, also without the prefix and with a trailing dot; case does not matter.
    fn from_str(text: &str) -> Result<Self, SettingsError> {
        let lower = text.to_ascii_lowercase();
        let short = lower.strip_suffix('.').unwrap_or(&lower);
        match short.strip_prefix("hmac-").unwrap_or(short) {
            "sha256" => Ok(Self::Sha256),
            "sha384" => Ok(Self::Sha384),
            "sha512" => Ok(Self::Sha512),
            _ => Err(SettingsError::Algorithm(text.to_owned())),
        }
    }
}

impl fmt::Display for Algorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Sha256 => "hmac-sha256",
            Self::Sha384 => "hmac-sha384",
            Self::Sha512 => "hmac-sha512",
        })
    }
}

impl FromStr for Transport {
    type Err = SettingsError;

    fn from_str(text: &str) -> Result<Self, SettingsError> {
        match text.to_ascii_lowercase().as_str() {
            "auto" => Ok(Self::Auto),
            "udp" => Ok(Self::Udp),
            "tcp" => Ok(Self::Tcp),
            _ => Err(SettingsError::Transport(text.to_owned())),
        }
    }
}

impl TsigKey {
    /// The secret, decoded.
    pub fn octets(&self) -> Result<Vec<u8>, SettingsError> {
        let octets: Vec<u8> = base64::decode(self.secret.expose()).map_err(|_| SettingsError::Secret)?;
        if octets.is_empty() { Err(SettingsError::Secret) } else { Ok(octets) }
    }

    /// The key in the form that signs. Shared, so that the secret is there once.
    pub fn signer(&self) -> Result<Arc<tsig::Key>, SettingsError> {
        let name = Name::from_str(&self.name).map_err(|_| SettingsError::KeyName(self.name.clone()))?;
        let secret = self.octets()?;
        let algorithm = match self.algorithm {
            Algorithm::Sha256 => tsig::Algorithm::Sha256,
            Algorithm::Sha384 => tsig::Algorithm::Sha384,
            Algorithm::Sha512 => tsig::Algorithm::Sha512,
        };
        let key = tsig::Key::new(algorithm, &secret, name, None, None);
        Ok(Arc::new(key.expect("only lengths for truncated signatures can be wrong, and none are given")))
    }
}

/// Where the server is: a name or address, and a port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Server {
    /// A name or an address, without brackets.
    pub host: String,
    /// UDP and TCP port.
    pub port: u16,
}

impl Settings {
    /// The server's address and port; `None` where it is known by name.
    pub fn address(&self) -> Option<SocketAddr> {
        let Server { host, port } = self.server.parse().ok()?;
        Some(SocketAddr::new(host.parse().ok()?, port))
    }
}

impl FromStr for Server {
    type Err = SettingsError;

    fn from_str(text: &str) -> Result<Self, SettingsError> {
        let text = text.trim();
        let refused = || SettingsError::Server(text.to_owned());
        if let Ok(address) = text.parse::<SocketAddr>() {
            return Ok(Self { host: address.ip().to_string(), port: address.port() });
        }
        let bare = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
        if let Ok(address) = bare.parse::<IpAddr>() {
            return Ok(Self { host: address.to_string(), port: 53 });
        }
        let (host, port) = match text.split_once(':') {
            Some((host, port)) => (host, port.parse().map_err(|_| refused())?),
            None => (text, 53),
        };
        // What looks like an address and is none is a mistake, not a name.
        let digits = host
            .trim_end_matches('.')
            .split('.')
            .next_back()
            .is_some_and(|label| !label.is_empty() && label.bytes().all(|b| b.is_ascii_digit()));
        if digits || port == 0 {
            return Err(refused());
        }
        let name = dynflare_core::name::Name::parse(host).map_err(|_| refused())?;
        Ok(Self { host: name.to_string(), port })
    }
}

impl fmt::Display for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.host.contains(':') {
            write!(f, "[{}]:{}", self.host, self.port)
        } else {
            write!(f, "{}:{}", self.host, self.port)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_is_a_name_or_an_address_with_an_optional_port() {
        let table = [
            ("ns1.example.org", "ns1.example.org:53"),
            ("NS1.Example.org.:5353", "ns1.example.org:5353"),
            ("localhost", "localhost:53"),
            ("192.0.2.53", "192.0.2.53:53"),
            ("192.0.2.53:5353", "192.0.2.53:5353"),
            ("2001:db8::53", "[2001:db8::53]:53"),
            ("[2001:db8::53]", "[2001:db8::53]:53"),
            ("[2001:db8::53]:5353", "[2001:db8::53]:5353"),
        ];
        for (given, expected) in table {
            assert_eq!(
                given.parse::<Server>().map(|server| server.to_string()),
                Ok(expected.to_owned()),
                "{given}"
            );
        }
        for wrong in
            ["", "192.0.2.300", "192.0.2.1:dns", "ns1.example.org:0", "ns1.example.org:70000", "a b", "[::1"]
        {
            assert_eq!(wrong.parse::<Server>(), Err(SettingsError::Server(wrong.to_owned())));
        }
    }

    #[test]
    fn an_algorithm_that_is_not_supported_names_those_that_are() {
        for (given, expected) in [
            ("hmac-sha256", Algorithm::Sha256),
            ("HMAC-SHA384.", Algorithm::Sha384),
            ("sha512", Algorithm::Sha512),
        ] {
            assert_eq!(given.parse(), Ok(expected));
        }
        for wrong in ["hmac-md5", "hmac-md5.sig-alg.reg.int", "hmac-sha1", "gss-tsig"] {
            let error = wrong.parse::<Algorithm>().expect_err("not supported");
            assert_eq!(
                error.to_string(),
                format!(
                    "the algorithm {wrong:?} is not supported: use hmac-sha256, hmac-sha384 or hmac-sha512"
                )
            );
        }
    }

    #[test]
    fn ur_45_a_secret_that_is_not_base64_is_not_repeated() {
        let key = |secret: &str| TsigKey {
            name: "dynflare".into(),
            algorithm: Algorithm::Sha256,
            secret: Secret::new(secret),
        };
        let error = key("not-base64-Zm9v").signer().map(|_| ()).expect_err("refused");
        assert_eq!(
            error.to_string(),
            "the key's secret is not base64: copy the value between the quotes of `secret` in the server's key"
        );
        let settings = Settings {
            server: "ns1.example.org".into(),
            key: Some(key("c2VjcmV0")),
            transport: Transport::Auto,
        };
        assert!(!format!("{settings:?}{:?}", key("c2VjcmV0").signer()).contains("c2VjcmV0"));
    }
}
