"""Makes object_processing_*.npy, colormaps.tsv and python_sets.txt: what centrosome, CellProfiler, matplotlib and Python make of them.

Run with the Python of CellProfiler 4.2.8 (centrosome 1.2.3, matplotlib 3.5.3, Python 3.8).
"""
import os
import random

import centrosome.cpmorphology as morphology
import matplotlib.cm
import matplotlib.pyplot
import numpy as np
import scipy.ndimage
from cellprofiler.library.functions import object_processing

HERE = os.path.dirname(os.path.abspath(__file__))

noise = scipy.ndimage.gaussian_filter(np.random.RandomState(7).rand(48, 60), 1.6)
cells = np.random.RandomState(8).randint(0, 4, (6, 6)).repeat(8, 0).repeat(10, 1)
labels = np.where(noise > np.percentile(noise, 45), 1 + scipy.ndimage.label(cells + 1)[0] + cells, 0).astype(np.uint8)
results = {
    "labels": labels,
    "shrunk_twice": morphology.binary_shrink(labels, 2),
    "shrunk": morphology.binary_shrink(labels),
    "despurred": morphology.spur(morphology.binary_shrink(labels, 4), iterations=2),
    "skeletons": morphology.skeletonize_labels(labels),
    "divided": object_processing.add_dividing_lines(labels),
    "expanded": object_processing.expand_defined_pixels(morphology.binary_shrink(labels), 3),
}
for name, array in results.items():
    np.save(os.path.join(HERE, f"object_processing_{name}.npy"), array.astype(np.uint8))

with open(os.path.join(HERE, "colormaps.tsv"), "w") as file:
    for name in sorted(matplotlib.pyplot.colormaps()):
        if not name.endswith("_r") or name in ("jet_r", "Set1_r", "twilight_shifted_r"):
            colors = [matplotlib.cm.get_cmap(name)(x)[:3] for x in (0.0, 0.137, 0.5, 0.93, 1.0)]
            print(name, *(f"{c:.8f}" for color in colors for c in color), sep="\t", file=file)

choose = random.Random(1)
with open(os.path.join(HERE, "python_sets.txt"), "w") as file:
    for count, top, fewer in [(5, 9, 2), (3, 300, 2), (20, 400, 2), (20, 400, 12), (60, 3000, 4), (60, 500, 50), (90, 70000, 3), (9, 90, 1)]:
        members = choose.sample(range(top), count)
        others = choose.sample(members, fewer)
        left = set(np.array(members, np.int32)).difference(set(np.array(others, np.int32)))
        print(*(" ".join(map(str, numbers)) for numbers in (members, others, left)), sep="\t", file=file)
