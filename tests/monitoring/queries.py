#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""queries.py PAGES RULES... >TEST: a test of promtool's: each query of the dashboard finds something among the series of real guards, two minutes after
all of them got into trouble."""
import json
import os
import sys

from board import panels, resolved
from page import pages, series


def main():
    given = []
    for (scene, node), taken in pages(sys.argv[1]).items():
        given += series(taken, scene + "-" + node)
    asked = [{"expr": "(count(%s) > bool 0) or vector(0)" % resolved(target["expr"]), "eval_time": "18m", "exp_samples": [{"labels": "{}", "value": 1}]}
             for panel in panels() for target in panel["targets"]]
    tests = [{"interval": "1m", "input_series": given, "promql_expr_test": asked}]
    json.dump({"rule_files": [os.path.abspath(rules) for rules in sys.argv[2:]], "evaluation_interval": "1m", "tests": tests}, sys.stdout)


main()
