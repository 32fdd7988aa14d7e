#!/usr/bin/env python3
"""Fixtures on stdin, a line each; what systemd reads from them as environment.d on stdout."""
import os
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
import systemd

systemd.drive(systemd.merge)
