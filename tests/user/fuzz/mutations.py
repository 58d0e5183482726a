#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Seeded defects of the translator, each of which the fuzzing must find.

Each defect is one replacement in copies of the translator's files. It must apply
at exactly one place of all of them, the copies must compile, and check-fuzz must
fail with it, while it passes with unchanged copies. One test point for each, as
TAP.

usage: mutations.py SOURCES BUILD_DIR COUNT CORPUS TESTS COMPILE...
SOURCES are the files, headers included, as one argument; TESTS is the object with
all the rest of check-fuzz; COMPILE is the compiler with its flags.
"""
import os
import re
import shutil
import subprocess
import sys

DEFECTS = [
    ("blocks of direct data are 4 KiB where the program's are 2 KiB",
     "n = min_t(u32, len, block - (addr & (block - 1)));",
     "n = min_t(u32, len, CP_PAGE_SIZE - (addr & CP_PAGE_MASK));"),
    ("the command of each CCW of a data chain counts, not the first one's",
     "c->dir = c->way == CP_CMD ? prog_direction_of(c->cmd) : c->way;",
     "c->dir = prog_direction_of(c->cmd) ?: c->way;"),
    ("no guard behind a segment",
     "s->slots = s->ccws + (s->link == CP_NONE ? 0 : 2) + guards;",
     "s->slots = s->ccws + (s->link == CP_NONE ? 0 : 2) + guards - 1;"),
    ("one IDAW too few where the last block has a single byte",
     "return (off + len + block - 1) / block;",
     "return (off + len + block - 2) / block;"),
    ("a count that is one short",
     "(u64)c->count << 32 | cda;",
     "(u64)(c->count - (c->count == 4096)) << 32 | cda;"),
    ("the last page of an area is not pinned",
     "(addr + len - 1) >> CP_PAGE_SHIFT, prog_pin_dir(dir));",
     "(addr + len - 2) >> CP_PAGE_SHIFT, prog_pin_dir(dir));"),
    ("input is pinned for output",
     "return dir == CP_OUT ? VFIO_CCW_PIN_READ : VFIO_CCW_PIN_WRITE;",
     "return dir != CP_BACK ? VFIO_CCW_PIN_READ : VFIO_CCW_PIN_WRITE;"),
    ("nothing is fetched behind a TIC",
     "*more = b->chained;",
     "*more = false;"),
    ("the channel-program address is that of the CCW",
     "return found->iova + VFIO_CCW_CCW_SIZE;",
     "return found->iova;"),
    ("the format bit stays the host's",
     "u32 same = VFIO_CCW_ORB_F | VFIO_CCW_ORB_A;",
     "u32 same = VFIO_CCW_ORB_A;"),
    ("every host list has blocks of 4 KiB",
     "p->uses_2k |= cp->block == VFIO_CCW_IDA_BLOCK_2K;",
     "p->uses_2k |= false;"),
    ("what transfers nothing keeps the guest's address",
     "*ccw = emit_make_ccw(c, emit_plain_flags(c), emit_null_addr(cp, c));",
     "*ccw = emit_make_ccw(c, emit_plain_flags(c), c->addr);"),
    ("an IDAW is read again after it was checked",
     "words[i] = addr;",
     "if (format2 && i) { __be64 again = cpu_to_be64(addr); "
     "cp->ops->read(cp->ctx, c->addr + 8 * i, &again, 8); "
     "words[i] = be64_to_cpu(again); } else words[i] = addr;"),
    ("the second IDAW may begin anywhere",
     "fixed |= cp->block - 1;",
     "fixed |= 1;"),
    ("a count of zero is one of the usual kind",
     "c->count && c->addr < cp->limit);",
     "c->addr < cp->limit);"),
    ("a CCW of the usual kind ends the program though it is chained",
     "chained = c->flags & VFIO_CCW_CCW_F_CC;",
     "chained = (c->flags & VFIO_CCW_CCW_F_CC) && !(c->iova & 8);"),
    ("a read-only page is no protection check",
     "case -EPERM: return CP_PROT;",
     "case -EPERM: return CP_PROG;"),
    ("output is copied although input goes to the same page",
     "if (pin_input_overlaps(p, c)) return 0;",
     "if (pin_input_overlaps(p, c) && c->good > 200) return 0;"),
    ("pages pinned one by one are not unpinned",
     "for (i = 0; i < p->pieces.n; i++, piece++) "
     "cp->ops->unpin(cp->ctx, piece->iova, piece->pages);",
     "for (i = 1; i < p->pieces.n; i++, piece++) "
     "cp->ops->unpin(cp->ctx, piece[1].iova, piece[1].pages);"),
    ("format 0 does not suppress incorrect length",
     "if (!cp->fmt1) ctl |= VFIO_CCW_ORB_L;",
     "if (!cp->fmt1) ctl |= 0;"),
    ("the claims are given up before the pins",
     "for (i = 0; i < p->pieces.n; i++, piece++) "
     "cp->ops->unpin(cp->ctx, piece->iova, piece->pages);",
     "pin_withdraw_claims(cp, p); "
     "for (i = 0; i < p->pieces.n; i++, piece++) "
     "cp->ops->unpin(cp->ctx, piece->iova, piece->pages);"),
    ("read backward goes forward",
     "if (dir == CP_BACK) { n = min_t(u32, len, (addr & (block - 1)) + 1); "
     "addr -= n;",
     "if (dir == CP_BACK) { n = min_t(u32, len, (addr & (block - 1)) + 1); "
     "addr += n;"),
    ("a place is left before the resume is accepted",
     "c->home = cp->tail + 1;",
     "c->home = cp->tail + 1; c->stop = resume_ccw_suspends(c);"),
    ("a resumed program does not go on behind where it was suspended",
     "WRITE_ONCE(mem[1], emit_like_slot(from, slot + 1));",
     ""),
    ("after a resume a status modifier leads nowhere",
     "WRITE_ONCE(mem[2], emit_like_slot(from, slot + 2));",
     ""),
    ("of a suspended CCW nothing but its suspend flag is fetched again",
     "WRITE_ONCE(mem[0], from->mem[slot]);",
     "mem[0] &= ~cpu_to_be64((u64)VFIO_CCW_CCW_F_S << 48);"),
    # What stays pinned between programs
    ("what was given up is found",
     "return pin->gen == pins->gen;",
     "return pin->gen;"),
    ("what is kept for another direction is found",
     "if (!pin || !pins_is_fresh(pins, pin) || (dir & ~pin->dir)) break; "
     "pin->lease",
     "if (!pin || !pins_is_fresh(pins, pin)) break; pin->lease"),
    ("what is found is not marked as used",
     "pin->lease[slot] = pins->lease[slot]; pins_touch(pins, pin); do",
     "pins_touch(pins, pin); do"),
    ("what is pinned to be kept is not marked as used",
     "if (slot != PINS_NO_LEASE) pin->lease[slot] = pins->lease[slot];",
     ""),
    ("what is given up and in use is unpinned at once",
     "if (pins_is_fresh(pins, pin) || pins_in_use(pins, pin)) continue; "
     "pins_detach",
     "if (pins_is_fresh(pins, pin)) continue; pins_detach"),
    ("what was given up is not unpinned at the end of the program",
     "if (pins->stale) { /* Pairs",
     "if (pins->stale > pins->pins) { /* Pairs"),
    ("a program that has ended still uses what it has found",
     "vfio_ccw_pins_end(cp->pins, cp->slot);",
     ""),
    ("the table still leads to what was unpinned",
     "c->pin[i] = NULL; pins_put_chunk(pins, c);",
     "pins_put_chunk(pins, c);"),
    ("memory that moves while it is pinned is kept",
     "if (pins->keep_gen == pins->gen && !pins->barred && "
     "!pins->ops->retry(pins->ctx, seq)) {",
     "if (!pins->barred) {"),
    ("what was unmapped while it was pinned is kept",
     "if (pins->keep_gen == pins->gen && !pins->barred &&",
     "if (pins->keep_gen == pins->gen &&"),
    ("what has to make room is unpinned too late",
     "pins_unpin(pins, going); return room;",
     "return room;"),
    ("the host address is that of the page before",
     "host[n++] = c->host[i++];",
     "host[n++] = c->host[i ? i++ - 1 : i++];"),
    ("a page of another pin counts with those of this one",
     "while (n < pages && i < VFIO_CCW_PINS_CHUNK && c->pin[i] == pin);",
     "while (n < pages && i < VFIO_CCW_PINS_CHUNK && c->pin[i]);"),
    ("a page that is kept for input alone is read",
     "pins_is_fresh(pins, pin) && (pin->dir & VFIO_CCW_PIN_READ)) {",
     "pins_is_fresh(pins, pin)) {"),
    ("a read goes on behind the kept page",
     "len > PINS_PAGE_SIZE - (iova & (PINS_PAGE_SIZE - 1)))",
     "len > PINS_PAGE_SIZE)"),
    ("pages are reserved for a pin that has failed",
     "pins->ops->unreserve(pins->ctx, pages); pins_give_back",
     "pins_give_back"),
    ("the rest of a run is pinned from its beginning",
     "run->from = at;",
     "run->from = 0;"),
]


def pattern_of(text):
    """The text with any white space between its words."""
    return re.compile(r"\s+".join(re.escape(word) for word in text.split()))


class Bench:
    """Compiles copies of the translator and runs check-fuzz with them."""

    def __init__(self, build, count, corpus, tests, compiler):
        self.build, self.count, self.corpus = build, count, corpus
        self.tests, self.compiler = tests, compiler
        self.there = {}
        shutil.rmtree(build, ignore_errors=True)
        os.makedirs(build)

    def write(self, sources):
        """Names of the files to compile because they, or a header, changed."""
        changed = {name for name, text in sources.items()
                   if self.there.get(name) != text}
        self.there = dict(sources)
        for name in changed:
            path = os.path.join(self.build, name)
            with open(path, "w", encoding="ascii") as out:
                out.write(sources[name])
        if any(name.endswith(".h") for name in changed):
            changed = sources
        return [name for name in changed if name.endswith(".c")]

    def run(self, sources):
        """(passed, the first thing that it says is wrong)"""
        subprocess.run([*self.compiler, "-w", "-c", *self.write(sources)],
                       cwd=self.build, check=True)
        binary = os.path.join(self.build, "check-fuzz")
        objects = [os.path.join(self.build, name[:-1] + "o")
                   for name in sources if name.endswith(".c")]
        subprocess.run([*self.compiler, "-o", binary, *objects, self.tests],
                       check=True)
        done = subprocess.run([binary, self.count, self.corpus], text=True,
                              stdout=subprocess.PIPE, timeout=600,
                              stderr=subprocess.STDOUT, check=False)
        said = [line for line in done.stdout.splitlines()
                if re.match(r"# (seed|/)|WARN|BUG|==|.*runtime error", line)]
        return done.returncode == 0, said[0][:150] if said else ""


def seed(sources, old, new):
    """The files with one defect, and at how many places it applies."""
    changed, places = {}, 0
    for name, text in sources.items():
        changed[name], times = pattern_of(old).subn(lambda _: new, text)
        places += times
    return changed, places


def main():
    """Runs all of them; exit status 1 if one is not found."""
    paths, build, count, corpus, tests = sys.argv[1:6]
    bench = Bench(build, count, corpus, tests, sys.argv[6:])
    sources = {}
    for path in paths.split():
        with open(path, encoding="ascii") as file:
            sources[os.path.basename(path)] = file.read()
    bad = 0
    print(f"1..{len(DEFECTS) + 1}", flush=True)
    passed, said = bench.run(sources)
    bad += not passed
    print(f"{'ok' if passed else 'not ok'} 1 - {count} programs pass without "
          f"a defect {said}", flush=True)
    for number, (name, old, new) in enumerate(DEFECTS, 2):
        changed, places = seed(sources, old, new)
        if places == 1:
            passed, said = bench.run(changed)
        else:
            passed, said = True, f"# it applies at {places} places"
        bad += passed
        print(f"{'not ok' if passed else 'ok'} {number} - found: {name}")
        print(f"# {said.lstrip('# ')}", flush=True)
    return bad != 0


if __name__ == "__main__":
    sys.exit(main())
