/// The values of a file in the type the file has them in.
#[derive(Clone, Debug, PartialEq)]
pub enum Samples {
    /// True and false.
    Bool(Vec<bool>),
    /// Unsigned, 8 bits.
    U8(Vec<u8>),
    /// Unsigned, 16 bits.
    U16(Vec<u16>),
    /// Unsigned, 32 bits.
    U32(Vec<u32>),
    /// Unsigned, 64 bits.
    U64(Vec<u64>),
    /// Signed, 8 bits.
    I8(Vec<i8>),
    /// Signed, 16 bits.
    I16(Vec<i16>),
    /// Signed, 32 bits.
    I32(Vec<i32>),
    /// Signed, 64 bits.
    I64(Vec<i64>),
    /// Float, 32 bits.
    F32(Vec<f32>),
    /// Float, 64 bits.
    F64(Vec<f64>),
}

/// Evaluates `$body` with `$v` as the vector inside, whatever its type.
macro_rules! each {
    ($samples:expr, $v:ident => $body:expr) => {
        match $samples {
            Samples::Bool($v) => $body,
            Samples::U8($v) => $body,
            Samples::U16($v) => $body,
            Samples::U32($v) => $body,
            Samples::U64($v) => $body,
            Samples::I8($v) => $body,
            Samples::I16($v) => $body,
            Samples::I32($v) => $body,
            Samples::I64($v) => $body,
            Samples::F32($v) => $body,
            Samples::F64($v) => $body,
        }
    };
}

/// Converts every sample as `as` does: floats to integers toward zero and saturating, false and true to 0 and 1.
macro_rules! convert {
    ($samples:expr, $to:ty) => {
        match $samples {
            Samples::Bool(v) => v.iter().map(|&x| u8::from(x) as $to).collect(),
            Samples::U8(v) => v.iter().map(|&x| x as $to).collect(),
            Samples::U16(v) => v.iter().map(|&x| x as $to).collect(),
            Samples::U32(v) => v.iter().map(|&x| x as $to).collect(),
            Samples::U64(v) => v.iter().map(|&x| x as $to).collect(),
            Samples::I8(v) => v.iter().map(|&x| x as $to).collect(),
            Samples::I16(v) => v.iter().map(|&x| x as $to).collect(),
            Samples::I32(v) => v.iter().map(|&x| x as $to).collect(),
            Samples::I64(v) => v.iter().map(|&x| x as $to).collect(),
            Samples::F32(v) => v.iter().map(|&x| x as $to).collect(),
            Samples::F64(v) => v.iter().map(|&x| x as $to).collect(),
        }
    };
}

impl Samples {
    /// Returns the number of values.
    pub fn len(&self) -> usize {
        each!(self, v => v.len())
    }

    /// Returns whether there is no value.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Appends the values of `more`; returns false, and leaves all as it is, when they are of another type.
    pub(super) fn append(&mut self, more: Self) -> bool {
        macro_rules! of_one_type {
            ($($kind:ident),*) => {
                match (self, more) {
                    $((Self::$kind(values), Self::$kind(more)) => values.extend(more),)*
                    _ => return false,
                }
            };
        }
        of_one_type!(Bool, U8, U16, U32, U64, I8, I16, I32, I64, F32, F64);
        true
    }

    /// Returns the values as f32, rounded to the nearest.
    pub fn to_f32(&self) -> Vec<f32> {
        convert!(self, f32)
    }

    /// Returns the values as f64.
    pub fn to_f64(&self) -> Vec<f64> {
        convert!(self, f64)
    }

    /// Returns the values as u32: floats toward zero, negative floats 0, negative integers wrapped.
    pub fn to_u32(&self) -> Vec<u32> {
        convert!(self, u32)
    }

    /// Returns the values as i32: floats toward zero and saturating, wide integers wrapped.
    pub fn to_i32(&self) -> Vec<i32> {
        convert!(self, i32)
    }

    /// Returns where a value is not 0.
    pub fn to_bool(&self) -> Vec<bool> {
        match self {
            Self::Bool(v) => v.clone(),
            _ => self.to_f64().iter().map(|&v| v != 0.0).collect(),
        }
    }

    /// Returns these values moved so that value `i` is the one at `order(i)` before.
    pub(crate) fn reordered(&self, order: impl Iterator<Item = usize> + Clone) -> Self {
        macro_rules! take {
            ($($kind:ident),*) => {
                match self { $(Self::$kind(v) => Self::$kind(order.clone().map(|i| v[i]).collect()),)* }
            };
        }
        take!(Bool, U8, U16, U32, U64, I8, I16, I32, I64, F32, F64)
    }
}
