#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Change the core at random; a test has to notice each change.

usage: mutate.py --core DIR --out DIR --survivors FILE [...] -- CC CFLAGS...

Of all changes that generate.py finds, those come first whose name, hashed with
the seed, is smallest: the sample stays the same where the code does. A change
that does not compile, or makes the same machine code, is none. The tests run
from the quickest to the slowest until one fails; what none notices must be
explained in the file of survivors, and nothing else may be there. Only the quick
ones look at what is explained. Prints TAP.
"""
import argparse
import collections
import concurrent.futures
import glob
import hashlib
import os
import resource
import shlex
import shutil
import subprocess
import sys
import threading

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from generate import Source  # noqa: E402

# Share of the changes that could be noticed which has to be, percent
LEAST = 95
# Beyond this many times what the tests need for the core as it is, and this
# many seconds, a change is taken for an endless loop
PATIENCE = 10
SECONDS_LEAST = 4
MEMORY = 4 << 30
OUTPUT = 64 << 20
# Headers with code in them
HEADERS = ["vfio_ccw_cp_prog.h"]


class Stage:
    """One program of tests, run with some arguments."""

    def __init__(self, line):
        self.name, self.build, self.files, *self.args = shlex.split(line)
        self.seconds = None
        self.lock = threading.Lock()

    def concerns(self, name):
        """Is the changed file a part of this program?"""
        return any(name.startswith("vfio_ccw_" + part)
                   for part in self.files.split(","))


class Bench:
    """Compiles changed files, links them to the tests and runs these."""

    def __init__(self, options):
        self.core, self.out = options.core, options.out
        self.compiler = options.compiler
        self.flags = {"quick": ["-O0"], "plain": ["-O2"],
                      "counted": ["-O1", "-fsanitize-coverage=trace-pc"],
                      "sanitized": options.sanitize.split()}
        self.stages = [Stage(line) for line in options.stage]
        self.names = sorted(os.path.basename(path) for pattern in
                            ("cp*", "pins", "fsm*", "status") for path in
                            glob.glob(f"{self.core}/vfio_ccw_{pattern}.c"))
        self.texts = {}
        for name in self.names + HEADERS:
            with open(os.path.join(self.core, name), encoding="utf-8") as file:
                self.texts[name] = file.read()
        self.objects = {}
        self.lock = threading.Lock()

    def compile(self, where, name, text, build):
        """The object of one file of the core; None if it is not C."""
        os.makedirs(where, exist_ok=True)
        source = os.path.join(where, name)
        with open(source, "w", encoding="utf-8") as file:
            file.write(text)
        target = f"{build}-{name[:-1]}o"
        done = subprocess.run(
            self.compiler + self.flags[build] +
            ["-g0", "-w", "-c", "-o", target, name],
            cwd=where, check=False, stderr=subprocess.DEVNULL)
        return os.path.join(where, target) if not done.returncode else None

    def prepare(self, pool):
        """The objects of the core as it is."""
        core = os.path.join(self.out, "core")
        shutil.rmtree(core, ignore_errors=True)
        keys = [(build, name) for build in
                {stage.build for stage in self.stages} for name in self.names]
        paths = pool.map(lambda key: self.compile(core, key[1],
                                                  self.texts[key[1]], key[0]),
                         keys)
        self.objects = dict(zip(keys, paths))

    def measure(self, stage):
        """How long a stage takes for the core as it is, where all is well."""
        with self.lock:
            program = self.link(os.path.join(self.out, "core"), stage, {})
        with stage.lock:
            if stage.seconds is not None:
                return
            good, said = self.run(program, stage)
            if not good:
                raise ValueError(f"{stage.name} fails without any change: "
                                 f"{said}")
            print(f"# {stage.name}: {stage.seconds:.1f} s", flush=True)

    def link(self, where, stage, changed):
        """A program of tests with one file of the core changed."""
        tests = stage.name.partition("-")[0]
        program = os.path.join(where, f"{tests}-{stage.build}")
        if os.path.exists(program):
            return program
        objects = [changed.get(name) or self.objects[stage.build, name]
                   for name in self.names if stage.concerns(name)]
        how = "sanitized" if stage.build == "sanitized" else "plain"
        subprocess.run(
            self.compiler + self.flags[how] + ["-o", program] + objects +
            [os.path.join(self.out, how, tests + ".o")], check=True)
        return program

    def run(self, program, stage):
        """Whether all passed; else what failed first."""
        seconds = max(SECONDS_LEAST, PATIENCE * (stage.seconds or 600))
        log = f"{program}-{stage.name}.log"

        def limits():
            resource.setrlimit(resource.RLIMIT_CPU, (int(seconds) + 1,) * 2)
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
            resource.setrlimit(resource.RLIMIT_FSIZE, (OUTPUT, OUTPUT))
            if stage.build != "sanitized":
                resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))

        with open(log, "wb") as output:
            child = subprocess.Popen([program, *stage.args], stdout=output,
                                     stderr=subprocess.STDOUT,
                                     stdin=subprocess.DEVNULL,
                                     preexec_fn=limits)
            _, status, usage = os.wait4(child.pid, 0)
            child.returncode = os.waitstatus_to_exitcode(status)
        if stage.seconds is None:
            stage.seconds = usage.ru_utime + usage.ru_stime
        if not child.returncode:
            return True, ""
        return False, self.complaint(log, child.returncode)

    @staticmethod
    def complaint(log, status):
        """The first line that says what is wrong."""
        words = ("not ok", "VIOLATION", "WARNING", "ERROR", "BUG",
                 "runtime error")
        with open(log, encoding="utf-8", errors="replace") as file:
            for line in file:
                if any(word in line for word in words):
                    return line.strip()[:120]
        return f"ended with {status}"

    def judge(self, number, mutant, explained):
        """None if it is no change; else whether a test notices, and which."""
        where = os.path.join(self.out, f"mutant-{number}")
        # A run that was interrupted has left programs there
        shutil.rmtree(where, ignore_errors=True)
        name, text = mutant.source.name, mutant.text()
        try:
            build, changed = None, {}
            for stage in self.stages:
                if not stage.concerns(name):
                    continue
                if explained and stage.build != "quick":
                    break
                if stage.build != build:
                    build = stage.build
                    changed = self.change(where, name, text, build)
                    if not self.differs(changed, build):
                        return None
                self.measure(stage)
                program = self.link(where, stage, changed)
                good, said = self.run(program, stage)
                if not good:
                    return True, f"{stage.name}: {said}"
            return False, ""
        finally:
            shutil.rmtree(where)

    def change(self, where, name, text, build):
        """The objects that a changed file makes: name -> path, or None"""
        if name.endswith(".c"):
            return {name: self.compile(where, name, text, build)}
        os.makedirs(where, exist_ok=True)
        with open(os.path.join(where, name), "w", encoding="utf-8") as file:
            file.write(text)
        # Includes look beside the file first, so these find the changed header
        return {one: self.compile(where, one, self.texts[one], build)
                for one in self.names if f'"{name}"' in self.texts[one]}

    def differs(self, changed, build):
        """Is there machine code, and other than without the change?"""
        if None in changed.values():
            return False
        if build != "plain":
            return True
        for name, path in changed.items():
            with (open(path, "rb") as left,
                  open(self.objects[build, name], "rb") as right):
                if left.read() != right.read():
                    return True
        return False


def read_survivors(path):
    """What is explained: name of the change -> (kind, why)"""
    entries = {}
    with open(path, encoding="utf-8") as file:
        paragraphs = file.read().split("\n\n")
    for paragraph in paragraphs:
        lines = [line for line in paragraph.split("\n")
                 if line and not line.startswith("#")]
        if not lines:
            continue
        if (len(lines) < 4 or not lines[1].startswith("- ") or
                not lines[2].startswith("+ ")):
            raise ValueError(f"not an entry of a survivor: {lines[0]}")
        kind, _, why = " ".join(lines[3:]).partition(": ")
        if kind not in ("equivalent", "survives") or not why:
            raise ValueError(f"not explained: {lines[0]}")
        entries[lines[0], lines[1][2:], lines[2][2:]] = kind, why
    return entries


class Report:
    """Test points, and what they come to."""

    def __init__(self, explained):
        self.explained = explained
        self.number = self.failed = 0
        self.found = self.equivalent = self.survived = 0
        self.stages = collections.Counter()

    def point(self, good, text, *more):
        """One line of TAP and what belongs to it."""
        self.number += 1
        self.failed += not good
        print(f"{'ok' if good else 'not ok'} {self.number} - {text}")
        for line in more:
            print(f"# {line}")
        sys.stdout.flush()

    def mutant(self, key, noticed, said):
        """One change."""
        place, before, after = key
        change = (f"- {before}", f"+ {after}")
        kind, why = self.explained.get(key, (None, ""))
        if noticed:
            self.found += 1
            self.stages[said.partition(":")[0]] += 1
            self.point(not kind, place + (": found, though explained" if kind
                                          else ""), *change, said)
            return
        self.equivalent += kind == "equivalent"
        self.survived += kind != "equivalent"
        self.point(kind, f"{place}: {kind or 'not noticed by any test'}",
                   *change, why)

    def score(self, invalid):
        """The figures of all."""
        could = self.found + self.survived
        share = 100 * self.found / could if could else 0
        self.point(share >= LEAST,
                   f"{self.found} of {could} changes found: {share:.1f} % "
                   f"(at least {LEAST})")
        print(f"# of {self.found + self.survived + self.equivalent} changes: "
              f"{self.found} found, {self.equivalent} equivalent, "
              f"{self.survived} survive; {invalid} more were none")
        print("# found by", ", ".join(f"{stage} {found}" for stage, found in
                                      self.stages.most_common()))
        print(f"1..{self.number}")


def arguments():
    """What the command line says."""
    args = sys.argv[1:]
    split = args.index("--")
    parser = argparse.ArgumentParser()
    for name in "core", "out", "survivors", "sanitize", "clang":
        parser.add_argument("--" + name, required=True)
    parser.add_argument("--stage", action="append", required=True)
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--seed", default="1")
    parser.add_argument("--only", default="", help="places that contain this")
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    options = parser.parse_args(args[:split])
    options.compiler = args[split + 1:]
    return options


def main():
    """Runs all; exit status 1 if anything is not as it should be."""
    options = arguments()
    bench = Bench(options)
    report = Report(read_survivors(options.survivors))
    clang_flags = [flag for flag in options.compiler[1:]
                   if flag.startswith(("-std", "-I", "-D"))]
    mutants = [mutant for name in bench.names + HEADERS for mutant in
               Source(os.path.join(options.core, name), name, options.clang,
                      clang_flags).generate()]
    there = {mutant.key() for mutant in mutants}
    print(f"# {len(mutants)} changes of {', '.join(bench.names + HEADERS)}",
          flush=True)
    mutants = [mutant for mutant in mutants if options.only in mutant.key()[0]]
    mutants.sort(key=lambda one: hashlib.sha256(
        "\n".join((options.seed,) + one.key()).encode()).digest())
    invalid = done = 0
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        bench.prepare(pool)
        results = {}
        for number, mutant in enumerate(mutants):
            for ahead in range(number, min(number + 2 * options.jobs,
                                           len(mutants))):
                if ahead not in results:
                    results[ahead] = pool.submit(
                        bench.judge, ahead, mutants[ahead],
                        mutants[ahead].key() in report.explained)
            result = results.pop(number).result()
            if result is None:
                invalid += 1
                continue
            report.mutant(mutant.key(), *result)
            done += 1
            if done == options.count:
                break
        for result in results.values():
            result.cancel()
    stale = [" | ".join(key) for key in report.explained if key not in there]
    report.point(not stale, "every survivor explained is a change of the core",
                 *stale)
    report.score(invalid)
    return report.failed != 0


if __name__ == "__main__":
    sys.exit(main())
