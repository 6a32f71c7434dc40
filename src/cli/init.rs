//! `dynflare init`: a short dialogue, and a configuration that has been checked comes out.
//!
//! What is asked and what follows from an answer is in [`dialogue`], how it reads in [`question`]; both are pure. Here they
//! meet the terminal ([`prompt`]), the arguments ([`given`]), the provider and the sources ([`find`]) and the files
//! ([`files`]). Every question has an argument; where nobody sits at a terminal, one without an answer is a mistake.

mod deployment;
mod dialogue;
mod draft;
mod files;
mod find;
mod given;
mod prompt;
mod question;
mod result;
#[cfg(test)]
mod tests;
mod turn;

use super::args::{Invocation, Steps};
use super::exit::Exit;
use super::generate;
use super::output::{Format, Output};
use crate::config::{Environment, usual};
use crate::provider::registry::{self, Sight};
use crate::report::clean::Cleaner;
use crate::report::human::block;
use crate::secret::Secret;
use dialogue::{Answer, Asked, Dialogue, Heard, Next, Task};
use draft::Surroundings;
use given::Given;
use prompt::Ended;
use std::path::PathBuf;

/// Answers that are given beforehand.
#[derive(clap::Args, Clone, Debug, Default, PartialEq, Eq)]
#[expect(clippy::doc_markdown, reason = "these comments are help texts, and help has no backticks")]
pub struct Arguments {
    /// The DNS provider: its id or its name
    #[arg(long, value_name = "PROVIDER")]
    pub provider: Option<String>,
    /// The file that holds the token, or whatever secret the provider wants; - is standard input
    #[arg(long, value_name = "FILE")]
    pub token_file: Option<PathBuf>,
    /// Another credential; a secret by its place: file:PATH, env:NAME, credential:NAME or -; may be repeated
    #[arg(long, value_name = "KEY=VALUE")]
    pub credential: Vec<String>,
    /// Where the provider's API is, if not at its usual place
    #[arg(long, value_name = "URL")]
    pub base_url: Option<String>,
    /// The zone that the names lie in
    #[arg(long, value_name = "ZONE")]
    pub zone: Option<String>,
    /// A name to keep right; @ is the zone itself; may be repeated
    #[arg(long, value_name = "NAME")]
    pub name: Vec<String>,
    /// A, AAAA or A+AAAA [default: what this machine has]
    #[arg(long = "type", value_name = "TYPE")]
    pub types: Option<String>,
    /// Also write the files for what runs it: systemd, cron, compose, kubernetes, launchd, windows, or none
    #[arg(long, value_name = "KIND")]
    pub generate: Option<String>,
    /// Replace files that are there
    #[arg(long)]
    pub force: bool,
}

/// Why the dialogue has no result.
#[derive(Debug)]
enum Stop {
    /// The user has ended it.
    ByUser,
    /// What is wrong, in the form of an error, and how that ends.
    Wrong(String, Exit),
}

impl From<Ended> for Stop {
    fn from(ended: Ended) -> Self {
        match ended {
            Ended::ByUser => Self::ByUser,
            Ended::Broken(why) => {
                Self::Wrong(block("cannot ask at this terminal", &why, None, NOTHING), Exit::Failed)
            }
        }
    }
}

/// What became of it where it went wrong.
const NOTHING: &str = "nothing was written";

/// Whether somebody can be asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Company {
    Somebody,
    Nobody,
}

/// Asks, writes and says what was written.
pub(super) async fn run(
    arguments: &Arguments,
    invocation: &Invocation,
    world: &Environment,
    output: &Output,
) -> Exit {
    if let Err(text) = refused(invocation) {
        tell(&text, Exit::Usage, output);
        return Exit::Usage;
    }
    let enough = interrupted();
    let talk = Talk::new(arguments, invocation, world, output);
    let ended = tokio::select! {
        // What was written is told, even where somebody has just had enough.
        biased;
        ended = talk.whole() => ended,
        () = enough => Err(Stop::ByUser),
    };
    match ended {
        Ok(exit) => exit,
        Err(Stop::ByUser) => {
            if output.format == Format::Json {
                output
                    .json(&serde_json::json!({ "error": "ended by the user", "exit": Exit::Failed.code() }));
            }
            output.error(&format!("\nended; {NOTHING}"));
            Exit::Failed
        }
        Err(Stop::Wrong(text, exit)) => {
            tell(&text, exit, output);
            exit
        }
    }
}

fn tell(text: &str, exit: Exit, output: &Output) {
    match output.format {
        Format::Text => output.error(text),
        Format::Json => output.json(&serde_json::json!({ "error": text.trim(), "exit": exit.code() })),
    }
}

/// What of the arguments of all commands has no place here.
fn refused(invocation: &Invocation) -> Result<(), String> {
    if invocation.arguments.hold_credentials() {
        return Err(block(
            "cannot take a secret from the command line",
            "every user of this machine can see it there",
            Some("put it into a file, and name that with `--token-file`"),
            NOTHING,
        ));
    }
    if invocation.arguments.values().any(|(key, _)| key == "records") {
        return Err(block(
            "cannot take `--record`",
            "the record is what comes out here",
            Some("name its parts with `--provider`, `--zone`, `--type` and `--name`"),
            NOTHING,
        ));
    }
    Ok(())
}

/// Whatever ends a program from outside. Listened to from the call on, not from the first poll: whoever answers the
/// first question with Ctrl-C is heard.
#[cfg(unix)]
fn interrupted() -> impl Future<Output = ()> {
    use tokio::signal::unix::{SignalKind, signal};
    let streams = [SignalKind::interrupt(), SignalKind::terminate(), SignalKind::hangup()].map(signal);
    async {
        let [Ok(mut interrupt), Ok(mut terminate), Ok(mut hangup)] = streams else {
            return std::future::pending().await;
        };
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
            _ = hangup.recv() => {}
        }
    }
}

#[cfg(not(unix))]
async fn interrupted() {
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
}

/// One conversation.
struct Talk<'t> {
    dialogue: Dialogue,
    given: Given,
    around: Surroundings,
    world: &'t Environment,
    arguments: &'t Arguments,
    output: &'t Output,
    company: Company,
    usual: PathBuf,
    steps: Steps,
}

impl<'t> Talk<'t> {
    fn new(
        arguments: &'t Arguments,
        invocation: &Invocation,
        world: &'t Environment,
        output: &'t Output,
    ) -> Self {
        let given = Given {
            provider: arguments.provider.clone(),
            token_file: arguments.token_file.clone(),
            credentials: arguments.credential.clone(),
            zone: arguments.zone.clone(),
            names: arguments.name.clone(),
            types: arguments.types.clone(),
            file: invocation.arguments.file().map(PathBuf::from),
            run_by: arguments.generate.clone(),
            ..Given::default()
        };
        Self {
            dialogue: Dialogue::new(generate::words()),
            given,
            around: Surroundings {
                world: world.without_accounts(),
                arguments: invocation.arguments.around(),
                base_url: arguments.base_url.clone(),
            },
            world,
            arguments,
            output,
            company: if prompt::somebody() { Company::Somebody } else { Company::Nobody },
            usual: place(world),
            steps: invocation.steps,
        }
    }

    async fn whole(mut self) -> Result<Exit, Stop> {
        draft::check(&self.around).map_err(|mistakes| result::stop(&mistakes))?;
        if self.company == Company::Nobody {
            // Nobody has to wait for the provider to hear that.
            let file = self.given.file.clone().unwrap_or_else(|| self.usual.clone());
            self.vacant(&file).map_err(|text| Stop::Wrong(text, Exit::Usage))?;
        } else {
            self.say("A configuration in a few questions. Ctrl-C ends this, and nothing is written before the end.\n");
        }
        loop {
            match self.dialogue.next() {
                Next::Ask(asked) => self.ask(asked).await?,
                // What is asked for by name need not be found out.
                Next::Find(Task::Detect) if self.given.has_types() => {
                    self.dialogue.families = Some(Vec::new());
                }
                Next::Find(task) => self.find(task).await?,
                Next::Done => return self.finish(),
            }
        }
    }

    /// Says something on the way, to whoever looks.
    fn say(&self, text: &str) {
        self.output.error(text);
    }

    async fn find(&mut self, task: Task) -> Result<(), Stop> {
        let found = find::find(task, &self.dialogue, &self.around, self.output).await;
        let cleaner = Cleaner::new(
            draft::secrets(&self.dialogue).into_iter().map(|(_, secret)| Secret::new(secret)).collect(),
        );
        let Heard { lines, again, needed } = self.dialogue.learn(found);
        let text = cleaner.masked(&lines.join("\n"));
        if again && self.company == Company::Nobody {
            let needed = needed.map(|needed| format!("\n{needed}")).unwrap_or_default();
            return Err(Stop::Wrong(format!("{text}{needed}\n{NOTHING}"), Exit::Failed));
        }
        if !text.is_empty() {
            self.say(&text);
        }
        Ok(())
    }

    async fn ask(&mut self, asked: Asked) -> Result<(), Stop> {
        let wrong = |why: &str| {
            let text = block(&format!("cannot take `{}`", asked.flag()), why, None, NOTHING);
            Stop::Wrong(text, Exit::Usage)
        };
        if let Some(given) = self.given.take(asked, &self.dialogue, self.world) {
            let (answer, said) = given.map_err(|why| wrong(&why))?;
            self.dialogue.answer(asked, answer).map_err(|why| wrong(&why))?;
            if let Some(said) = said {
                self.say(&said);
            }
            return self.settled(asked).map_err(|text| Stop::Wrong(text, Exit::Usage));
        }
        let question = question::of(asked, &self.dialogue, &self.usual);
        if self.company == Company::Nobody {
            return match question.default {
                Some((default, _)) if asked != Asked::Provider => {
                    self.dialogue.answer(asked, Answer::Text(default)).map_err(|why| wrong(&why))
                }
                Some(_) | None => Err(unanswered(asked, &question)),
            };
        }
        if !question.said.is_empty() {
            self.say(&format!("\n{}", question.said.join("\n")));
        }
        let answer = self.answer(asked, &question).await?;
        let taken = match answer {
            Ok(answer) => self.dialogue.answer(asked, answer).and_then(|()| self.settled(asked)),
            Err(why) => Err(why),
        };
        if let Err(why) = taken {
            self.say(&why);
        }
        Ok(())
    }

    /// What is typed, or why it is no answer.
    async fn answer(
        &self,
        asked: Asked,
        question: &question::Question,
    ) -> Result<Result<Answer, String>, Stop> {
        if let (Asked::Credential(field), Sight::Secret) = (asked, question.sight) {
            let typed = prompt::secret(&question.line()).await?;
            if typed.expose().trim().is_empty() {
                return Ok(Ok(Answer::Text(String::new())));
            }
            return Ok(given::literal(field, &typed, self.world).map(|(answer, said)| {
                if let Some(said) = said {
                    self.say(&said);
                }
                answer
            }));
        }
        let typed = prompt::line(&question.line()).await?;
        if asked == Asked::Provider && typed.trim() == "?" {
            let rows = registry::all().into_iter().map(|info| vec![info.id.to_owned(), info.name.to_owned()]);
            return Ok(Err(super::table::table(&["id", "provider"], rows.collect())));
        }
        let typed = match (asked, typed.trim().strip_prefix("~/"), self.world.get("HOME")) {
            (Asked::File, Some(rest), Some(home)) => PathBuf::from(home).join(rest).display().to_string(),
            _ => typed,
        };
        let default = question.default.as_ref().filter(|_| typed.trim().is_empty());
        Ok(Ok(Answer::Text(default.map_or(typed, |(default, _)| default.clone()))))
    }

    /// After an answer was taken: a place where something is already is none.
    fn settled(&mut self, asked: Asked) -> Result<(), String> {
        match &self.dialogue.file {
            Some(file) if asked == Asked::File => {
                self.vacant(file).inspect_err(|_| self.dialogue.another_file())
            }
            _ => Ok(()),
        }
    }

    /// Whether the configuration can go there.
    fn vacant(&self, file: &std::path::Path) -> Result<(), String> {
        let is_there = !self.arguments.force && file.symlink_metadata().is_ok();
        if is_there { Err(result::taken(file)) } else { Ok(()) }
    }

    fn finish(self) -> Result<Exit, Stop> {
        result::write(&self)
    }
}

/// Nobody can be asked, and there is no answer.
fn unanswered(asked: Asked, question: &question::Question) -> Stop {
    let what = match asked {
        Asked::Credential(field) => {
            format!("`{}` is not given, and there is no terminal to ask for it", field.key)
        }
        Asked::Provider => "the DNS provider is not named, and there is no terminal to ask for it".to_owned(),
        Asked::Zone => "the zone is not named, and there is no terminal to ask for it".to_owned(),
        Asked::Names => "no name is given, and there is no terminal to ask for one".to_owned(),
        Asked::Types | Asked::File | Asked::RunBy => "there is no terminal to ask at".to_owned(),
    };
    let mut said: Vec<String> = question.said.iter().map(|line| format!("  {}", line.trim())).collect();
    said.push(NOTHING.to_owned());
    let hint = format!("give it with `{}`", asked.flag());
    Stop::Wrong(block("cannot write a configuration", &what, Some(&hint), &said.join("\n")), Exit::Usage)
}

/// Where a configuration goes unless somewhere else is wanted: to where it is looked for.
fn place(world: &Environment) -> PathBuf {
    #[cfg(unix)]
    let is_root = rustix::process::geteuid().is_root();
    #[cfg(not(unix))]
    let is_root = false;
    let mut places = usual(world);
    let last = places.len().saturating_sub(1);
    if is_root { places.swap_remove(last) } else { places.swap_remove(0) }
}
