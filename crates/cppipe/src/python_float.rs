use std::fmt;

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
        let mut buffer = zmij::Buffer::new();
        let text = buffer.format_finite(v);
        if let Some((digits, exponent)) = text.split_once('e') {
            let (sign, places) = match exponent.strip_prefix('-') {
                Some(places) => ('-', places),
                None => ('+', exponent.trim_start_matches('+')),
            };
            return write!(f, "{digits}e{sign}{places:0>2}");
        }
        let (sign, magnitude) = text.strip_prefix('-').map_or(("", text), |rest| ("-", rest));
        // Python writes an exponent from one place earlier on.
        let Some(digits) = magnitude.strip_prefix("0.0000") else { return f.write_str(text) };
        match digits.split_at(1) {
            (first, "") => write!(f, "{sign}{first}e-05"),
            (first, rest) => write!(f, "{sign}{first}.{rest}e-05"),
        }
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

    #[test]
    fn what_is_written_reads_back_and_is_no_longer_than_need_be() {
        for n in 0..200_000u64 {
            // Every power of two comes by, with all kinds of digits.
            let value = f64::from_bits(n.wrapping_mul(0x9e37_79b9_7f4a_7c15));
            if value.is_finite() {
                let text = PythonFloat(value).to_string();
                assert_eq!(text.parse(), Ok(value), "{text}");
                let digits =
                    |text: &str| text.split('e').next().map_or(0, |t| t.trim_matches(['-', '0', '.']).len());
                assert!(digits(&text) <= digits(&format!("{value:e}")), "{text}");
            }
        }
    }
}
