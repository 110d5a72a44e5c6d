"""Makes object_intensity_*.npy: labels, images, and what CellProfiler's MeasureObjectIntensity measures on them.

Run with CellProfiler 4.2.8 (Python 3.8, numpy 1.23.5, scipy 1.9.0, scikit-image 0.18.3), in this folder.
"""
import numpy as np
import scipy.ndimage as nd
from cellprofiler.modules.measureobjectintensity import MeasureObjectIntensity
from cellprofiler_core.image import Image, ImageSetList
from cellprofiler_core.object import Objects, ObjectSet


def objects_of(random, height, width):
    """Touching objects, some cut by the border, one of a single pixel, one number missing."""
    seeds = random.permutation(height * width)[:22]
    points = np.ones((height, width), bool)
    points.ravel()[seeds] = False
    distance, nearest = nd.distance_transform_edt(points, return_indices=True)
    numbers = np.zeros((height, width), np.uint8)
    numbers.ravel()[seeds] = np.arange(1, 23)
    labels = numbers[nearest[0], nearest[1]]
    labels[distance > 9] = 0
    labels[labels == 5] = 0
    labels[labels == 9] = 0
    labels.ravel()[seeds[8]] = 9
    return labels


def measure(labels, image):
    objects = Objects()
    objects.segmented = labels
    object_set = ObjectSet()
    object_set.add_objects(objects, "Cells")
    image_set = ImageSetList().get_image_set(0)
    image_set.add("Dye", image)
    found = {}

    class Measurements:
        def add_measurement(self, name, feature, values):
            found[feature] = np.array(values)

    class Workspace:
        measurements = Measurements()

    Workspace.image_set, Workspace.object_set = image_set, object_set
    module = MeasureObjectIntensity()
    module.images_list.value, module.objects_list.value = "Dye", "Cells"
    module.show_window = False
    module.run(Workspace())
    return found


def main():
    random = np.random.RandomState(3)
    labels = objects_of(random, 70, 64)
    smooth = nd.gaussian_filter(random.uniform(size=labels.shape), 2)
    smooth = (smooth - smooth.min()) / np.ptp(smooth)
    few_levels = (np.rint(smooth * 40) / 40).astype(np.float32)
    odd = smooth.astype(np.float32) - np.float32(0.3)
    odd[10:12, :], odd[30, 20:30], odd[40, 5] = np.nan, np.inf, -np.inf
    mask = random.uniform(size=labels.shape) < 0.8
    mask[labels == 3] = False
    mask[:20, :8] = False
    np.save("object_intensity_labels.npy", labels)
    np.save("object_intensity_images.npy", np.vstack([few_levels, odd]))
    np.save("object_intensity_mask.npy", mask)
    runs = [
        measure(labels, Image(few_levels)),
        measure(labels, Image(few_levels, mask=mask)),
        measure(labels, Image(few_levels[:50, :41])),
        measure(labels[:44, :61], Image(few_levels)),
        measure(labels, Image(odd)),
        measure(labels, Image(few_levels > 0.5)),
        measure(labels, Image(few_levels, mask=np.zeros(mask.shape, bool))),
    ]
    names = sorted(runs[0])
    assert all(sorted(run) == names for run in runs)
    values = np.array([[run[name] for name in names] for run in runs if len(run[names[0]]) == 22])
    assert len(values) == len(runs)
    np.save("object_intensity_values.npy", values.reshape(-1, 22))
    with open("object_intensity_names.txt", "w") as file:
        file.writelines(name + "\n" for name in names)


main()
