"""Runs whole pipelines with random settings in the real CellProfiler and in `cpb run`, and compares what they write.

usage: compare_runs.py CPB folders|tables|exports [--count N] [--seed S] [--keep FOLDER]

    folders   Images, Metadata, NamesAndTypes and Groups on random folders of images
    tables    LoadData on random tables
    exports   ExportToSpreadsheet and ExportToDatabase of one small analysis

The files must be the same: tables and databases with the same columns and rows in the same order, floats within
1e-6 + 1e-5·|x|; other files line by line. Where CellProfiler makes no image set or fails, cpb must fail. Run it with a
Python that has CellProfiler 4.2.8.
"""

import argparse
import collections
import csv
import logging
import os
import random
import re
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import warnings

# The Java that the compiler on the path belongs to, as CellProfiler is run elsewhere.
os.environ.setdefault("JAVA_HOME", os.path.dirname(os.path.dirname(os.path.realpath(shutil.which("javac") or "/usr/bin/javac"))))

# MySQLdb, whose escapes ExportToDatabase uses for every kind of database.
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../golden/python"))

import cellprofiler_core.preferences as preferences

preferences.set_headless()
logging.disable(logging.CRITICAL)
warnings.simplefilter("ignore")

import cellprofiler.modules  # noqa: F401
import cellprofiler_core.modules  # noqa: F401
from cellprofiler_core.constants.measurement import EXPERIMENT
from cellprofiler_core.pipeline import Pipeline
from cellprofiler_core.utilities.java import start_java, stop_java

import random_exports
import random_inputs


def cellprofiler(text, images, table, out, first, last, group):
    """Runs the pipeline as CellProfiler's command line does; returns why it failed, if it did."""
    preferences.set_data_file(table)
    preferences.set_default_image_directory(images)
    preferences.set_default_output_directory(out)
    pipeline = Pipeline()
    said = []
    pipeline.add_listener(lambda _, event: said.append(str(getattr(event, "error", ""))))
    try:
        pipeline.load(text)
        walked = [] if table else [os.path.join(place, name) for place, _, names in os.walk(images) for name in names]
        pipeline.add_pathnames_to_file_list(walked)
        measurements = pipeline.run(image_set_start=first or 1, image_set_end=last, grouping=group)
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    if measurements is None:
        return "no measurements " + " ".join(filter(None, said))
    status = measurements.get_experiment_measurement("Exit_Status") if measurements.has_feature(EXPERIMENT, "Exit_Status") else "none"
    numbers = measurements.get_image_numbers()
    count = len(numbers)
    errors = [f for f in measurements.get_feature_names("Image") if f.startswith("ModuleError")] if count else []
    failed = any(measurements.get_measurement("Image", f, n) for f in errors for n in numbers)
    measurements.close()
    if status != "Complete" or not count or failed:
        return f"{status}, {count} image sets, {' '.join(filter(None, said))}"
    return None


def lines_of(path):
    with open(path, encoding="utf-8", newline="") as file:
        first = file.readline()
        file.seek(0)
        return list(csv.reader(file, delimiter=max(",\t;", key=first.count)))


def tables_of(path):
    """Returns the tables and views of a database, each with a line of its columns and types before its rows."""
    database = sqlite3.connect(path)
    names = [name for name, in database.execute("select name from sqlite_master where type in ('table', 'view') order by name")]
    tables = {}
    for name in names:
        columns = [" ".join(map(str, column[1:3])) for column in database.execute(f'pragma table_info("{name}")')]
        tables[name] = [columns] + [[str(v) for v in row] for row in database.execute(f'select * from "{name}"')]
    database.close()
    return tables


def is_close(a, b):
    if a == b:
        return True
    try:
        a, b = float(a), float(b)
    except ValueError:
        return False
    return abs(a - b) <= 1e-6 + 1e-5 * abs(a) or (a != a and b != b)


def compare_tables(name, a, b):
    skip = lambda head: re.search("ExecutionTime_|Image_Ex[a-z]*T[a-z]*_|ImageSet_ImageSet", head)
    columns = lambda rows: [head for head in rows[0] if not skip(head)]
    if columns(a) != columns(b):
        missing, more = set(columns(a)) - set(columns(b)), set(columns(b)) - set(columns(a))
        yield f"{name}: columns missing {sorted(missing)}, only ours {sorted(more)}" + ("" if missing or more else ": another order")
    if len(a) != len(b):
        yield f"{name}: {len(a) - 1} rows, ours {len(b) - 1}"
        return
    for head in sorted(set(columns(a)) & set(columns(b))):
        x, y = a[0].index(head), b[0].index(head)
        wrong = [(r[x], s[y]) for r, s in zip(a[1:], b[1:]) if not is_close(r[x], s[y])]
        if wrong:
            yield f"{name} {head}: {len(wrong)} of {len(a) - 1} differ, as {wrong[0][0]!r}, ours {wrong[0][1]!r}"


def compare(theirs, ours):
    names = lambda folder: {os.path.relpath(os.path.join(place, name), folder) for place, _, files in os.walk(folder) for name in files}
    for name in sorted(names(theirs) ^ names(ours)):
        yield f"{name}: {'missing' if name in names(theirs) else 'only ours'}"
    for name in sorted(names(theirs) & names(ours)):
        a, b = os.path.join(theirs, name), os.path.join(ours, name)
        # What a run says of itself, and images, are other tests' work.
        if "Experiment" in name or name.endswith((".png", ".tif")):
            continue
        if name.endswith(".db"):
            a, b = tables_of(a), tables_of(b)
            for table in sorted(set(a) ^ set(b)):
                yield f"{name} {table}: {'missing' if table in a else 'only ours'}"
            for table in sorted(table for table in set(a) & set(b) if "Experiment" not in table):
                yield from compare_tables(f"{name} {table}", at_out(a[table], theirs), at_out(b[table], ours))
        elif name.endswith((".csv", ".txt", ".gct")):
            a, b = at_out(lines_of(a), theirs), at_out(lines_of(b), ours)
            if "Relationship" in a[0]:
                # docs/PARITY.md: the order is that of a dictionary.
                a[1:], b[1:] = sorted(a[1:]), sorted(b[1:])
            yield from compare_tables(name, a, b)
        else:
            text = lambda path, own: [line.replace(own, "OUT") for line in open(path, encoding="utf-8")]
            for number, (x, y) in enumerate(zip(text(a, theirs), text(b, ours)), 1):
                if x != y and not x.startswith("#"):
                    yield f"{name} line {number}: {x[:80]!r}, ours {y[:80]!r}"


def at_out(rows, folder):
    """Says OUT where the fields of a table name the folder of results."""
    return [[field.replace(folder, "OUT") for field in row] for row in rows]


def compare_one(cpb, what, seed, folder, counts):
    choose = random.Random(seed)
    images, theirs, ours = (os.path.join(folder, name) for name in ("images", "theirs", "ours"))
    os.makedirs(images)
    os.makedirs(theirs)
    table = first = last = group = None
    if what == "tables":
        text, table, first, last, group = random_inputs.load_data(images, choose)
    elif what == "folders":
        text, first, last, group = random_inputs.call(images, choose)
    else:
        images, text = os.path.join(random_exports.GOLDEN, "images"), random_exports.call(choose)
    pipeline = os.path.join(folder, "pipeline.cppipe")
    with open(pipeline, "w", encoding="utf-8") as file:
        file.write(text)
    refused = cellprofiler(pipeline, images, table, theirs, first, last, group)
    command = [cpb, "run", "-p", pipeline, "-i", images, "-o", ours, "-j", "1"]
    command += ["--data-file", table] if table else []
    command += ["-f", str(first)] if first else []
    command += ["-l", str(last)] if last else []
    command += ["-g", ",".join(f"{key}={value}" for key, value in group.items())] if group else []
    ended = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    said = ended.stderr.decode().strip().splitlines()
    if refused or ended.returncode:
        agree = bool(refused) and ended.returncode != 0
        counts["both refuse" if agree else "differ"] += 1
        print(f"seed {seed}{'' if agree else ' DIFFERS'}: CellProfiler: {refused or 'runs'}; ours: {ended.returncode} {said[-1:]}")
        return agree
    differences = list(compare(theirs, ours))
    counts["differ" if differences else "equal"] += 1
    if differences:
        print(f"seed {seed}:")
        print("".join(f"    {line}\n" for line in differences[:8]), end="")
    return not differences


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("cpb")
    parser.add_argument("what", choices=["folders", "tables", "exports"])
    parser.add_argument("--count", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--keep", help="where the folders of calls that differ stay")
    arguments = parser.parse_args()
    start_java()
    counts = collections.Counter()
    try:
        for seed in range(arguments.seed, arguments.seed + arguments.count):
            with tempfile.TemporaryDirectory() as folder:
                if not compare_one(arguments.cpb, arguments.what, seed, folder, counts) and arguments.keep:
                    shutil.copytree(folder, os.path.join(arguments.keep, str(seed)))
    finally:
        # Its threads would keep the program alive.
        stop_java()
    print(arguments.what + ": " + ", ".join(f"{n} {what}" for what, n in counts.items()))
    sys.exit(1 if counts["differ"] else 0)


if __name__ == "__main__":
    main()
