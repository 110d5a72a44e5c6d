"""Calls `cpb module` on given arrays and gathers what exists afterwards, in the form of cellprofiler_call."""

import json
import os
import subprocess

import numpy as np

INFINITIES = {None: float("nan"), "Infinity": float("inf"), "-Infinity": float("-inf")}


def call(cpb, folder, text, image_sets):
    """Returns the exit status, and what exists after each image set or what was said."""
    path = lambda name: os.path.join(folder, name)
    with open(path("pipeline.cppipe"), "w") as file:
        file.write(text)
    command = [cpb, "module", "-p", path("pipeline.cppipe"), "--out", path("out"), "-i", "/images", "-o", path("saved")]
    for number, (images, objects, measured, grids) in enumerate(image_sets, 1):
        command += ["--next"] if number > 1 else []

        def save(name, array):
            file = path(f"{number}_{name}.npy")
            np.save(file, array)
            return file

        for name, facts in images.items():
            argument = f"{name}={save(name, facts['pixels'])}"
            if "mask" in facts:
                argument += f",mask={save(name + '_mask', facts['mask'])}"
            argument += "".join(f",{key}={facts[key]}" for key in ("objects", "scale") if key in facts)
            if "spacing" in facts:
                argument += ",dims=3,spacing=" + ":".join(map(str, facts["spacing"]))
            command += ["--image", argument]
        for name, facts in objects.items():
            argument = f"{name}={save(name, facts.get('planes', facts['labels']))}"
            argument += ",planes" if "planes" in facts else ""
            for key in ("unedited", "small"):
                if key in facts:
                    argument += f",{key}={save(f'{name}_{key}', facts[key])}"
            argument += f",parent={facts['parent']}" if "parent" in facts else ""
            command += ["--objects", argument]
        for name, grid in grids.items():
            with open(path(f"{number}_{name}.json"), "w") as file:
                json.dump({key: plain(value) for key, value in vars(grid).items()}, file)
            command += ["--grid", f"{name}={path(f'{number}_{name}.json')}"]
        with open(path(f"{number}.json"), "w") as file:
            group = {"Group_Number": 1, "Group_Index": number, "Group_Length": len(image_sets)}
            json.dump(plain({**measured, "Image": {**measured["Image"], **group}}), file)
        command += ["--measurements", path(f"{number}.json")]
    ended = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    if ended.returncode:
        return ended.returncode, ended.stderr.decode().strip()
    count = len(image_sets)
    folders = [path("out")] if count == 1 else [path(f"out/{n}") for n in range(1, count + 1)]
    return 0, [gather(f) for f in folders]


def plain(value):
    if isinstance(value, dict):
        return {key: plain(v) for key, v in value.items()}
    if isinstance(value, np.ndarray):
        return [None if v != v else v for v in value.tolist()]
    return value.item() if isinstance(value, np.generic) else value


def gather(folder):
    found = {"images": {}, "objects": {}, "measured": {}, "relationships": []}
    for kind in ("images", "objects"):
        place = os.path.join(folder, kind)
        for file in os.listdir(place) if os.path.isdir(place) else []:
            found[kind][file[: -len(".npy")]] = np.load(os.path.join(place, file))
    with open(os.path.join(folder, "measurements.json")) as file:
        measured = json.load(file)
    number = lambda v: INFINITIES.get(v, v)
    for name, features in measured.items():
        if name != "relationships":
            for feature, value in features.items():
                if name == "Image" and feature in ("Group_Number", "Group_Index", "Group_Length"):
                    continue
                found["measured"][name, feature] = number(value) if name in ("Image", "Experiment") else [number(v) for v in value]
    with open(os.path.join(folder, "workspace.json")) as file:
        found["measured"]["workspace", "disposition"] = json.load(file).get("disposition", "Continue")
    for r in measured.get("relationships", []):
        columns = (r[key] for key in ("first_image", "first_object", "second_image", "second_object"))
        found["relationships"].append((r["module"], r["relationship"], r["first"], r["second"], sorted(zip(*columns))))
    found["relationships"].sort()
    return found
