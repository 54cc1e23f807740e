#!/usr/bin/env python3
"""The tables of Tachograph beside its peers as markdown, by one command that can be interrupted and goes on where it was.

    /tmp/peers/bin/python bench/peers/table.py --out /tmp/tables                  # all of them
    /tmp/peers/bin/python bench/peers/table.py --out /tmp/tables --tables training,training-1 --rows simplenn-4,lenet5
    /tmp/peers/bin/python bench/peers/table.py --out /tmp/tables --print          # what is there; measures nothing

Each row is a file of its own, OUT/TABLE/ROW.json, with every sample; a row that is there is not measured again (--again does, for the
rows asked for). OUT/tables.md is written after each row. Where a table follows another (1 thread, AVX2), only the settings that came
nearest there are tried again, --among of each framework. A row under its bar is in bold and named below its table.
"""
import argparse
import contextlib
import json
import os
import sys
import time
from pathlib import Path

import figures
from nursery import Nursery
from rows import ROWS, TABLES
from run import add_common, run_row, written
from settings import PEERS, screened

START_SECONDS, FORK_SECONDS = 5, 1  # of a peer, until its first step: in a new process, and where the framework is imported already


def settings_of(table, row, options, threads):
    """The settings to try: all, or those that were nearest in the table before this one."""
    possible = screened(table.inference, threads)
    before = options.out / table.after / f"{row}.json" if table.after else None
    if not before or not before.exists():
        return possible
    medians = {name: tried["median_ns"] for name, tried in json.loads(before.read_text())["rows"][0]["screened"].items() if name in possible}
    ranked = sorted(medians, key=medians.get)
    nearest = [name for name in ranked
               if [n for n in ranked if PEERS[n].framework == PEERS[name].framework].index(name) < options.among]
    return nearest or possible


def seconds_of(table, row, tried, options):
    """About how long a row takes."""
    step = ROWS[row].step_ms / 1e3 / (4 if table.inference else 1) * (1.8 if table.one_thread else 1)
    measured = (3 if table.inference else 2) * options.best
    screening = tried * (FORK_SECONDS + (options.warmup + 3) * step + max(options.screen_seconds, 3 * step))
    starting = measured * (START_SECONDS + (options.warmup + 3) * step)
    ours = (options.rounds + 1) * (1 + options.seconds)
    return screening + starting + measured * options.rounds * max(options.seconds, 3 * step) + ours


def markdown(out, names):
    """Of every row that is there."""
    parts = []
    for name in names:
        files = [out / name / f"{row}.json" for row in TABLES[name].rows]
        rows = [json.loads(file.read_text())["rows"][0] for file in files if file.exists()]
        if not rows:
            continue
        short = figures.shortfalls(rows)
        commits = sorted({row["environment"]["commit"][:7] + ("+" if row["environment"]["changed_files"] else "") for row in rows})
        dates = sorted({row["environment"]["date"][:10] for row in rows})
        threads = rows[0]["threads"]
        parts += [f"{TABLES[name].title}, {threads} thread{'s' if threads > 1 else ''}; medians in ms "
                  f"(5 to 95 %, steps; peak memory), build {', '.join(commits)}, "
                  f"{' to '.join(dict.fromkeys((dates[0], dates[-1])))}:", figures.markdown_of(rows),
                  "Falls short: " + "; ".join(short) + "." if short else "All of these rows hold their bars."]
        if len(rows) < len(files):
            parts.append(f"{len(files) - len(rows)} rows are not measured yet.")
    return "\n\n".join(parts) + "\n"


def minutes(seconds):
    return f"{seconds / 60:.0f} min" if seconds >= 90 else f"{seconds:.0f} s"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True, help="folder of the rows")
    parser.add_argument("--tables", default=",".join(TABLES), help="of " + ",".join(TABLES))
    parser.add_argument("--rows", help="only these")
    parser.add_argument("--among", type=int, default=3, help="settings of each framework that are tried again in a table that follows (3)")
    parser.add_argument("--again", action="store_true", help="measure rows that are there too")
    parser.add_argument("--print", action="store_true", help="only print the tables of what is there")
    parser.add_argument("--estimate", action="store_true", help="only say what is to do and about how long it takes")
    add_common(parser)
    options = parser.parse_args()
    names, asked = options.tables.split(","), options.rows.split(",") if options.rows else None
    for kind, wanted, there in (("table", names, TABLES), ("row", asked or [], ROWS)):
        for name in wanted:
            if name not in there:
                parser.error(f"unknown {kind} {name!r}; known: {', '.join(there)}")
    if options.print:
        print(markdown(options.out, names), end="")
        return
    todo = []
    for name in names:
        threads = 1 if TABLES[name].one_thread else os.cpu_count()
        for row in TABLES[name].rows:
            if (asked is None or row in asked) and (options.again or not (options.out / name / f"{row}.json").exists()):
                tried = len(settings_of(TABLES[name], row, options, threads))
                follows = TABLES[name].after in names
                frameworks = len({PEERS[n].framework for n in screened(TABLES[name].inference, threads)})
                tried = min(tried, options.among * frameworks) if follows else tried
                todo.append((name, row, threads, seconds_of(TABLES[name], row, tried, options)))
    total = sum(seconds for *_, seconds in todo)
    print(f"{len(todo)} rows to measure, about {minutes(total)}", file=sys.stderr)
    if options.estimate:
        return
    begin, done, nurseries = time.monotonic(), 0, contextlib.ExitStack()
    for number, (name, row, threads, seconds) in enumerate(todo):
        table = TABLES[name]
        if number == 0 or name != todo[number - 1][0]:
            nurseries.close()
            nursery = nurseries.enter_context(Nursery(sys.executable, table.isa, options.verbose))
        settings = argparse.Namespace(**vars(options) | {"threads": threads, "inference": table.inference, "isa": table.isa, "peers": "best"})
        result = run_row(row, settings, settings_of(table, row, options, threads), nursery)
        written(options.out / name / f"{row}.json", [result])
        (options.out / "tables.md").write_text(markdown(options.out, TABLES))
        print(figures.text_of(result), flush=True)
        done += seconds
        taken = time.monotonic() - begin
        print(f"{name}: {number + 1} of {len(todo)} rows in {minutes(taken)}, about {minutes((total - done) * taken / done)} left", file=sys.stderr)
    nurseries.close()
    print(markdown(options.out, names), end="")


if __name__ == "__main__":
    main()
