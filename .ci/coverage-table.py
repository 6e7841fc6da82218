#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Prints the covered lines of each target; exits 1 when one is below the floor. Arguments: llvm-cov's summary, the folder of the targets, the floor in
per cent."""
import json
import os
import sys

summary, folder, floor = sys.argv[1], sys.argv[2] + "/", float(sys.argv[3])
targets = {}
for file in json.load(open(summary))["data"][0]["files"]:
    name = file["filename"]
    if not name.startswith(folder) or "/Generated/" in name:
        continue
    lines = targets.setdefault(name[len(folder):].split("/")[0], [0, 0])
    lines[0] += file["summary"]["lines"]["covered"]
    lines[1] += file["summary"]["lines"]["count"]

# Nothing of it runs but under the thread sanitizer, whose tests are not counted here.
EXEMPT = {"Locks"}

# A target without a line of its own in the summary was never compiled into a test: only those that hold no Swift may be missing.
for target in sorted(os.listdir(folder)):
    sources = [f for _, _, files in os.walk(folder + target) for f in files if f.endswith(".swift")]
    if sources and target not in targets and target not in EXEMPT:
        targets[target] = [0, 1]

below = []
print(f"{'target':24}{'covered':>9}{'lines':>8}{'per cent':>10}")
for target, (covered, count) in sorted(targets.items()):
    share = 100 * covered / count if count else 100
    if share < floor:
        below.append(target)
    print(f"{target:24}{covered:>9}{count:>8}{share:>10.1f}{'  below the floor' if share < floor else ''}")
covered, count = (sum(lines[i] for lines in targets.values()) for i in (0, 1))
print(f"{'all':24}{covered:>9}{count:>8}{100 * covered / count:>10.1f}")
if below:
    print(f"below {floor:g} %: {', '.join(below)}")
    sys.exit(1)
