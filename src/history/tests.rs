//! The files on a real file system, in every state a crash or a full disk leaves them in.

use super::*;
use crate::report::news::{Subject, What};
use std::fs;
use std::sync::atomic::{AtomicU32, Ordering};

/// A folder of its own for each test; removed at its end.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let name =
            format!("dynflare-history-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        Self(std::env::temp_dir().join(name))
    }

    fn text(&self) -> String {
        fs::read_to_string(self.0.join(NAME)).expect("it was written")
    }

    fn times(&self) -> Vec<u64> {
        read(&self.0).expect("it can be read").news.iter().map(|news| news.at).collect()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        fs::remove_dir_all(&self.0).ok();
    }
}

fn news(at: u64) -> News {
    let record = Subject { account: "cloudflare".into(), name: "home.example.org".into(), rtype: "A".into() };
    let what = What::Changed { from: vec!["192.0.2.1".into()], to: vec!["203.0.113.7".into()] };
    News { at, record: Some(record), what, ballots: Vec::new() }
}

#[test]
fn what_is_appended_is_read_back_in_its_order_and_nothing_is_there_before() {
    let folder = Folder::new();
    let mut history = History::open(&folder.0);
    assert!(!folder.0.exists(), "opening makes nothing");
    assert_eq!(read(&folder.0).expect("no history is an empty one"), Past::default());
    for at in [1, 2, 3] {
        assert!(history.append(&news(at)).is_none());
    }
    let past = read(&folder.0).expect("it can be read");
    assert_eq!(past, Past { news: vec![news(1), news(2), news(3)], skipped: 0 });
    let first = r#"{"at":1,"record":{"account":"cloudflare","name":"home.example.org","type":"A"},"kind":"changed","from":["192.0.2.1"],"to":["203.0.113.7"]}"#;
    assert_eq!(folder.text().lines().next(), Some(first));
}

#[cfg(unix)]
#[test]
fn only_its_owner_can_read_it() {
    use std::os::unix::fs::PermissionsExt;
    let folder = Folder::new();
    History::open(&folder.0).append(&news(1));
    let mode = |path: &Path| fs::metadata(path).expect("it is there").permissions().mode() & 0o777;
    assert_eq!((mode(&folder.0), mode(&folder.0.join(NAME))), (0o700, 0o600));
}

#[test]
fn a_line_that_a_crash_cut_off_is_taken_away_by_the_next() {
    let folder = Folder::new();
    let mut history = History::open(&folder.0);
    history.append(&news(1));
    history.append(&news(2));
    let whole = folder.text();
    let second = whole.find('\n').expect("two lines") + 1;
    for cut in second..=whole.len() {
        fs::write(folder.0.join(NAME), &whole[..cut]).expect("it can be written");
        // Only the end of the line is missing at the last cut but one: nothing is lost there.
        let kept = if cut + 1 >= whole.len() { vec![1, 2] } else { vec![1] };
        assert_eq!(folder.times(), kept, "read before it is mended, cut at {cut}");
        assert!(History::open(&folder.0).append(&news(3)).is_none());
        assert_eq!(folder.times(), [kept, vec![3]].concat(), "cut at {cut}");
        assert_eq!(read(&folder.0).expect("it can be read").skipped, 0, "cut at {cut}");
    }
}

#[test]
fn a_history_that_grew_is_put_aside_and_read_over_all_its_files_until_the_oldest_goes() {
    let folder = Folder::new();
    let mut history = History::open(&folder.0);
    history.keeping.largest = 1000;
    for at in 0..100 {
        assert!(history.append(&news(at)).is_none());
    }
    let times = folder.times();
    assert_eq!(times.last(), Some(&99));
    assert!(times.windows(2).all(|pair| pair[0] + 1 == pair[1]), "{times:?}");
    let files = fs::read_dir(&folder.0).expect("a folder").count();
    assert_eq!(files, ASIDE + 1, "so many files are kept, and no more");
    assert!(times.len() >= 6 * ASIDE, "{} are left", times.len());
}

#[test]
fn lines_that_are_not_understood_are_counted_and_harm_nobody() {
    let folder = Folder::new();
    let mut history = History::open(&folder.0);
    history.append(&news(1));
    let mut text = folder.text();
    text.push_str("{\"at\":5,\"kind\":\"of another version\"}\n\u{0}\u{0}\n");
    fs::write(folder.0.join(NAME), text).expect("it can be written");
    history.append(&news(2));
    assert_eq!(folder.times(), [1, 2]);
    assert_eq!(read(&folder.0).expect("it can be read").skipped, 2);
}

#[test]
fn ur_52_a_history_that_cannot_be_written_warns_once_and_catches_up() {
    let folder = Folder::new();
    fs::write(&folder.0, "a file where the directory should be").expect("it can be written");
    let mut history = History::open(&folder.0);
    let warning = history.append(&news(1)).expect("it cannot be written");
    assert!(warning.to_string().starts_with("cannot write "), "{warning}");
    assert!(history.append(&news(2)).is_none(), "one warning is enough");
    fs::remove_file(&folder.0).expect("it can be removed");
    assert!(history.append(&news(3)).is_none());
    assert_eq!(folder.times(), [1, 2, 3]);
    fs::remove_dir_all(&folder.0).expect("it can be removed");
    fs::write(&folder.0, "once more").expect("it can be written");
    assert!(history.append(&news(4)).is_some(), "a new trouble is told again");
    fs::remove_file(&folder.0).expect("it can be removed");
}

#[test]
fn a_disk_that_stays_away_costs_a_bounded_number_of_lines() {
    let folder = Folder::new();
    fs::write(&folder.0, "a file where the directory should be").expect("it can be written");
    let mut history = History::open(&folder.0);
    for at in 0..1000 {
        history.append(&news(at));
    }
    assert_eq!(history.waiting.len(), WAITING);
    fs::remove_file(&folder.0).expect("it can be removed");
    history.append(&news(1000));
    assert_eq!(folder.times().first(), Some(&(1000 - WAITING as u64)));
}

#[test]
fn what_comes_together_is_written_together_and_however_much_it_is_nothing_is_dropped() {
    let folder = Folder::new();
    let mut history = History::open(&folder.0);
    assert!(history.extend(Vec::<News>::new()).is_none());
    assert!(!folder.0.join(NAME).exists(), "nothing is made before there is news");
    let many = WAITING as u64 * 2;
    assert!(history.extend((0..many).map(news)).is_none());
    assert_eq!(folder.times(), (0..many).collect::<Vec<_>>());
}

#[test]
fn two_processes_append_side_by_side() {
    let folder = Folder::new();
    let writers: Vec<_> = (0..4)
        .map(|writer| {
            let path = folder.0.clone();
            std::thread::spawn(move || {
                let mut history = History::open(&path);
                for at in 0..50 {
                    assert!(history.append(&news(writer * 50 + at)).is_none());
                }
            })
        })
        .collect();
    for writer in writers {
        writer.join().expect("it does not panic");
    }
    let mut times = folder.times();
    times.sort_unstable();
    assert_eq!(times, (0..200).collect::<Vec<_>>());
}
