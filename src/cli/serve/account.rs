//! `dynflare serve account`: makes accounts of the update endpoint, and shows those there are.

use super::super::exit::Exit;
use super::super::output::{Format, Output};
use super::super::table::table;
use crate::config::Settings;
use crate::report::human::block;
use crate::secret::Secret;
use crate::server::update::password::{self, Kept, KeptToken, Kind};
use dynflare_core::name::Name;
use serde_json::{Value, json};

/// What is done with accounts.
#[derive(clap::Subcommand, Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// Make an account: print the lines for the configuration, and those for the client
    Add(Add),
    /// Show the accounts of the configuration
    List,
}

/// Which account is made.
#[derive(clap::Args, Clone, Debug, PartialEq, Eq)]
pub struct Add {
    /// Its name, which is the user name of its client
    pub name: String,
    /// A name that it may set, such as home.dyn.example.org or *.lab.dyn.example.org; may be repeated
    #[arg(long = "host", value_name = "NAME")]
    pub hosts: Vec<String>,
    /// Make a token for the provider dynflare instead of a password
    #[arg(long)]
    pub token: bool,
    /// The server's name, for the lines of the client [default: SERVER, to be filled in]
    #[arg(long, value_name = "NAME")]
    pub server: Option<String>,
}

/// A fresh account.
pub(super) struct Made {
    /// The table for the configuration.
    pub(super) lines: String,
    /// The secret that its client shows; nobody has it yet.
    pub(super) secret: Secret,
}

/// Makes an account that may set these names.
pub(super) fn fresh(name: &str, hosts: &[String], kind: Kind) -> Result<Made, String> {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '@');
    if name.is_empty() || name.len() > 64 || !name.chars().all(plain) {
        return Err(format!(
            "`{name}`: a name is made of letters, digits, `-`, `_`, `.` and `@`, 64 at most"
        ));
    }
    for host in hosts {
        let is_name = Name::parse(host).is_ok();
        if !is_name {
            return Err(format!("`{host}` is no name"));
        }
    }
    let no_randomness = |error| format!("the system gives no randomness: {error}");
    let secret = password::fresh(kind).map_err(no_randomness)?;
    let (key, hash) = match kind {
        Kind::Password => ("password", Kept::of(&secret).map_err(no_randomness)?.as_str().to_owned()),
        Kind::Token => ("token", KeptToken::of(&secret).to_string()),
    };
    // A dot in a key of TOML would begin another table.
    let table = if name.contains(['.', '@']) { format!("\"{name}\"") } else { name.to_owned() };
    let names: Vec<String> = hosts.iter().map(|host| format!("\"{host}\"")).collect();
    let names = names.join(", ");
    Ok(Made { lines: format!("[serve.accounts.{table}]\n{key} = \"{hash}\"\nnames = [{names}]\n"), secret })
}

/// Makes an account, and prints the lines to paste: the one place where its secret is shown.
pub(super) fn add(arguments: &Add, output: &Output) -> Exit {
    let kind = if arguments.token { Kind::Token } else { Kind::Password };
    let placeholder = ["home.dyn.example.org".to_owned()];
    let hosts = if arguments.hosts.is_empty() { placeholder.as_slice() } else { &arguments.hosts };
    let made = match fresh(&arguments.name, hosts, kind) {
        Ok(made) => made,
        Err(why) => {
            output.error(&block("cannot make the account", &why, None, ""));
            return Exit::Usage;
        }
    };
    let secret = made.secret.expose();
    let what = if arguments.token { "token" } else { "password" };
    let server = arguments.server.as_deref().unwrap_or("SERVER");
    let lines = if arguments.token {
        of_dynflare(server, hosts)
    } else {
        of_routers((server, &arguments.name), &hosts[0], secret)
    };
    match output.format {
        Format::Json => {
            output.json(&json!({ "account": arguments.name, what: secret, "lines": made.lines, "exit": 0 }));
        }
        Format::Text => output.line(&format!(
            "# in the configuration of `dynflare serve`; names are what it may set\n{}\n\
             # the {what}, which is shown only now\n{secret}\n\n{lines}",
            made.lines
        )),
    }
    Exit::AsDesired
}

/// The lines for a Dynflare client, which has the token in a file.
fn of_dynflare(server: &str, hosts: &[String]) -> String {
    let record = |host: &String| {
        let (first, zone) = host.split_once('.').unwrap_or((host, ""));
        format!("\"dynflare:{zone}:A+AAAA:{first}\"")
    };
    let records: Vec<String> = hosts.iter().map(record).collect();
    format!(
        "# a Dynflare client, in its dynflare.toml; the token goes into the file, which only it can read\n\
         version = 1\nrecords = [{}]\n\n[providers.dynflare]\nserver = \"{server}\"\n\
         token = \"file:/etc/dynflare/token\"",
        records.join(", ")
    )
}

/// The lines for routers and the usual clients, which speak dyndns2.
fn of_routers((server, name): (&str, &str), host: &str, secret: &str) -> String {
    // UniFi hands its fields to inadyn: what stands behind the server's name is the path.
    let path = "/nic/update?hostname=%h&myip=%i";
    format!(
        "# FRITZ!Box: provider \"user-defined\", domain name {host}, user name {name}, the password, and the update URL\n\
         https://{server}/nic/update?hostname=<domain>&myip=<ipaddr>,<ip6addr>\n\n\
         # UniFi: service \"custom\", hostname {host}, username {name}, the password, and the server\n\
         {server}{path}\n\n\
         # ddclient\nssl=yes\nprotocol=dyndns2\nserver={server}\nlogin={name}\npassword='{secret}'\n{host}\n\n\
         # inadyn\ncustom own {{\n    username = {name}\n    password = {secret}\n    \
         hostname = {host}\n    ddns-server = {server}\n    ddns-path = \"{path}\"\n}}"
    )
}

/// Shows the accounts.
pub(super) fn list(settings: &Settings, output: &Output) -> Exit {
    let accounts = settings.serve.iter().flat_map(|serve| &serve.accounts);
    let words = |items: Vec<String>| items.join(", ");
    match output.format {
        Format::Json => {
            let accounts: Vec<Value> = accounts
                .map(|(name, account)| {
                    let names: Vec<String> = account.names.iter().map(ToString::to_string).collect();
                    let types: Vec<&str> = account.types.iter().map(|rtype| rtype.as_str()).collect();
                    json!({
                        "name": name, "names": names, "types": types,
                        "password": account.password.is_some(), "token": account.token.is_some(),
                    })
                })
                .collect();
            output.json(&json!({ "accounts": accounts, "exit": 0 }));
        }
        Format::Text => {
            let rows: Vec<Vec<String>> = accounts
                .map(|(name, account)| {
                    let by = [("password", &account.password), ("token", &account.token)];
                    let by = by.iter().filter(|(_, secret)| secret.is_some()).map(|(by, _)| (*by).to_owned());
                    vec![
                        name.clone(),
                        words(account.names.iter().map(ToString::to_string).collect()),
                        words(account.types.iter().map(ToString::to_string).collect()),
                        words(by.collect()),
                    ]
                })
                .collect();
            if rows.is_empty() {
                output.line("there are no accounts; `dynflare serve account add NAME` makes one");
            } else {
                output.line(&table(&["account", "names", "types", "by"], rows));
            }
        }
    }
    Exit::AsDesired
}
