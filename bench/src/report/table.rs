//! The figures for people.

use std::fmt::Write as _;

use super::Figure;

/// A table of all figures.
pub(crate) fn table(figures: &[Figure]) -> String {
    let mut rows = vec![["figure", "value", "bare tool", "ratio", "goal", "", ""].map(str::to_owned)];
    rows.extend(figures.iter().map(row));
    let widths: Vec<usize> =
        (0..6).map(|column| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0)).collect();
    let mut text = String::new();
    for row in &rows {
        let mut line = String::new();
        for (column, cell) in row.iter().enumerate() {
            let width = widths.get(column).copied().unwrap_or(0);
            // Numbers stand under each other; words begin at the left.
            let _ = match column {
                1..=3 => write!(line, "{cell:>width$}  "),
                _ => write!(line, "{cell:<width$}  "),
            };
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

fn row(figure: &Figure) -> [String; 7] {
    let counted = |value: f64| format!("{} {}", number(value), figure.unit);
    let judged = match figure.pass() {
        Some(true) => "holds",
        Some(false) => "MISSED",
        None => "",
    };
    [
        figure.name.clone(),
        figure.value.map_or_else(|| "-".to_owned(), counted),
        figure.baseline.map_or_else(String::new, counted),
        figure.ratio().map_or_else(String::new, |ratio| format!("{ratio:.2}×")),
        figure.goal.map_or_else(String::new, |goal| goal.to_string()),
        judged.to_owned(),
        figure.note.clone(),
    ]
}

/// Three digits say enough.
fn number(value: f64) -> String {
    match value {
        value if value < 10.0 => format!("{value:.2}"),
        value if value < 100.0 => format!("{value:.1}"),
        value => format!("{value:.0}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::Goal;

    #[test]
    fn columns_are_aligned_and_misses_stand_out() {
        let figures = [
            Figure::new("delete", 260.0, "ms").beside(200.0).goal(Goal::OverBaseline(50.0)),
            Figure::new("idle", 9.5, "MiB").goal(Goal::AtMost(25.0)).note("resident"),
        ];
        let expected = "\
figure     value  bare tool  ratio  goal
delete    260 ms     200 ms  1.30×  ≤ bare + 50  MISSED
idle    9.50 MiB                    ≤ 25         holds   resident
";
        assert_eq!(table(&figures), expected);
    }
}
