"""A pipeline that finds objects in the images of the golden cases, and exports them with random settings."""

import os
import re

GOLDEN = os.path.normpath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "../golden"))
OBJECTS = ["Nuclei", "Cells"]
YES_NO = ["Yes", "No"]
METADATA = ["None", "Plate", "Site"]

# What may be answered to the questions of each module; a question that comes again is answered anew.
ANSWERS = {
    "ExportToDatabase": {
        "Add a prefix to table names?": YES_NO,
        "Table prefix": ["MyExpt_", "A_"],
        "Create a CellProfiler Analyst properties file?": YES_NO,
        "Calculate the per-image mean values of object measurements?": YES_NO,
        "Calculate the per-image median values of object measurements?": YES_NO,
        "Calculate the per-image standard deviation values of object measurements?": YES_NO,
        "Calculate the per-well mean values of object measurements?": YES_NO,
        "Calculate the per-well median values of object measurements?": YES_NO,
        "Calculate the per-well standard deviation values of object measurements?": YES_NO,
        "Export measurements for all objects to the database?": ["All", "All", "Select...", "None"],
        "Select the objects": ["Nuclei", "Nuclei,Cells", "Cells"],
        "Maximum # of characters in a column name": ["64", "64", "40", "25", "15"],
        "Create one table per object, a single object table or a single object view?": ["One table per object type", "Single object table", "Single object view"],
        "Enter an image url prepend if you plan to access your files via http": ["", "http://x/"],
        "Write image thumbnails directly to the database?": ["No"],
        "Auto-scale thumbnail pixel intensities?": YES_NO,
        "Select the plate type": ["None", "96", "384", "5600"],
        "Select the plate metadata": METADATA,
        "Select the well metadata": METADATA,
        "Include information for all images, using default values?": YES_NO,
        "Experiment name": ["MyExpt", "Expt 2"],
        "Which objects should be used for locations?": ["None", "Nuclei", "Cells"],
        "Enter a phenotype class table name if using the Classifier tool in CellProfiler Analyst": ["", "classes"],
        "Export object relationships?": YES_NO,
        "Overwrite without warning?": ["Never", "Data only", "Data and schema"],
        "Access CellProfiler Analyst images via URL?": YES_NO,
        "Select the classification type": ["Object", "Image"],
        "Select an image to include": ["DNA", "Cell"],
        "Use the image name for the display?": YES_NO,
        "Image name": ["Channel1", "a b"],
        "Channel color": ["red", "gray", "none"],
        "Do you want to add group fields?": YES_NO,
        "Enter the name of the group": ["Well", "g 1"],
        "Do you want to add filter fields?": YES_NO,
        "Automatically create a filter for each plate?": YES_NO,
        "Create a CellProfiler Analyst workspace file?": YES_NO,
        "Select the measurement display tool": ["ScatterPlot", "Histogram", "PlateViewer", "DensityPlot", "BoxPlot"],
    },
    "ExportToSpreadsheet": {
        "Select the column delimiter": ['Comma (",")', "Tab", ";"],
        "Add image metadata columns to your object data file?": YES_NO,
        "Add image file and folder names to your object data file?": YES_NO,
        "Select the measurements to export": ["No", "No", "Yes"],
        "Calculate the per-image mean values for object measurements?": YES_NO,
        "Calculate the per-image median values for object measurements?": YES_NO,
        "Calculate the per-image standard deviation values for object measurements?": YES_NO,
        "Output file location": ["Default Output Folder|", "Default Output Folder sub-folder|tables", r"Default Output Folder sub-folder|\\g<Plate>"],
        "Create a GenePattern GCT file?": ["No", "No", "Yes"],
        "Select source of sample row name": ["Metadata", "Image filename"],
        "Select the image to use as the identifier": ["DNA", "Cell"],
        "Select the metadata to use as the identifier": ["Plate", "Site"],
        "Export all measurement types?": YES_NO,
        "Press button to select measurements": [
            "None|None", "Image|Count_Nuclei,Image|Metadata_Plate,Nuclei|AreaShape_Area,Nuclei|Location_Center_X",
            "Nuclei|Location_Center_X,Nuclei|Location_Center_Y,Cells|Number_Object_Number,Image|FileName_DNA",
        ],
        "Representation of Nan/Inf": ["NaN", "Null"],
        "Add a prefix to file names?": YES_NO,
        "Filename prefix": ["MyExpt_", "a b "],
        "Data to export": ["Image", "Nuclei", "Cells", "Object relationships"],
        "Combine these object measurements with those of the previous object?": YES_NO,
        "File name": ["DATA.csv", "My data.csv", r"\\g<Plate>.csv"],
        "Use the object name for the file name?": YES_NO,
    },
}


def blocks(case):
    """Returns the head of a golden pipeline, and its modules."""
    with open(os.path.join(GOLDEN, case, "pipeline.cppipe"), encoding="utf-8") as file:
        head, *modules = file.read().strip().split("\n\n")
    return head, modules


def answered(block, choose):
    """Answers the questions of a module anew, most of them."""
    name = block.split(":")[0]
    lines = block.split("\n")
    for place, line in enumerate(lines):
        answers = ANSWERS[name].get(line.strip().split(":")[0])
        if answers and choose.random() < 0.6:
            lines[place] = "    %s:%s" % (line.strip().split(":")[0], choose.choice(answers))
    return "\n".join(lines)


def call(choose):
    """Returns the text of a pipeline that ends with one exporter."""
    head, modules = blocks("database")
    work = [block for block in modules if not block.startswith("Export")]
    exporter = choose.choice(list(ANSWERS))
    case = "database" if exporter == "ExportToDatabase" else "export-and-save"
    exporters = [block for block in blocks(case)[1] if block.startswith(exporter + ":")]
    work.append(answered(choose.choice(exporters), choose))
    number = iter(range(1, len(work) + 1))
    text = "\n\n".join(re.sub(r"module_num:\d+", lambda _: "module_num:%d" % next(number), block, count=1) for block in work)
    return re.sub(r"ModuleCount:\d+", "ModuleCount:%d" % len(work), head) + "\n\n" + text + "\n"
