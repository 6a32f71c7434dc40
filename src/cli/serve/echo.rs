//! `dynflare serve --echo`: tells other machines their address until it is told to stop; without a file.

use super::super::exit::Exit;
use super::super::output::{Format, Output};
use super::super::{colour, say};
use super::Arguments;
use crate::config::{self, Environment};
use crate::secret::Secret;
use crate::server::client::Trust;
use crate::server::echo::Echo;
use crate::server::listen::{Limits, Server};
use crate::server::tls::{Certificate, Identity};
use crate::signed::{self, Scheme, Signer};
use dynflare_core::address::Prefix;
use serde_json::json;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::net::TcpListener;

/// Where is listened unless something else is said; what this machine lacks of it is left out.
const DEFAULT: [SocketAddr; 2] = crate::config::serve::LISTEN;

/// Runs until the process is told to end.
pub(super) async fn run(arguments: &Arguments, world: &Environment, output: &Output) -> Exit {
    if let Some(scheme) = arguments.new_key {
        return new_key(scheme, output);
    }
    let (echo, certificate) = match prepare(arguments, world, output) {
        Ok(prepared) => prepared,
        Err(exit) => return exit,
    };
    let signed = echo.signer.is_some();
    // Before anything is said: whoever reads that it listens may tell it to end at once.
    let mut told_to_end = match Signals::new() {
        Ok(signals) => signals,
        Err(error) => {
            output.error(&format!("error: cannot wait for signals\n  cause: {error}"));
            return Exit::Later;
        }
    };
    let servers =
        match listen(arguments, certificate.map(|certificate| Arc::new(certificate) as _), echo).await {
            Ok(servers) => servers,
            Err(why) => {
                output.error(&format!("error: cannot listen on {why}"));
                return Exit::Later;
            }
        };
    let scheme = if arguments.tls_cert.is_some() { "https" } else { "http" };
    let urls: Vec<String> = servers.iter().map(|server| format!("{scheme}://{}", server.address())).collect();
    match output.format {
        Format::Json => output.json(&json!({ "listening": urls, "signed": signed })),
        Format::Text => {
            let how = if signed { "signed" } else { "not signed" };
            output.line(&format!("listening on {}; answers are {how}", urls.join(" and ")));
        }
    }
    told_to_end.any().await;
    Exit::AsDesired
}

fn prepare(
    arguments: &Arguments,
    world: &Environment,
    output: &Output,
) -> Result<(Echo, Option<Certificate>), Exit> {
    let usage = |message: String| {
        output.error(&format!("error: {message}"));
        Exit::Usage
    };
    let mut proxies: Vec<Prefix> = Vec::new();
    for text in &arguments.trusted_proxy {
        proxies.push(text.parse().map_err(|error| usage(format!("--trusted-proxy `{text}`: {error}")))?);
    }
    let signer = match &arguments.key {
        None => None,
        Some(text) => {
            let (key, notes) = config::from_argument("--key", text, world).map_err(|mistake| {
                output.error(&mistake.render(colour(&io::stderr())));
                Exit::Usage
            })?;
            for note in &notes {
                say(note, output);
            }
            Some(Signer::parse(&key).map_err(|error| usage(format!("the key {error}")))?)
        }
    };
    let certificate = match (&arguments.tls_cert, &arguments.tls_key) {
        (Some(chain), Some(key)) => {
            let loaded = Certificate::load(chain, key);
            Some(loaded.map_err(|why| usage(format!("cannot use the certificate\n  cause: {why}")))?)
        }
        (Some(_) | None, None) | (None, Some(_)) => None,
    };
    let trust = Trust { proxies, way: arguments.client_from.unwrap_or_default() };
    Ok((Echo { trust, signer }, certificate))
}

async fn listen(
    arguments: &Arguments,
    identity: Option<Arc<dyn Identity>>,
    echo: Echo,
) -> Result<Vec<Server>, String> {
    let echo = Arc::new(echo);
    let explicit = !arguments.listen.is_empty();
    let wanted = if explicit { arguments.listen.as_slice() } else { &DEFAULT };
    let mut servers = Vec::new();
    let mut refused = None;
    for address in wanted {
        let started = TcpListener::bind(address)
            .await
            .and_then(|listener| Server::start(listener, identity.clone(), Limits::default(), echo.clone()));
        match started {
            Ok(server) => servers.push(server),
            // A machine without IPv6 has no ::1.
            Err(error) if !explicit && error.kind() != io::ErrorKind::AddrInUse => {
                refused = Some(format!("{address}\n  cause: {error}"));
            }
            Err(error) => return Err(format!("{address}\n  cause: {error}")),
        }
    }
    match (servers.is_empty(), refused) {
        (true, Some(why)) => Err(why),
        (true, None) | (false, _) => Ok(servers),
    }
}

/// What ends a server in good order.
#[cfg(unix)]
struct Signals([tokio::signal::unix::Signal; 2]);

#[cfg(unix)]
impl Signals {
    /// Listens from now on.
    fn new() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self([signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?]))
    }

    async fn any(&mut self) {
        let [terminate, interrupt] = &mut self.0;
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    }
}

/// What ends a server in good order.
#[cfg(not(unix))]
struct Signals;

#[cfg(not(unix))]
impl Signals {
    /// Listens from the first wait on.
    fn new() -> io::Result<Self> {
        Ok(Self)
    }

    async fn any(&mut self) {
        // Where there is no such signal, the system's own end is the only one.
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

/// The one place where a key is printed: it is new, and nobody has it yet.
fn new_key(scheme: Scheme, output: &Output) -> Exit {
    let (server, client) = match signed::fresh(scheme) {
        Ok(pair) => pair,
        Err(error) => {
            output.error(&format!("error: cannot make a key\n  cause: {error}"));
            return Exit::Later;
        }
    };
    let (name, what) = match scheme {
        Scheme::Ed25519 => ("public_key", "the public half, which is no secret"),
        Scheme::HmacSha256 => ("key", "the same secret; better as \"file:PATH\""),
    };
    let shown: (&Secret, &Secret) = (&server, &client);
    match output.format {
        Format::Json => output.json(&json!({ "server_key": shown.0.expose(), name: shown.1.expose() })),
        Format::Text => output.line(&format!(
            "# on the server, in a file that only it can read; start it with --key file:PATH\n{}\n\n\
             # in dynflare.toml ({what})\n[sources.vps]\nspec = \"echo:https://vps.example.org\"\n{name} = \"{}\"",
            shown.0.expose(),
            shown.1.expose()
        )),
    }
    Exit::AsDesired
}
