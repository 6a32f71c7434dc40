//! ACS3-HMAC-SHA256 of Alibaba Cloud:
//! <https://www.alibabacloud.com/help/en/sdk/product-overview/v3-request-structure-and-signature>.

use super::{body, canonical, hmac_sha256, sha256, time};
use crate::provider::rest::call::Call;
use crate::provider::rest::dialect::Signing;
use crate::provider::rest::text::hex;

/// Adds the headers of the scheme; those that say what is asked (`x-acs-action` …) are there already.
pub(in crate::provider::rest) fn sign(
    call: &mut Call,
    signing: &Signing<'_>,
    (id, secret): (&str, &str),
    nonce: &str,
) {
    let digest = sha256(&body(call));
    call.header("x-acs-content-sha256", digest);
    call.header("x-acs-date", time(signing.now, "%Y-%m-%dT%H:%M:%SZ"));
    call.header("x-acs-signature-nonce", nonce);
    let (request, names) = canonical(call, &call.path, signing.base);
    let text = format!("ACS3-HMAC-SHA256\n{}", sha256(request.as_bytes()));
    let signature = hex(&hmac_sha256(secret.as_bytes(), text.as_bytes()));
    let header = format!("ACS3-HMAC-SHA256 Credential={id},SignedHeaders={names},Signature={signature}");
    call.header("authorization", header);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::net::Base;
    use crate::net::http::Method;

    #[test]
    fn the_example_of_its_documentation_comes_out() {
        let base: Base = "https://ecs.cn-shanghai.aliyuncs.com".parse().expect("a base");
        let mut call = Call::new(Method::POST, "/")
            .ask("ImageId", "win2019_1809_x64_dtc_zh-cn_40G_alibase_20230811.vhd")
            .ask("RegionId", "cn-shanghai");
        call.header("x-acs-action", "RunInstances");
        call.header("x-acs-version", "2014-05-26");
        let signing = Signing { now: 1_698_315_752, base: &base, session: None };
        let key = ("YourAccessKeyId", "YourAccessKeySecret");
        sign(&mut call, &signing, key, "3156853299f313e23d1673dc12e1703d");
        let (_, header) = call.headers.last().expect("a header");
        assert_eq!(
            header,
            "ACS3-HMAC-SHA256 Credential=YourAccessKeyId,SignedHeaders=host;x-acs-action;x-acs-content-sha256;\
             x-acs-date;x-acs-signature-nonce;x-acs-version,\
             Signature=06563a9e1b43f5dfe96b81484da74bceab24a1d853912eee15083a6f0f3283c0"
        );
    }
}
