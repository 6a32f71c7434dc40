//! A change is confirmed once every authoritative server gives it: played servers here, real ones in `real`.

mod played;
