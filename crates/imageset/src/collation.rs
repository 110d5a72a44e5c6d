//! The order in which CellProfiler compares metadata: that of Java's collator for English.
//!
//! Source: the behaviour of `java.text.RuleBasedCollator` without decomposition, seen from outside. Letters first
//! count by their base, punctuation comes before digits and digits before letters; accents count next, then case
//! (small before capital). A hyphen, like control characters, is looked at only where all else is the same.

use std::cmp::Ordering;

/// How two metadata values are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparison {
    /// Equal when the same letter by letter.
    CaseSensitive,
    /// Equal when the same but for case and accents.
    CaseInsensitive,
    /// Equal when the same number.
    Numeric,
}

impl Comparison {
    /// Compares two values.
    ///
    /// Under [`Comparison::Numeric`] a value that is no number comes after those that are, by its text (CellProfiler
    /// fails there; see [`Comparison::accepts`]).
    pub fn compare(self, a: &str, b: &str) -> Ordering {
        match self {
            Self::CaseSensitive => collate(a, b, true).then_with(|| a.encode_utf16().cmp(b.encode_utf16())),
            Self::CaseInsensitive => collate(a, b, false),
            Self::Numeric => match (number(a), number(b)) {
                _ if a == b => Ordering::Equal,
                (Some(a), Some(b)) => a.total_cmp(&b),
                (Some(_), None) => Ordering::Less,
                (None, Some(_)) => Ordering::Greater,
                (None, None) => a.cmp(b),
            },
        }
    }

    /// Returns whether a value can be compared.
    pub fn accepts(self, value: &str) -> bool {
        self != Self::Numeric || number(value).is_some()
    }
}

fn number(text: &str) -> Option<f64> {
    text.trim().parse().ok()
}

/// Weight of a letter: base, accent or hyphen, case.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Weight {
    primary: u32,
    secondary: u32,
    tertiary: u32,
}

/// Punctuation in the collator's order.
const PUNCTUATION: &str = "_\u{af},;:!¡?¿/.´`^\u{a8}~·¸'\"«»()[]{}§¶©®@¤";
/// What follows it, up to the digits.
const SIGNS: &str = "¢$£¥*\\&#%+±<=>¬|¦°µ";

/// Letters with accents that Western European names hold: base letter and accent.
const ACCENTED: [(&str, char); 12] = [
    ("àèìòùÀÈÌÒÙ", '`'),
    ("áéíóúýÁÉÍÓÚÝ", '\''),
    ("âêîôûÂÊÎÔÛ", '^'),
    ("ãñõÃÑÕ", '~'),
    ("äëïöüÿÄËÏÖÜ", '"'),
    ("åÅ", 'o'),
    ("çÇ", ','),
    ("øØ", '/'),
    ("šžŠŽ", 'v'),
    ("ð Ð", '-'),
    ("ß", 's'),
    ("æÆ", 'e'),
];

fn weight(c: char) -> Weight {
    let w = |primary, secondary, tertiary| Weight { primary, secondary, tertiary };
    let upper = u32::from(c.is_uppercase());
    match c {
        ' ' => w(0, 1, 0),
        '\u{a0}' => w(0, 2, 0),
        '-' => w(0, 109, 1),
        '\u{ad}' => w(0, 110, 0),
        c if c.is_control() => w(0, 0, 0),
        '0'..='9' => w(1000 + u32::from(c), 0, 0),
        'a'..='z' | 'A'..='Z' => w(2000 + u32::from(c.to_ascii_lowercase()), 0, upper),
        _ => {
            if let Some(place) = PUNCTUATION.chars().position(|p| p == c) {
                return w(100 + place as u32, 0, 0);
            }
            if let Some(place) = SIGNS.chars().position(|p| p == c) {
                return w(400 + place as u32, 0, 0);
            }
            match accented(c) {
                Some((base, accent)) => w(2000 + u32::from(base), accent, upper),
                None => w(10_000 + u32::from(c), 0, 0),
            }
        }
    }
}

/// The base letter of an accented one and the accent's place among accents.
fn accented(c: char) -> Option<(char, u32)> {
    const BASES: &str = "aeiouyncsz";
    const FAMILIES: [&str; 10] =
        ["áàåâäãÁÀÅÂÄÃ", "éèêëÉÈÊË", "íìîïÍÌÎÏ", "óòôöõÓÒÔÖÕ", "úùûüÚÙÛÜ", "ýÿÝ", "ñÑ", "çÇ", "šŠ", "žŽ"];
    let family = FAMILIES.iter().position(|f| f.contains(c))?;
    let accent = ACCENTED.iter().position(|(letters, _)| letters.contains(c))?;
    // Acute, grave, ring, circumflex, diaeresis, tilde: the collator's order of accents.
    const ORDER: [u32; 12] = [20, 19, 22, 28, 26, 24, 40, 41, 35, 42, 43, 44];
    Some((BASES.chars().nth(family)?, ORDER[accent]))
}

/// Compares base letters first, then accents and hyphens, then case if asked for.
fn collate(a: &str, b: &str, with_case: bool) -> Ordering {
    let mut left = a.chars().map(weight);
    let mut right = b.chars().map(weight);
    let (mut l, mut r) = (left.next(), right.next());
    let mut accents = Ordering::Equal;
    let mut case = Ordering::Equal;
    while let (Some(x), Some(y)) = (l, r) {
        let skipped = |w: Weight| w.primary == 0 && w.secondary == 0 && w.tertiary == 0;
        if x == y {
            (l, r) = (left.next(), right.next());
        } else if x.primary == y.primary {
            if accents == Ordering::Equal {
                accents = x.secondary.cmp(&y.secondary);
                if accents == Ordering::Equal && case == Ordering::Equal {
                    case = x.tertiary.cmp(&y.tertiary);
                }
            }
            (l, r) = (left.next(), right.next());
        } else if x.primary == 0 {
            if !skipped(x) && accents == Ordering::Equal {
                accents = Ordering::Greater;
            }
            l = left.next();
        } else if y.primary == 0 {
            if !skipped(y) && accents == Ordering::Equal {
                accents = Ordering::Less;
            }
            r = right.next();
        } else {
            return x.primary.cmp(&y.primary);
        }
    }
    let rest = |first: Option<Weight>, others: &mut dyn Iterator<Item = Weight>| {
        let (mut base, mut other) = (false, false);
        for w in first.into_iter().chain(others) {
            base |= w.primary != 0;
            other |= w.secondary != 0;
        }
        (base, other)
    };
    let (left_base, left_other) = rest(l, &mut left);
    let (right_base, right_other) = rest(r, &mut right);
    if left_base {
        return Ordering::Greater;
    }
    if right_base {
        return Ordering::Less;
    }
    if accents == Ordering::Equal {
        accents = left_other.cmp(&right_other);
    }
    if with_case { accents.then(case) } else { accents }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_compared_as_java_compares_them() {
        let golden = include_str!("../tests/golden/collation.tsv");
        for line in golden.lines() {
            let [left, right, sensitive, insensitive] = line.split('\t').collect::<Vec<_>>()[..] else {
                continue;
            };
            for (comparison, expected) in
                [(Comparison::CaseSensitive, sensitive), (Comparison::CaseInsensitive, insensitive)]
            {
                let found = comparison.compare(left, right) as i32;
                assert_eq!(found.to_string(), expected, "{left:?} and {right:?}, {comparison:?}");
                assert_eq!(comparison.compare(right, left) as i32, -found);
            }
        }
        assert!(golden.lines().count() > 3000);
    }

    #[test]
    fn numbers_are_compared_as_numbers() {
        assert_eq!(Comparison::Numeric.compare("10", "9"), Ordering::Greater);
        assert_eq!(Comparison::Numeric.compare("01", "1.0"), Ordering::Equal);
        assert!(!Comparison::Numeric.accepts("a"));
    }
}
