use std::fmt::{self, Write};

/// A float that displays as Python's `str` and numpy's `str` write it: the shortest digits that read back as the
/// same f64; plain from 1e-4 up to 1e16, with an exponent of two digits at the least elsewhere.
#[derive(Clone, Copy, Debug)]
pub struct PythonFloat(pub f64);

impl fmt::Display for PythonFloat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let v = self.0;
        if v.is_nan() {
            return f.write_str("nan");
        }
        if v.is_infinite() {
            return f.write_str(if v > 0.0 { "inf" } else { "-inf" });
        }
        let mut scientific = Digits::default();
        write!(scientific, "{v:e}")?;
        let (mantissa, exponent) = scientific.as_str().split_once('e').expect("LowerExp writes an exponent");
        let exponent: i32 = exponent.parse().expect("LowerExp writes a whole exponent");
        if (-4..16).contains(&exponent) {
            plain(mantissa, exponent, f)
        } else {
            let sign = if exponent < 0 { '-' } else { '+' };
            write!(f, "{mantissa}e{sign}{:02}", exponent.abs())
        }
    }
}

/// Writes d.ddd·10ⁿ without an exponent.
fn plain(mantissa: &str, exponent: i32, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let (sign, mantissa) = mantissa.strip_prefix('-').map_or(("", mantissa), |rest| ("-", rest));
    let (first, rest) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let zeros = |n: usize| &"0000000000000000"[..n];
    f.write_str(sign)?;
    match usize::try_from(exponent) {
        Err(_) => {
            f.write_str("0.")?;
            f.write_str(zeros(exponent.unsigned_abs() as usize - 1))?;
            f.write_str(first)?;
            f.write_str(rest)
        }
        Ok(shift) => {
            let (whole, fraction) = rest.split_at(shift.min(rest.len()));
            f.write_str(first)?;
            f.write_str(whole)?;
            f.write_str(zeros(shift - whole.len()))?;
            f.write_str(".")?;
            f.write_str(if fraction.is_empty() { "0" } else { fraction })
        }
    }
}

/// A short text on the stack: the longest f64 takes 24 characters.
#[derive(Default)]
struct Digits {
    bytes: [u8; 32],
    length: usize,
}

impl Digits {
    fn as_str(&self) -> &str {
        std::str::from_utf8(&self.bytes[..self.length]).expect("whole strings were written")
    }
}

impl Write for Digits {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let end = self.length + text.len();
        self.bytes.get_mut(self.length..end).ok_or(fmt::Error)?.copy_from_slice(text.as_bytes());
        self.length = end;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn floats_print_as_in_python() {
        for line in include_str!("../tests/golden/python_floats.txt").lines() {
            let (bits, text) = line.split_once(' ').expect("two words");
            let value = f64::from_bits(u64::from_str_radix(bits, 16).expect("bits"));
            assert_eq!(PythonFloat(value).to_string(), text);
        }
    }
}
