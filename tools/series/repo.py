# SPDX-License-Identifier: GPL-2.0
"""What all tools of the series share: where things are, the refs of build/linux."""
import os
import re
import sys

sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "vm"))
# pylint: disable=wrong-import-position,unused-import
from common import BUILD, LINUX, ROOT, die, git, say

PATCHES = os.path.join(ROOT, "patches")

# New files of the series stand below these, at the path they have in the kernel
SERIES_DIRS = ("Documentation", "drivers", "include", "samples", "tools/testing")

# What build/linux stood at after the last assembly
ASSEMBLED = "refs/tsm/assembled"
# What it is to stand at, until it does
ASSEMBLING = "refs/tsm/assembling"
BASE = "refs/tags/base"

# In the message of a commit in build/linux: the series that it is of
SERIES_TRAILER = "Series"


def resolve(ref):
    """Commit id of a ref in build/linux, or None."""
    res = git("rev-parse", "--verify", "-q", ref + "^{commit}", check=False)
    return res.stdout.decode().strip() or None


def series_files():
    """New files that stand in the repository, whether a patch names them or not."""
    return {os.path.relpath(os.path.join(folder, name), ROOT)
            for top in SERIES_DIRS for folder, _, names in os.walk(os.path.join(ROOT, top))
            for name in names if not folder.endswith("__pycache__")}


def series_commits(head="HEAD", cwd=LINUX):
    """(id, series, subject) of each commit up to head, the first one first."""
    log = git("log", "--reverse", "--format=%H%x00%B%x01", BASE + ".." + head, cwd=cwd)
    for entry in filter(None, (e.lstrip("\n") for e in log.split("\x01"))):
        commit, message = entry.split("\0", 1)
        series = re.findall(r"^%s: (.+)$" % SERIES_TRAILER, message, re.M)
        if not series:
            die("%s '%s' has no line '%s: N-name'"
                % (commit[:12], message.split("\n", 1)[0], SERIES_TRAILER),
                "run `make refresh`, which gives it the series of the commit before it")
        yield commit, series[-1], message.split("\n", 1)[0]
