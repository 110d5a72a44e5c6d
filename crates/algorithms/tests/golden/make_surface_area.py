"""Prints the tables of src/surface_area.rs, and writes surface_area_labels.npy and surface_area.tsv beside this file.

Run with the Python of CellProfiler 4.2.8 (scikit-image 0.18.3).
"""

import os

import numpy as np
from skimage.measure import marching_cubes, mesh_surface_area

HERE = os.path.dirname(os.path.abspath(__file__))
NORMALS = [(1, 0, 0), (0, 1, 0), (0, 0, 1), (0, 1, 1), (1, 0, 1), (1, 1, 0), (1, 1, 1), (1 / 3, 1 / 3, 1 / 3)]


def triangles(cube, method):
    """How many triangles of each normal a cube of 2x2x2 voxels has; its bits are its voxels, 4z + 2y + x."""
    counts = [0] * len(NORMALS)
    if 0 < cube < 255:
        voxels = np.array([cube >> bit & 1 for bit in range(8)], bool).reshape(2, 2, 2)
        corners, faces, *_ = marching_cubes(voxels, method=method, level=0)
        a, b, c = np.moveaxis(corners[faces].astype(float), 1, 0)
        for normal in np.abs(np.cross(a - b, a - c)):
            if normal.max() > 1e-3:
                counts[[np.allclose(normal, n, atol=1e-4) for n in NORMALS].index(True)] += 1
    return counts


def main():
    labels = np.zeros((7, 12, 14), np.int32)
    random = np.random.RandomState(3)
    labels[:, :, :7] = random.rand(7, 12, 7) < 0.4
    labels[1:6, 2:9, 8:13] = 2
    labels[3, 4:6, 9:12] = 0
    labels[0, 0:2, 9:14] = 3
    np.save(os.path.join(HERE, "surface_area_labels.npy"), labels.reshape(84, 14))
    with open(os.path.join(HERE, "surface_area.tsv"), "w") as file:
        for method in ("lewiner", "lorensen"):
            rows, letters = [], ""
            for cube in range(256):
                counts = triangles(cube, method)
                if counts not in rows:
                    rows.append(counts)
                at = rows.index(counts)
                letters += chr(ord("a") + at) if at < 26 else chr(ord("A") + at - 26)
            print(method, letters, *rows, sep="\n")
            for depth in (1.0, 2.5):
                for label in (1, 2, 3):
                    corners, faces, *_ = marching_cubes(labels == label, method=method, level=0, spacing=(depth, 1.0, 1.0))
                    print(method, depth, label, mesh_surface_area(corners, faces), sep="\t", file=file)


if __name__ == "__main__":
    main()
