//! How the page looks, in both schemes, at both widths, with and without trouble; and what axe says of each.

use crate::stage::{Stage, now, ordinary, past, troubled};
use dynflare_testkit::browser::Browser;
use serde_json::json;

#[tokio::test]
async fn it_is_readable_in_every_scheme_and_at_every_width_and_axe_finds_nothing() {
    let Some(mut browser) = Browser::start().await else { return };
    for (name, status) in [("ordinary", ordinary(now())), ("troubled", troubled(now()))] {
        let stage = Stage::showing(status, &past(now())).await;
        for scheme in ["light", "dark"] {
            for width in [360, 768, 1440] {
                browser.open(&stage.url(), json!({ "scheme": scheme, "width": width })).await;
                browser.picture(&format!("{name}-{scheme}-{width}")).await;
                let axe = browser.axe().await;
                assert_eq!(
                    (&axe["violations"], &axe["incomplete"]),
                    (&json!([]), &json!([])),
                    "{name} {scheme} {width}"
                );
                assert!(axe["passes"].as_u64() > Some(20), "{axe}");
                let wide = browser.evaluate("document.documentElement.scrollWidth").await;
                assert!(wide.as_u64() <= Some(width), "{name} {scheme} {width}: {wide}");
                assert_eq!(browser.complaints().await, json!([]));
            }
        }
    }
}
