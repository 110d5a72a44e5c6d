//! Brings older threshold settings into the order of revision 12, as CellProfiler 4 does.

/// What CellProfiler 3 puts in the place of a strategy or method that it took away.
pub(super) const REMOVED: &str = "None";

const GLOBAL: &str = "Global";
const ADAPTIVE: &str = "Adaptive";
const CROSS_ENTROPY: &str = "MCT";
const ROBUST: &str = "RobustBackground";

/// Returns the answers of version 1 or 2 (CellProfiler 2) in the order of revision 9; `None` when too short.
pub(super) fn from_version_2(version: u32, mut values: Vec<String>) -> Option<Vec<String>> {
    if !(1..=2).contains(&version) {
        return None;
    }
    if version == 1 {
        // Files of version 1 exist that have these answers already: theirs stand before, and count.
        values.extend(["Default", "0.05", "0.05", "Mean", "Standard deviation", "2"].map(String::from));
    }
    if values.len() < 22 {
        return None;
    }
    match values[0].as_str() {
        "Binary image" | "Per object" => put(&mut values, 0, &[REMOVED]),
        "Automatic" => put(&mut values, 0, &[GLOBAL, CROSS_ENTROPY, "Manual", "1.3488", "1", "0.0,1.0"]),
        _ => {}
    }
    match values[1].as_str() {
        "Kapur" | "MoG" | "RidlerCalvard" => put(&mut values, 1, &[REMOVED]),
        "Background" => {
            // Twice the mode of the background was the threshold; a factor of 0 stood for none.
            let factor = values[4].trim().parse().unwrap_or(0.0);
            let factor = if factor == 0.0 { 2.0 } else { factor * 2.0 };
            put(&mut values, 1, &[ROBUST]);
            put(&mut values, 4, &[&factor.to_string()]);
            put(&mut values, 16, &["Custom", "0.02", "0.02", "Mode", "Standard deviation", "0"]);
        }
        _ => {}
    }
    match values[2].as_str() {
        "No smoothing" => put(&mut values, 3, &["0"]),
        "Automatic" => put(&mut values, 3, &["1.3488"]),
        _ => {}
    }
    if values[16] == "Default" {
        put(&mut values, 17, &["0.05", "0.05", "Mean", "Standard deviation", "2"]);
    }
    // What is left out: smoothing method, object fraction, binary image, masking objects, weighting, window method.
    let kept = [0, 1, 3, 4, 5, 7, 8, 11, 13, 15].into_iter().chain(17..values.len());
    Some(kept.map(|i| values[i].clone()).collect())
}

/// Puts `answers` in the place of those from `at` on.
fn put(values: &mut [String], at: usize, answers: &[&str]) {
    for (value, answer) in values[at..].iter_mut().zip(answers) {
        *value = (*answer).to_string();
    }
}

/// Returns the answers of revision 9 to 12 in the order of revision 12.
pub(super) fn from_revision(mut revision: u32, mut values: Vec<String>) -> Vec<String> {
    if values.len() < 9 {
        return values;
    }
    let method = |values: &[String]| values[1].clone();
    if revision == 9 {
        if ["Manual", "Measurement"].contains(&values[0].as_str()) {
            values[1] = std::mem::replace(&mut values[0], GLOBAL.into());
        }
        if values[0] == ADAPTIVE && [CROSS_ENTROPY, ROBUST].contains(&method(&values).as_str()) {
            values[0] = GLOBAL.into();
        }
        if values[1] == CROSS_ENTROPY {
            values[1] = "Minimum Cross-Entropy".into();
        }
        let local = if values[0] == ADAPTIVE { method(&values) } else { "Otsu".into() };
        values.push(local);
        revision = 10;
    }
    let mut three_classes_were_logarithmic = false;
    if revision == 10 {
        match values[1].as_str() {
            ROBUST => values[1] = "Robust Background".into(),
            "Minimum cross entropy" => values[1] = "Minimum Cross-Entropy".into(),
            _ => {}
        }
        let otsu = match values[0].as_str() {
            GLOBAL => values[1] == "Otsu",
            ADAPTIVE => values.last().is_some_and(|v| v == "Otsu"),
            _ => false,
        };
        three_classes_were_logarithmic = otsu && values[7] == "Three classes";
        revision = 11;
    }
    if revision == 11 {
        let answer = if three_classes_were_logarithmic { "Yes" } else { "No" };
        values.insert(8, answer.into());
    }
    values
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<String> {
        text.split('|').map(String::from).collect()
    }

    #[test]
    fn automatic_of_version_1_becomes_cross_entropy_smoothed_with_sigma_1() {
        let old = words(
            "Automatic|Otsu|Automatic|1|0.8|0.1,0.9|0.01|0.0|m|None|None|Two classes|Weighted variance|Foreground|Image size|10",
        );
        let new = from_revision(9, from_version_2(1, old).expect("is long enough"));
        assert_eq!(
            new,
            words(
                "Global|Minimum Cross-Entropy|1.3488|1|0.0,1.0|0.0|m|Two classes|No|Foreground|10|0.05|0.05|Mean|Standard deviation|2|Otsu"
            )
        );
    }

    #[test]
    fn three_classes_before_revision_11_take_logarithms() {
        let old = words(
            "Global|Otsu|0|1|0,1|0|m|Three classes|Foreground|50|0.05|0.05|Mean|Standard deviation|2|Otsu",
        );
        assert_eq!(from_revision(10, old.clone())[8], "Yes");
        assert_eq!(from_revision(11, old)[8], "No");
    }
}
