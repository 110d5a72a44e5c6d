//! CalculateMath: arithmetic on measurements.

use crate::{Declaration, Kind, Module, Need, RunError, Upstream, Workspace};
use cppipe::{Problem, Settings};
use measurements::{Column, IMAGE, Record, Relationship, Value};

/// What the engine knows of this module.
pub const KIND: Kind = Kind {
    name: "CalculateMath",
    former_names: &[],
    newest_revision: 3,
    summary: "adds, subtracts, multiplies or divides measurements",
    read,
};

const OPERAND_MEASUREMENT: &str = "Select the operand measurement";

#[derive(Debug, PartialEq)]
struct CalculateMath {
    output: String,
    operation: Operation,
    /// One for [`Operation::None`], else two.
    operands: Vec<Operand>,
    finish: Finish,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Operation {
    Multiply,
    Divide,
    Add,
    Subtract,
    None,
}

/// A measurement, multiplied and raised to a power.
#[derive(Clone, Debug, PartialEq)]
struct Operand {
    /// The object set; `None` is the image.
    object: Option<String>,
    feature: String,
    factor: f64,
    exponent: f64,
}

/// What is done with the result of the operation.
#[derive(Clone, Debug, PartialEq)]
struct Finish {
    log10: bool,
    /// Not for [`Operation::None`].
    factor: f64,
    /// Not for [`Operation::None`].
    exponent: f64,
    addend: f64,
    rounding: Rounding,
    lower: Option<f64>,
    upper: Option<f64>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Rounding {
    None,
    Decimals(i32),
    Down,
    Up,
}

fn read(module: &cppipe::Module) -> Result<Box<dyn Module>, Vec<Problem>> {
    let mut settings = Settings::upgraded(module, upgrade(module));
    let output = settings.text("Name the output measurement");
    let operations = [
        ("Multiply", Operation::Multiply),
        ("Divide", Operation::Divide),
        ("Add", Operation::Add),
        ("Subtract", Operation::Subtract),
        ("None", Operation::None),
    ];
    let operation = settings.choice("Operation", &operations);
    let mut operands = vec![operand(&mut settings, "first")];
    if operation == Operation::None {
        settings.skip(5);
    } else {
        operands.push(operand(&mut settings, "second"));
    }
    let finish = finish(&mut settings);
    Ok(Box::new(settings.finish(CalculateMath { output, operation, operands, finish })?))
}

/// Brings the answers into the newest order: revision 1 had no addend and no bounds, revision 2 no rounding.
fn upgrade(module: &cppipe::Module) -> Vec<String> {
    let mut values: Vec<String> = module.settings.iter().map(|s| s.value.clone()).collect();
    if module.revision < 2 {
        values.extend(["0", "No", "0", "No", "1"].map(String::from));
    }
    if module.revision < 3 {
        let bounds = values.len().saturating_sub(4);
        values.splice(bounds..bounds, ["Not rounded", "0"].map(String::from));
    }
    values
}

fn operand(settings: &mut Settings<'_>, which: &str) -> Operand {
    let of_image = settings.choice(
        &format!("Select the {which} operand measurement type"),
        &[("Image", true), ("Object", false)],
    );
    let objects = settings.text(&format!("Select the {which} operand objects"));
    Operand {
        object: (!of_image).then_some(objects),
        feature: settings.text(&format!("Select the {which} operand measurement")),
        factor: settings.number("Multiply the above operand by"),
        exponent: settings.number("Raise the power of above operand by"),
    }
}

fn finish(settings: &mut Settings<'_>) -> Finish {
    let log10 = settings.yes("Take log10 of result?");
    let factor = settings.number("Multiply the result by");
    let exponent = settings.number("Raise the power of result by");
    let addend = settings.number("Add to the result");
    let roundings = [
        ("Not rounded", Rounding::None),
        ("Rounded to a specified number of decimal places", Rounding::Decimals(0)),
        ("Rounded down to the next-lowest integer", Rounding::Down),
        ("Rounded up to the next-highest integer", Rounding::Up),
    ];
    let rounding = settings.choice("How should the output value be rounded?", &roundings);
    let decimals = settings.number("Enter how many decimal places the value should be rounded to");
    let rounding = if let Rounding::Decimals(_) = rounding { Rounding::Decimals(decimals) } else { rounding };
    let mut bound = |ask: &str, label: &str| {
        let wanted = settings.yes(ask);
        let value = settings.number(label);
        wanted.then_some(value)
    };
    let lower = bound("Constrain the result to a lower bound?", "Enter the lower bound");
    let upper = bound("Constrain the result to an upper bound?", "Enter the upper bound");
    Finish { log10, factor, exponent, addend, rounding, lower, upper }
}

impl Module for CalculateMath {
    fn declare(&self, _upstream: &Upstream) -> Declaration {
        let mut needs = Vec::new();
        for operand in &self.operands {
            let object = operand.object.as_deref().unwrap_or(IMAGE);
            if operand.object.is_some() {
                needs.push(Need::objects(object, "Select the operand objects"));
            }
            needs.push(Need::measurement(object, &operand.feature, OPERAND_MEASUREMENT));
        }
        let columns = match self.object_sets()[..] {
            [] => vec![Column::float(IMAGE, self.feature())],
            ref sets => sets.iter().map(|set| Column::float(*set, self.feature())).collect(),
        };
        Declaration { needs, columns, ..Declaration::default() }
    }

    fn run(&self, workspace: &mut Workspace<'_>) -> Result<(), RunError> {
        let operands =
            self.operands.iter().map(|o| o.values(&workspace.record)).collect::<Result<Vec<_>, _>>()?;
        let results = match &operands[..] {
            [Operands::Objects(a), Operands::Objects(b)] if a.len() != b.len() => {
                let (a_for_b, b_for_a) = self.matched(&workspace.record, a, b)?;
                vec![self.compute_each(a, &b_for_a)?, self.compute_each(&a_for_b, b)?]
            }
            [Operands::Objects(a), Operands::Objects(b)] => vec![self.compute_each(a, b)?; 2],
            [Operands::Objects(a), Operands::Image(b)] => {
                vec![a.iter().map(|&a| self.compute(a, *b)).collect()]
            }
            [Operands::Image(a), Operands::Objects(b)] => {
                vec![b.iter().map(|&b| self.compute(*a, b)).collect()]
            }
            [Operands::Objects(a)] => vec![a.iter().map(|&a| self.compute(a, 0.0)).collect()],
            [Operands::Image(a), rest @ ..] => {
                let b = if let [Operands::Image(b)] = rest { *b } else { 0.0 };
                workspace.record.image_float(self.feature(), self.compute(*a, b));
                return Ok(());
            }
            _ => return Err(RunError::Internal("CalculateMath with another number of operands".into())),
        };
        for (set, values) in self.object_sets().into_iter().zip(results) {
            workspace.record.object_floats(set, self.feature(), values);
        }
        Ok(())
    }
}

/// The values of an operand.
enum Operands {
    Image(f64),
    Objects(Vec<f64>),
}

impl Operand {
    /// Returns the measured values, multiplied and raised to the power.
    fn values(&self, record: &Record) -> Result<Operands, RunError> {
        let scale = |value: f64| power(value * self.factor, self.exponent);
        let Some(object) = &self.object else {
            return Ok(Operands::Image(scale(self.image_value(record)?)));
        };
        let values = record.object(object, &self.feature).ok_or_else(|| {
            RunError::Refused(format!(
                "`{object}` has no measurement `{}`: no module before made it",
                self.feature
            ))
        })?;
        Ok(Operands::Objects(values.to_floats().into_iter().map(scale).collect()))
    }

    /// Returns the image's value.
    fn image_value(&self, record: &Record) -> Result<f64, RunError> {
        match record.image.get(&self.feature) {
            None => Err(RunError::Refused(format!(
                "the image has no measurement `{}`: no module before made it",
                self.feature
            ))),
            Some(Value::Integer(value)) => Ok(*value as f64),
            Some(Value::Float(value)) => Ok(*value),
            Some(Value::Text(text)) => text.trim().parse().map_err(|_| {
                RunError::Refused(format!("measurement `{}` is `{text}`, not a number", self.feature))
            }),
        }
    }
}

/// Raises to a power as numpy does: the common exponents take a shorter way.
fn power(base: f64, exponent: f64) -> f64 {
    match exponent {
        1.0 => base,
        2.0 => base * base,
        0.5 => base.sqrt(),
        _ => base.powf(exponent),
    }
}

impl CalculateMath {
    fn feature(&self) -> String {
        format!("Math_{}", self.output)
    }

    /// Returns the object sets that get the result, each once.
    fn object_sets(&self) -> Vec<&str> {
        let mut sets: Vec<&str> = self.operands.iter().filter_map(|o| o.object.as_deref()).collect();
        sets.dedup();
        sets
    }

    fn compute_each(&self, a: &[f64], b: &[f64]) -> Result<Vec<f64>, RunError> {
        if a.len() != b.len() {
            return Err(RunError::Refused(format!(
                "measurements of {} and {} objects cannot be combined in `{}`",
                a.len(),
                b.len(),
                self.feature()
            )));
        }
        Ok(a.iter().zip(b).map(|(&a, &b)| self.compute(a, b)).collect())
    }

    fn compute(&self, a: f64, b: f64) -> f64 {
        let result = match self.operation {
            Operation::None => a,
            Operation::Add => a + b,
            Operation::Subtract => a - b,
            Operation::Multiply => a * b,
            Operation::Divide if b == 0.0 => f64::NAN,
            Operation::Divide => a / b,
        };
        let finish = &self.finish;
        let mut result = if finish.log10 { result.log10() } else { result };
        if self.operation != Operation::None {
            result = (result * finish.factor).powf(finish.exponent);
        }
        result = finish.rounding.apply(result + finish.addend);
        if let Some(lower) = finish.lower.filter(|&lower| result < lower) {
            result = lower;
        }
        if let Some(upper) = finish.upper.filter(|&upper| result > upper) {
            result = upper;
        }
        result
    }

    /// Returns the first operand's values for the second's objects, and the other way round.
    ///
    /// Parents pass their value to each child and get the mean of their children's; without a relationship objects of
    /// the same number are taken together.
    fn matched(&self, record: &Record, a: &[f64], b: &[f64]) -> Result<(Vec<f64>, Vec<f64>), RunError> {
        let [set_a, set_b] = [0, 1].map(|i| self.operands[i].object.as_deref().unwrap_or_default());
        for relationship in record.relationships.iter().filter(|r| r.relationship == "Parent") {
            let pairs: Vec<(usize, usize)> = if relationship.first == set_a && relationship.second == set_b {
                pairs_of(relationship, record.image_number).collect()
            } else if relationship.first == set_b && relationship.second == set_a {
                pairs_of(relationship, record.image_number).map(|(b, a)| (a, b)).collect()
            } else {
                continue;
            };
            if pairs.iter().any(|&(i, j)| i >= a.len() || j >= b.len()) {
                return Err(RunError::Refused(format!(
                    "`{set_a}` and `{set_b}` are related by objects that have no measurement"
                )));
            }
            let a_for_b = means(pairs.iter().map(|&(i, j)| (j, a[i])), b.len());
            let b_for_a = means(pairs.iter().map(|&(i, j)| (i, b[j])), a.len());
            return Ok((a_for_b, b_for_a));
        }
        // Cut or filled up with NaN, as CellProfiler does before it tries to combine them.
        let shorter = a.len().min(b.len());
        let padded = |values: &[f64], length: usize| {
            values.iter().copied().chain(std::iter::repeat(f64::NAN)).take(length).collect::<Vec<_>>()
        };
        if a.len() < b.len() {
            Ok((padded(a, b.len()), b[..shorter].to_vec()))
        } else {
            Ok((a[..shorter].to_vec(), padded(b, a.len())))
        }
    }
}

/// Returns the objects of an image set that a relationship pairs, counted from 0.
fn pairs_of(relationship: &Relationship, image_number: usize) -> impl Iterator<Item = (usize, usize)> {
    let here = relationship.pairs.iter().filter(move |p| {
        p[0] as usize == image_number && p[2] as usize == image_number && p[1] > 0 && p[3] > 0
    });
    here.map(|p| (p[1] as usize - 1, p[3] as usize - 1))
}

/// Returns the mean of the values given to each place; NaN where there is none.
fn means(values: impl Iterator<Item = (usize, f64)>, length: usize) -> Vec<f64> {
    let mut sums = vec![(0.0, 0.0); length];
    for (place, value) in values {
        sums[place].0 += value;
        sums[place].1 += 1.0;
    }
    sums.into_iter().map(|(sum, count)| sum / count).collect()
}

impl Rounding {
    /// Rounds as numpy does: halves go to the even neighbour, of the value times a power of ten.
    fn apply(self, value: f64) -> f64 {
        match self {
            Self::None => value,
            Self::Down => value.floor(),
            Self::Up => value.ceil(),
            Self::Decimals(decimals) => {
                let scale = 10f64.powi(decimals.abs());
                if decimals >= 0 {
                    (value * scale).round_ties_even() / scale
                } else {
                    (value / scale).round_ties_even() * scale
                }
            }
        }
    }
}
