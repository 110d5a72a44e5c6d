#!/usr/bin/env bash
# Makes expected/ of the golden cases anew with the real CellProfiler 4.2.8.
#   usage: make.sh CASE…       GOLDEN_OUTPUT=DIR puts the case and its expected/ there instead of beside this script
# A case: pipeline.cppipe, case.toml (input or data_file, arguments); its images are those of images/ beside the cases (made
# by make_images.py) unless it has its own.
# CPB_ORACLE_SCRIPTS: the folder with the real CellProfiler's install.sh and run.sh (default: ../shared/oracle beside
# the repository).
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
scripts=${CPB_ORACLE_SCRIPTS:-$(cd "$here/../../../../shared/oracle" && pwd)}
python=${CPB_ORACLE:-$HOME/.cache/cellprofiler-4.2.8}/bin/python
[ $# -gt 0 ] || { echo "usage: make.sh CASE…" >&2; exit 2; }

# MySQLdb, whose escapes ExportToDatabase uses for every kind of database.
export PYTHONPATH=$here/python

for case in "$@"; do
  case=${case%/}
  [ -f "$here/$case/case.toml" ] || { echo "make.sh: $here/$case is not a case" >&2; exit 2; }
  work=$(mktemp -d); trap 'rm -rf "$work"' EXIT
  cp -r "$here/$case" "$here/images" "$work"; rm -rf "$work/$case/expected"
  field() { sed -n "s/^$1 *= *\"\(.*\)\"/\1/p" "$work/$case/case.toml"; }
  arguments=$("$python" -c 'import re,sys; m=re.search(r"(?m)^arguments *= *(\[.*\])", open(sys.argv[1]).read()); print("\n".join(eval(m.group(1))) if m else "")' "$work/$case/case.toml")
  mapfile -t more < <(printf '%s' "$arguments")
  input=$(field data_file); input=${input:-$(field input)}
  (cd "$work/$case" && META="$work/meta" DUMP=1 bash "$scripts/run.sh" "$(field pipeline)" "$input" "$work/$case/expected" "${more[@]}") ||
    { tail -n 20 "$work/meta/log.txt" >&2; exit 1; }
  "$python" "$here/pack_expected.py" "$work/$case" "$work/meta/dump"
  target=${GOLDEN_OUTPUT:-$here}/$case
  mkdir -p "$target"; rm -rf "$target/expected"; cp -r "$work/$case/expected" "$target/expected"
  rm -rf "$work"; trap - EXIT
  echo "$target/expected"
done
