//! Figures, and how they are shown.

mod figure;
mod results;
mod table;

pub(crate) use self::{
    figure::{Figure, Goal},
    results::write,
    table::table,
};
