//! Answering datagrams on plain threads: received in batches, answered from the address that was asked.
//!
//! A socket bound to a wildcard address would otherwise answer from whatever address the system likes best, and whoever
//! asked another would not take that for an answer. [`bind`] opens sockets, [`Datagrams`] serves them; what is asked and
//! answered is the business of whoever implements [`Answer`]. A thread waits for the kernel and uses nothing meanwhile.
//!
//! Senders of datagrams can lie about who they are, and have a server answer somebody else: [`Rates`] is what bounds that.

mod bind;
mod rate;
mod serve;
mod wake;

pub use bind::bind;
pub use rate::{Rate, Rates, network};
pub use serve::{Answer, Asked, Datagrams, Later};
