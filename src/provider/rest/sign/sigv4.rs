//! AWS Signature Version 4: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html>.

use super::{canonical, hmac_sha256, sha256, time};
use crate::provider::rest::call::Call;
use crate::provider::rest::dialect::Signing;
use crate::provider::rest::text::hex;

/// Who signs, and for what.
#[derive(Clone, Copy, Debug)]
pub(in crate::provider::rest) struct Scope<'a> {
    pub(in crate::provider::rest) key_id: &'a str,
    pub(in crate::provider::rest) secret: &'a str,
    /// The token of temporary credentials.
    pub(in crate::provider::rest) token: Option<&'a str>,
    pub(in crate::provider::rest) region: &'a str,
    pub(in crate::provider::rest) service: &'a str,
}

/// Signs a request whose path needs no further encoding than it has.
pub(in crate::provider::rest) fn sign(call: &mut Call, scope: &Scope<'_>, signing: &Signing<'_>) {
    let time = time(signing.now, "%Y%m%dT%H%M%SZ");
    call.header("x-amz-date", time.clone());
    if let Some(token) = scope.token {
        call.header("x-amz-security-token", token);
    }
    let path = format!("{}{}", signing.base.prefix(), call.path);
    let (request, names) = canonical(call, &path, signing.base);
    let day = &time[..8];
    let credential = format!("{day}/{}/{}/aws4_request", scope.region, scope.service);
    let text = format!("AWS4-HMAC-SHA256\n{time}\n{credential}\n{}", sha256(request.as_bytes()));
    let key = [day, scope.region, scope.service, "aws4_request"]
        .into_iter()
        .fold(format!("AWS4{}", scope.secret).into_bytes(), |key, part| hmac_sha256(&key, part.as_bytes()));
    let signature = hex(&hmac_sha256(&key, text.as_bytes()));
    call.header(
        "authorization",
        format!(
            "AWS4-HMAC-SHA256 Credential={}/{credential}, SignedHeaders={names}, Signature={signature}",
            scope.key_id
        ),
    );
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::net::Base;
    use crate::net::http::Method;
    use crate::provider::rest::call::Body;

    /// 2015-08-30 12:36:00 UTC, as in the published test suite.
    const TIME: u64 = 1_440_938_160;

    fn signature(mut call: Call, token: Option<&str>) -> String {
        let base: Base = "https://example.amazonaws.com".parse().expect("a base");
        let secret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
        let scope = Scope { key_id: "AKIDEXAMPLE", secret, token, region: "us-east-1", service: "service" };
        sign(&mut call, &scope, &Signing { now: TIME, base: &base, session: None });
        let (_, value) = call.headers.pop().expect("it is the last");
        let (before, signature) = value.rsplit_once("Signature=").expect("it ends with the signature");
        assert!(before.starts_with(
            "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, SignedHeaders="
        ));
        signature.to_owned()
    }

    #[test]
    fn the_vectors_of_the_published_test_suite_come_out() {
        let root = || Call::get("/");
        // get-vanilla, get-vanilla-query-order-key-case, get-vanilla-query-unreserved, post-vanilla,
        // post-x-www-form-urlencoded, post-sts-header-before
        let unreserved = "-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
        let mut form =
            Call::new(Method::POST, "/").body(Body::Form(vec![("Param1".into(), "value1".into())]));
        form.header("content-type", "application/x-www-form-urlencoded");
        for (call, wanted) in [
            (root(), "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"),
            (
                root().ask("Param2", "value2").ask("Param1", "value1"),
                "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500",
            ),
            (
                root().ask(unreserved, unreserved),
                "9c3e54bfcdf0b19771a7f523ee5669cdf59bc7cc0884027167c21bb143a40197",
            ),
            (
                Call::new(Method::POST, "/"),
                "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b",
            ),
            (form, "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a"),
        ] {
            assert_eq!(signature(call.clone(), None), wanted, "{}", call.target());
        }
        let token = "AQoDYXdzEPT//////////wEXAMPLEtc764bNrC9SAPBSM22wDOk4x4HIZ8j4FZTwdQWLWsKWHGBuFqwAeMicRXmxfpSPfIeoIYRqTflfKD8YUuwthAx7mSEI/qkPpKPi/kMcGdQrmGdeehM4IC1NtBmUpp2wUE8phUZampKsburEDy0KPkyQDYwT7WZ0wq5VSXDvp75YU9HFvlRd8Tx6q6fE8YQcHNVXAkiY9q6d+xo0rKwT38xVqr7ZD0u0iPPkUL64lIZbqBAz+scqKmlzm8FDrypNC9Yjc8fPOLn9FX9KSYvKTr4rvx3iSIlTJabIQwj2ICCR/oLxBA==";
        let signed = signature(Call::new(Method::POST, "/"), Some(token));
        assert_eq!(signed, "85d96828115b5dc0cfc3bd16ad9e210dd772bbebba041836c64533a82be05ead");
    }
}
