#!/usr/bin/env python3
"""Shows that two builds repair alike. Usage: tools/same_repairs.py [--digits N] OLD NEW TRACE...

Runs `repair` of both binaries on every trace and compares the output: byte for byte, or with --digits after rounding every
fraction to N significant digits, where only the order of a sum has changed. Prints one line a trace; exits with 1 if any
differs.
"""
import argparse
import re
import subprocess
import sys

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("--digits", type=int)
parser.add_argument("old")
parser.add_argument("new")
parser.add_argument("traces", nargs="+")
args = parser.parse_args()


def repaired(binary, trace):
    done = subprocess.run([binary, "repair", trace, "-q"], capture_output=True)
    return done.returncode, done.stdout


def rounded(output):
    if args.digits is None:
        return output
    # Zero is what a fraction below the interval's end may round to.
    number = lambda match: b"%.*g" % (args.digits, float(match.group()))
    return re.sub(rb"-?\d+\.\d+(?:e-?\d+)?", number, output)


differ = 0
for trace in args.traces:
    before, after = repaired(args.old, trace), repaired(args.new, trace)
    same = before[0] == after[0] and rounded(before[1]) == rounded(after[1])
    exact = " to the byte" if before == after else ""
    differ += not same
    print(f"{'same' + exact if same else 'DIFFER'}: {trace}, exit {before[0]}/{after[0]}, {len(before[1])}/{len(after[1])} bytes")
sys.exit(1 if differ else 0)
