"""Writes numpy.tsv: reductions and logarithms of numpy 1.23.5 as bit patterns.

The inputs are made from a linear congruential generator that the test repeats.
"""
import pathlib
import numpy as np

assert np.__version__ == "1.23.5", np.__version__


def stream(n, seed):
    state, out = seed, np.empty(n, np.uint64)
    for i in range(n):
        state = (state * 6364136223846793005 + 1442695040888963407) % 2**64
        out[i] = state >> 33
    return out


def bits(x):
    x = np.asarray(x)
    return format(int(x.view({4: np.uint32, 8: np.uint64}[x.itemsize])), "x") + ("f" if x.itemsize == 4 else "d")


rows = []
for n in (1, 2, 7, 8, 9, 100, 127, 128, 129, 1000, 1031, 65537):
    raw = stream(n, n)
    for kind in (np.float32, np.float64):
        a = (raw.astype(np.float64) / 2**31).astype(kind)
        rows.append([n, a.dtype.itemsize, "sum", bits(a.sum())])
        rows.append([n, a.dtype.itemsize, "mean", bits(a.mean())])
        rows.append([n, a.dtype.itemsize, "var", bits(a.var())])
        rows.append([n, a.dtype.itemsize, "std", bits(a.std())])
        rows.append([n, a.dtype.itemsize, "median", bits(np.median(a))])
        rows.append([n, a.dtype.itemsize, "percentile", bits(np.percentile(a, 37.5))])
        counts, edges = np.histogram(a, 256)
        place = int((counts * np.arange(1, 257) ** 2).sum())
        rows.append([n, a.dtype.itemsize, "histogram", str(place)])
        rows.append([n, a.dtype.itemsize, "edge", bits(edges[100])])
# A digest of the logarithms of a million floats of all sizes, and of all from 0.5 to 2 by steps.
x = np.arange(1, 2139095040, 2039, dtype=np.uint32).view(np.float32)
y = np.log(x).view(np.uint32).astype(np.uint64)
rows.append([len(x), 4, "log", str(int((y * np.arange(1, len(y) + 1, dtype=np.uint64)).sum(dtype=np.uint64)))])
x = np.arange(0x3F000000, 0x40000000, 5, dtype=np.uint32).view(np.float32)
y = np.log(x).view(np.uint32).astype(np.uint64)
rows.append([len(x), 4, "log near 1", str(int((y * np.arange(1, len(y) + 1, dtype=np.uint64)).sum(dtype=np.uint64)))])
text = "".join("\t".join(map(str, r)) + "\n" for r in rows)
pathlib.Path(__file__).with_name("numpy.tsv").write_text(text)
