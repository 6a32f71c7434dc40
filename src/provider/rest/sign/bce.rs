//! bce-auth-v1 of Baidu AI Cloud: <https://cloud.baidu.com/doc/Reference/s/Njwvz1wot>.

use super::{hmac_sha256, query, time};
use crate::provider::rest::call::Call;
use crate::provider::rest::dialect::Signing;
use crate::provider::rest::text::{hex, segment};

/// How long a signed request is good, in seconds.
const LASTS: u64 = 1800;

/// Adds the headers; all that are there already are signed with the host.
pub(in crate::provider::rest) fn sign(call: &mut Call, signing: &Signing<'_>, (id, secret): (&str, &str)) {
    let date = time(signing.now, "%Y-%m-%dT%H:%M:%SZ");
    call.header("x-bce-date", date.as_str());
    let host = signing.base.authority();
    let mut headers: Vec<(String, &str)> =
        call.headers.iter().map(|(name, value)| (name.to_ascii_lowercase(), value.as_str())).collect();
    headers.push(("host".to_owned(), &host));
    let mut lines: Vec<String> =
        headers.iter().map(|(name, value)| format!("{}:{}", segment(name), segment(value.trim()))).collect();
    lines.sort();
    let mut names: Vec<String> = headers.iter().map(|(name, _)| name.clone()).collect();
    names.sort();
    let path = format!("{}{}", signing.base.prefix(), call.path);
    let request = format!("{}\n{path}\n{}\n{}", call.method, query(call), lines.join("\n"));
    let scope = format!("bce-auth-v1/{id}/{date}/{LASTS}");
    let key = hex(&hmac_sha256(secret.as_bytes(), scope.as_bytes()));
    let signature = hex(&hmac_sha256(key.as_bytes(), request.as_bytes()));
    call.header("authorization", format!("{scope}/{}/{signature}", names.join(";")));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::net::Base;
    use crate::net::http::Method;

    #[test]
    fn the_example_of_its_documentation_comes_out() {
        let base: Base = "https://bj.bcebos.com".parse().expect("a base");
        let mut call = Call::new(Method::PUT, "/v1/test/myfolder/readme.txt")
            .ask("partNumber", 9)
            .ask("uploadId", "a44cc9bab11cbd156984767aad637851");
        for (name, value) in [
            ("Content-Type", "text/plain"),
            ("Content-Length", "8"),
            ("Content-Md5", "NFzcPqhviddjRNnSOGo4rw=="),
        ] {
            call.header(name, value);
        }
        let signing = Signing { now: 1_430_123_029, base: &base, session: None };
        let (id, secret) = ("a".repeat(32), "b".repeat(32));
        sign(&mut call, &signing, (&id, &secret));
        let (_, header) = call.headers.last().expect("a header");
        assert_eq!(
            *header,
            format!(
                "bce-auth-v1/{id}/2015-04-27T08:23:49Z/1800/\
                 content-length;content-md5;content-type;host;x-bce-date/\
                 d74a04362e6a848f5b39b15421cb449427f419c95a480fd6b8cf9fc783e2999e"
            )
        );
    }
}
