//! Graphs made of characters. Pure: what is given is what is drawn.

use super::dress::Dress;
use super::kind::How;
use super::window::resample;

/// A graph is never narrower, in characters.
const NARROWEST: usize = 8;
/// The dots of a Braille character from below, those on the left and those on the right, as Unicode numbers them.
const BRAILLE: [[u32; 4]; 2] = [[0x40, 0x04, 0x02, 0x01], [0x80, 0x20, 0x10, 0x08]];
/// The Braille character without a dot.
const BLANK: u32 = 0x2800;

/// What graphs are drawn with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Glyphs {
    /// Eight dots in each character.
    Braille,
    /// What every terminal has.
    Ascii,
}

/// What is drawn on.
#[derive(Clone, Copy, Debug)]
pub(super) struct Canvas {
    /// Its width in characters.
    pub(super) columns: usize,
    /// The height of each graph in characters, without its title.
    pub(super) rows: u16,
    pub(super) glyphs: Glyphs,
}

/// What is drawn.
#[derive(Clone, Debug)]
pub(super) struct Graph {
    pub(super) name: &'static str,
    /// The last value, in words.
    pub(super) latest: String,
    /// One for each period; where nothing is known there is a gap.
    pub(super) slots: Vec<Option<f64>>,
    pub(super) how: How,
    pub(super) dress: Dress,
}

/// How many dots there is room for beside each other, with labels of the usual width.
pub(super) fn dots(columns: usize, glyphs: Glyphs) -> usize {
    columns.saturating_sub(12).max(NARROWEST) * glyphs.across()
}

/// Draws graphs below each other, their axes in one line.
pub(super) fn draw(graphs: &[Graph], canvas: Canvas) -> Vec<String> {
    let tops: Vec<f64> = graphs.iter().map(Graph::top).collect();
    let labels: Vec<Vec<String>> =
        graphs.iter().zip(&tops).map(|(graph, top)| labels(graph.dress, *top, canvas.rows)).collect();
    let width = labels.iter().flatten().map(|label| label.chars().count()).max().unwrap_or_default();
    let cells = canvas.columns.saturating_sub(width + 2).max(NARROWEST);
    let mut lines = Vec::new();
    for ((graph, top), labels) in graphs.iter().zip(tops).zip(labels) {
        lines.push(title(graph, width + 2 + cells));
        let axis = if canvas.glyphs == Glyphs::Braille { '│' } else { '|' };
        let body = body(graph, top, cells, canvas);
        let line =
            |(label, cells): (String, String)| format!("{label:>width$} {axis}{cells}").trim_end().to_owned();
        lines.extend(labels.into_iter().zip(body).map(line));
    }
    lines
}

impl Graph {
    /// Where its axis ends.
    fn top(&self) -> f64 {
        self.dress.top(self.slots.iter().flatten().copied().fold(0.0, f64::max))
    }
}

/// The name on the left, the last value on the right.
fn title(graph: &Graph, columns: usize) -> String {
    let Graph { name, latest, .. } = graph;
    let room = columns.saturating_sub(name.len() + 2);
    format!("{name}  {latest:>room$}")
}

/// What stands at the axis in each row, from above: where it ends and where it begins.
fn labels(dress: Dress, top: f64, rows: u16) -> Vec<String> {
    let (low, high) = (dress.show(0.0), dress.show(top));
    if rows < 2 {
        return vec![format!("{low}..{high}")];
    }
    let mut labels = vec![String::new(); rows.into()];
    if let [first, .., last] = &mut labels[..] {
        (*first, *last) = (high, low);
    }
    labels
}

/// The characters of each row, from above.
fn body(graph: &Graph, top: f64, cells: usize, canvas: Canvas) -> Vec<String> {
    let Canvas { rows, glyphs, .. } = canvas;
    let dots = resample(&graph.slots, cells * glyphs.across(), graph.how);
    let heights: Vec<usize> = dots.into_iter().map(|dot| height(dot, top, glyphs.levels(rows))).collect();
    let row =
        |row: usize| heights.chunks(glyphs.across()).map(|pair| glyphs.cell(pair, row)).collect::<String>();
    (0..rows.max(1)).rev().map(|number| row(number.into())).collect()
}

/// How many dots stand upon each other: none in a gap, one for nothing, and at least two for more than nothing.
fn height(value: Option<f64>, top: f64, levels: u16) -> usize {
    let Some(value) = value else { return 0 };
    let steps = levels - 1;
    let share = value / top * f64::from(steps);
    1 + (0..steps).filter(|step| f64::from(*step) < share).count()
}

impl Glyphs {
    /// Dots beside each other in a character.
    fn across(self) -> usize {
        match self {
            Self::Braille => 2,
            Self::Ascii => 1,
        }
    }

    /// Heights that can be told apart, without that of a gap.
    fn levels(self, rows: u16) -> u16 {
        match self {
            Self::Braille => rows.clamp(1, 1000) * 4,
            // Nothing has a character of its own.
            Self::Ascii => rows.clamp(1, 1000) + 1,
        }
    }

    /// The character in a row, counted from below, of what stands there.
    fn cell(self, heights: &[usize], row: usize) -> char {
        match self {
            Self::Braille => {
                let lit = |height: usize| height.saturating_sub(row * 4).min(4);
                let dots: u32 = heights
                    .iter()
                    .zip(BRAILLE)
                    .map(|(height, dots)| dots[..lit(*height)].iter().sum::<u32>())
                    .sum();
                char::from_u32(BLANK + dots).filter(|_| dots > 0).unwrap_or(' ')
            }
            Self::Ascii => match heights.first() {
                Some(height) if *height > row + 1 => '#',
                Some(1) if row == 0 => '_',
                _ => ' ',
            },
        }
    }
}

#[cfg(test)]
mod tests;
