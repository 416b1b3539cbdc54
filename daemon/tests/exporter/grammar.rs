//! A strict reader of OpenMetrics 1.0, as far as the exporter has use for it:
//! <https://github.com/prometheus/OpenMetrics/blob/v1.0.0/specification/OpenMetrics.md>

use std::collections::{BTreeMap, HashSet};

/// One number.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Sample {
    pub(crate) name: String,
    pub(crate) labels: BTreeMap<String, String>,
    pub(crate) value: f64,
}

impl Sample {
    /// A label's value; empty where there is no such label, which is the same to Prometheus.
    pub(crate) fn label(&self, name: &str) -> &str {
        self.labels.get(name).map_or("", String::as_str)
    }
}

/// All numbers of a text, or what is wrong with it.
pub(crate) fn read(text: &str) -> Result<Vec<Sample>, String> {
    let body = text.strip_suffix("# EOF\n").ok_or("it does not end with # EOF")?;
    let body = if body.is_empty() { body } else { body.strip_suffix('\n').ok_or("an unended line")? };
    let mut reader = Reader::default();
    // A carriage return is a character like others.
    for line in body.split('\n').filter(|_| !body.is_empty()) {
        let outcome = match line.strip_prefix("# ") {
            Some(told) => reader.describe(told),
            None => reader.sample(line),
        };
        outcome.map_err(|why| format!("{why}: {line:?}"))?;
    }
    Ok(reader.samples)
}

#[derive(Default)]
struct Reader {
    /// The family that is being read.
    family: Family,
    families: HashSet<String>,
    /// What samples of families are called.
    sample_names: HashSet<String>,
    seen: HashSet<(String, BTreeMap<String, String>)>,
    samples: Vec<Sample>,
}

#[derive(Default)]
struct Family {
    name: String,
    sort: Option<String>,
    has_unit: bool,
    has_help: bool,
    has_samples: bool,
}

impl Reader {
    /// A line that says something of a family.
    fn describe(&mut self, told: &str) -> Result<(), String> {
        let mut words = told.splitn(3, ' ');
        let (Some(what), Some(name), Some(rest)) = (words.next(), words.next(), words.next()) else {
            return Err("too few words".into());
        };
        if self.family.name != name {
            if !is_name(name) || !name.starts_with("sloop_") {
                return Err("no name for a family".into());
            }
            if !self.families.insert(name.to_owned()) {
                return Err("a family in two places".into());
            }
            self.family = Family { name: name.to_owned(), ..Family::default() };
        }
        if self.family.has_samples {
            return Err("told behind its samples".into());
        }
        match what {
            "HELP" => once(&mut self.family.has_help),
            "UNIT" if name.ends_with(&format!("_{rest}")) => once(&mut self.family.has_unit),
            "UNIT" => Err("the name does not end with the unit".into()),
            "TYPE" => self.sort(name, rest),
            _ => Err("not one of HELP, UNIT, TYPE".into()),
        }
    }

    fn sort(&mut self, name: &str, sort: &str) -> Result<(), String> {
        let suffix = suffix(sort)?;
        if self.family.sort.replace(sort.to_owned()).is_some() {
            return Err("two types".into());
        }
        if ["_total", "_info", "_created", "_bucket", "_count", "_sum"].iter().any(|end| name.ends_with(end))
        {
            return Err("the name of a family ends as that of a sample".into());
        }
        if !self.sample_names.insert(format!("{name}{suffix}")) {
            return Err("samples of two families have one name".into());
        }
        Ok(())
    }

    fn sample(&mut self, line: &str) -> Result<(), String> {
        let sample = sample(line)?;
        let sort = self.family.sort.as_deref().ok_or("a sample before its type")?;
        if sample.name != format!("{}{}", self.family.name, suffix(sort)?) {
            return Err("not a sample of the family above".into());
        }
        let is_sound = match sort {
            "counter" => sample.value >= 0.0,
            "info" => (sample.value - 1.0).abs() < f64::EPSILON,
            _ => true,
        };
        if !sample.value.is_finite() || !is_sound {
            return Err("no value for its type".into());
        }
        if !self.seen.insert((sample.name.clone(), sample.labels.clone())) {
            return Err("twice".into());
        }
        self.family.has_samples = true;
        self.samples.push(sample);
        Ok(())
    }
}

/// How the samples of such a family end.
fn suffix(sort: &str) -> Result<&'static str, String> {
    match sort {
        "counter" => Ok("_total"),
        "gauge" => Ok(""),
        "info" => Ok("_info"),
        other => Err(format!("no such type here: {other}")),
    }
}

fn once(seen: &mut bool) -> Result<(), String> {
    if std::mem::replace(seen, true) { Err("told twice".into()) } else { Ok(()) }
}

fn is_name(text: &str) -> bool {
    let is_part = |part: char| part == '_' || part.is_ascii_alphanumeric();
    text.chars().all(is_part) && text.starts_with(|first: char| first == '_' || first.is_ascii_alphabetic())
}

fn sample(line: &str) -> Result<Sample, String> {
    let end = line.find(['{', ' ']).ok_or("no value")?;
    let (name, rest) = line.split_at(end);
    let (labels, rest) = match rest.strip_prefix('{') {
        Some(inside) => labels(inside)?,
        None => (BTreeMap::new(), rest),
    };
    let value = rest.strip_prefix(' ').ok_or("no space before the value")?;
    let value = value.parse::<f64>().map_err(|_| "no number")?;
    Ok(Sample { name: name.to_owned(), labels, value })
}

/// The labels, and what follows their brace.
fn labels(mut text: &str) -> Result<(BTreeMap<String, String>, &str), String> {
    let mut labels = BTreeMap::new();
    loop {
        let (name, rest) = text.split_once("=\"").ok_or("a label without a value")?;
        if !is_name(name) || name.starts_with("__") {
            return Err(format!("no name for a label: {name:?}"));
        }
        // Prometheus has its own of these, and calls others exported_instance and exported_job.
        if matches!(name, "instance" | "job") {
            return Err(format!("a label of Prometheus's own: {name}"));
        }
        let (value, rest) = quoted(rest)?;
        if labels.insert(name.to_owned(), value).is_some() {
            return Err(format!("two labels of one name: {name}"));
        }
        if let Some(rest) = rest.strip_prefix('}') {
            return Ok((labels, rest));
        }
        text = rest.strip_prefix(',').ok_or("no comma between labels")?;
    }
}

/// A value up to its closing quote, and what follows.
fn quoted(text: &str) -> Result<(String, &str), String> {
    let (mut value, mut inside) = (String::new(), text.char_indices());
    while let Some((at, character)) = inside.next() {
        match character {
            '"' => return Ok((value, &text[at + 1..])),
            '\\' => match inside.next() {
                Some((_, 'n')) => value.push('\n'),
                Some((_, same @ ('\\' | '"'))) => value.push(same),
                other => return Err(format!("no such escape: {other:?}")),
            },
            other => value.push(other),
        }
    }
    Err("a value without an end".into())
}

#[test]
fn sound_texts_are_read() {
    let text = "# HELP sloop_a_bytes Any \"text\".\n# TYPE sloop_a_bytes counter\n# UNIT sloop_a_bytes bytes\n\
                sloop_a_bytes_total 1\nsloop_a_bytes_total{x=\"\\\\ \\\" \\n , }\",y=\"\"} 2.5\n\
                # TYPE sloop_b gauge\nsloop_b -1e-7\n# TYPE sloop_c info\nsloop_c_info{v=\"1\"} 1\n\
                # TYPE sloop_empty gauge\n# EOF\n";
    let samples = read(text).expect("sound");
    assert_eq!(samples.len(), 4);
    assert_eq!((samples[1].label("x"), samples[1].label("y")), ("\\ \" \n , }", ""));
    assert!((samples[1].value - 2.5).abs() < f64::EPSILON);
    assert_eq!(read("# EOF\n"), Ok(Vec::new()));
}

#[test]
fn faults_are_seen() {
    let told = "# TYPE sloop_a counter\nsloop_a_total 1\n";
    for (text, word) in [
        (told.to_owned(), "EOF"),
        (format!("{told}# EOF"), "EOF"),
        (format!("{told}# EOF\n# EOF\n"), "too few words"),
        (format!("{told}\n# EOF\n"), "no value"),
        (format!("{told}sloop_a_total 2\n# EOF\n"), "twice"),
        (format!("{told}sloop_a 2\n# EOF\n"), "family above"),
        (format!("{told}sloop_b 2\n# EOF\n"), "family above"),
        (format!("{told}# UNIT sloop_a seconds\n# EOF\n"), "behind"),
        (format!("{told}# TYPE sloop_b gauge\nsloop_b 1\n# HELP sloop_a x\n# EOF\n"), "two places"),
        (format!("{told}# TYPE sloop_a_total gauge\n# EOF\n"), "ends as that of a sample"),
        ("sloop_a 1\n# EOF\n".into(), "before its type"),
        ("# TYPE a gauge\n# EOF\n".into(), "no name for a family"),
        ("# TYPE sloop-a gauge\n# EOF\n".into(), "no name for a family"),
        ("# TYPE sloop_a summary\n# EOF\n".into(), "no such type"),
        ("# TYPE sloop_a gauge\n# TYPE sloop_a gauge\n# EOF\n".into(), "two types"),
        ("# UNIT sloop_a_bytes seconds\n# EOF\n".into(), "the unit"),
        ("# UNIT sloop_bytes_a bytes\n# EOF\n".into(), "the unit"),
        ("# TYPE sloop_a counter\nsloop_a_total -1\n# EOF\n".into(), "no value for its type"),
        ("# TYPE sloop_a gauge\nsloop_a NaN\n# EOF\n".into(), "no value for its type"),
        ("# TYPE sloop_a info\nsloop_a_info{v=\"1\"} 2\n# EOF\n".into(), "no value for its type"),
        ("# TYPE sloop_a gauge\nsloop_a{} 1\n# EOF\n".into(), "without a value"),
        ("# TYPE sloop_a gauge\nsloop_a{x=\"1\",} 1\n# EOF\n".into(), "without a value"),
        ("# TYPE sloop_a gauge\nsloop_a{x=\"1\"y=\"1\"} 1\n# EOF\n".into(), "no comma"),
        ("# TYPE sloop_a gauge\nsloop_a{x=\"1\",x=\"2\"} 1\n# EOF\n".into(), "two labels"),
        ("# TYPE sloop_a gauge\nsloop_a{instance=\"1\"} 1\n# EOF\n".into(), "Prometheus's own"),
        ("# TYPE sloop_a gauge\nsloop_a{x=\"\\t\"} 1\n# EOF\n".into(), "no such escape"),
        ("# TYPE sloop_a gauge\nsloop_a{x=\"1} 1\n# EOF\n".into(), "without an end"),
        ("# TYPE sloop_a gauge\nsloop_a{x=\"1\"}1\n# EOF\n".into(), "no space"),
        ("# TYPE sloop_a gauge\nsloop_a one\n# EOF\n".into(), "no number"),
        ("# TYPE sloop_a gauge\nsloop_a 1 2\n# EOF\n".into(), "no number"),
    ] {
        let why = read(&text).expect_err(&text);
        assert!(why.contains(word), "{text:?} gave {why}");
    }
}
