#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Commands of the documents that cannot be run here, played: called by their own names (run.sh links them). Each checks what can be checked - files are
there and parse, verbs and options are known, names are ours - and fails, saying what it did not understand. A command that is new in the documents
is a function here, or an option in a table."""
import glob
import json
import os
import re
import subprocess
import sys

import yaml

ROOT = os.environ["DOCS_ROOT"]


def refuse(what):
    sys.exit("%s: %s (tests/docs/play.py)" % (os.path.basename(sys.argv[0]), what))


def options(arguments, flags, valued):
    """(positional, {option: [values]}); refuses any other option"""
    rest, found = [], {}
    arguments = list(arguments)
    while arguments:
        word = arguments.pop(0)
        if word == "--":
            rest += ["--"] + arguments
            break
        name, equals, value = word.partition("=")
        if not word.startswith("-") or word == "-":
            rest.append(word)
        elif name in valued:
            if not equals and not arguments:
                refuse(name + " wants a value")
            found.setdefault(name, []).append(value if equals else arguments.pop(0))
        elif word in flags:
            found.setdefault(word, [])
        else:
            refuse("unknown option " + word)
    return rest, found


# ---- kubectl

def objects_in(path):
    """Each object of a manifest; refuses what is none"""
    with open(path, encoding="utf-8") as text:
        try:
            found = [one for one in yaml.safe_load_all(text) if one is not None]
        except yaml.YAMLError as error:
            refuse("%s: %s" % (path, error))
    for one in found:
        if not isinstance(one, dict) or not one.get("apiVersion") or not one.get("kind"):
            refuse(path + ": not an object of Kubernetes")
    if not found:
        refuse(path + ": empty")
    return found


def kustomization(folder):
    """That what it names is there, and so on downwards"""
    path = os.path.join(folder, "kustomization.yaml")
    if not os.path.exists(path):
        refuse("no " + path)
    built = objects_in(path)[0]
    for name in built.get("resources", []) + built.get("components", []) + [one["path"] for one in built.get("patches", []) if "path" in one]:
        below = os.path.join(folder, name)
        if os.path.isdir(below):
            kustomization(below)
        elif os.path.exists(below):
            list(objects_in(below))
        else:
            refuse("%s: no %s" % (path, name))


def manifests(found):
    for path in found.get("-f", []) + found.get("--filename", []):
        if path == "-":
            list(yaml.safe_load_all(sys.stdin))
        elif os.path.isdir(path):
            for name in glob.glob(path + "/*.yaml"):
                objects_in(name)
        elif os.path.exists(path):
            objects_in(path)
        else:
            refuse("no file " + path)
    for folder in found.get("-k", []) + found.get("--kustomize", []):
        kustomization(folder)


DUMP = "tests/judgement"  # objects.json of its first case is what `get -o json` prints


def kubectl_get(rest, found):
    if not rest or not re.fullmatch(r"[a-z0-9.,/-]+", rest[0]):
        refuse("get: %s" % rest)
    form = (found.get("-o") or found.get("--output") or [""])[0]
    if form == "json":
        with open(sorted(glob.glob("%s/%s/*/objects.json" % (ROOT, DUMP)))[0], encoding="utf-8") as text:
            sys.stdout.write(text.read())
    elif form.startswith("jsonpath=") or form == "name":
        print("cp1")
    elif form == "yaml":
        print("apiVersion: v1\nkind: List\nitems: []")
    elif form not in ("", "wide"):
        refuse("get: -o " + form)


def kubectl_exec(rest, _found):
    if "--" not in rest:
        refuse("exec without --")
    sys.exit(subprocess.run(rest[rest.index("--") + 1:], check=False).returncode)


def kubectl_debug(rest, found):
    if not found.get("--image") or not rest[0].startswith("node/"):
        refuse("debug %s" % rest)
    kubectl_exec(rest, found)


def kubectl_rollout(rest, _found):
    if rest[0] not in ("status", "restart", "undo", "history"):
        refuse("rollout " + rest[0])


def nothing_more(_rest, _found):
    pass


def kubectl_auth(rest, _found):
    if rest[:1] != ["can-i"] or rest[1] not in ("get", "list", "watch", "create", "patch"):
        refuse("auth %s" % rest)


KUBECTL = {"debug": kubectl_debug, "get": kubectl_get, "exec": kubectl_exec, "auth": kubectl_auth, "apply": nothing_more, "delete": nothing_more, "describe": nothing_more,
           "logs": nothing_more, "label": nothing_more, "rollout": kubectl_rollout, "create": nothing_more, "annotate": nothing_more,
           "events": nothing_more, "port-forward": nothing_more, "diff": nothing_more, "patch": nothing_more, "wait": nothing_more}


def kubectl(arguments):
    rest, found = options(arguments, {"-A", "--all-namespaces", "--previous", "-w", "--watch", "-it", "-i", "-t", "--server-side", "--overwrite", "--raw",
                                      "--ignore-not-found", "--force-conflicts"},
                          {"-n", "--namespace", "-o", "--output", "-l", "--selector", "-f", "--filename", "-k", "--kustomize", "--as", "--tail", "--context",
                           "--kubeconfig", "-c", "--timeout", "--for", "--dry-run", "--field-selector", "-p", "--type", "--since", "--sort-by", "--from-file",
                           "--from-literal", "--profile", "--image"})
    if not rest or rest[0] not in KUBECTL:
        refuse("unknown verb %s" % rest[:1])
    manifests(found)
    if rest[0] in ("apply", "diff") and not {"-f", "-k", "--filename", "--kustomize"} & set(found):
        refuse("apply of nothing")
    KUBECTL[rest[0]](rest[1:], found)


# ---- helm

def helm(arguments):
    rest, found = options(arguments, {"--install", "--create-namespace", "--wait", "--atomic", "--dry-run", "--reuse-values"},
                          {"-n", "--namespace", "-f", "--values", "--set", "--set-string", "--version", "--set-file", "--set-json"})
    if not rest or rest[0] not in ("install", "upgrade", "template", "lint", "uninstall", "show", "rollback", "history"):
        refuse("unknown verb %s" % rest[:1])
    charts = [word for word in rest[1:] if os.path.exists(os.path.join(word, "Chart.yaml"))]
    if rest[0] in ("install", "upgrade", "template", "lint") and len(charts) != 1:
        refuse("no chart among %s" % rest[1:])
    for path in found.get("-f", []) + found.get("--values", []):
        with open(path, encoding="utf-8") as text:
            yaml.safe_load(text)
    for setting in found.get("--set", []) + found.get("--set-string", []):
        for pair in re.split(r"(?<!\\),(?=[\w.]+=)", setting):
            known_value(charts[0], re.split(r"(?<!\\)\.", pair.partition("=")[0]))


def known_value(chart, keys):
    with open(os.path.join(chart, "values.yaml"), encoding="utf-8") as text:
        at = yaml.safe_load(text)
    for key in keys:
        name = re.sub(r"\[\d+\]$", "", key)
        if not isinstance(at, dict) or name not in at:
            if at in ({}, None):  # free below that
                return
            refuse("%s/values.yaml has no %s" % (chart, ".".join(keys)))
        at = at[name]


# ---- the host

def make(arguments):
    """That the target is there and its commands can be worked out; nothing is built"""
    for word in arguments:
        if word == "install" or re.match(r"[A-Z_]+=", word):
            continue
        with open(os.path.join(ROOT, "Makefile"), encoding="utf-8") as text:
            if not re.search(r"^%s:.*##" % re.escape(word), text.read(), re.M):
                refuse("no target " + word)
    done = subprocess.run(["/usr/bin/make", "-n", "-C", ROOT] + arguments, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, check=False,
                          env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin"})
    if done.returncode:
        refuse(done.stderr)


def apt(arguments):
    rest, _ = options(arguments, {"-y", "-q", "-qq", "--no-install-recommends", "--purge"}, {"-o", "-t"})
    if not rest or rest[0] not in ("update", "install", "remove", "purge", "build-dep"):
        refuse("%s" % rest)
    with open(os.path.join(ROOT, "Makefile"), encoding="utf-8") as text:
        known = set(re.search(r"^DEPS := (.*(?:\\\n.*)*)", text.read(), re.M).group(1).split()) | {"make", "vipguard", "prometheus", "grafana"}
    for name in rest[1:]:
        if name not in known and not re.fullmatch(r"(\.\.?|build)/\S*vipguard_\S*\.deb", name):
            refuse("unknown package " + name)


def dpkg(arguments):
    rest, _ = options(arguments, {"-i", "-l", "-L", "-s", "-r", "-P", "--purge", "--remove"}, set())
    for name in rest:
        if name != "vipguard" and not re.search(r"vipguard_\S*\.deb$", name):
            refuse(name)


def systemctl(arguments):
    rest, _ = options(arguments, {"--now", "--no-pager", "-q"}, set())
    verbs = ("enable", "disable", "start", "stop", "restart", "reload", "status", "is-active", "edit", "show", "mask", "unmask")
    if rest == ["daemon-reload"]:
        return
    if len(rest) < 2 or rest[0] not in verbs:
        refuse("%s" % rest)
    for unit in rest[1:]:
        name = unit.removesuffix(".service")
        if not glob.glob(os.path.join(ROOT, "deploy/**/%s.service" % name), recursive=True):
            refuse("no unit " + unit)


def journalctl(arguments):
    _, found = options(arguments, {"-f", "--no-pager", "-b", "-e", "-r", "--follow"}, {"-u", "-o", "-n", "--since", "--unit"})
    for unit in found.get("-u", []) + found.get("--unit", []):
        if unit.removesuffix(".service") not in ("vipguard", "kubelet"):
            refuse("no unit " + unit)


def image(arguments):
    """ctr, skopeo, podman: an archive is one that `make image` makes"""
    archives = [re.sub(r"^[a-z-]+:", "", word) for word in arguments if re.search(r"\.tar(:|$)", word)]
    for archive in archives:
        if not re.fullmatch(r"build/vipguard-\d[\w.]*\.oci\.tar", archive):
            refuse("not what make image makes: " + archive)
    if not archives and not any("vipguard:" in word for word in arguments):
        refuse("no image of vipguard's among %s" % arguments)


def ssh(arguments):
    """a port here that leads to the guard's socket there"""
    rest, found = options(arguments, {"-N"}, {"-L"})
    if len(rest) != 1 or not all(re.fullmatch(r"\d+:/run/vipguard/vipguard\.sock", way) for way in found.get("-L", [])):
        refuse("%s" % arguments)


def sudo(arguments):
    sys.exit(subprocess.run(arguments, check=False).returncode)


PLAYED = {"kubectl": kubectl, "helm": helm, "make": make, "apt": apt, "apt-get": apt, "dpkg": dpkg, "systemctl": systemctl, "journalctl": journalctl,
          "ctr": image, "skopeo": image, "podman": image, "ssh": ssh, "sudo": sudo}
PLAYED[os.path.basename(sys.argv[0])](sys.argv[1:])
