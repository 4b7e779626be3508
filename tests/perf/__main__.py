"""`make bench`: run the rows asked for (`--rows 1,5`; all without) and write bench-out/results.json."""

import argparse
import json
import sys
import tempfile
from pathlib import Path

from tests.perf import rows
from tests.perf.measure import Result

OUT = Path("bench-out")


def main() -> int:
    """Exit code 1 when a goal was missed."""
    parser = argparse.ArgumentParser(prog="bench")
    parser.add_argument("--rows", default="", help="comma-separated numbers of performance rows")
    wanted = [part.strip() for part in parser.parse_args().rows.split(",") if part.strip()]
    results: list[Result] = []
    with tempfile.TemporaryDirectory() as folder:
        for number, row in rows.ROWS.items():
            if wanted and number not in wanted:
                continue
            print(f"row {number}: {(row.__doc__ or '').splitlines()[0]}", flush=True)
            for result in row(Path(folder)):
                results.append(result)
                ratio = f"  ({result.ratio:.2f} × reference)" if result.ratio is not None else ""
                verdict = {True: "met", False: "MISSED", None: ""}[result.met]
                print(
                    f"    {result.name}: {result.value:,.4g} {result.unit}{ratio}  {result.goal} {verdict}", flush=True
                )
    OUT.mkdir(exist_ok=True)
    (OUT / "results.json").write_text(json.dumps([result.line() for result in results], indent=1) + "\n")
    missed = [result.name for result in results if result.met is False]
    print(f"{len(results)} figures in {OUT / 'results.json'}; {len(missed)} goals missed {missed or ''}")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
