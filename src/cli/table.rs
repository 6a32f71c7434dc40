//! Tables for people: columns two blanks apart, no lines; at a terminal no wider than that, with its cells wrapped.

use super::terminal;
use comfy_table::presets::NOTHING;
use comfy_table::{ContentArrangement, Table};

/// No terminal is taken for narrower: what would fit there is not worth reading.
const NARROWEST: u16 = 40;

/// Lays rows out under their headings.
pub(super) fn table(headings: &[&str], rows: Vec<Vec<String>>) -> String {
    let text = laid_out(headings, rows, terminal::width());
    match text.split_once('\n') {
        Some((head, rest)) => format!("{}\n{rest}", terminal::heading(head)),
        None => terminal::heading(&text),
    }
}

/// The same for so many columns, or for as many as it takes.
fn laid_out(headings: &[&str], mut rows: Vec<Vec<String>>, width: Option<u16>) -> String {
    let width = width.map(|width| width.max(NARROWEST));
    let mut headings: Vec<String> = headings.iter().map(|heading| heading.to_uppercase()).collect();
    // A column that says nothing goes first where there is not room for all.
    if width.is_some_and(|width| natural(&headings, &rows) > usize::from(width)) {
        let empty = |column: usize| rows.iter().all(|row| row.get(column).is_none_or(String::is_empty));
        let keep: Vec<bool> = (0..headings.len()).map(|column| column == 0 || !empty(column)).collect();
        let mut kept = keep.iter();
        headings.retain(|_| *kept.next().unwrap_or(&true));
        for row in &mut rows {
            let mut kept = keep.iter();
            row.retain(|_| *kept.next().unwrap_or(&true));
        }
    }
    let fits = width.is_none_or(|width| natural(&headings, &rows) <= usize::from(width));
    // What is too much for columns is told as blocks, one for each row.
    if let Some(width) = width.filter(|width| !fits && headings.len() * 12 > usize::from(*width)) {
        return blocks(&headings, &rows, usize::from(width));
    }
    let mut table = Table::new();
    table.load_style(NOTHING).set_content_arrangement(ContentArrangement::Disabled);
    if let Some(width) = width.filter(|_| !fits) {
        table.set_content_arrangement(ContentArrangement::Dynamic).set_width(width);
    }
    table.set_header(headings);
    for row in rows {
        table.add_row(row);
    }
    for column in table.column_iter_mut() {
        column.set_padding((0, 2));
    }
    let lines: Vec<String> = table.lines().map(|line| line.trim_end().to_owned()).collect();
    lines.join("\n")
}

/// How many columns it takes if nothing is wrapped.
fn natural(headings: &[String], rows: &[Vec<String>]) -> usize {
    let widest = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count());
        cells.chain(headings.get(column).map(|heading| heading.chars().count())).max().unwrap_or(0) + 2
    };
    (0..headings.len()).map(widest).sum::<usize>().saturating_sub(2)
}

/// Each row as a block: its first cell, and below it every other that says something, with its heading.
fn blocks(headings: &[String], rows: &[Vec<String>], width: usize) -> String {
    let label = headings.iter().skip(1).map(|heading| heading.chars().count()).max().unwrap_or(0);
    let mut lines = vec![headings.first().cloned().unwrap_or_default()];
    for row in rows {
        let mut cells = headings.iter().zip(row);
        lines.extend(cells.next().filter(|(_, cell)| !cell.is_empty()).map(|(_, cell)| cell.clone()));
        for (heading, cell) in cells.filter(|(_, cell)| !cell.is_empty()) {
            let room = width.saturating_sub(label + 6).max(12);
            for (number, piece) in wrapped(cell, room).into_iter().enumerate() {
                let name = if number == 0 { heading.to_lowercase() } else { String::new() };
                lines.push(format!("    {name:label$}  {piece}"));
            }
        }
    }
    lines.join("\n")
}

/// Text in pieces no longer than that, between words where there are any.
pub(super) fn wrapped(text: &str, room: usize) -> Vec<String> {
    let mut pieces: Vec<String> = Vec::new();
    for word in text.split(' ') {
        match pieces.last_mut() {
            Some(piece) if piece.chars().count() + 1 + word.chars().count() <= room => {
                piece.push(' ');
                piece.push_str(word);
            }
            _ => {
                let letters: Vec<char> = word.chars().collect();
                pieces.extend(letters.chunks(room).map(|chunk| chunk.iter().collect::<String>()));
            }
        }
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows() -> Vec<Vec<String>> {
        let row = |cells: [&str; 4]| cells.map(str::to_owned).to_vec();
        vec![
            row(["ipify", "ipify", "", "it does not answer in time, and nobody knows why that is so"]),
            row(["akamai", "Akamai", "", "203.0.113.7"]),
        ]
    }

    const HEADINGS: [&str; 4] = ["source", "operator", "note", "said"];

    #[test]
    fn columns_are_aligned_and_lines_have_no_trailing_blanks() {
        let rows = vec![vec!["a".to_owned(), "long one".to_owned()], vec!["bbbb".to_owned(), String::new()]];
        assert_eq!(laid_out(&["id", "what"], rows, None), "ID    WHAT\na     long one\nbbbb");
    }

    #[test]
    fn no_line_is_wider_than_the_terminal_and_nothing_is_lost() {
        for width in [40, 60, 79] {
            let text = laid_out(&HEADINGS, rows(), Some(width));
            assert!(text.lines().all(|line| line.chars().count() <= usize::from(width)), "{width}:\n{text}");
            assert!(!text.contains("NOTE"), "a column that says nothing goes:\n{text}");
            for word in ["ipify", "Akamai", "203.0.113.7", "nobody", "so"] {
                assert!(text.contains(word), "{word} at {width}:\n{text}");
            }
        }
        assert!(laid_out(&HEADINGS, rows(), Some(200)).contains("NOTE"));
    }

    #[test]
    fn many_columns_become_blocks_where_there_is_no_room() {
        let headings = ["  source", "operator", "kind", "country", "votes", "family", "last success"];
        let cells = ["  dns:o-o.myaddr.l.google.com", "Google", "dns", "US", "no", "IPv4", "3 min ago"];
        let text = laid_out(&headings, vec![cells.map(str::to_owned).to_vec()], Some(60));
        let expected = "  SOURCE\n  dns:o-o.myaddr.l.google.com\n    operator      Google\n    kind          dns\n    \
                        country       US\n    votes         no\n    family        IPv4\n    last success  3 min ago";
        assert_eq!(text, expected);
    }
}
