"""make_files.py: small image files of many kinds into files/, with what CellProfiler's reader (python-bioformats) makes of each.

FILE.index.npy: read(index=0, rescale=False), as the input modules ask; FILE.whole.npy: read(rescale=False), as LoadData does;
FILE.unit.npy: read(index=0, rescale=True). For .mat: what SciPy loads. Run by the Python of the real CellProfiler's environment.
"""
import glob
import os

import numpy as np
import scipy.io
import tifffile
from PIL import Image

here = os.path.join(os.path.dirname(os.path.abspath(__file__)), "files")
os.makedirs(here, exist_ok=True)
for old in glob.glob(os.path.join(here, "*")):
    os.remove(old)
os.chdir(here)
rng = np.random.default_rng(7)
H, W = 5, 7
u8 = rng.integers(0, 256, (H, W), np.uint8)
u16 = rng.integers(0, 65536, (H, W)).astype(np.uint16)
rgb = rng.integers(0, 256, (H, W, 3), np.uint8)
rgba = rng.integers(0, 256, (H, W, 4), np.uint8)
f32 = rng.random((H, W)).astype(np.float32)
big = rng.integers(0, 65536, (40, 50)).astype(np.uint16)

tifffile.imwrite("u8.tif", u8)
tifffile.imwrite("u16.tif", u16)
tifffile.imwrite("u16_big_endian.tif", u16, byteorder=">")
tifffile.imwrite("u16_bigtiff.tif", u16, bigtiff=True)
tifffile.imwrite("u16_deflate.tif", u16, compression="zlib")
tifffile.imwrite("u16_deflate_predictor.tif", u16, compression="zlib", predictor=True)
tifffile.imwrite("u16_tiles.tif", big, tile=(16, 16))
tifffile.imwrite("u16_strips.tif", big, rowsperstrip=7)
tifffile.imwrite("u16_white_is_zero.tif", u16, photometric="miniswhite")
tifffile.imwrite("f64_white_is_zero.tif", f32.astype(float) - 0.5, photometric="miniswhite")
tifffile.imwrite("u16_full_scale_4095.tif", u16 >> 4, extratags=[(281, "H", 1, 4095, True)])
tifffile.imwrite("u32.tif", u16.astype(np.uint32) * 65537)
tifffile.imwrite("i16.tif", u16.astype(np.int32).astype(np.int16))
tifffile.imwrite("f32.tif", f32)
tifffile.imwrite("rgb.tif", rgb, photometric="rgb")
tifffile.imwrite("rgb_planar.tif", np.moveaxis(rgb, 2, 0).copy(), photometric="rgb", planarconfig="separate")
tifffile.imwrite("pages.tif", np.stack([u16, u16[::-1]]), photometric="minisblack")
tifffile.imwrite("ome.ome.tif", rng.integers(0, 65536, (2, 3, H, W)).astype(np.uint16), metadata={"axes": "CZYX"}, photometric="minisblack")
Image.fromarray(u8).save("u8_lzw.tif", compression="tiff_lzw")
Image.fromarray(u8).save("u8_packbits.tif", compression="packbits")
Image.fromarray(rgb).save("rgb_lzw.tif", compression="tiff_lzw")
Image.fromarray(u8 > 99).save("bits.tif")
palette = Image.fromarray(rgb).quantize(16)
palette.save("palette.tif")
palette.save("palette.png")
palette.save("palette.gif")
palette.save("palette.bmp")
Image.fromarray(u8).save("u8.png")
Image.fromarray(u16).save("u16.png")
Image.fromarray(rgb).save("rgb.png")
Image.fromarray(rgba).save("rgba.png")
smooth = np.clip(128 + 90 * np.sin(np.mgrid[0:24, 0:31].sum(0) / 3.0)[..., None] * [1, 0.4, -0.7], 0, 255).astype(np.uint8)
Image.fromarray(smooth).save("rgb.jpg", quality=88)
Image.fromarray(smooth[..., 0]).save("grey.jpg", quality=75)
Image.fromarray(rgb).save("rgb.bmp")
Image.fromarray(u8).save("u8.bmp")
Image.fromarray(u8[:, :5].copy()).save("five_wide.bmp")
Image.fromarray(u8).save("u8.gif")
scipy.io.savemat("f64.mat", {"Image": f32.astype(float)})
scipy.io.savemat("f32_packed.mat", {"Other": u8, "Image": f32}, do_compression=True)
scipy.io.savemat("u8_rgb.mat", {"Image": rgb})

for name in glob.glob("*.mat"):
    np.save(name + ".index.npy", np.ascontiguousarray(scipy.io.loadmat(name)["Image"]))

import bioformats
import javabridge

javabridge.start_vm(class_path=bioformats.JARS, run_headless=True)
try:
    bioformats.init_logger()
except AttributeError:
    pass
try:
    for name in sorted(glob.glob("*")):
        if name.endswith((".npy", ".mat")):
            continue
        for kind, keywords in (("index", dict(index=0, rescale=False)), ("whole", dict(rescale=False)), ("unit", dict(index=0, rescale=True))):
            try:
                with bioformats.ImageReader(name) as reader:
                    pixels = reader.read(**keywords)
                np.save(f"{name}.{kind}.npy", np.ascontiguousarray(pixels))
            except Exception as error:
                print(name, kind, "is not read:", type(error).__name__, error)
finally:
    javabridge.kill_vm()
