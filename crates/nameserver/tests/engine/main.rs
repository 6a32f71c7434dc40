//! The name server by its messages, read with another codec than its own.

mod answers;
mod asking;
mod laws;
mod signed;
mod stored;
mod transfers;
mod updates;
