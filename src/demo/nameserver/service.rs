//! From a request to its answer: who sent it, what the zone says, how it is signed and cut to size.

use super::update::{Update, update};
use super::zone::{Reply, Zone};
use hickory_server::net::runtime::Time;
use hickory_server::net::xfer::Protocol;
use hickory_server::proto::ProtoError;
use hickory_server::proto::op::{Edns, Header, HeaderCounts, MessageType, Metadata, OpCode, ResponseCode};
use hickory_server::proto::rr::rdata::tsig::TsigError;
use hickory_server::proto::rr::{DNSClass, RecordType, TSigResponseContext, TSigner};
use hickory_server::proto::serialize::binary::BinEncoder;
use hickory_server::server::{Request, RequestHandler, ResponseHandler, ResponseInfo};
use hickory_server::zone_handler::MessageResponseBuilder;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex};

/// The UDP payload size we take and send (RFC 9715 §3).
const PAYLOAD: u16 = 1232;
/// What a TSIG record takes beside its owner name, at most (RFC 8945 §4.2).
const TSIG_ROOM: usize = 140;

/// What answers the requests.
pub(super) struct Service {
    pub(super) zone: Arc<Mutex<Zone>>,
    pub(super) signer: TSigner,
}

/// Who sent a request.
enum Sender {
    /// Anybody.
    Unsigned,
    /// Somebody who has the key.
    KeyHolder,
    /// Somebody whose signature is not right.
    Refused,
}

impl Service {
    /// RFC 8945 §5.2: key, then signature, then time. With the answer's signature, if it gets one.
    fn sender(&self, request: &Request, now: u64) -> (Sender, Option<TSigResponseContext>) {
        let id = request.metadata.id;
        let Some(tsig) = &request.signature else {
            return (Sender::Unsigned, None);
        };
        if tsig.name != *self.signer.signer_name() || tsig.data.algorithm != *self.signer.algorithm() {
            return (Sender::Refused, Some(TSigResponseContext::unknown_key(id, now, tsig.name.clone())));
        }
        let signer = self.signer.clone();
        if self.signer.verify_message_byte(request.as_slice(), None, true).is_err() {
            return (Sender::Refused, Some(TSigResponseContext::bad_signature(id, now, signer)));
        }
        let late = now.abs_diff(tsig.data.time) > u64::from(tsig.data.fudge);
        let error = late.then_some(TsigError::BadTime);
        let context = TSigResponseContext::new(id, now, signer, tsig.data.mac.clone(), error);
        (if late { Sender::Refused } else { Sender::KeyHolder }, Some(context))
    }

    fn reply(&self, request: &Request, sender: &Sender) -> Reply {
        let bare = Reply::bare;
        match (request.metadata.op_code, sender) {
            (_, Sender::Refused) => bare(ResponseCode::NotAuth),
            (_, _) if request.edns.as_ref().is_some_and(|edns| edns.version() > 0) => {
                bare(ResponseCode::BADVERS)
            }
            (OpCode::Query, _) => self.answer(request),
            (OpCode::Update, Sender::Unsigned) => bare(ResponseCode::Refused),
            (OpCode::Update, Sender::KeyHolder) => bare(self.update(request)),
            _ => bare(ResponseCode::NotImp),
        }
    }

    fn answer(&self, request: &Request) -> Reply {
        let [question] = request.queries.queries() else {
            return Reply::bare(ResponseCode::FormErr);
        };
        match (question.query_class(), question.query_type()) {
            (DNSClass::IN, RecordType::AXFR | RecordType::IXFR) => Reply::bare(ResponseCode::Refused),
            (DNSClass::IN, rtype) => {
                self.zone.lock().expect("see `zone`").answer(&question.original().name, rtype)
            }
            _ => Reply::bare(ResponseCode::Refused),
        }
    }

    fn update(&self, request: &Request) -> ResponseCode {
        let zone: Vec<_> = request
            .queries
            .queries()
            .iter()
            .map(|entry| (entry.name().clone(), entry.query_type(), entry.query_class()))
            .collect();
        let message = Update { zone: &zone, prerequisites: &request.answers, updates: &request.authorities };
        update(&mut self.zone.lock().expect("see `zone`"), message)
    }

    async fn respond(&self, request: &Request, handle: impl ResponseHandler, now: u64) -> ResponseInfo {
        if request.metadata.message_type == MessageType::Response {
            // Answering an answer could go on for ever.
            return silence(request);
        }
        let (sender, signature) = self.sender(request, now);
        let reply = self.reply(request, &sender);
        send(request, reply, signature, handle).await.unwrap_or_else(|_| silence(request))
    }
}

/// What the library is told when nothing was sent.
fn silence(request: &Request) -> ResponseInfo {
    let metadata = Metadata::response_from_request(&request.metadata);
    Header { metadata, counts: HeaderCounts::default() }.into()
}

async fn send(
    request: &Request,
    mut reply: Reply,
    signature: Option<TSigResponseContext>,
    mut handle: impl ResponseHandler,
) -> Result<ResponseInfo, ProtoError> {
    let mut metadata = Metadata::response_from_request(&request.metadata);
    metadata.response_code = reply.rcode;
    metadata.authoritative = reply.authoritative;
    let edns = request.edns.as_ref().map(|_| {
        let mut edns = Edns::new();
        edns.set_max_payload(PAYLOAD);
        edns.set_rcode_high(reply.rcode.high());
        edns
    });
    let limit = match request.protocol() {
        Protocol::Udp if edns.is_some() => usize::from(request.max_payload().min(PAYLOAD)),
        Protocol::Udp => 512,
        _ => usize::from(u16::MAX),
    };
    let room = request.signature.as_ref().map_or(0, |tsig| tsig.name.len() + TSIG_ROOM);
    let mut octets = encode(request, metadata, &reply, edns.as_ref())?;
    if octets.len() + room > limit {
        // Cut before it is signed; the client comes back over TCP.
        metadata.truncation = true;
        reply = Reply { answers: Vec::new(), authority: Vec::new(), ..reply };
        octets = encode(request, metadata, &reply, edns.as_ref())?;
    }
    let mut response = MessageResponseBuilder::new(&request.queries, edns.as_ref()).build(
        metadata,
        reply.answers.iter(),
        reply.authority.iter(),
        [].iter(),
        [].iter(),
    );
    if let Some(signature) = signature {
        response.set_signature(signature.sign(&octets)?);
    }
    handle.send_response(response).await.map_err(|error| ProtoError::from(error.to_string()))
}

fn encode(
    request: &Request,
    metadata: Metadata,
    reply: &Reply,
    edns: Option<&Edns>,
) -> Result<Vec<u8>, ProtoError> {
    let mut octets = Vec::with_capacity(512);
    let response = MessageResponseBuilder::new(&request.queries, edns).build(
        metadata,
        reply.answers.iter(),
        reply.authority.iter(),
        [].iter(),
        [].iter(),
    );
    response.destructive_emit(&mut BinEncoder::new(&mut octets))?;
    Ok(octets)
}

/// As the library's `async_trait` has it, written out.
impl RequestHandler for Service {
    fn handle_request<'life0, 'life1, 'async_trait, R, T>(
        &'life0 self,
        request: &'life1 Request,
        response_handle: R,
    ) -> Pin<Box<dyn Future<Output = ResponseInfo> + Send + 'async_trait>>
    where
        'life0: 'async_trait,
        'life1: 'async_trait,
        R: ResponseHandler + 'async_trait,
        T: Time + 'async_trait,
        Self: 'async_trait,
    {
        Box::pin(self.respond(request, response_handle, T::current_time()))
    }
}
