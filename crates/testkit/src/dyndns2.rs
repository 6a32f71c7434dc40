//! A dyndns2 server: one user, the names of the account, answers by the protocol or as a test says.
//!
//! Written from the protocol's description (<https://help.dyn.com/remote-access-api/>): Basic authentication, several
//! names with commas, a line for each, `nochg` where nothing changes.

use crate::serve::{Handler, Server, converse, handler, loopback, reply};
use hyper::body::Bytes;
use hyper::header::{AUTHORIZATION, USER_AGENT};
use hyper::{Request, Response};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::io::AsyncReadExt;

/// What the server says to the next requests.
#[derive(Clone, Debug, Default)]
pub enum Saying {
    /// What the protocol says.
    #[default]
    Protocol,
    /// This status and text.
    Reply(u16, String),
    /// A page that repeats the whole request, headers and all.
    Repeat,
    /// Nothing: the connection ends after the request was read.
    Cut,
    /// Nothing, ever.
    Nothing,
}

/// A request as the server saw it.
#[derive(Clone, Debug)]
pub struct Seen {
    /// Path and query, or path and body of a form.
    pub target: String,
    /// The `Authorization` header.
    pub authorization: String,
    /// The `User-Agent` header.
    pub agent: String,
}

#[derive(Debug, Default)]
struct World {
    authorization: String,
    names: BTreeMap<String, String>,
    saying: Saying,
    log: Vec<Seen>,
}

/// A running server.
pub struct Dyndns2 {
    server: Server,
    world: Arc<Mutex<World>>,
}

impl Dyndns2 {
    /// A server that knows one user, by the header that it sends, and these names.
    pub async fn start(authorization: &str, names: &[&str]) -> Self {
        let world = World {
            authorization: authorization.to_owned(),
            names: names.iter().map(|name| ((*name).to_owned(), String::new())).collect(),
            ..World::default()
        };
        let world = Arc::new(Mutex::new(world));
        let behaviour = behaviour(Arc::clone(&world));
        let shared = Arc::clone(&world);
        let server = Server::each("http", loopback().await, move |mut tcp| {
            let (behaviour, world) = (Arc::clone(&behaviour), Arc::clone(&shared));
            async move {
                if matches!(lock(&world).saying, Saying::Cut) {
                    let mut request = vec![0; 16 * 1024];
                    let length = tcp.read(&mut request).await.unwrap_or_default();
                    let head = String::from_utf8_lossy(&request[..length]).into_owned();
                    let target = head.split(' ').nth(1).unwrap_or_default().to_owned();
                    let seen = Seen { target, authorization: String::new(), agent: String::new() };
                    lock(&world).log.push(seen);
                    return;
                }
                converse(tcp, behaviour).await;
            }
        });
        Self { server, world }
    }

    /// Its base URL.
    pub fn base(&self) -> &str {
        self.server.base()
    }

    /// What it says from now on.
    pub fn say(&self, saying: Saying) {
        lock(&self.world).saying = saying;
    }

    /// Who may update from now on.
    pub fn admit(&self, authorization: &str) {
        authorization.clone_into(&mut lock(&self.world).authorization);
    }

    /// Adds a name to the account.
    pub fn add(&self, name: &str) {
        lock(&self.world).names.insert(name.to_owned(), String::new());
    }

    /// What a name points to, as it was sent; empty where nothing was.
    pub fn address(&self, name: &str) -> String {
        lock(&self.world).names.get(name).cloned().unwrap_or_default()
    }

    /// The requests since the last time somebody asked.
    pub fn take(&self) -> Vec<Seen> {
        std::mem::take(&mut lock(&self.world).log)
    }
}

fn lock(world: &Mutex<World>) -> MutexGuard<'_, World> {
    world.lock().unwrap_or_else(PoisonError::into_inner)
}

fn behaviour(world: Arc<Mutex<World>>) -> Handler {
    handler(move |request: Request<Bytes>| {
        let saying = {
            let mut world = lock(&world);
            let header = |name| {
                let value = request.headers().get(name).and_then(|value| value.to_str().ok());
                value.unwrap_or_default().to_owned()
            };
            let body = String::from_utf8_lossy(request.body()).into_owned();
            let target = request.uri().path_and_query().map(ToString::to_string).unwrap_or_default();
            let target = if body.is_empty() { target } else { format!("{target} {body}") };
            let seen = Seen { target, authorization: header(AUTHORIZATION), agent: header(USER_AGENT) };
            world.log.push(seen);
            world.saying.clone()
        };
        let world = Arc::clone(&world);
        async move {
            match saying {
                Saying::Protocol => by_protocol(&world, &request),
                Saying::Reply(status, text) => reply(status, text),
                Saying::Repeat => {
                    reply(500, format!("<html>{} {:?}</html>", request.uri(), request.headers()))
                }
                Saying::Cut | Saying::Nothing => std::future::pending().await,
            }
        }
    })
}

fn by_protocol(world: &Mutex<World>, request: &Request<Bytes>) -> Response<Bytes> {
    let mut world = lock(world);
    let authorization = request.headers().get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    if authorization != Some(world.authorization.as_str()) {
        return reply(401, "badauth");
    }
    let query = request.uri().query().unwrap_or_default();
    let value = |key: &str| {
        let mut pairs = query.split('&').filter_map(|pair| pair.split_once('='));
        pairs.find(|pair| pair.0 == key).map(|pair| pair.1.to_owned())
    };
    let (Some(names), Some(address)) = (value("hostname"), value("myip")) else {
        return reply(200, "notfqdn");
    };
    let line = |name: &str| match world.names.get_mut(name) {
        None => "nohost".to_owned(),
        Some(there) if *there == address => format!("nochg {address}"),
        Some(there) => {
            there.clone_from(&address);
            format!("good {address}")
        }
    };
    let lines: Vec<String> = names.split(',').map(line).collect();
    reply(200, lines.join("\n"))
}
