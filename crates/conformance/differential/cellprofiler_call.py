"""Calls a CellProfiler module on given arrays and gathers what exists afterwards."""

import io
import types

import numpy as np
from cellprofiler_core.image import GrayscaleImage, Image, ImageSetList
from cellprofiler_core.measurement import Measurements
from cellprofiler_core.object import Objects, ObjectSet
from cellprofiler_core.pipeline import Pipeline
from cellprofiler_core.workspace import Workspace


# Modules that measure the run as a whole at its end.
MEASURES_RUN = ("CalculateStatistics", "MeasureImageQuality")


def call(text, image_sets):
    """Runs the second module of a pipeline, as if the first had loaded the images, on the image sets, one group; returns what exists after each."""
    pipeline = Pipeline()
    pipeline.load(io.StringIO(text))
    pipeline.set_volumetric(any("spacing" in facts for facts in image_sets[0][0].values()))
    source, module = pipeline.modules(False)
    measurements, sets, workspaces = Measurements(), ImageSetList(), []
    for number in range(1, len(image_sets) + 1):
        if number > 1:
            measurements.next_image_set(number)
        measurements.add_measurement("Image", "Group_Number", 1, image_set_number=number)
        measurements.add_measurement("Image", "Group_Index", number, image_set_number=number)
        measurements.add_measurement("Image", "Group_Length", len(image_sets), image_set_number=number)
    for number, (images, objects, measured, grids) in enumerate(image_sets, 1):
        for name, features in measured.items():
            for feature, value in features.items():
                value = value.copy() if isinstance(value, np.ndarray) else value
                measurements.add_measurement(name, feature, value, image_set_number=number)
        made = {name: make_objects(facts) for name, facts in objects.items()}
        image_set, object_set = sets.get_image_set(number - 1), ObjectSet()
        for name, facts in images.items():
            image_set.add(name, make_image(facts, made))
        for name, facts in objects.items():
            if "parent" in facts:
                made[name].parent_image = image_set.get_image(facts["parent"])
            object_set.add_objects(made[name], name)
        workspaces.append((image_set, object_set, grids))
    source.is_load_module = lambda: True
    # What looks at a whole group before its first image set has the images loaded by the modules before it, anew.
    pipeline.get_provider_dictionary = lambda *_: {name: [(source, None)] for name in image_sets[0][0]}
    found, skipped = [], []
    pipeline.run_group_with_yield = lambda *_: (types.SimpleNamespace(image_set=Loaded(*s)) for s in image_sets)
    for number, (image_set, object_set, grids) in enumerate(workspaces, 1):
        measurements.image_set_number = number
        workspace = Workspace(pipeline, module, image_set, object_set, measurements, sets)
        for name, grid in grids.items():
            workspace.set_grid(name, grid)
        if number == 1:
            module.prepare_group(workspace, {}, list(range(1, len(image_sets) + 1)))
        # OverlayObjects deals its colours out by chance; ours is that of this seed.
        np.random.seed(0)
        module.run(workspace)
        skip = workspace.disposition == "Skip"
        if number == len(workspaces):
            module.post_group(workspace, {})
            if module.module_name in MEASURES_RUN:
                module.post_run(workspace)
        # The images of an image set are those at its end, for later image sets may change them; what is measured may
        # change until the group ends.
        found.append(gather(number, image_set, object_set, measurements))
        skipped.append(skip)
    for number, (after, skip) in enumerate(zip(found, skipped), 1):
        last = gather(number, *workspaces[number - 1][:2], measurements)
        after["measured"], after["relationships"] = last["measured"], last["relationships"]
        after["measured"]["workspace", "disposition"] = "Skip" if skip else "Continue"
    measurements.close()
    return found


class Loaded:
    """The images of an image set as files give them each time they are loaded."""

    def __init__(self, images, objects, *_):
        self.images = images
        self.objects = {name: make_objects(facts) for name, facts in objects.items()}

    def get_image(self, name, cache=True, must_be_grayscale=False):
        image = make_image(self.images[name], self.objects)
        return GrayscaleImage(image) if must_be_grayscale and image.pixel_data.dtype == bool else image

    def clear_cache(self):
        pass


def make_objects(facts):
    objects = Objects()
    if "planes" in facts:
        pixels = [(i, j, plane[i, j]) for plane in facts["planes"] for i, j in np.argwhere(plane)]
        objects.set_ijv(np.array(pixels, int).reshape(-1, 3), shape=facts["planes"].shape[1:])
    else:
        objects.segmented = facts["labels"].copy()
    if "unedited" in facts:
        objects.unedited_segmented = facts["unedited"].copy()
    if "small" in facts:
        objects.small_removed_segmented = facts["small"].copy()
    return objects


def make_image(facts, objects):
    mask = facts["mask"].copy() if "mask" in facts else None
    masking = objects.get(facts.get("objects"))
    made = Image(facts["pixels"].copy(), mask=mask, masking_objects=masking, scale=facts.get("scale"), convert=False)
    if "spacing" in facts:
        made.dimensions, made.spacing = 3, facts["spacing"]
    return made


def gather(number, image_set, object_set, measurements):
    found = {"images": {}, "objects": {}, "measured": {}, "relationships": []}
    for name in image_set.names:
        image = image_set.get_image(name)
        found["images"][name] = image.pixel_data
        if image.has_mask:
            found["images"][name + ".mask"] = image.mask
        if image.has_crop_mask:
            found["images"][name + ".crop"] = image.crop_mask
    for name in object_set.object_names:
        objects = object_set.get_objects(name)
        planes = [labels for labels, _ in objects.get_labels()]
        if len(planes) > 1:
            found["objects"][name + ".planes"] = np.array(planes)
        else:
            found["objects"][name] = planes[0]
        if objects.has_unedited_segmented():
            found["objects"][name + ".unedited"] = objects.unedited_segmented
        if objects.has_small_removed_segmented():
            found["objects"][name + ".small"] = objects.small_removed_segmented
    for name in measurements.get_object_names():
        if name == "Relationship":
            continue
        for feature in measurements.get_feature_names(name):
            if name == "Image" and feature in ("Group_Number", "Group_Index", "Group_Length", "ImageNumber"):
                continue
            if name == "Experiment":
                found["measured"][name, feature] = measurements.get_experiment_measurement(feature)
                continue
            # None where it is of another image set, or where CellProfiler measures nothing.
            found["measured"][name, feature] = measurements.get_measurement(name, feature, number)
    for key in measurements.get_relationship_groups():
        names = (key.module_number, key.relationship, key.object_name1, key.object_name2)
        pairs = measurements.get_relationships(*names, [number])
        # CellProfiler finds a pair by either image set; it is of that one in which it was found.
        pairs = pairs[pairs["ImageNumber_Second"] == number]
        columns = [pairs[column].tolist() for column in pairs.dtype.names]
        if columns[0]:
            found["relationships"].append((*names, sorted(zip(*columns))))
    found["relationships"].sort()
    return found
