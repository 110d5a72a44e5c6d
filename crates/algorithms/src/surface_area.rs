//! The surface of voxels: the area of the mesh that marching cubes lays around them.

use crate::voxel_cubes::{Box3, cubes};
use pixels::Array;

/// Which tables of marching cubes are used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tables {
    /// Lewiner's, which settle ambiguous cubes.
    Lewiner,
    /// Lorensen's classic ones.
    Lorensen,
}

/// Why there is no surface.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoSurface {
    /// The volume has a side of one voxel.
    #[error("Input array must be at least 2x2x2.")]
    Thin,
    /// All voxels are inside.
    #[error("Surface level must be within volume data range.")]
    Full,
}

/// Returns the area of the surface around the voxels of `labels` (Z×H×W) for which `inside` holds, within `bounds`, where
/// voxels lie `spacing` (z, y, x) apart.
///
/// The mesh is at level 0 of voxels that are 0 or 1: its corners are voxels outside (scikit-image moves them by a rounding
/// error), so that it is one voxel wider than the object, and open where the object reaches the end of the box.
///
/// Source: `skimage.measure.marching_cubes` of 0.18.3 with `level=0`, and `mesh_surface_area`.
///
/// # Errors
/// Where scikit-image finds none.
pub fn surface_area(
    labels: &Array<u32>,
    bounds: Box3,
    spacing: [f64; 3],
    tables: Tables,
    inside: impl Fn(u32) -> bool,
) -> Result<f64, NoSurface> {
    if bounds.iter().any(|(from, to)| to - from < 2) {
        return Err(NoSurface::Thin);
    }
    let cubes = cubes(labels, bounds, inside);
    if cubes[..255].iter().all(|&count| count == 0) {
        return Err(NoSurface::Full);
    }
    let (kinds, triangles) = match tables {
        Tables::Lewiner => (LEWINER, LEWINER_TRIANGLES),
        Tables::Lorensen => (LORENSEN, LORENSEN_TRIANGLES),
    };
    let mut counts = [0_u64; 8];
    for (kind, count) in kinds.bytes().zip(cubes) {
        let kind = if kind.is_ascii_lowercase() { kind - b'a' } else { kind - b'A' + 26 };
        for (sum, &each) in counts.iter_mut().zip(&triangles[usize::from(kind)]) {
            *sum += count * u64::from(each);
        }
    }
    let [z, y, x] = spacing;
    let area = |normal: &[f64; 3]| {
        let [a, b, c] = [normal[0] * y * x, normal[1] * z * x, normal[2] * z * y];
        (a * a + b * b + c * c).sqrt() / 2.0
    };
    Ok(counts.iter().zip(&NORMALS).map(|(&count, normal)| count as f64 * area(normal)).sum())
}

/// The triangles' normals (z, y, x), their length twice the area where voxels lie 1 apart.
const NORMALS: [[f64; 3]; 8] = [
    [1.0, 0.0, 0.0],
    [0.0, 1.0, 0.0],
    [0.0, 0.0, 1.0],
    [0.0, 1.0, 1.0],
    [1.0, 0.0, 1.0],
    [1.0, 1.0, 0.0],
    [1.0, 1.0, 1.0],
    [1.0 / 3.0, 1.0 / 3.0, 1.0 / 3.0],
];

// How many triangles of each normal a cube has, whose corners inside are the bits 4·z + 2·y + x: a letter names the row.
// What tests/golden/make_surface_area.py prints.

const LEWINER: &str = "\
    abbcbdefbedfcffgbheiejbbkllmlnoobehikllmebjblonociiplqrrlrqracaa\
    beklhjlnebloibmodjlqjsttltaaqtdaeblrltahbaturuhafbmrnthaoaaacaaa\
    bkelelbohljnimboelbrbtaalataraaadljqlatdjtstqatafmbroduanataaaaa\
    cllaiqrairqcprrafnoabtuamadaraaafoncmahabataraaagooaoaaaoaaaaaaa\
";

const LEWINER_TRIANGLES: &[[u8; 8]] = &[
    [0, 0, 0, 0, 0, 0, 0, 0],
    [0, 0, 0, 0, 0, 0, 1, 0],
    [0, 0, 0, 0, 0, 2, 0, 0],
    [0, 0, 0, 0, 2, 0, 0, 0],
    [0, 0, 0, 0, 0, 0, 2, 0],
    [1, 0, 0, 0, 0, 0, 1, 0],
    [2, 0, 0, 0, 0, 0, 0, 0],
    [0, 0, 0, 2, 0, 0, 0, 0],
    [0, 1, 0, 0, 0, 0, 1, 0],
    [0, 0, 1, 0, 0, 0, 1, 0],
    [2, 2, 2, 0, 0, 0, 0, 0],
    [1, 1, 1, 0, 0, 0, 0, 0],
    [0, 0, 0, 1, 1, 0, 0, 0],
    [0, 0, 0, 1, 0, 1, 0, 0],
    [1, 0, 0, 0, 0, 0, 0, 0],
    [0, 2, 0, 0, 0, 0, 0, 0],
    [0, 0, 0, 0, 1, 1, 0, 0],
    [0, 1, 0, 0, 0, 0, 0, 0],
    [0, 0, 2, 0, 0, 0, 0, 0],
    [0, 0, 1, 0, 0, 0, 0, 0],
    [0, 0, 0, 0, 0, 0, 0, 4],
];

const LORENSEN: &str = "\
    abbcbdefbedfcffgbheiejkbelmnopqrbehiemlnekjboqprciisotuvoutvwcca\
    beeohjlpekmqibnrdjmtjxyzmyAdtzdaeklulyBhkCyeuehafbnvpzhaqedacaaa\
    beeoemkqhljpinbrelkukyCelByhuheadmjtmAydjyxztdzafnbvqdeaphzacaaa\
    coowituciutcsvvafpqcbzeanhdavaaafqpcndhabezavaaagrraraaaraaaaaaa\
";

const LORENSEN_TRIANGLES: &[[u8; 8]] = &[
    [0, 0, 0, 0, 0, 0, 0, 0],
    [0, 0, 0, 0, 0, 0, 1, 0],
    [0, 0, 0, 0, 0, 2, 0, 0],
    [0, 0, 0, 0, 2, 0, 0, 0],
    [0, 0, 0, 0, 0, 0, 2, 0],
    [1, 0, 0, 0, 0, 0, 1, 0],
    [2, 0, 0, 0, 0, 0, 0, 0],
    [0, 0, 0, 2, 0, 0, 0, 0],
    [0, 1, 0, 0, 0, 0, 1, 0],
    [0, 0, 1, 0, 0, 0, 1, 0],
    [0, 0, 0, 0, 0, 0, 3, 0],
    [0, 0, 0, 2, 0, 0, 1, 0],
    [0, 0, 0, 0, 2, 0, 1, 0],
    [0, 0, 0, 1, 1, 0, 0, 0],
    [0, 0, 0, 0, 0, 2, 1, 0],
    [0, 0, 0, 1, 0, 1, 0, 0],
    [1, 0, 0, 0, 0, 0, 2, 0],
    [1, 0, 0, 0, 0, 0, 0, 0],
    [0, 2, 0, 0, 0, 0, 0, 0],
    [0, 0, 0, 0, 1, 1, 0, 0],
    [0, 1, 0, 0, 0, 0, 2, 0],
    [0, 1, 0, 0, 0, 0, 0, 0],
    [0, 0, 0, 0, 0, 4, 0, 0],
    [0, 0, 2, 0, 0, 0, 0, 0],
    [0, 0, 1, 0, 0, 0, 2, 0],
    [0, 0, 1, 0, 0, 0, 0, 0],
    [0, 0, 0, 0, 4, 0, 0, 0],
    [0, 0, 0, 4, 0, 0, 0, 0],
    [0, 0, 0, 0, 0, 0, 4, 0],
];

#[cfg(test)]
mod tests {
    use super::*;
    use pixels::{Shape, codecs::npy};

    #[test]
    fn areas_are_those_of_scikit_image() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/surface_area_labels.npy");
        let stacked = npy::read(&std::fs::read(path).unwrap()).unwrap().plane_u32().unwrap();
        let shape = Shape { depth: 7, height: stacked.height() / 7, width: stacked.width(), channels: 1 };
        let labels = Array::from_vec(shape, stacked.data().to_vec());
        let everything = [(0, shape.depth), (0, shape.height), (0, shape.width)];
        let mut lines = 0;
        for line in include_str!("../tests/golden/surface_area.tsv").lines() {
            let [tables, depth, label, expected] = line.split('\t').collect::<Vec<_>>()[..] else {
                panic!("{line}")
            };
            let tables = if tables == "lewiner" { Tables::Lewiner } else { Tables::Lorensen };
            let (label, expected): (u32, f64) = (label.parse().unwrap(), expected.parse().unwrap());
            let spacing = [depth.parse().unwrap(), 1.0, 1.0];
            let found = surface_area(&labels, everything, spacing, tables, |l| l == label).unwrap();
            assert!((found - expected).abs() <= 1e-6 * expected, "{line}: {found}");
            lines += 1;
        }
        assert_eq!(lines, 12);
    }

    #[test]
    fn a_volume_that_is_full_or_thin_has_no_surface() {
        let all =
            |depth| Array::from_vec(Shape { depth, height: 2, width: 2, channels: 1 }, vec![1; depth * 4]);
        let area = |depth| {
            let bounds = [(0, depth), (0, 2), (0, 2)];
            surface_area(&all(depth), bounds, [1.0; 3], Tables::Lewiner, |l| l == 1)
        };
        assert_eq!(area(2), Err(NoSurface::Full));
        assert_eq!(area(1), Err(NoSurface::Thin));
    }
}
