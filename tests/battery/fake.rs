//! What a provider's file says about its API, from the server's side.

use crate::asked::Asked;
use crate::store::Store;
use dynflare_testkit::serve::reply;
use hyper::Response;
use hyper::body::Bytes;
use serde_json::{Value, json};

/// What every secret of a fake's account has in it, so that it is seen wherever it gets.
pub(crate) const SECRET: &str = "s3cr3t";

/// What is answered.
pub(crate) type Reply = Response<Bytes>;

/// A provider's API.
pub(crate) trait Fake: Send + Sync {
    fn id(&self) -> &'static str;

    /// The fields of an account that is let in; the secret ones hold [`SECRET`].
    fn fields(&self) -> &'static [(&'static str, &'static str)];

    /// Whether the request carries the credentials of that account, in the right form (signature included).
    fn lets_in(&self, asked: &Asked) -> bool;

    /// What somebody is answered who is not let in.
    fn shut_out(&self) -> Reply {
        with(401, &json!({ "message": "Unauthorized" }))
    }

    /// What is answered to an account that sends too much.
    fn busy(&self) -> Reply {
        let mut reply = with(429, &json!({ "message": "Too Many Requests" }));
        reply.headers_mut().insert("retry-after", "30".parse().expect("a number"));
        reply
    }

    /// Whether it knows which zones there are.
    fn knows_zones(&self) -> bool {
        true
    }

    /// Whether the request would change something. Most APIs say it by the method.
    fn writes(&self, asked: &Asked) -> bool {
        asked.method != "GET"
    }

    /// What is answered while the API is out of order.
    fn broken(&self) -> Reply {
        with(500, &json!({ "message": "Internal Server Error" }))
    }

    /// Whether it knows zones. A resolver of one's own takes every name.
    fn has_zones(&self) -> bool {
        true
    }

    /// What the API does.
    fn answer(&self, store: &mut Store, asked: &Asked) -> Reply;
}

/// A JSON answer.
pub(crate) fn with(status: u16, body: &Value) -> Reply {
    let mut response = reply(status, body.to_string());
    response.headers_mut().insert("content-type", "application/json".parse().expect("a media type"));
    response
}

/// 404 in the usual form.
pub(crate) fn not_found() -> Reply {
    with(404, &json!({ "message": "Not Found" }))
}

/// 400 in the usual form, for requests that no documentation allows.
pub(crate) fn unknown(asked: &Asked) -> Reply {
    with(400, &json!({ "message": format!("unknown request {} {}", asked.method, asked.path) }))
}
