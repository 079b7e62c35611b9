#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""build.py BINARY OUT: an OCI image of vipguard as one archive, OUT.oci.tar, and what is in it, OUT.spdx.json (SPDX 2.3).

In the image: the program, the shared libraries that ldd(1) names, the CA certificates, and of each Debian package that a file is from its copyright
file and its paragraph of dpkg's status (where scanners look for it). No shell, no package manager. Nothing is downloaded, no daemon is asked.

The same files give the same digest: times are SOURCE_DATE_EPOCH's (default: the last commit's), owners are root, names are sorted.
Exit 1, and a line that says why, if a file is from no package or something is missing.
"""

import gzip
import hashlib
import io
import json
import os
import re
import subprocess
import sys
import tarfile
import tempfile
import time
import uuid

from licences import licence_of

PROGRAM = "usr/sbin/vipguard"
NAME = "localhost/vipguard"  # of an image that was imported: what a registry has under this name is never asked for
LINKS = {"bin": "usr/bin", "sbin": "usr/sbin", "lib": "usr/lib", "lib64": "usr/lib64", "var/run": "../run"}
# What is mounted there; a root that is read-only needs the folders.
FOLDERS = ["dev", "etc/kubernetes/manifests", "etc/vipguard", "host/cgroup", "proc", "run/vipguard", "sys", "tmp", "usr/bin", "usr/lib64"]
TEXTS = {
    "etc/passwd": "root:x:0:0:root:/root:/usr/sbin/nologin\n",
    "etc/group": "root:x:0:\n",
    "etc/nsswitch.conf": "hosts: files dns\n",
}
CERTIFICATES = "etc/ssl/certs/ca-certificates.crt"
MEDIA = "application/vnd.oci.image."


class Broken(Exception):
    """What keeps an image from being made."""


def run(*command):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False, env={**os.environ, "LC_ALL": "C"})
    if done.returncode:
        raise Broken(f"{' '.join(command)}: {done.stderr.decode(errors='replace').strip() or done.returncode}")
    return done.stdout.decode()


def epoch():
    text = os.environ.get("SOURCE_DATE_EPOCH") or run("git", "log", "-1", "--format=%ct").strip()
    if not text.isdigit():
        raise Broken(f"SOURCE_DATE_EPOCH: found {text!r}, expected seconds since 1970")
    return int(text)


# ---- what goes in


def libraries(binary):
    """Paths as the loader finds them, the loader itself included."""
    lines = run("ldd", binary)
    missing = re.findall(r"(\S+) => not found", lines)
    if missing:
        raise Broken(f"{binary}: not found: {' '.join(missing)}")
    return sorted(set(re.findall(r"(/\S+) \(0x", lines)))


def candidates(path):
    """dpkg has a file as it was packaged: below / or /usr, as a link's target or by the link's name."""
    return [p for f in (os.path.realpath(path), path) for p in (f, f.removeprefix("/usr"), "/usr" + f)]


def packages_of(paths):
    """The packages that these files are of."""
    every = sorted({name for path in paths for name in candidates(path)})
    said = subprocess.run(["dpkg-query", "-S", *every], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False)  # fails if it knows not all
    owner = {}
    for line in said.stdout.decode().splitlines():
        names, _, path = line.rpartition(": ")
        owner[path] = names.split(",")[0].split(":")[0]
    found = {path: next((owner[name] for name in candidates(path) if name in owner), None) for path in paths}
    for path, package in found.items():
        if not package:
            raise Broken(f"{path} is of no Debian package")
    return set(found.values())


def read(path):
    with open(path, "rb") as file:
        return file.read()


def stripped(binary):
    """Without what debuggers read, which holds the folder that it was built in."""
    with tempfile.TemporaryDirectory() as folder:
        run("strip", "--strip-all", "-o", f"{folder}/vipguard", binary)
        return read(f"{folder}/vipguard")


def certificates():
    """Those of the package, not those of this machine, which may trust somebody else besides."""
    names = sorted(name for name in run("dpkg-query", "-L", "ca-certificates").splitlines() if name.endswith(".crt"))
    if not names:
        raise Broken("no certificates in the package ca-certificates")
    return b"".join(read(name).rstrip(b"\n") + b"\n" for name in names)


def paragraphs(names):
    """What dpkg says of each package; without what changes when the same version is installed again, or elsewhere."""
    drop = ("Status:", "Conffiles:", "Config-Version:")
    kept, skipping = [], False
    for line in run("dpkg-query", "-s", *names).splitlines():
        skipping = line.startswith(drop) or (skipping and line.startswith(" "))
        if not skipping:
            kept.append(line)
    return [text + "\n" for text in "\n".join(kept).strip().split("\n\n")]


class Package:
    def __init__(self, status):
        self.status = status
        self.name, self.version, self.maintainer = (re.search(f"^{key}: (.*)", status, re.M)[1] for key in ("Package", "Version", "Maintainer"))
        try:
            self.copyright = read(f"/usr/share/doc/{self.name}/copyright")
        except FileNotFoundError as error:
            raise Broken(f"{self.name}: no copyright file (was it left out when it was installed?)") from error


def collect(binary):
    """{path in the image: bytes}, [Package]"""
    files, wanted = {PROGRAM: stripped(binary)}, libraries(binary)
    for path in wanted:
        name = os.path.normpath(path).lstrip("/")
        files[name if name.startswith("usr/") else "usr/" + name] = read(path)
    # libc loads it by itself when a thread is cancelled
    files["usr/lib/x86_64-linux-gnu/libgcc_s.so.1"] = read("/usr/lib/x86_64-linux-gnu/libgcc_s.so.1")
    files[CERTIFICATES] = certificates()
    files["usr/lib/os-release"] = read("/usr/lib/os-release")
    files |= {name: text.encode() for name, text in TEXTS.items()}
    names = packages_of(wanted) | {"base-files", "ca-certificates", "libgcc-s1"}
    packages = sorted((Package(text) for text in paragraphs(sorted(names))), key=lambda package: package.name)
    for package in packages:
        files[f"usr/share/doc/{package.name}/copyright"] = package.copyright
        files[f"var/lib/dpkg/status.d/{package.name}"] = package.status.encode()
    return files, packages


# ---- the list of what is in it


def sbom(version, revision, files, packages, now):
    """SPDX 2.3, https://spdx.github.io/spdx-spec/v2.3/"""
    extracted, listed = {}, []
    print_of = hashlib.sha256(b"".join(p.name.encode() + p.version.encode() for p in packages) + files[PROGRAM]).hexdigest()
    listed.append({
        "SPDXID": "SPDXRef-vipguard", "name": "vipguard", "versionInfo": version, "downloadLocation": "NOASSERTION", "filesAnalyzed": False,
        "primaryPackagePurpose": "CONTAINER", "supplier": "NOASSERTION", "copyrightText": "NOASSERTION", "sourceInfo": f"git {revision}",
        "licenseConcluded": "NOASSERTION", "licenseDeclared": "Apache-2.0 AND (GPL-2.0-only OR BSD-2-Clause)",
        "checksums": [{"algorithm": "SHA256", "checksumValue": hashlib.sha256(files[PROGRAM]).hexdigest()}],
    })
    for package in packages:
        listed.append({
            "SPDXID": "SPDXRef-" + re.sub("[^A-Za-z0-9.-]", "-", package.name), "name": package.name, "versionInfo": package.version,
            "downloadLocation": "NOASSERTION", "filesAnalyzed": False, "copyrightText": "NOASSERTION",
            "supplier": "Person: " + package.maintainer.replace(" <", " (").replace(">", ")"), "licenseConcluded": "NOASSERTION",
            "licenseDeclared": licence_of(package.name, package.copyright.decode(errors="replace"), extracted),
            "externalRefs": [{"referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl",
                              "referenceLocator": f"pkg:deb/debian/{package.name}@{package.version.replace(':', '%3A').replace('+', '%2B')}?arch=amd64&distro=debian-12"}],
        })
    return {
        "spdxVersion": "SPDX-2.3", "dataLicense": "CC0-1.0", "SPDXID": "SPDXRef-DOCUMENT", "name": f"vipguard-{version}",
        "documentNamespace": f"https://spdx.org/spdxdocs/vipguard-{version}-{uuid.uuid5(uuid.NAMESPACE_URL, print_of)}",
        "creationInfo": {"created": now, "creators": ["Tool: vipguard deploy/image/build.py"]},
        "packages": listed,
        "hasExtractedLicensingInfos": [{"licenseId": name, "extractedText": text} for name, text in sorted(extracted.items())],
        "relationships": [{"spdxElementId": "SPDXRef-DOCUMENT", "relationshipType": "DESCRIBES", "relatedSpdxElement": "SPDXRef-vipguard"}] +
                         [{"spdxElementId": "SPDXRef-vipguard", "relationshipType": "CONTAINS", "relatedSpdxElement": p["SPDXID"]} for p in listed[1:]],
    }


# ---- the archive, https://github.com/opencontainers/image-spec


def entry(name, kind, mode, when):
    info = tarfile.TarInfo(name)
    info.type, info.mode, info.mtime = kind, mode, when
    info.uname = info.gname = ""
    return info


def layer_of(files, when):
    folders = set(FOLDERS)
    for name in [*files, *LINKS]:
        parts = name.split("/")[:-1]
        folders |= {"/".join(parts[:i + 1]) for i in range(len(parts))}
    for name in FOLDERS:
        folders |= {"/".join(name.split("/")[:i + 1]) for i in range(name.count("/"))}
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for name in sorted(folders | set(files) | set(LINKS)):
            if name in LINKS:
                info = entry(name, tarfile.SYMTYPE, 0o777, when)
                info.linkname = LINKS[name]
                tar.addfile(info)
            elif name in files:
                program = name == PROGRAM or ".so" in name
                info = entry(name, tarfile.REGTYPE, 0o755 if program else 0o644, when)
                info.size = len(files[name])
                tar.addfile(info, io.BytesIO(files[name]))
            else:
                tar.addfile(entry(name + "/", tarfile.DIRTYPE, 0o1777 if name == "tmp" else 0o755, when))
    return out.getvalue()


class Layout:
    """An image layout in a tar."""

    def __init__(self):
        self.blobs = {}

    def put(self, data, media, **more):
        digest = hashlib.sha256(data).hexdigest()
        self.blobs[f"blobs/sha256/{digest}"] = data
        return {"mediaType": media, "digest": f"sha256:{digest}", "size": len(data), **more}

    def put_json(self, value, media, **more):
        return self.put(dump(value), media, **more)

    def write(self, path, when):
        with tarfile.open(path, mode="w", format=tarfile.PAX_FORMAT) as tar:
            for name in ["blobs/", "blobs/sha256/"]:
                tar.addfile(entry(name, tarfile.DIRTYPE, 0o755, when))
            for name, data in sorted(self.blobs.items()):
                info = entry(name, tarfile.REGTYPE, 0o644, when)
                info.size = len(data)
                tar.addfile(info, io.BytesIO(data))


def dump(value):
    return (json.dumps(value, indent=1, sort_keys=True, ensure_ascii=False) + "\n").encode()


def image(version, revision, layer, now):
    about = {
        "org.opencontainers.image.title": "vipguard",
        "org.opencontainers.image.description": "Guards Kubernetes service VIPs against being bound or announced on the wrong node",
        "org.opencontainers.image.version": version,
        "org.opencontainers.image.revision": revision,
        "org.opencontainers.image.created": now,
        "org.opencontainers.image.licenses": "Apache-2.0 AND (GPL-2.0-only OR BSD-2-Clause)",
    }
    layout = Layout()
    packed = gzip.compress(layer, compresslevel=6, mtime=0)
    config = layout.put_json({
        "created": now, "architecture": "amd64", "os": "linux",
        "config": {"User": "0:0", "Env": ["PATH=/usr/sbin:/usr/bin"], "Entrypoint": ["/" + PROGRAM], "Cmd": ["run"], "WorkingDir": "/", "StopSignal": "SIGTERM",
                   "Labels": about},
        "rootfs": {"type": "layers", "diff_ids": ["sha256:" + hashlib.sha256(layer).hexdigest()]},
        "history": [{"created": now, "created_by": "deploy/image/build.py"}],
    }, MEDIA + "config.v1+json")
    manifest = layout.put_json({
        "schemaVersion": 2, "mediaType": MEDIA + "manifest.v1+json", "config": config,
        "layers": [layout.put(packed, MEDIA + "layer.v1.tar+gzip")], "annotations": about,
    }, MEDIA + "manifest.v1+json", platform={"architecture": "amd64", "os": "linux"},
        annotations={"org.opencontainers.image.ref.name": version, "io.containerd.image.name": f"{NAME}:{version}"})
    layout.blobs["index.json"] = dump({"schemaVersion": 2, "mediaType": MEDIA + "index.v1+json", "manifests": [manifest]})
    layout.blobs["oci-layout"] = dump({"imageLayoutVersion": "1.0.0"})
    return layout, manifest["digest"]


def build(binary, out):
    when = epoch()
    now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(when))
    version, revision = run(binary, "version").split()[1], run("git", "rev-parse", "HEAD").strip()
    files, packages = collect(binary)
    listed = dump(sbom(version, revision, files, packages, now))
    files["usr/share/sbom/vipguard.spdx.json"] = listed
    layout, digest = image(version, revision, layer_of(files, when), now)
    with open(f"{out}.spdx.json", "wb") as file:
        file.write(listed)
    layout.write(f"{out}.oci.tar", when)
    print(f"{out}.oci.tar {digest}")


def main():
    if len(sys.argv) != 3:
        sys.exit("usage: build.py BINARY OUT")
    try:
        build(sys.argv[1], sys.argv[2])
    except (Broken, OSError) as error:
        sys.exit(f"build.py: {error}")


if __name__ == "__main__":
    main()
