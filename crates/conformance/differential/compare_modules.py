"""Runs modules with random settings on random images in the real CellProfiler and in `cpb module`, and compares.

usage: compare_modules.py CPB MODULE [--count N] [--seed S] [--image-sets K] [--image NAME] [--volume] [--overlapping] [--why]

Images and objects must be of the same type and shape, labels and masks equal, floats within 1e-6 + 1e-5·|x|, whole
numbers whole, files that are saved equal pixel by pixel. Where CellProfiler raises, cpb must end with status 1. Run it
with a Python that has CellProfiler 4.2.8; `cargo xtask differential MODULE…` does.
"""

import argparse
import contextlib
import io
import logging
import os
import random
import sys
import tempfile
import warnings

import cellprofiler_core.preferences

cellprofiler_core.preferences.set_headless()
logging.disable(logging.CRITICAL)
warnings.simplefilter("ignore")

import cellprofiler.modules  # noqa: F401
import cellprofiler_core.modules  # noqa: F401
import numpy as np
import PIL.Image
import tifffile

import cellprofiler_call
import cpb_call
import random_call


def close(a, b):
    return (np.abs(a - b) <= 1e-6 + 1e-5 * np.abs(a)) | (np.isnan(a) & np.isnan(b)) | (a == b)


def arrays(kind, theirs, ours):
    for name in sorted(set(theirs) | set(ours)):
        if name not in theirs or name not in ours:
            yield f"{kind} {name}: {'only ours' if name in ours else 'missing'}"
            continue
        a, b = np.asarray(theirs[name]), np.asarray(ours[name])
        if a.shape != b.shape or (kind != "objects" and a.dtype != b.dtype):
            yield f"{kind} {name}: {a.dtype} {a.shape}, ours {b.dtype} {b.shape}"
        else:
            wrong = (a != b) if kind == "objects" or a.dtype.kind != "f" else ~close(a.astype(float), b.astype(float))
            if wrong.any():
                yield f"{kind} {name}: {wrong.sum()} of {a.size} pixels differ"


def measurements(theirs, ours, same_place):
    for key in sorted(set(theirs) | set(ours)):
        if theirs.get(key, 0) is None and ours.get(key) is None:
            continue
        if key not in theirs or key not in ours:
            yield f"{key}: {'only ours' if key in ours else 'missing'}"
            continue
        a, b = theirs[key], ours[key]
        if isinstance(a, (str, bytes)):
            if same_place(a) != same_place(b):
                yield f"{key}: {a!r}, ours {b!r}"
            continue
        a, b = np.ravel(a), b if isinstance(b, list) else [b]
        whole = all(isinstance(v, int) for v in b)
        if len(a) != len(b):
            yield f"{key}: {len(a)} values, ours {len(b)}"
        elif len(a) and whole != (a.dtype.kind in "iub"):
            yield f"{key}: {a.dtype}, ours {'whole' if whole else 'float'}"
        else:
            b = np.array(b, float)
            wrong = ~close(a.astype(float), b)
            if wrong.any():
                yield f"{key}: {wrong.sum()} of {len(a)} differ, as {a[wrong][0]!r}, ours {b[wrong][0]!r}"


def files(folder):
    found = {}
    for place, _, names in os.walk(folder):
        for name in names:
            path = os.path.join(place, name)
            if name.endswith((".tif", ".tiff")):
                array = tifffile.imread(path)
            elif name.endswith(".csv"):
                with open(path) as lines:
                    # The header is written before the run.
                    array = np.array([line for line in lines if not line.startswith("image_number")], object)
            elif name.endswith(".npy"):
                array = np.load(path)
            else:
                array = np.asarray(PIL.Image.open(path))
            found[os.path.relpath(path, folder)] = array
    return found


def compare_one(arguments, seed, counts):
    make = random_call.overlapping if arguments.overlapping else random_call.image_set
    make = random_call.volume if arguments.volume else make
    image_sets = [make(seed, place) for place in range(arguments.image_sets)]
    choose = random.Random(seed)
    depth = random_call.DEPTH if arguments.volume else None
    module, changed = random_call.random_module(arguments.module, choose, arguments.image, depth)
    text = random_call.pipeline_text(module)
    with tempfile.TemporaryDirectory() as folder:
        saved = os.path.join(folder, "theirs", "saved")
        os.makedirs(saved)
        cellprofiler_core.preferences.set_default_output_directory(saved)
        try:
            with contextlib.redirect_stdout(io.StringIO()):
                theirs, refused = cellprofiler_call.call(text, image_sets), None
        except Exception as error:
            theirs, refused = None, f"{type(error).__name__}: {error}"
        status, ours = cpb_call.call(arguments.cpb, folder, text, image_sets)
        if status == 3 or status == 1 and theirs is None:
            counts["not native" if status == 3 else "both refuse"] += 1
            if arguments.why:
                print(f"seed {seed}: CellProfiler: {refused or 'runs'}; ours: {ours}")
            return
        if status or theirs is None:
            differences = [f"CellProfiler: {refused or 'runs'}; ours: {ours if status else 'runs'}"]
        else:
            same_place = lambda path: path.replace(folder + "/theirs", folder)
            differences = list(arrays("file", files(saved), files(os.path.join(folder, "saved"))))
            for a, b in zip(theirs, ours):
                for kind in ("images", "objects"):
                    differences += arrays(kind, a[kind], b[kind])
                differences += measurements(a["measured"], b["measured"], same_place)
                if a["relationships"] != b["relationships"]:
                    differences.append(f"relationships: {a['relationships']}, ours {b['relationships']}")
        counts["differ" if differences else "equal"] += 1
        if differences:
            print(f"seed {seed}, changed: {', '.join(changed)}")
            print("".join(f"    {line}\n" for line in differences[:8]), end="")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("cpb")
    parser.add_argument("module")
    parser.add_argument("--count", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--image-sets", type=int, default=1)
    parser.add_argument("--image", choices=["DNA", "RNA", "Colour", "Binary"])
    parser.add_argument("--volume", action="store_true")
    parser.add_argument("--overlapping", action="store_true", help="objects that lie over each other")
    parser.add_argument("--why", action="store_true", help="say why calls are refused or not native")
    arguments = parser.parse_args()
    counts = {"equal": 0, "both refuse": 0, "not native": 0, "differ": 0}
    for seed in range(arguments.seed, arguments.seed + arguments.count):
        compare_one(arguments, seed, counts)
    print(arguments.module + ": " + ", ".join(f"{n} {what}" for what, n in counts.items() if n))
    sys.exit(1 if counts["differ"] else 0)


if __name__ == "__main__":
    main()
