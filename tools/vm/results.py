#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""What a test said (TAP) and what the kernel said meanwhile, as a list of cases.

usage: tools/vm/results.py FILE.tap   print the cases as tools/vm/expected has them
"""
import os
import re
import sys

from common import LINUX, ROOT, die

PASS, FAIL, SKIP = "pass", "fail", "skip"

# What the kernel prints when something is wrong, whichever test runs. Leaks are the
# test kmemleak's matter: it knows which are the base kernel's.
SPLAT = re.compile(
    r"WARNING:|\bBUG:|KASAN:|UBSAN:|KCSAN:|\bOops\b|refcount_t:|Kernel panic"
    r"|possible (circular|recursive|irq|unsafe|deadlock)[a-z ]*|possible .* deadlock"
    r"|INFO: task .* blocked|INFO: trying to register|INFO: rcu|detected stalls|soft lockup"
    r"|suspicious RCU|general protection fault|unable to handle|list_(add|del) corruption"
    r"|ODEBUG:|Time out waiting for iommufd object")
SPLAT_LINES = 40
# What kselftest's runner prints before and, if it failed, after a test; what the test
# prints is prefixed by "# "
HEAD = re.compile(r"# selftests: \S+: \S+$")
VERDICT = re.compile(r"not ok \d+ selftests: \S+: \S+ # (.*\S)")
# What the harness of the kselftests prints before a case
BEGIN = re.compile(r"# +RUN +(\S+) \.\.\.")


class Case:
    def __init__(self, name, status, reason="", log=()):
        self.name = name
        self.status = status
        self.reason = reason
        self.log = list(log)


def expected_file(test):
    return os.path.join(ROOT, "tools", "vm", "expected", test)


def load_parser():
    """The kernel's own parser of TAP."""
    path = os.path.join(LINUX, "tools", "testing", "kunit")
    if path not in sys.path:
        sys.path.insert(0, path)
        sys.dont_write_bytecode = True
    try:
        import kunit_parser
        import kunit_printer
    except ImportError as e:
        die("can't load the kernel's parser of test results: %s" % e, "run `make assemble`")
    return kunit_parser, kunit_printer


def silent_printer(kunit_printer):
    class Silent(kunit_printer.Printer):
        def print(self, message):
            self.messages.append(message)

        def __init__(self):
            super().__init__(open(os.devnull, "w", encoding="utf-8"))
            self.messages = []
    return Silent()


def documents(lines):
    """Split what a test printed where a new TAP document begins."""
    docs = []
    for line in lines:
        if re.match(r"K?TAP version \d+$", line):
            docs.append([])
        if docs:
            docs[-1].append(line)
    return docs


def leaves(test, prefix, parser):
    """The cases of a parsed test, innermost only."""
    if test.subtests:
        inner = prefix + ([test.name] if test.name not in ("", "main") else [])
        for sub in test.subtests:
            yield from leaves(sub, inner, parser)
        return
    status = {parser.TestStatus.SUCCESS: PASS, parser.TestStatus.SKIPPED: SKIP}
    name = ".".join(prefix + [test.name]).strip() if test.name else None
    yield Case(name, status.get(test.status, FAIL), test.skip_reason, test.log)


def join_missing(cases, doc):
    """One case for all that were planned and have no result, named as the first of them."""
    known = [case for case in cases if case.name is not None]
    more = len(cases) - len(known) - 1
    if more < 0:
        return known
    ended = {case.name for case in known}
    begun = [match.group(1) for match in map(BEGIN.match, doc) if match]
    name = next((name for name in begun if name not in ended), "TAP")
    reason = "no result" + (", nor of %d more that were planned" % more if more else "")
    return known + [Case(name, FAIL, reason)]


def parse_document(doc):
    """The cases of one TAP document; what is not as TAP should be is a failed case."""
    parser, printers = load_parser()
    for line in doc:
        skip = re.match(r"1\.\.0 # SKIP ?(.*)", line)
        if skip:
            return [Case("all", SKIP, skip.group(1))]
    printer = silent_printer(printers)
    tree = parser.parse_run_tests(doc, printer)
    cases = join_missing(list(leaves(tree, [], parser)), doc)
    # The parser does not look at what comes after the last planned case
    given = sum(bool(parser.TEST_RESULT.match(line)) for line in doc if line[:1] in ("o", "n"))
    if given > len(tree.subtests):
        cases.append(Case("TAP", FAIL, "%d results, %d planned" % (given, len(tree.subtests))))
    bad = tree.counts.errors + tree.counts.failed + tree.counts.crashed
    if bad and all(c.status != FAIL for c in cases):
        cases.append(Case("TAP", FAIL, "not as it should be", printer.messages[-10:]))
    return cases


def verdicts(lines):
    """A failed case for a test that kselftest's runner ended, or that ended otherwise than
    by the usual exit status 1, whose reason is among its own cases."""
    found = [match.group(1) for match in map(VERDICT.search, lines) if match]
    return [Case("run", FAIL, reason) for reason in found if reason != "exit=1"]


def timed_out(cases):
    return any(case.name == "run" and case.reason.startswith("TIMEOUT") for case in cases)


def parse(lines):
    """All cases that a test printed, by itself or below kselftest's runner."""
    lines, ended = list(lines), []
    if any(map(HEAD.match, lines)):
        ended = verdicts(lines)
        lines = [line[2:] for line in lines if line.startswith("# ")]
    cases = [case for doc in documents(lines) for case in parse_document(doc)]
    if not cases:
        cases.append(Case("TAP", FAIL, "no results", lines[-10:]))
    return cases + ended


def splats(messages):
    """A failed case for what is wrong in the kernel's messages, or none."""
    lines = messages.split("\n")
    for i, line in enumerate(lines):
        if SPLAT.search(line):
            return [Case("kernel log", FAIL, SPLAT.search(line).group(0),
                         lines[max(0, i - 2):i + SPLAT_LINES])]
    return []


def load_expected(path):
    expected = {}
    with open(path, encoding="utf-8") as f:
        for line in f:
            if line.strip() and not line.startswith("#"):
                status, name = line.split(None, 1)
                expected[name.strip()] = status
    return expected


def load_skips():
    """(kernel, pattern of the reason) of the skips that are in order."""
    with open(expected_file("skips"), encoding="utf-8") as f:
        return [line.split(None, 1) for line in f if line.strip() and not line.startswith("#")]


def refuse_skips(config, cases):
    """The VM has all that the tests need, so a skip must not hide what got lost."""
    allowed = [pattern.strip() for kernel, pattern in load_skips() if kernel == config]
    for case in cases:
        if case.status == SKIP and not any(re.search(p, case.reason) for p in allowed):
            case.status, case.reason = FAIL, "skipped, but must not be: " + case.reason
    return cases


def compare(config, test, cases):
    """Fail each case that is not as tools/vm/expected says."""
    path = expected_file(test)
    if not os.path.exists(path):
        return refuse_skips(config, cases)
    expected = load_expected(path)
    where = os.path.relpath(path, ROOT)
    for case in cases:
        want = expected.pop(case.name, None)
        if case.status not in (FAIL, want):
            says = "says %s" % want if want else "does not have it (see tools/vm/results.py)"
            case.reason = "%s, but %s %s" % (case.reason or case.status, where, says)
            case.status = FAIL
    return cases + [Case(name, FAIL, "did not run, but stands in " + where) for name in expected]


def main():
    if len(sys.argv) != 2 or sys.argv[1].startswith("-"):
        print(__doc__)
        return
    try:
        with open(sys.argv[1], encoding="utf-8") as f:
            cases = parse(f.read().splitlines())
    except OSError as e:
        die("can't read %s: %s" % (sys.argv[1], e.strerror))
    for case in sorted(cases, key=lambda c: c.name):
        print(case.status, case.name)


if __name__ == "__main__":
    main()
