//! Datagrams: a thread for each socket asks the name server and sends what it says, limited in how often.

use super::house::{Door, House};
use crate::server::{Answered, Transport};
use dynflare_datagram::{Answer, Asked, Datagrams};
use std::io;
use std::net::UdpSocket;
use std::sync::Arc;

/// Serves the sockets.
pub(super) fn serve(sockets: Vec<UdpSocket>, house: &Arc<House>) -> io::Result<Datagrams> {
    Datagrams::serve("dns-udp", sockets, || Answerer { door: house.gate() })
}

struct Answerer {
    door: Door,
}

impl Answer for Answerer {
    fn answer(&mut self, asked: &Asked<'_>, out: &mut Vec<u8>) {
        match self.door.answer(asked.octets, asked.from, Transport::Udp, out) {
            Answered::Done => self.door.limit(out, asked.from.ip()),
            Answered::Update(ticket) => {
                out.clear();
                let later = asked.later();
                ticket.submit(move |answer| later.send(answer));
            }
            // There is none in a datagram (RFC 5936 §4.2).
            Answered::Transfer(_) => out.clear(),
        }
    }
}
