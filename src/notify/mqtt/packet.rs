//! The few packets of MQTT 3.1.1 that somebody needs who only publishes: CONNECT, PUBLISH with `QoS` 1, DISCONNECT, and
//! the answers CONNACK and PUBACK (sections as in the standard of OASIS).

/// The protocol's name and level (§3.1.2.1, §3.1.2.2).
const PROTOCOL: &[u8] = b"\x00\x04MQTT\x04";

/// Begin without a session (§3.1.2.4); with a password; with a user name (§3.1.2.8, §3.1.2.9).
const CLEAN: u8 = 0x02;
const PASSWORD: u8 = 0x40;
const USERNAME: u8 = 0x80;

/// After how many seconds of silence the broker may end the connection (§3.1.2.10); it is open for less.
const KEEP_ALIVE: u16 = 60;

/// The longest a packet's variable part can be (§2.2.3), in bytes.
const LONGEST: usize = 268_435_455;

/// The longest a string or binary field can be (§1.5.3), in bytes.
const LONGEST_FIELD: usize = 65_535;

/// Something does not fit into a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct TooLong;

/// A name and a password.
pub(super) type Login<'a> = Option<(&'a str, &'a str)>;

/// CONNECT (§3.1): a new session that ends with the connection.
pub(super) fn connect(client: &str, login: Login<'_>) -> Result<Vec<u8>, TooLong> {
    let flags = if login.is_some() { CLEAN | USERNAME | PASSWORD } else { CLEAN };
    let mut body = PROTOCOL.to_vec();
    body.push(flags);
    body.extend(KEEP_ALIVE.to_be_bytes());
    field(client.as_bytes(), &mut body)?;
    if let Some((name, password)) = login {
        field(name.as_bytes(), &mut body)?;
        field(password.as_bytes(), &mut body)?;
    }
    packet(0x10, &body)
}

/// Whether a server keeps what is published for who subscribes later (§3.3.1.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Retain {
    /// It does, in the place of what it had.
    Kept,
    /// It does not.
    Passed,
}

/// PUBLISH (§3.3) with `QoS` 1: the server says that it has it. `id` is not 0.
pub(super) fn publish(topic: &str, id: u16, payload: &[u8], retain: Retain) -> Result<Vec<u8>, TooLong> {
    let mut body = Vec::new();
    field(topic.as_bytes(), &mut body)?;
    body.extend(id.to_be_bytes());
    body.extend(payload);
    let retain = match retain {
        Retain::Kept => 0x01,
        Retain::Passed => 0x00,
    };
    packet(0x32 | retain, &body)
}

/// DISCONNECT (§3.14).
pub(super) const DISCONNECT: [u8; 2] = [0xe0, 0x00];

/// An answer, as far as a publisher gets any: both are four bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// CONNACK (§3.2) with its return code, 0 for success.
    Connected(u8),
    /// PUBACK (§3.4) with the identifier of what was taken.
    Taken(u16),
}

/// Reads an answer; nothing where it is none that a publisher can get.
pub(super) fn answer(bytes: [u8; 4]) -> Option<Answer> {
    match bytes {
        [0x20, 0x02, 0 | 1, code] => Some(Answer::Connected(code)),
        [0x40, 0x02, high, low] => Some(Answer::Taken(u16::from_be_bytes([high, low]))),
        _ => None,
    }
}

fn field(bytes: &[u8], into: &mut Vec<u8>) -> Result<(), TooLong> {
    let length = u16::try_from(bytes.len()).map_err(|_| TooLong)?;
    debug_assert!(bytes.len() <= LONGEST_FIELD);
    into.extend(length.to_be_bytes());
    into.extend(bytes);
    Ok(())
}

fn packet(first: u8, body: &[u8]) -> Result<Vec<u8>, TooLong> {
    if body.len() > LONGEST {
        return Err(TooLong);
    }
    let mut packet = vec![first];
    let mut left = body.len();
    loop {
        // Seven bits a byte, the lowest first; the eighth says that more follow (§2.2.3).
        let low = u8::try_from(left % 128).expect("invariant: a remainder of 128 fits a byte");
        left /= 128;
        packet.push(if left > 0 { low | 0x80 } else { low });
        if left == 0 {
            break;
        }
    }
    packet.extend(body);
    Ok(packet)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packets_are_as_in_the_standard() {
        assert_eq!(
            connect("c", None).expect("fits"),
            b"\x10\x0d\x00\x04MQTT\x04\x02\x00\x3c\x00\x01c".to_vec()
        );
        assert_eq!(
            connect("c", Some(("u", "pw"))).expect("fits"),
            b"\x10\x14\x00\x04MQTT\x04\xc2\x00\x3c\x00\x01c\x00\x01u\x00\x02pw".to_vec()
        );
        assert_eq!(
            publish("a/b", 10, b"x", Retain::Kept).expect("fits"),
            b"\x33\x08\x00\x03a/b\x00\x0ax".to_vec()
        );
        assert_eq!(
            publish("a", 1, b"", Retain::Passed).expect("fits"),
            b"\x32\x05\x00\x01a\x00\x01".to_vec()
        );
    }

    #[test]
    fn lengths_are_written_as_in_the_table_of_the_standard() {
        for (length, written) in [
            (0, &[0x00][..]),
            (127, &[0x7f]),
            (128, &[0x80, 0x01]),
            (16_383, &[0xff, 0x7f]),
            (16_384, &[0x80, 0x80, 0x01]),
            (2_097_151, &[0xff, 0xff, 0x7f]),
            (2_097_152, &[0x80, 0x80, 0x80, 0x01]),
        ] {
            let packet = packet(0x30, &vec![0; length]).expect("fits");
            assert_eq!(&packet[1..=written.len()], written, "{length}");
            assert_eq!(packet.len(), 1 + written.len() + length);
        }
        assert_eq!(publish(&"t".repeat(65_536), 1, b"", Retain::Passed), Err(TooLong));
    }

    #[test]
    fn answers_are_read_and_nothing_else_is() {
        assert_eq!(answer([0x20, 2, 0, 0]), Some(Answer::Connected(0)));
        assert_eq!(answer([0x20, 2, 0, 5]), Some(Answer::Connected(5)));
        assert_eq!(answer([0x40, 2, 1, 2]), Some(Answer::Taken(258)));
        for other in [[0x20, 2, 2, 0], [0x20, 3, 0, 0], [0x50, 2, 0, 1], [0x48, 0x54, 0x54, 0x50]] {
            assert_eq!(answer(other), None, "{other:?}");
        }
    }
}
