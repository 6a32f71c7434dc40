//! What everybody who speaks DNS has in common: questions, what may count as their answers, and record data.
//!
//! [`asked`] and [`presentation`], a crate of its own, are pure; [`exchange`] sends and receives. Whom to ask, how often, and what an answer
//! means stays with the sources that ask name servers, the adapter of RFC 2136 and the confirmation of changes.

pub mod asked;
pub mod exchange;

pub use dynflare_presentation as presentation;

pub use asked::{Asked, Asking, Case, Heard, Recursion};

use domain::base::iana::Class;
use domain::base::name::ToName;
use domain::base::wire::ParseError;
use domain::base::{Message, Name, Rtype};
use domain::dep::octseq::Octets;
use dynflare_core::record::RecordType;
use presentation::Text;
use std::str::FromStr;

/// A name in the codec's form.
pub type Wire = Name<Vec<u8>>;

/// The UDP payload size that passes every path (RFC 9715 §3).
pub const PAYLOAD: u16 = 1232;

/// The codec's form of a name.
pub fn wire(name: &dynflare_core::name::Name) -> Wire {
    Wire::from_str(name.as_str()).expect("a core name is within the limits of RFC 1035 §2.3.4")
}

/// TTL in seconds and text of the records of a name and type in the answer section. One record that cannot be read
/// spoils the answer: what is left would look like the whole set.
pub fn values<Octs: Octets + ?Sized>(
    message: &Message<Octs>,
    name: &Wire,
    rtype: RecordType,
) -> Result<Vec<(u32, String)>, ParseError> {
    let code = Rtype::from_int(rtype.code());
    let mut values = Vec::new();
    for record in message.answer()? {
        let record = record?;
        if record.class() == Class::IN && record.rtype() == code && record.owner().name_eq(name) {
            let ttl = record.ttl().as_secs();
            let text = record.into_record::<Text>()?.ok_or(ParseError::form_error("data of another type"))?;
            values.push((ttl, text.into_data().text));
        }
    }
    Ok(values)
}
