//! Zones on their way to secondaries (RFC 5936, RFC 1995): messages one after the other, each made when it is asked for.

/// The messages of a transfer, in wire form, without the length that goes before each of them on a connection.
///
/// It holds what the zone was when the transfer began; changes meanwhile neither wait for it nor get into it.
pub struct Transfer {
    messages: std::vec::IntoIter<Vec<u8>>,
}

impl Iterator for Transfer {
    type Item = Vec<u8>;

    fn next(&mut self) -> Option<Vec<u8>> {
        self.messages.next()
    }
}
