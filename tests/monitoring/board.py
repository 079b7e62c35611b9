# SPDX-License-Identifier: Apache-2.0
"""The dashboard's panels and their queries."""
import json
import os

DASHBOARD = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../deploy/monitoring/dashboard.json")


def panels():
    """All but the headings of rows"""
    with open(DASHBOARD, encoding="utf-8") as text:
        return [panel for panel in json.load(text)["panels"] if panel["type"] != "row"]


def resolved(expr):
    """With a value for each variable, as Grafana puts them in"""
    return expr.replace("$instance", ".*").replace("$__rate_interval", "5m").replace("$__interval", "1m").replace("$__range", "1h")
