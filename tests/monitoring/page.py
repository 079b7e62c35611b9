# SPDX-License-Identifier: Apache-2.0
"""Pages of metrics that tests/monitoring/scrape.sh took, and the series of promtool's tests made of them."""
import glob
import os
import re

SERIES = re.compile(r'^([a-z_]+)(?:\{(.*)\})? (\S+)$')
LABEL = re.compile(r'([a-z_]+)="((?:[^"\\]|\\.)*)"')
TIMES = ("_timestamp_seconds", "process_start_time_seconds")
RECORDED = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../data/metrics")
BEGIN = 15  # minutes for which the first page stands; then a page a minute, the last one for good
END = 60


class Page:
    """A page: {(name, ((label, value), ...)): number}. Times are by the moment at which it was taken."""

    def __init__(self, path):
        self.taken = os.stat(path).st_mtime
        self.size = os.stat(path).st_size
        self.series = {}
        self.names = set()
        with open(path, encoding="utf-8") as text:
            for line in text:
                if line.startswith("# taken "):  # of one that was recorded
                    self.taken = float(line.split()[2])
                if line.startswith("# TYPE "):
                    self.names.add(line.split()[2])
                if line.startswith("#"):
                    continue
                name, labels, value = SERIES.match(line.rstrip("\n")).groups()
                self.series[name, tuple(LABEL.findall(labels or ""))] = float(value)

    def value(self, key, at):
        """The value as of `at` seconds on the clock of the test, on which nothing is older than a few minutes"""
        value = self.series.get(key)
        if value is not None and key[0].endswith(TIMES):
            value = round(value - self.taken + at, 3)
        return value


def pages(folder):
    """{(scene, node): [Page, ...]}, those that were recorded (record.sh) among them"""
    found = {}
    for path in sorted(glob.glob(folder + "/*.prom")) + sorted(glob.glob(RECORDED + "/*.prom")):
        scene, node, number, _ = os.path.basename(path).split(".")
        of = found.setdefault((scene, node), [])
        assert int(number) == len(of), path
        of.append(Page(path))
    return found


def selector(key, **more):
    name, labels = key
    return name + "{" + ",".join('%s="%s"' % pair for pair in list(labels) + sorted(more.items())) + "}"


def series(of, instance, late=False):
    """promtool's input_series, one sample a minute: the first page for BEGIN minutes (late: nothing before it), the others then"""
    keys = []
    for page in of:
        keys += [key for key in page.series if key not in keys] if keys else page.series
    made = []
    for key in keys:
        values = []
        for minute in range(END):
            if late:
                page = of[min(minute - BEGIN, len(of) - 1)] if minute >= BEGIN else None
            else:
                page = of[min(max(minute - BEGIN + 1, 0), len(of) - 1)]
            # a start stays when it was: the page that stands was not taken anew
            at = 60 * (min(minute, BEGIN + len(of)) if key[0].endswith(TIMES) and key[0] != "process_start_time_seconds" else BEGIN if late else 0)
            value = page.value(key, at) if page else None
            values.append("_" if value is None else "%.15g" % value)
        made.append({"series": selector(key, instance=instance, job="vipguard"), "values": " ".join(values)})
    up = ["_" if late and minute < BEGIN else "1" for minute in range(END)]
    made.append({"series": 'up{instance="%s",job="vipguard"}' % instance, "values": " ".join(up)})
    return made
