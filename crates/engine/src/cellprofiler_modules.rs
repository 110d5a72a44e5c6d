//! The modules that CellProfiler 4.2.8 has, for those that are not native.

/// Every module of CellProfiler 4.2.8, in alphabetical order.
#[rustfmt::skip]
pub const NAMES: &[&str] = &[
    "Align", "CalculateMath", "CalculateStatistics", "ClassifyObjects", "Closing", "ColorToGray", "CombineObjects",
    "ConvertImageToObjects", "ConvertObjectsToImage", "CorrectIlluminationApply", "CorrectIlluminationCalculate",
    "CreateBatchFiles", "Crop", "DefineGrid", "DilateImage", "DilateObjects", "DisplayDataOnImage",
    "DisplayDensityPlot", "DisplayHistogram", "DisplayPlatemap", "DisplayScatterPlot", "EditObjectsManually",
    "EnhanceEdges", "EnhanceOrSuppressFeatures", "ErodeImage", "ErodeObjects", "ExpandOrShrinkObjects",
    "ExportToDatabase", "ExportToSpreadsheet", "FillObjects", "FilterObjects", "FindMaxima", "FlagImage",
    "FlipAndRotate", "GaussianFilter", "GrayToColor", "Groups", "IdentifyDeadWorms", "IdentifyObjectsInGrid",
    "IdentifyObjectsManually", "IdentifyPrimaryObjects", "IdentifySecondaryObjects", "IdentifyTertiaryObjects",
    "ImageMath", "Images", "InvertForPrinting", "LabelImages", "LoadData", "MakeProjection", "MaskImage",
    "MaskObjects", "MatchTemplate", "MeasureColocalization", "MeasureGranularity", "MeasureImageAreaOccupied",
    "MeasureImageIntensity", "MeasureImageOverlap", "MeasureImageQuality", "MeasureImageSkeleton",
    "MeasureObjectIntensity", "MeasureObjectIntensityDistribution", "MeasureObjectNeighbors",
    "MeasureObjectOverlap", "MeasureObjectSizeShape", "MeasureObjectSkeleton", "MeasureTexture", "MedialAxis",
    "MedianFilter", "Metadata", "Morph", "MorphologicalSkeleton", "NamesAndTypes", "Opening", "OverlayObjects",
    "OverlayOutlines", "ReduceNoise", "RelateObjects", "RemoveHoles", "RescaleIntensity", "Resize",
    "ResizeObjects", "RunImageJMacro", "SaveCroppedObjects", "SaveImages", "ShrinkToObjectCenters", "Smooth",
    "SplitOrMergeObjects", "StraightenWorms", "Threshold", "Tile", "TrackObjects", "UnmixColors",
    "UntangleWorms", "Watershed",
];

/// Names that earlier versions gave to modules, and what CellProfiler 4.2.8 takes them for.
const RENAMED: &[(&str, &str)] = &[
    ("ApplyThreshold", "Threshold"),
    ("CalculateImageOverlap", "MeasureImageOverlap"),
    ("CropObjects", "SaveCroppedObjects"),
    ("Dilation", "DilateImage"),
    ("Erosion", "ErodeImage"),
    ("MeasureCorrelation", "MeasureColocalization"),
    ("MeasureNeurons", "MeasureObjectSkeleton"),
    ("NoiseReduction", "ReduceNoise"),
    ("ReassignObjectNumbers", "SplitOrMergeObjects"),
    ("SplitIntoContiguousObjects", "SplitOrMergeObjects"),
];

/// Modules that ask a person, and what to do instead where nobody is asked.
const BY_HAND: &[(&str, &str)] = &[
    (
        "EditObjectsManually",
        "it shows objects to a person: take it out of the pipeline, take objects out by FilterObjects, or edit them once in \
         CellProfiler, save their labels (ConvertObjectsToImage, SaveImages) and load them as objects (NamesAndTypes)",
    ),
    (
        "IdentifyObjectsManually",
        "a person draws its objects: draw them once in CellProfiler, save their labels (ConvertObjectsToImage, \
         SaveImages) and load them as objects (NamesAndTypes)",
    ),
];

/// Modules that are gone, and what does their work now.
const REPLACED: &[(&str, &str)] = &[
    ("FileNameMetadata", "LoadData"),
    ("GroupMovieFrames", "LoadData"),
    ("IdentifyPrimLoG", "IdentifyPrimaryObjects"),
    ("LoadImageDirectory", "LoadData"),
    ("LoadImages", "LoadData"),
    ("LoadSingleImage", "LoadData"),
];

/// Returns what CellProfiler 4.2.8 calls the module called `name`, if it has it.
pub fn find(name: &str) -> Option<&'static str> {
    let renamed = RENAMED.iter().find(|(former, _)| *former == name).map(|(_, now)| *now);
    renamed.or_else(|| NAMES.iter().find(|n| **n == name).copied())
}

/// Returns what to do instead of a module that asks a person.
pub fn by_hand(name: &str) -> Option<&'static str> {
    BY_HAND.iter().find(|(known, _)| *known == name).map(|(_, instead)| *instead)
}

/// Returns the module of CellProfiler 4.2.8 that does the work of one that is gone.
pub fn replacement(name: &str) -> Option<&'static str> {
    REPLACED.iter().find(|(gone, _)| *gone == name).map(|(_, now)| *now)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_names_are_in_order_and_every_new_name_is_one_of_them() {
        assert!(NAMES.windows(2).all(|pair| pair[0] < pair[1]));
        assert!(RENAMED.iter().chain(REPLACED).all(|(_, now)| NAMES.contains(now)));
        assert_eq!(find("MeasureCorrelation"), Some("MeasureColocalization"));
        assert_eq!(find("LoadImages"), None);
        assert_eq!(replacement("LoadImages"), Some("LoadData"));
    }

    #[test]
    fn every_native_module_is_one_of_cellprofiler() {
        for kind in crate::modules::KINDS {
            assert_eq!(find(kind.name), Some(kind.name));
            assert!(kind.former_names.iter().all(|former| find(former) == Some(kind.name)), "{}", kind.name);
        }
    }
}
