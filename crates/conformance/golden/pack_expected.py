"""pack_expected.py CASE DUMP: makes what CellProfiler wrote in CASE/expected independent of this machine.

Absolute paths in tables become {CASE}, the folder above it {CASES}; the label matrices in DUMP become CASE/expected/labels.npz, one array
setNNNN_mMMM_obj_NAME (int32, H×W, N×H×W where objects overlap) an object set.
"""
import glob
import os
import sys

import numpy as np

case, dump = os.path.realpath(sys.argv[1]), sys.argv[2]
for folder, _, files in os.walk(os.path.join(case, "expected")):
    for name in files:
        if name.endswith((".csv", ".tsv", ".txt", ".gct")):
            path = os.path.join(folder, name)
            with open(path, newline="", encoding="utf-8") as f:
                text = f.read()
            with open(path, "w", newline="", encoding="utf-8") as f:
                f.write(text.replace(case, "{CASE}").replace(os.path.dirname(case), "{CASES}"))

labels = {}
for path in sorted(glob.glob(os.path.join(dump, "*_obj_*.npz"))):
    key = os.path.basename(path)[: -len(".npz")]
    with np.load(path) as archive:
        labels[key] = archive["labels"].astype(np.int32)
if labels:
    np.savez_compressed(os.path.join(case, "expected", "labels.npz"), **labels)
