//! RSA signatures, and JSON Web Tokens signed with them (RFC 7515, RFC 7518 §3.3 and §3.5).

use crate::provider::rest::text::base64;
use ring::rand::SystemRandom;
use ring::signature::{RSA_PKCS1_SHA256, RSA_PKCS1_SHA512, RSA_PSS_SHA256, RsaEncoding, RsaKeyPair};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{PrivatePkcs1KeyDer, PrivatePkcs8KeyDer};
use serde_json::Value;

/// How a text is signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::provider::rest) enum Scheme {
    /// PKCS #1 v1.5 with SHA-256; RS256.
    Pkcs1Sha256,
    /// PKCS #1 v1.5 with SHA-512.
    Pkcs1Sha512,
    /// PSS with SHA-256; PS256.
    PssSha256,
}

impl Scheme {
    fn encoding(self) -> &'static dyn RsaEncoding {
        match self {
            Self::Pkcs1Sha256 => &RSA_PKCS1_SHA256,
            Self::Pkcs1Sha512 => &RSA_PKCS1_SHA512,
            Self::PssSha256 => &RSA_PSS_SHA256,
        }
    }

    /// The name in the header of a token.
    fn alg(self) -> &'static str {
        match self {
            Self::Pkcs1Sha256 => "RS256",
            Self::Pkcs1Sha512 => "RS512",
            Self::PssSha256 => "PS256",
        }
    }
}

/// A private key of PEM, as PKCS #8 or PKCS #1, of 2048 bits or more. Line breaks may be written as `\n`.
pub(in crate::provider::rest) fn key(pem: &str) -> Option<RsaKeyPair> {
    let pem = pem.replace("\\n", "\n");
    let pkcs8 = || {
        let der = PrivatePkcs8KeyDer::from_pem_slice(pem.as_bytes()).ok()?;
        RsaKeyPair::from_pkcs8(der.secret_pkcs8_der()).ok()
    };
    let pkcs1 = || {
        let der = PrivatePkcs1KeyDer::from_pem_slice(pem.as_bytes()).ok()?;
        RsaKeyPair::from_der(der.secret_pkcs1_der()).ok()
    };
    pkcs8().or_else(pkcs1)
}

/// The signature of a text; nothing where the system has no randomness for it.
pub(in crate::provider::rest) fn sign(key: &RsaKeyPair, scheme: Scheme, text: &[u8]) -> Vec<u8> {
    let mut signature = vec![0; key.public().modulus_len()];
    match key.sign(scheme.encoding(), &SystemRandom::new(), text, &mut signature) {
        Ok(()) => signature,
        Err(_) => Vec::new(),
    }
}

/// A token of these claims, with these members in its header beside `alg`.
pub(in crate::provider::rest) fn token(
    key: &RsaKeyPair,
    scheme: Scheme,
    mut header: Value,
    claims: &Value,
) -> String {
    header["alg"] = scheme.alg().into();
    let text = format!("{}.{}", url(header.to_string().as_bytes()), url(claims.to_string().as_bytes()));
    let signature = url(&sign(key, scheme, text.as_bytes()));
    format!("{text}.{signature}")
}

/// Base64 for URLs, without padding (RFC 4648 §5).
fn url(octets: &[u8]) -> String {
    base64(octets).replace('+', "-").replace('/', "_").trim_end_matches('=').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use ring::signature::{RSA_PSS_2048_8192_SHA256, UnparsedPublicKey};
    use serde_json::json;

    /// The key of RFC 7515, appendix A.2.
    const PKCS8: &str = include_str!("../../../../tests/battery/keys/rfc7515-a2.pem");
    const PKCS1: &str = include_str!("../../../../tests/battery/keys/rfc7515-a2-pkcs1.pem");

    #[test]
    fn the_signature_of_rfc_7515_comes_out() {
        let text = "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxl\
                    LmNvbS9pc19yb290Ijp0cnVlfQ";
        let expected = "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W\
                        2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkS\
                        jtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnv\
                        Wh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw";
        for pem in [PKCS8, PKCS1, &PKCS8.replace('\n', "\\n")] {
            let key = key(pem).expect("a key");
            assert_eq!(url(&sign(&key, Scheme::Pkcs1Sha256, text.as_bytes())), expected);
        }
        assert!(key("-----BEGIN PRIVATE KEY-----\nnone\n-----END PRIVATE KEY-----").is_none());
    }

    #[test]
    fn a_token_is_signed_as_its_header_says() {
        let key = key(PKCS8).expect("a key");
        let token = token(&key, Scheme::PssSha256, json!({ "kid": "k" }), &json!({ "iss": "joe" }));
        let parts: Vec<&str> = token.split('.').collect();
        assert_eq!(parts[0], url(br#"{"alg":"PS256","kid":"k"}"#));
        let signed = format!("{}.{}", parts[0], parts[1]);
        let standard = parts[2].replace('-', "+").replace('_', "/");
        let padded = format!("{standard}{}", "=".repeat((4 - standard.len() % 4) % 4));
        let signature: Vec<u8> = domain::utils::base64::decode(&padded).expect("Base64");
        let public = UnparsedPublicKey::new(&RSA_PSS_2048_8192_SHA256, key.public().as_ref());
        public.verify(signed.as_bytes(), &signature).expect("the signature is right");
    }
}
