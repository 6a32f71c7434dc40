//! A tunnel as users write it, with the keys of its table.

use super::{Origin, Plan, Tunnel};
use crate::net::Base;
use crate::net::base::Scheme;
use crate::server::client::Telling;
use crate::source::spec::SpecError;
use crate::source::table::operator_of;
use crate::source::{Extras, Source};
use dynflare_core::quorum::Vote;
use std::num::NonZeroUsize;

/// Where ngrok's agent listens unless it is told otherwise (ngrok.com/docs/agent/api).
const AGENT: &str = "http://127.0.0.1:4040";

/// `tunnel:URL#port=PORT`, `tunnel:ngrok` or `tunnel:PROGRAM ARGUMENT …` with `{port}` among the arguments.
pub(in crate::source) fn of_tunnel(text: &str, extras: &Extras) -> Result<Source, SpecError> {
    let (text, port) = match text.rsplit_once("#port=") {
        Some((text, digits)) => (text, Some(digits.trim().parse().map_err(|_| SpecError::TunnelPort)?)),
        None => (text, extras.port),
    };
    let text = text.trim();
    let words = |line: &str| line.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    let mut command = extras.command.as_deref().map(words);
    let (origin, mut operator, mut name) = if text == "ngrok" {
        let agent = extras.agent.clone();
        let agent = agent.unwrap_or_else(|| AGENT.parse().expect("invariant: the constant is a URL"));
        (Origin::Agent(agent), text.to_owned(), text.to_owned())
    } else if text.starts_with("http://") || text.starts_with("https://") {
        let url: Base = text.parse().map_err(SpecError::Url)?;
        let operator = operator_of(url.host()).unwrap_or(url.host()).to_owned();
        let name = format!("{}{}", url.authority(), url.prefix());
        (Origin::Fixed(url), operator, name)
    } else {
        let program = text.split_whitespace().next().ok_or(SpecError::Tunnel)?;
        let program = program.rsplit('/').next().unwrap_or(program).to_owned();
        command = Some(words(text));
        (Origin::Spoken(extras.url_contains.clone().unwrap_or_default()), program.clone(), program)
    };
    let leads_here = match &command {
        Some(command) => port.is_some() || command.iter().any(|word| word.contains("{port}")),
        None => port.is_some() || matches!(origin, Origin::Agent(_)),
    };
    if !leads_here {
        return Err(SpecError::TunnelPort);
    }
    let usual = if name == "cloudflared" { Telling::CfConnectingIp } else { Telling::default() };
    let way = extras.client.unwrap_or(usual);
    if way == Telling::CfConnectingIp {
        "cloudflare".clone_into(&mut operator);
    }
    // Over plain HTTP somebody on the way can read the one-time path and be there first.
    let is_plain = matches!(&origin, Origin::Fixed(url) if url.scheme() == Scheme::Http);
    let vote = if is_plain { Vote::Witness } else { Vote::Full };
    name.insert_str(0, "tunnel:");
    let plan = Plan {
        origin,
        port,
        command,
        without: Vec::new(),
        way,
        hops: extras.hops.unwrap_or(NonZeroUsize::MIN),
    };
    Ok(Source { vote, ..Source::new(name, Tunnel::new(plan)).run_by(operator) })
}
