"""Makes introsort_*.npy: values, and the order numpy's unstable argsort puts them in; one case a row.

Run with Python 3.8, numpy 1.23.5, in this folder.
"""
import numpy as np
import scipy.ndimage

SIZE = 1500


def killer(n):
    """Values on which median of three splits badly (Musser 1997), so that heap sort steps in."""
    values = np.zeros(n)
    order = list(range(n))
    high = n
    solid = 0
    # An adversary (McIlroy 1999) against the very splits of the sort under test.
    gas = n + 1
    fixed = [gas] * n
    candidate = [0]

    class Probe:
        def __init__(self, i):
            self.i = i

        def __lt__(self, other):
            nonlocal solid
            x, y = self.i, other.i
            if fixed[x] == gas and fixed[y] == gas:
                fixed[x if x == candidate[0] else y] = solid
                solid += 1
            if fixed[x] == gas:
                candidate[0] = x
            elif fixed[y] == gas:
                candidate[0] = y
            return fixed[x] < fixed[y]

    np.argsort(np.array([Probe(i) for i in range(n)], dtype=object))
    return np.array(fixed, float)


def main():
    random = np.random.RandomState(1)
    rows = [
        random.randint(0, 12, SIZE),
        random.randint(0, 300, SIZE),
        np.zeros(SIZE),
        np.arange(SIZE)[::-1] // 3,
        np.sqrt(random.randint(0, 400, SIZE)),
        killer(SIZE),
        np.where(random.uniform(size=SIZE) < 0.1, np.nan, random.randint(0, 30, SIZE)),
    ]
    values = np.array(rows, np.float32)
    order = np.array([v.argsort() for v in values], np.uint16)
    assert all((v.astype(float).argsort() == o).all() for v, o in zip(values, order))
    np.save("introsort_values.npy", values)
    np.save("introsort_order.npy", order)

    labels = random.randint(0, 40, values.shape).astype(np.uint8)
    labels[labels == 7] = 0
    index = np.arange(1, 45)
    high = [np.ravel(scipy.ndimage.maximum_position(v, l, index)) for v, l in zip(values, labels)]
    low = [np.ravel(scipy.ndimage.minimum_position(v, l, index)) for v, l in zip(values, labels)]
    np.save("extrema_labels.npy", labels)
    np.save("extrema_positions.npy", np.array([high, low], np.uint16).reshape(2 * len(values), -1))


main()
