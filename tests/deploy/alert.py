#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""alert.py ALERT RECORDING ALERTS PAGE...: a test of promtool's: on these pages of metrics, one after the other, ALERT fires."""
import json
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../monitoring"))
from page import BEGIN, Page, series  # noqa: E402

alert, rules, pages = sys.argv[1], sys.argv[2:4], [Page(path) for path in sys.argv[4:]]
json.dump({"rule_files": [os.path.abspath(path) for path in rules], "evaluation_interval": "1m", "tests": [{
    "interval": "1m", "input_series": series(pages, "cp1"),
    "promql_expr_test": [{"expr": 'group by (alertname) (ALERTS{alertstate="firing", alertname="%s"})' % alert, "eval_time": "%dm" % (BEGIN + 3),
                          "exp_samples": [{"labels": '{alertname="%s"}' % alert, "value": 1}]}]}]}, sys.stdout)
