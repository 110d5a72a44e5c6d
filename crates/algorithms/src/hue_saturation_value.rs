//! Colours as hue, saturation and value.

use crate::numpy::Real;

/// Returns hue, saturation and value, each in [0, 1], of red, green and blue in [0, 1], in their type.
///
/// Source: `matplotlib.colors.rgb_to_hsv` 3.5. Where channels tie for the greatest, the last of them gives the hue.
pub fn hue_saturation_value<T: Real>([red, green, blue]: [T; 3]) -> [T; 3] {
    // What is no number wins, as in numpy.
    let pick = |a: T, b: T, wins: bool| if a.is_nan() || wins { a } else { b };
    let greater = |a: T, b: T| pick(a, b, a > b);
    let less = |a: T, b: T| pick(a, b, a < b);
    let max = greater(greater(red, green), blue);
    let delta = max - less(less(red, green), blue);
    let saturation = if max > T::ZERO { delta / max } else { T::ZERO };
    let mut hue = T::ZERO;
    if delta > T::ZERO {
        if red == max {
            hue = (green - blue) / delta;
        }
        if green == max {
            hue = T::of(2.0) + (blue - red) / delta;
        }
        if blue == max {
            hue = T::of(4.0) + (red - green) / delta;
        }
    }
    // The remainder of a division by 1 is exact.
    let turns = (hue / T::of(6.0)).to_f64();
    let rest = turns % 1.0;
    let hue = if rest < 0.0 { T::of(rest) + T::of(1.0) } else { T::of(rest) };
    [hue, saturation, max]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pure_colours_stand_a_sixth_of_the_circle_apart() {
        assert_eq!(hue_saturation_value([1.0f32, 0.0, 0.0]), [0.0, 1.0, 1.0]);
        assert_eq!(hue_saturation_value([1.0f64, 1.0, 0.0]), [1.0 / 6.0, 1.0, 1.0]);
        assert_eq!(hue_saturation_value([0.0f32, 0.0, 0.5]), [4.0 / 6.0, 1.0, 0.5]);
        assert_eq!(hue_saturation_value([0.5f64; 3]), [0.0, 0.0, 0.5]);
    }
}
