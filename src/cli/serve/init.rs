//! `dynflare serve init`: everything that a new server needs, as files and as lines to paste.
//!
//! It asks nothing and nobody: what it cannot know (the addresses, where the machine's own are not public) it wants to
//! be told. What is there is not written over unless that is asked for.

use super::super::exit::Exit;
use super::super::output::{Format, Output};
use super::account;
use crate::report::human::block;
use crate::server::update::password::Kind;
use dynflare_core::address::{Family, publishable};
use dynflare_core::name::Name;
use serde_json::json;
use std::fmt::Write as _;
use std::fs::OpenOptions;
use std::io::Write as _;
use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::path::{Path, PathBuf};

/// What the new server is.
#[derive(clap::Args, Clone, Debug, PartialEq, Eq)]
pub struct Arguments {
    /// The zone that it will serve, such as dyn.example.org
    pub name: String,
    /// A public address of this machine; may be repeated [default: those that it has itself]
    #[arg(long, value_name = "ADDRESS")]
    pub address: Vec<IpAddr>,
    /// The first account, the user name of your router
    #[arg(long, value_name = "NAME", default_value = "router")]
    pub account: String,
    /// The first name in the zone, which that account may set
    #[arg(long, value_name = "NAME", default_value = "home")]
    pub host: String,
    /// Where the certificate authority may write to
    #[arg(long, value_name = "ADDRESS")]
    pub email: Option<String>,
    /// Where the files go
    #[arg(long, value_name = "DIRECTORY", default_value = ".")]
    pub into: PathBuf,
    /// Write over files that are there
    #[arg(long)]
    pub force: bool,
}

const SERVICE: &str = include_str!("../../../etc/serve/dynflare-serve.service");
const SOCKET: &str = include_str!("../../../etc/serve/dynflare-serve.socket");
const CONTAINER: &str = include_str!("../../../etc/serve/Containerfile");

/// What is known of the server.
struct Plan {
    zone: Name,
    host: Name,
    addresses: Vec<IpAddr>,
    /// Where the name server listens: at its addresses, since another resolver of this machine may have the port at
    /// others; everywhere, where the addresses are those of a router before it.
    dns: Vec<SocketAddr>,
}

/// Writes the files and says what to do with them.
pub(super) fn run(arguments: &Arguments, output: &Output) -> Exit {
    let plan = match plan(arguments) {
        Ok(plan) => plan,
        Err(why) => {
            output.error(&why);
            return Exit::Usage;
        }
    };
    let made = match account::fresh(&arguments.account, &[plan.host.to_string()], Kind::Password) {
        Ok(made) => made,
        Err(why) => {
            output.error(&block("cannot make the account", &why, None, ""));
            return Exit::Failed;
        }
    };
    let files = [
        ("serve.toml", configuration(&plan, arguments, &made.lines), Mode::Private),
        ("dynflare-serve.service", SERVICE.to_owned(), Mode::Public),
        ("dynflare-serve.socket", socket(&plan), Mode::Public),
        ("Containerfile", CONTAINER.to_owned(), Mode::Public),
    ];
    if !arguments.force
        && let Some((name, ..)) = files.iter().find(|(name, ..)| arguments.into.join(name).exists())
    {
        let there = arguments.into.join(name).display().to_string();
        output.error(&block(
            "nothing was written",
            &format!("{there} is there already"),
            Some("write somewhere else with `--into DIRECTORY`, or over it with `--force`"),
            "",
        ));
        return Exit::Failed;
    }
    for (name, text, mode) in &files {
        let path = arguments.into.join(name);
        if let Err(error) = write(&path, text, *mode) {
            output.error(&block(&format!("cannot write {}", path.display()), &error.to_string(), None, ""));
            return Exit::Failed;
        }
    }
    let delegation = delegation(&plan);
    match output.format {
        Format::Json => output.json(&json!({
            "files": files.iter().map(|(name, ..)| arguments.into.join(name)).collect::<Vec<_>>(),
            "delegation": delegation,
            "parent": plan.zone.parent().map(|parent| parent.to_string()),
            "account": { "name": arguments.account, "password": made.secret.expose() },
            "host": plan.host.to_string(),
            "exit": 0,
        })),
        Format::Text => output.line(&told(&plan, arguments, (&delegation, &made))),
    }
    Exit::AsDesired
}

fn plan(arguments: &Arguments) -> Result<Plan, String> {
    let wrong = |what: String, hint: &str| block("cannot plan the server", &what, Some(hint), "");
    let zone =
        Name::parse(&arguments.name).ok().filter(|zone| !zone.is_wildcard() && zone.parent().is_some());
    let zone = zone.ok_or_else(|| {
        wrong(
            format!("`{}` is no zone that could be delegated to you", arguments.name),
            "name a part of a zone that you have, such as dyn.example.org",
        )
    })?;
    let host = Name::parse_in(&arguments.host, &zone)
        .map_err(|error| wrong(format!("`{}`: {error}", arguments.host), "name a host, such as home"))?;
    let addresses = if arguments.address.is_empty() { own_addresses() } else { arguments.address.clone() };
    if addresses.is_empty() {
        return Err(wrong(
            "this machine has no public address of its own".to_owned(),
            "say at which address the world reaches it: `--address 192.0.2.53`",
        ));
    }
    let here = addresses.iter().all(|address| UdpSocket::bind((*address, 0)).is_ok());
    let everywhere = SocketAddr::from(([0_u16; 8], 53));
    let dns = if here {
        addresses.iter().map(|address| SocketAddr::new(*address, 53)).collect()
    } else {
        vec![everywhere]
    };
    Ok(Plan { zone, host, addresses, dns })
}

/// The addresses that this machine would use towards the world; nothing is sent for that.
fn own_addresses() -> Vec<IpAddr> {
    let towards = |from: SocketAddr, to: SocketAddr| {
        let socket = UdpSocket::bind(from).ok()?;
        socket.connect(to).ok()?;
        let address = socket.local_addr().ok()?.ip();
        publishable(address).is_ok().then_some(address)
    };
    let v4 = towards(([0; 4], 0).into(), ([192, 0, 2, 1], 9).into());
    let v6 = towards(([0_u16; 8], 0).into(), ([0x2001, 0xdb8, 0, 0, 0, 0, 0, 1], 9).into());
    v4.into_iter().chain(v6).collect()
}

/// `"a", "b"`.
fn quoted(items: impl IntoIterator<Item = impl std::fmt::Display>) -> String {
    items.into_iter().map(|item| format!("\"{item}\"")).collect::<Vec<_>>().join(", ")
}

fn configuration(plan: &Plan, arguments: &Arguments, account: &str) -> String {
    let Plan { zone, addresses, dns, .. } = plan;
    let contact =
        arguments.email.as_ref().map(|email| format!("contact = \"{email}\"\n")).unwrap_or_default();
    format!(
        "version = 1\n\n\
         [serve]\n\
         name = \"{zone}\"\n\
         # How the world reaches this server.\n\
         addresses = [{}]\n\
         listen = [\"[::]:443\", \"[::]:80\"]\n\
         dns = [{}]\n\
         status = [\"127.0.0.1:9353\"]\n\n\
         # A certificate from Let's Encrypt, whose terms of service are agreed to by this.\n\
         [serve.tls]\n\
         acme = true\n\
         {contact}\n\
         [serve.zones.\"{zone}\"]\n\
         provider = \"local\"\n\n\
         {account}",
        quoted(addresses),
        quoted(dns),
    )
}

fn socket(plan: &Plan) -> String {
    let mut lines = String::from("ListenStream=[::]:443\nListenStream=[::]:80\n");
    for at in &plan.dns {
        let written = writeln!(lines, "ListenStream={at}\nListenDatagram={at}");
        debug_assert!(written.is_ok(), "a string takes everything");
    }
    lines.push_str("ListenStream=127.0.0.1:9353");
    SOCKET.replace("@LISTEN@", &lines)
}

/// The lines for the parent zone: who serves the zone, and where that is.
fn delegation(plan: &Plan) -> Vec<String> {
    let Plan { zone, addresses, .. } = plan;
    let address = |address: &IpAddr| {
        let rtype = match Family::of(*address) {
            Family::V4 => "A",
            Family::V6 => "AAAA",
        };
        format!("ns.{zone}. 3600 IN {rtype} {address}")
    };
    std::iter::once(format!("{zone}. 3600 IN NS ns.{zone}.")).chain(addresses.iter().map(address)).collect()
}

fn told(plan: &Plan, arguments: &Arguments, (delegation, made): (&[String], &account::Made)) -> String {
    let Plan { zone, host, .. } = plan;
    let folder = arguments.into.display();
    let parent = zone.parent().map(|parent| parent.to_string()).unwrap_or_default();
    format!(
        "In {folder}: serve.toml, dynflare-serve.service, dynflare-serve.socket, Containerfile\n\n\
         1. At whoever has the zone {parent}, add these records:\n\n{}\n\n\
         2. On this machine, as root:\n\n\
         useradd --system --user-group --no-create-home --shell /usr/sbin/nologin dynflare-serve\n\
         install -D -m 0640 -g dynflare-serve {folder}/serve.toml /etc/dynflare/serve.toml\n\
         install -m 0644 {folder}/dynflare-serve.service {folder}/dynflare-serve.socket /etc/systemd/system/\n\
         systemctl daemon-reload\n\
         systemctl enable --now dynflare-serve.socket dynflare-serve.service\n\n\
         3. In your router (dynamic DNS, user-defined provider; dyndns2):\n\n\
         server    {zone}\n\
         host      {host}\n\
         user      {}\n\
         password  {}\n\n\
         The password is shown only now.",
        delegation.join("\n"),
        arguments.account,
        made.secret.expose(),
    )
}

#[derive(Clone, Copy)]
enum Mode {
    Private,
    Public,
}

fn write(path: &Path, text: &str, mode: Mode) -> std::io::Result<()> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(
        &mut options,
        match mode {
            Mode::Private => 0o600,
            Mode::Public => 0o644,
        },
    );
    #[cfg(not(unix))]
    let _ = mode;
    let mut file = options.open(path)?;
    file.write_all(text.as_bytes())
}
