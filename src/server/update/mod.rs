//! The dyndns2 endpoint: what routers and clients send becomes wishes, and what became of them is told in their words.
//!
//! `/nic/update` and `/v3/update` set addresses, `/nic/checkip` tells the sender's. [`endpoint`] is the service;
//! [`request`], [`credential`] and [`answer`] are the protocol; [`account`] and [`password`] say who may what; [`rate`] and
//! [`lock`] how often; [`audit`] and [`counters`] remember. [`setter`] is the way to whoever writes records; nothing here
//! knows of zones or providers.
//!
//! 401 or 200: a client that showed its credentials in the head, or none, is answered 401 with a challenge, for without
//! it clients that wait for one (Python's, .NET's) never show any. A client that carries them in the query fills in a
//! URL (Synology, many routers) and looks at the body alone; it gets 200 and the word.

pub mod account;
mod aging;
pub mod answer;
pub mod audit;
pub mod counters;
pub mod credential;
pub mod endpoint;
pub mod lock;
pub mod password;
pub mod rate;
pub mod request;
pub mod setter;
#[cfg(test)]
mod tests;
