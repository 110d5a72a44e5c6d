"""Writes collation.tsv: pairs of texts and how Java's collator, as CellProfiler sets it up, compares them.

Run with the Python of a CellProfiler 4.2.8 installation. Columns: left, right, case sensitive, case insensitive.
"""
import itertools
import os
import random

import javabridge
import prokaryote

words = (
    "P1 P-1 P_1 P 1|p1|P01|P10|P2|a|A|b|B|aa|aA|Aa|AA|a-a|a a|a_a|a.a|a1|a-1|A-1|A1|co-op|coop|CO-OP|Co op|10|9|09|1.5|"
    "x(1)|x[1]|x{1}|x#1|x%1|x&1|x+1|x=1|x@1|x~1|x!1|x?1|x;1|x:1|x,1|x'1|x\"1|x<1|x>1|x|y|-|--| |  |a-|-a|a |é|e|É|E|è|ea|éa|"
    "BR00117010__2020-11-08T18_18_00|BR00117010__2020-11-08T18-18_00|2016_04_01|2016-04-01|z|zé|zez|ñ|n|nz"
)
words = words.replace("P1 P-1 P_1 P 1", "P1|P-1|P_1|P 1").split("|")
random.seed(0)
letters = "aAbB01-_ .+"
words += ["".join(random.choice(letters) for _ in range(random.randint(1, 4))) for _ in range(60)]
pairs = list(itertools.combinations(dict.fromkeys(words), 2))
random.shuffle(pairs)
javabridge.start_vm(class_path=list(javabridge.JARS) + [os.path.join(os.path.dirname(prokaryote.__file__), j)
                    for j in os.listdir(os.path.dirname(prokaryote.__file__)) if j.endswith(".jar")], run_headless=True)
try:
    pair = "org/cellprofiler/imageset/MetadataKeyPair"
    sensitive, insensitive = (
        javabridge.static_call(pair, "getCase%sComparator" % name, "()Ljava/util/Comparator;")
        for name in ("Sensitive", "Insensitive")
    )
    with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "collation.tsv"), "w", encoding="utf-8") as out:
        for left, right in pairs[:4000]:
            row = [javabridge.call(c, "compare", "(Ljava/lang/Object;Ljava/lang/Object;)I", left, right)
                   for c in (sensitive, insensitive)]
            out.write("\t".join([left, right] + [str((v > 0) - (v < 0)) for v in row]) + "\n")
finally:
    javabridge.kill_vm()
