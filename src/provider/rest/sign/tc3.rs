//! TC3-HMAC-SHA256 of Tencent Cloud: <https://www.tencentcloud.com/document/product/267/37447>.

use super::{canonical, hmac_sha256, sha256, time};
use crate::provider::rest::call::Call;
use crate::provider::rest::dialect::Signing;
use crate::provider::rest::text::hex;

/// The media type, which is signed.
const JSON: &str = "application/json; charset=utf-8";

/// Adds the headers; `x-tc-action` and the like are there already.
pub(in crate::provider::rest) fn sign(
    call: &mut Call,
    signing: &Signing<'_>,
    (id, secret): (&str, &str),
    service: &str,
) {
    let date = time(signing.now, "%Y-%m-%d");
    let action = call.headers.iter().find(|(name, _)| name == "x-tc-action");
    let action = action.map(|(_, action)| action.to_ascii_lowercase()).unwrap_or_default();
    let mut signed = Call { headers: Vec::new(), ..call.clone() };
    signed.header("content-type", JSON);
    signed.header("x-tc-action", action);
    let (request, names) = canonical(&signed, &call.path, signing.base);
    let scope = format!("{date}/{service}/tc3_request");
    let text = format!("TC3-HMAC-SHA256\n{}\n{scope}\n{}", signing.now, sha256(request.as_bytes()));
    let mut key = format!("TC3{secret}").into_bytes();
    for part in [date.as_str(), service, "tc3_request"] {
        key = hmac_sha256(&key, part.as_bytes());
    }
    let signature = hex(&hmac_sha256(&key, text.as_bytes()));
    call.header("content-type", JSON);
    call.header("x-tc-timestamp", signing.now.to_string());
    let header =
        format!("TC3-HMAC-SHA256 Credential={id}/{scope}, SignedHeaders={names}, Signature={signature}");
    call.header("authorization", header);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::net::Base;
    use crate::net::http::Method;
    use crate::provider::rest::call::Body;

    #[test]
    fn the_example_of_its_documentation_comes_out() {
        let base: Base = "https://cvm.tencentcloudapi.com".parse().expect("a base");
        let body = "{\"Limit\": 1, \"Filters\": [{\"Values\": [\"\\u672a\\u547d\\u540d\"], \
                    \"Name\": \"instance-name\"}]}";
        let mut call = Call::new(Method::POST, "/").body(Body::Text("application/json", body.to_owned()));
        call.header("x-tc-action", "DescribeInstances");
        let signing = Signing { now: 1_551_113_065, base: &base, session: None };
        // The stars are those of the documentation: its signature was computed with them.
        let stars = "*".repeat(32);
        sign(&mut call, &signing, (&format!("AKID{stars}"), &stars), "cvm");
        let (_, header) = call.headers.last().expect("a header");
        assert_eq!(
            *header,
            format!(
                "TC3-HMAC-SHA256 Credential=AKID{stars}/2019-02-25/cvm/tc3_request, \
                 SignedHeaders=content-type;host;x-tc-action, \
                 Signature=10b1a37a7301a02ca19a647ad722d5e43b4b3cff309d421d85b46093f6ab6c4f"
            )
        );
    }
}
