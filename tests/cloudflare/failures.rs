//! What comes out when something goes wrong on the way.

use crate::setting::{Setting, TOKEN, create, key, name, update};
use dynflare::provider::cloudflare::Credential;
use dynflare::provider::{Records, Scope};
use dynflare::secret::Secret;
use dynflare_core::fault::{Class, Fault};
use dynflare_core::record::RecordType;
use dynflare_testkit::cloudflare::{FakeCloudflare, FakeRecord, FakeZone, Grant, On, Trouble};
use std::time::Duration;

async fn read(setting: &Setting, trouble: Trouble) -> Fault {
    let zone = setting.zone().await;
    setting.fake.script(On::Read, trouble);
    let keys = [key("www.example.org", RecordType::A)];
    setting.cloudflare.list(&zone, Scope::Keys(&keys)).await.expect_err("scripted")
}

async fn write(setting: &Setting, trouble: Trouble) -> Fault {
    let zone = setting.zone().await;
    setting.fake.script(On::Write, trouble);
    let change = create("www.example.org", "192.0.2.1");
    setting.cloudflare.apply(&zone, &[change]).await.remove(0).expect_err("scripted")
}

#[tokio::test]
async fn ur_28_a_create_that_takes_effect_without_an_answer_is_unconfirmed() {
    for trouble in [Trouble::AppliedThenSilence, Trouble::AppliedThenCut] {
        let setting = Setting::new().await;
        let zone = setting.zone().await;
        setting.fake.script(On::Write, trouble.clone());
        let change = [create("www.example.org", "192.0.2.1")];
        let patience = Box::pin(setting.cloudflare.apply(&zone, &change));
        let outcome = skip_time(&setting.fake, patience).await.remove(0);
        assert_eq!(outcome.expect_err("no answer").class, Class::Unconfirmed, "{trouble:?}");
        assert_eq!(setting.fake.writes().len(), 1, "it is not repeated");
        assert_eq!(setting.fake.contents("example.org", "www.example.org", "A"), ["192.0.2.1"]);
    }
}

/// Lets the clock run ahead once the fake has the request, so that a deadline passes without being waited for.
async fn skip_time<T>(fake: &FakeCloudflare, mut work: impl Future<Output = T> + Unpin) -> T {
    while fake.writes().is_empty() {
        tokio::select! {
            biased;
            done = &mut work => return done,
            () = tokio::task::yield_now() => {}
        }
    }
    tokio::time::pause();
    let done = work.await;
    tokio::time::resume();
    done
}

#[tokio::test]
async fn ur_31_an_update_that_fails_with_500_is_unconfirmed_and_not_repeated() {
    let setting = Setting::new().await;
    let record = setting.listed(FakeRecord::new("A", "www.example.org", "192.0.2.1")).await;
    let zone = setting.zone().await;
    setting.fake.script(On::Write, Trouble::refusal(500, 1000, "Internal Server Error"));
    let fault =
        setting.cloudflare.apply(&zone, &[update(&record, "192.0.2.2")]).await.remove(0).expect_err("500");
    assert_eq!(fault.class, Class::Unconfirmed);
    assert_eq!(setting.fake.writes().len(), 1);
    assert_eq!(setting.fake.contents("example.org", "www.example.org", "A"), ["192.0.2.1"]);
}

#[tokio::test]
async fn a_batch_without_an_answer_is_unconfirmed_for_every_change_and_not_repeated() {
    let setting = Setting::new().await;
    let zone = setting.zone().await;
    setting.fake.script(On::Write, Trouble::AppliedThenCut);
    let changes = [create("a.example.org", "192.0.2.1"), create("b.example.org", "192.0.2.1")];
    let outcomes = setting.cloudflare.apply(&zone, &changes).await;
    for outcome in outcomes {
        assert_eq!(outcome.expect_err("no answer").class, Class::Unconfirmed);
    }
    assert_eq!(setting.fake.writes().len(), 1);
}

#[tokio::test]
async fn after_a_single_call_without_an_answer_the_others_are_not_sent_and_not_unconfirmed() {
    let setting = Setting::new().await;
    let zone = setting.zone().await;
    setting.fake.refuse_batches();
    setting.fake.script(On::Write, Trouble::refusal(405, 7001, "Method POST not available for that URI."));
    setting.fake.script(On::Write, Trouble::html(520, "<p>Web server returned an unknown error</p>"));
    let at_one_name: Vec<_> =
        (1..=3).map(|number| create("www.example.org", &format!("192.0.2.{number}"))).collect();
    let outcomes = setting.cloudflare.apply(&zone, &at_one_name).await;
    let classes: Vec<_> = outcomes.into_iter().map(|outcome| outcome.expect_err("520").class).collect();
    assert_eq!(classes, [Class::Unconfirmed, Class::Unavailable, Class::Unavailable]);
    assert_eq!(setting.fake.writes().len(), 2);
}

#[tokio::test]
async fn ur_48_a_limit_is_told_with_its_wait_and_nothing_more_is_sent() {
    let setting = Setting::new().await;
    let fault = read(&setting, Trouble::RateLimited { retry_after: Some(37) }).await;
    assert_eq!((fault.class, fault.retry_after), (Class::RateLimited, Some(Duration::from_secs(37))));
    assert_eq!(fault.status.as_deref(), Some("HTTP 429, 971"));

    let setting = Setting::new().await;
    let zone = setting.zone().await;
    setting.fake.refuse_batches();
    setting.fake.script(On::Write, Trouble::refusal(405, 7001, "Method POST not available for that URI."));
    setting.fake.script(On::Write, Trouble::RateLimited { retry_after: None });
    let at_one_name: Vec<_> =
        (1..=9).map(|number| create("www.example.org", &format!("192.0.2.{number}"))).collect();
    let outcomes = setting.cloudflare.apply(&zone, &at_one_name).await;
    for outcome in outcomes {
        let fault = outcome.expect_err("limited");
        assert_eq!((fault.class, fault.retry_after), (Class::RateLimited, Some(Duration::from_secs(240))));
    }
    assert_eq!(setting.fake.writes().len(), 2, "the batch, and one single call");
}

#[tokio::test]
async fn ur_43_refused_credentials_are_not_tried_again() {
    let setting = Setting::with(Grant::all().read_only()).await;
    let zone = setting.zone().await;
    let changes: Vec<_> =
        (0..20).map(|number| create(&format!("host{number}.example.org"), "192.0.2.1")).collect();
    for outcome in setting.cloudflare.apply(&zone, &changes).await {
        let fault = outcome.expect_err("read only");
        assert_eq!(fault.class, Class::Denied);
        assert_eq!(
            fault.hint.as_deref(),
            Some("give the token Zone.DNS:Edit on example.org (dash.cloudflare.com, My Profile, API Tokens)")
        );
    }
    assert_eq!(setting.fake.writes().len(), 1);
}

#[tokio::test]
async fn ur_43_a_token_with_an_address_filter_is_told_about_it() {
    let setting = Setting::with(Grant::all().refused_from("203.0.113.7")).await;
    let zone = name("example.org");
    let fault = setting.cloudflare.locate(Some(&zone), &zone).await.expect_err("filtered");
    assert_eq!(
        fault.to_string(),
        "the token may not be used from this machine's address (HTTP 403, 9109 \"Cannot use the access token from \
         location: 203.0.113.7\")"
    );
    assert!(fault.hint.is_some_and(|hint| hint.starts_with("remove the client IP filter of the token")));
}

#[tokio::test]
async fn ur_44_an_account_token_works_although_verification_refuses_it() {
    let setting = Setting::with(Grant::all().account_owned()).await;
    setting.apply(create("www.example.org", "192.0.2.1")).await.expect("made");
    assert!(
        setting.fake.log().iter().all(|seen| !seen.path.contains("verify")),
        "verification is never asked"
    );
}

#[tokio::test]
async fn a_global_key_works_with_its_e_mail_address_and_a_wrong_one_is_told() {
    let fake = FakeCloudflare::new();
    fake.zone(FakeZone::new("example.org"));
    let (email, good) = ("someone@example.org", "0123456789abcdef0123456789abcdef01234");
    fake.global_key(email, good, Grant::all());
    let key = |key: &str| Credential::GlobalKey { email: email.to_owned(), key: Secret::new(key) };
    let setting = Setting::around(fake, key(good)).await;
    setting.apply(create("www.example.org", "192.0.2.1")).await.expect("made");

    let zone = name("example.org");
    let wrong = setting.another(key("9123456789abcdef0123456789abcdef01234"));
    let fault = wrong.locate(Some(&zone), &zone).await.expect_err("unknown pair");
    assert_eq!(fault.what, "the e-mail address and the global key do not belong together");
    let short = setting.another(key("short"));
    let fault = short.locate(Some(&zone), &zone).await.expect_err("malformed");
    assert_eq!(fault.what, "the global key is malformed");
    let unknown = setting.another(Credential::Token(Secret::new("x")));
    let fault = unknown.locate(Some(&zone), &zone).await.expect_err("malformed");
    assert_eq!(fault.what, "the text of the token is malformed");
}

#[tokio::test]
async fn ur_45_no_fault_repeats_the_credential() {
    let setting = Setting::new().await;
    let body = format!("<html>you sent {TOKEN}</html>");
    let faults = [
        read(&setting, Trouble::html(200, body.clone())).await,
        read(&setting, Trouble::html(503, body.clone())).await,
        write(&setting, Trouble::html(403, body)).await,
        write(&setting, Trouble::refusal(400, 6003, &format!("bad {TOKEN}"))).await,
        read(&setting, Trouble::json(200, format!(r#"{{"success":true,"errors":[],"result":"{TOKEN}"}}"#)))
            .await,
        read(&setting, Trouble::refusal(403, 9109, &format!("Invalid access token {TOKEN}"))).await,
    ];
    for fault in faults {
        let shown = format!("{fault} {fault:?}");
        assert!(!shown.contains(TOKEN) && !shown.contains("Sn3lZ"), "{shown}");
    }
}

#[tokio::test]
async fn answers_of_every_broken_kind_are_faults_in_plain_words() {
    let setting = Setting::new().await;
    for (trouble, class, text) in [
        (
            Trouble::html(200, "<p>Log in</p>"),
            Class::Unexpected,
            "the answer is text/html; charset=UTF-8, which is not what the API speaks (HTTP 200 \"Log in\")",
        ),
        (
            Trouble::html(403, "error code: 1006"),
            Class::Barred,
            "Cloudflare's edge refuses everything from this address (HTTP 403, error 1006 \"error code: 1006\")",
        ),
        (
            Trouble::html(502, "<h1>Bad gateway</h1>"),
            Class::Unavailable,
            "the API is out of order (HTTP 502 \"Bad gateway\")",
        ),
        (
            Trouble::json(200, "[]"),
            Class::Unexpected,
            "the answer of the API is not as documented: it is JSON without the envelope (HTTP 200)",
        ),
        (
            Trouble::json(200, r#"{"success":false,"errors":[],"result":null}"#),
            Class::Unexpected,
            "the API says neither yes nor why not (HTTP 200)",
        ),
        (
            Trouble::json(200, r#"{"success":true,"errors":[],"result":[{"id":7}]}"#),
            Class::Unexpected,
            "the answer of the API is not as documented: invalid type: integer `7`, expected a string at line 1 \
             column 45 (HTTP 200)",
        ),
    ] {
        let fault = read(&setting, trouble).await;
        assert_eq!((fault.class, fault.to_string().as_str()), (class, text));
    }
    // The client repeats a read that was cut on a kept connection, once.
    setting.fake.script(On::Read, Trouble::Cut);
    assert_eq!(read(&setting, Trouble::Cut).await.class, Class::Unavailable);
}

#[tokio::test]
async fn a_write_whose_answer_is_broken_is_unconfirmed() {
    let setting = Setting::new().await;
    for trouble in [
        Trouble::Cut,
        Trouble::html(200, "<p>Log in</p>"),
        Trouble::html(524, "<p>A timeout occurred</p>"),
        Trouble::json(200, "{}"),
        Trouble::json(200, r#"{"success":"yes"}"#),
        Trouble::json(200, r#"{"success":false,"errors":[]}"#),
    ] {
        assert_eq!(write(&setting, trouble.clone()).await.class, Class::Unconfirmed, "{trouble:?}");
    }
}

#[tokio::test]
async fn a_zone_whose_top_level_domain_the_api_does_not_serve_is_refused_for_good() {
    let fake = FakeCloudflare::new();
    fake.token(TOKEN, Grant::all());
    fake.zone(FakeZone::new("example.tk"));
    let setting = Setting::around(fake, Credential::Token(Secret::new(TOKEN))).await;
    let at = name("example.tk");
    let zone = setting.cloudflare.locate(Some(&at), &at).await.expect("it can be read");
    let outcome = setting.cloudflare.apply(&zone, &[create("www.example.tk", "192.0.2.1")]).await.remove(0);
    let fault = outcome.expect_err("refused");
    assert_eq!(fault.class, Class::Invalid);
    assert_eq!(fault.what, "the API writes no records in zones under cf, ga, gq, ml and tk");
    assert_eq!(setting.fake.writes().len(), 1, "it is not tried in another form");
}
