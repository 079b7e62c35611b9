#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""fired.py PAGES RULES... >TEST: a test of promtool's, made of pages of real guards: in each scene exactly these alerts fire, at 14 minutes (all was
quiet until then) and at 18 and 50 (what happens in the scene happens at 15)."""
import json
import os
import sys

from page import pages, series

# The features that scrape.sh switches off are missing in truth; nothing else may be said of a quiet guard. Those of record.sh have all.
SCENES = {
    "whole": [set(), set(), set()],
    "denied": [set(), {"VipguardViolation"}, set()],
    "quiet": [set(), set(), set()],
    "audit": [set(), {"VipguardAuditViolation"}, {"VipguardAuditViolation"}],
    "enforce": [set(), {"VipguardViolation"}, set()],
    "late": [set(), {"VipguardViolation"}, set()],
    "loose": [set(), {"VipguardViolationNotStopped"}, {"VipguardViolationNotStopped"}],
    "paused": [set(), {"VipguardAuditViolation", "VipguardSuspended"}, {"VipguardAuditViolation", "VipguardSuspended"}],
    "double": [set(), {"VipguardAuditViolation", "VipguardDuplicateHolder"}, {"VipguardAuditViolation", "VipguardDuplicateHolder"}],
    "reload": [set(), {"VipguardReloadFailed"}, {"VipguardReloadFailed"}],
    "cluster": [set(), {"VipguardViolation"}, set()],
    "away": [{"VipguardNotReady", "VipguardSourceStale"}, {"VipguardNotReady", "VipguardSourceStale", "VipguardSuspended"},
             {"VipguardNotReady", "VipguardSourceStale", "VipguardSuspended"}],
}
MINUTES = (14, 18, 50)
ALWAYS = {"VipguardDegraded"}
RECORDED = ("whole", "denied")


def expectation(minute, alerts):
    return {"expr": 'group by (alertname) (ALERTS{alertstate="firing"})', "eval_time": "%dm" % minute,
            "exp_samples": [{"labels": '{alertname="%s"}' % name, "value": 1} for name in sorted(alerts)]}


def main():
    found = pages(sys.argv[1])
    tests = []
    assert {scene for scene, _ in found} == set(SCENES), "scenes: %s" % sorted(found)
    for scene, at in SCENES.items():
        given = []
        for (of, node), taken in found.items():
            if of == scene:
                given += series(taken, node, late=scene == "late")
        always = set() if scene in RECORDED else ALWAYS
        # before a guard is there at all, what fires is that there is none
        first = {"VipguardAbsent"} if scene == "late" else at[0] | always
        tests.append({"name": scene, "interval": "1m", "input_series": given,
                      "promql_expr_test": [expectation(MINUTES[0], first)] +
                                          [expectation(minute, alerts | (set() if scene == "late" and minute < 26 else always))
                                           for minute, alerts in zip(MINUTES[1:], at[1:])]})
    json.dump({"rule_files": [os.path.abspath(rules) for rules in sys.argv[2:]], "evaluation_interval": "1m", "tests": tests}, sys.stdout, indent=1)


main()
