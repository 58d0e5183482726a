# SPDX-License-Identifier: GPL-2.0
"""Every small change of a C file that its syntax tree suggests.

clang's syntax tree says where expressions and statements are, so that a change
is one of the program and not of its text: operators, constants, conditions,
whole statements, and the operands of macros that are made of numbers and bits.
"""
import json
import re
import subprocess
import tempfile

RELATIONS = {"<": ("<=", ">="), "<=": ("<", ">"), ">": (">=", "<="),
             ">=": (">", "<"), "==": ("!=",), "!=": ("==",)}
ARITHMETIC = {"+": ("-",), "-": ("+",), "*": ("/",), "/": ("*",),
              "%": ("/",), "<<": (">>",), ">>": ("<<",), "&": ("|",),
              "|": ("&",), "^": ("|",)}
ASSIGNMENTS = {"+=": ("-=", "="), "-=": ("+=", "="), "|=": ("&=", "="),
               "&=": ("|=", "="), "*=": ("/=",), "<<=": (">>=",),
               ">>=": ("<<=",), "/=": ("*=",)}
DROPPED = ("&&", "||", "&", "|", "+", "-")
CALLS = {"min": "max", "max": "min", "min_t": "max_t", "max_t": "min_t"}
# What only asserts, or only says how likely something is, changes nothing
ASSERTIONS = re.compile(r"(WARN|BUG|lockdep_|might_sleep|(fsm_)?assert_)")
HINTS = re.compile(r"\b(un)?likely(?=\()")
NUMBER = re.compile(r"(0[xX][0-9a-fA-F]+|\d+)([uUlL]*)")
TRANSPARENT = ("ImplicitCastExpr", "ParenExpr", "ConstantExpr")
STATEMENTS = ("CallExpr", "CompoundAssignOperator", "BreakStmt",
              "ContinueStmt", "StmtExpr", "DoStmt")
BODIES = ("CompoundStmt", "IfStmt", "ForStmt", "WhileStmt", "DoStmt",
          "CaseStmt", "DefaultStmt", "LabelStmt")


class Mutant:
    """One change: text[start:end] becomes new."""

    def __init__(self, source, place, start, end, new):
        self.source, self.place = source, place
        self.start, self.end = start, end
        # Lines keep their numbers
        self.new = new + "\n" * (source.text.count("\n", start, end) -
                                 new.count("\n"))
        self.number = 1

    def text(self):
        """The whole file with the change."""
        text = self.source.text
        return text[:self.start] + self.new + text[self.end:]

    def lines(self):
        """What the lines concerned say without and with it."""
        text = self.source.text
        first = text.rfind("\n", 0, self.start) + 1
        last = text.find("\n", self.end)
        before = text[first:last]
        after = text[first:self.start] + self.new + text[self.end:last]
        return " ".join(before.split()), " ".join(after.split())

    def key(self):
        """What names it as long as its lines and its function stay."""
        place = f"{self.source.name}: {self.place}"
        if self.number > 1:
            place += f" ({self.number})"
        return (place,) + self.lines()


class Source:
    """A C file and its syntax tree."""

    def __init__(self, path, name, clang, flags):
        self.name = name
        with open(path, encoding="utf-8") as file:
            self.text = file.read()
        self.file = None
        self.tree = self.parse(clang, flags)
        self.enums = {}
        self.mutants = []
        self.seen = set()
        self.place = None
        self.bounds = (0, 0)

    def parse(self, clang, flags):
        """Hints are blanked out: their arguments are then plain text."""
        text = HINTS.sub(lambda hint: " " * len(hint[0]), self.text)
        with tempfile.NamedTemporaryFile("w", suffix=".c") as copy:
            copy.write(text)
            copy.flush()
            done = subprocess.run(
                [clang, *flags, "-w", "-fsyntax-only", "-Xclang",
                 "-ast-dump=json", copy.name],
                check=True, stdout=subprocess.PIPE)
            self.path = copy.name
        return json.loads(done.stdout, object_hook=self.note_file)

    def note_file(self, node):
        """A location names its file only where that is a new one."""
        if "col" in node and "offset" in node:
            self.file = node.get("file", self.file)
            node["file"] = self.file
        return node

    def offset(self, loc, end):
        """Where a location is in the text, or None."""
        if "expansionLoc" in loc:
            expansion = loc["expansionLoc"]
            if expansion.get("isMacroArgExpansion"):
                return self.offset(loc["spellingLoc"], end)
            at = self.offset(expansion, end)
            if end and at is not None:
                at = self.behind_call(at)
            return at
        if loc.get("file") != self.path:
            return None
        return loc["offset"] + (loc["tokLen"] if end else 0)

    def behind_call(self, at):
        """A macro with arguments ends behind these."""
        if self.text[at:at + 1] != "(":
            return at
        depth = 0
        for i in range(at, len(self.text)):
            depth += {"(": 1, ")": -1}.get(self.text[i], 0)
            if not depth:
                return i + 1
        return at

    def span(self, node):
        """Where a node is, if it is text of the function, in one piece."""
        where = node.get("range")
        if not where:
            return None
        start = self.offset(where["begin"], False)
        end = self.offset(where["end"], True)
        if start is None or end is None or start >= end:
            return None
        if start < self.bounds[0] or end > self.bounds[1]:
            return None
        piece = self.text[start:end]
        if piece.count("(") != piece.count(")"):
            return None
        return start, end

    def add(self, start, end, new):
        """One more, unless it is there already or changes nothing."""
        # What begins with the parenthesis of a hint leaves the hint its own
        if new and self.text.endswith("likely", 0, start):
            new = f"({new})"
        if (start, end, new) in self.seen or self.text[start:end] == new:
            return
        self.seen.add((start, end, new))
        self.mutants.append(Mutant(self, self.place, start, end, new))

    def operator(self, node, others, drop):
        """Another operator between the two operands, or only one of these."""
        left, right = (self.span(child) for child in node["inner"])
        whole = self.span(node)
        if not left or not right or not whole or left[1] > right[0]:
            return
        gap = self.text[left[1]:right[0]]
        at = gap.find(node["opcode"])
        if at < 0 or gap.strip() != node["opcode"]:
            return
        at += left[1]
        for other in others:
            self.add(at, at + len(node["opcode"]), other)
        if drop:
            self.add(whole[0], whole[1], self.text[left[0]:left[1]])
            self.add(whole[0], whole[1], self.text[right[0]:right[1]])

    def constant(self, span):
        """A number one more, one less; the other truth value."""
        piece = self.text[span[0]:span[1]]
        if piece in ("true", "false"):
            self.add(*span, "false" if piece == "true" else "true")
        number = NUMBER.fullmatch(piece)
        if not number:
            return
        value = int(number[1], 0)
        self.add(*span, f"{value + 1}{number[2]}")
        if value:
            self.add(*span, f"{value - 1}{number[2]}")

    def enumerator(self, span, name):
        """The next one of its kind."""
        names = self.enums.get(name, [])
        if len(names) > 1 and self.text[span[0]:span[1]] == name:
            self.add(*span, names[(names.index(name) + 1) % len(names)])

    def condition(self, node, ways):
        """Always, never."""
        span = node and self.span(node)
        if span:
            for way in ways:
                self.add(*span, way)

    def statement(self, node):
        """Not done at all."""
        kind = node.get("kind")
        if not (kind in STATEMENTS or
                kind == "BinaryOperator" and node["opcode"] == "=" or
                kind == "UnaryOperator" and node["opcode"] in ("++", "--") or
                kind == "ReturnStmt" and not node.get("inner")):
            return
        span = self.span(node)
        if not span or not re.match(r"\s*;", self.text[span[1]:]):
            return
        if not ASSERTIONS.match(self.text[span[0]:span[1]]):
            self.add(*span, "")

    def result(self, node):
        """Nothing is the result."""
        span = node.get("inner") and self.span(node["inner"][0])
        if span and self.text[span[0]:span[1]] not in ("0", "NULL", "false"):
            self.add(*span, "0")

    def unary(self, node):
        """Without it, or the other way."""
        span, inner = self.span(node), self.span(node["inner"][0])
        if not span or not inner:
            return
        kept = self.text[inner[0]:inner[1]]
        if node["opcode"] in ("!", "~"):
            self.add(*span, kept)
        elif node["opcode"] == "-" and re.fullmatch("E[A-Z0-9]+", kept):
            self.add(*inner, "ENODEV" if kept == "EIO" else "EIO")
        elif node["opcode"] in ("++", "--"):
            other = {"++": "--", "--": "++"}[node["opcode"]]
            if span[1] == inner[1]:
                self.add(span[0], inner[0], other)
            else:
                self.add(inner[1], span[1], other)

    def node(self, node):
        """All that one node suggests."""
        kind = node.get("kind")
        inner = [child for child in node.get("inner", [])]
        if kind == "BinaryOperator":
            opcode = node["opcode"]
            self.operator(node, RELATIONS.get(opcode) or
                          ARITHMETIC.get(opcode) or
                          {"&&": ("||",), "||": ("&&",)}.get(opcode, ()),
                          opcode in DROPPED)
        elif kind == "CompoundAssignOperator":
            self.operator(node, ASSIGNMENTS.get(node["opcode"], ()), False)
        elif kind == "UnaryOperator":
            self.unary(node)
        elif kind == "IntegerLiteral" and self.span(node):
            self.constant(self.span(node))
        elif kind == "DeclRefExpr" and self.span(node):
            to = node.get("referencedDecl", {})
            if to.get("kind") == "EnumConstantDecl":
                self.enumerator(self.span(node), to["name"])
        elif kind in ("IfStmt", "ConditionalOperator"):
            self.condition(inner[0], ("1", "0"))
        elif kind == "WhileStmt":
            self.condition(inner[0], ("0",))
        elif kind == "DoStmt":
            self.condition(inner[1], ("0",))
        elif kind == "ForStmt":
            self.condition(inner[2], ("0",))
        elif kind == "ReturnStmt":
            self.result(node)
        if kind in BODIES:
            for child in inner:
                self.statement(child)

    def walk(self, node):
        """A node and all below it."""
        self.node(node)
        for child in node.get("inner", []):
            self.walk(child)

    def walk_calls(self):
        """The smaller for the larger, in the text of the function."""
        text = self.text[self.bounds[0]:self.bounds[1]]
        for call in re.finditer(r"\b(\w+)(?=\()", text):
            if call[1] in CALLS:
                self.add(self.bounds[0] + call.start(),
                         self.bounds[0] + call.end(), CALLS[call[1]])

    def walk_macros(self):
        """Macros that are a number, or made of bits; never with arguments."""
        for macro in re.finditer(r"^#define[ \t]+(\w+)[ \t]+((?:\\\n|.)+)",
                                 self.text, re.M):
            body = re.sub(r"/\*.*", lambda c: " " * len(c[0]), macro[2])
            self.place = macro[1]
            for word in re.finditer(r"(?<![\w])\d\w*\b", body):
                self.constant((macro.start(2) + word.start(),
                               macro.start(2) + word.end()))
            for word in re.finditer(r"\|[\s\\]*[\w]+(\(\w+\))?|"
                                    r"(?<=\()[\w]+(\(\w+\))?[\s\\]*\|", body):
                gap = "\\\n" * word[0].count("\n")
                self.add(macro.start(2) + word.start(),
                         macro.start(2) + word.end(), gap)

    def generate(self):
        """All of them, in the order of the text."""
        for node in self.tree["inner"]:
            if node.get("kind") == "EnumDecl":
                names = [one["name"] for one in node.get("inner", [])
                         if one["kind"] == "EnumConstantDecl"]
                self.enums.update({name: names for name in names})
        for node in self.tree["inner"]:
            if node.get("kind") not in ("FunctionDecl", "VarDecl"):
                continue
            self.bounds = (0, len(self.text))
            self.bounds = self.span(node) or (0, 0)
            self.place = node.get("name")
            if node["kind"] == "FunctionDecl":
                self.walk_calls()
            self.walk(node)
        self.bounds = (0, len(self.text))
        self.walk_macros()
        self.mutants.sort(key=lambda one: (one.start, one.end, one.new))
        count = {}
        for mutant in self.mutants:
            key = mutant.key()
            mutant.number = count[key] = count.get(key, 0) + 1
        return self.mutants
