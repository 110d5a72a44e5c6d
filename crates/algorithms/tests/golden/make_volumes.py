"""Writes volume_shapes.tsv, volume_image.npy and volume_resized_*.npy beside this file; after make_surface_area.py.

Run with the Python of CellProfiler 4.2.8 (scikit-image 0.18.3).
"""

import os

import numpy as np
from skimage.measure import regionprops
from skimage.transform import resize

HERE = os.path.dirname(os.path.abspath(__file__))


def save(name, volume):
    np.save(os.path.join(HERE, name), volume.reshape(-1, volume.shape[-1]))


def main():
    labels = np.load(os.path.join(HERE, "surface_area_labels.npy")).reshape(7, 12, 14)
    labels[labels == 3] = 0
    with open(os.path.join(HERE, "volume_shapes.tsv"), "w") as file:
        for o in regionprops(labels):
            shape = (o.major_axis_length, o.minor_axis_length, o.extent, o.equivalent_diameter, o.solidity)
            print(o.label, o.area, o.euler_number, *o.bbox, *o.centroid, *shape, sep="\t", file=file)
    image = np.random.RandomState(1).rand(4, 6, 7).astype(np.float32)
    save("volume_image.npy", image)
    for order, name in ((0, "nearest"), (1, "bilinear"), (3, "bicubic")):
        save(f"volume_resized_{name}.npy", resize(image, (5, 9, 4), order=order, mode="symmetric"))
        save(f"volume_resized_{name}_flat.npy", resize(image, (3, 9, 7), order=order, mode="symmetric"))


if __name__ == "__main__":
    main()
