//! Variables: from a file of `KEY=value`, from compose files, from `docker run` and from crontab lines.

use crate::draft::{Draft, Worth};
use crate::mapping::{Held, Purse};
use crate::mistake::Mistake;
use crate::tool::Tool;
use crate::tree::{Keys, Node, Said, Syntax, Value};

/// One variable.
#[derive(Clone, Debug)]
pub(crate) struct Variable {
    /// Its name, line and text.
    pub(crate) said: Said,
    /// What the text is worth: itself, or another variable.
    pub(crate) worth: Worth,
}

/// The variables of one program.
#[derive(Clone, Debug, Default)]
pub(crate) struct Variables {
    list: Vec<Variable>,
}

impl Variables {
    /// Takes a variable out; empty ones count as not set.
    pub(crate) fn take(&mut self, name: &str) -> Option<Variable> {
        let index = self.list.iter().rposition(|variable| variable.said.key == name)?;
        let variable = self.list.remove(index);
        let set = !variable.said.text.trim().is_empty() || matches!(variable.worth, Worth::Reference(_));
        set.then_some(variable)
    }

    /// Takes a variable out that has to be known here: one that another variable stands for is told.
    pub(crate) fn said(&mut self, draft: &mut Draft<'_>, name: &str) -> Option<Said> {
        let variable = self.take(name)?;
        if let Worth::Reference(reference) = &variable.worth {
            let other = reference.trim_start_matches("env:").to_owned();
            draft.lost(
                &variable.said,
                format!("its value is that of the variable `{other}`, which this file does not show"),
            );
            return None;
        }
        Some(variable.said)
    }

    /// Takes a credential out into a purse, with the file that `NAME_FILE` says before the variable itself.
    pub(crate) fn credential(&mut self, purse: &mut Purse, (key, name): (&str, &str)) {
        let file = self.take(&format!("{name}_FILE"));
        let own = self.take(name);
        if let Some(file) = file {
            let worth = match file.worth {
                Worth::Given(path) => Worth::Reference(format!("file:{}", path.trim())),
                other @ (Worth::Reference(_) | Worth::Absent(_)) => other,
            };
            purse.insert(key.to_owned(), Held { worth, said: file.said });
        } else if let Some(own) = own {
            purse.insert(key.to_owned(), Held { worth: own.worth, said: own.said });
        }
    }

    /// What nobody took.
    pub(crate) fn rest(&mut self) -> Vec<Said> {
        let set = |variable: &Variable| !variable.said.text.is_empty();
        std::mem::take(&mut self.list).into_iter().filter(set).map(|variable| variable.said).collect()
    }

    fn add(&mut self, key: &str, line: usize, text: &str) {
        let worth = worth(text.trim());
        self.list
            .push(Variable { said: Said { key: key.to_owned(), line, text: text.trim().to_owned() }, worth });
    }

    fn has(&self, name: &str) -> bool {
        self.list.iter().any(|variable| variable.said.key == name)
    }
}

/// `${NAME}` and `$NAME` are other variables; everything else is itself.
fn worth(text: &str) -> Worth {
    let name =
        text.strip_prefix("${").and_then(|rest| rest.strip_suffix('}')).or_else(|| text.strip_prefix('$'));
    let name = name.map(|name| name.split([':', '-', '?']).next().unwrap_or_default());
    match name {
        Some(name) if is_name(name) => Worth::Reference(format!("env:{name}")),
        Some(_) | None => Worth::Given(text.replace("$$", "$")),
    }
}

fn is_name(text: &str) -> bool {
    !text.is_empty()
        && !text.starts_with(|c: char| c.is_ascii_digit())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

/// The programs by their images, as the end of what stands before the tag.
const IMAGES: &[(&str, Tool)] = &[
    ("favonia/cloudflare-ddns", Tool::Favonia),
    ("timothyjmiller/cloudflare-ddns", Tool::Timothymiller),
    ("timothymiller/cloudflare-ddns", Tool::Timothymiller),
    ("oznu/cloudflare-ddns", Tool::Oznu),
    ("qmcgaw/ddns-updater", Tool::DdnsUpdater),
    ("qdm12/ddns-updater", Tool::DdnsUpdater),
];

fn of_image(image: &str) -> Option<Tool> {
    let name = image.split(['@']).next().unwrap_or_default();
    let name = name.rsplit_once(':').map_or(name, |(name, tag)| if tag.contains('/') { image } else { name });
    IMAGES.iter().find(|(end, _)| name.ends_with(end)).map(|(_, tool)| *tool)
}

/// Whose compose file this is: the first service that is known.
pub(crate) fn whose_services(node: &Node) -> Option<Tool> {
    let Some(Value::Map(services)) = node.find("services").map(|services| &services.value) else {
        return None;
    };
    services.iter().find_map(|service| of_image(&service.node.find("image")?.scalar()?))
}

/// Whose variables these are.
pub(crate) fn whose(text: &str) -> Option<Tool> {
    if let Some(tool) = text
        .split_whitespace()
        .find_map(|word| of_image(word.trim_matches(['"', '\''])))
        .filter(|_| text.contains("docker") || text.contains("podman"))
    {
        return Some(tool);
    }
    let variables = plain(text).ok()?;
    let has = |name: &str| variables.has(name) || variables.has(&format!("{name}_FILE"));
    if (has("API_KEY") && has("ZONE")) || has("CUSTOM_LOOKUP_CMD") {
        return Some(Tool::Oznu);
    }
    if has("RECORDS") {
        return Some(Tool::Dynflare);
    }
    if [
        "SHOUTRRR_ADDRESSES",
        "PUBLICIP_FETCHERS",
        "UPDATE_COOLDOWN_PERIOD",
        "HEALTH_HEALTHCHECKSIO_UUID",
        "PUBLICIP_HTTP_PROVIDERS",
    ]
    .into_iter()
    .any(has)
    {
        return Some(Tool::DdnsUpdater);
    }
    let domains = ["DOMAINS", "IP4_DOMAINS", "IP6_DOMAINS"].into_iter().any(has);
    let token = has("CLOUDFLARE_API_TOKEN") || has("CF_API_TOKEN");
    if domains || token {
        // Both have the same variables; these are of one alone.
        let miller = ["REJECT_CLOUDFLARE_IPS"].into_iter().any(has)
            || ["IP4_PROVIDER", "IP6_PROVIDER"].iter().any(|name| {
                variables.list.iter().any(|v| {
                    v.said.key == *name && (v.said.text.starts_with("literal:") || v.said.text == "ipify")
                })
            })
            || variables
                .list
                .iter()
                .any(|v| v.said.key == "UPDATE_CRON" && v.said.text.starts_with("@every"));
        return Some(if miller { Tool::Timothymiller } else { Tool::Favonia });
    }
    None
}

/// A line that starts the original program.
pub(crate) fn is_crontab_of_dynflare(text: &str) -> bool {
    text.lines().filter(|line| !line.trim_start().starts_with('#')).any(|line| {
        let mut words = line.split_whitespace();
        words.any(|word| word == "dynflare" || word.ends_with("/dynflare"))
            && words.any(|word| {
                matches!(word, "-r" | "-p" | "-dry" | "-cloudflare-email" | "-cloudflare-api-key")
            })
    })
}

/// The variables of each service of this program; one lot where the file is no compose file.
pub(crate) fn read(draft: &mut Draft<'_>, text: &str) -> Result<Vec<Variables>, Mistake> {
    if is_compose(text) {
        return compose(draft, &Syntax::Yaml.read(text)?);
    }
    if let Some(at) = text.find("docker run").or_else(|| text.find("podman run")) {
        return Ok(vec![run(text, at)]);
    }
    plain(text).map(|variables| vec![variables])
}

fn is_compose(text: &str) -> bool {
    text.lines().any(|line| line.trim_end() == "services:" || line.starts_with("services:"))
}

/// Lines of `KEY=value`, as a shell, docker or systemd takes them.
fn plain(text: &str) -> Result<Variables, Mistake> {
    let mut variables = Variables::default();
    let mut lines = text.lines().enumerate();
    while let Some((index, raw)) = lines.next() {
        let line = raw.trim();
        if line.is_empty() || line.starts_with(['#', ';', '[']) {
            continue;
        }
        let line =
            line.strip_prefix("export ").or_else(|| line.strip_prefix("Environment=")).unwrap_or(line).trim();
        let line = line.strip_prefix("set ").unwrap_or(line);
        let Some((key, value)) = line.split_once('=') else {
            let why = "a line of variables has to be NAME=value".to_owned();
            return Err(Mistake::at(index + 1, why));
        };
        let key = key.trim().trim_start_matches(['"', '\'']);
        if !is_name(key) {
            return Err(Mistake::at(index + 1, "what stands before `=` is no name of a variable".to_owned()));
        }
        let value = value.trim();
        let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''));
        let mut whole = value.to_owned();
        if let Some(quote) = quote {
            // A quoted value may go on over lines, which shoutrrr's do.
            while whole.len() < 2 || !whole.trim_end().ends_with(quote) {
                if whole[1..].contains(quote) {
                    break;
                }
                match lines.next() {
                    Some((_, more)) => {
                        whole.push('\n');
                        whole.push_str(more);
                    }
                    None => return Err(Mistake::at(index + 1, "a quote is not closed".to_owned())),
                }
            }
            let inner = &whole[1..];
            whole = inner[..inner.find(quote).unwrap_or(inner.len())].to_owned();
        } else if let Some(at) = whole.find(" #") {
            whole.truncate(at);
        }
        let whole = whole.trim_end_matches(['"', '\'']).to_owned();
        if quote == Some('\'') {
            let said = Said { key: key.to_owned(), line: index + 1, text: whole.trim().to_owned() };
            variables.list.push(Variable { worth: Worth::Given(said.text.clone()), said });
        } else {
            variables.add(key, index + 1, &whole);
        }
    }
    Ok(variables)
}

/// `docker run -e KEY=value …`.
fn run(text: &str, from: usize) -> Variables {
    let mut variables = Variables::default();
    let mut line = text[..from].matches('\n').count() + 1;
    let mut waiting = false;
    for (word, lines) in words(&text[from..]) {
        let given = ["--env=", "-e="].iter().find_map(|flag| word.strip_prefix(flag));
        if let Some((key, value)) =
            given.or(waiting.then_some(word.as_str())).and_then(|pair| pair.split_once('='))
        {
            variables.add(key, line, value);
        }
        waiting = matches!(word.as_str(), "-e" | "--env");
        line += lines;
    }
    variables
}

/// The words of a shell's command, each with the lines that end behind it.
pub(crate) fn words(text: &str) -> Vec<(String, usize)> {
    let mut words = Vec::new();
    let (mut word, mut inside, mut quote) = (String::new(), false, None::<char>);
    let mut characters = text.chars().peekable();
    let mut lines = 0;
    while let Some(c) = characters.next() {
        if c == '\n' {
            lines += 1;
        }
        match (c, quote) {
            (c, Some(open)) if c == open => quote = None,
            ('\\', Some('"') | None) => {
                if let Some(next) = characters.next() {
                    if next == '\n' {
                        lines += 1;
                    } else {
                        word.push(next);
                        inside = true;
                    }
                }
            }
            (c, Some(_)) => word.push(c),
            ('"' | '\'', None) => {
                quote = Some(c);
                inside = true;
            }
            (c, None) if c.is_whitespace() => {
                if inside {
                    words.push((std::mem::take(&mut word), lines));
                    lines = 0;
                    inside = false;
                } else if let Some((_, last)) = words.last_mut() {
                    *last += lines;
                    lines = 0;
                }
            }
            (c, None) => {
                word.push(c);
                inside = true;
            }
        }
    }
    if inside {
        words.push((word, lines));
    }
    words
}

/// The services of a compose file that are this program's.
fn compose(draft: &mut Draft<'_>, node: &Node) -> Result<Vec<Variables>, Mistake> {
    let mut found = Vec::new();
    let services = match node.find("services").map(|services| &services.value) {
        Some(Value::Map(services)) => services.clone(),
        Some(_) | None => return Err(Mistake::whole("`services` of the compose file is no table")),
    };
    for service in services {
        let image = service.node.find("image").and_then(Node::scalar).unwrap_or_default();
        if of_image(&image) != Some(draft.tool) {
            continue;
        }
        let mut keys = Keys::of(&service.node, &format!("services.{}.", service.key))?;
        let files = keys.list("env_file").unwrap_or_default();
        if let Some(file) = files.first() {
            draft.lost(file, "give this file to `import` as well; the variables in it are not known here");
        }
        let mut variables = Variables::default();
        if let Some(entry) = keys.take("environment") {
            environment(&entry.node, &mut variables)?;
        }
        found.push(variables);
    }
    if found.is_empty() {
        let why = format!("no service of this compose file runs an image of {}", draft.tool.name());
        return Err(Mistake::whole(why));
    }
    Ok(found)
}

fn environment(node: &Node, variables: &mut Variables) -> Result<(), Mistake> {
    match &node.value {
        Value::Map(entries) => {
            for entry in entries {
                match entry.node.scalar() {
                    Some(text) => variables.add(&entry.key, entry.line, &text),
                    None if entry.node.is_empty() => {
                        variables.add(&entry.key, entry.line, &format!("${{{}}}", entry.key));
                    }
                    None => {
                        return Err(Mistake::at(
                            entry.line,
                            format!("the variable `{}` has to be a text", entry.key),
                        ));
                    }
                }
            }
        }
        Value::List(items) => {
            for item in items {
                let text = item.scalar().ok_or_else(|| {
                    Mistake::at(item.line, "`environment` has to hold texts such as NAME=value".to_owned())
                })?;
                match text.split_once('=') {
                    Some((key, value)) => variables.add(key.trim(), item.line, value),
                    None => variables.add(text.trim(), item.line, &format!("${{{}}}", text.trim())),
                }
            }
        }
        Value::Null | Value::Flag(_) | Value::Number(_) | Value::Text(_) => {
            return Err(Mistake::at(
                node.line,
                format!("`environment` has to be a list or a table, and is {}", node.noun()),
            ));
        }
    }
    Ok(())
}
