#!/usr/bin/env python3
"""Shows that two builds repair alike. Usage: tools/same_repairs.py OLD NEW TRACE...

Runs `repair` of both binaries on every trace and compares the output byte for byte. Prints one line a trace; exits with 1
if any differs.
"""
import hashlib
import subprocess
import sys


def repaired(binary, trace):
    done = subprocess.run([binary, "repair", trace, "-q"], capture_output=True)
    return done.returncode, hashlib.sha256(done.stdout).hexdigest()[:16], len(done.stdout)


old, new, *traces = sys.argv[1:]
differ = 0
for trace in traces:
    before, after = repaired(old, trace), repaired(new, trace)
    same = before == after
    differ += not same
    print(f"{'same  ' if same else 'DIFFER'} {trace}: exit {before[0]}/{after[0]}, {before[2]}/{after[2]} bytes, {before[1]}/{after[1]}")
sys.exit(1 if differ else 0)
