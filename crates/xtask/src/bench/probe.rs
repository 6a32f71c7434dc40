//! Whether the far servers are as far as they should be: bare requests by the program's own client, from this process.

use super::child::Figures;
use dynflare::net::http::{Client, Method, Request};
use dynflare::net::{NetError, Network, NetworkSettings, Route};
use dynflare_testkit::serve::{handler, reply};
use dynflare_testkit::slow;
use dynflare_testkit::tls::Authority;
use std::time::{Duration, Instant};

/// What bare requests took.
pub(super) struct Probe {
    /// One request on a new connection: three round trips.
    pub(super) fresh: Figures,
    /// Five requests at once on a warm HTTP/2 connection: one round trip.
    pub(super) together: Figures,
}

const COUNT: usize = 11;

pub(super) async fn measure(away: Duration) -> Result<Probe, String> {
    let authority = Authority::new();
    let server = slow::https(&authority.loopback(), away, handler(|_| async { reply(200, "ok") })).await;
    let ca_files = vec![authority.file().to_owned()];
    let network = Network::new(NetworkSettings { ca_files, user_agent: "dynflare/bench".to_owned() });
    // The trust store is read once, and not what is measured here.
    network.trust().config(dynflare::net::tls::HTTP).await.map_err(|error| error.to_string())?;
    let base = server.base().parse().map_err(|error| format!("{}: {error}", server.base()))?;
    let (mut fresh, mut together) = (Vec::new(), Vec::new());
    for _ in 0..COUNT {
        let client = Client::new(&network, std::clone::Clone::clone(&base), Route::default());
        let began = Instant::now();
        get(&client).await.map_err(|error| error.to_string())?;
        fresh.push(began.elapsed());
        let began = Instant::now();
        tokio::try_join!(get(&client), get(&client), get(&client), get(&client), get(&client))
            .map_err(|error| error.to_string())?;
        together.push(began.elapsed());
    }
    Ok(Probe { fresh: Figures::of(fresh.into_iter()), together: Figures::of(together.into_iter()) })
}

async fn get(client: &Client) -> Result<(), NetError> {
    let timeout = Duration::from_secs(10);
    let request = Request {
        method: Method::GET,
        path: "/".to_owned(),
        headers: Vec::new(),
        body: None,
        timeout,
        limit: 4096,
    };
    client.send(request).await.map(|_| ())
}
