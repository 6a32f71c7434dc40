//! The envelope around every answer, and the refusals in the words of the real API.

use hyper::body::Bytes;
use hyper::header::CONTENT_TYPE;
use hyper::{Response, StatusCode};
use serde_json::{Value, json};

/// A refusal: status, code, words, and the more exact code beneath where there is one.
#[derive(Clone, Debug)]
pub(super) struct Refusal {
    pub(super) status: u16,
    pub(super) code: u32,
    pub(super) message: String,
    pub(super) chain: Option<(u32, String)>,
}

impl Refusal {
    pub(super) fn new(status: u16, code: u32, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into(), chain: None }
    }

    pub(super) fn because(mut self, code: u32, message: impl Into<String>) -> Self {
        self.chain = Some((code, message.into()));
        self
    }

    pub(super) fn response(&self) -> Response<Bytes> {
        let mut error = json!({ "code": self.code, "message": self.message });
        if let Some((code, message)) = &self.chain {
            error["error_chain"] = json!([{ "code": code, "message": message }]);
        }
        let body = json!({ "result": null, "success": false, "errors": [error], "messages": [] });
        envelope(self.status, &body)
    }
}

/// A success without pages.
pub(super) fn success(result: &Value) -> Response<Bytes> {
    envelope(200, &json!({ "result": result, "success": true, "errors": [], "messages": [] }))
}

/// One page of a list.
pub(super) fn page(result: &[Value], page: usize, per_page: usize, total: usize) -> Response<Bytes> {
    let info = json!({
        "page": page,
        "per_page": per_page,
        "count": result.len(),
        "total_count": total,
        "total_pages": total.div_ceil(per_page).max(1),
    });
    let body =
        json!({ "result": result, "success": true, "errors": [], "messages": [], "result_info": info });
    envelope(200, &body)
}

fn envelope(status: u16, body: &Value) -> Response<Bytes> {
    Response::builder()
        .status(StatusCode::from_u16(status).expect("the fake names existing statuses"))
        .header(CONTENT_TYPE, "application/json")
        .header("ratelimit", "\"default\";r=1150;t=240")
        .header("ratelimit-policy", "\"default\";q=1200;w=300")
        .body(Bytes::from(body.to_string()))
        .expect("constant headers are valid")
}
