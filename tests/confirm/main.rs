//! A change is confirmed once every authoritative server gives it: servers that are played, and real ones.

mod played;
mod real;
