"""make_illumination.py: the golden cases of illumination functions and resizing, pipelines and case.toml, beside this script.

Functions are made of small images (Resize comes first), by every smoothing method, for each image, for all before the
first cycle and across cycles, and saved as they are (npy, f32). Input modules and images are those of one-object-set.
Then make.sh makes what CellProfiler makes of them. Needs Python alone.
"""
import os

here = os.environ.get("GOLDEN_OUTPUT", os.path.dirname(os.path.abspath(__file__)))
HEADER = "CellProfiler Pipeline: http://www.cellprofiler.org\nVersion:5\nDateRevision:428\nGitHash:\nModuleCount:%d\nHasImagePlaneDetails:False\n"
ATTRIBUTES = "svn_version:'Unknown'|variable_revision_number:%d|show_window:False|notes:[]|batch_state:array([], dtype=uint8)|enabled:True|wants_pause:False"
FACTOR, SIZE = "Resize by a fraction or multiple of the original size", "Resize by specifying desired final dimensions"


def resize(image, name, x=0.3, y=0.3, how="Bilinear", method=FACTOR, like="None", width=40, height=30, more=()):
    settings = [
        ("Select the input image", image),
        ("Name the output image", name),
        ("Resizing method", method),
        ("X Resizing factor", x),
        ("Y Resizing factor", y),
        ("Z Resizing factor", 1),
        ("Width (x) of the final image", width),
        ("Height (y) of the final image", height),
        ("# of planes (z) in the final image", 10),
        ("Interpolation method", how),
        ("Method to specify the dimensions", "Manual" if like == "None" else "Image"),
        ("Select the image with the desired dimensions", like),
        ("Additional image count", len(more)),
    ]
    for additional, output in more:
        settings += [("Select the additional image?", additional), ("Name the output image", output)]
    return "Resize", 5, settings


def calculate(image, name, smoothing, basis="Each", kind="Regular", dilate=0, block=10, rescale="Yes", size="Manually",
              width=9, average="", dilated="", splines=None):
    mode, points, threshold, scale, iterations, convergence = splines or ("auto", 5, 2, 2, 40, 0.001)
    yes = lambda answer: "Yes" if answer else "No"
    return "CorrectIlluminationCalculate", 2, [
        ("Select the input image", image),
        ("Name the output image", name),
        ("Select how the illumination function is calculated", kind),
        ("Dilate objects in the final averaged image?", yes(dilate)),
        ("Dilation radius", dilate or 1),
        ("Block size", block),
        ("Rescale the illumination function?", rescale),
        ("Calculate function for each image individually, or based on all images?", basis),
        ("Smoothing method", smoothing),
        ("Method to calculate smoothing filter size", size),
        ("Approximate object diameter", width),
        ("Smoothing filter size", width),
        ("Retain the averaged image?", yes(average)),
        ("Name the averaged image", average or "Average"),
        ("Retain the dilated image?", yes(dilated)),
        ("Name the dilated image", dilated or "Dilated"),
        ("Automatically calculate spline parameters?", yes(not splines)),
        ("Background mode", mode),
        ("Number of spline points", points),
        ("Background threshold", threshold),
        ("Image resampling factor", scale),
        ("Maximum number of iterations", iterations),
        ("Residual value for convergence", convergence),
    ]


def apply(low, high, *corrections):
    settings = []
    for image, name, function, how in corrections:
        settings += [
            ("Select the input image", image),
            ("Name the output image", name),
            ("Select the illumination function", function),
            ("Select how the illumination function is applied", how),
        ]
    ends = [("Set output image values less than 0 equal to 0?", low), ("Set output image values greater than 1 equal to 1?", high)]
    return "CorrectIlluminationApply", 5, settings + ends


def save(image, when="Every cycle"):
    name = "\\g<Site>_%s" % image if when == "Every cycle" else image
    return "SaveImages", 16, [
        ("Select the type of image to save", "Image"),
        ("Select the image to save", image),
        ("Select method for constructing file names", "Single name"),
        ("Select image name for file prefix", "None"),
        ("Enter single file name", name),
        ("Number of digits", 4),
        ("Append a suffix to the image file name?", "No"),
        ("Text to append to the image name", ""),
        ("Saved file format", "npy"),
        ("Output file location", "Default Output Folder|"),
        ("Image bit depth", "8-bit integer"),
        ("Overwrite existing files without warning?", "Yes"),
        ("When to save", when),
        ("Record the file and path information to the saved image?", "No"),
        ("Create subfolders in the output folder?", "No"),
        ("Base image folder", "Elsewhere...|"),
        ("How to save the series", "T (Time)"),
        ("Save with lossless compression?", "Yes"),
    ]


def escape(value):
    text = str(value)
    for character, code in (("|", "\\x7C"), (":", "\\x3A"), ("[", "\\x5B"), ("]", "\\x5D")):
        text = text if text.endswith("|") else text.replace(character, code)
    return text


def case(name, modules):
    with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "one-object-set", "pipeline.cppipe")) as file:
        inputs = file.read().split("\nImages:")[1].split("\nIdentifyPrimaryObjects:")[0]
    text = HEADER % (4 + len(modules)) + "\nImages:" + inputs.rstrip("\n") + "\n"
    for number, (module, revision, settings) in enumerate(modules, 5):
        text += "\n%s:[module_num:%d|%s]\n" % (module, number, ATTRIBUTES % revision)
        text += "".join("    %s:%s\n" % (label, escape(value)) for label, value in settings)
    folder = os.path.join(here, name)
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, "pipeline.cppipe"), "w") as file:
        file.write(text)
    with open(os.path.join(folder, "case.toml"), "w") as file:
        file.write('pipeline = "pipeline.cppipe"\ninput = "../images"\n')


def each():
    methods = [
        calculate("Small", "Median", "Median Filter", width=12),
        calculate("Small", "Gaussian", "Gaussian Filter", rescale="Median", size="Object size", width=14),
        calculate("Small", "Automatic", "Gaussian Filter", size="Automatic", rescale="No"),
        calculate("Small", "Polynomial", "Fit Polynomial"),
        calculate("Small", "Mean", "Smooth to Average", rescale="No"),
        calculate("Small", "Hull", "Convex Hull"),
        calculate("Small", "Splines", "Splines", rescale="No"),
        calculate("Small", "DarkSplines", "Splines", rescale="No", splines=("dark", 6, 1.5, 1.5, 9, 0.0005)),
        calculate("Small", "Background", "No smoothing", kind="Background", rescale="No"),
        calculate("Small", "Spread", "Median Filter", dilate=2, average="SpreadAverage", dilated="SpreadDilated"),
    ]
    corrections = apply("No", "No", ("Small", "Divided", "Polynomial", "Divide"), ("Small", "Subtracted", "Background", "Subtract"))
    cut = apply("Yes", "Yes", ("Small", "Cut", "Mean", "Divide"))
    names = [m[2][1][1] for m in methods] + ["SpreadDilated", "Divided", "Subtracted", "Cut"]
    return [resize("DNA", "Small")] + methods + [corrections, cut] + [save(name) for name in names]


def groups():
    functions = [
        calculate("Cell", "First", "Gaussian Filter", "All: First cycle", width=40),
        calculate("Small", "Across", "Median Filter", "All: Across cycles", average="AcrossAverage"),
        calculate("Small", "Blocks", "No smoothing", "All: Across cycles", kind="Background", dilate=1, dilated="BlocksDilated", rescale="No"),
    ]
    smaller = resize("First", "SmallFirst", more=[("Cell", "SmallCell")])
    upsampled = resize("Across", "Upsampled", x=1.5, y=2)
    corrected = apply("Yes", "No", ("SmallCell", "Corrected", "SmallFirst", "Divide"), ("Small", "Running", "Across", "Divide"))
    last = ["Across", "AcrossAverage", "Blocks", "BlocksDilated", "Upsampled", "SmallFirst"]
    every = ["Corrected", "Running"]
    return ([resize("DNA", "Small")] + functions + [smaller, upsampled, corrected]
            + [save(name, "Last cycle") for name in last] + [save(name) for name in every])


def resized():
    small = resize("DNA", "Small", x=0.25, y=0.3, how="Bicubic")
    ways = [
        resize("DNA", "Nearest", x=0.21, y=0.4, how="Nearest Neighbor", more=[("Cell", "NearestCell")]),
        resize("Small", "Larger", x=2, y=1.37, how="Bicubic"),
        resize("Small", "Sized", method=SIZE, width=29, height=47),
        resize("Cell", "Like", method=SIZE, like="Small", how="Bicubic"),
    ]
    names = [m[2][1][1] for m in [small] + ways] + ["NearestCell"]
    return [small] + ways + [save(name) for name in names]


case("illumination-each", each())
case("illumination-groups", groups())
case("resize", resized())
