//! Whole rounds with scripted adapters and sources: what breaks, and what must go on all the same.

mod absence;
mod breaking;
mod conditions;
mod keeping;
mod push;
mod stage;
