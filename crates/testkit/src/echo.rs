//! An echo source ("what is my address?") whose answers are scripted, truthful or not.

use crate::serve::{Handler, Server, handler, reply};
use crate::slow;
use crate::tls::Identity;
use hyper::body::Bytes;
use hyper::header::{DATE, HeaderValue};
use hyper::{Request, Response};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// What a source says when it is asked.
#[derive(Clone, Debug)]
pub enum Say {
    /// Status 200 and this text: an address, or anything else.
    Text(String),
    /// Any status and bytes.
    Reply(u16, Vec<u8>),
    /// Nothing for so long, then this.
    After(Duration, Box<Say>),
    /// This, with another time of day (`Date`, as HTTP writes it) than the true one.
    At(String, Box<Say>),
    /// Nothing, ever.
    Nothing,
}

impl Say {
    /// An address, as plain text with a newline.
    pub fn address(address: &str) -> Self {
        Self::Text(format!("{address}\n"))
    }

    async fn answer(mut self) -> Response<Bytes> {
        let mut date = None;
        let mut answer = loop {
            match self {
                Self::Text(text) => break reply(200, text),
                Self::Reply(status, body) => break reply(status, body),
                Self::At(time, then) => {
                    date = HeaderValue::from_str(&time).ok();
                    self = *then;
                }
                Self::After(wait, then) => {
                    tokio::time::sleep(wait).await;
                    self = *then;
                }
                Self::Nothing => std::future::pending().await,
            }
        };
        if let Some(date) = date {
            answer.headers_mut().insert(DATE, date);
        }
        answer
    }
}

/// A running source. It answers every path.
pub struct Echo {
    server: Server,
    script: Arc<Mutex<Say>>,
    asked: Arc<AtomicUsize>,
}

impl Echo {
    /// A source over plain HTTP.
    pub async fn http(say: Say) -> Self {
        let (script, asked, behaviour) = Self::behaviour(say);
        Self { server: Server::http(behaviour).await, script, asked }
    }

    /// A source over HTTPS.
    pub async fn https(identity: &Identity, say: Say) -> Self {
        let (script, asked, behaviour) = Self::behaviour(say);
        Self { server: Server::https(identity, behaviour).await, script, asked }
    }

    /// A source over HTTPS that is `round_trip` away.
    pub async fn slow(identity: &Identity, round_trip: Duration, say: Say) -> Self {
        let (script, asked, behaviour) = Self::behaviour(say);
        Self { server: slow::https(identity, round_trip, behaviour).await, script, asked }
    }

    fn behaviour(say: Say) -> (Arc<Mutex<Say>>, Arc<AtomicUsize>, Handler) {
        let script = Arc::new(Mutex::new(say));
        let asked = Arc::new(AtomicUsize::new(0));
        let (reading, counter) = (Arc::clone(&script), Arc::clone(&asked));
        let behaviour = handler(move |_: Request<Bytes>| {
            counter.fetch_add(1, Ordering::SeqCst);
            let say = reading.lock().unwrap_or_else(PoisonError::into_inner).clone();
            say.answer()
        });
        (script, asked, behaviour)
    }

    /// Changes what it says from now on.
    pub fn say(&self, say: Say) {
        *self.script.lock().unwrap_or_else(PoisonError::into_inner) = say;
    }

    /// Its base URL.
    pub fn base(&self) -> &str {
        self.server.base()
    }

    /// How often it has been asked.
    pub fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }

    /// How many connections were opened to it.
    pub fn accepted(&self) -> usize {
        self.server.accepted()
    }
}
