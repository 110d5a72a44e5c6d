//! The operations, in numpy's types: f32 stays f32 beside numbers and binary images, f64 wins, logic gives binary.

use super::operands::Value;
use crate::RunError;
use algorithms::numpy::Real;
use pixels::{Array, Pixels, Shape};

/// What is done with the operands.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Operation {
    Add,
    Subtract,
    AbsoluteDifference,
    Multiply,
    Divide,
    Average,
    Minimum,
    Maximum,
    StandardDeviation,
    Invert,
    LogOnePlus,
    Log,
    And,
    Or,
    Not,
    Equals,
    Keep,
}

impl Operation {
    /// The names CellProfiler has for them.
    pub(super) const CHOICES: [(&'static str, Self); 17] = [
        ("Add", Self::Add),
        ("Subtract", Self::Subtract),
        ("Absolute Difference", Self::AbsoluteDifference),
        ("Multiply", Self::Multiply),
        ("Divide", Self::Divide),
        ("Average", Self::Average),
        ("Minimum", Self::Minimum),
        ("Maximum", Self::Maximum),
        ("Standard Deviation", Self::StandardDeviation),
        ("Invert", Self::Invert),
        ("Log transform (base 2)", Self::LogOnePlus),
        ("Log transform (legacy)", Self::Log),
        ("And", Self::And),
        ("Or", Self::Or),
        ("Not", Self::Not),
        ("Equals", Self::Equals),
        ("None", Self::Keep),
    ];

    /// Returns whether it takes one image only.
    pub(super) fn is_unary(self) -> bool {
        matches!(self, Self::Invert | Self::LogOnePlus | Self::Log | Self::Not | Self::Keep)
    }

    /// Returns whether it makes a binary image whatever the operands, and so takes no factors.
    pub(super) fn is_logical(self) -> bool {
        matches!(self, Self::And | Self::Or | Self::Not | Self::Equals)
    }

    /// Applies the operation, from the first operand to the last; an average is divided by `divisor`.
    pub(super) fn apply(self, values: &[Value], divisor: f64) -> Result<Pixels, RunError> {
        if self == Self::StandardDeviation {
            return standard_deviation(values);
        }
        let first = values.first().and_then(Value::pixels).ok_or_else(|| {
            RunError::Refused("CellProfiler takes no measurement as the first operand".into())
        })?;
        if self.is_unary() {
            return self.of_one(first);
        }
        // Of binary images, numbers or not beside them, several operations are logical ones.
        let binary = values.iter().filter_map(Value::pixels).all(|p| matches!(p, Pixels::Bool(_)));
        let mut out: Option<Pixels> = None;
        for value in &values[1..] {
            let so_far = out.as_ref().unwrap_or(first);
            out = Some(match (self, &out) {
                (Self::Equals, None) => equals(first, value)?,
                (Self::Equals, Some(so_far)) => {
                    logic(so_far, &Value::Pixels(equals(first, value)?), |a, b| a && b)?
                }
                _ if binary => self.of_binary(so_far, value)?,
                _ => self.of_two(so_far, value)?,
            });
        }
        let mut out = out.ok_or_else(|| RunError::Internal("an operation on one operand".into()))?;
        if self == Self::Average && !binary {
            match &mut out {
                Pixels::F32(array) => array.data_mut().iter_mut().for_each(|v| *v /= divisor as f32),
                Pixels::F64(array) => array.data_mut().iter_mut().for_each(|v| *v /= divisor),
                Pixels::Bool(_) | Pixels::Int(_) => {}
            }
        }
        Ok(out)
    }

    fn of_one(self, pixels: &Pixels) -> Result<Pixels, RunError> {
        Ok(match (self, pixels) {
            (Self::Invert, Pixels::F32(a)) => Pixels::F32(a.map(|&v| 1.0 - v)),
            (Self::Invert, Pixels::F64(a)) => Pixels::F64(a.map(|&v| 1.0 - v)),
            (Self::Invert | Self::Not, other) => Pixels::Bool(truth(other).map(|&v| !v)),
            (Self::LogOnePlus, Pixels::F32(a)) => Pixels::F32(a.map(|&v| (v + 1.0).log2())),
            (Self::LogOnePlus, other) => Pixels::F64(other.to_f64().map(|&v| (v + 1.0).log2())),
            (Self::Log, Pixels::F32(a)) => Pixels::F32(a.map(|&v| v.log2())),
            (Self::Log, Pixels::F64(a)) => Pixels::F64(a.map(|&v| v.log2())),
            (Self::Log, _) => {
                return Err(RunError::NotNative("the legacy logarithm of a binary image".into()));
            }
            (_, other) => other.clone(),
        })
    }

    /// Combines where all images are binary.
    fn of_binary(self, a: &Pixels, b: &Value) -> Result<Pixels, RunError> {
        match (self, b.pixels()) {
            (Self::And | Self::Multiply, _) => logic(a, b, |a, b| a && b),
            (Self::Or, _) => logic(a, b, |a, b| a || b),
            (Self::AbsoluteDifference, _) => logic(a, b, |a, b| a != b),
            (Self::Add | Self::Average | Self::Maximum, Some(_)) => logic(a, b, |a, b| a || b),
            (Self::Minimum, Some(_)) => logic(a, b, |a, b| a && b),
            (Self::Subtract, Some(other)) if a.shape() == other.shape() => logic(a, b, |a, b| a && !b),
            (Self::Subtract, _) => Err(RunError::Refused(
                "only a binary image of its shape is subtracted from a binary one".into(),
            )),
            _ => self.of_two(a, b),
        }
    }

    fn of_two(self, a: &Pixels, b: &Value) -> Result<Pixels, RunError> {
        match self {
            Self::And => return logic(a, b, |a, b| a && b),
            Self::Or => return logic(a, b, |a, b| a || b),
            _ => {}
        }
        match (a, b) {
            (Pixels::F32(a), Value::Number(b)) => {
                self.arithmetic(a, &Other::Number(*b as f32)).map(Pixels::F32)
            }
            (a, Value::Number(b)) => self.arithmetic(&a.to_f64(), &Other::Number(*b)).map(Pixels::F64),
            (a, Value::Image(_) | Value::Pixels(_)) => {
                let Some(b) = b.pixels() else { return Ok(a.clone()) };
                match (a, b, self) {
                    (Pixels::Bool(_), Pixels::Bool(_), Self::Divide) => {
                        self.arithmetic(&a.to_f64(), &Other::Array(&b.to_f64())).map(Pixels::F64)
                    }
                    (Pixels::Bool(_), Pixels::Bool(_), Self::Subtract | Self::AbsoluteDifference) => {
                        Err(RunError::Refused("binary images cannot be subtracted beside others".into()))
                    }
                    (Pixels::Bool(_), Pixels::Bool(_), _) => self.of_binary(a, &Value::Pixels(b.clone())),
                    (Pixels::F64(_), _, _) | (_, Pixels::F64(_), _) => {
                        self.arithmetic(&a.to_f64(), &Other::Array(&b.to_f64())).map(Pixels::F64)
                    }
                    _ => self.arithmetic(&a.to_f32(), &Other::Array(&b.to_f32())).map(Pixels::F32),
                }
            }
        }
    }

    fn arithmetic<T: Real>(self, a: &Array<T>, b: &Other<'_, T>) -> Result<Array<T>, RunError> {
        match self {
            Self::Add | Self::Average => combine(a, b, |a, b| a + b),
            Self::Subtract => combine(a, b, |a, b| a - b),
            Self::AbsoluteDifference => combine(a, b, |a, b| (a - b).abs()),
            Self::Multiply => combine(a, b, |a, b| a * b),
            Self::Divide => combine(a, b, |a, b| a / b),
            // What is no number wins.
            Self::Minimum => combine(a, b, |a, b| if a.is_nan() || a < b { a } else { b }),
            Self::Maximum => combine(a, b, |a, b| if a.is_nan() || a > b { a } else { b }),
            _ => Err(RunError::Internal(format!("{self:?} is no arithmetic"))),
        }
    }
}

/// What stands beside an array.
enum Other<'a, T> {
    Array(&'a Array<T>),
    Number(T),
}

fn combine<T: Copy, U>(a: &Array<T>, b: &Other<'_, T>, f: impl Fn(T, T) -> U) -> Result<Array<U>, RunError> {
    match b {
        Other::Number(b) => Ok(a.map(|&a| f(a, *b))),
        Other::Array(b) => zip(a, b, f),
    }
}

/// Combines pixel by pixel; a flat grey image goes with every channel of a coloured one.
fn zip<T: Copy, U>(a: &Array<T>, b: &Array<T>, f: impl Fn(T, T) -> U) -> Result<Array<U>, RunError> {
    let (of, is) = (a.shape(), b.shape());
    if of == is {
        let data = a.data().iter().zip(b.data()).map(|(&a, &b)| f(a, b)).collect();
        return Ok(Array::from_vec(of, data));
    }
    if (of.depth, of.height, of.width) != (1, is.height, is.width) || is.depth != 1 {
        return Err(different(of, is));
    }
    let pixels = |channels: usize| 0..of.height * of.width * channels;
    if is.channels == 1 {
        let data = pixels(of.channels).map(|i| f(a.data()[i], b.data()[i / of.channels])).collect();
        return Ok(Array::from_vec(of, data));
    }
    if of.channels == 1 {
        let data = pixels(is.channels).map(|i| f(a.data()[i / is.channels], b.data()[i])).collect();
        return Ok(Array::from_vec(is, data));
    }
    Err(different(of, is))
}

fn different(a: Shape, b: Shape) -> RunError {
    let name = |s: Shape| format!("{}×{}×{}×{}", s.depth, s.height, s.width, s.channels);
    RunError::Refused(format!("images of different shapes: {} and {} (z·y·x·c)", name(a), name(b)))
}

/// Returns what is not 0.
fn truth(pixels: &Pixels) -> Array<bool> {
    match pixels {
        Pixels::Bool(array) => array.clone(),
        Pixels::F32(array) => array.map(|&v| v != 0.0),
        Pixels::F64(array) => array.map(|&v| v != 0.0),
        Pixels::Int(array) => array.map(|&v| v != 0),
    }
}

fn logic(a: &Pixels, b: &Value, f: impl Fn(bool, bool) -> bool) -> Result<Pixels, RunError> {
    let a = truth(a);
    let made = match b {
        Value::Number(number) => combine(&a, &Other::Number(*number != 0.0), f),
        Value::Image(image) => zip(&a, &truth(&image.pixels), f),
        Value::Pixels(pixels) => zip(&a, &truth(pixels), f),
    };
    made.map(Pixels::Bool)
}

fn equals(a: &Pixels, b: &Value) -> Result<Pixels, RunError> {
    let made = match (a, b.pixels(), b) {
        (Pixels::F32(a), None, Value::Number(b)) => combine(a, &Other::Number(*b as f32), |a, b| a == b),
        (a, None, Value::Number(b)) => combine(&a.to_f64(), &Other::Number(*b), |a, b| a == b),
        // f32 and binary values are the same in f64.
        (a, Some(b), _) => zip(&a.to_f64(), &b.to_f64(), |a, b| a == b),
        (_, None, _) => Err(RunError::Internal("an operand that is nothing".into())),
    };
    made.map(Pixels::Bool)
}

/// Returns `numpy.std` over the images, in f32 if one is f32 and none f64.
fn standard_deviation(values: &[Value]) -> Result<Pixels, RunError> {
    let images: Option<Vec<&Pixels>> = values.iter().map(Value::pixels).collect();
    let images = images.ok_or_else(|| {
        RunError::Refused("CellProfiler takes no standard deviation of an image and a measurement".into())
    })?;
    let shape = images.first().map_or(Shape::grey(0, 0), |p| p.shape());
    if let Some(other) = images.iter().find(|p| p.shape() != shape) {
        return Err(different(shape, other.shape()));
    }
    let wide = images.iter().any(|p| matches!(p, Pixels::F64(_)));
    if wide || images.iter().all(|p| matches!(p, Pixels::Bool(_))) {
        let arrays: Vec<_> = images.iter().map(|p| p.to_f64()).collect();
        let data: Vec<&[f64]> = arrays.iter().map(|a| a.data()).collect();
        return Ok(Pixels::F64(Array::from_vec(shape, deviations(&data))));
    }
    let arrays: Vec<_> = images.iter().map(|p| p.to_f32()).collect();
    let data: Vec<&[f32]> = arrays.iter().map(|a| a.data()).collect();
    Ok(Pixels::F32(Array::from_vec(shape, deviations(&data))))
}

fn deviations<T: Real>(images: &[&[T]]) -> Vec<T> {
    let count = T::of(images.len() as f64);
    let one = |i: usize| {
        let sum = images[1..].iter().fold(images[0][i], |sum, image| sum + image[i]);
        let mean = sum / count;
        let square = |image: &[T]| (image[i] - mean) * (image[i] - mean);
        let squares = images[1..].iter().fold(square(images[0]), |sum, image| sum + square(image));
        (squares / count).sqrt()
    };
    (0..images[0].len()).map(one).collect()
}
