"""Prints what zsh offers for a command line: zsh_completes.py ROOT FUNCTIONS LINE

ROOT holds an unpacked zsh. A zsh of its own is started on a terminal, LINE is typed with a Tab, and a
compadd of ours writes the words down before zsh shows them.
"""
import os
import pathlib
import pty
import select
import sys
import tempfile
import time

ROOT, FUNCTIONS, LINE = pathlib.Path(sys.argv[1]), sys.argv[2], sys.argv[3]
DEADLINE = time.monotonic() + 20

ENV = r"""
module_path=(%(modules)s)
fpath=('%(functions)s' %(fpath)s)
unsetopt global_rcs
"""
RC = r"""
PS1='' PS2=''
autoload -Uz compinit
compinit -u -D
# a function of this name goes before the builtin
compadd() {
  local -a words
  if [[ ${@[(i)-O]} -gt $# && ${@[(i)-A]} -gt $# && ${@[(i)-D]} -gt $# ]]; then
    builtin compadd -A words "$@"
    print -rl -- $words >>'%(out)s'
  fi
  builtin compadd "$@"
}
offer() { _main_complete; compstate[insert]='' compstate[list]=''; print >>'%(out)s' -- 'DONE' }
zle -C offered complete-word offer
bindkey '^I' offered
print >>'%(out)s' -- READY
"""


def wait_for(terminal, out, word):
    while word not in out.read_text().split():
        if select.select([terminal], [], [], 0.05)[0]:
            os.read(terminal, 4096)
        if time.monotonic() > DEADLINE:
            sys.exit(f"zsh did not say {word}")


def main():
    with tempfile.TemporaryDirectory() as home:
        out = pathlib.Path(home, "out")
        out.touch()
        folders = " ".join(f"'{at}'" for at in (ROOT / "usr/share/zsh/functions").rglob("*") if at.is_dir())
        modules = " ".join(str(at) for at in ROOT.glob("usr/lib/*/zsh/*") if at.is_dir())
        pathlib.Path(home, ".zshenv").write_text(ENV % {"modules": modules, "functions": FUNCTIONS, "fpath": folders})
        pathlib.Path(home, ".zshrc").write_text(RC % {"out": out})
        child, terminal = pty.fork()
        if child == 0:
            os.execve(str(ROOT / "bin/zsh"), ["zsh", "-i"], {
                "ZDOTDIR": home, "HOME": home, "TERM": "dumb", "PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8",
                "LD_LIBRARY_PATH": os.environ.get("LD_LIBRARY_PATH", "")})
        wait_for(terminal, out, "READY")
        os.write(terminal, LINE.encode() + b"\t")
        wait_for(terminal, out, "DONE")
        os.close(terminal)
        os.waitpid(child, 0)
        for word in dict.fromkeys(out.read_text().splitlines()):
            if word and word not in ("READY", "DONE"):
                print(word)


main()
