"""Makes map_coordinates_*.npy: an image, and scipy's interpolation of it at the places a grid gives.

Run with Python 3.8, scipy 1.9.0, in this folder.
"""
import numpy as np
import scipy.ndimage as nd

MODES = ["constant", "mirror", "reflect"]

random = np.random.RandomState(3)
image = random.uniform(size=(19, 13))
np.save("map_coordinates_image.npy", image)

rows = np.hstack([np.arange(-23, 23) * 0.93, np.arange(19), np.arange(19) + 0.5])
columns = np.hstack([np.arange(-16, 33) * 0.77, np.arange(13), [11.999999, 12.0000001]])
np.save("map_coordinates_rows.npy", rows[None])
np.save("map_coordinates_columns.npy", columns[None])
grid = np.array(np.meshgrid(rows, columns, indexing="ij"))
for order in range(4):
    values = [nd.map_coordinates(image, grid, order=order, mode=mode) for mode in MODES]
    # Rows of the three modes one after the other; a fifth of the rows is enough.
    np.save("map_coordinates_order%d.npy" % order, np.vstack([v[::5] for v in values]))
