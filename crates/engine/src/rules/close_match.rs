//! The name most like a given one, as Python's `difflib.get_close_matches` finds it.
//!
//! Source: Ratcliff and Metzener, "Pattern Matching: The Gestalt Approach" (1988), as in `difflib` of Python 3.8.

use std::collections::HashMap;

/// A name is alike when twice the matching characters are this share of all characters at least.
const CUTOFF: f64 = 0.7;

/// Characters that are more than this share of a long name count as noise.
const LONG: usize = 200;

/// Returns the one of `names` that is most like `wanted`; of several alike the last in the alphabet.
pub(super) fn closest<'n>(wanted: &str, names: &'n [String]) -> Option<&'n str> {
    let wanted: Vec<char> = wanted.chars().collect();
    let index = Index::new(&wanted);
    let scored = names.iter().filter_map(|name| {
        let chars: Vec<char> = name.chars().collect();
        let all = chars.len() + wanted.len();
        let score = if all == 0 { 1.0 } else { 2.0 * index.matches(&chars) as f64 / all as f64 };
        (score >= CUTOFF).then_some((score, name.as_str()))
    });
    let best = scored.max_by(|a, b| a.0.total_cmp(&b.0).then_with(|| a.1.cmp(b.1)));
    best.map(|(_, name)| name)
}

/// Where each character of the wanted name stands.
struct Index<'w> {
    wanted: &'w [char],
    places: HashMap<char, Vec<usize>>,
}

impl<'w> Index<'w> {
    fn new(wanted: &'w [char]) -> Self {
        let mut places: HashMap<char, Vec<usize>> = HashMap::new();
        for (place, &c) in wanted.iter().enumerate() {
            places.entry(c).or_default().push(place);
        }
        if wanted.len() >= LONG {
            places.retain(|_, at| at.len() <= wanted.len() / 100 + 1);
        }
        Self { wanted, places }
    }

    /// Counts the characters of the longest common stretch and, again, of what lies before and after it.
    fn matches(&self, name: &[char]) -> usize {
        let mut open = vec![(0, name.len(), 0, self.wanted.len())];
        let mut count = 0;
        while let Some((a0, a1, b0, b1)) = open.pop() {
            let (a, b, length) = self.longest(name, (a0, a1), (b0, b1));
            if length > 0 {
                count += length;
                open.push((a0, a, b0, b));
                open.push((a + length, a1, b + length, b1));
            }
        }
        count
    }

    /// Returns the longest common stretch, the earliest of several: where it is in `name` and wanted, and its length.
    fn longest(
        &self,
        name: &[char],
        (a0, a1): (usize, usize),
        (b0, b1): (usize, usize),
    ) -> (usize, usize, usize) {
        let (mut a, mut b, mut length) = (a0, b0, 0);
        let mut ends: HashMap<usize, usize> = HashMap::new();
        for i in a0..a1 {
            let mut next = HashMap::new();
            for &j in self.places.get(&name[i]).map_or(&[][..], Vec::as_slice) {
                if j < b0 {
                    continue;
                }
                if j >= b1 {
                    break;
                }
                let k = j.checked_sub(1).and_then(|j| ends.get(&j)).copied().unwrap_or(0) + 1;
                next.insert(j, k);
                if k > length {
                    (a, b, length) = (i + 1 - k, j + 1 - k, k);
                }
            }
            ends = next;
        }
        // Noise may stretch a match, but not begin one.
        while a > a0 && b > b0 && name[a - 1] == self.wanted[b - 1] {
            (a, b, length) = (a - 1, b - 1, length + 1);
        }
        while a + length < a1 && b + length < b1 && name[a + length] == self.wanted[b + length] {
            length += 1;
        }
        (a, b, length)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_most_alike_is_found() {
        let names =
            ["Image_Intensity_MeanIntensity_DNA", "Image_Intensity_MADIntensity_DNA", "Image_Count_Nuclei"];
        let names = names.map(String::from);
        assert_eq!(closest("Image_Intensity_MeanIntens_DNA", &names), Some(names[0].as_str()));
        assert_eq!(closest("Nuclei_Area", &names), None);
    }
}
