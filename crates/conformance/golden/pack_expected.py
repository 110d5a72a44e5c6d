"""pack_expected.py CASE DUMP: makes what CellProfiler wrote in CASE/expected independent of this machine.

Absolute paths in tables become {CASE}, the folder above it {CASES}; the label matrices in DUMP become CASE/expected/labels.npz, one array
setNNNN_mMMM_obj_NAME (int32, H×W, N×H×W where objects overlap) an object set.
"""
import csv
import glob
import os
import sqlite3
import sys

import numpy as np

case, dump = os.path.realpath(sys.argv[1]), sys.argv[2]
output = os.path.join(case, "expected")
place_free = lambda text: text.replace(output, "{OUTPUT}").replace(case, "{CASE}").replace(os.path.dirname(case), "{CASES}")

for folder, _, files in os.walk(os.path.join(case, "expected")):
    for name in files:
        if name.endswith((".csv", ".tsv", ".txt", ".gct", ".properties")):
            path = os.path.join(folder, name)
            with open(path, newline="", encoding="utf-8") as f:
                text = f.read()
            with open(path, "w", newline="", encoding="utf-8") as f:
                f.write(place_free(text) if name.endswith(".properties") else text.replace(case, "{CASE}").replace(os.path.dirname(case), "{CASES}"))

for path in glob.glob(os.path.join(case, "expected", "*.db")):
    # A folder in its place: each table as text, rows by their first columns.
    connection = sqlite3.connect(path)
    entries = connection.execute("SELECT type, name, sql FROM sqlite_master WHERE name NOT LIKE 'sqlite_%' ORDER BY name").fetchall()
    os.rename(path, path + ".file")
    os.mkdir(path)
    with open(os.path.join(path, "schema.sql"), "w") as f:
        f.writelines(f"{sql};\n" for _, _, sql in entries if sql)
    for name in [name for kind, name, _ in entries if kind in ("table", "view") and not name.endswith("Per_Experiment")]:
        rows = connection.execute(f"SELECT * FROM {name} ORDER BY 1, 2, 3" if name != "Experiment" else "SELECT * FROM Experiment")
        with open(os.path.join(path, name + ".csv"), "w", newline="") as f:
            writer = csv.writer(f)
            writer.writerow([column[0] for column in rows.description])
            for row in rows:
                writer.writerow([place_free(value) if isinstance(value, str) else value for value in row])
    connection.close()
    os.remove(path + ".file")

labels = {}
for path in sorted(glob.glob(os.path.join(dump, "*_obj_*.npz"))):
    key = os.path.basename(path)[: -len(".npz")]
    with np.load(path) as archive:
        labels[key] = archive["labels"].astype(np.int32)
if labels:
    np.savez_compressed(os.path.join(case, "expected", "labels.npz"), **labels)
