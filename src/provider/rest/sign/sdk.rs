//! SDK-HMAC-SHA256 of Huawei Cloud: <https://support.huaweicloud.com/intl/en-us/devg-apisign/api-sign-algorithm.html>.

use super::{canonical, hmac_sha256, sha256, time};
use crate::provider::rest::call::Call;
use crate::provider::rest::dialect::Signing;
use crate::provider::rest::text::hex;

/// Adds the headers; the path is signed with a slash at its end.
pub(in crate::provider::rest) fn sign(call: &mut Call, signing: &Signing<'_>, (id, secret): (&str, &str)) {
    let date = time(signing.now, "%Y%m%dT%H%M%SZ");
    call.header("x-sdk-date", date.as_str());
    let path = format!("{}{}/", signing.base.prefix(), call.path.trim_end_matches('/'));
    let (request, names) = canonical(call, &path, signing.base);
    let text = format!("SDK-HMAC-SHA256\n{date}\n{}", sha256(request.as_bytes()));
    let signature = hex(&hmac_sha256(secret.as_bytes(), text.as_bytes()));
    let header = format!("SDK-HMAC-SHA256 Access={id}, SignedHeaders={names}, Signature={signature}");
    call.header("authorization", header);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::net::Base;

    #[test]
    fn the_example_of_its_documentation_comes_out() {
        let base: Base = "https://service.region.example.com".parse().expect("a base");
        let mut call = Call::get("/v1/77b6a44cba5143ab91d13ab9a8ff44fd/vpcs")
            .ask("limit", 2)
            .ask("marker", "13551d6b-755d-4757-b956-536f674975c0");
        call.header("content-type", "application/json");
        let signing = Signing { now: 1_573_789_015, base: &base, session: None };
        sign(&mut call, &signing, ("QTWAOYTTINDUT2QVKYUC", "MFyfvK41ba2giqM7Uio6PznpdUKGpownRZlmVmHc"));
        let (_, header) = call.headers.last().expect("a header");
        assert_eq!(
            header,
            "SDK-HMAC-SHA256 Access=QTWAOYTTINDUT2QVKYUC, SignedHeaders=content-type;host;x-sdk-date, \
             Signature=7be6668032f70418fcc22abc52071e57aff61b84a1d2381bb430d6870f4f6ebe"
        );
    }
}
