//! Tables with aligned columns.

use tracemend_trace::escaped;

/// Alignment of a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Align {
    /// For words.
    Left,
    /// For numbers.
    Right,
}

/// A table whose columns are as wide as their widest cell.
#[derive(Clone, Debug)]
pub(crate) struct Table {
    align: Vec<Align>,
    rows: Vec<Vec<String>>,
}

impl Table {
    /// Makes a table with these column heads.
    pub(crate) fn new(heads: &[(&str, Align)]) -> Self {
        let align = heads.iter().map(|(_, align)| *align).collect();
        Self { align, rows: vec![heads.iter().map(|(head, _)| (*head).to_owned()).collect()] }
    }

    /// Adds a row; missing cells are empty.
    pub(crate) fn row(&mut self, cells: Vec<String>) {
        // A cell is on one line, whatever it is named after.
        self.rows.push(cells.iter().map(|cell| escaped(cell).into_owned()).collect());
    }

    /// Whether the table has no rows besides its heads.
    pub(crate) fn is_empty(&self) -> bool {
        self.rows.len() == 1
    }

    /// Returns the lines of a Markdown table.
    #[cfg(any(feature = "eval", test))]
    pub(crate) fn markdown(&self) -> Vec<String> {
        let line = |cells: &[String]| format!("| {} |", cells.join(" | "));
        let escaped = |row: &Vec<String>| -> Vec<String> {
            (0..self.align.len())
                .map(|column| row.get(column).map_or_else(String::new, |cell| cell.replace('|', "\\|")))
                .collect()
        };
        let rule = self.align.iter().map(|align| if *align == Align::Left { "---" } else { "---:" }.to_owned());
        let mut lines: Vec<String> = self.rows.iter().map(|row| line(&escaped(row))).collect();
        lines.insert(1, line(&rule.collect::<Vec<_>>()));
        lines
    }

    /// Returns the lines, heads first, with two spaces between columns and none at the end.
    pub(crate) fn lines(&self) -> Vec<String> {
        let width = |column: usize| {
            self.rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max().unwrap_or(0)
        };
        let widths: Vec<usize> = (0..self.align.len()).map(width).collect();
        self.rows.iter().map(|row| line(row, &widths, &self.align)).collect()
    }
}

fn line(row: &[String], widths: &[usize], align: &[Align]) -> String {
    let mut text = String::new();
    for (column, (&width, align)) in widths.iter().zip(align).enumerate() {
        let cell = row.get(column).map_or("", String::as_str);
        let padding = " ".repeat(width - cell.chars().count());
        if column > 0 {
            text.push_str("  ");
        }
        match align {
            Align::Left => text.extend([cell, &padding]),
            Align::Right => text.extend([&padding, cell]),
        }
    }
    text.truncate(text.trim_end().len());
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_end_and_words_begin_at_one_column() {
        let mut table = Table::new(&[("name", Align::Left), ("n", Align::Right)]);
        table.row(vec!["a".into(), "1".into()]);
        table.row(vec!["longer".into(), "100".into()]);
        assert_eq!(table.lines(), ["name      n", "a         1", "longer  100"]);
        table.row(vec!["a|b".into()]);
        let markdown = ["| name | n |", "| --- | ---: |", "| a | 1 |", "| longer | 100 |", "| a\\|b |  |"];
        assert_eq!(table.markdown(), markdown);
    }
}
