//! A target that is a mailbox: one message for each piece of news, handed to the user's mail server.
//!
//! The library writes the message and speaks SMTP; the connection and its TLS are ours, so that there is one trust
//! store, and a broken family of addresses is raced as everywhere.

use super::channel::{Channel, Job, Sending, Twice};
use super::message::{Message, Urgency};
use super::settings::Settings;
use crate::net::{Effect, Endpoint, NetError, Network, Phase, Route, Security, dial};
use dynflare_core::fault::{Class, Fault};
use lettre::Message as Mime;
use lettre::message::Mailbox;
use lettre::message::header::{ContentType, HeaderName, HeaderValue};
use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::AsyncSmtpConnection;
use lettre::transport::smtp::extension::ClientId;
use std::time::{Duration, UNIX_EPOCH};
use stream::Line;

mod stream;

/// How long one attempt may take: mail servers like to think before they greet (RFC 5321 §4.5.3.2 allows minutes).
const TIMEOUT: Duration = Duration::from_secs(30);

/// The ways to log in, the best first.
const MECHANISMS: [Mechanism; 2] = [Mechanism::Plain, Mechanism::Login];

/// Whether a text is `address` or `Name <address>`.
pub(super) fn mailbox(text: &str) -> Result<(), String> {
    text.parse::<Mailbox>().map(|_| ()).map_err(|_| {
        "expected an e-mail address, such as `me@example.org` or `Me <me@example.org>`".to_owned()
    })
}

/// A mailbox behind a mail server.
pub(super) struct Mail {
    settings: Settings,
    network: Network,
}

impl Mail {
    /// The mailbox that these settings describe.
    pub(super) fn new(settings: &Settings, network: &Network) -> Self {
        Self { settings: settings.clone(), network: network.clone() }
    }

    fn text(&self, key: &str) -> String {
        self.settings.text(key).unwrap_or_default()
    }

    /// The message in its form for mail (RFC 5322), marked as written by a machine (RFC 3834).
    fn mime(&self, message: &Message) -> Result<Mime, Fault> {
        let unfit = |what: &str| Fault::new(Class::Invalid, format!("the mail cannot be written: {what}"));
        let from: Mailbox = self.text("from").parse().map_err(|_| unfit("`from` is no address"))?;
        let id = format!("<{}@{}>", message.id, from.email.domain());
        let mut mail = Mime::builder()
            .from(from)
            .subject(&message.title)
            .message_id(Some(id))
            .date(UNIX_EPOCH + Duration::from_secs(message.at))
            .raw_header(header("Auto-Submitted", "auto-generated"));
        if message.urgency == Urgency::Urgent {
            mail = mail.raw_header(header("Importance", "high"));
        }
        for to in self.settings.list("to") {
            mail = mail.to(to.parse().map_err(|_| unfit("`to` is no address"))?);
        }
        mail.header(ContentType::TEXT_PLAIN)
            .body(format!("{}\n", message.sentences()))
            .map_err(|error| unfit(&error.to_string()))
    }

    async fn deliver(&self, message: &Message) -> Result<(), Fault> {
        let mail = self.mime(message)?;
        let (security, usual) = match self.text("security").as_str() {
            "tls" => (Wanted::Tls, 465),
            "none" => (Wanted::Nothing, 25),
            _ => (Wanted::StartTls, 587),
        };
        let server = Endpoint::parse(&self.text("server"), usual)
            .map_err(|error| Fault::new(Class::Invalid, error.to_string()))?;
        let mut phase = Phase::Connect;
        let exchange = async {
            let name = hello(&self.text("from"));
            let line = self.line(&server, security, &name, &mut phase).await?;
            let connected = AsyncSmtpConnection::connect_with_transport(Box::new(line), &name).await;
            let mut smtp = connected.map_err(|error| fault(&error, &server, Effect::Read))?;
            if let (Some(user), Some(password)) =
                (self.settings.text("username"), self.settings.text("password"))
            {
                let credentials = Credentials::new(user, password);
                let login = smtp.auth(&MECHANISMS, &credentials).await;
                login.map_err(|error| refused(fault(&error, &server, Effect::Read)))?;
            }
            phase = Phase::Exchange;
            let sent = smtp.send(mail.envelope(), &mail.formatted()).await;
            sent.map_err(|error| fault(&error, &server, Effect::Write))?;
            // The server has it; how the connection ends is nobody's business.
            let _ = smtp.quit().await;
            Ok(())
        };
        let ended = tokio::time::timeout(TIMEOUT, exchange).await;
        ended.unwrap_or_else(|_| {
            let error = NetError::TimedOut { to: server.to_string(), phase, after: TIMEOUT };
            Err(error.fault(Effect::Write))
        })
    }

    /// A connection on which the server's greeting comes next.
    async fn line(
        &self,
        server: &Endpoint,
        wanted: Wanted,
        name: &ClientId,
        phase: &mut Phase,
    ) -> Result<Line, Fault> {
        let failed = |error: NetError| error.fault(Effect::Read);
        let security = match wanted {
            Wanted::StartTls => {
                let tcp = dial::dial(&server.host, server.port, Route::default()).await.map_err(failed)?;
                let tcp = stream::before_tls(tcp, &name.to_string(), server).await?;
                *phase = Phase::Secure;
                let secured = self.network.trust().secure(tcp, server.name(), &[]).await.map_err(failed)?;
                return Ok(Line::greeted(Box::new(secured)));
            }
            Wanted::Tls => Security::Tls,
            Wanted::Nothing => Security::Plain,
        };
        let opened = server.open(&self.network, Route::default(), security, phase).await;
        opened.map(Line::new).map_err(failed)
    }
}

/// What the user wants of the connection.
#[derive(Clone, Copy)]
enum Wanted {
    StartTls,
    Tls,
    Nothing,
}

/// What this machine calls itself: the sender's domain, since it may have no name that others know.
fn hello(from: &str) -> ClientId {
    let domain = from.parse::<Mailbox>().map(|from| from.email.domain().to_owned());
    domain.map_or_else(|_| ClientId::default(), ClientId::Domain)
}

fn header(name: &'static str, value: &str) -> HeaderValue {
    HeaderValue::new(HeaderName::new_from_ascii_str(name), value.to_owned())
}

/// A failure of the library as ours. What was cut off while the message was sent may have arrived.
fn fault(error: &lettre::transport::smtp::Error, server: &Endpoint, effect: Effect) -> Fault {
    let status = error.status().map(|code| code.to_string());
    let words = std::error::Error::source(error).map(ToString::to_string);
    let fault = if error.is_permanent() {
        Fault::new(Class::Invalid, "the mail server refused the message")
    } else if error.is_transient() {
        Fault::new(Class::Unavailable, "the mail server takes no message for now")
    } else if error.is_client() {
        Fault::new(Class::Invalid, "the mail server lacks what is needed")
    } else if error.is_response() {
        Fault::new(Class::Unexpected, format!("{server} does not answer in SMTP"))
            .hint("check `server` and `security`")
    } else {
        return NetError::Cut { to: server.to_string() }.fault(effect);
    };
    let fault = status.into_iter().fold(fault, |fault, status| fault.status(format!("SMTP {status}")));
    words.into_iter().fold(fault, Fault::said)
}

/// The same for a login.
fn refused(fault: Fault) -> Fault {
    if fault.class != Class::Invalid {
        return fault;
    }
    let what = "the mail server did not accept the login".to_owned();
    Fault { class: Class::Denied, what, ..fault }.hint("check `username`, `password` and `security`")
}

impl Channel for Mail {
    fn send<'a>(&'a self, job: &'a Job) -> Sending<'a> {
        Box::pin(async move {
            match job {
                Job::Message(message) => self.deliver(message).await,
                Job::Ping(_) | Job::Standing(_) => Ok(()),
            }
        })
    }

    fn twice(&self, _job: &Job) -> Twice {
        Twice::Told
    }
}
