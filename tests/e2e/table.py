#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""table.py FILE TITLE: the rows that cell.sh left, as a table that Markdown understands."""

import sys

HEAD = ["scenario", "variant", "guard", "bound", "wrong frames", "rightful frames", "ms at a wrong node", "ms outage", "lost", "client ends at", "lease",
        "tries", "acted on", "control plane lost", "result"]


def main():
    path, title = sys.argv[1:]
    with open(path, encoding="utf-8") as lines:
        rows = [line.rstrip("\n").split("\t") for line in lines]
    widths = [max(len(row[n]) for row in [HEAD, *rows]) for n in range(len(HEAD))]
    print(f"\n{title}\n")
    for row in [HEAD, ["-" * width for width in widths], *rows]:
        print("| " + " | ".join(word.ljust(width) for word, width in zip(row, widths)) + " |")


main()
