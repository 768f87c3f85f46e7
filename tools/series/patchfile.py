# SPDX-License-Identifier: GPL-2.0
"""A patch as a file: message, new files by name, hunks. A series as a folder of them."""
import os
import re

from repo import PATCHES, ROOT, die

COVER_LETTER = "cover-letter"
FOLDER = re.compile(r"(\d+)-[a-z0-9-]+$")
FILE = re.compile(r"\d{4}-.*\.patch$")


class Patch:
    def __init__(self, series, name, author, date, message, adds, diff):
        self.series = series
        self.name = name
        self.author = author
        self.date = date
        self.message = message
        self.adds = adds
        self.diff = diff

    @property
    def path(self):
        return "patches/%s/%s" % (self.series, self.name)

    @property
    def subject(self):
        return self.message.split("\n", 1)[0]

    def hunks(self):
        """The diff in parts, path: text."""
        parts = {}
        for part in re.findall(r"^diff --git .*?(?=^diff --git |\Z)", self.diff, re.S | re.M):
            parts[re.match(r"diff --git a/(\S+) ", part).group(1)] = part
        return parts

    def format(self):
        subject, _, body = self.message.partition("\n")
        parts = ["From: %s\nDate: %s\nSubject: [PATCH] %s\n\n%s\n---\n"
                 % (self.author, self.date, subject, body.strip("\n"))]
        parts += ["Adds: %s\n" % path for path in self.adds]
        if self.diff:
            parts.append("\n" + self.diff.rstrip("\n") + "\n")
        return "".join(parts)


def parse(series, name):
    path = os.path.join(PATCHES, series, name)
    with open(path, encoding="utf-8", errors="surrogateescape") as f:
        text = f.read()
    m = re.match(r"From: ([^\n<>]+ <[^\n<>]*>)\nDate: ([^\n]*)\nSubject: \[PATCH\] ([^\n]*)\n\n"
                 r"(.*?)\n---\n(.*)", text, re.S)
    if not m:
        die("patches/%s/%s is not in the form that `make refresh` writes:" % (series, name),
            "From: Name <mail>, Date:, Subject: [PATCH], body, '---', Adds: lines, hunks")
    author, date, subject, body, rest = m.groups()
    start = re.search(r"^diff --git ", rest, re.M)
    head = rest[:start.start()] if start else rest
    diff = rest[start.start():] if start else ""
    adds = re.findall(r"^Adds: (.+)$", head, re.M)
    return Patch(series, name, author, date, subject + "\n\n" + body, adds, diff)


def load_series():
    """The names of the series in their order."""
    names = []
    for name in os.listdir(PATCHES):
        if name.endswith(".patch"):
            die("patches/%s is in no series; move it to the folder of one" % name)
        if not os.path.isdir(os.path.join(PATCHES, name)):
            continue
        if not FOLDER.match(name):
            die("patches/%s is no name of a series: <number>-<name>" % name)
        if not os.path.exists(os.path.join(PATCHES, name, COVER_LETTER)):
            die("the series patches/%s has no %s;" % (name, COVER_LETTER),
                "write patches/%s/%s: the subject in the first line, then the text"
                % (name, COVER_LETTER))
        names.append(name)
    numbers = [int(FOLDER.match(n).group(1)) for n in names]
    for number in numbers:
        if numbers.count(number) > 1:
            die("several series have the number %d: %s" % (number, " ".join(
                n for n in sorted(names) if FOLDER.match(n).group(1) == str(number))))
    return sorted(names, key=lambda n: int(FOLDER.match(n).group(1)))


def load():
    """All patches in their order."""
    return [parse(series, name) for series in load_series()
            for name in sorted(os.listdir(os.path.join(PATCHES, series))) if FILE.match(name)]


def check_ownership(patches, files):
    """Every new file is added by exactly one patch, and is there."""
    owner = {}
    for patch in patches:
        for path in patch.adds:
            if path in owner:
                die("%s is added by two patches:" % path, owner[path], patch.path)
            if not os.path.exists(os.path.join(ROOT, path)):
                die("%s adds %s, which is not in the repository" % (patch.path, path))
            owner[path] = patch.path
    orphans = sorted(files - set(owner))
    if orphans:
        die("no patch adds %s" % ", ".join(orphans),
            "If it is committed in build/linux already, run `make refresh`.",
            "Else add a line below the '---' of the patch in patches/ that it begins in:",
            *("  Adds: " + path for path in orphans))
