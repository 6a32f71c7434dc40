//! Tables for people: columns two blanks apart, no lines, wrapped at the width of the terminal.

use comfy_table::presets::NOTHING;
use comfy_table::{ContentArrangement, Table};

/// Lays rows out under their headings.
pub(super) fn table(headings: &[&str], rows: Vec<Vec<String>>) -> String {
    let mut table = Table::new();
    table.load_style(NOTHING).set_content_arrangement(ContentArrangement::Disabled);
    table.set_header(headings.iter().map(|heading| heading.to_uppercase()));
    for row in rows {
        table.add_row(row);
    }
    for column in table.column_iter_mut() {
        column.set_padding((0, 2));
    }
    let lines: Vec<String> = table.lines().map(|line| line.trim_end().to_owned()).collect();
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::table;

    #[test]
    fn columns_are_aligned_and_lines_have_no_trailing_blanks() {
        let rows = vec![vec!["a".to_owned(), "long one".to_owned()], vec!["bbbb".to_owned(), String::new()]];
        assert_eq!(table(&["id", "what"], rows), "ID    WHAT\na     long one\nbbbb");
    }
}
