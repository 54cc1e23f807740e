"""What each tab of a report page must show: its numbers, worked out here from the result's JSON.

A number that is shown is compared by its own last place, so that these checks know no format of the page.
"""
import re

UNITS = {"M": 1e6, "B": 1, "kB": 1e3, "MB": 1e6, "GB": 1e9, "ns": 1, "µs": 1e3, "ms": 1e6, "s": 1e9}


def shows(text, value):
    """Whether the first number in the text is `value`, rounded to its own last place; a unit behind it counts."""
    found = re.search(r"([-−+]?)([\d,]+(?:\.(\d+))?)(?:e([-+]\d+))?(?: (M|k?B|MB|GB|ns|µs|ms|s)\b)?", text)
    if not found:
        return False
    scale = UNITS.get(found[5], 1) * 10.0 ** int(found[4] or 0)
    number = float(found[2].replace(",", "")) * (-1 if found[1] in ("-", "−") else 1) * scale
    # Three significant digits end before the point in 1,234 and in 12.3 M: half a place there is 5 of them.
    place = 10.0 ** -len(found[3] or "") * scale
    return abs(number - value) <= 0.5 * place * (1 + 1e-6) + 1e-12


def table(page, panel, caption=""):
    """The rows of a panel's table (the one whose caption has the text) as dictionaries by column head."""
    return page.evaluate("""(() => {
        const tables = [...document.querySelectorAll('#panel-%s table.data')];
        const table = tables.find(t => t.caption.textContent.includes(%r));
        if (!table) return [];
        const heads = [...table.tHead.rows[0].cells].map(cell => cell.textContent);
        return [...table.tBodies[0].rows].filter(row => !row.classList.contains('details') && !row.classList.contains('group')).map(row =>
            Object.fromEntries([...row.cells].map((cell, i) => [heads[i], cell.textContent])));
    })()""" % (panel, caption))


def click(page, text, panel):
    page.evaluate("[...document.querySelectorAll('#panel-%s button')].find(b => b.textContent === %r).click()" % (panel, text))


class Checks:
    def __init__(self, expect):
        self.expect = expect

    def rows(self, name, shown, wanted):
        """`wanted`: rows as {column: text or number or (lambda text: bool)}, in order."""
        self.expect(len(shown) == len(wanted), f"{name}: {len(shown)} rows, wanted {len(wanted)}")
        for got, want in zip(shown, wanted):
            for column, value in want.items():
                cell = got.get(column, "(no such column)")
                holds = value(cell) if callable(value) else cell == value if isinstance(value, str) else shows(cell, value)
                self.expect(holds, f"{name}: {column} of {next(iter(got.values()))!r} shows {cell!r}, the result says {value!r}")

    def layers(self, page, result):
        step, ledger = result["step"], result["ledger"]
        whole = ledger["wall_ns"] * ledger["threads"]
        wanted = []
        for layer in result["layers"]:
            work = layer["products_work"] + layer["rest_work"] + layer["update_work"]
            ns = layer["products_ns"] + layer["rest_ns"] + layer["update_ns"]
            wanted.append({"layer": layer["layer"], "theory %": 100 * work / step["work"], "time %": 100 * ns / whole,
                           "ms a step": ns / ledger["steps"] / ledger["threads"] / 1e6})
        self.rows("layers", table(page, "layers"), wanted)

    def roofline(self, page, result):
        wanted = []
        for o in result["operations"]:
            e = o["executed"]
            flop, moved = e["mul"] + e["add"] + e["div"], o["bytes_read"] + o["bytes_written"]
            if (o["row"] != "view" or o["work"] > 0) and o["median_ns"] > 0 and flop and moved:
                wanted.append({"operation": o["label"], "FLOP/byte": flop / moved, "bytes": moved,
                               "GFLOP/s executed": flop / o["median_ns"] * result["threads"]})
        self.rows("roofline", table(page, "roofline"), wanted)
        dots = page.evaluate("document.querySelectorAll('#panel-roofline circle.dot').length")
        self.expect(dots == len(wanted), f"roofline: {dots} points for {len(wanted)} operations")

    def memory(self, page, result):
        memory = result["memory"]
        said = page.evaluate("document.querySelector('#panel-memory strong').textContent")
        self.expect(shows(said, memory["planned_bytes"]), f"memory: {said!r} planned, the result says {memory['planned_bytes']}")
        for arena in (a for a in memory["arenas"] if a["bytes"] > 0):
            name = "shared by all threads" if arena["arena"] == "shared" else "of each thread"
            self.rows("memory " + arena["arena"], table(page, "memory", name), [
                {"size": t["bytes"], "place": t["offset"], "first": t["first"], "last": t["last"], "written by": t["node"],
                 "last read by": memory["order"][t["last"]]} for t in arena["tensors"]])

    def waterfall(self, page, result):
        """The terms add up to the step as it was measured."""
        shown = table(page, "waterfall", "waterfall of the step")
        step = result["step"]["median_ns"] / 1e6
        self.expect(shown and shown[-1]["term"] == "the step" and shows(shown[-1]["ms"], step), f"waterfall: ends with {shown[-1:]}")
        terms = [float(row["ms"].replace("−", "-")) for row in shown[:-1]]
        places = len(shown[-1]["ms"].partition(".")[2])
        self.expect(abs(sum(terms) - step) <= 0.5 * 10**-places * (len(terms) + 1), f"waterfall: {terms} do not add up to {step}")
        floors = sum(o.get("floor_ns", 0) for o in result["operations"]) / result["threads"] / 1e6
        self.expect(shows(shown[0]["ms"], floors), f"waterfall: floor {shown[0]['ms']}, the result says {floors}")

    def findings(self, page, result):
        wall = result["step"]["median_ns"]
        groups = {g: [f for f in result["findings"] if f["group"] == g] for g in ("change", "kernels", "right", "leave_alone")}
        cards = page.evaluate("""[...document.querySelectorAll('.card')].map(c => ({text: c.querySelector('p').textContent,
            gain: (c.querySelector('.gain b, .bound b') || {}).textContent || '', change: c.querySelector('.change').textContent,
            command: (c.querySelector('code') || {}).textContent || ''}))""")
        self.expect([c["text"] for c in cards] == [f["text"] for f in groups["change"]], "a card for each finding that would save time, in order")
        for card, finding in zip(cards, groups["change"]):
            if card["change"].startswith("As "):
                continue
            self.expect(card["change"].lower() == finding["change"].lower() and card["command"] == finding["command"], f"card: {card}")
            gain = finding.get("estimated_gain_ns")
            if gain:
                bound = finding["gain_basis"] == "bound"
                value = -gain["high"] if bound else gain["median"]
                self.expect(shows(card["gain"], value / 1e6) or shows(card["gain"].replace(" ms", ""), value / 1e6), f"{finding['rule']}: {card['gain']} for {value}")
                share = re.search(r"([\d.]+) %", card["gain"])[0]
                self.expect(shows(share, 100 * abs(value) / wall), f"{finding['rule']}: {share} of the step")
        lines = page.evaluate("[...document.querySelectorAll('.right li')].map(l => [l.querySelector('code').textContent, l.querySelector('b').textContent])")
        self.expect(len(lines) == len(groups["right"]), f"{len(lines)} lines of what is right for {len(groups['right'])}")
        for (what, price), finding in zip(lines, groups["right"]):
            turned = finding.get("switch")
            name = f"{turned['name']}={turned['value']}" if turned else f"batch-size={finding['batch_size']}"
            gain = finding["estimated_gain_ns"]
            self.expect(what == name and (price == "no difference shows" if gain["high"] >= 0 else shows(price.replace(" ms", ""), -gain["median"] / 1e6)),
                        f"right: {what} {price} for {gain}")
        only = page.evaluate("[...document.querySelectorAll('.kernels-only li')].map(l => l.textContent)")
        self.expect(len(only) == len(groups["kernels"]) and all(f["change"][1:] in said for f, said in zip(groups["kernels"], only)),
                    f"only faster kernels: {only}")
        most = page.evaluate("(document.querySelector('.kernels-only h3 b') || {}).textContent || ''")
        wanted = result["advice"].get("kernels_at_most_ns")
        self.expect(most == "" if wanted is None else shows(most.replace(" ms", ""), -wanted / 1e6), f"only faster kernels: {most} for {wanted}")
        others = page.evaluate("document.querySelectorAll('.card .other-network').length")
        self.expect(others == sum(f["asks"] == "network" for f in groups["change"]), f"{others} cards of another network")
        alone = page.evaluate("(document.querySelector('p.alone') || {}).textContent || ''")
        for finding in groups["leave_alone"]:
            said = finding["text"] if finding["rule"] == "leave_alone" else finding["change"][1:]
            self.expect(said in alone, f"leave alone: {said!r} is not in {alone!r}")
        advice = page.evaluate("document.getElementById('advice').textContent")
        self.expect(result["advice"]["text"] in advice, f"advice: {advice!r}")

    def kinds(self, page, result):
        """Work by kind, fused rows divided among their members."""
        rows = [r for o in result["operations"] for r in o.get("kinds", [o])]
        work = {}
        for row in rows:
            work[row["kind"]] = work.get(row["kind"], 0) + row["work"]
        shown = page.evaluate("[...document.querySelectorAll('table.kinds tbody tr')].map(r => [...r.cells].map(c => c.textContent))")
        product = next(cells for cells in shown if cells[0] == "products")
        # Shares are rounded together, so that they add up to 100.
        self.expect(abs(float(product[2]) - 100 * work["product"] / result["step"]["work"]) <= 0.1, f"kinds: {product}")
        self.expect(abs(sum(float(cells[3]) for cells in shown) - 100) < 0.05, f"kinds: {shown} do not add up")
        line, step, time = result["timeline"], {}, 0
        for thread in line["threads"]:
            for at, end, state in zip(thread["at_ns"], thread["at_ns"][1:] + [line["ns"]], thread["state"]):
                node = line["states"][state]["node"]
                step[node] = step.get(node, 0) + end - at
        for o in result["operations"]:
            parts = o.get("kinds", [{"kind": o["kind"], "weight": 1}])
            time += step.get(o["node"], 0) * sum(k["weight"] for k in parts if k["kind"] == "product") / sum(k["weight"] for k in parts)
        self.expect(shows(product[4], round(time) / result["threads"] / 1e6), f"kinds: products take {product[4]}, the timeline says {time}")

    def sorting(self, page, name="operations", column="ms"):
        """A click on a column's head sorts by it, the largest first; another one turns the order round."""
        orders = []
        for _ in range(2):
            click(page, column, name)
            orders.append([float(row[column].replace(",", "")) for row in table(page, name) if row[column]])
        self.expect(len(set(orders[0])) > 2, f"{name}: {column} has too few numbers to sort")
        self.expect(orders[0] == sorted(orders[0], reverse=True) and orders[1] == sorted(orders[1]), f"{name}: not sorted by {column}: {orders}")
        state = page.evaluate("[...document.querySelectorAll('#panel-%s th[aria-sort]')].map(t => t.getAttribute('aria-sort'))" % name)
        self.expect(state == ["ascending"], f"{name}: a screen reader is told {state}")

    def grouping(self, page, result):
        click(page, "show all", "operations")
        page.evaluate("""(() => { const box = [...document.querySelectorAll('#panel-operations select')].pop(); box.value = 'kind';
            box.dispatchEvent(new Event('change')); })()""")
        groups = page.evaluate("""(() => { const table = document.querySelector('#panel-operations table.data');
            const at = [...table.tHead.rows[0].cells].map(c => c.textContent).indexOf('theory %');
            return [...table.querySelectorAll('tr.group')].map(row => [row.cells[0].textContent, row.cells[at].textContent]); })()""")
        kinds = {}
        for o in result["operations"]:
            if o["row"] != "view" or o["work"] > 0:
                entry = kinds.setdefault(o["kind"], [0, 0.0])
                entry[0] += 1
                entry[1] += o["theory_share"]
        counts = sorted(int(re.search(r"\((\d+)\)$", name)[1]) for name, _ in groups)
        self.expect(counts == sorted(n for n, _ in kinds.values()), f"groups by kind: {groups}")
        products = next(share for name, share in groups if name.startswith("products"))
        self.expect(shows(products, 100 * kinds["product"][1]), f"products' group: {products} of {kinds['product']}")
        rows = len(table(page, "operations"))
        self.expect(rows == sum(n for n, _ in kinds.values()), f"{rows} rows below the groups")
        page.evaluate("""(() => { const box = [...document.querySelectorAll('#panel-operations select')].pop(); box.value = '';
            box.dispatchEvent(new Event('change')); })()""")

    def zoom(self, page, result):
        """Buttons, wheel and "whole step" change what part of the step is drawn; nothing is drawn outside of it."""
        status = "document.querySelector('#panel-timeline [role=status]').textContent"
        ms = result["timeline"]["ns"] / 1e6
        page.evaluate("document.getElementById('tab-timeline').click()")
        boxes = "document.querySelectorAll('#panel-timeline svg rect').length"
        self.expect(page.evaluate(status) == "the whole step", "the timeline begins with the whole step")
        whole = page.evaluate(boxes)
        click(page, "+", "timeline")
        click(page, "+", "timeline")
        begin, end = (float(n.replace(",", "")) for n in re.findall(r"[\d.,]+", page.evaluate(status)))
        self.expect(abs((end - begin) / ms - 0.25) < 0.02, f"two clicks on + show {begin} to {end} of {ms}")
        self.expect(0 < page.evaluate(boxes) <= whole * 4, "intervals are drawn")
        outside = page.evaluate("""(() => { const svg = document.querySelector('#panel-timeline svg'), width = +svg.getAttribute('width');
            return [...svg.querySelectorAll('rect')].filter(r => +r.getAttribute('x') < 60 || +r.getAttribute('x') + +r.getAttribute('width') > width).length; })()""")
        self.expect(outside == 0, f"{outside} intervals are drawn outside")
        click(page, "▶", "timeline")
        later = float(re.findall(r"[\d.,]+", page.evaluate(status))[0].replace(",", ""))
        self.expect(later > begin, f"later: from {begin} to {later}")
        click(page, "whole step", "timeline")
        self.expect(page.evaluate(status) == "the whole step", "back to the whole step")
        page.evaluate("""(() => { const svg = document.querySelector('#panel-timeline svg'), box = svg.getBoundingClientRect();
            svg.dispatchEvent(new WheelEvent('wheel', {deltaY: -400, clientX: box.left + box.width / 2, clientY: box.top + 20, bubbles: true, cancelable: true})); })()""")
        self.expect(page.evaluate(status) != "the whole step", "the wheel zooms")
        click(page, "whole step", "timeline")

    def timeline(self, page, result):
        line, sums = result["timeline"], {}
        for thread in line["threads"]:
            for at, end, state in zip(thread["at_ns"], thread["at_ns"][1:] + [line["ns"]], thread["state"]):
                s = line["states"][state]
                key = (str(thread["thread"]), s["phase"] if s["account"] == "kernel" else s["account"])
                sums[key] = sums.get(key, 0) + end - at
        shown = table(page, "timeline")
        self.expect(len(shown) == len(sums), f"timeline: {len(shown)} rows for {len(sums)} accounts")
        wanted = sorted(ns / 1e6 for ns in sums.values())
        got = sorted((row["ms"] for row in shown), key=float)
        self.expect(all(shows(text, ns) for text, ns in zip(got, wanted)), f"timeline: {got} for {wanted}")

    def causal(self, page, result):
        rows = sorted(result["causal"]["operations"] if isinstance(result["causal"], dict) else result["causal"], key=lambda r: -r["free_gain_ns"])
        columns = {"share": "share_ns", "gain if free": "free_gain_ns", "from": "low_ns", "to": "high_ns", "by the schedule": "replayed_gain_ns",
                   "gain at its floor": "floor_gain_ns", "confirmed": "virtual_gain_ns"}
        self.rows("gain", table(page, "gain"), [{"operation": row["label"], **{title: row[key] / 1e6 for title, key in columns.items() if key in row}}
                                                for row in rows])

    def verified(self, page, result):
        self.rows("verified", table(page, "verified", "Estimates beside"), [
            {"switch": f"{v['switch']['name']}={v['switch']['value']}", "estimated gain, ms": v["estimated_gain_ns"]["median"] / 1e6,
             "measured gain, ms": v["measured_gain_ns"]["median"] / 1e6, "of a step of, ms": v["step_ns"] / 1e6, "off, % of the step": 100 * v["off"],
             "holds": lambda text, v=v: ("yes" in text) == v["holds"], "pairs": v["pairs"]} for v in result["verified"]])
        for v in result["verified"]:
            if v["operations"]:
                self.rows("verified kernels", table(page, "verified", f"{v['switch']['name']}={v['switch']['value']}"), [
                    {"node": o["node"], "estimated, ms": o["estimated_ns"] / result["threads"] / 1e6, "measured, ms": o["measured_ns"] / result["threads"] / 1e6}
                    for o in v["operations"]])

    def why(self, page, result):
        ends = [result["from"]["step_ns"], *(-t["ns"] for t in result["terms"]), result["to"]["step_ns"]]
        self.rows("why", table(page, "waterfall", "waterfall of the switches"), [{"ms": ns / 1e6} for ns in ends])
        operations = sorted((o for t in result["terms"] for o in t["operations"]), key=lambda o: -o["ns"])
        self.rows("why's operations", table(page, "operations"), [{"operation": o["op"], "ms taken off": o["ns"] / 1e6} for o in operations])

    def compare(self, page, result):
        kinds = {}
        for term in result["terms"]:
            kinds[term["kind"]] = kinds.get(term["kind"], 0) + term["ns"]
        wanted = [{"ms": result["a"]["step"]["median_ns"] / 1e6}, *({"term": kind, "ms": ns / 1e6} for kind, ns in kinds.items()),
                  {"ms": result["b"]["step"]["median_ns"] / 1e6}]
        self.rows("compare", table(page, "terms", "waterfall of the difference"), wanted)
        self.rows("compare's terms", table(page, "terms", "terms"), [{"kind": t["kind"], "op": t["op"], "ns": t["ns"]} for t in result["terms"]])
        self.rows("unmatched", table(page, "unmatched"), [{"op": u["op"], "ns": u["ns"]} for u in result["unmatched"]])

    def sweep(self, page, result):
        self.rows("sweep's step", table(page, "step"), [{"ms": p["step_ns"] / 1e6} for p in result["points"]])
        fits = [{"operation": lambda text, f=f: text.startswith(f["op"]), "measured": lambda text, f=f: shows(text.removeprefix("n^"), f["exponent"]),
                 "formula": lambda text, f=f: shows(text.removeprefix("n^"), f["formula_exponent"])} for f in result["fits"]]
        self.rows("sweep's fits", table(page, "fits"), fits)
        lines = page.evaluate("document.querySelectorAll('#panel-operations path.theory-line').length")
        self.expect(lines == len(result["fits"]), f"sweep: {lines} dashed lines for {len(result['fits'])} fits")
