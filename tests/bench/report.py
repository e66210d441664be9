"""The table of `make bench`: as text for the terminal, and as the generated part of docs/performance.md."""
import datetime
import os
import re

from measures import UNITS

BEGIN, END = "<!-- bench:begin -->", "<!-- bench:end -->"
NOISE = 0.08  # below this a difference says nothing on a shared machine
HEADER = ["", "goal", "ratio (lowest to highest)", "subject", "peer", ""]


def number(value, measure):
    unit, decimals = UNITS[measure]
    return f"{value:,.{decimals}f} {unit}"


def verdict(value, row):
    if row.goal is None:
        return ""
    if value <= row.goal:
        return "met"
    noise = NOISE if row.measure.startswith(("cpu", "p99")) else 0
    return "missed by less than the noise" if value <= row.goal * (1 + noise) else "missed"


def cells(result, reasons=False):
    """One line of the table. The reason why a row has no figures may name paths, so it is for the terminal only."""
    row = result.row
    name = row.name.format(keys=f"{result.subject.keys:,}")
    subject, peer = (target.title().format(keys=f"{target.keys:,}") for target in (result.subject, result.peer))
    if result.error:
        return [name, goal_text(row), "", "", "", "not measured" + (": " + result.error[:160] if reasons else "")]
    ratios = sorted(result.ratios)
    judged = result.subject_median if row.limit else result.ratio
    return [name, goal_text(row), f"{result.ratio:.2f} ({ratios[0]:.2f} to {ratios[-1]:.2f})",
            f"{number(result.subject_median, row.measure)} ({subject}{beside(result, result.subject)})",
            f"{number(result.peer_median, row.measure)} ({peer}{beside(result, result.peer)})",
            verdict(judged, row)]


def beside(result, target):
    """What the store behind it used."""
    used = result.store_median(target)
    return "" if used is None else f"; the store {number(used, result.row.measure)}"


def goal_text(row):
    if row.goal is None:
        return "none"
    return f"<= {row.goal:g} {UNITS[row.measure][0]}" if row.limit else f"<= {row.goal:.2f}"


def markdown(results):
    lines = [HEADER, ["---", "---:", "---:", "---:", "---:", "---"], *map(cells, results)]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def terminal(results):
    lines = [HEADER, *(cells(result, reasons=True) for result in results)]
    widths = [max(len(line[i]) for line in lines) for i in range(len(HEADER))]
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(line, widths)).rstrip() for line in lines)


def section(title, results, versions, settings):
    date = datetime.date.today().isoformat()
    return (f"### {title}\n\nMeasured {date} on {os.cpu_count()} cores with {', '.join(versions)}; {settings}.\n\n"
            f"{markdown(results)}\n")


def write_docs(path, sections):
    """Replaces the sections of the generated part that were measured now (title: text) and keeps the others."""
    with open(path) as file:
        text = file.read()
    if BEGIN not in text or END not in text:
        raise SystemExit(f"{path} has no '{BEGIN}' ... '{END}'")
    head, _, rest = text.partition(BEGIN)
    old, _, tail = rest.partition(END)
    kept = {part.split("\n", 1)[0][4:]: part for part in re.split(r"(?m)^(?=### )", old) if part.startswith("### ")}
    kept.update(sections)
    body = "\n".join(part.strip("\n") + "\n" for part in kept.values())
    with open(path, "w") as file:
        file.write(f"{head}{BEGIN}\n\n{body}\n{END}{tail}")
