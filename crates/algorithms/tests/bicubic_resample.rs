//! Pictures in other sizes, beside Pillow's.

use algorithms::bicubic_resample::resample;

fn bytes(hex: &str) -> Vec<u8> {
    let pairs = (0..hex.len()).step_by(2).map(|i| u8::from_str_radix(&hex[i..i + 2], 16));
    pairs.collect::<Result<_, _>>().expect("two digits a byte")
}

#[test]
fn pictures_are_resized_as_pillow_does() {
    for line in include_str!("golden/bicubic.tsv").lines() {
        let fields: Vec<&str> = line.split('\t').collect();
        let sizes: Vec<usize> = fields[0].split(',').map(|n| n.parse().expect("a number")).collect();
        let [height, width, channels, to_height, to_width] = sizes[..] else { panic!("five sizes") };
        let resized = resample(&bytes(fields[1]), (height, width), channels, (to_height, to_width));
        assert_eq!(resized, bytes(fields[2]), "{height}×{width} to {to_height}×{to_width}");
    }
}
