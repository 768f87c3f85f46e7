# SPDX-License-Identifier: GPL-2.0
"""What the benchmark counted: a table, beside the last run; JSON lines and plots in build/bench.

A run is kept as the last one unless something takes more than 2 % longer than it did in
that: so such a run fails, and so does the next. Who means it removes build/bench/KERNEL.jsonl.
"""
import json
import os
import subprocess

from common import BUILD, HERE, say
from vm import shown

FOLDER = os.path.join(BUILD, "bench")
PERCENT = 2

# What is too far from the others is a plot of its own, or none
BARS = ("peer", "served", "refused", "info", "traced")
BARS_BELOW = 4000

TERMINAL = "set terminal svg noenhanced size 1000,560 font 'sans,12' background 'white'\n"
BAR_CHART = TERMINAL + """set output '%s'
set title 'Instructions of a system call, the ioctl alone'
set style fill solid 0.6
set boxwidth 0.7
set xtics rotate by 45 right
set yrange [0:*]
set grid ytics
set key top left
plot $cases using 0:2:xtic(1) with boxes lc rgb '#4477aa' title 'counted', \\
     $cases using 0:2:2 with labels offset 0,-0.7 notitle, \\
     $cases using ($0-0.35):3:(0.7):(0) with vectors nohead lw 2 lc rgb '#cc3311' title 'aim'
"""
LENGTHS = TERMINAL + """set output '%s'
set title 'Instructions by the length of request and response'
set logscale xy
set xlabel 'bytes'
set ylabel 'instructions'
set grid
set key top left
plot $served using 1:2 with linespoints pt 7 lc rgb '#4477aa' title 'request', \\
     $served using 1:2:2 with labels offset 0,1 notitle, \\
     $floor using 1:2 with linespoints pt 6 lc rgb '#777777' title 'floor: two copies, no TSM'
"""


class Figures:
    """The lines that the benchmark prints, as they come."""

    def __init__(self, config):
        self.saved = os.path.join(FOLDER, config + ".jsonl")
        self.before = {f["case"]: f for f in load(self.saved)}
        self.all = []

    def take(self, line):
        """Print one; what is no figure as it is."""
        if not line.startswith("{"):
            print(line, flush=True)
            return
        figure = json.loads(line)
        if not self.all:
            print("%-36s %9s %9s %9s %9s" % ("instructions", "now", "again", "aim", "last run"))
        self.all.append(figure)
        print(self.row(figure), flush=True)

    def row(self, figure):
        before = self.before.get(figure["case"])
        row = "%-36s %9d %9d %9s %9s" % (figure["case"], figure["instructions"], figure["again"],
                                           figure["most"] or "", before["instructions"] if before else "")
        if before and figure["instructions"] != before["instructions"]:
            row += " %+.1f %%" % percent(figure, before)
        if figure["most"] and figure["instructions"] > figure["most"]:
            row += "  aim missed"
        return row.rstrip()

    def conclude(self):
        """Plot and keep them. Returns whether nothing has become slower."""
        os.makedirs(FOLDER, exist_ok=True)
        slower = [f for f in self.all if f["case"] in self.before
                  and percent(f, self.before[f["case"]]) > PERCENT]
        gone = [case for case in self.before if case not in {f["case"] for f in self.all}]
        self.plot()
        for figure in slower:
            say("SLOWER", "%s: %d, was %d" % (figure["case"], figure["instructions"],
                                              self.before[figure["case"]]["instructions"]))
        for case in gone:
            say("GONE", case)
        if slower or gone:
            say("", "the last run stays the one to compare with: " + shown(self.saved))
            return False
        with open(self.saved + ".new", "w", encoding="utf-8") as f:
            f.writelines(json.dumps(figure) + "\n" for figure in self.all)
        os.replace(self.saved + ".new", self.saved)
        say("FIGURES", shown(self.saved))
        return True

    def plot(self):
        bars = [(f["case"], f["instructions"], f["most"] or "NaN") for f in self.all
                if f["group"] in BARS and f["instructions"] < BARS_BELOW]
        draw("cases.svg", BAR_CHART, cases=['"%s" %s %s' % bar for bar in bars])
        lengths = {group: ["%d %d" % (f["bytes"], f["instructions"]) for f in self.all
                           if f["group"] == group] for group in ("served", "floor")}
        draw("lengths.svg", LENGTHS, **lengths)


def percent(now, before):
    return 100 * (now["instructions"] / before["instructions"] - 1)


def load(path):
    try:
        with open(path, encoding="utf-8") as f:
            return [json.loads(line) for line in f]
    except FileNotFoundError:
        return []


def draw(name, script, **blocks):
    """Have gnuplot make a picture of blocks of lines."""
    data = "".join("$%s << END\n%s\nEND\n" % (block, "\n".join(lines)) for block, lines in blocks.items())
    path = os.path.join(FOLDER, name)
    subprocess.run(["gnuplot"], input=data + script % path, text=True, check=True)
    say("PLOT", shown(path))


def require_gnuplot():
    subprocess.run([os.path.join(HERE, "setup"), "bench"], check=True)
