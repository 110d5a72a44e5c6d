"""Makes size_shape_*.npy: label images, and what CellProfiler's MeasureObjectSizeShape measures on them.

Run with CellProfiler 4.2.8 (Python 3.8, numpy 1.23.5, scikit-image 0.18.3, centrosome 1.2.3), in this folder.
"""
import numpy as np
import scipy.ndimage as nd
from cellprofiler.modules.measureobjectsizeshape import MeasureObjectSizeShape
from cellprofiler_core.object import Objects


def shapes():
    """Objects of all kinds: symmetric, straight, of one pixel, with holes, in parts, cut by the border, none."""
    labels = np.zeros((300, 190), np.uint8)
    y, x = np.mgrid[0:300, 0:190]

    def put(number, where):
        labels[where & (labels == 0)] = number

    put(1, (y - 20) ** 2 + (x - 20) ** 2 <= 15 ** 2)
    put(2, ((y - 20) / 9) ** 2 + ((x - 60) / 16) ** 2 <= 1)
    put(3, ((y - 20) / 16) ** 2 + ((x - 95) / 9) ** 2 <= 1)
    put(4, (abs(y - 20) < 6) & (abs(x - 125) < 6))
    put(5, (abs(y - 20) + abs(x - 150) < 9))
    put(6, (y == 5) & (x == 175))
    put(7, (y == 8) & (x > 170) & (x < 182))
    put(8, (x == 172) & (y > 12) & (y < 30))
    put(9, (x - 176 == y - 14) & (y > 14) & (y < 24))
    put(10, (y < 2) & (x == 186))
    put(11, ((y - 60) ** 2 + (x - 20) ** 2 <= 14 ** 2) & ((y - 60) ** 2 + (x - 20) ** 2 > 6 ** 2))
    put(12, ((y - 52) ** 2 + (x - 50) ** 2 <= 20) | ((y - 66) ** 2 + (x - 58) ** 2 <= 30))
    put(13, (x < 9) & (y > 90) & (y < 120) & ((x + y) % 7 != 0))
    put(14, (y > 280) & (x > 150) & (2 * x + y > 610))
    put(15, (x == 70) & (y > 45) & (y < 48))
    put(16, (y > 80) & (y < 86) & (x > 20) & (x < 184))
    put(17, (x > 184) & (y > 40))
    put(19, (abs(x - 90) + abs(y - 60) <= 2))
    put(20, ((y - 62) ** 2 + (x - 130) ** 2 <= 14.5 ** 2) & (x >= y + 60))
    # Symmetric, with centroids that are no round numbers: odd moments are rounding errors.
    put(100, (y >= 255) & (y < 278) & (2 * abs(x - 30) <= y - 255))
    put(101, (y >= 255) & (y < 276) & (x >= 60) & (2 * abs(y - 265) <= x - 60) & (x < 84))
    put(102, ((y - 255) ** 2 + (x - 100.5) ** 2 <= 15 ** 2) & (y >= 255))
    put(103, ((y - 265.5) ** 2 + (x - 125) ** 2 <= 13 ** 2) & (x >= 125))
    put(104, (y > 282) & (y < 286) & (abs(x - 40) < 14) | (y >= 286) & (y < 298) & (abs(x - 40) < 3))
    random = np.random.RandomState(2)
    noise = nd.gaussian_filter(random.normal(size=labels.shape), 4)
    blobs, count = nd.label((noise > 0.045) & (y > 88) & (x > 12) & (x < 182))
    for blob in range(1, count + 1):
        put(20 + blob, blobs == blob)
    return labels


def measure(labels, advanced):
    objects = Objects()
    objects.segmented = labels
    module = MeasureObjectSizeShape()
    module.objects_list.value = "Shapes"
    module.calculate_advanced.value = advanced
    found = {}
    module.record_measurement = lambda workspace, name, feature, values: found.update({feature: np.array(values)})

    class Workspace:
        def get_objects(self, name):
            return objects

    module.run_on_objects("Shapes", Workspace())
    return found


def main():
    labels = shapes()
    gap = measure(labels, False)
    assert len(gap["Area"]) == len(np.unique(labels)) - 1 and len(gap["MeanRadius"]) == labels.max()
    np.save("size_shape_labels.npy", labels)
    found = measure(labels, True)
    names = sorted(found)
    values = np.full((len(names), labels.max()), np.inf)
    for row, name in zip(values, names):
        row[: len(found[name])] = found[name]
    np.save("size_shape_values.npy", values)
    with open("size_shape_names.txt", "w") as file:
        file.writelines("%s %d\n" % (name, len(found[name])) for name in names)


main()
