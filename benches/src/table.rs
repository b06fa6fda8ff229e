//! Tables for terminal and Markdown alike.

use comfy_table::{CellAlignment, Table, presets::ASCII_MARKDOWN};

/// Prints `rows` under a title: the first column names, the others hold figures.
pub fn print(title: &str, header: &[&str], rows: Vec<Vec<String>>) {
    let mut table = Table::new();
    table.load_style(ASCII_MARKDOWN).set_header(header.to_vec()).add_rows(rows);
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    println!("\n{title}\n\n{table}");
}
