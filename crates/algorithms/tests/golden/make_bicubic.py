"""Makes bicubic.tsv: small pictures of bytes in other sizes, by Pillow 9.5. Run it with CellProfiler 4.2.8's Python."""

import os

import numpy
import PIL.Image

random = numpy.random.RandomState(3)
rows = []
for height, width, channels, to_height, to_width in [(12, 17, 1, 20, 23), (40, 30, 1, 9, 20), (25, 8, 3, 10, 8), (6, 31, 1, 6, 5)]:
    picture = random.randint(0, 256, (height, width, channels)).astype(numpy.uint8)
    picture[: height // 2] = numpy.where(picture[: height // 2] > 128, 255, 0)
    mode = "RGB" if channels == 3 else "L"
    image = PIL.Image.fromarray(picture if channels == 3 else picture[:, :, 0], mode)
    small = numpy.asarray(image.resize((to_width, to_height)))
    sizes = (height, width, channels, to_height, to_width)
    rows.append("\t".join([",".join(map(str, sizes)), picture.tobytes().hex(), small.tobytes().hex()]))
with open(os.path.join(os.path.dirname(__file__), "bicubic.tsv"), "w") as file:
    file.write("\n".join(rows) + "\n")
