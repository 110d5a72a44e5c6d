//! The downhill simplex method.
//!
//! Source: Nelder and Mead, "A simplex method for function minimization" (1965), as `scipy.optimize.fmin` 1.9 with its
//! default tolerances of 10⁻⁴.

const TOLERANCE: f64 = 1e-4;

type Point<const N: usize> = [f64; N];

/// Returns where `function` is least near `start`, after so many rounds and calls at the most.
pub fn minimize<const N: usize>(
    function: impl Fn(&Point<N>) -> f64,
    start: Point<N>,
    most: usize,
) -> Point<N> {
    let mut search = Search { function, calls: 0, most };
    let mut simplex: Vec<(f64, Point<N>)> = vec![(f64::INFINITY, start)];
    for k in 0..N {
        let mut point = start;
        point[k] = if point[k] == 0.0 { 0.00025 } else { (1.0 + 0.05) * point[k] };
        simplex.push((f64::INFINITY, point));
    }
    for corner in &mut simplex {
        if let Some(value) = search.call(&corner.1) {
            corner.0 = value;
        }
    }
    sort(&mut simplex);
    let mut rounds = 1;
    while search.calls < most && rounds < most && !is_small(&simplex) {
        if search.step(&mut simplex).is_some() {
            rounds += 1;
        }
        sort(&mut simplex);
    }
    simplex[0].1
}

/// Sorts by value, NaN last; equal ones stay in order.
fn sort<const N: usize>(simplex: &mut [(f64, Point<N>)]) {
    simplex.sort_by(|a, b| a.0.partial_cmp(&b.0).unwrap_or_else(|| a.0.is_nan().cmp(&b.0.is_nan())));
}

fn is_small<const N: usize>(simplex: &[(f64, Point<N>)]) -> bool {
    let (best, others) = (&simplex[0], &simplex[1..]);
    // A NaN is not small.
    others.iter().all(|(value, point)| {
        (best.0 - value).abs() <= TOLERANCE && (0..N).all(|k| (point[k] - best.1[k]).abs() <= TOLERANCE)
    })
}

struct Search<F> {
    function: F,
    calls: usize,
    most: usize,
}

impl<F> Search<F> {
    /// Returns the value at a point; `None` after the last call.
    fn call<const N: usize>(&mut self, point: &Point<N>) -> Option<f64>
    where
        F: Fn(&Point<N>) -> f64,
    {
        if self.calls >= self.most {
            return None;
        }
        self.calls += 1;
        Some((self.function)(point))
    }

    /// Moves the worst corner, or all towards the best; `None` when the calls ran out.
    fn step<const N: usize>(&mut self, simplex: &mut [(f64, Point<N>)]) -> Option<()>
    where
        F: Fn(&Point<N>) -> f64,
    {
        let worst = simplex[N];
        let mut center = simplex[0].1;
        for (_, point) in &simplex[1..N] {
            center.iter_mut().zip(point).for_each(|(sum, v)| *sum += v);
        }
        center.iter_mut().for_each(|v| *v /= N as f64);
        let along = |a: f64, b: f64| -> Point<N> { std::array::from_fn(|k| a * center[k] + b * worst.1[k]) };
        let reflected = along(2.0, -1.0);
        let value = self.call(&reflected)?;
        if value < simplex[0].0 {
            let expanded = along(3.0, -2.0);
            let farther = self.call(&expanded)?;
            simplex[N] = if farther < value { (farther, expanded) } else { (value, reflected) };
            return Some(());
        }
        if value < simplex[N - 1].0 {
            simplex[N] = (value, reflected);
            return Some(());
        }
        let outside = value < worst.0;
        let contracted = if outside { along(1.5, -0.5) } else { along(0.5, 0.5) };
        let nearer = self.call(&contracted)?;
        if if outside { nearer <= value } else { nearer < worst.0 } {
            simplex[N] = (nearer, contracted);
            return Some(());
        }
        let best = simplex[0].1;
        for corner in &mut simplex[1..] {
            corner.1 = std::array::from_fn(|k| best[k] + 0.5 * (corner.1[k] - best[k]));
            corner.0 = self.call(&corner.1)?;
        }
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bottom_of_rosenbrocks_valley_is_found() {
        let valley = |p: &[f64; 2]| 100.0 * (p[1] - p[0] * p[0]).powi(2) + (1.0 - p[0]).powi(2);
        let found = minimize(valley, [-1.2, 1.0], 1000);
        // scipy.optimize.fmin(rosen, [-1.2, 1.0])
        assert!((found[0] - 1.0000220217835567).abs() < 1e-9 && (found[1] - 1.0000422197517716).abs() < 1e-9);
    }
}
