//! The figures for programs.

use std::path::PathBuf;

use anyhow::{Context as _, Result};
use serde_json::{Value, json};

use super::Figure;

/// Writes `target/bench/results.json` and says where it is.
pub(crate) fn write(figures: &[Figure]) -> Result<PathBuf> {
    let this = std::env::current_exe()?;
    // target/release/sloop-bench
    let target = this.ancestors().nth(2).context("the target directory")?;
    let path = target.join("bench/results.json");
    std::fs::create_dir_all(target.join("bench"))?;
    let all: Vec<Value> = figures.iter().map(result).collect();
    std::fs::write(&path, serde_json::to_string_pretty(&all)? + "\n")?;
    Ok(path)
}

fn result(figure: &Figure) -> Value {
    json!({
        "name": figure.name,
        "value": figure.value,
        "unit": figure.unit,
        "baseline": figure.baseline,
        "ratio": figure.ratio(),
        "goal": figure.goal.map(|goal| goal.to_string()),
        "pass": figure.pass(),
        "note": figure.note,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::Goal;

    #[test]
    fn what_there_is_not_is_null() {
        let alone = result(&Figure::new("a", 1.5, "ms"));
        assert_eq!((alone["value"].as_f64(), alone["unit"].as_str()), (Some(1.5), Some("ms")));
        assert!(["baseline", "ratio", "goal", "pass"].iter().all(|key| alone[key].is_null()));
        let beside = result(&Figure::new("a", 1.5, "ms").beside(3.0).goal(Goal::RatioAtMost(0.75)));
        assert_eq!((beside["ratio"].as_f64(), beside["pass"].as_bool()), (Some(0.5), Some(true)));
    }
}
