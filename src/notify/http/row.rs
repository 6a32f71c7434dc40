//! What a row of the table of kinds says about a request.

use hyper::Method;

/// One HTTP request. Texts are templates: besides the places of every message there are the fields of the kind,
/// `{priority}`, and `{basic}`, which is user name and password for HTTP's Basic scheme (RFC 7617).
#[derive(Debug)]
pub struct HttpRow {
    /// Its method. One that may be repeated (RFC 9110 §9.2.2) is repeated where nobody knows whether it arrived.
    pub method: Method,
    /// Where it goes.
    pub address: Address,
    /// Its headers; one with a place that has no value is left out.
    pub headers: &'static [(&'static str, &'static str)],
    /// Its body, JSON where it begins with a bracket; `{body}` is the user's own template.
    pub body: &'static str,
    /// What the text is shown as.
    pub markup: Markup,
    /// The most characters of a message.
    pub longest: usize,
    /// The priority of a message, and of one after which somebody has to act.
    pub priorities: (&'static str, &'static str),
    /// Where the answer to too many requests says how long to wait, in seconds (a JSON pointer, RFC 6901).
    pub wait_seconds: Option<&'static str>,
    /// The same in milliseconds.
    pub wait_milliseconds: Option<&'static str>,
    /// What pings add to the URL, for a kind that is pinged.
    pub pings: Option<PingRow>,
}

/// Where a request goes.
#[derive(Debug)]
pub enum Address {
    /// To this path below `base_url`.
    Base(&'static str),
    /// To the URL in this field.
    Whole(&'static str),
}

/// What a service makes of text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Markup {
    /// It shows it as it is.
    Plain,
    /// Slack's: three characters are written as entities
    /// (<https://docs.slack.dev/messaging/formatting-message-text#escaping>).
    Slack,
    /// Discord's Markdown, in which punctuation is escaped with a backslash.
    Discord,
}

/// What each ping adds to the URL.
#[derive(Debug)]
pub struct PingRow {
    /// That a round began; `None` where that is not told.
    pub started: Option<Suffix>,
    /// That one ended well.
    pub fine: Suffix,
    /// That one did not.
    pub failed: Suffix,
    /// That somebody tests.
    pub test: Suffix,
}

/// Something at the end of a URL.
#[derive(Debug)]
pub struct Suffix {
    /// Behind its path.
    pub path: &'static str,
    /// In the place of its query; `None` keeps the user's.
    pub query: Option<&'static str>,
}
