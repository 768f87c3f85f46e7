# SPDX-License-Identifier: GPL-2.0
"""The table of the tests, tools/vm/tests, and the kernels that they run on."""
import os
import re

from common import LINUX, ROOT, die
from vm import MACHINE_OF, MACHINES, kselftest_dir

# No kernel: what is run here, not in a VM
HOST = "host"
# Those that `make test` uses unless it is told
TESTED = (HOST, "lockdep", "kasan", "notsm", "arm64")
# As lockdep, and counts what runs: for `make coverage`
COVERAGE = "coverage"
CONFIGS = ("demo", *TESTED, COVERAGE, "fuzz")

# A line as in tools/vm/tests for each; the command is run in the repository
HOST_TESTS = [
    "environments | host | tools/series/try-environments | whatever git, shell and make are told, the tools do the same",
]

# What kselftest's runner gives a test whose directory has no settings
DEFAULT_SECONDS = 45
# A command that is no kselftest has nobody else who looks after its time
COMMAND_SECONDS = 300
# The runner ends a test that takes too long; if it has not by then, the VM is lost
SLACK_SECONDS = 60


class Test:
    """kselftest is its name there, as collection:program, or None."""

    def __init__(self, line):
        self.name, configs, self.command, self.shows = [f.strip() for f in line.split(" | ")]
        words = configs.split()
        self.configs = [w for w in words if w in CONFIGS]
        if "lockdep" in self.configs:
            self.configs.append(COVERAGE)
        self.alone = "alone" in words
        machines = [MACHINES[w] for w in words if w in MACHINES]
        self.machine = machines[0] if machines else {}
        match = re.match(r"(\w+):\S+", self.command)
        self.kselftest = match and match.group(0)
        self.collection = match and match.group(1)
        if match:
            self.command = "run_kselftest.sh -t " + self.command

    def limit(self):
        """After so many seconds the VM is lost."""
        own = re.search(r" -o (\d+)", self.command)
        if not self.kselftest:
            seconds = COMMAND_SECONDS
        elif own:
            seconds = int(own.group(1))
        else:
            seconds = seconds_in_settings(self.collection)
        return seconds + SLACK_SECONDS


def seconds_in_settings(collection):
    try:
        with open(os.path.join(LINUX, "tools", "testing", "selftests", collection, "settings"), encoding="utf-8") as f:
            match = re.search(r"^timeout=(\d+)", f.read(), re.M)
    except FileNotFoundError:
        match = None
    return int(match.group(1)) if match else DEFAULT_SECONDS


def load_tests():
    with open(os.path.join(ROOT, "tools", "vm", "tests"), encoding="utf-8") as f:
        lines = [*HOST_TESTS, *f]
    return [Test(line) for line in lines if line.strip() and not line.startswith("#")]


def list_tests(tests):
    return ["%-17s %-20s %s" % (t.name, " ".join(t.configs), t.shows) for t in tests]


def installed_for(config):
    try:
        with open(os.path.join(kselftest_dir(config), "kselftest-list.txt"), encoding="utf-8") as f:
            return set(f.read().split())
    except FileNotFoundError:
        die("there are no test programs", "run `make kernel CONFIG=%s`" % config)


def check_installed(tests, config):
    """The table has all that is installed, and nothing else. For another machine than
    x86-64 not all tests are built."""
    installed = installed_for(config)
    named = {t.kselftest for t in tests if t.kselftest}
    if config in MACHINE_OF:
        named = {t.kselftest for t in tests if t.kselftest and config in t.configs}
        installed &= named
    if installed != named:
        die("tools/vm/tests and the installed kselftests are not the same:",
            *("%s is installed, but not in tools/vm/tests" % t for t in sorted(installed - named)),
            *("%s is in tools/vm/tests, but not installed" % t for t in sorted(named - installed)))
