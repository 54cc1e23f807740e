"""From samples to what a table says: medians, spreads, ratios, bars. Nothing here measures or reads anything."""
import statistics

from rows import MEMORY_BAR

FRAMEWORKS = {"torch": "PyTorch", "tensorflow": "TensorFlow", "onnxruntime": "ONNX Runtime", "openvino": "OpenVINO"}
BUSY = 0.25  # cores at work besides ours from which on times are doubtful
# A framework's second setting is measured in full where its screening came as near as this to the first's.
NEAR = 1.3


def quantile(times, at):
    """The nearest of the samples."""
    times = sorted(times)
    return times[min(len(times) - 1, round(at * (len(times) - 1)))]


def summary(rounds):
    """Of a participant's samples, a list for each round."""
    times = [time for samples in rounds for time in samples]
    return {"median_ns": statistics.median(times), "p05_ns": quantile(times, 0.05), "p95_ns": quantile(times, 0.95), "min_ns": min(times),
            "steps": len(times), "round_medians_ns": [statistics.median(samples) for samples in rounds]}


def best_settings(screened, frameworks, count):
    """The settings worth measuring in full: of each framework the quickest, and up to `count` that came near it.
    `screened`: median by setting; `frameworks`: framework by setting."""
    chosen = []
    for framework in dict.fromkeys(frameworks[name] for name in screened):
        mine = sorted((name for name in screened if frameworks[name] == framework), key=screened.get)
        chosen += [name for name in mine[:count] if screened[name] <= NEAR * screened[mine[0]]]
    return chosen


def verdict(participants, bar, inference):
    """Ours against the best peer: `participants` by name, each a summary with peak_rss_bytes. None without either.
    ratio_low and ratio_high are the least and the largest of the rounds' own ratios."""
    ours = participants.get("tachograph")
    peers = {name: p for name, p in participants.items() if name != "tachograph"}
    if not ours or not peers:
        return None
    best = min(peers, key=lambda name: peers[name]["median_ns"])
    leanest = min(peers, key=lambda name: peers[name]["peak_rss_bytes"])
    ratios = [theirs / own for theirs, own in zip(peers[best]["round_medians_ns"], ours["round_medians_ns"])]
    result = {"best": best, "ratio": peers[best]["median_ns"] / ours["median_ns"], "ratio_low": min(ratios), "ratio_high": max(ratios),
              "round_ratios": ratios, "bar": bar, "leanest": leanest,
              "memory": ours["peak_rss_bytes"] / peers[best]["peak_rss_bytes"],
              "memory_of_leanest": ours["peak_rss_bytes"] / peers[leanest]["peak_rss_bytes"],
              "memory_bar": None if inference else MEMORY_BAR}
    result["holds"] = result["ratio"] >= bar
    result["memory_holds"] = inference or result["memory"] <= MEMORY_BAR
    return result


def digits(number):
    """Three significant digits, without an exponent."""
    if number >= 100:
        return f"{number:.0f}"
    return f"{number:.{2 if number >= 1 else 3}f}" if number < 10 else f"{number:.1f}"


def ms(ns):
    return digits(ns / 1e6)


def cell(result):
    return f"{ms(result['median_ns'])} ({ms(result['p05_ns'])}-{ms(result['p95_ns'])}, {result['steps']}; {result['peak_rss_bytes'] / 1e6:.0f} MB)"


def mark(text, holds):
    return text if holds else f"**{text}**"


def text_of(row):
    """One measured row for the terminal."""
    judged, lines = row["verdict"], [f"{row['label']}, {row['threads']} thread{'s' if row['threads'] > 1 else ''}"]
    for name, p in sorted(row["participants"].items(), key=lambda item: item[1]["median_ns"]):
        ratio = f"{p['median_ns'] / row['participants']['tachograph']['median_ns']:6.2f}x" if judged else ""
        lines.append(f"  {name:24} {p['median_ns'] / 1e6:9.3f} ms   5-95 %: {p['p05_ns'] / 1e6:.3f}-{p['p95_ns'] / 1e6:.3f}"
                     f"   {p['steps']:6} steps  {p['peak_rss_bytes'] / 1e6:6.0f} MB  {ratio}")
    others = [f"{name} {ms(s['median_ns'])}" for name, s in sorted(row["screened"].items(), key=lambda item: item[1]["median_ns"])]
    if others:
        lines.append("  screened, ms: " + ", ".join(others))
    if max(row["others_busy"]) > BUSY:
        lines.append(f"  others were at work: up to {max(row['others_busy']):.1f} cores before a round")
    lines += [f"  {name} kept {p['cores_busy']:.1f} cores busy" for name, p in row["participants"].items()
              if p.get("cores_busy", 0) > row["threads"] + BUSY]
    lines += [f"  {name:24} failed: {why}" for name, why in row["failed"].items()]
    if judged:
        short = "" if judged["holds"] else "   FALLS SHORT"
        lines.append(f"  best peer {judged['best']}: {judged['ratio']:.2f}x our step ({judged['ratio_low']:.2f}-{judged['ratio_high']:.2f}"
                     f" by rounds), bar {judged['bar']:g}{short}")
        bar = "" if judged["memory_bar"] is None else f", bar {judged['memory_bar']:g}{'' if judged['memory_holds'] else '   FALLS SHORT'}"
        lines.append(f"  memory: {judged['memory']:.2f} of the best peer's, {judged['memory_of_leanest']:.2f} of the leanest one's{bar}")
    return "\n".join(lines)


def markdown_of(rows):
    """A table of measured rows: each framework by its best setting. What falls short is in bold."""
    there = {p["framework"] for row in rows for p in row["participants"].values()}
    frameworks = [framework for framework in FRAMEWORKS if framework in there]
    head = ["network (batch)", "Tachograph", *(FRAMEWORKS[f] for f in frameworks), "best / ours (by rounds)", "bar", "memory"]
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    for row in rows:
        judged, cells = row["verdict"], [row["label"], "-"]
        if "tachograph" in row["participants"]:
            cells[1] = cell(row["participants"]["tachograph"])
        for framework in frameworks:
            mine = {name: p for name, p in row["participants"].items() if p["framework"] == framework}
            best = min(mine, key=lambda name: mine[name]["median_ns"], default=None)
            cells.append(f"{cell(mine[best])} {best.partition('-')[2] or 'default'}" if best else "-")
        cells += [mark(f"{judged['ratio']:.2f}", judged["holds"]) + f" ({judged['ratio_low']:.2f}-{judged['ratio_high']:.2f})",
                  f"{judged['bar']:g}", mark(f"{judged['memory']:.2f}", judged["memory_holds"])] if judged else ["-"] * 3
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def shortfalls(rows):
    """A sentence for each row under a bar."""
    said = []
    for row in rows:
        judged = row["verdict"]
        if judged is None:
            said.append(f"{row['label']}: not measured")
            continue
        if not judged["holds"]:
            said.append(f"{row['label']}: {judged['ratio']:.2f} of {judged['best']}, bar {judged['bar']:g}")
        if not judged["memory_holds"]:
            said.append(f"{row['label']}: {judged['memory']:.2f} of the memory of {judged['best']}, bar {judged['memory_bar']:g}")
    return said
