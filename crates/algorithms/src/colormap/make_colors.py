"""Writes colors.txt: the colours that matplotlib 3.5.3 makes its colour maps of.

Run it with the Python of CellProfiler 4.2.8. A line is a name, a kind and numbers; a whole number counts 255ths.
  listed    r g b of each colour
  stops     position, r, g, b of each stop
  channels  for red, green and blue: how many points, then position, value before and value after of each
Maps that are functions are not in it.
"""

import os

from matplotlib import _cm, _cm_listed


def text(value):
    whole = round(float(value) * 255)
    return str(whole) if abs(whole / 255 - value) < 1e-15 else f"{float(value):.9g}" + ("" if value % 1 else ".0")


def line(name, kind, numbers):
    return " ".join([name, kind, *numbers]) + "\n"


def lines():
    for name, data in sorted(_cm.datad.items(), key=lambda item: item[0].lower()):
        if name.endswith("_r"):
            continue
        if not isinstance(data, dict):
            stops = data if isinstance(data[0][1], tuple) else [(i / (len(data) - 1), c) for i, c in enumerate(data)]
            yield line(name, "stops", [n for at, color in stops for n in (f"{at:.17g}.0" if at in (0, 1) else repr(at), *map(text, color))])
        elif "listed" in data:
            yield line(name, "listed", [text(v) for color in data["listed"] for v in color])
        elif not callable(data["red"]):
            points = [data[channel] for channel in ("red", "green", "blue")]
            yield line(name, "channels", [n for p in points for n in (str(len(p)), *(text(v) for point in p for v in point))])
    for name, data in sorted(_cm_listed.cmaps.items()):
        if not name.endswith("_r") and name != "twilight_shifted":
            yield line(name, "listed", [text(v) for color in data.colors for v in color])


with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "colors.txt"), "w") as file:
    file.writelines(lines())
