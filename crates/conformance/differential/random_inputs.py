"""Random folders of images, and random settings of the modules that make image sets of them."""

import os
import sys
import urllib.request

import numpy as np
import PIL.Image
import tifffile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../golden"))
import make_inputs as settings  # noqa: E402

PLATES = ["P1", "P 2", "plate_10", "p1", "P#3+ü"]
WELLS = ["A01", "A02", "A10", "B01", "C12", "a03"]
CHANNELS = ["DNA", "RNA", "w3"]
ENDINGS = ["tif", "tif", "tif", "TIF", "tiff", "png", "jpg", "bmp"]

# File names with the expressions that find their parts: {p} plate, {w} well, {s} site, {c} channel.
SCHEMES = [
    ("{p}_{w}_s{s}_{c}.{e}", r"^(?P<Plate>.*)_(?P<Well>[A-Pa-p][0-9]{2})_s(?P<Site>[0-9]+)_(?P<Channel>[A-Za-z0-9]+)"),
    ("{p}/{w}-{s:02}-{c}.{e}", r"^(?P<Well>(?P<WellRow>[A-P])(?P<WellColumn>[0-9]+))-(?P<Site>[0-9]{2})-(?P<Channel>.*?)\.[a-zA-Z]+$"),
    ("{p}/{c}/{w} ({s}).{e}", r"(?P<WellRow>[a-pA-P])(?P<WellCol>\d+) \((?P<Site>\d)\)"),
    ("{p}/day {s}/{w}_{c}.{e}", r"^(?P<Well>[^_]+)_(?P<Channel>[^.]+)"),
    ("Channel {c}-{w}-{p}-{s:04}.{e}", r"^Channel (?P<Channel>\w+)-(?P<Well>\w{3})-(?P<Plate>.+)-(?P<Site>[0-9]{4})"),
]
FOLDERS = [r"[\\/](?P<Plate>[^\\/]+)$", r"[\\/](?P<Folder>[^\\/]+)[\\/]?$", r".*[\\/](?P<Plate>.*)[\\/](?P<Folder>.*)$", r"(?P<Day>day [0-9])$", r"images[\\/](?P<Plate>[^\\/]*)"]


def image(path, choose, colour, planes=1):
    """Writes a small image, of that many planes if it is a TIFF; kind and values follow from `choose`."""
    os.makedirs(os.path.dirname(path), exist_ok=True)
    rng = np.random.RandomState(choose.randrange(1 << 30))
    shape = (4, 5, 3) if colour else (4, 5)
    if planes > 1 and path.lower().endswith((".tif", ".tiff")):
        data = rng.randint(0, 65536, (planes, 4, 5)).astype(choose.choice([np.uint8, np.uint16]))
        options = choose.choice([{"metadata": None}, {"metadata": None}, {"imagej": True}, {"ome": True}, {}])
        tifffile.imwrite(path, data, photometric="minisblack", **options)
        return
    if not path.lower().endswith((".tif", ".tiff")):
        PIL.Image.fromarray(rng.randint(0, 255, shape).astype(np.uint8)).save(path)
        return
    kind = choose.choice([np.uint8] * 4 + [np.uint16] * 8 + [np.float32, np.int16, np.uint32, np.int8, np.float64])
    if kind in (np.float32, np.float64):
        data = rng.uniform(-0.2, 1.5, shape).astype(kind)
    else:
        data = rng.randint(np.iinfo(kind).min, np.iinfo(kind).max, shape).astype(kind)
    options = {"photometric": "rgb" if colour else "minisblack"}
    options.update(choose.choice([{}] * 4 + [
        {"compression": "zlib"}, {"compression": "zlib", "predictor": data.dtype.kind != "f"}, {"tile": (16, 16)}, {"rowsperstrip": 3},
        {"byteorder": ">"}, {"bigtiff": True}, {"metadata": None}, {"imagej": data.dtype.name in ("uint8", "uint16", "float32")},
        {} if colour else {"photometric": "miniswhite"}, {"planarconfig": "separate"} if colour else {}, {"ome": True},
        {"resolution": (300, 300)}, {"description": "made by hand"},
    ]))
    if "planarconfig" in options:
        data = np.moveaxis(data, 2, 0).copy()
    tifffile.imwrite(path, data, **options)


def folder(root, choose):
    """Fills `root` with images and other files; returns the expression for their names, the channels there are, the
    head of a table of metadata and how many planes the images have."""
    scheme, expression = choose.choice(SCHEMES)
    channels = CHANNELS[: choose.randint(1, 3)]
    plates = choose.sample(PLATES, choose.randint(1, 2))
    wells = choose.sample(WELLS, choose.randint(1, 3))
    sites = choose.sample([1, 2, 3, 10], choose.randint(1, 2))
    endings = [choose.choice(ENDINGS)] * 3 + [choose.choice(ENDINGS)]
    colour = choose.random() < 0.1
    missing = choose.choice([0, 0, 0.1])
    planes = choose.choice([1] * 6 + [3])
    for p in plates:
        for w in wells:
            for s in sites:
                for c in channels:
                    if choose.random() >= missing:
                        name = scheme.format(p=p, w=w, s=s, c=c, e=choose.choice(endings))
                        image(os.path.join(root, name), choose, colour, planes)
    if choose.random() < 0.5:
        image(os.path.join(root, "single background.tif"), choose, False)
    if choose.random() < 0.2:
        image(os.path.join(root, ".hidden", "P1_A01_s1_DNA.tif"), choose, False)
    if choose.random() < 0.3:
        with open(os.path.join(root, choose.choice(["notes.txt", "Thumbs.db", "results.csv", "a.tif.txt"])), "w") as file:
            file.write("no image\n")
    if choose.random() < 0.1:
        np.save(os.path.join(root, "illum.npy"), np.full((4, 5), 0.5))
    return expression, channels, table(root, choose, plates, wells), planes


def table(root, choose, plates, wells):
    """Writes a table of metadata to import, with rows too many and too few; returns what it calls plates and wells."""
    rows = [(p, w) for p in plates for w in wells if choose.random() < 0.9] + [("P9", "H12")]
    choose.shuffle(rows)
    head = choose.choice([["Plate", "Well", "Dose", "Drug"], ["plate", "WELL", "dose", "Drug name"]])
    with open(os.path.join(root, "layout.csv"), "w", encoding="utf-8") as file:
        file.write(",".join(head) + "\n")
        for p, w in rows:
            file.write("%s,%s,%s,%s\n" % (p, w, choose.choice(["1", "2.50", "01", "1e3", ""]), choose.choice(["DMSO", '"a, b"', "x y", ""])))
    return dict(zip(["Plate", "Well"], head))


def rule(choose, channels, metadata=()):
    """Returns a rule of one to three conditions, one of them about a channel most times."""
    part = choose.choice(channels)
    conditions = [
        '(file does contain "%s")' % part, '(file does contain "%s")' % part, '(file doesnot contain "%s")' % part,
        '(file does containregexp "%s[^a-z]")' % part, '(file does startwith "P")', '(file does endwith ".tif")',
        '(file does endwith ".TIF")', '(directory does contain "P")', '(directory doesnot endwith "%s")' % part,
        '(extension does istif)', '(extension does isimage)', '(extension does ispng)', '(extension doesnot isjpeg)',
        '(file doesnot eq "layout.csv")', '(directory doesnot containregexp "[\\\\\\\\/]\\\\.")',
        '(file doesnot contain "single")',
    ]
    conditions += ['(metadata does %s "%s")' % (key, choose.choice(values)) for key, values in metadata] * 3
    picked = choose.sample(conditions, choose.choice([1, 1, 1, 2, 2, 3]))
    if len(picked) == 3 and choose.random() < 0.5:
        picked = [picked[0], "(%s %s %s)" % (choose.choice(["and", "or"]), picked[1], picked[2])]
    return "%s %s" % (choose.choice(["and", "or", "and"]), " ".join(picked))


def channel_rule(choose, channel, channels, keys):
    if choose.random() < 0.2:
        return rule(choose, channels, [("Channel", channels), ("Plate", PLATES)] if keys else ())
    if "Channel" in keys and choose.random() < 0.4:
        return 'and (metadata does Channel "%s")' % channel
    return choose.choice(['and (file does contain "%s")', 'or (file does contain "%s") (directory does contain "%s")',
                          'and (file does containregexp "%s") (file doesnot contain "single")']).replace("%s", channel)


def metadata(choose, expression, channels, head):
    """Returns the module and the keys it may find."""
    if choose.random() < 0.2:
        return settings.metadata("No", [settings.method(file=expression)]), []
    keys = [key.split(">")[0] for key in expression.split("?P<")[1:]]
    limited = lambda: dict(filtered="Images matching a rule", rule=rule(choose, channels)) if choose.random() < 0.15 else {}
    methods = [settings.method(file=expression, **limited())]
    if choose.random() < 0.5:
        by_folder = choose.choice(FOLDERS)
        methods.append(settings.method(source="Folder name", folder=by_folder, **limited()))
        keys += [key.split(">")[0] for key in by_folder.split("?P<")[1:]]
    if choose.random() < 0.2:
        methods.append(settings.method(way="Extract from image file headers", **limited()))
    if choose.random() < 0.3:
        join = lambda key: "{'CSV Metadata': '%s', 'Image Metadata': '%s'}" % (head[key], key)
        joins = "[%s]" % ", ".join(map(join, choose.choice([["Plate", "Well"], ["Well"]])))
        methods.append(settings.method(way="Import from file", joins=joins, case=choose.choice(["Yes", "No"]),
                                       place="Default Input Folder|", table="layout.csv", **limited()))
        keys += ["Dose", "Drug"]
    if choose.random() < 0.2:
        methods.reverse()
    types = {key: choose.choice(["text", "integer", "float", "none"]) for key in ["Site", "WellColumn", "WellCol", "Dose"]}
    kind = choose.choice(["Text", "Text", "Choose for each"])
    return settings.metadata("Yes", methods, kind, str(types).replace("'", '"')), keys


def names(root, choose, channels, keys):
    """Returns the module and the names of the grey images it makes."""
    role = lambda: choose.choice(["Grayscale image"] * 6 + ["Color image", "Binary mask", "Illumination function", "Objects"])
    range_ = lambda: choose.choice(["Image metadata", "Image metadata", "Image bit-depth", "Manual"])
    if choose.random() < 0.15:
        kind = choose.choice(["Grayscale image", "Color image", "Binary mask", "Objects"])
        return settings.names([], all_images=("Any", kind)), ["Any"] if kind == "Grayscale image" else []
    made, grey = [], []
    for channel in channels:
        kind = role()
        name = "Orig" + channel
        made.append((name, settings.channel(channel_rule(choose, channel, channels, keys), name, kind, range_(),
                                            choose.choice(["255.0", "1000.0", "65535.0"]), objects=name)))
        grey += [name] if kind == "Grayscale image" else []
    singles = []
    if choose.random() < 0.15:
        url = "file:" + urllib.request.pathname2url(os.path.join(root, "single background.tif"))
        singles.append(settings.channel(url + choose.choice(["   ", " 0 0 ", ""]), "Single", label="Single image location"))
        grey += ["Single"]
    matching = choose.choice(["Order", "Metadata"]) if keys else "Order"
    pick = [key for key in ["Plate", "Well", "Site", "WellRow", "WellCol", "WellColumn", "Day"] if key in keys]
    joins = []
    for key in pick if choose.random() < 0.7 else choose.sample(pick, choose.randint(0, len(pick))):
        joins.append({name: key if choose.random() < 0.95 else None for name, _ in made})
    return settings.names([rules for _, rules in made], singles, matching, str(joins)), grey


def groups(choose, keys):
    if not keys or choose.random() < 0.4:
        return settings.groups(), []
    chosen = choose.sample(sorted(set(keys)), min(len(set(keys)), choose.choice([1, 1, 2])))
    return settings.groups(tuple(chosen)), chosen


def row_of(root, choose, folder_as, names_, number):
    """Writes the images of a row; returns its fields by column."""
    row = {}
    for name, kind in names_:
        place = choose.choice(["", "day 1", "Ä b"])
        ending = choose.choice(["tif", "tif", "png", "TIF"])
        file = "%s %d.%s" % (name, number if choose.random() < 0.95 else 1, ending)
        path = os.path.join(root, place, file)
        if kind == "stack":
            os.makedirs(os.path.dirname(path), exist_ok=True)
            path, file = path[:-3] + "tif", file[:-3] + "tif"
            pages = np.random.RandomState(choose.randrange(1 << 30)).randint(0, 255, (3, 4, 5)).astype(np.uint8)
            tifffile.imwrite(path, pages, photometric="minisblack", metadata=None)
            row["Frame_" + name] = choose.randint(0, 2)
            row["Series_" + name] = 0
        elif not os.path.exists(path):
            image(path, choose, kind == "colour")
        prefix = "Objects" if kind == "objects" else ""
        # CellProfiler cannot do with the URL of objects alone.
        if folder_as == "url" and kind != "objects":
            row[prefix + "URL_" + name] = "file:" + urllib.request.pathname2url(path)
        else:
            row[prefix + "FileName_" + name] = file
            row[prefix + "PathName_" + name] = place or "." if folder_as == "part" else os.path.dirname(path)
    return row


def load_data(root, choose):
    """Writes a table of image sets with its images; returns the pipeline's text, the table's path and the run's arguments."""
    kinds = ["grey", "grey", "grey", "colour", "objects", "stack"]
    names_ = [(name, choose.choice(kinds)) for name in choose.sample(["DNA", "RNA", "ER", "Cells2"], choose.randint(1, 3))]
    folder_as = choose.choice(["whole", "part", "part", "url"])
    rows = []
    for number in range(1, choose.randint(2, 7)):
        row = row_of(root, choose, folder_as, names_, number)
        row.update(Metadata_Plate=choose.choice(["P1", "10", "2", "02"]), Metadata_Well=choose.choice(WELLS), Metadata_Site=choose.choice([1, 2, 10]))
        if choose.random() < 0.3:
            row.update(Metadata_Row=choose.choice("AB"), Metadata_Col=choose.choice(["01", "1", "12"]))
        row.update(Dose=choose.choice(["1", "2.5", "1e-3", "nan", "", "x", "0.10"]), Treatment_Name=choose.choice(["DMSO", "a, b", 'say ""', "é"]))
        rows.append(row)
    heads = [head for head in rows[0] if all(head in row for row in rows)]
    dropped = choose.choice(["", "Metadata_Site", "Dose", "Treatment_Name"])
    heads = [head for head in heads if head != dropped]
    if choose.random() < 0.3:
        choose.shuffle(heads)
    path = os.path.join(root, choose.choice(["load data.csv", "images.csv"]))
    spaces = choose.choice([""] * 9 + [" "])
    with open(path, "w", encoding="utf-8", newline="") as file:
        lines = [heads] + [[row[head] for head in heads] for row in rows]
        for line in lines:
            quoted = ['"%s"' % field if isinstance(field, str) and (set(field) & set(',"') or choose.random() < 0.1) else str(field) for field in line]
            file.write(("," + spaces).join(quoted) + choose.choice(["\n", "\r\n"]))
    keys = choose.sample([head[9:] for head in heads if head.startswith("Metadata_")], choose.choice([0, 0, 1, 2]))
    keys = keys if choose.random() < 0.9 else keys + ["Nowhere"]
    options = dict(base="None|" if folder_as == "whole" else choose.choice(["Default Input Folder|", "Default Input Folder|", "Elsewhere...|" + root]),
                   keys=",".join(keys), rows=choose.choice([None, None, None, "1,2", "2,9"]), rescale=choose.choice(["Yes", "Yes", "No"]))
    modules = [settings.load_data(os.path.basename(path), **options)]
    grey = [name for name, kind in names_ if kind in ("grey", "stack")]
    modules += [settings.intensity(grey)] if grey else []
    first, last = None, None
    if choose.random() < 0.2:
        first = choose.randint(1, 3)
        last = first + choose.randint(0, 2) if choose.random() < 0.5 else None
    group = None
    if keys and choose.random() < 0.25:
        row = choose.choice(rows)
        group = {"Metadata_" + key: str(row.get("Metadata_" + key, "1")) for key in keys}
    return settings.pipeline(modules + [settings.export()]), path, first, last, group


def call(root, choose):
    """Fills `root` and returns the pipeline's text, and the arguments of the run: first and last image set, and a group."""
    expression, channels, head, planes = folder(root, choose)
    by, keys = metadata(choose, expression, channels, head)
    assigned, grey = names(root, choose, channels, keys)
    grouped, group_keys = groups(choose, keys)
    which = choose.choice(["No filtering"] + ["Images only"] * 6 + ["Custom"] * 2)
    text = rule(choose, channels) if which == "Custom" else settings.IMAGES_ONLY
    modules = [settings.images(which, text), by, assigned, grouped]
    modules += [settings.intensity(grey)] if grey else []
    first, last, group = None, None, None
    if choose.random() < 0.1:
        first = choose.randint(1, 3)
        last = first + choose.randint(0, 2) if choose.random() < 0.5 else None
    if group_keys and choose.random() < 0.2:
        values = {"Plate": PLATES, "Well": WELLS, "Site": ["1", "01", "0001", "2"]}
        group = {"Metadata_" + key: choose.choice(values.get(key, ["A", "1"])) for key in group_keys}
    text = settings.pipeline(modules + [settings.export()])
    if planes > 1 and choose.random() < 0.6:
        text = text.replace("Process as 3D?:No", "Process as 3D?:Yes").replace("spacing in Z:1.0", "spacing in Z:2.5")
    return text, first, last, group
