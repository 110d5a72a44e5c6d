"""Makes segmentation.txt: hashes of what SciPy, scikit-image and centrosome make of synthetic planes.

Run with the Python of CellProfiler 4.2.8 (scipy 1.9.0, scikit-image 0.18.3, centrosome 1.2.3):

    python make_segmentation.py > segmentation.txt

The test makes the same planes from the same random numbers, runs our functions, and compares the hashes.
"""
import numpy as np
import scipy.ndimage as ndi
import skimage.morphology
import skimage.segmentation
from centrosome import cpmorphology, outline, propagate
from cellprofiler_core.object import Objects

H, W = 150, 210


def show(name, array):
    """Prints the name and a hash of the values as 64-bit words, floats by their bits."""
    a = np.ascontiguousarray(array)
    a = a.astype(np.float64).view(np.uint64) if a.dtype.kind == "f" else a.astype(np.int64).view(np.uint64)
    with np.errstate(over="ignore"):
        powers = np.cumprod(np.full(a.size, 0x100000001B3, np.uint64))
        total = (a.ravel() * powers[::-1]).sum(dtype=np.uint64)
    print(name, "%016x" % int(total))


def noise(seed, levels):
    """Whole numbers below `levels`."""
    return np.floor(np.random.RandomState(seed).random_sample((H, W)) * levels).astype(np.int64)


def blobs(seed):
    """Noise below 256, summed twice over 5×5 pixels with the edges joined: 80000 on average."""
    a = noise(seed, 256)
    for _ in range(2):
        for axis in (0, 1):
            a = sum(np.roll(a, k, axis) for k in range(-2, 3))
    return a


r = np.random.RandomState(0)
show("random sample", np.array([r.random_sample() for _ in range(1000)]))
show("random uniform", np.random.RandomState(7).uniform(0, 0.001, 1000))
show("random normal", np.random.RandomState(3).normal(size=1001))
show("random permutation", np.random.RandomState(5).permutation(1000))
r = np.random.RandomState()
r.seed(np.array([1, 2, 3, 4000000000], np.uint32))
show("random key", r.random_sample(1000))

for seed, density in ((1, 0.4), (2, 0.5), (3, 0.62)):
    mask = np.random.RandomState(seed).random_sample((H, W)) < density
    show("label 4 %d" % seed, ndi.label(mask)[0])
    show("label 8 %d" % seed, ndi.label(mask, np.ones((3, 3)))[0])
    show("shrink %d" % seed, cpmorphology.binary_shrink(mask))
show("shrink blobs", cpmorphology.binary_shrink(blobs(4) > 80300))

for seed, limit in ((5, 79000), (6, 80000), (7, 82500)):
    fg = blobs(seed) < limit
    d, (i, j) = ndi.distance_transform_edt(fg, return_indices=True)
    show("edt %d" % seed, d)
    show("edt rows %d" % seed, i)
    show("edt columns %d" % seed, j)
fg = np.random.RandomState(8).random_sample((H, W)) < 0.998
d, (i, j) = ndi.distance_transform_edt(fg, return_indices=True)
show("edt sparse", d)
show("edt rows sparse", i)
show("edt columns sparse", j)
d, (i, j) = ndi.distance_transform_edt(np.ones((5, 7), bool), return_indices=True)
show("edt full", d)
show("edt rows full", i)
show("edt columns full", j)

for seed, levels in ((10, 2), (11, 6), (12, 60000)):
    image = (noise(seed, levels) / levels).astype(np.float32)
    mask = blobs(seed + 20) > 79500
    points = noise(seed + 40, 200) == 0
    markers = ndi.label(points, np.ones((3, 3)))[0]
    for name, im in (("f32", 1 - image), ("f64", -image.astype(np.float64))):
        show("watershed %s %d" % (name, seed),
             skimage.segmentation.watershed(im, -markers.astype(np.int16), np.ones((3, 3)), mask=mask) * -1)
    big = ndi.label(blobs(seed + 60) > 81500, np.ones((3, 3)))[0]
    show("watershed seeds %d" % seed,
         skimage.segmentation.watershed(image, big, np.ones((3, 3)), mask=mask | (big > 0)))
    for weight in (0.05, 0.0, 1.0, 0.0001):
        l, d = propagate.propagate(image, big, mask, weight)
        show("propagate %d %g" % (seed, weight), l)
        show("propagate cost %d %g" % (seed, weight), d)
    l, d = propagate.propagate(np.zeros(image.shape), markers, mask, 1.0)
    show("propagate flat %d" % seed, l)
    show("propagate flat cost %d" % seed, d)

for seed, limit in ((80, 80500), (81, 80000), (82, 79000)):
    v = blobs(seed)
    labels = ndi.label(v > limit, np.ones((3, 3)))[0]
    # Split into bands, so that objects touch, and lie in one another.
    labels[(labels > 0) & (v > limit + 800)] += labels.max()
    labels[(labels > 0) & (v > limit + 2000)] = 0
    show("fill %d" % seed, cpmorphology.fill_labeled_holes(labels))
    show("fill background %d" % seed, cpmorphology.fill_labeled_holes(labels, mask=labels == 0))
    show("fill small %d" % seed,
         cpmorphology.fill_labeled_holes(labels, size_fn=lambda size, is_fg: size < 40))
    show("fill mask %d" % seed,
         cpmorphology.fill_labeled_holes(labels > 0, size_fn=lambda size, is_fg: size < 60))
    show("outline %d" % seed, outline.outline(labels))
    for mode in ("inner", "outer", "thick"):
        show("boundaries %s %d" % (mode, seed), skimage.segmentation.find_boundaries(labels, mode=mode))
    children = ndi.label(blobs(seed + 5) > 80200)[0]
    p, c = Objects(), Objects()
    p.segmented, c.segmented = labels, children
    counts, parents = p.relate_children(c)
    show("relate children %d" % seed, counts)
    show("relate parents %d" % seed, parents)
    gone = labels.copy()
    gone[gone % 3 == 1] = 0
    show("relabel %d" % seed, cpmorphology.relabel(gone)[0])
    show("center %d" % seed, np.array(ndi.center_of_mass(np.ones((H, W)), labels, np.unique(labels)[1:])))
    for radius in (1, 2.5, 6.5, 6.833):
        strel = cpmorphology.strel_disk(radius)
        show("maxima %d %g" % (seed, radius), cpmorphology.is_local_maximum((v // 100).astype(np.float32), labels, strel))
    small = v.astype(np.float32)
    for radius in (1, 4, 10):
        disk = skimage.morphology.disk(radius)
        show("dilate %d %d" % (seed, radius), skimage.morphology.dilation(small, disk))
        show("erode %d %d" % (seed, radius), skimage.morphology.erosion(small, disk))
    show("dilate square %d" % seed, skimage.morphology.dilation(small, np.ones((7, 7))))
    show("erode cross %d" % seed, ndi.binary_erosion(labels > 0))
