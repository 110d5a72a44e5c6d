"""Writes threshold.tsv: what CellProfiler 4.2.8's Threshold module makes of small images with every setting.

Columns: settings of revision 12 (after the two names), image, height, width, mask, "Use advanced settings?"; then the
final threshold (bits, or a digest of the bits of all pixels'), the means of the final and the original one, the guide,
a digest of the foreground, the deviation of the smoothing, weighted variance and sum of entropies; or `error`.
"""
import itertools
import pathlib
import sys
import types
import warnings

HERE = pathlib.Path(__file__).parent
sys.path.insert(0, str(HERE.parents[2] / "algorithms/tests/golden"))
warnings.simplefilter("ignore")
import numpy as np
from cellprofiler.modules.threshold import Threshold
from cellprofiler_core.image import Image
from stream import digest, uniform

DEFAULTS = {
    "scope": "Global", "method": "Minimum Cross-Entropy", "scale": "0", "factor": "1.0", "bounds": "0.0,1.0",
    "manual": "0.31", "measurement": "Given_Level", "classes": "Two classes", "log": "No", "middle": "Foreground",
    "window": "16", "lower": "0.05", "upper": "0.05", "average": "Mean", "variance": "Standard deviation",
    "deviations": "2.0", "local": "Minimum Cross-Entropy",
}


def image(kind, height, width):
    n = height * width
    u1, u2, u3 = (uniform(n, seed) for seed in (1, 2, 3))
    v = u1 * u1 * 0.1 + np.where(u2 > 0.8, u3 * 0.5, 0.0) + 0.2 * ((np.arange(n) // width) / height)
    v = v.reshape(height, width)
    if kind == "grey16":
        return np.floor(v * 65535).astype("f4") / np.float32(65535)
    if kind == "grey8":
        return np.floor(v * 31).astype("f4") / np.float32(255)
    if kind == "float":
        return v.astype("f4")
    if kind == "double":
        return v
    if kind == "rows":
        return np.broadcast_to(v[0], v.shape).astype("f4")
    if kind == "constant":
        return np.full(v.shape, 0.25, "f4")
    if kind == "two":
        return np.where(v > 0.2, 0.5, 0.125).astype("f4")
    if kind == "zero":
        return np.zeros(v.shape, "f4")
    if kind == "negative":
        return (v - 0.3).astype("f4")
    if kind == "binary":
        # As CellProfiler gives a binary image to a module that asks for a grey one.
        return (v > 0.2).astype("f8")


def bits(x, kind=np.float64):
    return format(int(np.asarray(x, np.float64).view(np.uint64)), "016x")


def run(settings, kind, height, width, mask, advanced):
    module = Threshold()
    for setting, value in zip(module.settings()[2:], settings):
        setting.set_value_text(value)
    pixels = image(kind, height, width)
    inside = {"all": None, "some": uniform(pixels.size, 9).reshape(pixels.shape) > 0.3, "none": np.zeros(pixels.shape, bool)}
    picture = Image(pixels, mask=inside[mask], convert=False)
    workspace = types.SimpleNamespace()
    workspace.measurements = types.SimpleNamespace(get_current_image_measurement=lambda name: 0.23)
    automatic = not advanced
    try:
        final, original, guide = module.get_threshold(picture, workspace, automatic=automatic)
        foreground, sigma = module.apply_threshold(picture, final, automatic)
        notes = {}
        workspace.measurements.add_measurement = lambda _, name, value: notes.__setitem__(name.split("_")[1], value)
        module.add_threshold_measurements("X", workspace.measurements, final, original, guide)
        module.add_fg_bg_measurements("X", workspace.measurements, picture, foreground)
    except Exception as error:
        print(settings, kind, mask, repr(error)[:100])
        return ["error"]
    return [
        str(digest(final)) if np.ndim(final) else bits(final),
        bits(notes["FinalThreshold"]),
        bits(notes["OrigThreshold"]),
        "-" if guide is None else bits(guide),
        digest(foreground),
        bits(sigma),
        repr(float(notes["WeightedVariance"][0])),
        repr(float(notes["SumOfEntropies"][0])),
    ]


METHODS = [
    {},
    {"method": "Otsu"},
    {"method": "Otsu", "classes": "Three classes"},
    {"method": "Otsu", "classes": "Three classes", "middle": "Background"},
    {"method": "Robust Background"},
    {"method": "Robust Background", "average": "Median", "variance": "Median absolute deviation", "deviations": "-1.5"},
    {"method": "Robust Background", "average": "Mode", "lower": "0", "upper": "0.2"},
    {"method": "Robust Background", "lower": "0.25", "upper": "0.125", "average": "Mode", "variance": "Median absolute deviation"},
    {"method": "Manual"},
    {"method": "Measurement", "factor": "1.1"},
]
CASES = []
for method in METHODS:
    for kind, mask in (("grey16", "all"), ("float", "some"), ("double", "some"), ("two", "all"), ("constant", "some"), ("zero", "all"), ("float", "none"), ("negative", "all")):
        CASES.append((method, kind, 61, 47, mask, True))
    CASES.append((dict(method, scale="1.3488", factor="0.9", bounds="0.05,0.25"), "grey16", 61, 47, "some", True))
    CASES.append((dict(method, scale="4"), "float", 130, 151, "all", True))
    if method.get("method") in (None, "Otsu"):
        for kind, mask in (("grey16", "all"), ("float", "some"), ("double", "all"), ("constant", "all"), ("two", "some")):
            CASES.append((dict(method, log="Yes", scale="1"), kind, 61, 47, mask, True))
for method in METHODS[:8]:
    adaptive = dict(method, scope="Adaptive", local=method.get("method", "Minimum Cross-Entropy"), method="Otsu")
    for kind, mask in (("grey16", "all"), ("float", "some"), ("double", "some"), ("rows", "all"), ("two", "all"), ("constant", "all"), ("constant", "some"), ("zero", "all")):
        CASES.append((adaptive, kind, 61, 47, mask, True))
    for window in ("10", "20", "25", "31"):
        CASES.append((dict(adaptive, window=window, scale="2", factor="1.2"), "grey16", 61, 57, "some", True))
    if adaptive["local"] in ("Otsu", "Minimum Cross-Entropy"):
        CASES.append((dict(adaptive, log="Yes"), "grey16", 64, 57, "some", True))
for window in ("3", "10", "50"):
    for kind, mask in (("grey16", "all"), ("float", "some"), ("double", "some")):
        CASES.append(({"scope": "Adaptive", "local": "Sauvola", "window": window, "scale": "1"}, kind, 61, 47, mask, True))
for kind, mask in (("grey16", "all"), ("float", "some"), ("grey8", "all"), ("constant", "some")):
    CASES.append(({"method": "Otsu", "factor": "1.3", "scale": "7"}, kind, 61, 47, mask, False))
    CASES.append(({"method": "Manual"}, kind, 61, 47, mask, False))
    CASES.append(({"scope": "Adaptive"}, kind, 61, 47, mask, False))
for method in (METHODS[0], METHODS[1], METHODS[8]):
    for scale in ("0", "1.3488"):
        CASES.append((dict(method, scale=scale), "binary", 61, 47, "some", True))
rows = []
for changes, kind, height, width, mask, advanced in CASES:
    settings = list({**DEFAULTS, **changes}.values())
    out = run(settings, kind, height, width, mask, advanced)
    rows.append(["|".join(settings), kind, height, width, mask, "Yes" if advanced else "No", *out])
text = "".join("\t".join(map(str, r)) + "\n" for r in rows)
(HERE / "threshold.tsv").write_text(text)
print(len(rows), len(text))
