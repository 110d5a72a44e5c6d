use super::upgrade;
use algorithms::threshold::robust_background::{Averaging, RobustBackground, Variance};
use algorithms::threshold::{Method, Middle};
use cppipe::Settings;

/// How a threshold is found and applied, as CellProfiler's Threshold module asks for it.
#[derive(Clone, Debug, PartialEq)]
pub struct ThresholdSettings {
    /// How the threshold is found.
    pub strategy: Strategy,
    /// Whether the threshold is sought among logarithms of the intensities (cross-entropy and Otsu only).
    pub log_transform: bool,
    /// Diameter in pixels of the Gaussian that smooths the image before the threshold is applied; 0 is none.
    pub smoothing_scale: f64,
    /// What the threshold is multiplied by.
    pub correction_factor: f64,
    /// The least and the greatest threshold.
    pub bounds: (f64, f64),
    /// Whether the image is smoothed with σ = 1 whatever the scale: "Use advanced settings? No".
    pub automatic: bool,
    /// Whether `GuideThreshold` is among the columns: it follows the strategy, even where that is not used.
    pub measures_guide: bool,
}

/// How a threshold is found.
#[derive(Clone, Debug, PartialEq)]
pub enum Strategy {
    /// What "Use advanced settings? No" does: cross-entropy of the whole image, smoothed with σ = 1.
    Automatic,
    /// A number for all images.
    Manual(f64),
    /// A measurement of the image.
    Measurement(String),
    /// One threshold for the image.
    Global(Method),
    /// A threshold for each pixel.
    Adaptive {
        /// Edge of the window in pixels.
        window: i64,
        /// How the threshold of a window is found.
        method: Adaptive,
    },
    /// No threshold is ever asked for.
    Unused,
}

/// How the threshold of a window is found.
#[derive(Clone, Debug, PartialEq)]
pub enum Adaptive {
    /// As a global one of the window.
    Blocks(Method),
    /// Sauvola & Pietikainen (2000), each pixel from its own window.
    Sauvola,
}

/// What a module does with its threshold settings; those that do not count are not found fault with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Use {
    /// They count.
    Advanced,
    /// "Use advanced settings? No".
    Automatic,
    /// No threshold is asked for (IdentifySecondaryObjects' Distance - N).
    Never,
}

#[derive(Clone, Copy)]
enum Answer {
    Li,
    Otsu,
    Robust,
    Sauvola,
    Manual,
    Measurement,
}

const STRATEGY: &str = "Threshold strategy";
const METHOD: &str = "Thresholding method";
const GLOBAL: &[(&str, Answer)] = &[
    ("Minimum Cross-Entropy", Answer::Li),
    ("Otsu", Answer::Otsu),
    ("Robust Background", Answer::Robust),
    ("Measurement", Answer::Measurement),
    ("Manual", Answer::Manual),
];
const LOCAL: &[(&str, Answer)] = &[
    ("Minimum Cross-Entropy", Answer::Li),
    ("Otsu", Answer::Otsu),
    ("Robust Background", Answer::Robust),
    ("Sauvola", Answer::Sauvola),
];

/// Questions of revision 12 in order.
const LABELS: [&str; 17] = [
    STRATEGY,
    METHOD,
    "Threshold smoothing scale",
    "Threshold correction factor",
    "Lower and upper bounds on threshold",
    "Manual threshold",
    "Select the measurement to threshold with",
    "Two-class or three-class thresholding?",
    "Log transform before thresholding?",
    "Assign pixels in the middle intensity class to the foreground or the background?",
    "Size of adaptive window",
    "Lower outlier fraction",
    "Upper outlier fraction",
    "Averaging method",
    "Variance method",
    "# of deviations",
    METHOD,
];

impl ThresholdSettings {
    /// Takes the rest of a module's answers: "Threshold setting version", then the settings of that version.
    ///
    /// Versions 1, 2, 3 and 7 to 12 are read; what is wrong is noted in `settings`.
    pub fn read(settings: &mut Settings<'_>, used: Use) -> Self {
        let label = "Threshold setting version";
        let version: u32 = settings.number(label);
        let values = rest(settings);
        let values = match version {
            1 | 2 => upgrade::from_version_2(version, values).map(|v| upgrade::from_revision(9, v)),
            3 => Some(upgrade::from_revision(9, values)),
            9..=12 => Some(upgrade::from_revision(version, values)),
            8 => Some(upgrade::from_revision(9, values.into_iter().skip(1).collect())),
            _ => None,
        };
        let Some(values) = values else {
            let message =
                format!("version `{version}` of the threshold settings is not one of 1, 2, 8 to 12");
            settings.problem(label, message, None);
            return Self::unused();
        };
        Self::typed(settings, &values, used)
    }

    /// Takes the rest of the Threshold (ApplyThreshold) module's answers, which stand without a version.
    ///
    /// `revision` is the module's, 7 to 12; what is wrong is noted in `settings`.
    pub fn read_revision(settings: &mut Settings<'_>, revision: u32) -> Self {
        let values = rest(settings);
        let values = match revision {
            7 => {
                let mut values = values.into_iter().skip(4);
                let version = values.next().and_then(|v| v.trim().parse().ok()).unwrap_or(0);
                upgrade::from_version_2(version, values.collect()).map(|v| upgrade::from_revision(9, v))
            }
            8 => Some(upgrade::from_revision(9, values.into_iter().skip(1).collect())),
            9..=12 => Some(upgrade::from_revision(revision, values)),
            _ => None,
        };
        let Some(values) = values else {
            let message = "the threshold settings are of a version that CellProfiler 4 does not read";
            settings.problem(STRATEGY, message.into(), None);
            return Self::unused();
        };
        Self::typed(settings, &values, Use::Advanced)
    }

    fn unused() -> Self {
        Self {
            strategy: Strategy::Unused,
            log_transform: false,
            smoothing_scale: 0.0,
            correction_factor: 1.0,
            bounds: (0.0, 1.0),
            automatic: false,
            measures_guide: false,
        }
    }

    /// Types the answers of revision 12.
    fn typed(settings: &mut Settings<'_>, values: &[String], used: Use) -> Self {
        if used == Use::Never {
            return Self::unused();
        }
        if values.len() < LABELS.len() {
            let missing = LABELS[values.len()];
            settings.problem(missing, "the setting is missing".into(), None);
            return Self::unused();
        }
        let mut answers = Answers { settings, values };
        // CellProfiler asks for "Global" only: any other strategy shows the methods of the adaptive one.
        let adaptive = values[0] == "Adaptive";
        let strategy = match used {
            Use::Automatic => answers.automatic(values[0] == "Global"),
            _ => answers.strategy(),
        };
        let logarithms = matches!(
            strategy,
            Strategy::Global(Method::MinimumCrossEntropy | Method::OtsuTwo | Method::OtsuThree(_))
                | Strategy::Adaptive {
                    method: Adaptive::Blocks(
                        Method::MinimumCrossEntropy | Method::OtsuTwo | Method::OtsuThree(_)
                    ),
                    ..
                }
        );
        Self {
            log_transform: logarithms && values[8] == "Yes",
            smoothing_scale: if used == Use::Automatic { 0.0 } else { answers.number(2) },
            correction_factor: answers.number(3),
            bounds: bounds(&values[4]),
            automatic: used == Use::Automatic,
            measures_guide: adaptive,
            strategy,
        }
    }
}

/// Takes all answers that are left.
fn rest(settings: &mut Settings<'_>) -> Vec<String> {
    (0..settings.left()).map(|i| settings.text(LABELS[i.min(LABELS.len() - 1)])).collect()
}

/// Reads the bounds; what is no number or outside [0, 1] gives way to 0 and 1, silently, as in CellProfiler.
fn bounds(text: &str) -> (f64, f64) {
    let mut parts = text.split(',').map(|p| p.trim().parse::<f64>().ok());
    let low = parts.next().flatten().unwrap_or(0.0).max(0.0);
    let high = parts.next().flatten().unwrap_or(1.0).min(1.0);
    (low, high)
}

struct Answers<'s, 'm> {
    settings: &'s mut Settings<'m>,
    values: &'s [String],
}

impl Answers<'_, '_> {
    fn number<T: std::str::FromStr + Default>(&mut self, at: usize) -> T {
        let value = &self.values[at];
        value.trim().parse().unwrap_or_else(|_| {
            self.settings.problem(
                LABELS[at],
                format!("`{value}` is not a number of the kind asked for"),
                None,
            );
            T::default()
        })
    }

    fn choice<T: Clone>(&mut self, at: usize, choices: &[(&str, T)]) -> T {
        let value = &self.values[at];
        if let Some((_, meaning)) = choices.iter().find(|(name, _)| name == value) {
            return meaning.clone();
        }
        let names: Vec<_> = choices.iter().map(|(name, _)| *name).collect();
        let near = cppipe::nearest(value, names.iter().copied());
        let why = if value == upgrade::REMOVED { " (the method was removed in CellProfiler 3)" } else { "" };
        let message = format!("`{value}` is not one of: {}{why}", names.join(", "));
        self.settings.problem(LABELS[at], message, near);
        choices[0].1.clone()
    }

    fn strategy(&mut self) -> Strategy {
        let adaptive = self.choice(0, &[("Global", false), ("Adaptive", true)]);
        if adaptive {
            let method = match self.choice(16, LOCAL) {
                Answer::Sauvola => Adaptive::Sauvola,
                other => Adaptive::Blocks(self.method(other)),
            };
            return Strategy::Adaptive { window: self.number(10), method };
        }
        match self.choice(1, GLOBAL) {
            Answer::Manual => Strategy::Manual(self.number(5)),
            Answer::Measurement => Strategy::Measurement(self.values[6].clone()),
            other => Strategy::Global(self.method(other)),
        }
    }

    /// Without advanced settings a manual threshold or a measurement still counts; all else is automatic.
    fn automatic(&mut self, global: bool) -> Strategy {
        match self.values[1].as_str() {
            "Manual" if global => Strategy::Manual(self.number(5)),
            "Measurement" if global => Strategy::Measurement(self.values[6].clone()),
            _ => Strategy::Automatic,
        }
    }

    fn method(&mut self, answer: Answer) -> Method {
        match answer {
            Answer::Otsu => match self.choice(7, &[("Two classes", false), ("Three classes", true)]) {
                false => Method::OtsuTwo,
                true => Method::OtsuThree(
                    self.choice(9, &[("Foreground", Middle::Foreground), ("Background", Middle::Background)]),
                ),
            },
            Answer::Robust => self.robust_background(),
            _ => Method::MinimumCrossEntropy,
        }
    }

    fn robust_background(&mut self) -> Method {
        let (lower, upper): (f64, f64) = (self.number(11), self.number(12));
        if lower + upper >= 1.0 {
            let message = format!("`{upper}` and the lower fraction `{lower}` must be less than 1 together");
            self.settings.problem(LABELS[12], message, None);
        }
        Method::RobustBackground(RobustBackground {
            lower,
            upper,
            averaging: self.choice(
                13,
                &[("Mean", Averaging::Mean), ("Median", Averaging::Median), ("Mode", Averaging::Mode)],
            ),
            variance: self.choice(
                14,
                &[
                    ("Standard deviation", Variance::StandardDeviation),
                    ("Median absolute deviation", Variance::MedianAbsoluteDeviation),
                ],
            ),
            deviations: self.number(15),
        })
    }
}
