//! What of `[serve]` does not go together.

use super::settings::{Serve, Tls};
use super::{Pattern, settings};
use crate::config::diagnostic::Diagnostic;
use crate::config::origin::Place;
use dynflare_core::name::Name;

/// Tells everything that does not.
pub(super) fn check(serve: &Serve, mistakes: &mut Vec<Diagnostic>) {
    let mut tell = |message: String, place: &Place, hint: String| {
        mistakes.push(Diagnostic::error(message, place).hint(hint));
    };
    if let Some(address) = serve.open_to_all() {
        tell(
            format!("`listen`: {address} can be reached from outside, and passwords would cross the net in the clear"),
            &serve.place,
            "add `[serve.tls]` with `acme = true` or with `certificate` and `certificate_key`; behind a proxy that \
             does TLS, name it in `trusted_proxies`; or listen on 127.0.0.1 and [::1] only"
                .to_owned(),
        );
    }
    if let (Some(Tls::Acme { .. }), None) = (&serve.tls, &serve.name.value) {
        let place = serve.tls_place.as_ref().unwrap_or(&serve.place);
        let hint = "add `name`, such as `name = \"ddns.example.org\"`, to `[serve]`";
        tell("a certificate needs the name it is for".to_owned(), place, hint.to_owned());
    }
    let locals: Vec<&Name> = serve.local().map(|(zone, _, _)| zone).collect();
    if let Some((zone, place)) = serve.local().next().map(|(name, zone, _)| (name, &zone.place)) {
        if serve.dns.value.is_empty() {
            let hint = "add `dns = [\"[::]:53\"]` to `[serve]`";
            tell(
                format!("nobody could ask for `{zone}`: the name server listens nowhere"),
                place,
                hint.to_owned(),
            );
        }
        if serve.addresses.value.is_empty() {
            let hint = "add `addresses = [\"…\"]` to `[serve]`: the addresses of this server that everybody can reach";
            tell(format!("the name server of `{zone}` has no address"), place, hint.to_owned());
        }
    } else if !serve.dns.value.is_empty() && serve.whoami.value.is_none() {
        let hint = "add a zone with `provider = \"local\"`, or `whoami`, or take `dns` out";
        tell(
            "`dns`: there is no zone that the name server could answer for".to_owned(),
            &serve.place,
            hint.to_owned(),
        );
    }
    if serve.whoami.value.is_some() && serve.dns.value.is_empty() {
        let hint = "add `dns = [\"[::]:53\"]`";
        tell("`whoami`: the name server listens nowhere".to_owned(), &serve.place, hint.to_owned());
    }
    for (account, settings::Account { place, names, .. }) in &serve.accounts {
        for pattern in names {
            if serve.zone_of(pattern.base()).is_none() {
                tell(nowhere(pattern, &format!("the account `{account}`")), place, zones(serve));
            }
        }
    }
    for (name, key) in &serve.keys {
        for pattern in &key.names {
            if pattern.base().longest_zone(locals.iter().copied()).is_none() {
                let hint = "keys update zones with `provider = \"local\"`";
                tell(nowhere(pattern, &format!("the key `{name}`")), &serve.place, hint.to_owned());
            }
        }
    }
    if !serve.secondaries.is_empty() && locals.is_empty() {
        let hint = "a secondary copies zones with `provider = \"local\"`";
        tell(
            "`secondaries`: there is no zone that they could copy".to_owned(),
            &serve.place,
            hint.to_owned(),
        );
    }
}

fn nowhere(pattern: &Pattern, who: &str) -> String {
    format!("{who} may set `{pattern}`, which lies in no zone that is served")
}

fn zones(serve: &Serve) -> String {
    if serve.zones.is_empty() {
        return "add the zone: `[serve.zones.\"dyn.example.org\"]`".to_owned();
    }
    let names = serve.zones.keys().map(Name::as_str);
    format!("the zones are {}", crate::config::suggest::enumerate(names))
}

impl Serve {
    /// A listener that would take passwords in the clear from anywhere: neither TLS nor a proxy is in front of it.
    pub fn open_to_all(&self) -> Option<std::net::SocketAddr> {
        let guarded = self.tls.is_some() || !self.proxies.value.is_empty();
        let outside = |address: &&std::net::SocketAddr| !address.ip().to_canonical().is_loopback();
        self.listen.value.iter().find(outside).copied().filter(|_| !guarded)
    }
}
