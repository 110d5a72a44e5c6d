"""Makes median_*.npy: 16-bit images, and scikit-image's rank median of them over disks.

Run with Python 3.8, scikit-image 0.18.3, in this folder.
"""
import centrosome.cpmorphology
import numpy as np
import skimage.filters

random = np.random.RandomState(5)
y, x = np.mgrid[0:61, 0:83]
image = 3000 + 2000 * np.sin(x / 9.0) * np.cos(y / 7.0) + random.normal(scale=300, size=x.shape)
image[random.uniform(size=x.shape) < 0.02] = 65535
image = image.astype(np.uint16)
image[20:30, 40:50] = 0
np.save("median_image.npy", image)
for radius in (1, 4, 13, 60):
    disk = centrosome.cpmorphology.strel_disk(radius)
    np.save("median_radius%d.npy" % radius, skimage.filters.median(image, disk, behavior="rank"))
