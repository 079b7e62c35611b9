#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""runtime_config.py [--without CAPABILITY] WORKLOAD --image CONFIG --root DIR --seccomp PROGRAM --node NAME [--server HOST:PORT] [--volumes DIR]

What kubelet and containerd make of a DaemonSet or a Pod (a JSON object, as the API server has it): the config.json of an OCI runtime, on standard
output. Nothing of it is said here a second time: a field that is not translated, and is not one that a runtime never hears of, is an error.

--image: the image's configuration. --root: the root file system, unpacked. --seccomp: prints containerd's profile for the capabilities that it is given.
--server: where KUBERNETES_SERVICE_HOST leads. --volumes: in it a folder for each volume that is not of the host, with what kubelet would put there, and
serviceaccount/ with the token. --without: as if that capability were not in the list. The folders that kubelet makes are in an annotation.
"""

import argparse
import json
import os
import subprocess
import sys

# What is decided before a runtime is asked, or after it has answered.
POD_QUIET = {"affinity", "dnsPolicy", "enableServiceLinks", "imagePullSecrets", "nodeSelector", "priority", "priorityClassName", "preemptionPolicy",
             "restartPolicy", "schedulerName", "terminationGracePeriodSeconds", "tolerations", "serviceAccount"}
CONTAINER_QUIET = {"imagePullPolicy", "livenessProbe", "readinessProbe", "terminationMessagePath", "terminationMessagePolicy", "image", "name", "ports"}
TOKEN = "/var/run/secrets/kubernetes.io/serviceaccount"
CRITICAL = -997  # oom_score_adj of system-node-critical
PROPAGATION = {None: "rprivate", "None": "rprivate", "HostToContainer": "rslave", "Bidirectional": "rshared"}

# What containerd mounts into every container, hides and makes read-only.
MOUNTS = [
    ("/proc", "proc", "proc", ["nosuid", "noexec", "nodev"]),
    ("/dev", "tmpfs", "tmpfs", ["nosuid", "strictatime", "mode=755", "size=65536k"]),
    ("/dev/pts", "devpts", "devpts", ["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5"]),
    ("/dev/shm", "tmpfs", "shm", ["nosuid", "noexec", "nodev", "mode=1777", "size=65536k"]),
    ("/sys", "sysfs", "sysfs", ["nosuid", "noexec", "nodev", "ro"]),
    ("/sys/fs/cgroup", "cgroup", "cgroup", ["nosuid", "noexec", "nodev", "relatime", "ro"]),
]
MASKED = ["/proc/acpi", "/proc/asound", "/proc/kcore", "/proc/keys", "/proc/latency_stats", "/proc/timer_list", "/proc/timer_stats", "/proc/sched_debug",
          "/proc/scsi", "/sys/firmware"]
READ_ONLY = ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"]


class Unknown(Exception):
    """A field that nothing is made of."""


class Fields:
    """An object whose fields are taken out one by one; what is left is an error."""

    def __init__(self, where, value, quiet=()):
        self.where, self.left = where, {k: v for k, v in value.items() if k not in quiet}

    def __enter__(self):
        return self

    def __exit__(self, kind, *rest):
        if not kind and self.left:
            raise Unknown(f"{self.where}: {', '.join(sorted(self.left))}: not translated")

    def take(self, name, default=None):
        return self.left.pop(name, default)

    def must(self, name, *allowed):
        value = self.take(name)
        if value not in allowed:
            raise Unknown(f"{self.where}: {name} is {value!r}, translated is {' or '.join(map(repr, allowed))}")
        return value


def bind(source, target, read_only, propagation):
    return {"destination": target, "type": "bind", "source": source, "options": ["rbind", propagation, "ro" if read_only else "rw"]}


def mount_of(mount, volumes):
    with Fields("volumeMounts", mount) as fields:
        return bind(volumes[fields.take("name")], fields.take("mountPath"), fields.take("readOnly", False), PROPAGATION[fields.take("mountPropagation")])


def source_of(volume, folder, makes):
    """The volume's folder on the host. Of the types for a hostPath: there it must be, or kubelet makes it, which is for who runs this."""
    with Fields("volumes", volume) as fields:
        name, path, config = fields.take("name"), fields.take("hostPath"), fields.take("configMap")
    if path:
        with Fields(f"volume {name}", path) as fields:
            if fields.must("type", "Directory", "DirectoryOrCreate") == "DirectoryOrCreate":
                makes.append(path["path"])
            return name, fields.take("path")
    with Fields(f"volume {name}", config or {"no": "type"}) as fields:
        fields.take("name")
        fields.must("defaultMode", 0o644)
    return name, f"{folder}/{name}"


def environment(container, image, args):
    env = dict(line.split("=", 1) for line in image.get("Env", []))
    for one in container.take("env", []):
        if one.get("valueFrom", {}).get("fieldRef", {}).get("fieldPath") != "spec.nodeName":
            raise Unknown(f"env: {one}")
        env[one["name"]] = args.node
    if args.server:
        env["KUBERNETES_SERVICE_HOST"], _, env["KUBERNETES_SERVICE_PORT"] = args.server.rpartition(":")
    return [f"{name}={value}" for name, value in env.items()]


def resources_of(value):
    shares = {"m": 1, "": 1000}
    with Fields("resources", value) as fields:
        requests, limits = fields.take("requests", {}), fields.take("limits", {})
    cpu, memory = requests["cpu"], limits.pop("memory")
    if limits:
        raise Unknown(f"resources.limits: {limits}")
    return {"memory": {"limit": int(memory.removesuffix("Mi")) << 20},
            "cpu": {"shares": max(2, int(cpu.removesuffix("m")) * shares["m" if cpu.endswith("m") else ""] * 1024 // 1000)}}


def capabilities_of(value, without):
    with Fields("capabilities", value) as fields:
        fields.must("drop", ["ALL"])
        names = [f"CAP_{name}" for name in fields.take("add", [])]
    if without and f"CAP_{without}" not in names:
        raise Unknown(f"--without {without}: not in the list")
    return [name for name in names if name != f"CAP_{without}"]


def profile_of(value, program, names):
    with Fields("seccompProfile", value) as fields:
        fields.must("type", "RuntimeDefault")
    return json.loads(subprocess.run([program, "seccomp", *names], stdout=subprocess.PIPE, check=True).stdout)


def secure(security, args, config):
    """The container's security settings. No node of these tests has SELinux or AppArmor: a runtime is told nothing of them."""
    security.must("privileged", False)
    user = {"uid": security.take("runAsUser", 0), "gid": security.take("runAsGroup", 0)}
    names = capabilities_of(security.take("capabilities"), args.without)
    with Fields("appArmorProfile", security.take("appArmorProfile")) as fields:
        fields.must("type", "Unconfined")
    security.take("seLinuxOptions")
    config["process"] |= {"user": user, "noNewPrivileges": not security.take("allowPrivilegeEscalation", True),
                          "capabilities": {kind: names for kind in ("bounding", "effective", "permitted")}}
    config["root"]["readonly"] = security.take("readOnlyRootFilesystem", False)
    config["linux"]["seccomp"] = profile_of(security.take("seccompProfile"), args.seccomp, names)


def contain(container, image, args, config):
    config["process"] |= {"args": container.take("command", image["Entrypoint"]) + container.take("args", image.get("Cmd", [])),
                          "cwd": image.get("WorkingDir") or "/", "env": environment(container, image, args)}
    config["linux"]["resources"] = resources_of(container.take("resources"))
    with Fields("securityContext", container.take("securityContext")) as security:
        secure(security, args, config)


def translate(pod, image, args):
    namespaces = [{"type": kind} for kind in ("mount", "ipc", "cgroup")]
    if not pod.take("hostPID", False):
        namespaces.append({"type": "pid"})
    pod.must("hostNetwork", True)  # which leaves the host's name to it, too
    pod.must("securityContext", None, {})
    makes = []
    volumes = dict(source_of(volume, args.volumes, makes) for volume in pod.take("volumes", []))
    config = {
        "ociVersion": "1.0.2", "root": {"path": args.root}, "annotations": {"kubelet-makes": " ".join(makes)},
        "process": {"terminal": False, "oomScoreAdj": CRITICAL},
        "mounts": [{"destination": d, "type": t, "source": s, "options": o} for d, t, s, o in MOUNTS],
        "linux": {"namespaces": namespaces, "rootfsPropagation": "rslave", "maskedPaths": MASKED, "readonlyPaths": READ_ONLY,
                  "cgroupsPath": "/kubepods/burstable/podguard/guard"},
    }
    containers = pod.take("containers")
    if len(containers) != 1:
        raise Unknown("containers: more than one")
    with Fields("container", containers[0], CONTAINER_QUIET) as container:
        config["mounts"] += [mount_of(mount, volumes) for mount in container.take("volumeMounts", [])]
        contain(container, image, args, config)
    if pod.take("automountServiceAccountToken", True) and pod.take("serviceAccountName"):
        config["mounts"].append(bind(f"{args.volumes}/serviceaccount", TOKEN, True, "rprivate"))
    return config


def main():
    parser = argparse.ArgumentParser()
    for name in ("without", "image", "root", "seccomp", "node", "server", "volumes"):
        parser.add_argument(f"--{name}", required=name in ("image", "root", "seccomp", "node"))
    parser.add_argument("workload")
    args = parser.parse_args()
    with open(args.workload, encoding="utf-8") as file:
        workload = json.load(file)
    with open(args.image, encoding="utf-8") as file:
        image = json.load(file)["config"]
    args.root = os.path.normpath(args.root)
    try:
        spec = workload["spec"]["template"]["spec"] if workload["kind"] == "DaemonSet" else workload["spec"]
        with Fields("Pod", spec, POD_QUIET) as pod:
            config = translate(pod, image, args)
    except Unknown as error:
        sys.exit(f"runtime_config.py: {error}")
    json.dump(config, sys.stdout, indent=1)


if __name__ == "__main__":
    main()
