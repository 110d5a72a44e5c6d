"""make_inputs.py: the golden cases of the input modules, each with its pipeline, case.toml and tiny images, beside this script.

The pipelines only load images and export tables, so that the tables show the order of files, ImageNumber, groups,
metadata and what is noted of files. Needs numpy and tifffile: the Python of the real CellProfiler's environment has
them. Then make.sh makes what CellProfiler makes of them.
"""
import os
import shutil
import sys

import numpy as np
import tifffile

here = os.environ.get("GOLDEN_OUTPUT", os.path.dirname(os.path.abspath(__file__)))
ATTRIBUTES = "svn_version:'Unknown'|variable_revision_number:%d|show_window:False|notes:[]|batch_state:array([], dtype=uint8)|enabled:True|wants_pause:False"
IMAGES_ONLY = 'and (extension does isimage) (directory doesnot containregexp "[\\\\\\\\\\\\\\\\/]\\\\\\\\.")'


def pipeline(modules):
    text = "CellProfiler Pipeline: http://www.cellprofiler.org\nVersion:5\nDateRevision:428\nGitHash:\nModuleCount:%d\nHasImagePlaneDetails:False\n" % len(modules)
    for number, (name, revision, settings) in enumerate(modules, 1):
        text += "\n%s:[module_num:%d|%s]\n" % (name, number, ATTRIBUTES % revision)
        text += "".join("    %s:%s\n" % pair for pair in settings)
    return text


def images(choice="Images only", rule=IMAGES_ONLY):
    return ("Images", 2, [("", ""), ("Filter images?", choice), ("Select the rule criteria", rule)])


def method(way="Extract from file/folder names", source="File name", file="", folder="", filtered="All images",
           rule='and (file does contain "")', place="Elsewhere...|", joins="[]", case="No", table=""):
    return [
        ("Metadata extraction method", way),
        ("Metadata source", source),
        ("Regular expression to extract from file name", file or "^(?P<Plate>.*)_(?P<Well>[A-P][0-9]{2})_s(?P<Site>[0-9])_w(?P<ChannelNumber>[0-9])"),
        ("Regular expression to extract from folder name", folder or "(?P<Date>[0-9]{4}_[0-9]{2}_[0-9]{2})$"),
        ("Extract metadata from", filtered),
        ("Select the filtering criteria", rule),
        ("Metadata file location", place),
        ("Match file and image metadata", joins),
        ("Use case insensitive matching?", case),
        ("Metadata file name", table),
        ("Does cached metadata exist?", "No"),
    ]


def metadata(wanted="No", methods=None, kind="Text", types="{}"):
    methods = [method()] if methods is None else methods
    head = [("Extract metadata?", wanted), ("Metadata data type", kind), ("Metadata types", types),
            ("Extraction method count", str(len(methods)))]
    return ("Metadata", 6, head + sum(methods, []))


def channel(rule, name, role="Grayscale image", range_="Image metadata", manual="255.0", objects="Cell", label="Select the rule criteria"):
    return [
        (label, rule),
        ("Name to assign these images", name),
        ("Name to assign these objects", objects),
        ("Select the image type", role),
        ("Set intensity range from", range_),
        ("Maximum intensity", manual),
    ]


def names(channels, singles=(), match="Order", joins="[]", all_images=None, spacing=None):
    head = [
        ("Assign a name to", "All images" if all_images else "Images matching rules"),
        ("Select the image type", all_images[1] if all_images else "Grayscale image"),
        ("Name to assign these images", all_images[0] if all_images else "DNA"),
        ("Match metadata", joins),
        ("Image set matching method", match),
        ("Set intensity range from", "Image metadata"),
        ("Assignments count", str(len(channels))),
        ("Single images count", str(len(singles))),
        ("Maximum intensity", "255.0"),
        ("Process as 3D?", "Yes" if spacing else "No"),
    ]
    head += [("Relative pixel spacing in " + axis, str(value)) for axis, value in zip("XYZ", spacing or (1.0, 1.0, 1.0))]
    return ("NamesAndTypes", 8, head + sum(channels, []) + sum(singles, []))


def groups(keys=()):
    shown = keys or ("None",)
    return ("Groups", 2, [("Do you want to group your images?", "Yes" if keys else "No"),
                          ("grouping metadata count", str(len(shown)))] + [("Metadata category", k) for k in shown])


def load_data(table, base="None|", keys="", rows=None, rescale="Yes"):
    return ("LoadData", 6, [
        ("Input data file location", "Default Input Folder|"),
        ("Name of the file", table),
        ("Load images based on this data?", "Yes"),
        ("Base image location", base),
        ("Process just a range of rows?", "Yes" if rows else "No"),
        ("Rows to process", rows or "1,100000"),
        ("Group images by metadata?", "Yes" if keys else "No"),
        ("Select metadata tags for grouping", keys),
        ("Rescale intensities?", rescale),
    ])


def export():
    return ("ExportToSpreadsheet", 13, [
        ("Select the column delimiter", 'Comma (",")'),
        ("Add image metadata columns to your object data file?", "No"),
        ("Add image file and folder names to your object data file?", "No"),
        ("Select the measurements to export", "No"),
        ("Calculate the per-image mean values for object measurements?", "No"),
        ("Calculate the per-image median values for object measurements?", "No"),
        ("Calculate the per-image standard deviation values for object measurements?", "No"),
        ("Output file location", "Default Output Folder|"),
        ("Create a GenePattern GCT file?", "No"),
        ("Select source of sample row name", "Metadata"),
        ("Select the image to use as the identifier", "None"),
        ("Select the metadata to use as the identifier", "None"),
        ("Export all measurement types?", "Yes"),
        ("Press button to select measurements", ""),
        ("Representation of Nan/Inf", "NaN"),
        ("Add a prefix to file names?", "No"),
        ("Filename prefix", "MyExpt_"),
        ("Overwrite existing files without warning?", "Yes"),
        ("Data to export", "Do not use"),
        ("Combine these object measurements with those of the previous object?", "No"),
        ("File name", "DATA.csv"),
        ("Use the object name for the file name?", "Yes"),
    ])


def intensity(names_):
    """MeasureImageIntensity shows the pixels that were loaded."""
    return ("MeasureImageIntensity", 4, [
        ("Select images to measure", ", ".join(names_)),
        ("Measure the intensity only from areas enclosed by objects?", "No"),
        ("Select input object sets", ""),
        ("Calculate custom percentiles", "No"),
        ("Specify percentiles to measure", "10,90"),
    ])


def size_shape(name):
    """MeasureObjectSizeShape shows the objects that were loaded, and how far apart their planes are."""
    return ("MeasureObjectSizeShape", 3, [
        ("Select object sets to measure", name), ("Calculate the Zernike features?", "No"), ("Calculate the advanced features?", "No"),
    ])


class Case:
    def __init__(self, name, modules, data_file=None, arguments=None):
        self.folder = os.path.join(here, name)
        shutil.rmtree(self.folder, ignore_errors=True)
        os.makedirs(self.folder)
        self.seed = 0
        self.text("pipeline.cppipe", pipeline(modules + [export()]))
        toml = 'pipeline = "pipeline.cppipe"\n'
        toml += 'data_file = "%s"\n' % data_file if data_file else 'input = "images"\n'
        if arguments:
            toml += "arguments = [%s]\n" % ", ".join('"%s"' % a for a in arguments)
        self.text("case.toml", toml)

    def path(self, name):
        path = os.path.join(self.folder, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        return path

    def text(self, name, text):
        with open(self.path(name), "w", encoding="utf-8", newline="") as out:
            out.write(text)

    def values(self, shape, kind):
        self.seed += 1
        rng = np.random.RandomState(self.seed)
        if np.issubdtype(kind, np.floating):
            return rng.uniform(0.1, 1.5, shape).astype(kind)
        return rng.randint(0, np.iinfo(kind).max, shape).astype(kind)

    def tif(self, name, shape=(5, 7), kind=np.uint16, **options):
        data = self.values(shape, kind)
        if len(shape) == 3 and shape[2] == 3:
            options["photometric"] = "rgb"
        tifffile.imwrite(self.path("images/" + name), data, **options)

    def labels(self, name, labels, kind=np.uint16):
        tifffile.imwrite(self.path("images/" + name), np.array(labels, kind))

    def npy(self, name, shape=(5, 7), kind=np.float32):
        np.save(self.path("images/" + name), self.values(shape, kind))


def by_order():
    """Names in all their oddity, folders, hidden folders and other files; the channel with fewer files decides."""
    case = Case("input-by-order", [
        images(), metadata(),
        names([channel('or (file does contain "d0") (file does startwith "D\\"")', "DNA"),
               channel('and (file does containregexp "d[1]\\\\.tif$") (directory doesnot endwith "skip")', "PH3", range_="Image bit-depth")]),
        groups(),
    ])
    for name in ["b d0.tif", "B_d0.tif", "a-d0.tif", "a_d0.tif", "sub/a_d0.tif", "sub/é,+~d0.tif", "x%20d0.tif"]:
        case.tif(name)
    for name in ["b d1.tif", "B_d1.tif", "a-d1.tif", "a_d1.tif", "sub/a_d1.tif", "sub/skip/z_d1.tif"]:
        case.tif(name, kind=np.uint8)
    case.tif(".hidden/a_d0.tif")
    case.text("images/a_d0.csv", "not an image\n")
    case.text("images/d0", "no extension\n")


def by_metadata():
    """Different keys a channel, single images, every type of image, duplicates, missing ones, groups out of order."""
    keys = "[{'OrigDNA': 'Plate', 'OrigColor': 'Plate', 'Illum': 'Plate', 'OrigMask': 'Plate', 'Cells': 'Plate'}, " \
           "{'OrigDNA': 'Well', 'OrigColor': 'Well', 'Illum': None, 'OrigMask': 'Well', 'Cells': 'Well'}]"
    case = Case("input-by-metadata", [
        images("Custom", 'or (extension does isimage) (file does endwith ".npy")'),
        metadata("Yes", [
            method(file="^(?P<Kind>[a-z]+)_(?P<WellRow>[A-H])-(?P<WellColumn>[0-9]+)", filtered="Images matching a rule", rule='and (file doesnot startwith "illum")'),
            method(source="Folder name", folder="[\\\\/](?P<Plate>[^\\\\/]+)$"),
            method(way="Import from file", joins="[{'CSV Metadata': 'plate', 'Image Metadata': 'Plate'}, {'CSV Metadata': 'well', 'Image Metadata': 'Well'}]",
                   case="Yes", place="Default Input Folder|", table="layout.csv"),
        ], kind="Choose for each", types='{"Dose": "float", "WellColumn": "integer", "Comment": "none"}'),
        names([
            channel('and (metadata does Kind "dna")', "OrigDNA", range_="Manual", manual="1000.0"),
            channel('and (file does startwith "rgb")', "OrigColor", "Color image"),
            channel('and (file does eq "illum.npy")', "Illum", "Illumination function"),
            channel('and (file does startwith "mask")', "OrigMask", "Binary mask"),
            channel('and (file does startwith "cells")', "unused", "Objects", objects="Cells"),
        ], match="Metadata", joins=keys),
        groups(("Plate",)),
    ])
    for plate, wells in [("P10", ["A-1", "B-2"]), ("P-2", ["A-10", "A-2", "A-1"]), ("P2", ["C-1"])]:
        for well in wells:
            case.tif("%s/dna_%s.tif" % (plate, well))
            case.tif("%s/rgb_%s.tif" % (plate, well), (5, 7, 3), np.uint8)
            case.tif("%s/mask_%s.tif" % (plate, well), kind=np.uint8)
            case.labels("%s/cells_%s.tif" % (plate, well), [[0, 3, 3, 0, 7, 0, 0], [0, 0, 0, 0, 7, 0, 3]] + [[0] * 7] * 3)
        case.npy(plate + "/illum.npy")
    case.tif("P10/dna_A-1_again.tif")
    case.tif("P10/rgb_C-9.tif", (5, 7, 3), np.uint8)
    os.remove(case.path("images/P2/mask_C-1.tif"))
    case.text("images/layout.csv", "plate,well,Dose,Comment\np10,a1,1,x\nP10,B2,2.50,y\nP-2,A10,3,z\nP-2,A2,4,\nP-2,A1,5,q\nP2,C1,6,\n")


def all_images():
    """Every file an image set; colour from grey; metadata not asked for and yet extracted where the expression fits."""
    case = Case("input-all-images", [images(), metadata(), names([], all_images=("Any", "Color image")), groups()])
    case.tif("P1_A01_s1_w1.tif", kind=np.uint8)
    case.tif("P1_A02_s1_w1.tif", (5, 7, 3), np.uint8)
    case.tif("other.tif", kind=np.float32)


def headers():
    """Stacks: each page is an image set once the headers are read."""
    case = Case("input-headers", [
        images(), metadata("Yes", [method(way="Extract from image file headers"), method(file="^(?P<Name>[a-z]+)")]),
        names([channel('and (file does contain "")', "Page")]), groups(),
    ])
    case.tif("stack.tif", (3, 5, 7), np.uint8, photometric="minisblack", metadata=None)
    case.tif("plain.tif")
    case.tif("colour.tif", (5, 7, 3), np.uint8)


def volumes():
    """Stacks as volumes: grey ones of several types, a mask, objects with and without gaps."""
    case = Case("input-volumes", [
        images(), metadata(),
        names([channel('and (file does startwith "dna")', "DNA", range_="Manual", manual="1000.0"),
               channel('and (file does startwith "mask")', "Foreground", "Binary mask"),
               channel('and (file does startwith "cells")', "unused", "Objects", objects="Cells")], spacing=(1.0, 2.0, 3.0)),
        groups(), intensity(["DNA"]), size_shape("Cells"),
    ])
    for place, (name, kind) in enumerate([("a", np.uint8), ("b", np.uint16), ("c", np.float32), ("d", np.int16)]):
        case.tif("dna_%s.tif" % name, (3, 6, 5), kind, photometric="minisblack", metadata=None)
        case.tif("mask_%s.tif" % name, (3, 6, 5), np.uint8, photometric="minisblack", metadata=None)
        cells = np.zeros((3, 6, 5), int)
        cells[0:2, 0:3, 0:2], cells[1:3, 3:6, 2:5], cells[2, 0:2, 4] = 1, 2 + place, 3 + 2 * place
        tifffile.imwrite(case.path("images/cells_%s.tif" % name), cells.astype(np.uint16), photometric="minisblack", metadata=None)


TABLE = """Image_FileName_DNA,Image_PathName_DNA,ObjectsFileName_Cells,ObjectsPathName_Cells,FileName_Stack,Frame_Stack,Metadata_Plate,Metadata_WellRow,Metadata_WellCol,Metadata_Site,Treatment_Dose,Treatment_Name,Count_Big
a1.tif,s,cells1.tif,.,stack.tif,0,2,A,01,01,1,x,5000000000
a2.tif,s,cells2.tif,.,stack.tif,1,10,A,01,2,2.5,"y, ""z""\",1
a3.tif,s,cells1.tif,.,stack.tif,2,2,A,02,3,1e-5,,2
a4.tif,s,cells2.tif,.,stack.tif,0,10,B,02,04,nan,é,3
"""


def table_case(name, arguments=None, **options):
    case = Case(name, [load_data("load_data.csv", base="Default Input Folder|", **options)], "load_data.csv", arguments)
    for i in range(1, 5):
        case.tif("../s/a%d.tif" % i, kind=np.uint8)
    case.tif("../stack.tif", (3, 5, 7), np.uint8, photometric="minisblack", metadata=None)
    for i in (1, 2):
        case.labels("../cells%d.tif" % i, np.arange(35).reshape(5, 7) // (5 * i) * 3)
    case.text("load_data.csv", TABLE)


CASES = {
    "input-by-order": by_order,
    "input-by-metadata": by_metadata,
    "input-all-images": all_images,
    "input-headers": headers,
    "input-volumes": volumes,
    "input-table": lambda: table_case("input-table"),
    "input-table-groups": lambda: table_case("input-table-groups", keys="Plate"),
    "input-table-group": lambda: table_case("input-table-group", ["-g", "Metadata_Plate=2,Metadata_Well=A02"], keys="Plate,Well"),
    "input-table-range": lambda: table_case("input-table-range", ["-f", "2", "-l", "3"], keys="Plate", rescale="No"),
    "input-table-rows": lambda: table_case("input-table-rows", rows="2,3"),
}

if __name__ == "__main__":
    for name in sys.argv[1:] or CASES:
        CASES[name]()
