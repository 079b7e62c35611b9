# SPDX-License-Identifier: Apache-2.0
"""What a Debian copyright file says, as an SPDX licence expression.

Machine-readable ones (DEP-5, https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/) name the licence of each group of files; all of them
together are the package's. Names that SPDX does not have, and a file that is not machine-readable, are a LicenseRef whose text is the whole file.
"""

import re

SPDX = ["Apache-2.0", "Artistic-2.0", "BSD-2-Clause", "BSD-3-Clause", "BSD-4-Clause", "BSL-1.0", "CC0-1.0", "FSFAP", "FSFUL", "FSFULLR", "ISC", "MIT",
        "MPL-1.1", "MPL-2.0", "OFL-1.1", "OpenSSL", "X11", "Zlib", "curl"]
KNOWN = {name.lower(): name for name in SPDX} | {"expat": "MIT", "apache-2": "Apache-2.0", "public-domain": None}
for gnu, versions in {"GPL": ["1", "2", "3"], "LGPL": ["2", "2.1", "3"], "GFDL": ["1.2", "1.3"]}.items():
    for number in versions:
        whole = f"{gnu}-{number}" if "." in number else f"{gnu}-{number}.0"
        KNOWN |= {f"{gnu}-{number}".lower(): f"{whole}-only", f"{gnu}-{number}+".lower(): f"{whole}-or-later"}


def reference(package, text, extracted):
    licence = "LicenseRef-debian-" + re.sub("[^A-Za-z0-9.-]+", "-", package)
    extracted[licence] = text
    return licence


def one(name, package, text, extracted):
    name = name.strip().rstrip(",").lower()
    return KNOWN[name] if name in KNOWN else reference(package, text, extracted)


def term(words, package, text, extracted):
    """The words of one License field: alternatives with `or`, more than one with `and`."""
    groups = []
    for group in re.split(r",?\s+and\s+", words):
        names = [one(name, package, text, extracted) for name in re.split(r"\s+or\s+", group)]
        names = list(dict.fromkeys(name for name in names if name))
        if names:
            groups.append(names[0] if len(names) == 1 else f"({' OR '.join(names)})")
    return groups


def licence_of(package, text, extracted):
    """The expression. What it refers to by LicenseRef is put into extracted: {id: text}."""
    fields = re.findall(r"^License: *(\S.*)$", text, re.M) if re.match(r"Format: *https?://", text) else []
    terms = dict.fromkeys(t for words in fields for t in term(words, package, text, extracted))
    return " AND ".join(sorted(terms)) or reference(package, text, extracted)
