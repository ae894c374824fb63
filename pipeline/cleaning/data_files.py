"""Where the files of our own `config/` lie: beside the checkout, or inside the installed package."""

from __future__ import annotations

from pathlib import Path


def data_file(*parts: str) -> Path:
    """The path of a file of our own `config/`: beside the checkout, or inside the installed package."""
    package = Path(__file__).resolve().parents[1]
    installed = package / "_share" / "config"
    return (installed if installed.is_dir() else package.parent / "config").joinpath(*parts)
