#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""check.py PAGES: holds rules, tests of rules, dashboard and runbooks against each other and against pages of metrics of real guards: every selector
must find a series there. Closes with "N passed, M failed"."""
import glob
import json
import os
import re
import subprocess
import sys

import yaml

from board import panels, resolved
from page import pages

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../..")
MONITORING = os.path.join(ROOT, "deploy/monitoring")
RUNBOOKS = os.path.join(ROOT, "docs/runbooks")
# What Prometheus and kube-state-metrics say, not a guard
OTHERS = {"up": {}, "kube_node_role": {"node": None, "role": None}, "ALERTS": {"alertname": None, "alertstate": None}}
SCRAPE = {"job", "instance", "namespace", "cluster"}
ADDED = {"what", "node"}  # labels that the rules make
SECTIONS = ["## What it means", "## Look first", "## Why", "## The cure", "## Did it work?", "## When to ask for help"]


def load(path):
    with open(os.path.join(ROOT, path), encoding="utf-8") as text:
        return json.load(text) if path.endswith(".json") else yaml.safe_load(text)


# ---- PromQL, as much as is needed to find what is asked for

TOKEN = re.compile(r'\s+|"(?:[^"\\]|\\.)*"|\'(?:[^\'\\]|\\.)*\'|[a-zA-Z_:][a-zA-Z0-9_:]*|[0-9][0-9a-zA-Z_.]*|=~|!~|!=|==|>=|<=|.', re.S)
GROUPING = {"by", "without", "on", "ignoring", "group_left", "group_right"}
AGGREGATIONS = {"sum", "min", "max", "avg", "count", "group", "topk", "bottomk", "quantile", "stddev", "stdvar", "count_values"}
WORDS = GROUPING | AGGREGATIONS | {"and", "or", "unless", "offset", "bool", "inf", "nan", "atan2"}


def labels_of(tokens, i):
    """The words between parentheses from i on, and where they end"""
    names = []
    assert tokens[i] == "(", tokens[i:]
    while tokens[i] != ")":
        if re.match(r"[a-zA-Z_]", tokens[i]):
            names.append(tokens[i])
        i += 1
    return names, i


def matchers_of(tokens, i):
    """[(label, operator, value)] between braces from i on, and where they end"""
    found = []
    i += 1
    while tokens[i] != "}":
        if tokens[i] == ",":
            i += 1
            continue
        found.append((tokens[i], tokens[i + 1], tokens[i + 2][1:-1]))
        i += 3
    return found, i


def parse(expr):
    """([(metric, matchers)], [labels that are grouped by])"""
    tokens = [token for token in TOKEN.findall(expr) if not token.isspace()] + [""]
    selectors, grouped, i = [], [], 0
    while tokens[i]:
        token = tokens[i]
        if token in GROUPING:
            if tokens[i + 1] == "(":
                names, i = labels_of(tokens, i + 1)
                grouped += names
        elif token == "[":
            while tokens[i] != "]":
                i += 1
        elif re.match(r"[a-zA-Z_:]", token) and token not in WORDS and tokens[i + 1] != "(":
            matchers = []
            if tokens[i + 1] == "{":
                matchers, i = matchers_of(tokens, i + 1)
            selectors.append((token, matchers))
        elif token == "offset":
            i += 1
        i += 1
    return selectors, grouped


def matches(labels, matcher):
    label, operator, value = matcher
    has = labels.get(label, "")
    if operator in ("=", "!="):
        return (has == value) == (operator == "=")
    return bool(re.fullmatch(value, has)) == (operator == "=~")


# ---- the world that is asked

class World:
    def __init__(self, folder):
        self.series = {}
        self.names = set()
        self.last = {}
        for (scene, node), taken in pages(folder).items():
            self.last[scene] = taken[-1]
            for page in taken:
                self.names |= page.names
                for name, labels in page.series:
                    self.series.setdefault(name, []).append(dict(labels, instance=node, job="vipguard"))
        self.recorded = {rule["record"] for rule in rules("recording.yaml")}

    def wrong(self, expr, hand_made=False):
        """What is wrong with the names of an expression, [] if nothing. hand_made: values of labels may be others than on the pages"""
        said = []
        selectors, grouped = parse(expr)
        if not selectors:
            said.append("asks for nothing")
        for name, matchers in selectors:
            said += self.wrong_selector(name, matchers, hand_made)
        # of the metrics that are asked; a recorded one may have those of any
        asked = [name for name, _ in selectors if name not in OTHERS]
        known = {label for name in (asked if set(asked) <= set(self.series) else self.series) for labels in self.series[name] for label in labels}
        known |= SCRAPE | ADDED
        known |= {label for labels in OTHERS.values() for label in labels}
        said += ["no metric has a label %s" % label for label in grouped if label not in known]
        return said

    def wrong_selector(self, name, matchers, hand_made):
        if name in OTHERS:
            return ["%s has no label %s" % (name, label) for label, _, _ in matchers if label not in set(OTHERS[name]) | SCRAPE]
        if name in self.recorded:
            return []
        if name not in self.series:
            return ["%s is on no page" % name]
        labels = {label for one in self.series[name] for label in one} | SCRAPE
        said = ["%s has no label %s" % (name, label) for label, _, _ in matchers if label not in labels]
        if not said and not hand_made and not any(all(matches(one, m) for m in matchers if m[0] not in SCRAPE) for one in self.series[name]):
            said.append("%s: no series of a page has %s" % (name, matchers))
        return said


def rules(name):
    return [rule for group in load("deploy/monitoring/" + name)["groups"] for rule in group["rules"]]


# ---- the checks; each returns what is wrong, a list of lines

def check_self(world):
    """A check that cannot fail is none: these must be complained of."""
    bad = ["vipguard_bindz_total", 'vipguard_binds_total{verdikt="violation"}', 'vipguard_binds_total{verdict="wrong"}',
           "sum by (reeson) (vipguard_binds_total)", "sum by (cause) (vipguard_binds_total)", 'rate(vipguard_lost_total{cause=~"lost_x.*"}[5m])', "1 + 1",
           'sum(vipguard_ready) + sum(rate(vipguard_redy_total[5m] offset 10m))', "vipguard_ready unless on (node_) vipguard_ready"]
    good = ['sum without (family) (rate(vipguard_binds_total{verdict="violation",job="vipguard"}[5m] offset 10m)) > 0 or up == 0']
    return ["not complained of: " + expr for expr in bad if not world.wrong(expr)] + ["complained of: " + expr for expr in good if world.wrong(expr)]


def check_list(world):
    """The pages show every metric of the guard's list, and nothing else"""
    with open(os.path.join(ROOT, "user/report/metric_list.h"), encoding="utf-8") as text:
        listed = set(re.findall(r'^\tX\(VG_METRIC_\w+, "(\w+)"', text.read(), re.M))
    return ["on no page: " + name for name in sorted(listed - world.names)] + ["not in metric_list.h: " + name for name in sorted(world.names - listed)]


def check_rules(world):
    return ["%s: %s" % (rule.get("alert") or rule["record"], wrong)
            for name in ("recording.yaml", "alerts.yaml") for rule in rules(name) for wrong in world.wrong(rule["expr"])]


def check_used(world):
    """Nothing is recorded that nobody asks for"""
    asked = " ".join(rule["expr"] for rule in rules("alerts.yaml")) + json.dumps(load("deploy/monitoring/dashboard.json"))
    return ["recorded for nobody: " + name for name in sorted(world.recorded) if name not in asked]


def check_alert_form(_world):
    said = []
    names = [rule["alert"] for rule in rules("alerts.yaml")]
    for rule in rules("alerts.yaml"):
        name, notes = rule["alert"], rule["annotations"]
        if rule["labels"].get("severity") not in ("critical", "warning", "info"):
            said.append(name + ": severity")
        if set(notes) != {"summary", "description", "runbook_url"} or notes["runbook_url"] != "docs/runbooks/%s.md" % name:
            said.append(name + ": annotations")
        if not re.search(r"\$labels\.\w+", notes["description"]) and "absent" not in rule["expr"]:
            said.append(name + ": its description names nobody")
    return said + ["twice: " + name for name in names if names.count(name) > 1]


def check_tests(world):
    """The series of the tests of rules are such as a guard has; every alert fires there once with all it says, and once not"""
    said = []
    seen = {True: set(), False: set()}
    for name in ("alerts_test.yaml", "recording_test.yaml"):
        for group in load("tests/monitoring/" + name)["tests"]:
            for given in group["input_series"]:
                said += ["%s: %s: %s" % (name, group["name"], wrong) for wrong in world.wrong(given["series"], hand_made=True)]
            for test in group.get("alert_rule_test", []):
                seen[bool(test["exp_alerts"])].add(test["alertname"])
    alerts = {rule["alert"] for rule in rules("alerts.yaml")}
    said += ["never seen to fire: " + name for name in sorted(alerts - seen[True])]
    return said + ["never seen not to fire: " + name for name in sorted(alerts - seen[False])]


def check_operator(_world):
    """prometheusrule.yaml is what prometheusrule.sh makes, and holds the same rules"""
    made = subprocess.run([os.path.join(MONITORING, "prometheusrule.sh")], capture_output=True, text=True, check=True).stdout
    with open(os.path.join(MONITORING, "prometheusrule.yaml"), encoding="utf-8") as text:
        if text.read() != made:
            return ["prometheusrule.yaml is out of date: make monitoring"]
    if yaml.safe_load(made)["spec"]["groups"] != load("deploy/monitoring/recording.yaml")["groups"] + load("deploy/monitoring/alerts.yaml")["groups"]:
        return ["prometheusrule.yaml holds other rules"]
    moved = subprocess.run([os.path.join(MONITORING, "prometheusrule.sh"), "https://x.test/r"], capture_output=True, text=True, check=True).stdout
    return [] if moved.count("https://x.test/r/Vipguard") == len(rules("alerts.yaml")) else ["runbooks are not moved"]


def check_kustomize(_world):
    said = []
    built = load("deploy/monitoring/kustomization.yaml")
    files = built["resources"] + [name for of in built["configMapGenerator"] for name in of["files"]]
    for name in files:
        if not os.path.exists(os.path.join(MONITORING, name)):
            said.append("kustomization.yaml: no file " + name)
    said += ["%s is no object" % name for name in built["resources"] if {"apiVersion", "kind", "metadata"} - set(load("deploy/monitoring/" + name))]
    return said


def check_runbooks(world):
    said = []
    alerts = {rule["alert"] for rule in rules("alerts.yaml")}
    pages_there = {name[:-3] for name in os.listdir(RUNBOOKS) if name.endswith(".md") and name != "README.md"}
    said += ["no runbook: " + name for name in sorted(alerts - pages_there)] + ["runbook of no alert: " + name for name in sorted(pages_there - alerts)]
    with open(os.path.join(RUNBOOKS, "README.md"), encoding="utf-8") as text:
        index = re.findall(r"\((Vipguard\w+)\.md\)", text.read())
    said += ["docs/runbooks/README.md: " + name for name in sorted(alerts ^ set(index))]
    for name in sorted(pages_there):
        with open(os.path.join(RUNBOOKS, name + ".md"), encoding="utf-8") as text:
            page = text.read()
        if "# %s\n" % name not in page:
            said.append(name + ": its title")
        headings = re.findall(r"^## .*$", page, re.M)
        if headings != SECTIONS:
            said.append("%s: its sections are %s" % (name, headings))
        if "```sh" not in page.split("## Why")[0]:
            said.append(name + ": no command to look first")
    return said + list(named_in_full(world))


def named_in_full(world):
    """Runbooks that are told by a label explain each of its values"""
    told = {"VipguardLost": ("vipguard_lost_total", "cause", set()),
            "VipguardDegraded": ("vipguard_feature_needed", "feature", {"tcx", "tracing", "kprobe"})}
    for name, (metric, label, apart) in told.items():
        with open(os.path.join(RUNBOOKS, name + ".md"), encoding="utf-8") as text:
            page = text.read()
        for value in sorted({one[label] for one in world.series[metric]} - apart):
            if "`%s`" % value not in page:
                yield "%s: nothing about %s" % (name, value)


def check_prose(world):
    """Metrics that documents name are there"""
    said = []
    for path in sorted(glob.glob(ROOT + "/docs/**/*.md", recursive=True)) + [ROOT + "/README.md"]:
        with open(path, encoding="utf-8") as text:
            for number, line in enumerate(text, 1):
                for name in re.findall(r"\b[a-z_]+:vipguard_[a-z_]+:[a-z0-9]+\b|(?<![\w:/])vipguard_[a-z_]+(?![\w:*|(])", line):
                    if name not in world.names | world.recorded and not any(known.startswith(name) for known in world.names if name.endswith("_")):
                        said.append("%s:%d: no metric %s" % (os.path.relpath(path, ROOT), number, name))
    return said


def check_size(world):
    """docs/metrics.md says how many series a page has and how long it is"""
    with open(os.path.join(ROOT, "docs/metrics.md"), encoding="utf-8") as text:
        said = re.search(r"(\d+) with a file \((\d+) KiB\), (\d+) with a cluster .*? \((\d+) KiB\)", text.read())
    if not said:
        return ["docs/metrics.md does not say it"]
    real = [number for scene in ("quiet", "cluster") for number in (len(world.last[scene].series), world.last[scene].size / 1024)]
    return ["docs/metrics.md says %s, and it is %.0f" % pair for pair in zip(said.groups(), real) if abs(float(pair[0]) - pair[1]) > pair[1] / 10]


# ---- the dashboard

def check_dashboard(_world):
    """As Grafana reads it: what every dashboard and panel has, nothing over anything else, no data source by a uid of somebody's own"""
    said = []
    board = load("deploy/monitoring/dashboard.json")
    for key in ("title", "uid", "schemaVersion", "panels", "templating", "time", "tags", "refresh"):
        if key not in board:
            said.append("no " + key)
    if "id" in board and board["id"] is not None:
        said.append("an id of a database")
    variables = {one["name"]: one for one in board["templating"]["list"]}
    if variables.get("datasource", {}).get("type") != "datasource" or variables.get("instance", {}).get("type") != "query":
        said.append("variables: %s" % sorted(variables))
    taken, ids = {}, [panel["id"] for panel in board["panels"]]
    if len(set(ids)) != len(ids):
        said.append("an id twice")
    for panel in board["panels"]:
        said += ["%s: %s" % (panel.get("title"), wrong) for wrong in wrong_panel(panel, taken, variables)]
    for uid in re.findall(r'"uid": "([^"]*)"', json.dumps(board["panels"]) + json.dumps(board["templating"])):
        if uid != "${datasource}":
            said.append("a fixed data source: " + uid)
    return said


def wrong_panel(panel, taken, variables):
    said = []
    grid = panel["gridPos"]
    if grid["x"] + grid["w"] > 24:
        said.append("wider than the board")
    for x in range(grid["x"], grid["x"] + grid["w"]):
        for y in range(grid["y"], grid["y"] + grid["h"]):
            if taken.setdefault((x, y), panel["title"]) != panel["title"]:
                return ["over " + taken[x, y]]
    if panel["type"] == "row":
        return said
    if panel["type"] not in ("stat", "timeseries", "state-timeline", "table"):
        said.append("type " + panel["type"])
    if not panel.get("title") or "defaults" not in panel.get("fieldConfig", {}) or "options" not in panel:
        said.append("no title, fieldConfig or options")
    refs = [target["refId"] for target in panel["targets"]]
    if not refs or len(set(refs)) != len(refs):
        said.append("refIds %s" % refs)
    for target in panel["targets"]:
        said += ["unknown variable $" + name for name in re.findall(r"\$\{?(\w+)", target["expr"])
                 if name not in variables and name not in ("__rate_interval", "__range", "__interval")]
        said += ["legend {{%s}}" % label for label in re.findall(r"{{(\w+)}}", target["legendFormat"]) if not legend_is_there(target["expr"], label)]
        if '=~"$instance"' not in target["expr"]:
            said.append("not by node: " + target["expr"])
    return said


def legend_is_there(expr, label):
    """An aggregation by labels leaves these alone"""
    _, grouped = parse(resolved(expr))
    return label in grouped if re.match(r"\s*(sum|max|min|count|avg)\s*(by\b|\()", expr) else True


def check_queries(world):
    return ["%s: %s" % (panel["title"], wrong) for panel in panels()
            for target in panel["targets"] for wrong in world.wrong(resolved(target["expr"]))]


CHECKS = [check_self, check_list, check_rules, check_used, check_alert_form, check_tests, check_operator, check_kustomize, check_runbooks,
          check_prose, check_size, check_dashboard, check_queries]


def main():
    world = World(sys.argv[1])
    failed = 0
    for check in CHECKS:
        try:
            said = check(world)
        except (OSError, KeyError, TypeError, AssertionError, subprocess.CalledProcessError, yaml.YAMLError, ValueError) as error:
            said = ["%s: %s" % (type(error).__name__, error)]
        name = check.__name__.removeprefix("check_").replace("_", " ")
        print("%sok monitoring: %s" % ("not " if said else "", name))
        for line in said:
            print("    " + line)
        failed += bool(said)
    print("%d passed, %d failed" % (len(CHECKS) - failed, failed))
    sys.exit(failed > 0)


main()
