# SPDX-License-Identifier: GPL-2.0
"""The table of the tests, tools/vm/tests, and the kernels that they run on."""
import os

from vm import ROOT

# Those that `make test` uses unless it is told
TESTED = ("lockdep", "kasan", "notsm")
CONFIGS = ("demo", *TESTED)


class Test:
    def __init__(self, line):
        fields = [field.strip() for field in line.split(" | ")]
        self.name, configs, timeout, self.command, self.shows = fields
        self.configs = configs.split()
        self.alone = "alone" in self.configs
        if self.alone:
            self.configs.remove("alone")
        self.timeout = int(timeout)


def load_tests():
    with open(os.path.join(ROOT, "tools", "vm", "tests"), encoding="utf-8") as f:
        return [Test(line) for line in f if line.strip() and not line.startswith("#")]


def list_tests(tests):
    return ["%-17s %-20s %s" % (t.name, " ".join(t.configs), t.shows) for t in tests]
