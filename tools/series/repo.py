# SPDX-License-Identifier: GPL-2.0
"""Where things are, and the few git calls that all tools of the series share."""
import os
import re
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.path.join(ROOT, "build")
LINUX = os.path.join(BUILD, "linux")
PATCHES = os.path.join(ROOT, "patches")

# New files of the series stand below these, at the path they have in the kernel
SERIES_DIRS = ("Documentation", "drivers", "include", "tools/testing")

# What build/linux stood at after the last assembly
ASSEMBLED = "refs/tsm/assembled"
BASE = "refs/tags/base"

# In the message of a commit in build/linux: the series that it is of
SERIES_TRAILER = "Series"


def die(*lines):
    print("error: " + "\n       ".join(lines), file=sys.stderr)
    sys.exit(1)


def git(*args, cwd=LINUX, data=None, index=None, check=True):
    """Run git, return what it prints without the last newline."""
    env = dict(os.environ, LC_ALL="C")
    if index:
        env["GIT_INDEX_FILE"] = index
    res = subprocess.run(["git", *args], cwd=cwd, input=data, env=env,
                         capture_output=True)
    if check and res.returncode:
        die("git %s failed in %s:" % (" ".join(args[:3]), os.path.relpath(cwd, ROOT)),
            res.stderr.decode(errors="replace").strip())
    if not check:
        return res
    return res.stdout.decode(errors="surrogateescape").rstrip("\n")


def resolve(ref):
    """Commit id of a ref in build/linux, or None."""
    res = git("rev-parse", "--verify", "-q", ref + "^{commit}", check=False)
    return res.stdout.decode().strip() or None


def series_files():
    """New files that stand in the repository, whether a patch names them or not."""
    out = git("ls-files", "-co", "--exclude-standard", "--", *SERIES_DIRS, cwd=ROOT)
    return {f for f in out.split("\n") if f and os.path.exists(os.path.join(ROOT, f))}


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
