"""Writes image_quality_*.npy and image_quality.tsv: what CellProfiler 4.2.8's MeasureImageQuality makes of an image, with and without a mask.

Run with a Python that has CellProfiler 4.2.8: python make_image_quality.py
"""

import os

import cellprofiler_core.preferences

cellprofiler_core.preferences.set_headless()

import numpy as np
from cellprofiler.modules.measureimagequality import MeasureImageQuality
from cellprofiler_core.image import Image, ImageSetList
from cellprofiler_core.measurement import Measurements
from cellprofiler_core.object import ObjectSet
from cellprofiler_core.pipeline import Pipeline
from cellprofiler_core.workspace import Workspace

HERE = os.path.dirname(os.path.abspath(__file__))

random = np.random.RandomState(4)
y, x = np.mgrid[:72, :60]
image = 0.04 + 0.02 * random.rand(72, 60) + 0.03 * x / 60
for _ in range(9):
    cy, cx, size = random.randint(72), random.randint(60), random.uniform(2, 6)
    image += random.uniform(0.1, 0.5) * np.exp(-((y - cy) ** 2 + (x - cx) ** 2) / (2 * size**2))
image = (np.round(np.clip(image, 0, 1) * 4095) / 4095).astype(np.float32)
mask = (y - 30) ** 2 + (x - 30) ** 2 < 27**2
np.save(os.path.join(HERE, "image_quality_image.npy"), image)
np.save(os.path.join(HERE, "image_quality_mask.npy"), mask)

with open(os.path.join(HERE, "image_quality.tsv"), "w") as file:
    for what, given in (("whole", None), ("masked", mask), ("volume", None), ("masked volume", mask)):
        module = MeasureImageQuality()
        module.set_module_num(1)
        module.images_choice.value = "Select..."
        group = module.image_groups[0]
        group.image_names.value = "DNA"
        module.add_scale_group(group)
        group.scale_groups[0].scale.value = 5
        group.scale_groups[1].scale.value = 20
        group.check_intensity.value = True
        group.calculate_threshold.value = True
        group.use_all_threshold_methods.value = True
        pipeline, measurements, images = Pipeline(), Measurements(), ImageSetList().get_image_set(0)
        pipeline.add_module(module)
        if "volume" in what:
            # Six planes of twelve rows; what does not hang on their order is as of the flat image.
            group.check_intensity.value = group.calculate_threshold.value = False
            planes = lambda rows: rows if rows is None else rows.reshape(6, 12, 60)
            images.add("DNA", Image(planes(image), mask=planes(given), dimensions=3))
        else:
            images.add("DNA", Image(image, mask=given))
        module.run(Workspace(pipeline, module, images, ObjectSet(), measurements, None))
        for feature in sorted(measurements.get_feature_names("Image")):
            if feature.startswith("ImageQuality_") and "Scaling" not in feature:
                value = np.ravel(measurements.get_current_image_measurement(feature))[0]
                file.write(f"{what}\t{feature[len('ImageQuality_'):].replace('_DNA', '')}\t{float(value)!r}\n")
