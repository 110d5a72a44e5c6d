"""The numbers that the golden tests and these scripts both make (stream.rs)."""
import numpy as np


def uniform(n, seed):
    state, out = seed, np.empty(n)
    for i in range(n):
        state = (state * 6364136223846793005 + 1442695040888963407) % 2**64
        out[i] = (state >> 33) / 2**31
    return out


def digest(array):
    array = np.ascontiguousarray(array).ravel()
    words = array.view({1: np.uint8, 4: np.uint32, 8: np.uint64}[array.itemsize]).astype(np.uint64)
    odd = 2 * np.arange(1, len(words) + 1, dtype=np.uint64) - 1
    return int((words * odd).sum(dtype=np.uint64))
