//! A program that prints one address and nothing else.
//!
//! Started without a shell, without input, and killed when the question is dropped or its time is up.

use super::{Answering, Engine, LIMIT, Question, one_address};
use crate::program::{self, Failed};
use dynflare_core::address::Family;
use dynflare_core::fault::{Class, Fault};
use dynflare_core::quorum::Opinion;
use std::fmt;
use std::sync::Arc;

/// What to run.
#[derive(Clone)]
pub(super) struct Command {
    pub(super) program: String,
    pub(super) arguments: Vec<String>,
    /// Variables of the environment that are none of the program's business.
    pub(super) without: Vec<String>,
}

/// Without the arguments, which may hold a password.
impl fmt::Debug for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Command").field("program", &self.program).finish_non_exhaustive()
    }
}

impl Engine for Command {
    fn kind(&self) -> &'static str {
        "command"
    }

    fn serves(&self, _family: Family) -> bool {
        true
    }

    fn is_remote(&self) -> bool {
        false
    }

    fn ask<'a>(&'a self, question: Question<'a>) -> Answering<'a> {
        Box::pin(async move {
            let digit = match question.family {
                Family::V4 => "4",
                Family::V6 => "6",
            };
            let arguments = self.arguments.iter().map(|argument| argument.replace("{family}", digit));
            let argv: Vec<String> = std::iter::once(self.program.clone()).chain(arguments).collect();
            let command = program::Command {
                argv: &argv,
                without: &self.without,
                with: Vec::new(),
                input: None,
                limit: Some(LIMIT),
                timeout: question.timeout,
            };
            let ended = command.run().await.map_err(|failed| {
                let class = match failed {
                    Failed::Start(_) => Class::Invalid,
                    Failed::Late => Class::Unavailable,
                    Failed::Flood(_) | Failed::Lost(_) => Class::Unexpected,
                };
                Fault::new(class, failed.sentence(&command))
            })?;
            if !ended.status.success() {
                let fault = Fault::new(Class::Unavailable, format!("{} failed", self.program));
                let fault = fault.status(ended.status.to_string());
                return Err(match ended.last_words() {
                    Some(words) => fault.said(words),
                    None => fault,
                }
                .into());
            }
            Ok(Opinion::Address(one_address(&ended.printed, question.family)?))
        })
    }

    fn without_variables(&self, names: &dyn Fn() -> Vec<String>) -> Option<Arc<dyn Engine>> {
        let without = [self.without.clone(), names()].concat();
        Some(Arc::new(Self { without, ..self.clone() }))
    }
}
