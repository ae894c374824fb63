"""`link` and `match`: the two special things this tool can do, for any list, without sheet or mail."""

from __future__ import annotations

from pathlib import Path

import click

from pipeline.commands.options import Asked, progress_count, with_options
from pipeline.errors import Exit

FILE = click.Path(path_type=Path, dir_okay=False)


@click.command()
@click.argument("source", metavar="IN.csv", type=FILE)
@click.argument("result", metavar="OUT.csv", type=FILE)
@click.option("--pairs", type=FILE, help="Also write the pairs, with reasons, for people to judge.")
@with_options
def link(asked: Asked, source: Path, result: Path, pairs: Path | None) -> int:
    """Find the records of any list (CSV, XLSX) that are one organisation.

    Reads record_id, organisation, country, city, website, email; writes record_id, cluster_id.
    """
    from pipeline.linkage.command import link_files

    del asked
    link_files(source, result, pairs=pairs, progress=progress_count("records"))
    return Exit.DONE


@click.command()
@click.argument("source", metavar="IN.csv", type=FILE)
@click.argument("result", metavar="OUT.csv", type=FILE)
@click.option("--declined", type=FILE, help="Pairs that must not come up again: query_id, candidate_id.")
@click.option("--groups", type=FILE, help="Also write groups of three.")
@click.option("--assign", type=FILE, help="Also write one host for each request, within capacity.")
@click.option("--top", type=click.IntRange(1, 1000), default=5, show_default=True, help="Candidates for each request.")
@with_options
def match(
    asked: Asked,
    source: Path,
    result: Path,
    declined: Path | None,
    groups: Path | None,
    assign: Path | None,
    top: int,
) -> int:
    """Find candidates for any list of requests and offers (CSV, XLSX), each with its reasons."""
    from pipeline.matching.command import match_files

    del asked
    match_files(
        source,
        result,
        declined=declined,
        groups=groups,
        assignment=assign,
        top=top,
        progress=progress_count("requests"),
    )
    return Exit.DONE
