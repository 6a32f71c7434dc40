//! EXO2-HMAC-SHA256 of Exoscale: <https://openapi-v2.exoscale.com/topic/topic-api-request-signature>.

use super::{body, hmac_sha256};
use crate::provider::rest::call::Call;
use crate::provider::rest::dialect::Signing;
use crate::provider::rest::text::base64;

/// How long a signed request is good, in seconds.
const LASTS: u64 = 10 * 60;

/// Adds the header.
pub(in crate::provider::rest) fn sign(call: &mut Call, signing: &Signing<'_>, (id, secret): (&str, &str)) {
    let expires = signing.now + LASTS;
    let (text, names) = text(call, signing.base.prefix(), expires);
    let signature = base64(&hmac_sha256(secret.as_bytes(), &text));
    let names = if names.is_empty() { names } else { format!("signed-query-args={names},") };
    let header = format!("EXO2-HMAC-SHA256 credential={id},{names}expires={expires},signature={signature}");
    call.header("authorization", header);
}

/// What is signed, and the names of the query's parameters in it.
fn text(call: &Call, prefix: &str, expires: u64) -> (Vec<u8>, String) {
    let mut query: Vec<(&str, &str)> =
        call.query.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
    query.sort_unstable();
    let (names, values): (Vec<&str>, Vec<&str>) = query.into_iter().unzip();
    let mut text = format!("{} {prefix}{}\n", call.method, call.path).into_bytes();
    text.extend(body(call));
    // The empty line is for signed headers, of which there are none.
    text.extend(format!("\n{}\n\n{expires}", values.concat()).into_bytes());
    (text, names.join(";"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provider::rest::call::Body;

    #[test]
    fn the_texts_of_its_documentation_come_out() {
        let call =
            Call::get("/resource/a02baf5a-a3e4-49a0-857b-8a08d276c1c0").ask("p2", "v2").ask("p1", "v1");
        let (signed, names) = text(&call, "/v2", 1_599_140_767);
        let expected = b"GET /v2/resource/a02baf5a-a3e4-49a0-857b-8a08d276c1c0\n\nv1v2\n\n1599140767";
        assert_eq!((signed.as_slice(), names.as_str()), (expected.as_slice(), "p1;p2"));
        let body = "{\"name\": \"my-security-group\"}".to_owned();
        let call = Call::new(crate::net::http::Method::POST, "/security-group")
            .body(Body::Text("application/json", body));
        let (signed, names) = text(&call, "/v2", 1_599_140_767);
        let expected = b"POST /v2/security-group\n{\"name\": \"my-security-group\"}\n\n\n1599140767";
        assert_eq!((signed.as_slice(), names.as_str()), (expected.as_slice(), ""));
    }
}
