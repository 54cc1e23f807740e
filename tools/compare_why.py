#!/usr/bin/env python3
"""Two results of `tacho why --json` on the same step, term by term: how far each moved, and whether by less than its interval.

    tacho why --json one.json; tacho why --json two.json
    tools/compare_why.py one.json two.json

A term holds where it moved by less than the narrower of its two intervals over the rounds (samples_high_ns - samples_low_ns; what
other orders add is no error of measurement). Exit code 1 where one does not, 2 where the results are not of the same step, ends and order.
"""
import json
import sys
from pathlib import Path


def fail(text):
    print(f"compare_why: {text}", file=sys.stderr)
    sys.exit(2)


def read(path):
    try:
        result = json.loads(Path(path).read_text())
    except (OSError, ValueError) as error:
        fail(f"{path}: {error}")
    if not isinstance(result, dict) or result.get("schema") != "tacho.why":
        fail(f"{path}: expected a result of tacho why --json")
    return result


def what_it_is(result):
    step = [result["network"]["name"], result["batch_size"], result["dtype"], result["machine"]["model"]]
    return step, [(t["switch"], t["from"], t["to"]) for t in result["terms"]]


def main():
    if len(sys.argv) != 3:
        fail("expected two files: compare_why.py ONE.json TWO.json")
    one, two = (read(path) for path in sys.argv[1:])
    if what_it_is(one) != what_it_is(two):
        fail("the two results are not of the same step, machine, ends and order")
    for name, result in (("one", one), ("two", two)):
        left_over = result["difference_ns"] - sum(t["ns"] for t in result["terms"])
        print(f"{name}: {result['from']['step_ns'] / 1e6:.3f} ms -> {result['to']['step_ns'] / 1e6:.3f} ms; the terms sum to the difference "
              f"less {left_over} ns")
        if left_over:
            fail("terms must sum to the difference")
    print(f"{'term, ms':14}{'one':>11}{'two':>11}{'moved':>10}{'interval':>10}")
    held = True
    for a, b in zip(one["terms"], two["terms"]):
        moved = abs(a["ns"] - b["ns"])
        interval = min(term["samples_high_ns"] - term["samples_low_ns"] for term in (a, b))
        held = held and moved < interval
        print(f"{a['switch']:14}{a['ns'] / 1e6:11.3f}{b['ns'] / 1e6:11.3f}{moved / 1e6:10.3f}{interval / 1e6:10.3f}"
              f"{'' if moved < interval else '   MOVED MORE'}")
    print("each term moved by less than its interval" if held else "not every term moved by less than its interval")
    sys.exit(0 if held else 1)


if __name__ == "__main__":
    main()
