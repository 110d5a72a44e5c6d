"""Writes export_to_spreadsheet.json: measurements of three image sets and what CellProfiler 4.2.8's ExportToSpreadsheet
makes of them with different settings. Run with the Python of a CellProfiler 4.2.8 installation."""
import json
import os
import tempfile

import numpy
from cellprofiler.modules.exporttospreadsheet import ExportToSpreadsheet
from cellprofiler_core.measurement import Measurements
from cellprofiler_core.preferences import set_default_image_directory, set_default_output_directory, set_headless

set_headless()
NAN, INF = float("nan"), float("inf")
# What each column is, and its value in image sets 1, 2 and 3; None is not measured. The third image set failed.
IMAGE = {
    "Metadata_Plate": ("text", ["P1", "P1", "P2"]),
    "Metadata_Well": ("text", ["A01", "A02", "A,01"]),
    "FileName_DNA": ("text", ["a.tif", 'b "2".tif', "c.tif"]),
    "PathName_DNA": ("text", ["/images", "/images", "/images"]),
    "URL_DNA": ("text", ["file:/images/a.tif", "file:/images/b.tif", "file:/images/c.tif"]),
    "Group_Number": ("integer", [1, 1, 1]),
    "Group_Index": ("integer", [1, 2, 3]),
    "Count_Nuclei": ("float", [3.0, 2.0, None]),
    "Count_Cells": ("float", [2.0, 0.0, None]),
    "Frame_DNA": ("integer", [0, 0, 0]),
    "Threshold_FinalThreshold_Nuclei": ("float", [0.12345678901234566, NAN, None]),
    "Threshold_WeightedVariance_Nuclei": ("float", [INF, 1e-07, None]),
    "ModuleError_01Images": ("integer", [0, 0, 0]),
    "ExecutionTime_01Images": ("float", [0.5, 0.25, 0.125]),
    "Thumbnail_DNA": ("text", ["x", "y", "z"]),
}
OBJECTS = {
    "Nuclei": {
        "Number_Object_Number": ("integer", [[1, 2, 3], [1, 2], None]),
        "Parent_Cells": ("integer", [[1, 2, 0], [0, 0], None]),
        "AreaShape_Area": ("float", [[10.0, 20.0, 40.0], [7.0, 9.5], None]),
        "Intensity_MeanIntensity_DNA": ("float", [[0.1, NAN, 0.30000000000000004], [INF, 1e-05], None]),
    },
    "Cells": {
        "Number_Object_Number": ("integer", [[1, 2], [], None]),
        "Children_Nuclei_Count": ("integer", [[1, 1], [], None]),
        "AreaShape_FormFactor": ("float", [[1e16, 123456789.0], [], None]),
        "Never_Measured": ("float", [None, None, None]),
    },
}
RELATIONSHIPS = [(3, "Parent", "Cells", "Nuclei", [[1, 1, 1, 1], [1, 2, 1, 2]], [], [])]
MODULES = ["Images", "Metadata", "RelateObjects"]


def settings(tables, **other):
    s = {
        "delimiter": 'Comma (",")', "metadata": "No", "files": "No", "pick": "No", "mean": "No", "median": "No",
        "sd": "No", "folder": "Default Output Folder|", "gct": "No", "gct_name": "Metadata", "gct_image": "None",
        "gct_feature": "None", "all": "No", "columns": "None|None", "nan": "NaN", "wants_prefix": "No",
        "prefix": "MyExpt_", "overwrite": "Yes",
    }  # fmt: skip
    s.update(other)
    return list(s.values()) + [answer for t in tables for answer in t]


def table(name, combine="No", file_name="DATA.csv", automatic="Yes"):
    return [name, combine, file_name, automatic]


EVERY = [table("Image"), table("Experiment"), table("Object relationships"), table("Nuclei"), table("Cells")]
VARIANTS = {
    "all": settings([table("Do not use")], all="Yes"),
    "list": settings(EVERY),
    "tab": settings([table("Image"), table("Nuclei")], delimiter="Tab"),
    "semicolon": settings([table("Image"), table("Nuclei")], delimiter=";"),
    "aggregates": settings([table("Image")], mean="Yes", median="Yes", sd="Yes"),
    "nulls": settings([table("Image"), table("Nuclei"), table("Cells")], nan="Null", mean="Yes"),
    "metadata_columns": settings([table("Nuclei"), table("Cells")], metadata="Yes", files="Yes"),
    "combined": settings([table("Nuclei"), table("Cells", "Yes")], metadata="Yes"),
    "combined_after_image": settings([table("Image"), table("Cells", "Yes"), table("Nuclei", "Yes")], nan="Null"),
    "prefix": settings([table("Image")], wants_prefix="Yes", prefix="Run1_"),
    "named_by_metadata": settings(
        [table("Image", file_name="\\g<Plate>_Image.csv", automatic="No"),
         table("Nuclei", file_name="\\g<Plate>/\\g<Well>.csv", automatic="No")]
    ),
    "folder_by_metadata": settings([table("Do not use")], all="Yes", folder="Default Output Folder sub-folder|x/\\g<Plate>"),
    "selected": settings(
        [table("Image"), table("Nuclei"), table("Cells")], pick="Yes", mean="Yes", metadata="Yes",
        columns="Image|Count_Nuclei,Image|Metadata_Well,Nuclei|AreaShape_Area,Nuclei|Parent_Cells,None|None",
    ),
    "gct": settings([table("Image")], gct="Yes", gct_feature="Metadata_Well", mean="Yes"),
    "gct_by_file": settings([table("Image", file_name="My.csv", automatic="No")], gct="Yes", gct_name="Image filename", gct_image="DNA"),
    "gct_without_name": settings([table("Image")], gct="Yes", gct_feature="Metadata_Dose", delimiter="Tab"),
}  # fmt: skip


class Pipeline:
    """As much of a pipeline as the module asks for."""

    test_mode = False

    def modules(self):
        names = enumerate(MODULES, 1)
        return [type("M", (), {"module_num": n, "module_name": name}) for n, name in names]

    def get_measurement_columns(self):
        kinds = {"text": "varchar(255)", "integer": "integer", "float": "float"}
        tables = [("Image", IMAGE)] + list(OBJECTS.items())
        return [(o, f, kinds[kind]) for o, features in tables for f, (kind, _) in features.items()]


class Workspace:
    """As much of a workspace as the module asks for."""

    pipeline = Pipeline()

    def __init__(self, measurements):
        self.measurements = measurements
        self.display_data = type("D", (), {})


def measurements():
    m = Measurements()
    m.add_experiment_measurement("Pipeline_Pipeline", "the pipeline")
    for number in (1, 2, 3):
        for feature, (_, values) in IMAGE.items():
            if values[number - 1] is not None:
                m.add_measurement("Image", feature, values[number - 1], image_set_number=number)
        for name, features in OBJECTS.items():
            for feature, (kind, values) in features.items():
                if values[number - 1] is not None:
                    data = numpy.array(values[number - 1], int if kind == "integer" else float)
                    m.add_measurement(name, feature, data, image_set_number=number)
    for module, relationship, first, second, *sets in RELATIONSHIPS:
        for pairs in sets:
            if pairs:
                m.add_relate_measurement(module, relationship, first, second, *(numpy.array(c) for c in zip(*pairs)))
    return m


def expected(values):
    module = ExportToSpreadsheet()
    module.set_settings_from_values(values, 13, "ExportToSpreadsheet")
    with tempfile.TemporaryDirectory() as folder:
        set_default_output_directory(folder)
        set_default_image_directory(folder)
        module.post_run(Workspace(measurements()))
        files = {}
        for path, _, names in os.walk(folder):
            for name in names:
                with open(os.path.join(path, name), newline="") as file:
                    files[os.path.relpath(os.path.join(path, name), folder)] = file.read()
        return {name: "" if name.endswith("Experiment.csv") else text for name, text in sorted(files.items())}


def plain(value):
    """JSON has no NaN: it and infinity are texts in a list of their own."""
    if isinstance(value, list):
        return [plain(v) for v in value]
    return {"float": str(value)} if isinstance(value, float) and not numpy.isfinite(value) else value


def columns(features):
    return {name: [kind, plain(values)] for name, (kind, values) in features.items()}


golden = {
    "image": columns(IMAGE),
    "objects": {name: columns(features) for name, features in OBJECTS.items()},
    "relationships": RELATIONSHIPS,
    "modules": MODULES,
    "variants": {name: {"settings": values, "files": expected(values)} for name, values in VARIANTS.items()},
}
with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "export_to_spreadsheet.json"), "w") as out:
    json.dump(golden, out, indent=1)
    out.write("\n")
