//! What every adapter does alike.

use crate::fake::Fake;
use crate::world::{NAME, Trouble, With, World, keeps_secrets, key, name};
use dynflare::provider::registry::ADDRESSES;
use dynflare_core::fault::{Class, Fault};
use dynflare_core::plan::Replace;
use dynflare_core::record::RecordType::{A, Aaaa, Txt};
use std::time::Duration;

type This = &'static dyn Fake;

pub(crate) async fn an_address_is_created(fake: This) {
    let world = World::new(fake).await;
    let before = world.neighbours(NAME, "A");
    assert!(world.get(&key(NAME, A)).await.values.is_empty());
    world.put(&key(NAME, A), &["192.0.2.1"], 3600).await.expect("it is created");
    assert_eq!(world.values(NAME, "A"), ["192.0.2.1"]);
    let set = world.get(&key(NAME, A)).await;
    assert_eq!(set.values, ["192.0.2.1"]);
    assert_eq!(world.neighbours(NAME, "A"), before);
    if world.info.has(dynflare::provider::registry::Attribute::Ttl) {
        assert_eq!(set.ttl, Some(3600));
    }
    if world.info.types.contains(&Aaaa) {
        world.put(&key(NAME, Aaaa), &["2001:db8::1"], 3600).await.expect("IPv6 is created");
        assert_eq!(world.get(&key(NAME, Aaaa)).await.values, ["2001:db8::1"]);
        assert_eq!(world.values(NAME, "A"), ["192.0.2.1"]);
    }
}

pub(crate) async fn a_change_leaves_no_moment_without_an_address(fake: This) {
    let world = World::filled(fake, |store| {
        store.add(NAME, "A", "192.0.2.1", 3600);
    })
    .await;
    let before = world.neighbours(NAME, "A");
    world.put(&key(NAME, A), &["192.0.2.2"], 3600).await.expect("it is changed");
    assert_eq!(world.values(NAME, "A"), ["192.0.2.2"]);
    assert_eq!(world.neighbours(NAME, "A"), before);
    let seen = &world.state.lock().expect("nobody panics").seen;
    assert!(seen.iter().all(|values| !values.is_empty()), "{seen:?}");
}

pub(crate) async fn reading_changes_nothing(fake: This) {
    let world = World::filled(fake, |store| {
        store.add(NAME, "A", "192.0.2.1", 3600);
    })
    .await;
    for _ in 0..2 {
        assert_eq!(world.get(&key(NAME, A)).await.values, ["192.0.2.1"]);
    }
    assert_eq!(world.writes(), 0);
}

pub(crate) async fn a_record_is_removed_and_nothing_else(fake: This) {
    let world = World::filled(fake, |store| {
        store.add(NAME, "A", "192.0.2.1", 3600);
    })
    .await;
    let before = world.neighbours(NAME, "A");
    world.put(&key(NAME, A), &[], 3600).await.expect("it is removed");
    assert!(world.values(NAME, "A").is_empty());
    assert_eq!(world.neighbours(NAME, "A"), before);
}

pub(crate) async fn the_zones_own_name_and_wildcards_are_names_like_others(fake: This) {
    let world = World::new(fake).await;
    let can = world.info.can;
    for (name, can) in [("example.org", can.apex), ("*.example.org", can.wildcard)] {
        if !can {
            continue;
        }
        let before = world.neighbours(name, "A");
        world.put(&key(name, A), &["192.0.2.1"], 3600).await.expect("it is created");
        assert_eq!(world.values(name, "A"), ["192.0.2.1"], "{name}");
        world.put(&key(name, A), &["192.0.2.2"], 3600).await.expect("it is changed");
        assert_eq!(world.get(&key(name, A)).await.values, ["192.0.2.2"], "{name}");
        assert_eq!(world.neighbours(name, "A"), before);
    }
}

pub(crate) async fn of_several_values_one_changes_and_a_foreign_one_stays_as_it_is(fake: This) {
    let world = World::filled(fake, |store| {
        store.add(NAME, "A", "192.0.2.1", 3600);
        store.add(NAME, "A", "192.0.2.9", 3600);
    })
    .await;
    if !world.info.can.several {
        return;
    }
    let foreign = || world.records(NAME, "A").into_iter().find(|record| record.value == "192.0.2.9");
    let before = foreign();
    assert_eq!(world.get(&key(NAME, A)).await.values, ["192.0.2.1", "192.0.2.9"]);
    world.put(&key(NAME, A), &["192.0.2.2", "192.0.2.9"], 3600).await.expect("one is changed");
    assert_eq!(world.values(NAME, "A"), ["192.0.2.2", "192.0.2.9"]);
    assert_eq!(foreign(), before);
    world.put(&key(NAME, A), &["192.0.2.2", "192.0.2.3", "192.0.2.9"], 3600).await.expect("one is added");
    world.put(&key(NAME, A), &["192.0.2.9"], 3600).await.expect("two are removed");
    assert_eq!(world.values(NAME, "A"), ["192.0.2.9"]);
    assert_eq!(foreign(), before);
}

pub(crate) async fn texts_are_written_and_read_back(fake: This) {
    let world = World::new(fake).await;
    if !world.info.types.contains(&Txt) {
        assert_eq!(world.info.types, ADDRESSES);
        return;
    }
    let key = key("_spf.example.org", Txt);
    let value = "\"v=spf1 ip4:192.0.2.1 -all\"";
    world.put(&key, &[value], 3600).await.expect("it is created");
    assert_eq!(world.values("_spf.example.org", "TXT"), ["v=spf1 ip4:192.0.2.1 -all"]);
    assert_eq!(world.get(&key).await.values, [value]);
}

pub(crate) async fn a_ttl_is_no_shorter_than_the_provider_takes(fake: This) {
    let world = World::new(fake).await;
    if !world.info.has(dynflare::provider::registry::Attribute::Ttl) {
        return;
    }
    world.put(&key(NAME, A), &["192.0.2.1"], 1).await.expect("it is created");
    let least = world.info.min_ttl.max(1);
    assert!(world.records(NAME, "A").iter().all(|record| record.ttl >= least));
}

pub(crate) async fn long_lists_are_read_to_their_end(fake: This) {
    let world = World::filled(fake, |store| {
        for number in 0..230 {
            store.add_zone(&format!("zone{number}.example.net"));
            store.add(&format!("a{number}.example.org"), "A", "192.0.2.99", 3600);
        }
        store.add_zone("sub.example.org");
        store.add_zone("example.com");
        store.add(NAME, "A", "192.0.2.1", 3600);
    })
    .await;
    assert_eq!(world.get(&key(NAME, A)).await.values, ["192.0.2.1"]);
    let found = world.adapter.locate(None, &name("a.b.sub.example.org")).await;
    if world.info.can.auto {
        assert_eq!(found.expect("it is found").name, name("sub.example.org"));
        let whole = world.adapter.locate(None, &name("example.com")).await;
        assert_eq!(whole.expect("it is found").name, name("example.com"));
        let none = world.adapter.locate(None, &name("a.example.edu")).await.expect_err("there is none");
        assert_eq!(none.class, Class::NoSuchZone);
    } else {
        assert_eq!(found.expect_err("it cannot be told").class, Class::Invalid);
    }
}

pub(crate) async fn a_zone_that_is_not_there_is_told_before_anything_is_lost(fake: This) {
    if !fake.has_zones() {
        return;
    }
    let world = World::new(fake).await;
    if !fake.knows_zones() {
        return;
    }
    let tried = async {
        let key = key("home.example.edu", A);
        let zone = world.adapter.locate(Some(&name("example.edu")), &key.name).await?;
        let expect = world.adapter.get(&zone, &key).await?;
        world
            .adapter
            .replace(&zone, &Replace { expect, values: vec!["192.0.2.1".to_owned()], ttl: 3600 })
            .await
    };
    let fault = tried.await.expect_err("there is no such zone");
    keeps_secrets(&fault);
    assert_eq!(fault.class, Class::NoSuchZone, "{fault}");
}

pub(crate) async fn a_zone_with_other_letters_is_a_zone_like_others(fake: This) {
    let world = World::filled(fake, |store| store.add_zone("xn--bcher-kva.example")).await;
    let key = key("home.xn--bcher-kva.example", A);
    let zone =
        world.adapter.locate(Some(&name("xn--bcher-kva.example")), &key.name).await.expect("it is found");
    let expect = world.adapter.get(&zone, &key).await.expect("it is read");
    let step = Replace { expect, values: vec!["192.0.2.1".to_owned()], ttl: 3600 };
    world.adapter.replace(&zone, &step).await.expect("it is written");
    assert_eq!(world.adapter.get(&zone, &key).await.expect("it is read").values, ["192.0.2.1"]);
}

pub(crate) async fn refused_credentials_are_denied(fake: This) {
    let world = World::new(fake).await;
    world.trouble(With::Everything, Trouble::ShutOut);
    let fault = world.put(&key(NAME, A), &["192.0.2.1"], 3600).await.expect_err("it is shut out");
    assert_eq!(fault.class, Class::Denied, "{fault}");
    assert!(fault.hint.is_some_and(|hint| hint.contains('`')), "the hint names the setting");
    // Reading is allowed, writing is not.
    world.trouble(With::Writes, Trouble::Status(403));
    let fault = world.put(&key(NAME, A), &["192.0.2.1"], 3600).await.expect_err("it may not write");
    assert_eq!(fault.class, Class::Denied, "{fault}");
    assert!(world.values(NAME, "A").is_empty());
}

pub(crate) async fn too_many_requests_are_heeded(fake: This) {
    let world = World::new(fake).await;
    world.trouble(With::Everything, Trouble::Busy);
    let fault = world.put(&key(NAME, A), &["192.0.2.1"], 3600).await.expect_err("it has to wait");
    assert_eq!(fault.class, Class::RateLimited, "{fault}");
    let sent = world.state.lock().expect("nobody panics").asked.len();
    world.at_peace();
    let fault = world.put(&key(NAME, A), &["192.0.2.1"], 3600).await.expect_err("it still has to wait");
    assert_eq!(fault.class, Class::RateLimited, "{fault}");
    assert!(fault.retry_after.is_some_and(|wait| wait > Duration::ZERO && wait <= Duration::from_secs(60)));
    assert_eq!(world.state.lock().expect("nobody panics").asked.len(), sent, "nothing is sent meanwhile");
}

/// What is said after trouble with reading, and after trouble with writing.
async fn faults(world: &World, trouble: Trouble) -> (Fault, Fault) {
    let mut told = Vec::new();
    for with in [With::Everything, With::Writes] {
        world.trouble(with, trouble);
        told.push(world.put(&key(NAME, A), &["192.0.2.1"], 3600).await.expect_err("it fails"));
    }
    let write = told.pop().expect("two");
    (told.pop().expect("one more"), write)
}

pub(crate) async fn an_outage_leaves_a_write_open_and_nothing_else(fake: This) {
    let world = World::new(fake).await;
    let (read, write) = faults(&world, Trouble::Broken).await;
    assert_eq!((read.class, write.class), (Class::Unavailable, Class::Unconfirmed), "{read}; {write}");
    world.at_peace();
    world.put(&key(NAME, A), &["192.0.2.1"], 3600).await.expect("all is well again");
}

pub(crate) async fn a_cut_connection_leaves_a_write_open_and_nothing_else(fake: This) {
    let world = World::new(fake).await;
    let (read, write) = faults(&world, Trouble::Cut).await;
    assert_eq!((read.class, write.class), (Class::Unavailable, Class::Unconfirmed), "{read}; {write}");
}

pub(crate) async fn a_page_in_place_of_the_api_is_not_believed(fake: This) {
    let world = World::filled(fake, |store| {
        store.add(NAME, "A", "192.0.2.1", 3600);
    })
    .await;
    world.trouble(With::Everything, Trouble::Garbage);
    let fault = world.put(&key(NAME, A), &["192.0.2.2"], 3600).await.expect_err("that is not the API");
    assert_eq!(fault.class, Class::Unexpected, "{fault}");
    assert_eq!(world.values(NAME, "A"), ["192.0.2.1"]);
}

pub(crate) async fn silence_leaves_a_write_open_and_nothing_else(fake: This) {
    for (with, class) in [(With::Everything, Class::Unavailable), (With::Writes, Class::Unconfirmed)] {
        let world = World::new(fake).await;
        world.trouble(with, Trouble::Silence);
        let key = key(NAME, A);
        let tried = world.put(&key, &["192.0.2.1"], 3600);
        let patience = async {
            world.silent.notified().await;
            tokio::time::pause();
            tokio::time::advance(Duration::from_secs(60)).await;
            std::future::pending::<()>().await;
        };
        let fault = tokio::select! {
            tried = tried => tried.expect_err("nobody answers"),
            () = patience => unreachable!("it waits for ever"),
        };
        tokio::time::resume();
        assert_eq!(fault.class, class, "{fault}");
    }
}

pub(crate) async fn what_somebody_else_changed_meanwhile_is_left_alone(fake: This) {
    let world = World::filled(fake, |store| {
        store.add(NAME, "A", "192.0.2.1", 3600);
    })
    .await;
    let zone = world.zone().await;
    let expect = world.get(&key(NAME, A)).await;
    world
        .state
        .lock()
        .expect("nobody panics")
        .store
        .records
        .retain(|record| record.name != NAME || record.rtype != "A");
    world.state.lock().expect("nobody panics").store.add(NAME, "A", "192.0.2.77", 3600);
    let step = Replace { expect, values: vec!["192.0.2.2".to_owned()], ttl: 3600 };
    let fault = world.adapter.replace(&zone, &step).await.expect_err("it is not what was read");
    assert_eq!(fault.class, Class::Unconfirmed, "{fault}");
    assert_eq!((world.values(NAME, "A"), world.writes()), (vec!["192.0.2.77".to_owned()], 0));
}
