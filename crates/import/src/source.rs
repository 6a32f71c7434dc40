//! Where addresses come from: what the other program asked, and what that is here.
//!
//! Most ask one web service. Dynflare asks a panel of independent ones and believes a majority, which is what takes the
//! place of every well-known service. What is the user's own (an interface, a command, a file, a server nobody else
//! knows) is kept, and alone, as it was.

use crate::draft::{Draft, Families};
use crate::finding::Kind;
use crate::tree::Said;

/// What was asked, and for which family.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    /// The families it was asked for.
    pub(crate) families: Families,
    /// What it is.
    pub(crate) what: What,
    /// Where it was said.
    pub(crate) said: Said,
    /// The file.
    pub(crate) file: usize,
}

/// What was asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum What {
    /// A public service that many ask; its name.
    Public(String),
    /// The user's own, as we write it: `interface:eth0`.
    Own(String),
    /// The user's own web page, in which the address stands somewhere in a line: URL and pattern.
    Page(String, String),
}

/// Hosts of public services. What ends in one of them is one.
const PUBLIC: &[&str] = &[
    "3322.net",
    "akamai.com",
    "amazonaws.com",
    "api.myip.com",
    "api.my-ip.io",
    "check.torproject.org",
    "checkip.dns.he.net",
    "checkip.dynu.com",
    "cloudflare.com",
    "ddnsip.cn",
    "dedyn.io",
    "dyndns.com",
    "dyndns.org",
    "google.com",
    "he.net",
    "icanhazip.com",
    "ident.me",
    "ifconfig.co",
    "ifconfig.io",
    "ifconfig.me",
    "ip-api.com",
    "ip.cn",
    "ip.gs",
    "ip.sb",
    "ip.zxinc.org",
    "ip4.seeip.org",
    "ip6.seeip.org",
    "ipecho.net",
    "ipify.org",
    "ipinfo.io",
    "ipw.cn",
    "ipip.net",
    "itoolab.cn",
    "loopia.se",
    "mullvad.net",
    "my-ip.io",
    "myexternalip.com",
    "myip.com",
    "myip.dnsomatic.com",
    "myip.la",
    "myip.dk",
    "myip4.ipip.net",
    "nsupdate.info",
    "oray.com",
    "seeip.org",
    "test-ipv6.com",
    "tnedi.me",
    "whatismyip.akamai.com",
    "wtfismyip.com",
    "yunip.com",
    "zoneedit.com",
];

/// A web address that was asked.
pub(crate) fn url(text: &str) -> What {
    let url = if text.contains("://") { text.to_owned() } else { format!("https://{text}") };
    let host = host(&url);
    let known = PUBLIC.iter().any(|public| host == *public || host.ends_with(&format!(".{public}")));
    if known { What::Public(host) } else { What::Own(format!("url:{url}")) }
}

/// The host of a URL, in lower case, without user and port.
pub(crate) fn host(url: &str) -> String {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = authority.rsplit('@').next().unwrap_or_default();
    host.rsplit_once(':')
        .map_or(host, |(host, port)| if port.bytes().all(|b| b.is_ascii_digit()) { host } else { authority })
        .to_lowercase()
}

/// A command; those that need a shell get one.
pub(crate) fn command(text: &str) -> What {
    let shell = text.contains(['|', '&', ';', '<', '>', '(', ')', '$', '`', '"', '\'', '\\', '*', '?', '~']);
    // A shell's argument cannot be written as a word of ours, so the command is put into words by the user.
    What::Own(if shell { format!("command:sh -c {text}") } else { format!("command:{text}") })
}

impl Draft<'_> {
    /// Adds what was asked.
    pub(crate) fn ask(&mut self, families: Families, what: What, said: &Said) {
        if let What::Own(spec) = &what
            && let Some(script) = spec.strip_prefix("command:sh -c ")
        {
            let why = format!(
                "a command is started without a shell here, and this one needs one: put it into a script and \
                 write its path as `pool = [\"command:/path/of/script\"]` with `quorum = 1` ({} characters)",
                script.len()
            );
            self.lost(said, why);
            return;
        }
        if let What::Own(spec) = &what
            && let Some(url) = spec.strip_prefix("url:")
            && crate::secretive::url(url, crate::secretive::Mark::Http)
                .is_none_or(|split| !split.secrets.is_empty())
        {
            self.lost(
                said,
                "there is a secret in this URL, so it is not shown: write it as `spec` of a `[sources.NAME]`, and its name into `pool`",
            );
            return;
        }
        let file = self.file;
        self.sources.push(Asked { families, what, said: said.clone(), file });
    }

    /// The lines of the pool, if there has to be one.
    pub(crate) fn pool(&mut self) -> Vec<String> {
        let kept: Vec<Families> = self.records.iter().map(|record| record.families).collect();
        let used = |families: Families| {
            kept.iter().any(|kept| (kept.v4() && families.v4()) || (kept.v6() && families.v6()))
        };
        let asked_all: Vec<Asked> =
            self.sources.iter().filter(|asked| used(asked.families)).cloned().collect();
        // Web services were asked one after the other; a well-known one among them means the panel.
        let beside = |asked: &Asked| {
            let web = matches!(&asked.what, What::Own(spec) if spec.starts_with("url:"));
            web && asked_of(&asked_all, asked.families)
        };
        let (left, asked): (Vec<Asked>, Vec<Asked>) =
            asked_all.iter().cloned().partition(|asked| beside(asked));
        for one in &left {
            self.file = one.file;
            let why = "another web service beside it is a well-known one, so a panel of independent services is asked instead of both";
            self.find(Kind::Changed, &one.said.key, one.said.line, why);
        }
        let own = |asked: &&Asked| !matches!(asked.what, What::Public(_));
        for public in asked.iter().filter(|asked| !own(asked)) {
            let What::Public(name) = &public.what else { continue };
            self.file = public.file;
            let why = format!(
                "instead of {name} alone, Dynflare asks a panel of independent services and believes a majority"
            );
            if !asked.iter().any(|asked| own(&asked)) {
                self.find(Kind::Changed, &public.said.key, public.said.line, why);
            }
        }
        let own: Vec<&Asked> = asked.iter().filter(own).collect();
        let Some(first) = own.first() else { return Vec::new() };
        let mut lines = Vec::new();
        let mut names: Vec<String> = Vec::new();
        for asked in &own {
            let name = match &asked.what {
                What::Own(spec) => spec.clone(),
                What::Page(url, pattern) => {
                    let name = format!(
                        "page{}",
                        if lines.is_empty() { String::new() } else { format!("-{}", names.len() + 1) }
                    );
                    lines.extend([
                        String::new(),
                        format!("[sources.{name}]"),
                        format!("spec = {}", crate::render::quoted(&format!("url:{url}"))),
                        format!("match = {}", crate::render::quoted(pattern)),
                    ]);
                    name
                }
                What::Public(_) => continue,
            };
            if !names.contains(&name) {
                names.push(name);
            }
        }
        // A family that nothing of the user's own is asked for keeps one public service, which is asked by that family.
        for (family, url) in
            [(Families::V4, "url:https://api4.ipify.org"), (Families::V6, "url:https://api6.ipify.org")]
        {
            let covered = own
                .iter()
                .any(|asked| (asked.families.v4() && family.v4()) || (asked.families.v6() && family.v6()));
            if used(family) && !covered {
                names.push(url.to_owned());
            }
        }
        let place = (first.file, first.said.clone());
        self.file = place.0;
        let alone = names.len() == 1;
        let rule = if alone {
            "quorum = 1".to_owned()
        } else {
            format!("panel = {}\nrule = \"plurality\"", names.len())
        };
        let why = if alone {
            "this one source alone is believed, as it was; without `pool` and `quorum` a panel of independent services is asked"
        } else {
            "what most of these sources say is believed; without `pool`, `panel` and `rule` a panel of independent services is asked"
        };
        self.find(Kind::Changed, &place.1.key, place.1.line, why);
        let list: Vec<String> = names.iter().map(|name| crate::render::quoted(name)).collect();
        let mut pool = vec![format!("pool = [{}]", list.join(", ")), rule];
        pool.extend(lines);
        pool
    }
}

/// Whether a well-known service is asked for a family of these.
fn asked_of(asked: &[Asked], families: Families) -> bool {
    asked.iter().any(|asked| {
        let shared = (asked.families.v4() && families.v4()) || (asked.families.v6() && families.v6());
        shared && matches!(asked.what, What::Public(_))
    })
}
