"""Writes python_floats.txt: the bits of a float64 (hexadecimal, big end first) and how Python and numpy print it."""
import os
import random
import struct

import numpy

random.seed(5)
values = [
    0.0, -0.0, 1.0, 100.0, 1e15, 1e16, 123456789012345680.0, 9999999999999998.0, 1e17, 1e22, 1e-4, 1.5e-4, 9.999e-5,
    1e-5, 1.25e-7, 5e-324, 1.7976931348623157e308, 0.1, 1 / 3, -2.5e-10, 123.456, 1e100,
    float("nan"), float("inf"), -float("inf"),
]  # fmt: skip
values += [struct.unpack("<d", struct.pack("<Q", random.getrandbits(64)))[0] for _ in range(60)]
values += [random.uniform(-1000, 1000) for _ in range(40)]
values += [random.randint(1, 10**6) * 10.0 ** random.randint(-12, 18) for _ in range(40)]
# As near to the shorter text above as to the one below: Python takes the one whose last digit is even.
values += [random.randint(2**46, 2**47) * 2.0 + random.choice([1, 3, 5, 7]) / 8 for _ in range(40)]
values += [random.randrange(1, 210, 2) * 2.0**-21 for _ in range(20)]
with open(os.path.join(os.path.dirname(__file__), "python_floats.txt"), "w") as out:
    for value in values:
        text = str(numpy.float64(value))
        assert text == repr(value)
        out.write("%s %s\n" % (struct.pack(">d", value).hex(), text))
