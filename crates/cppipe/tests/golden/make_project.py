"""Makes project.cpproj and project_escaped.cpproj, the way CellProfiler stores a pipeline.

Run with a Python that has CellProfiler 4.2.8: CellProfiler's own code writes the files.
project_escaped.cpproj holds the text escaped once more, as CellProfiler 3 stored it.
"""

import os

import cellprofiler_core.measurement
import cellprofiler_core.preferences

cellprofiler_core.preferences.set_headless()
here = os.path.dirname(os.path.abspath(__file__))
text = open(os.path.join(here, "project.cppipe")).read()
for name, value in [
    ("project.cpproj", text),
    ("project_escaped.cpproj", text.encode("unicode_escape").decode("ascii")),
]:
    path = os.path.join(here, name)
    measurements = cellprofiler_core.measurement.Measurements(filename=path, mode="w")
    measurements.add_experiment_measurement("Pipeline_Pipeline", value)
    measurements.close()
