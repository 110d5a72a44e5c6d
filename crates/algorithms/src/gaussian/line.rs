/// Neighbouring pixels that are computed together.
pub(super) const LANES: usize = 16;

/// What stands beyond the border of an array (scipy's `mode`).
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Boundary {
    /// d c b a | a b c d | d c b a
    Reflect,
    /// a a a a | a b c d | d d d d
    Nearest,
    /// d c b | a b c d | c b a
    Mirror,
    /// k k k k | a b c d | k k k k
    Constant(f64),
    /// a b c d | a b c d | a b c d
    Wrap,
}

impl Boundary {
    /// Returns which of `count` values stands at `at`; `None` is the constant.
    pub fn index(self, at: isize, count: usize) -> Option<usize> {
        let n = count as isize;
        if (0..n).contains(&at) {
            return Some(at as usize);
        }
        let inside = match self {
            Self::Constant(_) => return None,
            Self::Nearest => at.clamp(0, n - 1),
            Self::Wrap => at.rem_euclid(n),
            Self::Reflect => {
                let at = at.rem_euclid(2 * n);
                at.min(2 * n - 1 - at)
            }
            Self::Mirror if n == 1 => 0,
            Self::Mirror => {
                let at = at.rem_euclid(2 * n - 2);
                at.min(2 * n - 2 - at)
            }
        };
        Some(inside as usize)
    }

    pub(super) fn outside(self) -> f64 {
        if let Self::Constant(value) = self { value } else { 0.0 }
    }
}

/// Weights along a line and the order in which their products are added.
#[derive(Clone, Debug, PartialEq)]
pub struct Weights {
    order: Order,
    before: usize,
    after: usize,
}

#[derive(Clone, Debug, PartialEq)]
enum Order {
    /// The middle, then pairs of equal weight from the ends inwards.
    Symmetric { middle: f64, sides: Vec<f64> },
    /// The middle, then pairs of opposite weight from the ends inwards.
    Antisymmetric { middle: f64, sides: Vec<f64> },
    /// The last, then the others in order.
    Any(Vec<f64>),
}

impl Weights {
    /// Returns the weights of `scipy.ndimage.correlate1d` with origin 0.
    ///
    /// # Panics
    /// When there is no weight.
    pub fn correlate(weights: &[f64]) -> Self {
        Self::with_middle(weights, weights.len() / 2)
    }

    /// Returns the weights of `scipy.ndimage.convolve1d` with origin 0.
    ///
    /// # Panics
    /// When there is no weight.
    pub fn convolve(weights: &[f64]) -> Self {
        let reversed: Vec<f64> = weights.iter().rev().copied().collect();
        // An even number of weights has its middle to the right of the gap, before they are reversed.
        Self::with_middle(&reversed, (reversed.len() - 1) / 2)
    }

    fn with_middle(weights: &[f64], before: usize) -> Self {
        assert!(!weights.is_empty(), "one weight at least");
        let n = weights.len();
        let (before, after) = (before, n - 1 - before);
        let pairs = |differ: fn(f64, f64) -> f64| {
            n % 2 == 1 && (0..n / 2).all(|i| differ(weights[n - 1 - i], weights[i]).abs() <= f64::EPSILON)
        };
        let (middle, sides) = (weights[n / 2], weights[..n / 2].to_vec());
        let order = if pairs(|a, b| a - b) {
            Order::Symmetric { middle, sides }
        } else if pairs(|a, b| a + b) {
            Order::Antisymmetric { middle, sides }
        } else {
            Order::Any(weights.to_vec())
        };
        Self { order, before, after }
    }

    /// Returns how many neighbours before and after a pixel count.
    pub fn reach(&self) -> (usize, usize) {
        (self.before, self.after)
    }

    /// Returns the sums for [`LANES`] pixels; the neighbours of a pixel stand `stride` apart in `line`, and `line`
    /// starts with the first neighbour of the first pixel.
    #[inline]
    pub(super) fn apply(&self, line: &[f64], stride: usize) -> [f64; LANES] {
        let last = self.before + self.after;
        let at = |i: usize| -> &[f64; LANES] {
            line[i * stride..].first_chunk().expect("the line has room for a block at every neighbour")
        };
        match &self.order {
            Order::Symmetric { middle, sides } => {
                let mut sum = at(self.before).map(|v| v * middle);
                for (i, w) in sides.iter().enumerate() {
                    let (a, b) = (at(i), at(last - i));
                    for lane in 0..LANES {
                        sum[lane] += (a[lane] + b[lane]) * w;
                    }
                }
                sum
            }
            Order::Antisymmetric { middle, sides } => {
                let mut sum = at(self.before).map(|v| v * middle);
                for (i, w) in sides.iter().enumerate() {
                    let (a, b) = (at(i), at(last - i));
                    for lane in 0..LANES {
                        sum[lane] += (a[lane] - b[lane]) * w;
                    }
                }
                sum
            }
            Order::Any(weights) => {
                let mut sum = at(last).map(|v| v * weights[last]);
                for (i, w) in weights[..last].iter().enumerate() {
                    let a = at(i);
                    for lane in 0..LANES {
                        sum[lane] += a[lane] * w;
                    }
                }
                sum
            }
        }
    }
}
