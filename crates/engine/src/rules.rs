//! Rules of CellProfiler Analyst: a text file of comparisons whose weights add up to a score for each class.

mod close_match;

use crate::{RunError, Source};
use close_match::closest;
use measurements::{EXPERIMENT, IMAGE, Record, Value};
use regex::Regex;

/// The comparisons of a rule file.
#[derive(Clone, Debug, PartialEq)]
pub struct Rules {
    rules: Vec<Rule>,
    allow_fuzzy: bool,
}

/// One line: `IF (Nuclei_AreaShape_Area > 20, [0.5, -0.5], [-0.2, 0.2])`.
#[derive(Clone, Debug, PartialEq)]
struct Rule {
    object: String,
    feature: String,
    comparison: Comparison,
    threshold: f64,
    /// Weights a class where the rule holds.
    holds: Vec<f64>,
    /// Weights a class where it does not.
    fails: Vec<f64>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Comparison {
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Comparison {
    fn holds(self, value: f64, threshold: f64) -> bool {
        match self {
            Self::Less => value < threshold,
            Self::LessOrEqual => value <= threshold,
            Self::Greater => value > threshold,
            Self::GreaterOrEqual => value >= threshold,
        }
    }
}

const LINE: &str =
    r"^IF\s+\(([^_]+)_(\S+)\s*([><]=?)\s*([^,]+),\s*\[\s*([^\]]+)\s*\],\s*\[\s*([^\]]+)\s*\]\s*\)$";

impl Rules {
    /// Reads the rule file at `path`; with `allow_fuzzy` a feature that is not measured stands for the one named most
    /// alike.
    ///
    /// # Errors
    /// When the file cannot be read, or has no rule or a wrong one.
    pub fn read(source: &dyn Source, path: &str, allow_fuzzy: bool) -> Result<Self, RunError> {
        let bytes = source
            .read(path)
            .map_err(|e| RunError::Refused(format!("the rule file `{path}` cannot be read: {e}")))?;
        Self::parse(&String::from_utf8_lossy(&bytes), allow_fuzzy)
            .map_err(|why| RunError::Refused(format!("the rule file `{path}`: {why}")))
    }

    /// Reads rules from text; lines that are no rules are passed over.
    ///
    /// # Errors
    /// When there is no rule, a number is none, or the rules' weights are not of one number.
    pub fn parse(text: &str, allow_fuzzy: bool) -> Result<Self, String> {
        let line = Regex::new(LINE).map_err(|e| e.to_string())?;
        let mut rules: Vec<Rule> = Vec::new();
        for found in text.lines().filter_map(|l| line.captures(l.trim())) {
            let rule = Rule {
                object: found[1].to_string(),
                feature: found[2].to_string(),
                comparison: match &found[3] {
                    "<" => Comparison::Less,
                    "<=" => Comparison::LessOrEqual,
                    ">" => Comparison::Greater,
                    _ => Comparison::GreaterOrEqual,
                },
                threshold: number(&found[4])?,
                holds: found[5].split(',').map(number).collect::<Result<_, _>>()?,
                fails: found[6].split(',').map(number).collect::<Result<_, _>>()?,
            };
            let classes = rules.first().map_or(rule.holds.len(), |r| r.holds.len());
            if rule.holds.len() != classes || rule.fails.len() != classes {
                return Err(format!("`{}` does not weigh {classes} classes", &found[0]));
            }
            rules.push(rule);
        }
        if rules.is_empty() { Err("no rule is found".into()) } else { Ok(Self { rules, allow_fuzzy }) }
    }

    /// Returns the object sets and features that the rules compare.
    pub fn features(&self) -> impl Iterator<Item = (&str, &str)> {
        self.rules.iter().map(|r| (r.object.as_str(), r.feature.as_str()))
    }

    /// Returns a score a class for each object: one row for rules on images. Objects that some rule has no value for
    /// have NaN.
    ///
    /// # Errors
    /// When a rule compares a text, or what is not measured.
    pub fn score(&self, record: &Record) -> Result<Vec<Vec<f64>>, RunError> {
        let names = if self.allow_fuzzy { measured(record) } else { Vec::new() };
        let mut scores: Option<Vec<Vec<f64>>> = None;
        for rule in &self.rules {
            let mut more = rule.score(record, &names)?;
            let Some(mut sum) = scores.take() else {
                scores = Some(more);
                continue;
            };
            if more.len() > sum.len() {
                std::mem::swap(&mut more, &mut sum);
            }
            for (row, more) in sum.iter_mut().zip(&more) {
                row.iter_mut().zip(more).for_each(|(a, b)| *a += b);
            }
            sum[more.len()..].iter_mut().for_each(|row| row.fill(f64::NAN));
            scores = Some(sum);
        }
        Ok(scores.unwrap_or_default())
    }
}

impl Rule {
    fn score(&self, record: &Record, names: &[String]) -> Result<Vec<Vec<f64>>, RunError> {
        let wanted = format!("{}_{}", self.object, self.feature);
        let feature = match closest(&wanted, names) {
            Some(close) => close.get(self.object.len() + 1..).unwrap_or_default(),
            None => &self.feature,
        };
        let missing = || {
            let message =
                format!("a rule compares `{}` of `{}`, which is not measured", self.feature, self.object);
            RunError::Refused(message)
        };
        let values = if self.object == IMAGE {
            vec![match record.image.get(feature).ok_or_else(missing)? {
                Value::Integer(v) => *v as f64,
                Value::Float(v) => *v,
                Value::Text(text) => {
                    let message = format!("a rule compares `{feature}`, which is the text `{text}`");
                    return Err(RunError::Refused(message));
                }
            }]
        } else {
            record.object(&self.object, feature).ok_or_else(missing)?.to_floats()
        };
        let weights = |v: f64| {
            let holds = v.is_finite() && self.comparison.holds(v, self.threshold);
            if holds { self.holds.clone() } else { self.fails.clone() }
        };
        Ok(values.into_iter().map(weights).collect())
    }
}

/// Returns the class, from 0, of the highest score in each row; `None` for rows of NaN. The first wins a tie.
pub fn best_class(row: &[f64]) -> Option<usize> {
    if row.iter().all(|v| v.is_nan()) {
        return None;
    }
    let first_nan = row.iter().position(|v| v.is_nan());
    first_nan.or_else(|| {
        let most = row.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        row.iter().position(|&v| v == most)
    })
}

/// Returns the names of all that is measured, the object set's before the feature's.
fn measured(record: &Record) -> Vec<String> {
    let image = record.image.keys().map(|f| format!("{IMAGE}_{f}"));
    let objects = record.objects.iter().filter(|(name, _)| *name != EXPERIMENT);
    image.chain(objects.flat_map(|(name, all)| all.keys().map(move |f| format!("{name}_{f}")))).collect()
}

fn number(text: &str) -> Result<f64, String> {
    text.trim().parse().map_err(|_| format!("`{text}` is not a number"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_add_up_for_each_object() {
        let rules = Rules::parse(
            "IF (Nuclei_AreaShape_Area > 20, [0.5, -0.5], [-0.25, 0.25])\nnothing\n\
             IF (Nuclei_Intensity_Mean<=0.5,[1,-1],[-1,1])\n",
            false,
        )
        .unwrap();
        let mut record = Record::new(1);
        record.object_floats("Nuclei", "AreaShape_Area", vec![30.0, 10.0, f64::NAN]);
        record.object_floats("Nuclei", "Intensity_Mean", vec![0.6, 0.5]);
        let scores = rules.score(&record).unwrap();
        assert_eq!(scores[..2], [vec![-0.5, 0.5], vec![0.75, -0.75]]);
        assert!(scores[2].iter().all(|v| v.is_nan()));
        assert_eq!(best_class(&scores[0]), Some(1));
    }

    #[test]
    fn a_file_without_rules_is_refused() {
        assert!(Rules::parse("IF (Area > 1)", false).is_err());
    }
}
