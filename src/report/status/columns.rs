//! The snapshot in columns, for a terminal: the same as [`page`](super::page), with what is wrong below the table.

use super::page::{above, below, clean, held, holders, of_ballots, of_cause, standing};
use super::{AddressStatus, RecordStatus, Status};
use crate::report::clean::Cleaner;
use crate::report::human::Volume;
use crate::report::{when, words};

/// A piece of what is shown; a blank line goes between two.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    /// Lines.
    Text(String),
    /// Headings, and rows of as many cells.
    Table(Vec<&'static str>, Vec<Vec<String>>),
}

/// All of it, from above. `now` is in seconds since 1970-01-01 UTC.
pub fn columns(status: &Status, now: u64, volume: Volume) -> Vec<Piece> {
    let wrong = |one: &&RecordStatus| one.cause.is_some();
    let wrong: Vec<String> = status.records.iter().filter(wrong).flat_map(trouble).collect();
    let ballots = status.addresses.iter().filter(|_| volume >= Volume::Verbose).flat_map(said);
    let text = |lines: Vec<String>| Some(clean(&lines)).filter(|text| !text.is_empty()).map(Piece::Text);
    let pieces = [
        text(above(status, now)),
        table(&RECORDS, &status.records.iter().map(|one| of_record(one, now)).collect::<Vec<_>>()),
        text(wrong),
        table(&ADDRESSES, &status.addresses.iter().map(|one| of_address(one, now)).collect::<Vec<_>>()),
        text(ballots.collect()),
        text(below(status, now, volume)),
    ];
    pieces.into_iter().flatten().collect()
}

const RECORDS: [&str; 7] = ["name", "type", "account", "value", "state", "changed", "confirmed"];

const ADDRESSES: [&str; 6] = ["family", "uplink", "address", "for", "agreed", "by"];

/// A table without the columns in which no row says anything; nothing where there is no row.
fn table(headings: &[&'static str], rows: &[Vec<String>]) -> Option<Piece> {
    let said = |column: usize| rows.iter().any(|row| !row[column].is_empty());
    let kept: Vec<usize> = (0..headings.len()).filter(|column| said(*column)).collect();
    let cleaner = Cleaner::default();
    let cells = |row: &Vec<String>| kept.iter().map(|column| cleaner.whole(&row[*column])).collect();
    let headings = kept.iter().map(|column| headings[*column]).collect();
    (!rows.is_empty()).then(|| Piece::Table(headings, rows.iter().map(cells).collect()))
}

fn of_record(one: &RecordStatus, now: u64) -> Vec<String> {
    let values = held(one).map_or_else(str::to_owned, |values| values.join(" "));
    let next = one.next_try.map(|next| format!(", next try {}", when::ahead_of(next, now)));
    let confirmed = one.confirmation.as_ref().map(|confirmation| {
        let clause = confirmation.clause();
        clause.strip_prefix("confirmed by ").map(str::to_owned).unwrap_or(clause)
    });
    vec![
        one.record.name.clone(),
        one.record.rtype.clone(),
        one.record.account.clone(),
        values,
        standing(one, now) + &next.unwrap_or_default(),
        one.changed.map(|changed| when::ago_of(changed, now)).unwrap_or_default(),
        confirmed.unwrap_or_default(),
    ]
}

/// What is wrong with a record, below the table.
fn trouble(one: &RecordStatus) -> Vec<String> {
    std::iter::once(format!("error: {} is not right", one.record)).chain(of_cause(one)).collect()
}

fn of_address(one: &AddressStatus, now: u64) -> Vec<String> {
    let by = match one.verdict.as_str() {
        "agreed" => holders(one).join(", "),
        "none" | "" => String::new(),
        verdict => format!("not agreed this time ({verdict})"),
    };
    let lasted = one.since.filter(|_| one.address.is_some()).map(|since| now.saturating_sub(since));
    vec![
        format!("IPv{}", one.family),
        one.uplink.clone().unwrap_or_default(),
        one.address.map_or_else(|| "no address".to_owned(), |address| address.to_string()),
        lasted.map(words::lasting).unwrap_or_default(),
        one.agreed_at.map(|at| when::ago_of(at, now)).unwrap_or_default(),
        by,
    ]
}

/// Who said what of a family, a line each.
fn said(one: &AddressStatus) -> Vec<String> {
    if one.ballots.is_empty() {
        return Vec::new();
    }
    let by = one.uplink.as_ref().map(|uplink| format!(" by {uplink}")).unwrap_or_default();
    std::iter::once(format!("IPv{}{by}:", one.family)).chain(of_ballots(one)).collect()
}
