"""systemd's own readers of env files, called in the library that its programs share."""
import ctypes
import glob
import json
import os
import sys
import tempfile

import files

FOUND = glob.glob("/usr/lib/*/systemd/libsystemd-shared-252.so")
USUAL = {"PATH": "/usr/bin:/bin", "HOME": "/home/u", "LANG": "C.UTF-8"}


def library():
    shared = ctypes.CDLL(FOUND[0])
    shared.log_set_max_level(0)
    shared.strv_env_clean_with_callback.restype = ctypes.c_void_p
    shared.strv_env_clean_with_callback.argtypes = [ctypes.c_void_p] * 3
    return shared


def strings(array):
    """The strings of an array that ends with NULL, as a dictionary."""
    env, entries = {}, ctypes.cast(array, ctypes.POINTER(ctypes.c_char_p))
    while array and entries[len(env)]:
        name, _, value = entries[len(env)].partition(b"=")
        env[name.decode()] = value.decode()
    return env


def load(shared, paths):
    """EnvironmentFile=: what a unit gets."""
    env = {}
    for path in paths:
        array = ctypes.c_void_p()
        code = shared.load_env_file(None, path, ctypes.byref(array))
        if code < 0:
            return code, {}
        env.update(strings(shared.strv_env_clean_with_callback(array, None, None)))
    return 0, env


def merge(shared, paths):
    """environment.d: what systemd-environment-d-generator hands over."""
    array = ctypes.c_void_p()
    codes = [shared.merge_env_file(ctypes.byref(array), None, path) for path in paths]
    return min(codes), strings(array)


def set_environment(variables):
    for name in list(os.environ):
        del os.environ[name]
    os.environ.update(USUAL)
    os.environ.update(variables)


def outcome(shared, read, fixture, path):
    preset = fixture.get("process_env") or {}
    set_environment(preset)
    code, env = read(shared, [written.encode() for written in files.write(fixture, path)])
    if code < 0:
        return {"error": os.strerror(-code)}
    return {"env": {name: value for name, value in {**preset, **env}.items() if USUAL.get(name) != value}}


def drive(read):
    """Asks about each fixture on stdin, in a process of its own: bad UTF-8 in environment.d is freed
    twice by systemd 252, and ends it."""
    shared = library() if FOUND else None
    with tempfile.TemporaryDirectory() as folder:
        for line in sys.stdin:
            if not shared:
                print(json.dumps({"skip": "systemd 252 is not here"}))
                continue
            sys.stdout.flush()
            child = os.fork()
            if child == 0:
                print(json.dumps(outcome(shared, read, json.loads(line), os.path.join(folder, "env"))), flush=True)
                os._exit(0)
            if os.waitpid(child, 0)[1] != 0:
                print(json.dumps({"error": "it crashed"}))
