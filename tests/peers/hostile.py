"""Random env files that nobody would write: the bytes that mean something to some loader in any order, every
kind of white space, references inside references, files of other formats, long ones, and whole ones that
were damaged."""
# SPDX-License-Identifier: MIT

import plain

DENSE = ["A", "B", "K", "=", "=", "'", '"', "`", "\\", "$", "{", "}", ":", "-", "#", " ", " ", "\n", "\n", "\r", "\t", "(", ")",
         ";", "&", "n", "x", "0", "export ", "${A}", "$A", '="', "='", '"\n', "'\n", "A=", "B=", "\nA=", "\nB="]
QUOTES = ["'", '"', "`", "\\", "\\\\", "\n", "\\\n", "$", "#", " ", "a", "\\n", '\\"', "\\'", "''", '""']
BLANKS = ["\x00", "\x01", "\x07", "\x08", "\x0b", "\x0c", "\r", "\x1a", "\x1b", "\x1c", "\x1d", "\x1e", "\x1f", "\x7f", "\x85",
          "\u00a0", "\u0130", "\u017f", "\u0300", "\u1680", "\u180e", "\u2000", "\u2003", "\u2007", "\u200a", "\u200b", "\u200d",
          "\u2028", "\u2029", "\u202f", "\u205f", "\u2060", "\u212a", "\u3000", "\ufeff", "\ufffd", "\U0001f511"]
BAD_BYTES = [b"\xff", b"\xfe", b"\xc0\x80", b"\xc1\xbf", b"\xe0\x80\x80", b"\xed\xa0\x80", b"\xed\xbf\xbf", b"\xf0\x80\x80\x80",
             b"\xf4\x90\x80\x80", b"\xf5\x80", b"\xc3", b"\xe2\x82", b"\xf0\x9f\x94", b"\x80", b"\xbf\xbf", b"\xef\xbb\xbf",
             b"\xef\xbb", b"\xff\xfeA\x00"]
OPERATORS = [":-", "-", ":+", "+", ":?", "?", ":=", "=", ":", "", "#", "%", "/", " :-", ":- ", "^", ",", "@"]
OTHER_FORMATS = [
    "A=<<EOF\nx\nEOF\nB=1\n", 'A="""x\ny"""\nB=1\n', "A='''x\ny'''\nB=1\n", "A=|\n  x\n  y\nB=1\n",
    "A=-----BEGIN X-----\nab==\n-----END X-----\nB=1\n", 'A="-----BEGIN X-----\nab==\n-----END X-----"\nB=1\n',
    "A=x \\\n  y \\\nB=1\n", '{"A":"x","B":1}\n', "A: x\nB: 'y'\n", "A=x,\nB=y,\n", 'set A=x\nset "B=y"\n',
    '$env:A = "x"\n', "A := x\nB ?= y\n", 'A="x" "y"\nB=1\n', "export A=x B=y\nexport -n A\n",
    "export 'A=1' \"B=$A\"\nexport A B=2\n", "A+=x\nA+=y\nA=1\nA+=2\n", "#!/bin/sh\nA=1\nexport A\n",
    "A=1 # B=2\n#A=3\n\"A\"=4\n'B'=5\n", "A=\nA\n=A\nA==\nA= =\n"]
SIZES = [255, 256, 1023, 1024, 4095, 4096, 4097, 8192]
FILLINGS = ["a", "a ", "$B ", "\\n", "é", "'", "\\", "#", '\\"', "a\nB", "="]
ENVIRONMENT = ["a\nb", "${B}", "$(x)", "'", '"', "\\", "a\rb", " x ", "#", "\u00a0", "\\n", "\\\\n", "${A:-x}", "$$"]


class Maker(plain.Maker):
    """Makes what the plain one leaves out, and damages what it makes."""

    def any_of(self, items, most):
        return "".join(self.pick(items) for _ in range(self.random.randint(1, most)))

    def dense(self):
        return self.any_of(DENSE, 24)

    def quotes(self):
        return "A=" + self.any_of(QUOTES, 10) + "\nB=2\n"

    def blank(self):
        return self.pick(BLANKS) if self.chance(45) else ""

    def blank_line(self):
        quote = self.pick(["", "", "'", '"', "`"])
        words = [self.pick(["", "", "export ", "export" + self.pick(BLANKS)]), self.pick(["A", "B", "my.key"]), "=", quote,
                 self.pick(["v", "a b", "$A", "#c", " #c"]), quote, self.pick(["", " #c", "#c", "x"])]
        return "".join(self.blank() + word for word in words) + self.blank()

    def blanks(self):
        lines = [self.blank_line() for _ in range(self.random.randint(1, 3))]
        return self.pick(["\n", "\n", "\r\n"]).join(lines) + self.pick(["\n", ""])

    def nested(self, depth=0):
        if depth > self.random.randint(0, 8):
            return self.pick(["", "d", "$A", "$", "}", '"d"', "'d'", "\\}", "a b", " ", "${"])
        name = self.pick(["A", "B", "NOPE", "EMPTY", "", "1", "A.B", "A-B"])
        return (self.pick(["", "x"]) + "${" + name + self.pick(OPERATORS) + self.nested(depth + 1) +
                "}" * self.pick([1, 1, 1, 0, 2]) + self.pick(["", "x", "$B"]))

    def references(self):
        return "A=1\nB=" + self.pick(["", "", '"', "'"]) + self.nested() + self.pick(["", '"', "'"]) + "\n"

    def long(self):
        size, filling, quote = self.pick(SIZES), self.pick(FILLINGS), self.pick(["", "", '"', "'"])
        return "A=" + quote + (filling * size)[:size] + quote + "\nB=2\n"

    def damaged(self, data):
        data = bytearray(data)
        for _ in range(self.random.randint(1, 4)):
            at = self.random.randint(0, len(data))
            kind = self.random.randrange(9)
            if kind < 2:
                del data[at:at + self.random.choice([1, 1, 3, 12])]
            elif kind < 4:
                data[at:at] = self.pick(DENSE).encode()
            elif kind < 5:
                data[at:at] = self.pick(BLANKS).encode()
            elif kind < 6 and self.chance(20):
                data[at:at] = self.pick(BAD_BYTES)
            elif kind < 7:
                data[at:at] = data[at:at + 12]
            elif kind < 8 and at < len(data):
                data[at] = ord(self.pick("\n\"'$\\ #={}\r"))
            elif kind == 8:
                del data[at:]
        return bytes(data)

    def file(self):
        kind = self.random.randrange(100)
        if kind < 65:
            makers = [self.dense, self.dense, self.blanks, self.references, self.quotes]
            return self.pick(makers)().encode()
        if kind < 67:
            return self.long().encode()
        if kind < 75:
            data = self.pick(OTHER_FORMATS).encode()
            return data if self.chance(40) else self.damaged(data)
        return self.damaged(super().file())

    def fixture(self, number):
        made = super().fixture(number)
        for name in made["process_env"]:
            if self.chance(25):
                made["process_env"][name] = self.pick(ENVIRONMENT)
        return made
