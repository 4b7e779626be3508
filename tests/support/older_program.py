"""A program as it was before it knew some kinds of events: `python -m tests.support.older_program KIND,KIND MODULE …`.

It is the program itself, run as it always is; only its table of kinds is shorter, as in a version of that time.
"""

import runpy
import sys
from types import MappingProxyType

from retail_core.wire import events


def main() -> None:
    lacks, module, *arguments = sys.argv[1:]
    known = {name: kind for name, kind in events._FIXED.items() if name not in lacks.split(",")}
    assert len(known) < len(events._FIXED), "nothing is missing"
    events._FIXED = MappingProxyType(known)
    sys.argv = [module, *arguments]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
