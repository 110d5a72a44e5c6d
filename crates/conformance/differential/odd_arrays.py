"""Makes what images and objects are now and then: touching, empty, of another size, masked, brighter than white."""

import numpy as np
import scipy.ndimage


def objects(labels, random):
    """Object labels, half of the time odd: parted at random lines, with gaps in their numbers, of another size, or none at all."""
    if random.rand() < 0.35:
        labels = touching(labels, random)
    if random.rand() < 0.2:
        labels = np.where(np.isin(labels, np.flatnonzero(random.rand(labels.max() + 1) < 0.4)), 0, labels)
    if random.rand() < 0.07:
        labels = another_size(labels, random)
    return np.zeros_like(labels) if random.rand() < 0.05 else labels


def touching(labels, random):
    """Objects of the same pixels, each pixel of the nearest of some of them."""
    foreground = np.argwhere(labels > 0)
    if len(foreground) < 2:
        return labels
    seeds = np.ones(labels.shape, bool)
    seeds[tuple(foreground[random.choice(len(foreground), min(len(foreground), random.randint(4, 25)))].T)] = False
    nearest = scipy.ndimage.distance_transform_edt(seeds, return_distances=False, return_indices=True)
    numbers = np.zeros(labels.shape, np.int32)
    numbers[~seeds] = np.arange(1, (~seeds).sum() + 1)
    return np.where(labels > 0, numbers[tuple(nearest)], 0).astype(np.int32)


def another_size(labels, random):
    """The labels with sides cut off or added, each by some pixels."""
    for axis in (-2, -1):
        by = random.randint(1, 9)
        if random.rand() < 0.5:
            labels = np.take(labels, range(labels.shape[axis] - by), axis)
        else:
            width = [(0, 0)] * labels.ndim
            width[axis] = (0, by)
            labels = np.pad(labels, width)
    return labels


def image(facts, random):
    """Gives an image a mask, values above 1 or of 64 bits, or one value only, now and then."""
    pixels = facts["pixels"]
    if "mask" not in facts and "objects" not in facts and random.rand() < 0.15:
        planes = pixels.shape[:2]
        facts["mask"] = scipy.ndimage.gaussian_filter(random.rand(*planes), 3) > random.choice([0.3, 0.48, 0.53])
    if pixels.dtype == np.float32:
        odd = random.rand()
        if odd < 0.04:
            facts["pixels"] = pixels * np.float32(1.7)
        elif odd < 0.08:
            facts["pixels"] = pixels.astype(np.float64) * 0.99
        elif odd < 0.1:
            facts["pixels"] = np.full_like(pixels, 0.25)
        elif odd < 0.12:
            facts["pixels"] = np.zeros_like(pixels)
