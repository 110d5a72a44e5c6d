//! What must hold of object measurements whatever the objects are.

use algorithms::intensity::{Measured, measure};
use algorithms::regions::Regions;
use algorithms::size_shape;
use pixels::Plane;
use proptest::prelude::*;

fn labels() -> impl Strategy<Value = Plane<u32>> {
    (1usize..12, 1usize..12).prop_flat_map(|(height, width)| {
        proptest::collection::vec(0u32..4, height * width)
            .prop_map(move |data| Plane::from_vec(height, width, data))
    })
}

/// Returns the value at a fractional place in the sorted values, interpolated towards the next.
fn at(sorted: &[f64], place: f64) -> f64 {
    let index = place as usize;
    let fraction = place - place.floor();
    match sorted.get(index + 1) {
        Some(next) => sorted[index] * (1.0 - fraction) + next * fraction,
        None => sorted[index],
    }
}

proptest! {
    #[test]
    fn quartiles_and_deviations_are_those_of_the_sorted_values(values in proptest::collection::vec(0u8..9, 1..60)) {
        let n = values.len();
        let values: Vec<f64> = values.iter().map(|&v| f64::from(v) * f64::from(v)).collect();
        let image = Plane::from_vec(1, n, values.clone());
        let found = measure(&image, &Measured::new(&Plane::filled(1, n, 1), 1, n, None))[0];
        let mut sorted = values.clone();
        sorted.sort_unstable_by(f64::total_cmp);
        prop_assert_eq!(found.lower_quartile, at(&sorted, n as f64 / 4.0));
        prop_assert_eq!(found.median, at(&sorted, n as f64 / 2.0));
        prop_assert_eq!(found.upper_quartile, at(&sorted, n as f64 * 3.0 / 4.0));
        let mut deviations: Vec<f64> = values.iter().map(|v| (v - found.median).abs()).collect();
        deviations.sort_unstable_by(f64::total_cmp);
        prop_assert_eq!(found.mad, at(&deviations, n as f64 / 2.0));
    }

    #[test]
    fn runs_hold_every_pixel_of_an_object_once(labels in labels()) {
        let regions = Regions::of(&labels);
        let mut drawn = Plane::zeros(labels.height(), labels.width());
        for (label, region) in regions.iter() {
            for (y, x) in region.pixels() {
                prop_assert_eq!(drawn[(y, x)], 0);
                drawn[(y, x)] = label as u32;
            }
        }
        prop_assert_eq!(&drawn, &labels);
        prop_assert_eq!(regions.filtered(|_, _| true), regions);
    }

    #[test]
    fn an_edge_pixel_has_a_neighbour_of_another_label(labels in labels()) {
        let edges = Regions::of(&labels).inner_edges(&labels);
        let is_edge = |y: usize, x: usize| {
            let differs = |y: usize, x: usize, other: Option<(usize, usize)>| {
                other.is_some_and(|o| o.0 < labels.height() && o.1 < labels.width() && labels[o] != labels[(y, x)])
            };
            labels[(y, x)] != 0
                && (differs(y, x, y.checked_sub(1).map(|y| (y, x)))
                    || differs(y, x, x.checked_sub(1).map(|x| (y, x)))
                    || differs(y, x, Some((y + 1, x)))
                    || differs(y, x, Some((y, x + 1))))
        };
        let mut found: Vec<_> = edges.iter().flat_map(|(_, r)| r.pixels().collect::<Vec<_>>()).collect();
        found.sort_unstable();
        let all = (0..labels.height()).flat_map(|y| (0..labels.width()).map(move |x| (y, x)));
        prop_assert_eq!(found, all.filter(|&(y, x)| is_edge(y, x)).collect::<Vec<_>>());
    }

    #[test]
    fn shape_does_not_depend_on_place(labels in labels(), dy in 0usize..5, dx in 0usize..5) {
        let mut moved = Plane::zeros(labels.height() + dy, labels.width() + dx);
        for y in 0..labels.height() {
            moved.row_mut(y + dy)[dx..].copy_from_slice(labels.row(y));
        }
        let (here, there) = (Regions::of(&labels), Regions::of(&moved));
        for (a, b) in size_shape::measure(&here).into_iter().zip(size_shape::measure(&there)) {
            let (Some(a), Some(b)) = (a, b) else { continue };
            prop_assert_eq!((a.area, a.convex_area, a.euler_number), (b.area, b.convex_area, b.euler_number));
            prop_assert_eq!((a.perimeter, a.feret, a.radii), (b.perimeter, b.feret, b.radii));
            prop_assert_eq!((a.central, a.eigenvalues), (b.central, b.eigenvalues));
        }
    }
}
