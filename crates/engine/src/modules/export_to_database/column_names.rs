//! The names of a database's columns: those of the features, shortened where they are too long.

use md5::{Digest, Md5};
use std::collections::{BTreeMap, BTreeSet};

/// Letters that are left out of a name that is too long: those of the first set first, from the end of the name on.
const LEFT_OUT: [fn(char) -> bool; 3] = [
    |c| matches!(c, 'a' | 'e' | 'i' | 'o' | 'u'),
    |c| c.is_ascii_lowercase() && !matches!(c, 'a' | 'e' | 'i' | 'o' | 'u'),
    |c| c.is_ascii_uppercase(),
];

/// The column of each feature.
#[derive(Clone, Debug, Default)]
pub(super) struct ColumnNames(BTreeMap<String, String>);

impl ColumnNames {
    /// Names the columns of `features` with at most `longest` characters, all different.
    ///
    /// The features are taken in alphabetical order, and which of two like names stays as it is depends on all of
    /// them, as in CellProfiler.
    pub(super) fn new(features: BTreeSet<String>, longest: usize) -> Self {
        let mut taken = features.clone();
        let mut columns: BTreeMap<_, _> = features.into_iter().map(|f| (f.clone(), f)).collect();
        let odd = |f: &&String| f.chars().count() > longest || !f.chars().all(is_plain);
        let problems: Vec<String> = columns.keys().filter(odd).cloned().collect();
        for feature in problems {
            let name = renamed(&feature, longest, &taken);
            taken.remove(&feature);
            taken.insert(name.clone());
            columns.insert(feature, name);
        }
        Self(columns)
    }

    /// Returns the column of a feature; none of one that was not among those named.
    pub(super) fn of(&self, feature: &str) -> &str {
        self.0.get(feature).map_or("", String::as_str)
    }
}

fn is_plain(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_' || c == '$'
}

/// Returns a plain name for `feature` that is short enough, if letters are enough to leave out, and not `taken`.
fn renamed(feature: &str, longest: usize, taken: &BTreeSet<String>) -> String {
    let mut name: String = feature.chars().map(|c| if is_plain(c) { c } else { '_' }).collect();
    if name != feature && taken.contains(&name) {
        let numbered = (1..).map(|i| format!("{name}{i}")).find(|n| !taken.contains(n));
        name = numbered.expect("there are more numbers than names");
    }
    let whole = name.clone();
    // What comes before the first underline, the object's name, is shortened last.
    for start in whole.find('_').into_iter().chain([0]) {
        shorten(&mut name, start, longest);
    }
    let mut random = None;
    while taken.contains(&name) {
        let random = random.get_or_insert_with(|| Random::new(&whole));
        name.clone_from(&whole);
        while name.len() > longest {
            name.remove(random.next() % name.len());
        }
    }
    name
}

fn shorten(name: &mut String, start: usize, longest: usize) {
    let mut to_remove = name.len().saturating_sub(longest);
    for left_out in LEFT_OUT {
        for at in (start..name.len()).rev() {
            if to_remove == 0 {
                return;
            }
            if left_out(char::from(name.as_bytes()[at])) {
                name.remove(at);
                to_remove -= 1;
            }
        }
    }
}

/// Numbers that are the same on every machine: digests of a text and of the digests before.
struct Random(Md5);

impl Random {
    fn new(seed: &str) -> Self {
        let mut digest = Md5::new();
        digest.update(seed.as_bytes());
        Self(digest)
    }

    fn next(&mut self) -> usize {
        let digest = self.0.clone().finalize();
        self.0.update(digest);
        usize::from(digest[0]) + 256 * usize::from(digest[1])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The names that CellProfiler 4.2.8 gave these features in tables of at most 18 and 20 characters.
    #[test]
    fn long_names_lose_vowels_then_consonants_then_any_letter() {
        let named = |longest, features: &[&str], feature: &str| {
            let names = ColumnNames::new(features.iter().map(|f| f.to_string()).collect(), longest);
            names.of(feature).to_string()
        };
        let one = |longest, feature: &str| named(longest, &[feature], feature);
        assert_eq!(one(18, "Image_ExecutionTime_01Images"), "Image_ExctnTm_01Im");
        assert_eq!(one(18, "Image_Metadata_FileLocation"), "Image_Metdt_FlLctn");
        assert_eq!(one(20, "Nuclei_Number_Object_Number"), "Nuclei_Nmbr_Objct_Nm");
        assert_eq!(one(64, "Image_Metadata_a b"), "Image_Metadata_a_b");
        let edges = ["Nuclei_Intensity_MaxIntensityEdge_DNA", "Nuclei_Intensity_MaxIntensity_DNA"];
        assert_eq!(named(20, &edges, edges[0]), "Nuclei_Intns_MIE_DNA");
    }
}
