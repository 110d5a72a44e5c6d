"""Writes gaussian.tsv: digests of what scipy.ndimage 1.9.0 and centrosome 1.2.3 make of random arrays."""
import pathlib
import numpy as np
import scipy
import scipy.ndimage as nd
from centrosome.smooth import smooth_with_function_and_mask
from stream import digest, uniform

assert scipy.__version__ == "1.9.0", scipy.__version__
rows = []
SHAPES = [(1, 1), (5, 3), (23, 37), (40, 64)]
for kind in (np.float32, np.float64):
    for shape in SHAPES:
        image = uniform(shape[0] * shape[1], 5).reshape(shape).astype(kind)
        bits = 8 * image.itemsize
        for mode in ("reflect", "nearest", "mirror", "constant", "wrap"):
            for sigma in (0.0, 0.7, 1.0, 5.5):
                out = nd.gaussian_filter(image, sigma, mode=mode, cval=0.25)
                rows.append(["gaussian", bits, *shape, mode, sigma, digest(out)])
            for n in (1, 2, 3, 4, 7):
                weights = uniform(n, 100 + n) - 0.5
                out = nd.correlate1d(nd.correlate1d(image, weights, 0, mode=mode, cval=0.25), weights, 1, mode=mode, cval=0.25)
                rows.append(["correlate", bits, *shape, mode, n, digest(out)])
                out = nd.convolve1d(nd.convolve1d(image, weights, 0, mode=mode, cval=0.25), weights, 1, mode=mode, cval=0.25)
                rows.append(["convolve", bits, *shape, mode, n, digest(out)])
        for sigma in (0.7, 1.0, 5.5):
            for mask in ("all", "some"):
                m = np.ones(shape, bool) if mask == "all" else uniform(image.size, 9).reshape(shape) > 0.3
                out = smooth_with_function_and_mask(image, lambda x: nd.gaussian_filter(x, sigma, mode="constant", cval=0), m)
                rows.append(["smooth", bits, *shape, mask, sigma, digest(out)])
text = "".join("\t".join(map(str, r)) + "\n" for r in rows)
pathlib.Path(__file__).with_name("gaussian.tsv").write_text(text)
