"""Writes delimited.csv and delimited.txt: fields that csv.writer quotes and fields that it does not, by comma and by tab."""
import csv
import os

ROWS = [
    ["plain", "with space", " leading", "#hash", "it's"],
    ["a,b", 'say "hi"', "line\nbreak", "carriage\rreturn", "tab\there"],
    ["", "", "x", "", "\u00b5m"],
    [""],
    ["b'eJwz'", "-1", "1.5", "nan", "C:\\folder"],
]
for name, delimiter in (("delimited.csv", ","), ("delimited.txt", "\t")):
    with open(os.path.join(os.path.dirname(__file__), name), "w", newline="", encoding="utf-8") as out:
        csv.writer(out, delimiter=delimiter).writerows(ROWS)
