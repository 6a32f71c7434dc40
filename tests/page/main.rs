//! The status page in a real browser: what it shows, how it looks, who may see it, and what cannot happen in it.

#![cfg(feature = "page")]

mod life;
mod looks;
mod stage;
