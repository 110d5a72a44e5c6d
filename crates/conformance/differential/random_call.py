"""Makes images, objects, measurements and settings at random, the same for the same seed."""

import io
import os
import tempfile

import numpy as np
import scipy.ndimage
from cellprofiler_core.object import Objects
from cellprofiler_core.pipeline import Pipeline
from cellprofiler_core.setting import Binary, Color, Coordinates, Measurement, StructuringElement
from cellprofiler_core.setting.choice import Choice
from cellprofiler_core.setting.range import FloatRange, IntegerOrUnboundedRange, IntegerRange
from cellprofiler_core.setting.subscriber import GridSubscriber, ImageListSubscriber, ImageSubscriber, LabelListSubscriber, LabelSubscriber
from cellprofiler_core.setting.text import Float, Integer
from cellprofiler_core.utilities.core.modules import instantiate_module

import odd_arrays

# Planes of a volume.
DEPTH = 5


def blobs(random, height, width, depth):
    """An image of bright spots on an uneven background, in the steps of a camera of `depth` grey levels."""
    y, x = np.mgrid[:height, :width]
    image = 0.05 + 0.02 * random.rand(height, width) + 0.1 * x / width
    for _ in range(random.randint(4, 11)):
        at_y, at_x, size = random.randint(height), random.randint(width), random.uniform(2, 6)
        distance = (y - at_y) ** 2 + (x - at_x) ** 2
        image += random.uniform(0.2, 0.8) * np.exp(-distance / (2 * size**2))
    image = np.clip(image, 0, 1).astype(np.float32)
    return np.round(image * np.float32(depth)).astype(np.float32) / np.float32(depth) if depth else image


def labelled(image, threshold):
    return scipy.ndimage.label(image > threshold, np.ones((3, 3)))[0].astype(np.int32)


def image_set(seed, place):
    """Images DNA, RNA, Colour, Binary and Spots, objects Nuclei and Cells, measurements, and the grid Grid, some of them odd.

    The image sets of a seed, by their `place`, are of one size and camera.
    """
    random = np.random.RandomState(seed)
    height, width = random.randint(40, 90, 2)
    depth = [65535, 255, None][random.randint(3)]
    random = np.random.RandomState([seed, place])
    dna, rna = (blobs(random, height, width, depth) for _ in range(2))
    images = {
        "DNA": {"pixels": dna},
        "RNA": {"pixels": rna},
        "Colour": {"pixels": np.dstack([dna, rna, dna * rna]).astype(np.float32)},
        "Binary": {"pixels": rna > 0.4},
        "Spots": {"pixels": dna > 0.35},
    }
    objects = {"Nuclei": {"labels": labelled(dna, 0.45)}, "Cells": {"labels": labelled(rna, 0.3)}}
    odd = np.random.RandomState([seed, place, 2])
    for facts in objects.values():
        facts["labels"] = odd_arrays.objects(facts["labels"], odd)
    if random.rand() < 0.35:
        images["DNA"]["mask"] = scipy.ndimage.gaussian_filter(random.rand(height, width), 4) > 0.48
    if random.rand() < 0.25:
        images["RNA"]["objects"] = "Cells"
    if random.rand() < 0.3:
        images["DNA"]["scale"] = 4095.0
    if random.rand() < 0.3:
        objects["Nuclei"]["parent"] = "DNA"
    if random.rand() < 0.3 and objects["Nuclei"]["labels"].shape == dna.shape:
        objects["Nuclei"]["unedited"] = labelled(dna, 0.4)
    if random.rand() < 0.3 and objects["Cells"]["labels"].shape == rna.shape:
        objects["Cells"]["small"] = labelled(rna, 0.33)
    for facts in images.values():
        odd_arrays.image(facts, odd)
    measured = {
        "Image": {"Odd_Float": float(random.randn()), "Odd_Integer": int(random.randint(9)), "Metadata_Well": "A01"}
    }
    measured["Image"].update({"Odd_Control": int(odd.choice([-1, 1])), "Odd_Dose": float(odd.choice([0.1, 1, 2.5, 10]))})
    for name, facts in objects.items():
        count = int(facts["labels"].max())
        values = random.randn(count)
        values[random.rand(count) < 0.1] = np.nan
        measured[name] = {"Odd_Float": values, "Odd_Integer": random.randint(0, 5, count)}
    for name, facts in objects.items():
        centers = scipy.ndimage.center_of_mass(np.ones(facts["labels"].shape), facts["labels"], range(1, facts["labels"].max() + 1))
        for axis, values in zip("YX", np.reshape(centers, (-1, 2)).T):
            measured[name]["Location_Center_" + axis] = values
    count = len(measured["Nuclei"]["Odd_Float"])
    measured["Nuclei"]["Parent_Cells"] = np.random.RandomState([seed, place, 1]).randint(0, 4, count)
    for name in ("DNA", "RNA"):
        measured["Image"]["FileName_" + name] = f"site_{name}.tif"
        measured["Image"]["PathName_" + name] = "/images/plate"
    return images, objects, measured, {"Grid": grid(odd, height, width)}


def grid(random, height, width):
    """A grid as DefineGrid makes it, on an image of that size or not far from it."""
    made = instantiate_module("DefineGrid")
    made.grid_rows.value, made.grid_columns.value = (int(n) for n in random.randint(2, 6, 2))
    made.origin.value = random.choice(made.origin.choices)
    made.ordering.value = random.choice(made.ordering.choices)
    first, last = random.uniform(0, 15, 2), (height, width) - random.uniform(0, 15, 2)
    # The first spot is at the grid's origin.
    (top, left), (bottom, right) = first, last
    if made.origin.value.startswith("Bottom"):
        top, bottom = bottom, top
    if made.origin.value.endswith("right"):
        left, right = right, left
    shape = (height, width) if random.rand() < 0.9 else None
    corners = (left, top, 1, 1, right, bottom, made.grid_rows.value, made.grid_columns.value)
    return made.build_grid_info(*corners, shape)


def volume(seed, place, depth=DEPTH):
    """As `image_set`, each image and object set a volume of `depth` planes, farther apart than pixels."""
    images, objects, measured, grids = image_set(seed, place)
    planes = [image_set(seed, 100 * (place + 1) + z) for z in range(depth)]
    stacked = {}
    for name, facts in images.items():
        pixels = np.stack([plane[0][name]["pixels"] for plane in planes])
        stacked[name] = {**facts, "pixels": pixels, "spacing": (2.0, 1.0, 1.0)}
        if "mask" in facts:
            stacked[name]["mask"] = scipy.ndimage.gaussian_filter(np.random.RandomState(seed).rand(*pixels.shape[:3]), 2) > 0.49
    for name, image, threshold in (("Nuclei", "DNA", 0.45), ("Cells", "RNA", 0.3)):
        labels = scipy.ndimage.label(stacked[image]["pixels"] > threshold)[0].astype(np.int32)
        count = int(labels.max())
        random = np.random.RandomState(seed)
        measured[name] = {"Odd_Float": random.randn(count), "Odd_Integer": random.randint(0, 5, count)}
        objects[name] = {"labels": labels, **{k: v for k, v in objects[name].items() if k == "parent"}}
    return stacked, objects, measured, grids


def overlapping(seed, place):
    """As `image_set`, the objects Nuclei grown over each other, in planes as CellProfiler deals them out."""
    images, objects, measured, grids = image_set(seed, place)
    labels = objects["Nuclei"]["labels"]
    pixels = [np.zeros((0, 3), int)]
    for label in filter(None, np.unique(labels)):
        grown = np.argwhere(scipy.ndimage.binary_dilation(labels == label, iterations=3))
        pixels.append(np.column_stack([grown, np.full(len(grown), label)]))
    made = Objects()
    made.set_ijv(np.vstack(pixels), shape=labels.shape)
    planes = [plane for plane, _ in made.get_labels()]
    if len(planes) > 1:
        kept = {key: value for key, value in objects["Nuclei"].items() if key == "parent"}
        objects["Nuclei"] = {"labels": labels, "planes": np.array(planes), **kept}
    return images, objects, measured, grids


def grow_fill_objects(made, random):
    """Holes or hulls."""
    made.mode.value = random.choice(list(made.mode.choices))


def grow_find_maxima(made, random):
    """Every way to exclude background, and maxima as near as can be."""
    made.min_distance.value = random.choice([0, 1, 2, 5, 8])
    made.exclude_mode.value = random.choice(list(made.exclude_mode.choices))
    made.min_intensity.value = random.choice([0, 0.2, 0.45])


def grow_flag_image(made, random):
    """More flags and criteria; rules are of a file made for it."""
    for _ in range(random.randint(0, 2)):
        made.add_flag()
    path = os.path.join(tempfile.gettempdir(), "differential_rules.txt")
    with open(path, "w") as file:
        weights = lambda: ", ".join(str(round(random.uniform(-1, 1), 2)) for _ in range(2))
        for _ in range(random.randint(1, 3)):
            feature = random.choice(["Image_Odd_Float", "Image_Odd_Intege", "Nuclei_Odd_Float", "Image_Nothing"])
            comparison = random.choice([">", "<", "<=", ">="])
            file.write(f"IF ({feature} {comparison} {random.choice([0, 1, 3])}, [{weights()}], [{weights()}])\n")
    for flag in made.flags:
        for _ in range(random.randint(0, 2)):
            made.add_measurement(flag)
        for criterion in flag.measurement_settings:
            criterion.rules_directory.value = "Elsewhere...|" + os.path.dirname(path)
            criterion.rules_file_name.value = os.path.basename(path)
            criterion.rules_class.value = random.choice(["1", "2", "1,2"])
            criterion.source_choice.value = random.choice(criterion.source_choice.choices[:4])
        flag.wants_skip.value = random.random() < 0.5


def grow_identify_primary(made, random):
    """The automatic threshold, also with an adaptive strategy left over."""
    if random.random() < 0.3:
        made.use_advanced.value = False
        made.threshold.threshold_scope.value = random.choice(list(made.threshold.threshold_scope.choices))


def grow_measure_image_quality(made, random):
    """More images, scales and thresholds."""
    for _ in range(random.randint(0, 1)):
        made.add_image_group()
    made.images_choice.value = random.choice(list(made.images_choice.choices) + ["Select..."] * 5)
    for group in made.image_groups:
        for _ in range(random.randint(0, 2)):
            made.add_scale_group(group)
            made.add_threshold_group(group)
        for threshold in group.threshold_groups:
            threshold.threshold_method.value = random.choice(list(threshold.threshold_method.choices))
        group.calculate_threshold.value = random.random() < 0.7
        group.use_all_threshold_methods.value = random.random() < 0.2


def grow_by_rules(folder, file):
    """Rules from the file beside this one, and classes that become objects."""

    def grow(made, random):
        getattr(made, folder).value = "Elsewhere...|" + os.path.dirname(os.path.abspath(__file__))
        getattr(made, file).value = "rules.txt"
        for group in getattr(made, "desired_classes", []):
            group.class_name.value = random.choice(["1", "2"])

    return grow


def grow_rescale_intensity(made, random):
    """Limits of all images."""
    if random.random() < 0.4:
        made.rescale_method.value = made.rescale_method.choices[1]
        made.wants_automatic_low.value = random.choice(list(made.wants_automatic_low.choices))
        made.wants_automatic_high.value = random.choice(list(made.wants_automatic_high.choices))


def grow_split_or_merge(made, random):
    """Parents that are measured."""
    made.parent_object.value = "Cells"
    made.distance_threshold.value = random.choice([0, 1, 4, 9, 20])


def grow_morph(made, random):
    """More operations, any of them."""
    for _ in range(random.randint(0, 2)):
        made.add_function()
    for function in made.functions:
        function.function.value = random.choice(list(function.function.choices))
        function.repeats_choice.value = random.choice(list(function.repeats_choice.choices))


def grow_measure_object_skeleton(made, random):
    """Its files where those of a run go."""
    made.directory.value = "Default Output Folder|"


def grow_overlap(made, random):
    """Earth moved between points of both kinds; with one thread (OMP_NUM_THREADS) all distances are equal."""
    made.wants_emd.value = random.random() < 0.7
    made.decimation_method.value = random.choice(["K Means", "Skeleton"])
    made.max_points.value = random.choice([100, 130, 250])
    made.penalize_missing.value = random.random() < 0.5


def grow_threshold(made, random):
    """Thresholds of each pixel, in windows smaller than the image."""
    if random.random() < 0.4:
        made.threshold_scope.value = "Adaptive"
        made.local_operation.value = random.choice(list(made.local_operation.choices) + ["Sauvola"])
        made.adaptive_window_size.value = random.choice([3, 10, 25, 50])


def grow_track_objects(made, random):
    """Every method, and tracks of any length."""
    made.tracking_method.value = random.choice(["Overlap", "Distance"] * 4 + list(made.tracking_method.choices))
    made.wants_lifetime_filtering.value = random.random() < 0.4


def grow_calculate_statistics(made, random):
    """Controls, and one dose or two."""
    made.grouping_values.value = "Odd_Control"
    for _ in range(random.choice([0, 0, 1])):
        made.add_dose_value()
    for group in made.dose_values:
        group.measurement.value = random.choice(["Odd_Dose"] * 3 + ["Odd_Float", "Odd_Control"])
        group.log_transform.value = random.random() < 0.4


def grow_watershed(made, random):
    """Distances, also in a smaller image."""
    made.operation.value = random.choice(["Distance"] * 2 + ["Markers"])
    made.downsample.value = random.choice([1, 1, 2, 3, 4])


# What is done to a module before its settings are changed.
GROWN = {
    "CalculateStatistics": grow_calculate_statistics,
    "ClassifyObjects": grow_by_rules("model_directory", "model_file_name"),
    "FillObjects": grow_fill_objects,
    "FilterObjects": grow_by_rules("rules_directory", "rules_file_name"),
    "FindMaxima": grow_find_maxima,
    "FlagImage": grow_flag_image,
    "IdentifyPrimaryObjects": grow_identify_primary,
    "MeasureImageOverlap": grow_overlap,
    "MeasureImageQuality": grow_measure_image_quality,
    "MeasureObjectOverlap": grow_overlap,
    "MeasureObjectSkeleton": grow_measure_object_skeleton,
    "Morph": grow_morph,
    "RescaleIntensity": grow_rescale_intensity,
    "SplitOrMergeObjects": grow_split_or_merge,
    "Threshold": grow_threshold,
    "TrackObjects": grow_track_objects,
    "Watershed": grow_watershed,
}


# Modules that take binary images only, or do something else with them.
BINARY = (
    "MeasureImageAreaOccupied", "MeasureImageOverlap", "MeasureImageSkeleton", "MeasureObjectSkeleton", "MedialAxis",
    "Morph", "MorphologicalSkeleton", "RemoveHoles",
)


def random_module(name, random, image, depth=None):
    """A module with some of its settings changed at random; images are `image` where that is given, volumes of `depth` planes."""
    made = instantiate_module(name)
    images = ["DNA", "DNA", "RNA", "RNA", "Colour", "Binary"]
    if name in BINARY and random.random() < 0.8:
        images = ["Binary", "Spots"]
    adders = (
        "add_outline", "add_image", "add_measurement", "add_additional_object", "add_single_measurement", "add_scale",
        "add_bin_count", "add_heatmap",
    )
    for add in adders:
        if hasattr(made, add) and random.random() < 0.4:
            try:
                getattr(made, add)()
            except TypeError:
                pass
    GROWN.get(name, lambda *_: None)(made, random)
    for setting in made.settings():
        if isinstance(setting, ImageListSubscriber):
            setting.value = ", ".join(dict.fromkeys([images[0], images[len(images) // 2]]))
        elif isinstance(setting, LabelListSubscriber):
            setting.value = "Nuclei"
        elif isinstance(setting, ImageSubscriber):
            setting.value = image or images[0]
        elif isinstance(setting, LabelSubscriber):
            setting.value = "Nuclei"
        elif isinstance(setting, GridSubscriber):
            setting.value = "Grid"
        elif isinstance(setting, Measurement) and name != "CalculateStatistics":
            setting.value = "Odd_Float"
    changed = [change(random.choice(made.visible_settings()), random, images) for _ in range(random.randint(0, 7))]
    if name == "MeasureGranularity":
        # SciPy's erosion reads beyond the array when a side is a quarter of the disk's radius; images have 40 pixels or more.
        side = 40 * min(1, made.subsample_size.value) * min(1, made.image_sample_size.value)
        if depth:
            side = np.ceil(depth * min(1, made.subsample_size.value))
        made.element_size.value = min(int(made.element_size.value), max(1, 4 * int(side) - 1))
    return made, changed


def change(setting, random, images):
    """Gives a setting another answer of its kind; returns what it asks."""
    try:
        if isinstance(setting, ImageListSubscriber):
            setting.value = ", ".join(dict.fromkeys(random.choices([i for i in images if i != "Colour"], k=random.randint(1, 3))))
        elif isinstance(setting, LabelListSubscriber):
            setting.value = random.choice(["Nuclei", "Nuclei, Cells"])
        elif isinstance(setting, GridSubscriber):
            setting.value = "Grid"
        elif isinstance(setting, Measurement):
            setting.value = random.choice(["Odd_Float", "Odd_Integer"])
        elif isinstance(setting, ImageSubscriber):
            setting.value = random.choice(images)
        elif isinstance(setting, LabelSubscriber):
            setting.value = random.choice(["Nuclei", "Cells"])
        elif isinstance(setting, Binary):
            setting.value = random.choice(["Yes", "No"])
        elif isinstance(setting, Choice):
            setting.value = random.choice(list(setting.choices))
        elif isinstance(setting, StructuringElement):
            setting.value = f"{random.choice(['Diamond', 'Disk', 'Square', 'Star'])},{random.randint(1, 6)}"
        elif isinstance(setting, Color):
            setting.value = random.choice(["red", "#80ff07", "#003040", "white"])
        elif isinstance(setting, Coordinates):
            setting.value = (random.randint(0, 60), random.randint(0, 60))
        elif isinstance(setting, IntegerOrUnboundedRange):
            least = random.randint(0, 30)
            setting.value = f"{least},{random.choice(['end', least + random.randint(1, 50), -random.randint(1, 20)])}"
        elif isinstance(setting, IntegerRange):
            least = random.randint(1, 12)
            setting.value = (least, least + random.randint(1, 30))
        elif isinstance(setting, FloatRange):
            least = random.choice([0, 0.1, 0.2])
            setting.value = (least, least + random.choice([0.2, 0.5, 0.8]))
        elif isinstance(setting, Integer):
            setting.value = str(max(1, int(int(setting.value) * random.choice([0.3, 0.5, 1, 1.5, 2])) + random.choice([0, 1])))
        elif isinstance(setting, Float):
            setting.value = str(round(float(setting.value) * random.choice([0.5, 0.8, 1.2, 2, 3]) + random.choice([0, 0, 0.1]), 3))
    except Exception:
        pass  # An answer that the setting does not take leaves it as it is.
    return setting.text


def pipeline_text(made):
    pipeline = Pipeline()
    for number, module in enumerate([instantiate_module("Images"), made], 1):
        module.set_module_num(number)
        pipeline.add_module(module)
    text = io.StringIO()
    pipeline.dump(text, save_image_plane_details=False)
    return text.getvalue()
