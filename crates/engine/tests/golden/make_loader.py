"""Writes loader/ (tiny images of many kinds) and loader.json: what CellProfiler's image providers make of them.

Run with the Python of a CellProfiler 4.2.8 installation. Each entry: file, provider, rescale (true, false or a number),
frame, then what came of it: kind, shape, values (f32 as the f64 of the same value, booleans as 0 and 1), scale.
"""
import json
import os
import shutil

import numpy as np
import tifffile
from PIL import Image

from cellprofiler_core.preferences import set_headless

set_headless()
from cellprofiler_core.utilities.java import start_java, stop_java

here = os.path.dirname(os.path.abspath(__file__))
folder = os.path.join(here, "loader")
shutil.rmtree(folder, ignore_errors=True)
os.makedirs(folder)
rng = np.random.RandomState(0)


def values(shape, kind):
    if np.issubdtype(kind, np.floating):
        return rng.uniform(-0.2, 1.5, shape).astype(kind)
    info = np.iinfo(kind)
    return rng.randint(info.min, info.max, shape, dtype=kind)


def tif(name, shape, kind, **options):
    tifffile.imwrite(os.path.join(folder, name), values(shape, kind), **options)


tif("grey8.tif", (2, 4), np.uint8)
tif("grey16.tif", (2, 4), np.uint16)
tif("signed16.tif", (2, 4), np.int16)
tif("grey32.tif", (2, 4), np.uint32)
tif("float32.tif", (2, 4), np.float32)
tif("float64.tif", (2, 4), np.float64)
tif("colour.tif", (2, 4, 3), np.uint8, photometric="rgb")
tif("colour16.tif", (2, 4, 3), np.uint16, photometric="rgb")
tif("planar.tif", (3, 2, 4), np.uint8, photometric="rgb", planarconfig="separate")
tif("alpha.tif", (2, 4, 4), np.uint8, photometric="rgb")
tif("stack.tif", (3, 2, 4), np.uint8, photometric="minisblack", metadata=None)
tifffile.imwrite(os.path.join(folder, "camera12.tif"), values((2, 4), np.uint16) % 4096, extratags=[(281, "H", 1, 4095, True)])
Image.fromarray(values((2, 4, 3), np.uint8)).save(os.path.join(folder, "colour.png"))
Image.fromarray(values((2, 4, 4), np.uint8)).save(os.path.join(folder, "alpha.png"))
Image.fromarray(values((2, 4), np.uint8)).save(os.path.join(folder, "grey.png"))
np.save(os.path.join(folder, "function32.npy"), values((2, 4), np.float32))
np.save(os.path.join(folder, "function64.npy"), values((2, 4), np.float64))
np.save(os.path.join(folder, "mask.npy"), values((2, 4), np.uint8) > 100)

start_java()
entries = []
try:
    from cellprofiler_core.image.abstract_image.file import FileImage
    from cellprofiler_core.image.abstract_image.file.url import ColorImage, MaskImage, MonochromeImage
    from cellprofiler_core.utilities.pathname import pathname2url

    for name in sorted(os.listdir(folder)):
        url = pathname2url(os.path.join(folder, name))
        makers = []
        for rescale in (True, False, 1000.0):
            makers.append(("Grayscale", rescale, 0, lambda r=rescale: MonochromeImage("i", url, 0, 0, None, r)))
            makers.append(("Color", rescale, None, lambda r=rescale: ColorImage("i", url, 0, None, r)))
        makers.append(("Mask", True, 0, lambda: MaskImage("i", url, 0, 0, None)))
        for rescale in (True, False):
            makers.append(("AsStored", rescale, None, lambda r=rescale: FileImage("i", folder, name, rescale=r)))
        if name == "stack.tif":
            makers.append(("AsStored", True, 2, lambda: FileImage("i", folder, name, rescale=True, index=2)))
        for provider, rescale, frame, make in makers:
            made = make()
            try:
                image = made.provide_image(None)
            except Exception as error:
                print(name, provider, rescale, frame, error)
                continue
            pixels = image.pixel_data
            entries.append(dict(file=name, provider=provider, rescale=rescale, frame=frame, kind=str(pixels.dtype),
                                shape=list(pixels.shape), values=[float(v) for v in pixels.ravel()], scale=made.scale))
finally:
    stop_java()
with open(os.path.join(here, "loader.json"), "w") as out:
    out.write("[\n" + ",\n".join(json.dumps(e, separators=(",", ":")) for e in entries) + "\n]\n")
