"""make_images.py: the images that the golden cases share, into images/ beside this script. Seeded and repeatable.

Two sites of 132×108 pixels, 16-bit TIFF: DNA (round and clumped nuclei on an uneven background, some at the border),
Cell (cytoplasm around each nucleus, with texture), Marker (speckles in some cells), and an 8-bit mask of one half.
Needs numpy and tifffile: the Python of the real CellProfiler's environment has them.
"""
import os

import numpy as np
import tifffile

HEIGHT, WIDTH = 108, 132
here = os.path.join(os.path.dirname(os.path.abspath(__file__)), "images")
os.makedirs(here, exist_ok=True)
yy, xx = np.mgrid[0:HEIGHT, 0:WIDTH].astype(float)


def disk(y, x, r, stretch=1.0, turn=0.0):
    dy, dx = yy - y, xx - x
    u, v = dy * np.cos(turn) + dx * np.sin(turn), dx * np.cos(turn) - dy * np.sin(turn)
    return 1 / (1 + np.exp((np.hypot(u * stretch, v / stretch) - r) / 0.7))


def site(seed):
    rng = np.random.default_rng(seed)
    light = 1 - 0.35 * (((yy - 40) / HEIGHT) ** 2 + ((xx - 90) / WIDTH) ** 2)
    dna, cell, marker = (np.zeros((HEIGHT, WIDTH)) for _ in range(3))
    centres = []
    while len(centres) < 17:
        y, x, r = rng.uniform(0, HEIGHT), rng.uniform(0, WIDTH), rng.uniform(5, 8)
        if all(np.hypot(y - b, x - a) > 0.78 * (r + s) for b, a, s in centres):
            centres.append((y, x, r))
    for i, (y, x, r) in enumerate(centres):
        nucleus = disk(y, x, r, rng.uniform(0.85, 1.18), rng.uniform(0, np.pi))
        dna += nucleus * rng.uniform(5000, 14000)
        cell = np.maximum(cell, disk(y, x, 1.9 * r, rng.uniform(0.85, 1.18), rng.uniform(0, np.pi)) * rng.uniform(4000, 9000))
        if i % 3 == 0:
            for _ in range(4):
                marker += disk(y + rng.normal(0, r), x + rng.normal(0, r), 1.6) * rng.uniform(4000, 20000)
    noise = lambda s: rng.normal(0, s, (HEIGHT, WIDTH))
    texture = 1 + 0.25 * np.sin(xx / 2.3) * np.cos(yy / 3.1)
    finish = lambda a, b, s: np.clip(np.rint((a + b) * light + noise(s)), 0, 65535).astype(np.uint16)
    return finish(dna, 900, 90), finish(cell * texture + 0.2 * dna, 1200, 120), finish(marker, 600, 60)


for number, seed in (("1", 11), ("2", 23)):
    for name, pixels in zip(("DNA", "Cell", "Marker"), site(seed)):
        tifffile.imwrite(os.path.join(here, f"site{number}_{name}.tif"), pixels, compression="zlib")
mask = np.zeros((HEIGHT, WIDTH), np.uint8)
mask[12:90, 20:115] = 255
mask[50:60, 60:75] = 0
for number in "12":
    tifffile.imwrite(os.path.join(here, f"site{number}_Mask.tif"), mask, compression="zlib")
