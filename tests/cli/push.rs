//! Providers that show nothing, by the real binary and a dyndns2 server: what is sent, and what is never sent again.

use crate::lab::{Lab, Ran, program};
use dynflare_testkit::dyndns2::{Dyndns2, Saying};
use dynflare_testkit::nameserver::{Kind, NameServer};
use dynflare_testkit::nsupdate_info::NsupdateInfo;
use std::fs;

const USER: &str = "somebody";
const PASSWORD: &str = "pass/word of 42";
/// `somebody:pass/word of 42`
const BASIC: &str = "Basic c29tZWJvZHk6cGFzcy93b3JkIG9mIDQy";
const CHANGED: &str = "another password";
/// `somebody:another password`
const CHANGED_BASIC: &str = "Basic c29tZWJvZHk6YW5vdGhlciBwYXNzd29yZA==";

const HOME: &str = "records = [\"noip:example.org:A:home\"]";
const BOTH: &str = "records = [\"noip:example.org:A:home\", \"noip:example.org:A:office\"]";

struct World {
    lab: Lab,
    server: Dyndns2,
}

impl World {
    async fn new() -> Self {
        let server = Dyndns2::start(BASIC, &["home.example.org", "office.example.org"]).await;
        Self { lab: Lab::new().await, server }
    }

    async fn run(&self, more: &str) -> Ran {
        self.run_as(more, PASSWORD, &[]).await
    }

    async fn run_as(&self, more: &str, password: &str, arguments: &[&str]) -> Ran {
        let base = self.server.base();
        let mut text = self.lab.config(more);
        for id in ["noip", "strato"] {
            text.extend(["\n[providers.", id, "]\nbase_url = \"", base, "\"\n"]);
        }
        let config = self.lab.folder.file("dynflare.toml", &text).display().to_string();
        let mut all = vec!["--config".to_owned(), config];
        all.extend(arguments.iter().map(|argument| (*argument).to_owned()));
        let state = self.lab.folder.path().join("state").display().to_string();
        let variables = [
            ("NOIP_USERNAME", USER),
            ("NOIP_PASSWORD", password),
            ("STRATO_USERNAME", USER),
            ("STRATO_PASSWORD", password),
            ("STATE_DIRECTORY", &state),
        ];
        let variables = variables.map(|(name, value)| (name.to_owned(), value.to_owned()));
        program(all, variables.to_vec()).await
    }

    fn says(&self, address: &str) {
        (0..5).for_each(|source| self.lab.say(source, address));
    }

    fn targets(&self) -> Vec<String> {
        self.server.take().into_iter().map(|seen| seen.target).collect()
    }

    fn memory(&self) -> std::path::PathBuf {
        self.lab.folder.path().join("state/memory.json")
    }

    /// Moves everything that memory knows of the past back by so many seconds.
    fn ages(&self, seconds: u64) {
        let text = fs::read_to_string(self.memory()).expect("the memory of a run");
        let mut memory: serde_json::Value = serde_json::from_str(&text).expect("JSON");
        let earlier = |value: &mut serde_json::Value| {
            if let Some(at) = value.as_u64() {
                *value = (at - seconds).into();
            }
        };
        for place in memory["places"].as_array_mut().expect("a list") {
            earlier(&mut place["written"]);
            earlier(&mut place["sent"]["at"]);
        }
        for stop in memory.get_mut("stops").and_then(|stops| stops.as_array_mut()).into_iter().flatten() {
            earlier(&mut stop["since"]);
            if stop["until"].is_u64() {
                earlier(&mut stop["until"]);
            }
        }
        fs::write(self.memory(), memory.to_string()).expect("our own file");
    }
}

#[tokio::test]
async fn ur_55_two_names_go_in_one_call_with_the_address_and_are_not_sent_again() {
    let world = World::new().await;
    let ran = world.run(BOTH).await.exits(0).warns("");
    assert!(ran.stdout.starts_with("home.example.org A at noip: created 203.0.113.7 (agreed by"), "{ran:?}");
    let seen = world.server.take();
    assert_eq!(seen.len(), 1);
    assert_eq!(seen[0].target, "/nic/update?hostname=home.example.org,office.example.org&myip=203.0.113.7");
    assert_eq!(seen[0].authorization, BASIC);
    assert!(seen[0].agent.starts_with("dynflare/"), "{}", seen[0].agent);
    let again = world.run_as(BOTH, PASSWORD, &["-v"]).await.exits(0);
    assert!(again.stdout.contains("unchanged, 203.0.113.7"), "{again:?}");
    assert!(world.targets().is_empty(), "memory knows what is there");
    world.says("203.0.113.8");
    let changed = world.run(BOTH).await.exits(0);
    assert!(changed.stdout.contains("203.0.113.7 -> 203.0.113.8"), "{changed:?}");
    assert_eq!(world.server.address("office.example.org"), "203.0.113.8");
}

#[tokio::test]
async fn ur_55_a_known_address_of_the_other_family_is_sent_along_where_it_would_go() {
    let world = World::new().await;
    world.run(HOME).await.exits(0);
    let text = fs::read_to_string(world.memory()).expect("the memory of a run");
    let mut memory: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    let mut other = memory["places"][0].clone();
    other["type"] = "AAAA".into();
    other["published"] = serde_json::json!(["2001:db8::7"]);
    memory["places"].as_array_mut().expect("a list").push(other);
    fs::write(world.memory(), memory.to_string()).expect("our own file");
    world.server.take();
    world.says("203.0.113.8");
    world.run(HOME).await.exits(0);
    assert_eq!(world.targets(), ["/nic/update?hostname=home.example.org&myip=203.0.113.8,2001:db8::7"]);
}

#[tokio::test]
async fn without_memory_the_server_says_that_nothing_has_changed() {
    let world = World::new().await;
    world.run(HOME).await.exits(0);
    fs::remove_file(world.memory()).expect("the memory of a run");
    let ran = world.run_as(HOME, PASSWORD, &["-v"]).await.exits(0);
    assert!(ran.stdout.contains("home.example.org A at noip: unchanged, 203.0.113.7"), "{ran:?}");
    assert_eq!(world.targets().len(), 2);
    world.run(HOME).await.exits(0);
    assert!(world.targets().is_empty());
}

#[tokio::test]
async fn ur_54_refused_credentials_stop_the_account_for_ever_and_until_they_change() {
    let world = World::new().await;
    world.server.admit(CHANGED_BASIC);
    let ran = world.run(BOTH).await.exits(1).says("");
    assert!(ran.stderr.contains("the credentials were refused (HTTP 401 \"badauth\")"), "{ran:?}");
    assert!(ran.stderr.contains("hint: correct the settings of this account"), "{ran:?}");
    assert_eq!(world.targets().len(), 1, "one request for both names");
    for _ in 0..2 {
        let ran = world.run(BOTH).await.exits(1);
        assert!(ran.stderr.contains("the credentials were refused (20"), "{ran:?}");
        assert!(ran.stderr.contains("nothing was sent since (\"badauth\")"), "{ran:?}");
        world.says("203.0.113.9");
    }
    world.ages(365 * 24 * 60 * 60);
    world.run(BOTH).await.exits(1);
    assert!(world.targets().is_empty(), "not after a year either");
    world.run_as(BOTH, CHANGED, &[]).await.exits(0);
    assert_eq!(world.server.address("home.example.org"), "203.0.113.9");
}

#[tokio::test]
async fn a_stop_that_was_put_right_at_the_provider_ends_when_somebody_says_so() {
    let retry = ["update", "--retry-stopped"];
    let world = World::new().await;
    world.server.admit(CHANGED_BASIC);
    let ran = world.run(BOTH).await.exits(1);
    assert!(
        ran.stderr.contains("say `dynflare update --retry-stopped`"),
        "the stop says how it ends: {ran:?}"
    );
    assert_eq!(world.targets().len(), 1);
    world.ages(60 * 60);
    let ran = world.run_as(BOTH, PASSWORD, &["plan", "-v"]).await;
    assert!(ran.stderr.contains("nothing was sent since"), "{ran:?}");
    world.run_as(BOTH, PASSWORD, &[&retry[..], &["--dry-run"]].concat()).await;
    assert!(world.targets().is_empty(), "a dry run sends nothing");
    let ran = world.run_as(BOTH, PASSWORD, &retry).await.exits(1);
    assert!(ran.stderr.contains("the credentials were refused (HTTP 401 \"badauth\")"), "{ran:?}");
    assert_eq!(world.targets().len(), 1, "it was tried once");
    world.ages(60 * 60);
    world.run(BOTH).await.exits(1);
    assert!(world.targets().is_empty(), "and is stopped again");
    world.server.admit(BASIC);
    world.run_as(BOTH, PASSWORD, &retry).await.exits(0);
    assert_eq!(world.server.address("home.example.org"), "203.0.113.7");
    world.run(BOTH).await.exits(0);
}

#[tokio::test]
async fn ur_54_a_line_for_each_name_and_the_refused_one_is_not_sent_again() {
    let world = World::new().await;
    let records = "records = [\"noip:example.org:A:home\", \"noip:example.org:A:nobody\"]";
    let ran = world.run(records).await.exits(1);
    assert!(ran.stdout.contains("home.example.org A at noip: created 203.0.113.7"), "{ran:?}");
    assert!(ran.stderr.contains("cannot update nobody.example.org A at noip"), "{ran:?}");
    assert!(ran.stderr.contains("the name does not exist in this account (HTTP 200 \"nohost\")"), "{ran:?}");
    world.targets();
    world.says("203.0.113.8");
    world.server.add("nobody.example.org");
    let ran = world.run(records).await.exits(1);
    assert!(ran.stdout.contains("203.0.113.7 -> 203.0.113.8"), "{ran:?}");
    assert_eq!(world.targets(), ["/nic/update?hostname=home.example.org&myip=203.0.113.8"]);
}

#[tokio::test]
async fn ur_54_trouble_at_the_server_is_waited_out_also_by_the_next_process() {
    for (said, wait) in [("911", 30 * 60), ("dnserr", 30 * 60), ("w10m", 10 * 60)] {
        let world = World::new().await;
        world.server.say(Saying::Reply(200, said.to_owned()));
        let ran = world.run(HOME).await.exits(75);
        assert!(ran.stderr.contains(&format!("not to be tried again for {} min", wait / 60)), "{ran:?}");
        assert_eq!(world.targets().len(), 1);
        world.server.say(Saying::Protocol);
        world.run(HOME).await.exits(75);
        assert!(world.targets().is_empty(), "{said}");
        world.ages(wait);
        world.run(HOME).await.exits(0);
        assert_eq!(world.targets().len(), 1, "{said}");
    }
}

#[tokio::test]
async fn ur_54_what_is_no_answer_is_no_success_and_is_sent_again() {
    for (status, said, words) in [
        (200, "", "the answer is empty"),
        (200, "<html><body>good</body></html>", "the answer is none of those known"),
        (200, "good 127.0.0.1", "the server says to have published 127.0.0.1"),
        (302, "", "the answer is empty"),
    ] {
        let world = World::new().await;
        world.server.say(Saying::Reply(status, said.to_owned()));
        let ran = world.run(HOME).await.exits(75).says("");
        assert!(ran.stderr.contains(words), "{ran:?}");
        world.server.say(Saying::Protocol);
        world.run(HOME).await.exits(0);
        assert_eq!(world.targets().len(), 2, "{said}");
    }
}

#[tokio::test]
async fn a_push_without_an_answer_is_unconfirmed_and_sent_again_by_the_next_run() {
    let world = World::new().await;
    world.run(HOME).await.exits(0);
    world.targets();
    world.says("203.0.113.8");
    world.server.say(Saying::Cut);
    let ran = world.run(HOME).await.exits(75);
    assert!(ran.stderr.contains("could not confirm the update of home.example.org A at noip"), "{ran:?}");
    assert!(ran.stderr.contains("the next run sends it again"), "{ran:?}");
    assert_eq!(world.targets().len(), 1, "not again in the same run");
    world.server.say(Saying::Protocol);
    // Back to what memory last saw confirmed: the provider may have the other one.
    world.says("203.0.113.7");
    world.run(HOME).await.exits(0);
    assert_eq!(world.targets(), ["/nic/update?hostname=home.example.org&myip=203.0.113.7"]);
    world.run(HOME).await.exits(0);
    assert!(world.targets().is_empty());
}

#[tokio::test]
async fn nothing_is_sent_sooner_than_the_provider_wants() {
    let world = World::new().await;
    let records = "records = [\"strato:example.org:A:home\"]";
    world.run(records).await.exits(0);
    world.targets();
    world.says("203.0.113.8");
    let ran = world.run(records).await.exits(75);
    assert!(ran.stderr.contains("there have to be 300 s between two; nothing was sent"), "{ran:?}");
    assert!(world.targets().is_empty());
    world.ages(300);
    world.run(records).await.exits(0);
    assert_eq!(world.targets().len(), 1);
}

#[tokio::test]
async fn an_address_that_would_lapse_is_sent_again_in_time() {
    let world = World::new().await;
    let records = "records = [\"noip:example.org:A:home?refresh_after=25d\"]";
    world.run(records).await.exits(0);
    world.ages(24 * 24 * 60 * 60);
    world.run(records).await.exits(0);
    assert_eq!(world.targets().len(), 1);
    world.ages(24 * 60 * 60);
    let ran = world.run(records).await.exits(0);
    assert!(ran.stdout.contains("home.example.org A at noip: written again, unchanged"), "{ran:?}");
    assert_eq!(world.targets().len(), 1);
}

#[tokio::test]
async fn ur_45_a_server_that_repeats_the_request_does_not_get_the_password_into_any_output() {
    let world = World::new().await;
    world.server.say(Saying::Repeat);
    let forms = [PASSWORD, "pass%2Fword", "pass/word", "c29tZWJvZHk6cGFzcy93b3JkIG9mIDQy"];
    for arguments in [&["-v"][..], &["--json"], &["plan"], &["records"], &["check"], &["config"]] {
        let ran = world.run_as(HOME, PASSWORD, arguments).await;
        for form in forms {
            assert!(!format!("{ran:?}").contains(form), "{arguments:?}: {ran:?}");
        }
    }
    assert!(!world.server.take().is_empty());
    let memory = fs::read_to_string(world.memory()).expect("the memory of a run");
    for form in forms.into_iter().chain([USER]) {
        assert!(!memory.contains(form), "{memory}");
    }
}

#[tokio::test]
async fn a_plan_shows_what_would_be_sent_and_sends_nothing() {
    let world = World::new().await;
    let ran = world.run_as(HOME, PASSWORD, &["plan"]).await.exits(4);
    assert!(ran.stdout.contains("send 203.0.113.7"), "{ran:?}");
    assert!(world.targets().is_empty());
}

/// An account at a provider that the configuration describes.
fn mine(world: &World, more: &str) -> String {
    let url = world.server.base();
    format!(
        "{HOME_AT_MINE}\n[providers.mine]\ntype = \"get\"\ninsecure = \"the server is this machine\"\n\
         url = \"{url}/nic/update\"\nbasic = \"{{user}}:{{password}}\"\n\
         query = [[\"hostname\", \"{{fqdn}}\"], [\"myip\", \"{{ip}}\"], [\"zone\", \"{{zone}}\"]]\n\
         reply = [{{ prefix = \"good\", means = \"updated\" }}, {{ prefix = \"nochg\", means = \"unchanged\" }}]\n{more}\n\
         [providers.mine.credentials]\nuser = \"{USER}\"\npassword = \"env:MY_PASSWORD\"\n"
    )
}

const HOME_AT_MINE: &str = "records = [\"mine:example.org:A:home\"]";

async fn run_mine(world: &World, more: &str, arguments: &[&str]) -> Ran {
    let text = mine(world, more);
    let (records, table) = text.split_once('\n').expect("two parts");
    let config = format!("{}\n{table}", world.lab.config(records));
    let config = world.lab.folder.file("dynflare.toml", &config).display().to_string();
    let mut all = vec!["--config".to_owned(), config];
    all.extend(arguments.iter().map(|argument| (*argument).to_owned()));
    let state = world.lab.folder.path().join("state").display().to_string();
    let variables = [("MY_PASSWORD", PASSWORD), ("STATE_DIRECTORY", &state)];
    program(all, variables.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec()).await
}

#[tokio::test]
async fn a_provider_nobody_has_heard_of_needs_no_release() {
    let world = World::new().await;
    let ran = run_mine(&world, "limits = { refresh = \"30d\" }", &["-v"]).await.exits(0);
    assert!(ran.stdout.starts_with("home.example.org A at mine: created 203.0.113.7"), "{ran:?}");
    assert_eq!(world.targets(), ["/nic/update?hostname=home.example.org&myip=203.0.113.7&zone=example.org"]);
    world.ages(31 * 24 * 60 * 60);
    let ran = run_mine(&world, "limits = { refresh = \"30d\" }", &[]).await.exits(0);
    assert!(ran.stdout.contains("written again, unchanged"), "the definition says when: {ran:?}");
    for command in ["config", "check", "plan"] {
        assert!(!format!("{:?}", run_mine(&world, "", &[command]).await).contains(PASSWORD), "{command}");
    }
}

#[tokio::test]
async fn a_mistake_in_a_description_is_named_with_its_key_before_anybody_is_asked() {
    let world = World::new().await;
    for (more, expected) in [
        ("retries = 3", "unknown key in `[providers.mine]`: `retries`"),
        ("per_call = \"twice\"", "unknown variant `twice`"),
        ("limits = { cooldown = \"soon\" }", "`limits.cooldown`: expected a time such as"),
        ("headers = [[\"x-key\", \"{kye}\"]]", "`{kye}` is neither a credential nor one of"),
        ("on_stop = \"delete\"", "unknown key in `[providers.mine]`: `on_stop`"),
    ] {
        let ran = run_mine(&world, more, &[]).await.exits(2);
        assert!(ran.stderr.contains(expected), "{expected}: {}", ran.stderr);
    }
    let delete = world.run(&format!("{HOME}\non_stop = \"delete\"")).await.exits(2);
    assert!(delete.stderr.contains("`on_stop`: noip takes no name back"), "{}", delete.stderr);
    assert!(world.targets().is_empty());
}

#[tokio::test]
async fn any_dyndns2_server_is_an_account_with_its_name() {
    let world = World::new().await;
    let base = world.server.base();
    let with = |server: &str| {
        let records = "records = [\"home:example.org:A:home\", \"home:auto:A:office.example.org\"]";
        format!(
            "{}\n[providers.home]\ntype = \"dyndns2\"\nserver = \"{server}\"\nusername = \"{USER}\"\n\
             password = \"{PASSWORD}\"\n",
            world.lab.config(records)
        )
    };
    let run = async |text: String| {
        let config = world.lab.folder.file("dynflare.toml", &text).display().to_string();
        let state = world.lab.folder.path().join("state").display().to_string();
        program(vec!["--config".to_owned(), config], vec![("STATE_DIRECTORY".to_owned(), state)]).await
    };
    let ran = run(with("http://dyn.example.org")).await.exits(2);
    assert!(ran.stderr.contains("`server`: expected the name of a server that speaks https"), "{ran:?}");
    let ran = run(format!("{}base_url = \"{base}\"\n", with("dyn.example.org"))).await.exits(0);
    assert_eq!(ran.stdout.lines().count(), 2, "{ran:?}");
    assert_eq!(world.server.address("office.example.org"), "203.0.113.7");
}

#[tokio::test]
async fn the_service_of_nsupdate_info_takes_both_families_and_stops_who_has_a_wrong_password() {
    let Some(names) = NameServer::start(Kind::Bind) else { return };
    let started = tokio::task::spawn_blocking(move || {
        let service = NsupdateInfo::start("home.example.org", PASSWORD, &names);
        (service, names)
    });
    let (service, names) = started.await.expect("started");
    let Some(service) = service else { return };
    let lab = Lab::new().await;
    let run = async |password: &str| {
        let records = "records = [\"nsupdate-info:example.org:A:home\"]";
        let text = format!(
            "{}\n[providers.nsupdate-info]\nbase_url = \"{}\"\n",
            lab.config(records),
            service.base()
        );
        let config = lab.folder.file("dynflare.toml", &text).display().to_string();
        let state = lab.folder.path().join("state").display().to_string();
        let variables = [("NSUPDATE_INFO_SECRET", password), ("STATE_DIRECTORY", &state)];
        let variables = variables.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
        program(vec!["--config".to_owned(), config], variables).await
    };
    let refused = run("a wrong one").await.exits(1);
    assert!(refused.stderr.contains("the credentials were refused (HTTP 401 \"badauth\")"), "{refused:?}");
    let created = run(PASSWORD).await.exits(0);
    assert!(created.stdout.contains("created 203.0.113.7"), "{created:?}");
    assert_eq!(names.read("home.example.org", "A"), ["203.0.113.7"]);
    (0..5).for_each(|source| lab.say(source, "203.0.113.8"));
    run(PASSWORD).await.exits(0);
    assert_eq!(names.read("home.example.org", "A"), ["203.0.113.8"]);
    std::fs::remove_dir_all(lab.folder.path().join("state")).expect("the state of the runs");
    let again = run(PASSWORD).await.exits(0).warns("");
    assert!(again.stdout.is_empty(), "the service said nochg: {again:?}");
}
