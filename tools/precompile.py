"""Imports every module of the program once, so that Python keeps what it compiles and the first runs start quickly.

Part of `make install`. Where the account that runs the program may not write into the environment, or is told not to
keep compiled files, every run would compile the libraries anew: as long as a whole idle run takes otherwise.
"""

from __future__ import annotations

import importlib
import pkgutil

import pipeline

LATER = (
    "numpy.ma",
    "publicsuffixlist",
    "rapidfuzz.distance",
    "rapidfuzz.fuzz",
    "rapidfuzz.process",
    "sqlalchemy.dialects.sqlite",
)
"""What runs import only while they work."""


def main() -> None:
    """Import everything but the entry point, which would run the program."""
    for name in LATER:
        importlib.import_module(name)
    for module in pkgutil.walk_packages(pipeline.__path__, "pipeline."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)


if __name__ == "__main__":
    main()
