//! HTTP signatures (draft-cavage-http-signatures-08) as Oracle Cloud Infrastructure wants them:
//! <https://docs.oracle.com/en-us/iaas/Content/API/Concepts/signingrequests.htm>.

use super::{body, rsa, time};
use crate::provider::rest::call::Call;
use crate::provider::rest::dialect::Signing;
use crate::provider::rest::text::base64;
use ring::digest;
use ring::signature::RsaKeyPair;

/// Adds the headers. `id` is tenancy, user and fingerprint.
pub(in crate::provider::rest) fn sign(call: &mut Call, signing: &Signing<'_>, key: &RsaKeyPair, id: &str) {
    let text = text(call, signing);
    let names: Vec<&str> = text.lines().filter_map(|line| line.split_once(": ")).map(|line| line.0).collect();
    let signature = base64(&rsa::sign(key, rsa::Scheme::Pkcs1Sha256, text.as_bytes()));
    let header = format!(
        "Signature version=\"1\",keyId=\"{id}\",algorithm=\"rsa-sha256\",headers=\"{}\",signature=\"{signature}\"",
        names.join(" ")
    );
    call.header("authorization", header);
}

/// What is signed; the headers in it are added.
fn text(call: &mut Call, signing: &Signing<'_>) -> String {
    let date = time(signing.now, "%a, %d %b %Y %H:%M:%S GMT");
    let target = format!("{}{}", signing.base.prefix(), call.target());
    let method = call.method.as_str().to_ascii_lowercase();
    let mut text =
        format!("date: {date}\n(request-target): {method} {target}\nhost: {}", signing.base.authority());
    call.header("date", date);
    // Only what carries a body is signed with one.
    if matches!(method.as_str(), "put" | "post" | "patch") {
        let body = body(call);
        let digest = base64(digest::digest(&digest::SHA256, &body).as_ref());
        let length = body.len();
        let length = format!("\ncontent-length: {length}");
        let digested = format!("\nx-content-sha256: {digest}");
        text = [text.as_str(), &length, "\ncontent-type: application/json", &digested].concat();
        call.header("x-content-sha256", digest);
        call.header("content-type", "application/json");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::net::Base;
    use serde_json::json;

    /// The requests are those of the documentation, whose own key is too short for today's libraries: what it signs is
    /// compared, and the signature with RSA itself in [`rsa`].
    #[test]
    fn the_texts_of_its_documentation_come_out() {
        let base: Base = "https://iaas.us-phoenix-1.oraclecloud.com".parse().expect("a base");
        let signing = Signing { now: 1_388_957_500, base: &base, session: None };
        let mut call = Call::get("/20160918/instances").ask("displayName", "TeamXInstances");
        assert_eq!(
            text(&mut call, &signing),
            "date: Sun, 05 Jan 2014 21:31:40 GMT\n\
             (request-target): get /20160918/instances?displayName=TeamXInstances\n\
             host: iaas.us-phoenix-1.oraclecloud.com"
        );
        let mut call = Call::post("/20160918/volumeAttachments", json!({}));
        assert_eq!(
            text(&mut call, &signing),
            "date: Sun, 05 Jan 2014 21:31:40 GMT\n(request-target): post /20160918/volumeAttachments\n\
             host: iaas.us-phoenix-1.oraclecloud.com\ncontent-length: 2\ncontent-type: application/json\n\
             x-content-sha256: RBNvo1WzZ4oRRq0W9+hknpT7T8If536DEMBg9hyq/4o="
        );
    }
}
