"""Writes volume_*.tsv and volume_*.npy beside this file; after make_surface_area.py.

Run with the Python of CellProfiler 4.2.8 (scikit-image 0.18.3, scipy 1.9.0).
"""

import os

import mahotas.features
import numpy as np
import scipy.ndimage
import scipy.signal
from centrosome.outline import outline
from skimage.measure import regionprops
from skimage.morphology import ball, opening, reconstruction, skeletonize_3d
from skimage.restoration import denoise_nl_means
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
    neighbors(labels)
    image = np.random.RandomState(1).rand(4, 6, 7).astype(np.float32)
    save("volume_image.npy", image)
    textures(image)
    for order, name in ((0, "nearest"), (1, "bilinear"), (3, "bicubic")):
        save(f"volume_resized_{name}.npy", resize(image, (5, 9, 4), order=order, mode="symmetric"))
        save(f"volume_resized_{name}_flat.npy", resize(image, (3, 9, 7), order=order, mode="symmetric"))
    # More than a skeleton: solid, with a hole and with arms.
    solid = scipy.ndimage.gaussian_filter(np.random.RandomState(3).rand(8, 14, 15), 1) > 0.5
    save("volume_solid.npy", solid)
    save("volume_skeleton.npy", skeletonize_3d(solid) > 0)
    save("volume_denoised.npy", denoise_nl_means(image, patch_size=3, patch_distance=2, h=0.4, multichannel=False))
    grid = np.meshgrid([0, 0.4, 1.7, 3.2], [0, 2.5, 4.9], [-0.5, 0.3, 3, 5.8], indexing="ij")
    save("volume_mapped_linear.npy", scipy.ndimage.map_coordinates(image, grid, order=1))
    save("volume_mapped_cubic.npy", scipy.ndimage.map_coordinates(image, grid, order=3))
    save("volume_opened.npy", opening(image, ball(1)))
    eroded = scipy.ndimage.grey_erosion(image, footprint=ball(1))
    save("volume_reconstructed.npy", reconstruction(eroded, image, selem=ball(1)).astype(np.float32))


def textures(image):
    """Features of a whole volume at distance 1, then of its middle alone at distance 2, a line a direction."""
    levels = (image * 16).astype(np.uint8)
    middle = levels.copy()
    middle[image < 0.2] = 0
    with open(os.path.join(HERE, "volume_textures.tsv"), "w") as file:
        for found in (
            mahotas.features.haralick(levels, distance=1),
            mahotas.features.haralick(middle, distance=2, ignore_zeros=True),
        ):
            for direction in found:
                print(*direction, sep="\t", file=file)


def neighbors(labels):
    """Distance, object, pixels of its outline's that touch another object, and the objects in reach."""
    with open(os.path.join(HERE, "volume_neighbors.tsv"), "w") as file:
        for distance in (1, 3, 6):
            for label in np.unique(labels[labels > 0]):
                own, others = labels == label, (labels > 0) & (labels != label)
                if distance <= 5:
                    near = scipy.ndimage.binary_dilation(own, ball(distance))
                    touch = scipy.ndimage.binary_dilation(others, ball(distance + 0.5))
                else:
                    near = scipy.signal.fftconvolve(own, ball(distance), mode="same") > 0.5
                    touch = scipy.signal.fftconvolve(others, ball(distance + 0.5), mode="same") > 0.5
                found = np.unique(labels[near & others])
                print(distance, label, (touch & own & (outline(labels) == label)).sum(), *found, sep="\t", file=file)
    z, y, x = scipy.ndimage.distance_transform_edt(labels == 0, return_distances=False, return_indices=True)
    save("volume_expanded.npy", labels[z, y, x])


if __name__ == "__main__":
    main()
