"""Reads results of cpb with the ecosystem's readers, and compares what they read with the CSV files.

usage: check.py RESULTS WORK    RESULTS: CSV, Parquet and SQLite files of one run with Cells, Cytoplasm and Nuclei
"""
import importlib
import pathlib
import shutil
import sqlite3
import subprocess
import sys
import warnings

import duckdb
import numpy as np
import pandas as pd
import pyarrow.parquet as pq

warnings.filterwarnings("ignore")
OBJECTS = ["Cells", "Cytoplasm", "Nuclei"]


def csv(results, name):
    return pd.read_csv(results / f"{name}.csv", float_precision="round_trip")


def same(ours, expected):
    """Whether two columns hold the same, bit by bit; what is missing is NaN or an empty field."""
    if pd.api.types.is_numeric_dtype(expected) and pd.api.types.is_numeric_dtype(ours):
        return np.array_equal(ours.to_numpy(float), expected.to_numpy(float), equal_nan=True)
    return list(ours.fillna("").astype(str)) == list(expected.fillna("").astype(str))


def compare(what, ours, expected):
    assert len(ours) == len(expected), f"{what}: {len(ours)} rows, {len(expected)} expected"
    missing = [c for c in expected.columns if c not in ours.columns]
    assert not missing, f"{what}: no columns {missing}"
    off = [c for c in expected.columns if not same(ours[c], expected[c])]
    assert not off, f"{what}: other values in {off}"
    print(f"{what}: {len(expected)} rows, {len(expected.columns)} columns equal")


def parquet(results):
    for name in ["Image", *OBJECTS]:
        path = results / f"{name}.parquet"
        facts = pq.read_metadata(path).metadata
        assert facts[b"cellprofiler.pipeline"].startswith(b"CellProfiler Pipeline:"), facts
        assert facts[b"cpb.engine"].split()[0] in (b"native", b"cellprofiler"), facts
        compare(f"Parquet, {name}", pd.read_parquet(path), csv(results, name))


def cytotable(results, work):
    from cytotable import convert
    from parsl.config import Config
    from parsl.executors import ThreadPoolExecutor

    for name in ["sqlite_scanner", "httpfs"]:
        package = pathlib.Path(importlib.import_module(f"duckdb_extension_{name}").__file__).parent
        [extension] = package.rglob("*.duckdb_extension")
        duckdb.connect().execute(f"INSTALL '{extension}'")
    source = tables(results, work / "cytotable")
    made = convert(
        source_path=str(source),
        dest_path=str(work / "cytotable.parquet"),
        dest_datatype="parquet",
        preset="cellprofiler_csv",
        parsl_config=Config(executors=[ThreadPoolExecutor()]),
    )
    table = pd.read_parquet(made)
    cells = csv(results, "Cytoplasm")
    assert len(table) == len(cells), f"CytoTable: {len(table)} cells, {len(cells)} expected"
    area = "Cytoplasm_AreaShape_Area"
    assert sorted(table[area]) == sorted(cells["AreaShape_Area"])
    print(f"CytoTable, cellprofiler_csv: {len(table)} cells, {len(table.columns)} columns")


def pycytominer(results):
    from pycytominer.cyto_utils.cells import SingleCells

    cells = SingleCells(
        sql_file=f"sqlite:///{results}/measurements.sqlite",
        strata=["Metadata_Site"],
        image_cols=["TableNumber", "ImageNumber", "Metadata_Site"],
    )
    merged = cells.merge_single_cells()
    expected = csv(results, "Cytoplasm")
    assert len(merged) == len(expected), f"pycytominer: {len(merged)} cells, {len(expected)} expected"
    profiles = cells.aggregate_profiles()
    assert len(profiles) == expected["ImageNumber"].nunique()
    median = csv(results, "Nuclei").groupby("ImageNumber")["AreaShape_Area"].median()
    assert sorted(profiles["Nuclei_AreaShape_Area"]) == sorted(median)
    print(f"pycytominer, SingleCells: {len(merged)} cells, {len(merged.columns)} columns, {len(profiles)} profiles")


def cytominer_database(results, work):
    source = tables(results, work / "database/site").parent
    made = work / "database.sqlite"
    ingest = pathlib.Path(sys.executable).with_name("cytominer-database")
    command = [ingest, "ingest", source, f"sqlite:///{made}", "--no-munge"]
    subprocess.run(command, check=True, capture_output=True)
    theirs, ours = sqlite3.connect(made), sqlite3.connect(results / "measurements.sqlite")
    for name in ["Image", *OBJECTS]:
        read = [pd.read_sql(f"select * from {name}", connection) for connection in (ours, theirs)]
        assert set(read[0].columns) == set(read[1].columns), set(read[0].columns) ^ set(read[1].columns)
        number = read[0]["TableNumber"]
        assert number.nunique() == 1 and number.dtype.kind == "i"
        # Its own number, and its reader of CSV files, which does not round the last digit as they do.
        without = [table.drop(columns="TableNumber") for table in read]
        for column in without[1].select_dtypes("number"):
            close = np.allclose(without[0][column].astype(float), without[1][column], rtol=1e-12, equal_nan=True)
            assert close, f"cytominer-database, {name}: {column}"
        print(f"cytominer-database, {name}: {len(read[0])} rows, {len(read[0].columns)} columns, the same shape and numbers")


def tables(results, folder):
    """Puts the CSV files of the three object sets in a folder of their own."""
    folder.mkdir(parents=True)
    for name in ["Image", *OBJECTS]:
        shutil.copy(results / f"{name}.csv", folder)
    return folder


if __name__ == "__main__":
    results, work = map(pathlib.Path, sys.argv[1:])
    parquet(results)
    cytotable(results, work)
    pycytominer(results)
    cytominer_database(results, work)
