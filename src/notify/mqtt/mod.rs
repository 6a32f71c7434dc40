//! A target behind an MQTT broker: news as JSON on one topic, and of every record its values and whether it is well on
//! retained topics of their own, which Home Assistant is told of.
//!
//! Publishing MQTT 3.1.1 with `QoS` 1 is some lines of our own (`packet`): the libraries at hand bring a connection that
//! is kept up and its event loop, and their TLS stands on an abandoned crate. Here a connection is opened when there is
//! something to say, so an idle program stays idle, and TLS is the program's own.

use super::channel::{Channel, Health, Job, Sending, Standing, Twice};
use super::message::{Message, called};
use super::settings::Settings;
use crate::net::endpoint::Stream;
use crate::net::{Effect, Endpoint, NetError, Network, Phase, Route, Security};
use crate::report::news::{Subject, What};
use dynflare_core::fault::{Class, Fault};
use packet::{Answer, Retain};
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

mod discovery;
mod packet;

/// How long one attempt may take.
const TIMEOUT: Duration = Duration::from_secs(10);

/// Home Assistant takes states of this many characters
/// (<https://www.home-assistant.io/docs/configuration/state_object/>).
const LONGEST: usize = 255;

/// A broker.
pub(super) struct Mqtt {
    settings: Settings,
    network: Network,
    /// What the broker has taken of each record since this program began.
    known: Mutex<BTreeMap<Subject, State>>,
}

/// What the topics of a record say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct State {
    value: Option<String>,
    problem: Option<&'static str>,
}

/// Something to publish.
struct Publication {
    topic: String,
    payload: Vec<u8>,
    retain: Retain,
}

impl Mqtt {
    /// The broker that these settings describe.
    pub(super) fn new(settings: &Settings, network: &Network) -> Self {
        Self { settings: settings.clone(), network: network.clone(), known: Mutex::default() }
    }

    fn text(&self, key: &str) -> String {
        self.settings.text(key).unwrap_or_default()
    }

    /// What a message says of its record.
    fn state(message: &Message) -> Option<(Subject, State)> {
        let news = message.news.as_ref()?;
        let state = match &news.what {
            What::Changed { from: _, to } => State { value: Some(shown(to)), problem: Some("OFF") },
            What::Failing { .. } | What::Refused { .. } => State { value: None, problem: Some("ON") },
            What::Recovered { .. } => State { value: None, problem: Some("OFF") },
            What::Config { .. } | What::ConfigRight => return None,
        };
        Some((news.record.clone()?, state))
    }

    fn states(job: &Job) -> Vec<(Subject, State)> {
        match job {
            Job::Message(message) => Self::state(message).into_iter().collect(),
            Job::Ping(_) => Vec::new(),
            Job::Standing(records) => records
                .iter()
                .map(|Standing { record, values, health }| {
                    let problem = match health {
                        Health::Well => "OFF",
                        Health::Unwell => "ON",
                    };
                    let value = values.as_ref().map(|values| shown(values));
                    (record.clone(), State { value, problem: Some(problem) })
                })
                .collect(),
        }
    }

    /// What the broker has not been told.
    fn publications(&self, job: &Job, states: &[(Subject, State)]) -> Vec<Publication> {
        let prefix = self.text("topic_prefix");
        let mut all = Vec::new();
        if let Job::Message(message) = job {
            let (topic, payload) = (format!("{prefix}/news"), message.to_json().to_string().into_bytes());
            all.push(Publication { topic, payload, retain: Retain::Passed });
        }
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let mut keep = |topic: String, payload: Vec<u8>| {
            all.push(Publication { topic, payload, retain: Retain::Kept });
        };
        for (record, state) in states {
            let topic = discovery::topic(&prefix, record);
            let before = known.get(record);
            if before.is_none() {
                let found =
                    discovery::announce(&self.text("discovery_prefix"), &prefix, record, &called(record));
                for (topic, payload) in found {
                    keep(topic, payload);
                }
            }
            let before = before.cloned().unwrap_or_default();
            if let Some(value) = state.value.as_ref().filter(|value| before.value.as_ref() != Some(value)) {
                keep(format!("{topic}/value"), value.clone().into_bytes());
            }
            if let Some(problem) = state.problem.filter(|problem| before.problem != Some(problem)) {
                keep(format!("{topic}/problem"), problem.as_bytes().to_vec());
            }
        }
        all
    }

    fn learn(&self, states: Vec<(Subject, State)>) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        for (record, state) in states {
            let entry = known.entry(record).or_default();
            entry.value = state.value.or_else(|| entry.value.take());
            entry.problem = state.problem.or(entry.problem);
        }
    }

    async fn publish(&self, publications: &[Publication]) -> Result<(), Fault> {
        let security = if self.text("security") == "tls" { Security::Tls } else { Security::Plain };
        let usual = match security {
            Security::Plain => 1883,
            Security::Tls => 8883,
        };
        let server = Endpoint::parse(&self.text("server"), usual)
            .map_err(|error| Fault::new(Class::Invalid, error.to_string()))?;
        let mut phase = Phase::Connect;
        let exchange = async {
            let opened = server.open(&self.network, Route::default(), security, &mut phase).await;
            let mut stream = opened.map_err(|error| error.fault(Effect::Write))?;
            self.greet(&mut stream, &server).await?;
            phase = Phase::Exchange;
            for (id, publication) in (1..).zip(publications) {
                give(&mut stream, &server, id, publication).await?;
            }
            // Everything is taken; how the connection ends is nobody's business.
            let _ = stream.write_all(&packet::DISCONNECT).await;
            Ok(())
        };
        let ended = tokio::time::timeout(TIMEOUT, exchange).await;
        ended.unwrap_or_else(|_| {
            let error = NetError::TimedOut { to: server.to_string(), phase, after: TIMEOUT };
            Err(error.fault(Effect::Write))
        })
    }

    async fn greet(&self, stream: &mut Box<dyn Stream>, server: &Endpoint) -> Result<(), Fault> {
        let (name, password) = (self.settings.text("username"), self.settings.text("password"));
        let login = name.as_deref().zip(password.as_deref());
        let client = format!("dynflare-{:08x}", getrandom::u64().unwrap_or_default() & 0xffff_ffff);
        let hello = packet::connect(&client, login);
        let hello =
            hello.map_err(|_| Fault::new(Class::Invalid, "the name or the password is too long for MQTT"))?;
        let answer = asked(stream, &hello).await;
        // Nothing was published yet, so nothing is in doubt.
        let answer = answer.map_err(|_| NetError::Cut { to: server.to_string() }.fault(Effect::Read))?;
        let refused =
            |class, why: &str| Err(Fault::new(class, format!("the broker refused the connection: {why}")));
        match packet::answer(answer) {
            Some(Answer::Connected(0)) => Ok(()),
            Some(Answer::Connected(1)) => refused(Class::Invalid, "it does not speak MQTT 3.1.1"),
            Some(Answer::Connected(3)) => refused(Class::Unavailable, "it is not ready"),
            Some(Answer::Connected(4 | 5)) => refused(Class::Denied, "the login was not accepted")
                .map_err(|fault| fault.hint("check `username` and `password`")),
            Some(Answer::Connected(code)) => refused(Class::Unexpected, &format!("code {code}")),
            Some(Answer::Taken(_)) | None => {
                let what = format!("{server} does not answer in MQTT");
                Err(Fault::new(Class::Unexpected, what).hint("check `server` and `security`"))
            }
        }
    }
}

/// Publishes one thing and waits until the broker has it.
async fn give(
    stream: &mut Box<dyn Stream>,
    server: &Endpoint,
    id: u16,
    publication: &Publication,
) -> Result<(), Fault> {
    let Publication { topic, payload, retain } = publication;
    let packet = packet::publish(topic, id, payload, *retain);
    let packet = packet.map_err(|_| Fault::new(Class::Invalid, "the message is too long for MQTT"))?;
    let answer = asked(stream, &packet).await;
    let answer = answer.map_err(|_| {
        // What a broker does with somebody who may not publish there is to end the connection.
        let fault = NetError::Cut { to: server.to_string() }.fault(Effect::Write);
        fault.hint(format!("check that the login may publish to `{topic}`"))
    })?;
    match packet::answer(answer) {
        Some(Answer::Taken(taken)) if taken == id => Ok(()),
        Some(Answer::Taken(_) | Answer::Connected(_)) | None => {
            Err(Fault::new(Class::Unconfirmed, format!("{server} did not confirm the message")))
        }
    }
}

/// Sends a packet and reads the four bytes that answer it.
async fn asked(stream: &mut Box<dyn Stream>, packet: &[u8]) -> std::io::Result<[u8; 4]> {
    stream.write_all(packet).await?;
    stream.flush().await?;
    let mut answer = [0; 4];
    stream.read_exact(&mut answer).await?;
    Ok(answer)
}

/// Values as the state of a sensor.
fn shown(values: &[String]) -> String {
    let all = if values.is_empty() { "none".to_owned() } else { values.join(", ") };
    all.chars().take(LONGEST).collect()
}

impl Channel for Mqtt {
    fn send<'a>(&'a self, job: &'a Job) -> Sending<'a> {
        Box::pin(async move {
            let states = Self::states(job);
            let publications = self.publications(job, &states);
            if !publications.is_empty() {
                self.publish(&publications).await?;
                self.learn(states);
            }
            Ok(())
        })
    }

    fn twice(&self, job: &Job) -> Twice {
        match job {
            Job::Message(_) => Twice::Told,
            Job::Ping(_) | Job::Standing(_) => Twice::Harmless,
        }
    }
}
