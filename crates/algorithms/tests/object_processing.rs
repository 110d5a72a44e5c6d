//! What is made of objects, and what their colours and numbers go by, is centrosome's, matplotlib's and Python's (see
//! golden/make_object_processing.py).

use algorithms::binary_shrink::{remove_spurs, shrink_labels};
use algorithms::colormap::Colormap;
use algorithms::expand_labels::{add_dividing_lines, expand_labels};
use algorithms::python_set::PythonSet;
use algorithms::skeletonize_labels::skeletonize_labels;
use pixels::Plane;
use pixels::codecs::npy;

fn golden(name: &str) -> Plane<u32> {
    let path = format!("{}/tests/golden/object_processing_{name}.npy", env!("CARGO_MANIFEST_DIR"));
    let bytes = std::fs::read(path).expect("golden files are in the repository");
    npy::read(&bytes).ok().and_then(|array| array.plane_u32()).expect("golden files are whole")
}

#[test]
fn objects_that_touch_are_shrunk_thinned_and_divided_apart() {
    let labels = golden("labels");
    assert_eq!(shrink_labels(&labels, Some(2)), golden("shrunk_twice"));
    assert_eq!(shrink_labels(&labels, None), golden("shrunk"));
    assert_eq!(remove_spurs(&shrink_labels(&labels, Some(4)), 2), golden("despurred"));
    assert_eq!(skeletonize_labels(&labels), golden("skeletons"));
    assert_eq!(add_dividing_lines(&labels), golden("divided"));
    assert_eq!(expand_labels(&golden("shrunk"), 3.0), golden("expanded"));
}

#[test]
fn colors_are_matplotlibs() {
    for line in include_str!("golden/colormaps.tsv").lines() {
        let (name, values) = line.split_once('\t').expect("a name and values");
        let map = Colormap::named(name).expect("a known name");
        let found = [0.0, 0.137, 0.5, 0.93, 1.0].into_iter().flat_map(|x| map.color(x));
        for (found, expected) in found.zip(values.split('\t')) {
            let expected: f64 = expected.parse().expect("a number");
            assert!((found - expected).abs() < 1e-7, "{name}: {found}, not {expected}");
        }
    }
}

#[test]
fn sets_give_numbers_back_in_pythons_order() {
    for line in include_str!("golden/python_sets.txt").lines() {
        let numbers =
            |text: &str| -> Vec<u32> { text.split(' ').map(|n| n.parse().expect("a number")).collect() };
        let sets: Vec<_> = line.split('\t').map(numbers).collect();
        let [members, others, left] = &sets[..] else { panic!("three lists: {line}") };
        let set: PythonSet = members.iter().copied().collect();
        let others = others.iter().copied().collect();
        assert_eq!(set.difference(&others).iter().collect::<Vec<_>>(), *left);
    }
}
