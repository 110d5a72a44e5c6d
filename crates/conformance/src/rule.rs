//! The rule for one value.

/// Returns how far `got` is from `expected`: `None` when they are equal by the rule, infinity when they cannot
/// be held against each other.
///
/// Text and integers must be the same text. Floats may differ by 1e-6 + 1e-5·|expected|; beyond that the
/// relative difference is returned.
pub fn difference(expected: &str, got: Option<&str>) -> Option<f64> {
    if got == Some(expected) {
        return None;
    }
    let Some(got) = got else { return Some(f64::INFINITY) };
    if is_integer(expected) || is_integer(got) {
        return Some(f64::INFINITY);
    }
    match (number(expected), number(got)) {
        (Some(e), Some(g)) => float_difference(e, g),
        _ => Some(f64::INFINITY),
    }
}

/// Returns whether two floats are equal by the rule.
pub fn floats_equal(expected: f64, got: f64) -> bool {
    expected == got
        || (expected.is_nan() && got.is_nan())
        || (expected - got).abs() <= 1e-6 + 1e-5 * expected.abs()
}

fn float_difference(expected: f64, got: f64) -> Option<f64> {
    if floats_equal(expected, got) {
        None
    } else if expected.is_nan() || got.is_nan() {
        Some(f64::INFINITY)
    } else {
        Some((expected - got).abs() / expected.abs().max(1e-12))
    }
}

fn is_integer(text: &str) -> bool {
    let digits = text.trim().trim_start_matches(['+', '-']);
    !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit())
}

fn number(text: &str) -> Option<f64> {
    text.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_and_text_must_be_the_same() {
        assert_eq!(difference("12", Some("12")), None);
        assert_eq!(difference("12", Some("12.0")), Some(f64::INFINITY));
        assert_eq!(difference("A01", Some("a01")), Some(f64::INFINITY));
        assert_eq!(difference("12", None), Some(f64::INFINITY));
    }

    #[test]
    fn floats_may_differ_a_little() {
        assert_eq!(difference("1.0", Some("1.00001")), None);
        assert!(difference("1.0", Some("1.0001")).is_some());
        assert_eq!(difference("nan", Some("NaN")), None);
        assert_eq!(difference("nan", Some("0.5")), Some(f64::INFINITY));
        assert_eq!(difference("inf", Some("inf")), None);
    }
}
