# SPDX-License-Identifier: GPL-2.0
"""A patch of the series as a file: message, new files by name, hunks to old ones."""
import os
import re

from repo import PATCHES, ROOT, die


class Patch:
    def __init__(self, name, author, date, message, adds, diff):
        self.name = name
        self.author = author
        self.date = date
        self.message = message
        self.adds = adds
        self.diff = diff

    @property
    def subject(self):
        return self.message.split("\n", 1)[0]

    def format(self):
        subject, _, body = self.message.partition("\n")
        parts = ["From: %s\nDate: %s\nSubject: [PATCH] %s\n\n%s\n---\n"
                 % (self.author, self.date, subject, body.strip("\n"))]
        parts += ["Adds: %s\n" % path for path in self.adds]
        if self.diff:
            parts.append("\n" + self.diff.rstrip("\n") + "\n")
        return "".join(parts)


def parse(path):
    name = os.path.basename(path)
    with open(path, encoding="utf-8", errors="surrogateescape") as f:
        text = f.read()
    m = re.match(r"From: (.*)\nDate: (.*)\nSubject: \[PATCH\] (.*)\n\n(.*?)\n---\n(.*)",
                 text, re.S)
    if not m:
        die("patches/%s is not in the form that `make refresh` writes:" % name,
            "From:, Date:, Subject: [PATCH], body, '---', Adds: lines, hunks")
    author, date, subject, body, rest = m.groups()
    start = re.search(r"^diff --git ", rest, re.M)
    head = rest[:start.start()] if start else rest
    diff = rest[start.start():] if start else ""
    adds = re.findall(r"^Adds: (.+)$", head, re.M)
    return Patch(name, author, date, subject + "\n\n" + body, adds, diff)


def load():
    """All patches in their order."""
    names = sorted(f for f in os.listdir(PATCHES) if re.match(r"\d{4}-.*\.patch$", f))
    return [parse(os.path.join(PATCHES, n)) for n in names]


def check_ownership(patches, files):
    """Every new file belongs to exactly one patch and is there."""
    owner = {}
    for patch in patches:
        for path in patch.adds:
            if path in owner:
                die("%s is added by two patches: %s and %s"
                    % (path, owner[path], patch.name))
            if not os.path.exists(os.path.join(ROOT, path)):
                die("patches/%s adds %s, which is not in the repository"
                    % (patch.name, path))
            owner[path] = patch.name
    orphans = sorted(files - set(owner))
    if orphans:
        die("no patch adds %s" % ", ".join(orphans),
            "Each new file belongs to one patch. If it is committed in build/linux already, run",
            "`make refresh`. Else add a line below the '---' of its patch in patches/:",
            *("  Adds: " + path for path in orphans))
