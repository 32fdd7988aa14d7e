"""Random env files that are made of what real ones are made of, and of what goes wrong in them: quotes
that do not match, references in every form, comments in odd places, line ends of all kinds."""
# SPDX-License-Identifier: MIT
import base64
import random

NAMES = ["A", "B", "KEY", "DB_URL", "LATER", "low", "Mixed_1", "_x", "K2", "PW", "NOPE", "EMPTY"]
ODD_NAMES = ["my.key", "MY-KEY", "1KEY", "KEY[0]", "CLÉ", "MY KEY", "'Q'", '"Q"', "A+", "", "export", "A:B"]
WORDS = ["val", "abc", "hello world", "a  b", "x", "1", "0", "true", "s3cr3t", "p@ss", "a/b/c", "~/x", "~",
         "postgres://u:p@h/db?a=1&b=2", "YWJjZA==", "{\"a\":1}", "it's", "C:\\temp\\new", "naïve ✓", "🔑", "a,b;c",
         "f(x)", "a&b", "a|b", "a<b", "*", "?", "[x]", "100%", "-", "--", "!", "a=b", "a:b", "e\u0301"]
SPACES = [" ", " ", " ", "  ", "\t", " \t", "\u00a0", "\u2003", "\x0b", "\x0c"]
ESCAPES = ["\\n", "\\t", "\\r", "\\\\", "\\\"", "\\'", "\\$", "\\`", "\\q", "\\x41", "\\u0041", "\\101", "\\ ", "\\", "\\#",
           "\\0", "\\a", "\\{", "\\}"]
FILES = [1, 1, 1, 1, 1, 2, 2, 3]  # how many are read one after the other
ENVIRONMENT = ["frompe", "", "x y", "p$A-w", "a#b", "pe${B}", "'q'", "\\$A", "é"]


class Maker:
    def __init__(self, seed):
        self.random = random.Random(seed)

    def chance(self, percent):
        return self.random.random() * 100 < percent

    def pick(self, items):
        return self.random.choice(items)

    def name(self):
        return self.pick(ODD_NAMES) if self.chance(5) else self.pick(NAMES)

    def reference(self, depth=0):
        name = self.pick(NAMES)
        kind = self.random.randrange(24)
        if kind < 6:
            return "$" + name
        if kind < 12:
            return "${" + name + "}"
        if kind < 19:
            operator = self.pick([":-", ":-", ":-", "-", ":+", "+", ":?", "?", ":=", "="])
            inner = self.text(depth + 1, 2) if depth < 2 else "d"
            return "${" + name + operator + inner + "}"
        return self.pick(["$", "$$", "${", "${}", "$(", "$1", "$1b", "$!", "${A", "$.", "${1}", "$A.", "${A/1/x}", "${#A}",
                          "${A:0:1}", "$ {A}", "${ A }", "$2b$10$abc", "$%", "$-x", "${A}}", "{$A}", "$é"])

    def atom(self, depth):
        kind = self.random.randrange(100)
        if kind < 50:
            return self.pick(WORDS)
        if kind < 65:
            return self.reference(depth)
        if kind < 75:
            return self.pick(ESCAPES)
        if kind < 84:
            return self.pick(SPACES)
        if kind < 90:
            return self.pick(["#", " #", " # c", "\t#", "#c ", "##"])
        return self.pick(["'", '"', "`", "=", ":", ";", "&", "(", ")", "{", "}", "$'a\\nb'", "\"\"", "''", "\u2028", "\ufeff"])

    def text(self, depth=0, most=4):
        return "".join(self.atom(depth) for _ in range(self.random.randint(0, most)))

    def quoted(self):
        quote = self.pick("\"\"\"\"''''`")
        inner = self.text()
        if self.chance(75):
            inner = inner.replace(quote, "")
        if self.chance(12):
            inner += self.pick(["\n", "\nB2=x", "\nline2", "\n\n", "\\\n"]) + self.text(0, 2)
        closing = quote if not self.chance(4) else self.pick(["", "'", '"'])
        after = ""
        if self.chance(25):
            after = self.pick([" ", "  ", "\t", " # c", "#c", " # say \"b\"", " # it's", "x", " b", "\"b\"", " \"b\"", "'b'",
                               " 'b'", "\\", ";", " ;", "$A", " $A"])
        return quote + inner + closing + after

    def value(self):
        kind = self.random.randrange(100)
        if kind < 45:
            return self.text()
        if kind < 90:
            return self.quoted()
        if kind < 95:
            return self.text(0, 2) + self.quoted()
        return self.pick(["", " ", "   ", "# c", " # c", "\"", "'", "\\"])

    def line(self):
        kind = self.random.randrange(100)
        if kind < 78:
            equals = "=" if self.chance(88) else self.pick([" = ", "= ", " =", "=\t", "\t=", "==", ": ", ":", " : ", "+="])
            before = "" if self.chance(94) else self.pick([" ", "   ", "\t", "\ufeff", "; ", "- "])
            export = "" if self.chance(93) else self.pick(["export ", "export  ", "export\t", "EXPORT ", "export"])
            return before + export + self.name() + equals + self.value()
        if kind < 84:
            return self.pick(["# c", "#A=1", "  # c", "# don't", "# say \"x\"", "# note \\", "; A=1", "// x", "#"])
        if kind < 88:
            return self.pick(["", " ", "\t", "  \t"])
        if kind < 92:
            return self.pick(["A", "KEY", "export A", "export KEY", "unset A", "NOPE", "A ", "B B", "declare -u A", "readonly B",
                              "declare -i KEY", "declare -a A", "unset -n A", "let -- B=2", "export -n KEY"])
        if kind < 96:
            return self.text()
        return self.pick(["this is not a pair", "!!!", "=val", "if true; then A=1; fi", "A=1 B=2", "A=1; B=2", "set -e",
                          "echo hi", "A=(1 2)", "[section]", "{", "}", "a b=c", "A B=c"])

    def file(self):
        lines = [self.line() for _ in range(self.random.choice([1, 1, 2, 2, 3, 3, 4, 6, 9]))]
        end = "\n" if not self.chance(6) else self.pick(["\r\n", "\r\n", "\r"])
        text = end.join(lines) + ("" if self.chance(15) else end)
        if self.chance(2):
            text = "\ufeff" + text
        data = text.encode()
        if self.chance(1):
            place = self.random.randint(0, len(data))
            data = data[:place] + self.pick([b"\xff", b"\xc3", b"\x80", b"\x00", b"\xed\xa0\x80"]) + data[place:]
        return data

    def fixture(self, number):
        process_env = {}
        while self.chance(30):
            process_env[self.pick(NAMES)] = self.pick(ENVIRONMENT)
        files = [base64.b64encode(self.file()).decode() for _ in range(self.pick(FILES))]
        return {"id": "r%d" % number, "file": files[0] if len(files) == 1 else files, "process_env": process_env}
