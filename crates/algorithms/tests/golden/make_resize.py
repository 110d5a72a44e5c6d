"""Makes resize_*.npy: images, and scikit-image's resizing of them as CellProfiler's Resize asks for it.

Run with Python 3.8, scikit-image 0.18.3, in this folder.
"""
import numpy as np
import skimage.transform

SIZES = [(3, 4), (7, 5), (21, 9), (42, 34), (30, 5)]

random = np.random.RandomState(7)
image = random.uniform(size=(21, 17))
mask = random.uniform(size=(21, 17)) < 0.6
np.save("resize_image.npy", image)
np.save("resize_mask.npy", mask)
for name, pixels in (("f32", image.astype(np.float32)), ("f64", image), ("bool", mask)):
    for order in (0, 1, 3):
        values = [skimage.transform.resize(pixels, s, order=order, mode="symmetric") for s in SIZES]
        np.save("resize_%s_order%d.npy" % (name, order), np.hstack([v.ravel() for v in values])[None])
masks = [skimage.img_as_bool(skimage.transform.resize(mask, s, order=0, mode="constant")) for s in SIZES]
np.save("resize_masks.npy", np.hstack([m.ravel() for m in masks])[None])
