#!/usr/bin/env python3
"""Opens report pages in a headless Chromium and compares what they show with the result they were made of.

Usage: page_test.py TACHO FOLDER. Exit 77, which ctest shows as skipped, where there is no browser.
"""
import json
import subprocess
import sys
from pathlib import Path

sys.dont_write_bytecode = True
from browser import Browser, find_browser  # noqa: E402
from page_numbers import Checks  # noqa: E402

TACHO, FOLDER = sys.argv[1], Path(sys.argv[2])
failures = []


def expect(holds, what):
    if not holds:
        failures.append(what)
        print("FAILED:", what)


CHECKS = Checks(expect)


def make(name, *arguments):
    """The result of a command as JSON, and the page of the same run."""
    page, result = FOLDER / f"{name}.html", FOLDER / f"{name}.json"
    subprocess.run([TACHO, *arguments, "--quiet", "--json", result, "--html", page], check=True,
                   stdout=subprocess.DEVNULL)
    return page, json.loads(result.read_text())


def check_quiet(page, name):
    expect(not page.messages, f"{name}: the console says {page.messages[:2]}")
    expect(not page.requests, f"{name}: the page loads {page.requests[:2]}")
    expect(page.evaluate("document.getElementById('panels').innerText.trim().length") > 20, f"{name}: nothing is shown")
    expect(page.evaluate("document.documentElement.innerHTML.indexOf('[object ')") < 0, f"{name}: [object ...] is shown")
    for wrong in ("NaN", "undefined", "Infinity"):
        expect(not page.evaluate(f"document.getElementById('panels').textContent.includes('{wrong}')"),
               f"{name}: {wrong} is shown")


def step_of(result):
    """Thread time of each node in the median step, from the timeline."""
    line, sums = result["timeline"], {}
    for thread in line["threads"]:
        ends = thread["at_ns"][1:] + [line["ns"]]
        for begin, end, state in zip(thread["at_ns"], ends, thread["state"]):
            node = line["states"][state]["node"]
            sums[node] = sums.get(node, 0) + end - begin
    return sums


def check_analyze(browser, path, result):
    page = browser.open(path)
    check_quiet(page, "analyze")
    size = page.evaluate("[document.documentElement.scrollWidth, document.documentElement.scrollHeight]")
    expect(size[0] <= 1366 and size[1] <= 768, f"analyze: the first screen scrolls at 1366 x 768: {size}")
    expect(page.evaluate("JSON.parse(document.getElementById('result').textContent)") == result, "the page holds its result")
    figure = page.evaluate("document.querySelector('.figures strong').textContent")
    ms = result["step"]["median_ns"] / 1e6
    expect(figure == f"{ms:.{3 if ms < 1 else 2}f}", f"ms per step: {figure}, the result says {ms}")
    rate = page.evaluate("document.querySelectorAll('.figures strong')[1].textContent")
    expect(int(rate.replace(",", "")) == int(result["step"]["examples_per_s"] + 0.5), f"examples/s: {rate}")
    CHECKS.findings(page, result)
    CHECKS.kinds(page, result)
    for tab in ("layers", "roofline", "memory", "waterfall", "timeline"):
        getattr(CHECKS, tab)(page, result)
    check_table(page, result)
    CHECKS.grouping(page, result)
    CHECKS.sorting(page)
    CHECKS.zoom(page, result)
    check_keyboard(page)
    phone = browser.open(path, width=390, height=844, phone=True, dark=True)
    check_quiet(phone, "analyze on a phone")
    expect(phone.evaluate("document.documentElement.scrollWidth") <= 390, "analyze: a phone scrolls sideways")
    light, dark = (p.evaluate("getComputedStyle(document.body).backgroundColor") for p in (page, phone))
    expect(light != dark, f"dark mode looks as light does: {dark}")
    page.pdf(FOLDER / "analyze.pdf")
    expect((FOLDER / "analyze.pdf").stat().st_size > 20_000, "the page does not print")


def check_table(page, result):
    """Times of rows are the timeline's; the column closes with the time outside kernels; filters keep what they say."""
    threads, wall, sums = result["threads"], result["step"]["median_ns"], step_of(result)
    places = 3 if wall < 1e6 else 2
    page.evaluate("document.getElementById('tab-operations').click()")
    shown = page.evaluate("""[...document.querySelectorAll('#panel-operations table.data tbody tr:not(.details)')].map(
        row => [...row.children].map(cell => cell.textContent))""")
    heads = page.evaluate("""[...document.querySelectorAll('#panel-operations table.data thead th')].map(h => h.textContent)""")
    at = heads.index("ms")
    times = sorted(row[at] for row in shown)
    expected = sorted(f"{sums.get(o['node'], 0) / threads / 1e6:.{places}f}" for o in result["operations"]
                      if o["row"] != "view" or o["work"] > 0)
    expect(times == expected, f"times of the rows: {times[:5]} instead of {expected[:5]}")
    total = page.evaluate("document.querySelector('#panel-operations .total').children[%d].textContent" % at)
    expect(total == f"{wall / 1e6:.{places}f}", f"the table's total: {total}")
    page.evaluate("""(() => { const box = document.querySelectorAll('#panel-operations select')[1]; box.value = 'backward';
        box.dispatchEvent(new Event('change')); })()""")
    kept = page.evaluate("""[...document.querySelectorAll('#panel-operations tbody tr:not(.details)')].map(
        row => row.children[%d].textContent)""" % heads.index("phase"))
    backward = sum(o["phase"] == "backward" and (o["row"] != "view" or o["work"] > 0) for o in result["operations"])
    expect(len(kept) == backward and set(kept) == {"backward"}, f"the filter keeps {len(kept)} of {backward}: {set(kept)}")


def check_keyboard(page):
    page.evaluate("document.getElementById('tab-overview').click(); document.getElementById('tab-overview').focus()")
    order = []
    for _ in range(20):
        chosen = page.evaluate("document.querySelector('[role=tab][aria-selected=true]').textContent")
        visible = page.evaluate("[...document.querySelectorAll('.panel')].filter(p => p.offsetParent).map(p => p.id)")
        focus = page.evaluate("document.activeElement.id")
        expect(visible == [focus.replace("tab-", "panel-")], f"tab {chosen}: {visible} is shown")
        if chosen in order:
            break
        order.append(chosen)
        page.key("ArrowRight")
    expect(order[:3] == ["Overview", "Operations", "Layers"] and len(order) == 7, f"tabs by arrow keys: {order}")
    unnamed = page.evaluate("""[...document.querySelectorAll('button, svg, table, select, input')].filter(e =>
        !(e.textContent.trim() || e.getAttribute('aria-label') || e.placeholder || e.title)).length""")
    expect(unnamed == 0, f"{unnamed} controls or pictures have no name")


def page_of(result, name):
    """A page of a result that was changed or made up: another page's, with this result in it."""
    text = (FOLDER / "analyze.html").read_text()
    begin = text.index('id="result">') + len('id="result">')
    path = FOLDER / f"{name}.html"
    path.write_text(text[:begin] + json.dumps(result).replace("<", "\\u003c") + text[text.index("</script>", begin):])
    return path


def check_verified(browser, result):
    """--verify's table; the numbers are made up, of one switch that holds and one that does not."""
    def gain(median):
        return {"low": median - 40_000, "median": median, "high": median + 50_000}
    kernels = [{"node": o["node"], "kernel": "other", "alone_ns": 1_000 * i, "estimated_ns": 2_500 * i + 100, "measured_ns": 3_000 * i}
               for i, o in enumerate(result["operations"][:3])]
    verified = [{"switch": {"name": name, "value": "off"}, "estimated_gain_ns": gain(estimated), "estimated_of_ns": 1_000_000,
                 "measured_gain_ns": gain(-310_000), "step_ns": 1_100_000, "pairs": 15,
                 "off": estimated / 1e6 + 310 / 1100, "holds": holds, "operations": kernels[:3 * i]}
                for i, (name, estimated, holds) in enumerate((("fusion", -300_000, True), ("tune", 250_000, False)))]
    changed = {**result, "verified": verified}
    page = browser.open(page_of(changed, "verified"))
    check_quiet(page, "verified")
    CHECKS.verified(page, changed)


def check_hostile(browser, result):
    """Names from outside are shown, not obeyed."""
    name = "</script><img src=x onerror=\"document.title='owned'\">"
    page = browser.open(page_of({**result, "network": {**result["network"], "name": name}}, "hostile"))
    expect(name in page.evaluate("document.getElementById('sentence').textContent"), "a hostile name is shown as it is")
    expect(page.evaluate("document.querySelectorAll('img').length") == 0, "a name became an element")
    expect(not page.requests and not page.messages, f"hostile: {page.requests} {page.messages}")


def main():
    program = find_browser()
    if not program:
        print("skipped: no browser (chromium-headless-shell, chromium); on Debian: apt-get install chromium-headless-shell")
        return 77
    FOLDER.mkdir(parents=True, exist_ok=True)
    pages = [make("analyze", "analyze", "lenet5", "--steps", "5", "--batch-size", "32", "--threads", "2", "--ways",
                  "off")]
    causal = make("causal", "analyze", "mlp", "--steps", "5", "--batch-size", "8", "--threads", "2", "--ways", "off", "--gains", "off",
                  "--causal", "--causal-top", "3")
    others = [causal, make("procedural", "analyze", "mlp", "--execution", "procedural", "--steps", "3", "--ways", "off"),
              make("inspect", "inspect"), make("complexity", "complexity"), make("plan", "plan", "lenet5"),
              make("operations", "operations", "conv2d")]
    samples = sorted((Path(__file__).parent / "data/pages").glob("*.json"))
    for sample in samples:
        result = json.loads(sample.read_text())
        others.append((page_of(result, sample.stem), result))
    with Browser(program) as browser:
        check_analyze(browser, *pages[0])
        check_hostile(browser, pages[0][1])
        check_verified(browser, pages[0][1])
        for path, result in others:
            page = browser.open(path)
            check_quiet(page, path.stem)
            expect(page.evaluate("JSON.parse(document.getElementById('result').textContent).schema") == result["schema"], path.stem)
            for tab in page.evaluate("[...document.querySelectorAll('[role=tab]')].map(t => t.id)"):
                page.evaluate(f"document.getElementById('{tab}').click()")
                expect(page.evaluate("document.querySelector('.panel.chosen').innerText.trim().length") > 0,
                       f"{path.stem}: {tab} is empty")
            if path.stem in ("why", "compare", "sweep", "causal"):
                getattr(CHECKS, path.stem)(page, result)
            for stem, column in (("sweep", "where they part"), ("matmul", "m×k×n")):
                shown = page.evaluate("[...document.querySelectorAll('#panels th')].map(t => t.textContent.trim())")
                expect(path.stem != stem or column in shown, f"{stem}: no column {column!r} in {shown}")
    print(f"pages: {1 + len(others)} opened, {len(failures)} failures")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
