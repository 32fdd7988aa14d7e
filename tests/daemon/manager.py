# Plays the service manager for samekeyd: a notify socket that takes descriptors, sockets given by
# name (LISTEN_FDS), a store of descriptors that outlives the daemon, a watchdog that only listens.
#
#   manager.py DIR SAMEKEYD INI [NAME=TYPE:ADDRESS]...
#
# TYPE: seqpacket, stream, dgram (a path), tcp (a port, 0: any; "*:0" for all hosts), deaf (a stream
# that does not listen), file (no socket at all). Reads commands from the FIFO DIR/commands:
#
#   start              forks and runs samekeyd with everything that is given
#   kill NAME          sends it a signal and waits for its end (STOP and CONT: without waiting)
#   put NAME KIND      a descriptor more in the store: pipe, file, unsealed, junk, empty, or the NAME
#                      of a stored one, of which it is a copy
#   env NAME=VALUE     for the next start
#   end                ends the daemon, then itself, with its exit code
#
# Writes what happens to DIR/events, a line each, and the names in the store to DIR/store.
# SPDX-License-Identifier: MIT
import fcntl
import os
import select
import signal
import socket
import sys
import tempfile

SEALS = fcntl.F_SEAL_SEAL | fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_WRITE


def open_socket(kind, where):
    if kind == 'file':
        return os.open('/dev/null', os.O_RDWR)
    if kind == 'tcp':
        host, _, port = where.rpartition(':')
        made = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        made.bind(('0.0.0.0' if host == '*' else '127.0.0.1', int(port)))
    else:
        kinds = {'seqpacket': socket.SOCK_SEQPACKET, 'dgram': socket.SOCK_DGRAM}
        made = socket.socket(socket.AF_UNIX, kinds.get(kind, socket.SOCK_STREAM))
        os.makedirs(os.path.dirname(where), exist_ok=True)
        made.bind(where)
    if kind not in ('dgram', 'deaf'):
        made.listen(64)
    return made.detach()


def memfd(content, seals):
    made = os.memfd_create('forged', os.MFD_ALLOW_SEALING | os.MFD_CLOEXEC)
    os.write(made, content)
    fcntl.fcntl(made, fcntl.F_ADD_SEALS, seals)
    return made


class Manager:
    def __init__(self, folder, program, ini, given):
        self.folder, self.words = folder, [program, '--ini', ini]
        self.given = [(name, open_socket(*what.split(':', 1)))
                      for name, what in (word.split('=', 1) for word in given)]
        self.store, self.more, self.pid, self.code = [], {}, 0, 0
        self.events = open(os.path.join(folder, 'events'), 'a', buffering=1)
        self.notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.notify.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
        self.notify.bind(os.path.join(folder, 'notify'))
        commands = os.path.join(folder, 'commands')
        os.mkfifo(commands)
        self.commands = os.open(commands, os.O_RDWR)
        for name, fd in self.given:
            try:
                port = socket.socket(fileno=os.dup(fd)).getsockname()[1]
            except (OSError, TypeError, IndexError):
                continue
            if isinstance(port, int):
                self.say(f'port {name} {port}')

    def say(self, text):
        print(text, file=self.events)

    def show_store(self):
        path = os.path.join(self.folder, 'store')
        with open(path + '.new', 'w') as out:
            out.writelines(f'{name}\n' for name, _ in self.store)
        os.rename(path + '.new', path)

    # what systemd does with a message: socket units' descriptors are not of the store
    def hear(self):
        text, control, _, _ = self.notify.recvmsg(8192, 4096)
        lines = text.decode().split('\n')
        values = dict(line.split('=', 1) for line in lines if '=' in line)
        sender, fds = 0, []
        for level, kind, data in control:
            if kind == socket.SCM_CREDENTIALS:
                sender = int.from_bytes(data[:4], sys.byteorder)
            if kind == socket.SCM_RIGHTS:
                fds = [int.from_bytes(data[i:i + 4], sys.byteorder) for i in range(0, len(data), 4)]
        self.say(' '.join(lines) + f' fds={len(fds)}' + ('' if sender == self.pid else ' STRANGER'))
        if values.get('FDSTORE') == '1':
            self.store += [(values.get('FDNAME', 'stored'), fd) for fd in fds]
        if values.get('FDSTOREREMOVE') == '1':
            for name, fd in self.store:
                if name == values['FDNAME']:
                    os.close(fd)
            self.store = [item for item in self.store if item[0] != values['FDNAME']]
        self.show_store()

    def start(self):
        # in no order that anybody could rely on
        given = self.given + self.store[::-1]
        self.pid = os.fork()
        if self.pid:
            self.say(f'started {self.pid}')
            with open(os.path.join(self.folder, 'pid'), 'w') as out:
                out.write(str(self.pid))
            return
        high = [fcntl.fcntl(fd, fcntl.F_DUPFD, 3 + len(given)) for _, fd in given]
        for at, fd in enumerate(high):
            os.dup2(fd, 3 + at, inheritable=True)
        os.closerange(3 + len(given), 4096)
        os.environ.update({'NOTIFY_SOCKET': os.path.join(self.folder, 'notify')})
        if given:
            os.environ.update({'LISTEN_PID': str(os.getpid()), 'LISTEN_FDS': str(len(given)),
                               'LISTEN_FDNAMES': ':'.join(name for name, _ in given)})
        os.environ.update(self.more)
        os.execv(self.words[0], self.words)

    def gone(self, status):
        self.code = os.waitstatus_to_exitcode(status)
        self.say(f'ended {self.code}')
        self.pid = 0

    def kill(self, name):
        if not self.pid:
            return
        os.kill(self.pid, getattr(signal, 'SIG' + name))
        if name in ('STOP', 'CONT'):
            self.say(f'sent {name}')
            return
        while True:  # whoever ends may still have something to say
            if select.select([self.notify], [], [], 0.01)[0]:
                self.hear()
                continue
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.gone(status)
                return

    def put(self, name, kind):
        stored = dict(self.store)
        if kind in stored:
            made = os.dup(stored[kind])
        elif kind == 'pipe':
            made = os.pipe()[0]
        elif kind == 'file':
            with tempfile.NamedTemporaryFile() as file:
                file.write(b'x' * 4096)
                file.flush()
                made = os.dup(file.fileno())
        elif kind == 'unsealed':
            whole = os.pread(self.store[0][1], 1 << 23, 0)
            made = memfd(whole, SEALS & ~fcntl.F_SEAL_WRITE)
        elif kind == 'empty':
            made = memfd(b'', SEALS)
        else:
            made = memfd(b'junk' * 1000, SEALS)
        self.store.append((name, made))
        self.show_store()

    def obey(self, words):
        if words[0] == 'start':
            self.start()
        elif words[0] == 'kill':
            self.kill(words[1])
        elif words[0] == 'put':
            self.put(*words[1:])
        elif words[0] == 'env':
            self.more.update([words[1].split('=', 1)])
        elif words[0] == 'end':
            if self.pid:
                self.code = 0
                self.kill('TERM')
            sys.exit(self.code if self.code >= 0 else 1)
        self.say('done ' + ' '.join(words))

    def run(self):
        signal.signal(signal.SIGTERM, lambda *_: self.obey(['end']))
        while True:
            ready, _, _ = select.select([self.notify, self.commands], [], [], 0.05)
            if self.notify in ready:
                self.hear()
            elif self.commands in ready:
                for line in os.read(self.commands, 4096).decode().splitlines():
                    self.obey(line.split())
            elif self.pid:
                pid, status = os.waitpid(self.pid, os.WNOHANG)
                if pid:
                    self.gone(status)


Manager(*sys.argv[1:4], sys.argv[4:]).run()
