#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""docs.py [PATTERN]: runs the commands of the documents; see run.sh. Closes with "N passed, M failed"."""
import glob
import json
import os
import re
import shutil
import subprocess
import sys

import yaml

ROOT = os.path.realpath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "../.."))
SHELL = ("sh", "bash", "shell", "console")
PROGRAM = "/run/tools/vipguard"
KNOWN = SHELL + ("", "yaml", "json", "text", "promql", "diff")
COMMANDS = re.compile(r"^(\$ |# )?(sudo |)(vipguard|build/vipguard|kubectl|helm|make|apt|apt-get|systemctl|curl|ip|bpftool|promtool|journalctl) ")
FENCE = re.compile(r"^( *)```(.*)$")
# Before each block: the guard in audit, the VIP where it must not be, nobody paused.
RESET = "ip addr replace 192.0.2.240/32 dev eth0; /run/tools/vipguard mode audit >/dev/null; /run/tools/vipguard resume >/dev/null"
SCRIPT = """set -eEuo pipefail
trap 'echo "line $((LINENO - %d)): $BASH_COMMAND"' ERR
%s
"""


class Block:
    def __init__(self, file, line, info):
        self.file, self.line = file, line  # of its first command
        self.language, _, rest = info.strip().partition(" ")
        self.not_run = rest[len("not-run:"):].strip() if rest.startswith("not-run:") else None
        self.odd = rest if rest and self.not_run is None else ""
        self.lines = []

    def where(self, offset=0):
        return "%s:%d" % (self.file, self.line + offset)

    def commands(self):
        """Of a console only what stands behind a prompt, the rest kept as empty lines, so that numbers stay"""
        if self.language != "console":
            return self.lines
        return [line[2:] if line.startswith(("$ ", "# ")) else "" for line in self.lines]


def blocks_of(file):
    """Of Markdown the fenced blocks, of the man page its examples"""
    found, block, indent = [], None, ""
    with open(os.path.join(ROOT, file), encoding="utf-8") as text:
        lines = text.read().split("\n")
    if file.endswith(".8"):
        for number, line in enumerate(lines, 1):
            if line.startswith(".Dl "):
                found.append(Block(file, number, "sh"))
                found[-1].lines = [line[4:].replace("\\-", "-")]
        return found
    for number, line in enumerate(lines, 1):
        fence = FENCE.match(line)
        if fence and block is None:
            indent = fence.group(1)
            block = Block(file, number + 1, fence.group(2))
        elif fence and line.strip() == "```":
            found.append(block)
            block = None
        elif block is not None:
            block.lines.append(line[len(indent):] if line.startswith(indent) else line)
    if block is not None:
        block.odd = "a fence that nothing closes"
        found.append(block)
    return found


def dead_links(file):
    """Relative links that lead nowhere"""
    with open(os.path.join(ROOT, file), encoding="utf-8") as text:
        for number, line in enumerate(text, 1):
            for link in re.findall(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)", re.sub(r"`[^`]*`", "", line)):
                if not os.path.exists(os.path.join(ROOT, os.path.dirname(file), link)):
                    yield "%s:%d: no %s" % (file, number, link)


def known_words():
    """(commands, options) by the program's own --help"""
    def says(*words):
        return subprocess.run([PROGRAM, *words, "--help"], stdout=subprocess.PIPE, text=True, check=True).stdout

    commands = re.findall(r"^  ([a-z]+) ", says().partition("Commands:")[2].partition("\n\n")[0], re.M)
    return set(commands), {option for command in commands for option in re.findall(r"--[a-z-]+", says(command))} | {"--help", "--version"}


def unknown_words(file, commands, options):
    """`vipguard …` within a sentence names a command and options that there are. docs/contract.md also describes what is not there yet."""
    if file.endswith(".8") or file == "docs/contract.md":
        return
    with open(os.path.join(ROOT, "Makefile"), encoding="utf-8") as text:
        targets = set(re.findall(r"^([a-z0-9-]+):", text.read(), re.M))
    with open(os.path.join(ROOT, file), encoding="utf-8") as text:
        for number, line in enumerate(text, 1):
            for target in re.findall(r"`(?:[A-Z0-9_]+=\S+ )*make ([a-z0-9-]+)[^`]*`", line):
                if target not in targets:
                    yield "%s:%d: no target %s" % (file, number, target)
            for span in re.findall(r"`(?:build/)?vipguard ([^`]*)`", line):
                words = span.split()
                for word in re.split(r"\\?\|", words[0]) if re.match(r"[a-z|\\]+$", words[0]) else []:
                    if word not in commands:
                        yield "%s:%d: no command %s" % (file, number, word)
                for option in re.findall(r"(?<!\S)--[a-z-]+", span):
                    if option not in options:
                        yield "%s:%d: no option %s" % (file, number, option)


# ---- one block

def run(block, folder):
    """What is wrong, [] if nothing"""
    script = SCRIPT % (2, "\n".join(block.commands()))
    subprocess.run(["bash", "-c", RESET], cwd=folder, env=environment(), check=True, stdout=subprocess.DEVNULL, timeout=60)
    try:
        done = subprocess.run(["bash", "-c", script], cwd=folder, env=environment(), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, errors="replace", timeout=90, check=False)
    except subprocess.TimeoutExpired as late:
        return ["%s: no end after %d s" % (block.where(), late.timeout)]
    if done.returncode == 0:
        return []
    said = done.stdout.rstrip().split("\n")
    failed = [re.match(r"line (\d+): (.*)", line) for line in said]
    failed = [match for match in failed if match]
    where = block.where(int(failed[-1].group(1)) - 1) if failed else block.where()
    return ["%s: exit %d: %s" % (where, done.returncode, failed[-1].group(2) if failed else "")] + ["  " + line for line in said[-12:]]


def environment():
    return {"PATH": "/run/bin", "HOME": "/run", "DOCS_ROOT": ROOT, "LANG": "C.UTF-8", "NO_COLOR": "1"}


def in_form(block, folder):
    """YAML and JSON parse; YAML that begins with the name of a file becomes that file for the commands that follow"""
    text = "\n".join(block.lines)
    try:
        if block.language == "yaml":
            list(yaml.safe_load_all(text))
            name = re.match(r"# (?:/\S*/)?([a-z.-]+\.yaml)\b", text)
            if name:
                with open(os.path.join(folder, name.group(1)), "w", encoding="utf-8") as out:
                    out.write(text + "\n")
        else:
            decoder, rest = json.JSONDecoder(), text.strip()
            while rest:
                _, end = decoder.raw_decode(rest)
                rest = rest[end:].strip()
    except (yaml.YAMLError, ValueError) as error:
        return ["%s: %s that cannot be read: %s" % (block.where(), block.language, error)]
    return []


def judge(block, folder):
    """(What is wrong, whether it was run)"""
    if block.odd:
        return ["%s: not understood: %s" % (block.where(-1), block.odd)], False
    if block.language not in KNOWN:
        return ["%s: unknown language %s" % (block.where(-1), block.language)], False
    if block.not_run is not None:
        return ([] if len(block.not_run) > 10 else ["%s: not-run without a reason" % block.where(-1)]), False
    if block.language in ("yaml", "json"):
        return in_form(block, folder), False
    if block.language in SHELL:
        if not any(line.strip() for line in block.commands()):
            return ["%s: no command in it" % block.where()], False
        return run(block, folder), True
    hidden = [number for number, line in enumerate(block.lines) if COMMANDS.match(line)]
    return ["%s: looks like a command, and its block is not marked as sh or console" % block.where(number) for number in hidden], False


# ---- all of them

def prepare(folder):
    """What a reader has who is in the sources and has built them"""
    os.makedirs(os.path.join(folder, "build"))
    os.symlink(os.path.join(ROOT, "tests/docs/vipguard.sh"), os.path.join(folder, "build/vipguard"))
    for name in ("deploy", "docs", "tests", "Makefile", "README.md"):
        os.symlink(os.path.join(ROOT, name), os.path.join(folder, name))
    for name, of in (("assignments.yaml", "assignments.yaml"), ("vips.yaml", "assignments.yaml"), ("config.yaml", "config.yaml")):
        shutil.copy(os.path.join(ROOT, "deploy", of), os.path.join(folder, name))


def main():
    pattern = sys.argv[1] if len(sys.argv) > 1 else ""
    files = ["README.md"] + sorted(os.path.relpath(path, ROOT) for path in glob.glob(ROOT + "/docs/**/*.md", recursive=True)) + ["docs/vipguard.8"]
    passed, failed, commands, left = 0, 0, 0, []
    words = known_words()
    for file in files:
        if pattern not in file:
            continue
        folder = os.path.join("/run/docs", file)
        prepare(folder)
        said, ran = list(dead_links(file)) + list(unknown_words(file, *words)), 0
        for block in blocks_of(file):
            wrong, was_run = judge(block, folder)
            said += wrong
            ran += was_run
            if block.not_run is not None:
                left.append("%s: %s" % (block.where(-1), block.not_run))
        commands += ran
        passed, failed = passed + (not said), failed + bool(said)
        print("%sok docs: %s (%d blocks run)" % ("not " if said else "", file, ran))
        for line in said:
            print("    " + line)
    for line in left:
        print("# not run: " + line)
    print("# %d blocks run, %d not run for a reason" % (commands, len(left)))
    print("%d passed, %d failed" % (passed, failed))
    sys.exit(failed > 0 or passed == 0)


main()
