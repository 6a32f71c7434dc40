//! What exchanges cost over a network, by servers that charge a round trip for each, under a clock that stands still
//! unless everybody waits. The bounds allow for timers, which tick in milliseconds.

use crate::{client, get, network};
use dynflare::net::http::Client;
use dynflare_testkit::echo::{Echo, Say};
use dynflare_testkit::serve::{Server, handler, reply};
use dynflare_testkit::slow;
use dynflare_testkit::tls::{Authority, Identity};
use std::time::Duration;
use tokio::time::Instant;

const R: Duration = Duration::from_millis(50);

/// Asserts that the paused clock has moved by so many round trips since `began`.
fn took(began: Instant, round_trips: u32) {
    let (least, passed) = (R * round_trips, began.elapsed());
    assert!(least <= passed && passed <= least + Duration::from_millis(6), "{passed:?} for {round_trips} R");
}

async fn far_server(identity: &Identity) -> Server {
    slow::https(identity, R, handler(|_| async { reply(200, "ok") })).await
}

async fn ask(client: &Client) {
    client.send(get("/")).await.expect("the server answers");
}

#[tokio::test(start_paused = true)]
async fn a_fresh_request_costs_three_round_trips_and_the_next_one() {
    let authority = Authority::new();
    let identity = authority.loopback();
    for identity in [identity.clone(), identity.http1_only()] {
        let server = far_server(&identity).await;
        let client = client(&network(&authority), server.base());
        let began = Instant::now();
        ask(&client).await;
        took(began, 3);
        let began = Instant::now();
        ask(&client).await;
        took(began, 1);
    }
}

#[tokio::test(start_paused = true)]
async fn a_warmed_connection_has_paid_two_of_them() {
    let authority = Authority::new();
    let server = far_server(&authority.loopback()).await;
    let client = client(&network(&authority), server.base());
    let began = Instant::now();
    client.warm().await;
    took(began, 2);
    let began = Instant::now();
    ask(&client).await;
    took(began, 1);
}

#[tokio::test(start_paused = true)]
async fn concurrent_requests_on_one_connection_travel_together() {
    let authority = Authority::new();
    let server = far_server(&authority.loopback()).await;
    let client = client(&network(&authority), server.base());
    let began = Instant::now();
    tokio::join!(ask(&client), ask(&client), ask(&client), ask(&client), ask(&client));
    took(began, 3);
    let began = Instant::now();
    tokio::join!(ask(&client), ask(&client), ask(&client), ask(&client), ask(&client));
    took(began, 1);
    assert_eq!(server.accepted(), 1);
}

#[tokio::test(start_paused = true)]
async fn an_echo_source_says_what_it_is_told_to() {
    let authority = Authority::new();
    let echo = Echo::slow(&authority.loopback(), R, Say::address("192.0.2.7")).await;
    let client = client(&network(&authority), echo.base());
    let answer = client.send(get("/")).await.expect("it answers");
    assert_eq!((answer.status, answer.body.as_slice()), (200, b"192.0.2.7\n".as_slice()));
    echo.say(Say::After(Duration::from_secs(5), Box::new(Say::Reply(503, b"busy".to_vec()))));
    let began = Instant::now();
    let answer = client.send(get("/")).await.expect("it answers");
    assert_eq!((answer.status, answer.body.as_slice(), echo.asked()), (503, b"busy".as_slice(), 2));
    assert!(began.elapsed() >= Duration::from_secs(5));
}
