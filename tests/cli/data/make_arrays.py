# SPDX-License-Identifier: Apache-2.0
"""Writes the arrays that npy_test.cpp reads: what NumPy itself writes, in every form."""

import pathlib

import numpy as np

here = pathlib.Path(__file__).parent
matrix = np.arange(6).reshape(2, 3)


def save(name, array, version=None):
    with open(here / f"{name}.npy", "wb") as file:
        np.lib.format.write_array(file, array, version=version, allow_pickle=True)


for code in ["f2", "f4", "f8", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "c8", "c16"]:
    save(code, matrix.astype(code))
save("bool", matrix % 2 == 0)
save("big_endian", matrix.astype(">i4"))
save("fortran", np.asfortranarray(np.arange(24, dtype="<f4").reshape(2, 3, 4)))
save("scalar", np.float32(2.5))
save("empty", np.zeros((2, 0), "f4"))
save("unicode", np.array(["z\u00fcrich", "", "\U0001f600"]))
save("unicode_big_endian", np.array(["ab"], dtype=">U3"))
save("bytes", np.array([b"ab", b"c"]))
save("version2", matrix.astype("f4"), version=(2, 0))
save("version3", matrix.astype("f4"), version=(3, 0))
save("object", np.array([None]))
save("records", np.array([(1, 2.0)], dtype=[("a", "i4"), ("\u00e9", "f4")]), version=(3, 0))
np.savez(here / "stored.npz", **{"in:x:0": matrix.astype("f4"), "out:y": np.int64(7)})
np.savez_compressed(here / "deflated.npz", zeros=np.zeros((100, 10), "f4"))

# For models.cmake: a picture of the sample, references with one wrong number, steps of stream.gir.
digits = np.load(here.parents[2] / "samples/digits/digits_test.npz")
picture, logits = digits["in:image"][3], digits["out:logits"][3].copy()
save("digit", picture)
logits[0, 9] += 1
np.savez(here / "wrong.npz", **{"in:image": picture, "out:logits": logits})
save("steps", (np.arange(24).reshape(3, 2, 4) / 24).astype("f4"))
save("pair", np.array([1.5, -2], "f4")) # a first state of tests/cmake
