//! What cannot be done here as the pages have it, and why.

/// How a command is run.
#[derive(Clone, Copy)]
pub(crate) enum How {
    /// It ends by itself, with one of these.
    Exits(&'static [i32]),
    /// It talks to a daemon, or is one.
    BesideDaemon,
}

/// Commands that end otherwise than with 0; how they begin.
pub(crate) const EXITS: &[(&str, &[i32])] = &[
    // 5 is a warning: how the machine of the test is connected is no matter of the pages.
    ("dynflare doctor", &[0, 5]),
    ("dynflare plan", &[0, 4]),
];

/// What needs a daemon, or is one; how it begins. It is run beside a `dynflare run` of the page's configuration.
pub(crate) const OF_DAEMON: &[&str] = &["dynflare kick", "dynflare run", "dynflare status"];

/// Commands of other programs that are run here like our own.
pub(crate) const BEHIND: &[&str] = &["install -m 600 /dev/stdin /etc/dynflare/token"];

/// What is for the reader to fill in, with what somebody might.
pub(crate) const FILLED: &[(&str, &str)] = &[
    ("CLOUDFLARE_API_TOKEN=…", "CLOUDFLARE_API_TOKEN=$TOKEN"),
    ("-r …", "-r cloudflare:example.org:A:home"),
    (" ID", " cloudflare"),
    ("[NAME …]", ""),
    ("account add NAME", "account add nas --host nas.dyn.example.org --server dyn.example.org"),
    ("DIRECTORY", "made"),
];

/// The pages (how their paths begin), the commands there (how they begin), why they are not run here, and the test that
/// runs them, with a part of its text that says so. The command line has to take them all the same.
pub(crate) const ELSEWHERE: &[(&str, &str, &str, &str, &str)] = &[
    (
        "",
        "dynflare notify test",
        "it needs somebody to tell",
        "tests/cli/notify.rs",
        "\"notify\".to_owned(), \"test\"",
    ),
    ("", "dynflare demo$", "it waits for keys", "tests/cli/demo.rs", ".arg(\"demo\")"),
    ("", "dynflare detect --router", "it asks the router", "tests/lab/router.rs", "--router"),
    ("", "dynflare doctor --router", "it asks the router", "tests/lab/router.rs", "\"doctor\", \"--router\""),
    ("", "dynflare init$", "it is a conversation", "tests/cli/init.rs", "conversation.py"),
    (
        "",
        "dynflare serve$",
        "it needs a server on the internet",
        "tests/machine/walk.rs",
        "commands(\"Two minutes\")",
    ),
    ("", "dynflare serve --echo$", "it is a daemon", "tests/serve/program.rs", "\"serve\""),
    (
        "",
        "dynflare serve account list",
        "it needs a server",
        "tests/machine/walk.rs",
        "dynflare serve account list",
    ),
    (
        "",
        "dynflare serve init",
        "it needs a server on the internet",
        "tests/machine/vps.rs",
        "dynflare serve init",
    ),
    (
        "docs/guide/move-from-",
        "dynflare import",
        "it needs the other client's file",
        "tests/import/guides.rs",
        "document.split(\"```sh\\n\")",
    ),
];

/// Other programs, and why they are not run here.
pub(crate) const FOREIGN: &[(&str, &str)] = &[
    ("chmod", "tests/import/guides.rs runs it with the rest of its page"),
    ("curl", "tests/machine/walk.rs runs it"),
    ("dig", "tests/machine/walk.rs runs it"),
    ("export", "it is for a compiler of another system, .github/workflows/systems.yml builds there"),
    ("install", "it writes to the system; tests/machine installs the package"),
    ("printf", "tests/import/guides.rs runs it with the rest of its page"),
    ("ssh", "it needs a second machine"),
    ("systemctl", "it needs a system of one's own; tests/machine starts the unit there"),
];
