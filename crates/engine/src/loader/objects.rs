use algorithms::connected_components::{Connectivity, label_equal};
use algorithms::volume_components::label_volume;
use pixels::{Array, Plane, Shape};
use std::cmp::Ordering;

/// Interprets an image as labels, as CellProfiler's `convert_image_to_objects`.
///
/// Grey: whole numbers stay when there are enough of them for their greatest, else each value is its rank, from 0 for
/// the least. Colours: each colour is its rank by red, green and blue.
pub(super) fn from_values(shape: Shape, values: &[f64]) -> Result<Plane<u32>, String> {
    let labels = if shape.channels == 1 {
        grey(values)?
    } else {
        ranks(shape.height * shape.width, shape.channels, values)
    };
    Ok(Plane::from_vec(shape.height, shape.width, labels))
}

fn grey(values: &[f64]) -> Result<Vec<u32>, String> {
    let mut distinct = values.to_vec();
    distinct.sort_by(f64::total_cmp);
    distinct.dedup();
    let greatest = distinct.last().copied().unwrap_or(0.0);
    let whole = |v: f64| ((v * 10.0).round_ties_even() / 10.0 - v).abs() <= f64::EPSILON;
    if (distinct.len() * 2) as f64 > greatest.max(254.0) && distinct.iter().all(|&v| whole(v)) {
        if distinct.first().is_some_and(|&least| least.round_ties_even() < 0.0) {
            return Err("it has negative labels".into());
        }
        return Ok(values.iter().map(|v| v.round_ties_even() as u32).collect());
    }
    let rank = |v: &f64| distinct.partition_point(|d| d.total_cmp(v).is_lt()) as u32;
    Ok(values.iter().map(rank).collect())
}

fn ranks(pixels: usize, channels: usize, values: &[f64]) -> Vec<u32> {
    let pixel = |i: usize| &values[i * channels..(i + 1) * channels];
    let order_of = |a: usize, b: usize| {
        let pairs = pixel(a).iter().zip(pixel(b)).take(3);
        pairs.map(|(x, y)| x.total_cmp(y)).find(|o| o.is_ne()).unwrap_or(Ordering::Equal)
    };
    let mut order: Vec<usize> = (0..pixels).collect();
    order.sort_by(|&a, &b| order_of(a, b));
    let mut labels = vec![0; pixels];
    let mut rank = 0;
    for (place, &i) in order.iter().enumerate() {
        if place > 0 && pixel(order[place - 1]) != pixel(i) {
            rank += 1;
        }
        labels[i] = rank;
    }
    labels
}

/// Numbers labels (H×W or Z×H×W) anew when there are gaps: by components of touching pixels (corners too) of one label, in
/// the order of their first pixels.
///
/// Source: NamesAndTypes' call of scikit-image's `label`.
pub(super) fn without_gaps(labels: Array<u32>) -> Array<u32> {
    let mut distinct: Vec<u32> = labels.data().iter().copied().filter(|&label| label != 0).collect();
    distinct.sort_unstable();
    distinct.dedup();
    // Not by a table up to the greatest: a file may name any number.
    if distinct.last().is_none_or(|&greatest| greatest as usize == distinct.len()) {
        return labels;
    }
    match labels.as_plane() {
        Some(plane) => label_equal(plane, Connectivity::Eight, 0).0.into(),
        None => label_volume(&labels, 3, 0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(values: &[f64]) -> Vec<u32> {
        from_values(Shape::grey(1, values.len()), values).unwrap().into_vec()
    }

    #[test]
    fn few_values_are_ranked_and_many_whole_numbers_are_labels() {
        assert_eq!(labels(&[0.0, 7.0, 255.0, 7.0]), [0, 1, 2, 1]);
        let many: Vec<f64> = (0..200).map(f64::from).filter(|v| *v != 5.0).collect();
        assert_eq!(labels(&many)[5], 6);
        assert_eq!(labels(&[0.5, 0.25]), [1, 0]);
    }

    #[test]
    fn colours_are_ranked_by_red_then_green_then_blue() {
        let shape = Shape { channels: 3, ..Shape::grey(1, 3) };
        let values = [1.0, 0.0, 0.0, 0.0, 2.0, 0.0, 0.0, 0.0, 9.0];
        assert_eq!(from_values(shape, &values).unwrap().into_vec(), [2, 1, 0]);
    }

    #[test]
    fn labels_with_gaps_are_numbered_by_components() {
        let plane = Plane::from_vec(2, 4, vec![3, 0, 5, 3, 0, 3, 0, 5]);
        assert_eq!(without_gaps(plane.into()).into_vec(), [1, 0, 2, 3, 0, 1, 0, 2]);
        let plane: Array<u32> = Plane::from_vec(1, 3, vec![2, 1, 2]).into();
        assert_eq!(without_gaps(plane.clone()), plane);
    }
}
