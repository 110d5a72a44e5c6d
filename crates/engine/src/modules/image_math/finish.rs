use crate::RunError;
use pixels::{Array, Pixels};

/// What is done to the result, in this order; each step in the result's own type.
#[derive(Debug, PartialEq)]
pub(super) struct Finish {
    pub(super) exponent: f64,
    pub(super) factor: f64,
    pub(super) addend: f64,
    pub(super) truncate_low: bool,
    pub(super) truncate_high: bool,
    pub(super) replace_nan: bool,
}

impl Finish {
    /// Changes `pixels`; a binary image can only stay as it is.
    pub(super) fn apply(&self, pixels: &mut Pixels) -> Result<(), RunError> {
        match pixels {
            Pixels::F32(array) => {
                if self.exponent != 1.0 {
                    let exponent = self.exponent as f32;
                    self.raise(array, 1.0, f32::sqrt, |v| v.powf(exponent));
                }
                self.scale(array, self.factor as f32, self.addend as f32);
                self.truncate(array, 0.0, 1.0, f32::is_nan);
            }
            Pixels::F64(array) => {
                if self.exponent != 1.0 {
                    self.raise(array, 1.0, f64::sqrt, |v| v.powf(self.exponent));
                }
                self.scale(array, self.factor, self.addend);
                self.truncate(array, 0.0, 1.0, f64::is_nan);
            }
            Pixels::Bool(_) | Pixels::Int(_) => {
                if self.exponent != 1.0 || self.factor != 1.0 || self.addend != 0.0 {
                    let message = "a binary result cannot be raised, multiplied or added to in its place";
                    return Err(RunError::Refused(message.into()));
                }
            }
        }
        Ok(())
    }

    /// Raises to the power; numpy has shorter ways for some exponents.
    fn raise<T>(&self, array: &mut Array<T>, one: T, root: fn(T) -> T, power: impl Fn(T) -> T)
    where
        T: Copy + std::ops::Mul<Output = T> + std::ops::Div<Output = T>,
    {
        let values = array.data_mut().iter_mut();
        match self.exponent {
            -1.0 => values.for_each(|v| *v = one / *v),
            0.0 => values.for_each(|v| *v = one),
            0.5 => values.for_each(|v| *v = root(*v)),
            2.0 => values.for_each(|v| *v = *v * *v),
            _ => values.for_each(|v| *v = power(*v)),
        }
    }

    fn scale<T>(&self, array: &mut Array<T>, factor: T, addend: T)
    where
        T: Copy + std::ops::MulAssign + std::ops::AddAssign,
    {
        if self.factor != 1.0 {
            array.data_mut().iter_mut().for_each(|v| *v *= factor);
        }
        if self.addend != 0.0 {
            array.data_mut().iter_mut().for_each(|v| *v += addend);
        }
    }

    fn truncate<T: Copy + PartialOrd>(&self, array: &mut Array<T>, zero: T, one: T, is_nan: fn(T) -> bool) {
        let (low, high, nan) = (self.truncate_low, self.truncate_high, self.replace_nan);
        for v in array.data_mut() {
            if low && *v < zero || nan && is_nan(*v) {
                *v = zero;
            }
            if high && *v > one {
                *v = one;
            }
        }
    }
}
