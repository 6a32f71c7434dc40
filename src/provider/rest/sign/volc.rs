//! HMAC-SHA256 of Volcengine: <https://www.volcengine.com/docs/6369/67269>.

use super::{body, canonical, hmac_sha256, sha256, time};
use crate::provider::rest::call::Call;
use crate::provider::rest::dialect::Signing;
use crate::provider::rest::text::hex;

/// Adds the headers, all of which are signed with the host; the last pair is region and service.
pub(in crate::provider::rest) fn sign(
    call: &mut Call,
    signing: &Signing<'_>,
    (id, secret): (&str, &str),
    (region, service): (&str, &str),
) {
    let date = time(signing.now, "%Y%m%dT%H%M%SZ");
    let digest = sha256(&body(call));
    call.header("content-type", "application/json");
    call.header("x-content-sha256", digest);
    call.header("x-date", date.as_str());
    let (request, names) = canonical(call, &call.path, signing.base);
    let day = time(signing.now, "%Y%m%d");
    let scope = format!("{day}/{region}/{service}/request");
    let text = format!("HMAC-SHA256\n{date}\n{scope}\n{}", sha256(request.as_bytes()));
    let mut key = secret.as_bytes().to_vec();
    for part in [day.as_str(), region, service, "request"] {
        key = hmac_sha256(&key, part.as_bytes());
    }
    let signature = hex(&hmac_sha256(&key, text.as_bytes()));
    let header = format!("HMAC-SHA256 Credential={id}/{scope}, SignedHeaders={names}, Signature={signature}");
    call.header("authorization", header);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::net::Base;
    use crate::net::http::Method;

    /// Its owner publishes no example with a usable key: the expected signature was computed by another program from
    /// the description.
    #[test]
    fn a_signature_is_as_described() {
        let base: Base = "https://open.volcengineapi.com".parse().expect("a base");
        let mut call = Call::new(Method::GET, "/").ask("Version", "2018-08-01").ask("Action", "ListZones");
        let signing = Signing { now: 1_780_000_000, base: &base, session: None };
        sign(&mut call, &signing, ("AKLTexample", "secret"), ("cn-north-1", "DNS"));
        let (_, header) = call.headers.last().expect("a header");
        assert_eq!(
            header,
            "HMAC-SHA256 Credential=AKLTexample/20260528/cn-north-1/DNS/request, \
             SignedHeaders=content-type;host;x-content-sha256;x-date, \
             Signature=84314b773844096350d5e91559e1e5271029fade27398df53d9b42e055cdcad1"
        );
    }
}
