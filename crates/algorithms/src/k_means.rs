//! Clusters of points, by k-means from seeds that are far from each other.
//!
//! Source: `sklearn.cluster.KMeans` of scikit-learn 0.24.2, as CellProfiler 4.2.8 calls it: Arthur and Vassilvitskii,
//! "k-means++" (2007), with several trials a seed, then Elkan, "Using the triangle inequality to accelerate k-means" (2003),
//! the best of ten runs. Points on a grid are often as far from one centre as from another: which they go to hangs on the
//! last bits, so that distances are made as there. Each cluster's points are added one after the other, which is what
//! scikit-learn does with one thread; with more, a thread's points for themselves, so that centres differ in the last bits.

use crate::numpy::{argpartition, sum};
use crate::random::RandomState;
use multiversion::multiversion;

/// Runs, of which the best counts.
const RUNS: usize = 10;
/// Rounds of a run at the most.
const ROUNDS: usize = 300;

/// Returns the centres of `clusters` clusters of `points` (two coordinates each), at least as many. A run ends when its centres
/// have moved by `tolerance` times the mean variance of the coordinates at the most, all squares of moves added.
pub fn k_means(
    points: &[[f64; 2]],
    clusters: usize,
    tolerance: f64,
    random: &mut RandomState,
) -> Vec<[f64; 2]> {
    let n = points.len() as f64;
    let mean = [0, 1].map(|axis| points.iter().map(|p| p[axis]).sum::<f64>() / n);
    let points = Points::new(points.iter().map(|p| [p[0] - mean[0], p[1] - mean[1]]));
    let variance = points.coordinates.each_ref().map(|axis| axis.iter().map(|v| v * v).sum::<f64>() / n);
    let tolerance = (variance[0] + variance[1]) / 2.0 * tolerance;
    let mut best: Option<(f64, Vec<[f64; 2]>)> = None;
    for _ in 0..RUNS {
        let (inertia, centers) = points.run(points.seeds(clusters, random), tolerance);
        if best.as_ref().is_none_or(|best| inertia < best.0) {
            best = Some((inertia, centers));
        }
    }
    let centers = best.map(|best| best.1).unwrap_or_default();
    centers.into_iter().map(|c| [c[0] + mean[0], c[1] + mean[1]]).collect()
}

/// Points around their mean.
struct Points {
    coordinates: [Vec<f64>; 2],
    /// The squares of their distances to the mean.
    norms: Vec<f64>,
}

fn norm(p: [f64; 2]) -> f64 {
    p[0] * p[0] + p[1] * p[1]
}

fn distance_squared(a: [f64; 2], b: [f64; 2]) -> f64 {
    norm([a[0] - b[0], a[1] - b[1]])
}

impl Points {
    fn new(points: impl Iterator<Item = [f64; 2]> + Clone) -> Self {
        let axis = |axis: usize| points.clone().map(|p| p[axis]).collect();
        Self { coordinates: [axis(0), axis(1)], norms: points.clone().map(norm).collect() }
    }

    fn at(&self, i: usize) -> [f64; 2] {
        [self.coordinates[0][i], self.coordinates[1][i]]
    }

    fn iter(&self) -> impl Iterator<Item = [f64; 2]> {
        let [y, x] = &self.coordinates;
        y.iter().zip(x).map(|(&y, &x)| [y, x])
    }

    /// Returns points to start from: each the one of several, drawn by the squares of their distances to those before, that
    /// leaves the least sum of squares.
    fn seeds(&self, count: usize, random: &mut RandomState) -> Vec<[f64; 2]> {
        let n = self.norms.len();
        let trials = 2 + (count as f64).ln() as usize;
        let first = self.at(random.interval(n as u32 - 1) as usize);
        let mut seeds = vec![first];
        let mut nearest = vec![f64::INFINITY; n];
        // BLAS multiplies a single vector in another order than several.
        nearest_with_swapped(self, first, &mut nearest);
        let mut rest = sum(&nearest);
        let mut total = vec![0.0; n];
        let (mut best, mut tried) = (vec![0.0; n], vec![0.0; n]);
        while seeds.len() < count {
            let drawn: Vec<f64> = (0..trials).map(|_| random.sample() * rest).collect();
            let mut so_far = 0.0;
            for (total, &squared) in total.iter_mut().zip(&nearest) {
                so_far += squared;
                *total = so_far;
            }
            let mut least = None;
            for value in drawn {
                let candidate = self.at(total.partition_point(|&t| t < value).min(n - 1));
                tried.copy_from_slice(&nearest);
                nearest_with(self, candidate, &mut tried);
                let left = sum(&tried);
                if least.is_none_or(|(so_far, _)| left < so_far) {
                    least = Some((left, candidate));
                    std::mem::swap(&mut best, &mut tried);
                }
            }
            let Some((left, seed)) = least else { break };
            seeds.push(seed);
            rest = left;
            std::mem::swap(&mut nearest, &mut best);
        }
        seeds
    }

    /// Moves centres to the means of their points until they stay; returns the sum of the squares of distances, too.
    fn run(&self, mut centers: Vec<[f64; 2]>, tolerance: f64) -> (f64, Vec<[f64; 2]>) {
        let mut halves = Halves::new(&centers);
        let mut labels: Vec<usize> = self.iter().map(|point| halves.nearest(&centers, point)).collect();
        for round in 0..ROUNDS {
            let before = labels.clone();
            if round > 0 {
                self.assign(&centers, &halves, &mut labels);
            }
            let moved = self.means(&labels, &centers);
            let shifts: Vec<f64> = moved
                .iter()
                .zip(&centers)
                .map(|(&new, &old)| distance_squared(new, old).sqrt())
                .map(|shift| shift * shift)
                .collect();
            centers = moved;
            halves = Halves::new(&centers);
            if round > 0 && labels == before {
                break;
            }
            if sum(&shifts) <= tolerance || round + 1 == ROUNDS {
                self.assign(&centers, &halves, &mut labels);
                break;
            }
        }
        let squares = self.iter().zip(&labels).map(|(point, &label)| distance_squared(point, centers[label]));
        (squares.fold(0.0, |sum, squared| sum + squared), centers)
    }

    /// Gives each point to another centre if that is nearer than its own.
    fn assign(&self, centers: &[[f64; 2]], halves: &Halves, labels: &mut [usize]) {
        for (point, label) in self.iter().zip(labels) {
            let away = distance_squared(point, centers[*label]).sqrt();
            *label = halves.nearer(centers, point, (*label, away), |_| true);
        }
    }

    /// Returns the means of the points of each centre. Those without points get one each, of those farthest from their centres.
    fn means(&self, labels: &[usize], centers: &[[f64; 2]]) -> Vec<[f64; 2]> {
        let mut sums = vec![([0.0; 2], 0.0); centers.len()];
        for (point, &label) in self.iter().zip(labels) {
            let (sum, count) = &mut sums[label];
            sum[0] += point[0];
            sum[1] += point[1];
            *count += 1.0;
        }
        let empty: Vec<usize> = (0..sums.len()).filter(|&label| sums[label].1 == 0.0).collect();
        if !empty.is_empty() {
            let away = self.iter().zip(labels).map(|(point, &label)| distance_squared(point, centers[label]));
            let order = argpartition(&away.collect::<Vec<_>>(), labels.len() - empty.len());
            for (label, &far) in empty.into_iter().zip(order.iter().rev()) {
                let point = self.at(far);
                let (sum, count) = &mut sums[labels[far]];
                *sum = [sum[0] - point[0], sum[1] - point[1]];
                *count -= 1.0;
                sums[label] = (point, 1.0);
            }
        }
        let mean = |(sum, count): ([f64; 2], f64)| {
            let share = if count > 0.0 { 1.0 / count } else { 1.0 };
            [sum[0] * share, sum[1] * share]
        };
        sums.into_iter().map(mean).collect()
    }
}

/// Half the distances between centres: a point nearer to its centre than half the way to another one is not that one's.
struct Halves {
    /// From each centre to each.
    between: Vec<f64>,
    /// From each centre's nearest one to it.
    next: Vec<f64>,
}

impl Halves {
    fn new(centers: &[[f64; 2]]) -> Self {
        let n = centers.len();
        let mut between = vec![0.0; n * n];
        for (i, &a) in centers.iter().enumerate() {
            for (j, &b) in centers.iter().enumerate().filter(|(j, _)| *j != i) {
                between[i * n + j] = squared(dot(a, b), norm(a), norm(b)).sqrt() / 2.0;
            }
        }
        let next = (0..n).map(|j| {
            let others = (0..n).filter(|&i| i != j).map(|i| between[i * n + j]);
            others.fold(f64::INFINITY, f64::min)
        });
        Self { next: next.collect(), between }
    }

    /// Returns the centre that is nearest to a point, the first of several.
    fn nearest(&self, centers: &[[f64; 2]], point: [f64; 2]) -> usize {
        let n = centers.len();
        let (mut label, mut away) = (0, distance_squared(point, centers[0]).sqrt());
        let mut seen = vec![false; n];
        seen[0] = true;
        for j in 1..n {
            if away > self.between[label * n + j] {
                seen[j] = true;
                let other = distance_squared(point, centers[j]).sqrt();
                if other < away {
                    (label, away) = (j, other);
                }
            }
        }
        self.nearer(centers, point, (label, away), |j| !seen[j])
    }

    /// Returns a centre that is nearer to a point than its own, of those that are `open`; else its own.
    fn nearer(
        &self,
        centers: &[[f64; 2]],
        point: [f64; 2],
        (mut label, mut away): (usize, f64),
        open: impl Fn(usize) -> bool,
    ) -> usize {
        let n = centers.len();
        if self.next[label] >= away {
            return label;
        }
        for j in 0..n {
            if j != label && away > self.between[label * n + j] && open(j) {
                let other = distance_squared(point, centers[j]).sqrt();
                if other < away {
                    (label, away) = (j, other);
                }
            }
        }
        label
    }
}

/// The product of two vectors as BLAS makes it of matrices: the second product is not rounded before it is added.
#[inline]
fn dot(a: [f64; 2], b: [f64; 2]) -> f64 {
    a[1].mul_add(b[1], a[0] * b[0])
}

#[inline]
fn squared(dot: f64, a: f64, b: f64) -> f64 {
    let squared = -2.0 * dot + a + b;
    if squared > 0.0 { squared } else { 0.0 }
}

/// Lowers the squared distances of all points to those to a centre.
#[multiversion(targets("x86_64+avx2+fma"))]
fn nearest_with(points: &Points, center: [f64; 2], nearest: &mut [f64]) {
    let norm = norm(center);
    let [y, x] = &points.coordinates;
    for (((nearest, &own), &y), &x) in nearest.iter_mut().zip(&points.norms).zip(y).zip(x) {
        let squared = squared(dot(center, [y, x]), norm, own);
        *nearest = if squared < *nearest { squared } else { *nearest };
    }
}

/// As [`nearest_with`], with the coordinates swapped in products.
fn nearest_with_swapped(points: &Points, center: [f64; 2], nearest: &mut [f64]) {
    let [y, x] = &points.coordinates;
    for (((nearest, &own), &y), &x) in nearest.iter_mut().zip(&points.norms).zip(y).zip(x) {
        *nearest = squared(dot([center[1], center[0]], [x, y]), norm(center), own).min(*nearest);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn centres_are_those_of_scikit_learn() {
        let points: Vec<_> = (0..90_u32).map(|i| [i * i % 19, i * 7 % 23]).collect();
        let centers = |tolerance: f64| {
            let mut random = RandomState::from_key(&points.concat());
            k_means(&points.iter().map(|p| p.map(f64::from)).collect::<Vec<_>>(), 5, tolerance, &mut random)
        };
        // KMeans(5, tol=tolerance, random_state=seeded by the points).fit(points).cluster_centers_, after 1 and 4 rounds
        let expected = [
            [15.333333333333332, 6.999999999999998],
            [4.55, 18.45],
            [5.428571428571429, 2.80952380952381],
            [14.636363636363637, 18.454545454545453],
            [5.565217391304348, 10.91304347826087],
        ];
        assert_eq!(centers(2.0), expected);
        let expected = [
            [14.76923076923077, 5.384615384615383],
            [5.190476190476191, 18.428571428571427],
            [5.15, 2.799999999999999],
            [14.999999999999998, 17.214285714285715],
            [4.999999999999999, 10.590909090909092],
        ];
        assert_eq!(centers(0.01), expected);
    }

    #[test]
    fn centres_without_points_get_some() {
        let places = [[[1, 2]; 4].as_slice(), &[[5, 3]; 3], &[[2, 7]; 2]].concat();
        let mut random = RandomState::from_key(&places.concat());
        let points: Vec<_> = places.iter().map(|p| p.map(f64::from)).collect();
        // KMeans(5, tol=2, random_state=seeded by the points).fit(points).cluster_centers_
        let expected = [[2.0, 7.0], [1.0, 2.0], [5.0, 3.0], [2.0, 7.0], [1.0, 2.0]];
        assert_eq!(k_means(&points, 5, 2.0, &mut random), expected);
    }
}
