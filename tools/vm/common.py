# SPDX-License-Identifier: GPL-2.0
"""What every program begins with: the environment of common.sh, where things are, how to
end, how to call git."""
import os
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
BUILD = os.path.join(ROOT, "build")
LINUX = os.path.join(BUILD, "linux")


def die(*lines):
    sys.stdout.flush()
    print("error: " + "\n       ".join(lines), file=sys.stderr)
    sys.exit(1)


def say(what, text):
    print("  %-9s %s" % (what, text), flush=True)


def clean_environment():
    """Take what common.sh lets through; it has the list."""
    res = subprocess.run(["bash", "-c", '. "$0" && exec env -0', os.path.join(HERE, "common.sh")],
                         stdout=subprocess.PIPE, check=True)
    variables = [v.split("=", 1) for v in os.fsdecode(res.stdout).split("\0") if v]
    os.umask(0o022)
    os.environ.clear()
    os.environ.update(variables)


def git(*args, cwd=LINUX, data=None, index=None, env=None, check=True):
    """Run git, return what it prints without the last newline."""
    env = dict(os.environ, **(env or {}))
    if index:
        env["GIT_INDEX_FILE"] = index
    res = subprocess.run(["git", *args], cwd=cwd, input=data, env=env, capture_output=True,
                         check=False)
    if check and res.returncode:
        die("git %s failed in %s:" % (" ".join(args[:3]), os.path.relpath(cwd, ROOT)),
            res.stderr.decode(errors="replace").strip())
    if not check:
        return res
    return res.stdout.decode(errors="surrogateescape").rstrip("\n")


clean_environment()
