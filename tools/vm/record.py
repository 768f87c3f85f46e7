# SPDX-License-Identifier: GPL-2.0
"""What earlier runs of the tests left behind: how long each took here, and the results of
a run that was interrupted, for the next to go on from."""
import hashlib
import json
import os

from common import HERE
from results import Case
from vm import kernel_image, run_dir

# Of a test that has not been run here yet
DEFAULT_SECONDS = 15


def load(path):
    try:
        with open(path, encoding="utf-8") as f:
            return json.load(f)
    except (OSError, ValueError):
        return {}


def save(path, what):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path + ".new", "w", encoding="utf-8") as f:
        json.dump(what, f, indent=0)
    os.replace(path + ".new", path)


class Seconds:
    """How long the tests of a kernel took the last time."""

    def __init__(self, config):
        self.path = os.path.join(run_dir(config), "seconds.json")
        self.known = load(self.path)

    def expected(self, test):
        return self.known.get(test.name, DEFAULT_SECONDS)

    def took(self, test, seconds):
        self.known[test.name] = round(seconds, 1)
        save(self.path, self.known)


def fingerprint(config, tests):
    """Of all that the results depend on."""
    files = [kernel_image(config), os.path.join(run_dir(config), "initramfs.gz")]
    files += [os.path.join(folder, name) for folder, _, names in os.walk(HERE)
              for name in names if "__pycache__" not in folder]
    digest = hashlib.sha256(" ".join(t.name for t in tests).encode())
    for path in sorted(files):
        with open(path, "rb") as f:
            digest.update(hashlib.sha256(f.read()).digest())
    return digest.hexdigest()


class Unfinished:
    """The cases of each test that ended, until the whole run has."""

    def __init__(self, config, tests):
        self.path = os.path.join(run_dir(config), "unfinished.json")
        self.key = fingerprint(config, tests)
        old = load(self.path)
        self.ended = old["ended"] if old.get("key") == self.key else {}

    def cases(self, test):
        """Those of the run before, or None."""
        if test.name not in self.ended:
            return None
        return [Case(*case) for case in self.ended[test.name]]

    def add(self, test, cases):
        self.ended[test.name] = [[c.name, c.status, c.reason, c.log] for c in cases]
        save(self.path, {"key": self.key, "ended": self.ended})


def forget(config):
    path = os.path.join(run_dir(config), "unfinished.json")
    if os.path.exists(path):
        os.unlink(path)
