//! `cargo xtask docs`: the pages that are made from the program itself, so that they cannot drift from it.

mod kinds;
mod notifications;
mod schema;

use dynflare::provider::registry::Verified;
use dynflare::{cli, config, provider, server, source};
use dynflare_core::fault::{Again, Class};
use dynflare_core::quorum::Vote;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

/// Whether pages are written or only compared.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    /// Write them.
    Write,
    /// Say which are stale.
    Check,
}

const MADE: &str = "<!-- made by `cargo xtask docs`; change the program, not this page -->\n\n";

const SECRETS: &str = "\n## Secrets\n\nA secret may be written as it is, or better as a reference: `file:PATH`, `env:NAME`, \
    `credential:NAME` (systemd), `cmd:PROGRAM ARGUMENT …` (no shell, 10 s). Blanks, line ends, quotes and a leading `Bearer ` are taken off, \
    with a note. Every variable below also exists with `_FILE` at its end, naming a file. `CLOUDFLARE_API_KEY` with an e-mail address \
    and `CLOUDFLARE_API_SECRET` with a global key are the original program's pair; a `CLOUDFLARE_API_KEY` alone is a token.\n\n\
    | variable | what it is |\n|---|---|\n";

/// Makes the pages.
pub(crate) fn run(mode: Mode) -> Result<(), String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let pages = [
        ("docs/reference/cli.md", command_line()),
        ("docs/reference/configuration.md", configuration()),
        ("docs/reference/dynflare.schema.json", schema::text()),
        ("docs/reference/faults.md", faults()),
        ("docs/reference/metrics.md", metrics()),
        ("docs/reference/notifications.md", notifications::page()),
        ("docs/reference/providers.md", providers()),
        ("docs/reference/sources.md", sources()),
        ("docs/dynflare.1", cli::man::page()),
    ];
    let readme = fs::read_to_string(root.join("README.md")).map_err(|error| error.to_string())?;
    let pages = pages.into_iter().chain([("README.md", in_readme(&readme)?)]);
    let mut stale = Vec::new();
    for (path, text) in pages {
        let file = root.join(path);
        if fs::read_to_string(&file).is_ok_and(|there| there == text) {
            continue;
        }
        stale.push(path);
        if mode == Mode::Write {
            fs::create_dir_all(file.parent().expect("every page lies in a folder"))
                .map_err(|e| e.to_string())?;
            fs::write(&file, text).map_err(|error| format!("cannot write {path}: {error}"))?;
        }
    }
    match (mode, stale.as_slice()) {
        (_, []) => Ok(()),
        (Mode::Write, stale) => {
            println!("wrote {}", stale.join(", "));
            Ok(())
        }
        (Mode::Check, stale) => Err(format!("stale: {}; run `cargo xtask docs`", stale.join(", "))),
    }
}

/// The README with its paragraph about providers made anew.
fn in_readme(readme: &str) -> Result<String, String> {
    const BEGIN: &str = "<!-- providers: made by `cargo xtask docs` -->\n";
    const END: &str = "<!-- end of providers -->";
    let (before, rest) = readme.split_once(BEGIN).ok_or("README.md has no mark where providers begin")?;
    let (_, after) = rest.split_once(END).ok_or("README.md has no mark where providers end")?;
    let all = provider::registry::all();
    let of = |grade: fn(&Verified) -> bool| -> String {
        let names = all.iter().filter(|info| grade(&info.verified)).map(|info| info.name);
        names.collect::<Vec<_>>().join(" · ")
    };
    let rows = [
        ("real servers, in the tests", of(|grade| matches!(grade, Verified::Servers(_)))),
        ("exchanges recorded with the real API", of(|grade| matches!(grade, Verified::Recorded(_)))),
        ("a schema that its owner publishes", of(|grade| matches!(grade, Verified::Schema(_)))),
        ("its documentation only", of(|grade| matches!(grade, Verified::Documentation))),
        ("what other clients do there", of(|grade| matches!(grade, Verified::Hearsay))),
    ];
    let mut table = format!(
        "{} providers, by what their adapter was proven against:\n\n| proven against | providers |\n|---|---|\n",
        all.len()
    );
    for (grade, names) in rows {
        write_to(&mut table, format_args!("| {grade} | {names} |\n"));
    }
    Ok(format!("{before}{BEGIN}{table}{END}{after}"))
}

fn command_line() -> String {
    let mut page = format!("# Command line\n\n{MADE}");
    let mut command = cli::args::table();
    command.build();
    let help = |command: &mut clap::Command| {
        let text = command.clone().term_width(100).render_long_help().to_string();
        text.lines().map(str::trim_end).collect::<Vec<_>>().join("\n")
    };
    write_to(&mut page, format_args!("```text\n{}\n```\n", help(&mut command)));
    let names: Vec<String> = command.get_subcommands().map(|one| one.get_name().to_owned()).collect();
    for name in names.iter().filter(|name| *name != "help") {
        let sub = command.find_subcommand_mut(name).expect("listed a line above");
        let about = sub.get_about().map(ToString::to_string).unwrap_or_default();
        let own: Vec<String> = sub
            .get_arguments()
            .filter(|argument| {
                !argument.is_global_set() && !matches!(argument.get_id().as_str(), "help" | "version")
            })
            .map(|argument| {
                let help = argument.get_help().map(ToString::to_string).unwrap_or_default();
                format!("* `{}` {help}\n", argument.to_string().trim())
            })
            .collect();
        write_to(&mut page, format_args!("\n## dynflare {name}\n\n{about}\n"));
        if !own.is_empty() {
            write_to(&mut page, format_args!("\n{}", own.concat()));
        }
    }
    page.push_str("\n## Exit codes\n\n| code | meaning |\n|---|---|\n");
    for (exit, meaning) in cli::exit::MEANINGS {
        write_to(&mut page, format_args!("| {} | {meaning} |\n", exit.code()));
    }
    page
}

fn configuration() -> String {
    let mut page = format!(
        "# Configuration\n\n{MADE}Defaults, then the file, then the environment, then the arguments. The file is TOML: `--config`, \
         `$DYNFLARE_CONFIG`, or the first that exists of `$XDG_CONFIG_HOME/dynflare/dynflare.toml`, \
         `~/.config/dynflare/dynflare.toml`, `/etc/dynflare/dynflare.toml`. It begins with `version = 1`. \
         `dynflare config` shows every setting with its origin.\n\n"
    );
    page.push_str(
        "## Settings\n\n| key | variable | argument | default | what it does |\n|---|---|---|---|---|\n",
    );
    for row in config::KEYS {
        let mut variables = vec![format!("`DYNFLARE_{}`", row.key.to_ascii_uppercase())];
        variables.extend(row.variables.iter().map(|name| format!("`{name}`")));
        let argument = row.argument.map(|name| format!("`{name}`")).unwrap_or_default();
        write_to(
            &mut page,
            format_args!(
                "| `{}` | {} | {argument} | {} | {} |\n",
                row.key,
                variables.join(", "),
                escape(row.default),
                escape(row.about)
            ),
        );
    }
    page.push_str(
        "\n## Records\n\n`<provider>:<zone>:<type>:<name>[?key=value&…]`, as a string or as a table with the key `record` and the options \
         beside it. The name is relative to the zone, `@` for the zone itself, `*` and `*.sub` for wildcards, or absolute. The zone `auto` \
         asks the provider. The type `A+AAAA` keeps whichever of the two the machine has.\n\n| option | what it does |\n|---|---|\n",
    );
    for (option, about) in config::OPTIONS {
        write_to(&mut page, format_args!("| `{option}` | {} |\n", escape(about)));
    }
    for (title, keys) in [
        ("`[providers.NAME]` at Cloudflare", config::CLOUDFLARE_KEYS),
        ("`[providers.NAME]` that is a program", config::EXEC_KEYS),
        ("`[providers.NAME]` that describes a provider of your own", config::GET_KEYS),
        ("`[providers.NAME]` at an API of yours", config::HTTP_KEYS),
        ("`[providers.NAME]` at an RFC 2136 server", config::RFC2136_KEYS),
        ("`[serve]`, for `dynflare serve`", config::serve::keys::SERVE_KEYS),
        ("`[serve.tls]`", config::serve::keys::SERVE_TLS_KEYS),
        ("`[serve.zones.\"NAME\"]`", config::serve::keys::SERVE_ZONE_KEYS),
        ("`[serve.accounts.NAME]`", config::serve::keys::SERVE_ACCOUNT_KEYS),
        ("`[serve.keys.NAME]`", config::serve::keys::SERVE_KEY_KEYS),
        ("`[serve.secondaries.NAME]`", config::serve::keys::SERVE_SECONDARY_KEYS),
        ("`[serve.limits]`", config::serve::keys::SERVE_LIMIT_KEYS),
        ("`[sources.NAME]`", config::SOURCE_KEYS),
        ("`[uplink.NAME]`", config::UPLINK_KEYS),
    ] {
        write_to(&mut page, format_args!("\n## {title}\n\n| key | what it is |\n|---|---|\n"));
        for (key, about) in keys {
            write_to(&mut page, format_args!("| `{key}` | {} |\n", escape(about)));
        }
    }
    page.push_str("\n## `[notify.NAME]`\n\nSee [notifications](notifications.md).\n");
    page.push_str(SECRETS);
    for row in config::CREDENTIALS {
        let aliases: Vec<String> = row.aliases.iter().map(|alias| format!(", `{alias}`")).collect();
        let (variable, aliases) = (row.variable, aliases.concat());
        write_to(&mut page, format_args!("| `{variable}`{aliases} | {} of `{}` |\n", row.noun, row.account));
    }
    page
}

fn providers() -> String {
    let all = provider::registry::all();
    let mut page = format!(
        "# Providers\n\n{MADE}{} providers. What each needs stands below its name further down; every credential can be a variable, a file \
         named by the variable with `_FILE` behind it, or a key below `[providers.NAME]`.\n\n\
         | id | provider | shape | types | shortest TTL | cannot | verified against |\n|---|---|---|---|---|---|---|\n",
        all.len()
    );
    for info in &all {
        let types: Vec<&str> = info.types.iter().map(|rtype| rtype.as_str()).collect();
        let ttl = if info.has(provider::registry::Attribute::Ttl) {
            format!("{} s", info.min_ttl)
        } else {
            String::new()
        };
        write_to(
            &mut page,
            format_args!(
                "| `{}` | [{}]({}) | {} | {} | {ttl} | {} | {} |\n",
                info.id,
                info.name,
                info.docs,
                info.shape.as_str(),
                types.join(", "),
                escape(&info.cannot().join(", ")),
                escape(&info.verified.to_string())
            ),
        );
    }
    for info in &all {
        let example = match info.example_configuration() {
            Some(text) => format!("```toml\n{text}```"),
            None => format!("`{}`", info.example()),
        };
        write_to(
            &mut page,
            format_args!("\n## {}\n\n{example}\n\n| variable | meaning |\n|---|---|\n", info.name),
        );
        for (variable, meaning) in info.variables() {
            write_to(&mut page, format_args!("| `{variable}` | {} |\n", escape(meaning)));
        }
    }
    page
}

fn sources() -> String {
    let mut page = format!(
        "# Sources\n\n{MADE}Who can be asked for this machine's address. A panel is drawn at random from the pool; operators vote, one vote each. \
         None of these parties promises anything to this project; what is known about each was gathered from public code and pages.\n\n\
         | id | operator | kind | country | IPv4 | IPv6 | votes | in the pool | privacy |\n|---|---|---|---|---|---|---|---|---|\n"
    );
    for row in source::SOURCES {
        let source = row.source();
        let yes = |there: bool| if there { "yes" } else { "" };
        let privacy = row.privacy.map(|page| format!("[page]({page})")).unwrap_or_default();
        write_to(
            &mut page,
            format_args!(
                "| `{}` | {} | {} | {} | {} | {} | {} | {} | {privacy} |\n",
                row.id,
                row.operator,
                source.kind(),
                row.country.unwrap_or_default(),
                yes(row.v4.is_some()),
                yes(row.v6.is_some()),
                yes(source.vote == Vote::Full),
                yes(row.pooled),
            ),
        );
    }
    page.push_str(
        "\n## Kinds\n\nWhat a user may write, with `-s`, in `pool`, or as the `spec` of a table `[sources.NAME]` (whose keys are in \
         [configuration](configuration.md)). A witness is shown and has no vote; `trust` in its table changes that.\n",
    );
    for (heading, text) in kinds::KINDS {
        write_to(&mut page, format_args!("\n### {heading}\n\n{text}\n"));
    }
    page
}

fn metrics() -> String {
    let mut page = format!(
        "# Metrics\n\n{MADE}`dynflare run --listen 127.0.0.1:9153` shows them at `/metrics`: as Prometheus' text, or as OpenMetrics for whoever \
         accepts it. Counters begin at zero with the process. A metric without a sample is left out.\n\n\
         | metric | kind | labels | what it says |\n|---|---|---|---|\n"
    );
    for metric in server::metrics::METRICS {
        let labels: Vec<String> = metric.labels.iter().map(|label| format!("`{label}`")).collect();
        write_to(
            &mut page,
            format_args!(
                "| `{}` | {} | {} | {} |\n",
                metric.full_name(),
                metric.kind.as_str(),
                labels.join(", "),
                escape(metric.about)
            ),
        );
    }
    page
}

fn faults() -> String {
    let mut page = format!(
        "# Faults\n\n{MADE}Everything that can go wrong outside is one of nine classes, and what follows is decided in one table.\n\n\
         | class | tried again | listed again first |\n|---|---|---|\n"
    );
    for class in Class::ALL {
        let policy = class.policy();
        let again = match policy.again {
            Again::Later => "later, not before the other side allows",
            Again::AfterChange => "when something has changed: the configuration, or what is at the provider",
            Again::AfterHuman => "when a human has sorted it out with the provider",
        };
        write_to(
            &mut page,
            format_args!("| `{class}` | {again} | {} |\n", if policy.relist { "yes" } else { "no" }),
        );
    }
    page
}

fn escape(text: &str) -> String {
    text.replace('|', "\\|")
}

fn write_to(page: &mut String, text: std::fmt::Arguments<'_>) {
    page.write_fmt(text).expect("writing to a String cannot fail");
}
