// SPDX-License-Identifier: Apache-2.0

// render: what `kustomize build`, `helm template` and `helm lint` make of a folder, by the same packages, without the rest of them; and the seccomp
// profile that containerd gives a container as RuntimeDefault. Objects as one JSON list on standard output. Exit 1: why is on standard error.
package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"sort"
	"strings"

	"github.com/containerd/containerd/v2/contrib/seccomp"
	"github.com/opencontainers/runtime-spec/specs-go"
	"helm.sh/helm/v3/pkg/chart/loader"
	"helm.sh/helm/v3/pkg/chartutil"
	"helm.sh/helm/v3/pkg/engine"
	"helm.sh/helm/v3/pkg/lint"
	"helm.sh/helm/v3/pkg/lint/support"
	"helm.sh/helm/v3/pkg/releaseutil"
	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/kyaml/filesys"
	"sigs.k8s.io/yaml"
)

const usage = `usage: render kustomize DIR
       render helm CHART NAMESPACE [VALUES-FILE...]   (HELM_KUBE_VERSION: of the cluster)
       render lint CHART [VALUES-FILE...]
       render yaml FILE...
       render seccomp CAPABILITY...`

// documents splits a YAML stream and puts its objects to those that are there.
func documents(text string, objects []any) ([]any, error) {
	for _, document := range releaseutil.SplitManifests(text) {
		var object any
		if err := yaml.Unmarshal([]byte(document), &object); err != nil {
			return nil, err
		}
		if object != nil {
			objects = append(objects, object)
		}
	}
	return objects, nil
}

func kustomize(dir string) ([]any, error) {
	built, err := krusty.MakeKustomizer(krusty.MakeDefaultOptions()).Run(filesys.MakeFsOnDisk(), dir)
	if err != nil {
		return nil, err
	}
	text, err := built.AsYaml()
	if err != nil {
		return nil, err
	}
	return documents(string(text), nil)
}

// values merges files, a later one over the earlier.
func values(files []string) (map[string]any, error) {
	all := map[string]any{}
	for _, file := range files {
		one, err := chartutil.ReadValuesFile(file)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		all = chartutil.CoalesceTables(one.AsMap(), all)
	}
	return all, nil
}

func capabilities() (*chartutil.Capabilities, error) {
	all := chartutil.DefaultCapabilities.Copy()
	if text := os.Getenv("HELM_KUBE_VERSION"); text != "" {
		version, err := chartutil.ParseKubeVersion(text)
		if err != nil {
			return nil, err
		}
		all.KubeVersion = *version
	}
	return all, nil
}

func helm(dir, namespace string, files []string) ([]any, error) {
	chart, err := loader.Load(dir)
	if err != nil {
		return nil, err
	}
	given, err := values(files)
	if err != nil {
		return nil, err
	}
	caps, err := capabilities()
	if err != nil {
		return nil, err
	}
	options := chartutil.ReleaseOptions{Name: "vipguard", Namespace: namespace, Revision: 1, IsInstall: true}
	all, err := chartutil.ToRenderValues(chart, given, options, caps) // holds them against values.schema.json
	if err != nil {
		return nil, err
	}
	texts, err := engine.Render(chart, all)
	if err != nil {
		return nil, err
	}
	var names []string
	for name := range texts {
		if !strings.HasSuffix(name, "NOTES.txt") {
			names = append(names, name)
		}
	}
	sort.Strings(names)
	var objects []any
	for _, name := range names {
		if objects, err = documents(texts[name], objects); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
	}
	return objects, nil
}

// runLint fails on warnings too.
func runLint(dir string, files []string) error {
	given, err := values(files)
	if err != nil {
		return err
	}
	bad := 0
	for _, message := range lint.All(dir, given, "kube-system", true).Messages {
		fmt.Fprintln(os.Stderr, message)
		if message.Severity >= support.WarningSev {
			bad++
		}
	}
	if bad > 0 {
		return fmt.Errorf("%d complaints", bad)
	}
	return nil
}

func plain(files []string) ([]any, error) {
	var objects []any
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		if objects, err = documents(string(text), objects); err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
	}
	return objects, nil
}

// profile depends on the container's capabilities, as the runtime has them.
func profile(names []string) *specs.LinuxSeccomp {
	spec := &specs.Spec{Process: &specs.Process{Capabilities: &specs.LinuxCapabilities{Bounding: names}}, Linux: &specs.Linux{}}
	return seccomp.DefaultProfile(spec)
}

func run(args []string) (any, error) {
	switch {
	case len(args) == 2 && args[0] == "kustomize":
		return kustomize(args[1])
	case len(args) >= 3 && args[0] == "helm":
		return helm(args[1], args[2], args[3:])
	case len(args) >= 2 && args[0] == "lint":
		return []any{}, runLint(args[1], args[2:])
	case len(args) >= 2 && args[0] == "yaml":
		return plain(args[1:])
	case len(args) >= 1 && args[0] == "seccomp":
		return profile(args[1:]), nil
	}
	return nil, fmt.Errorf("%s", usage)
}

func main() {
	var out bytes.Buffer
	answer, err := run(os.Args[1:])
	if err == nil {
		err = json.NewEncoder(&out).Encode(answer)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "render:", err)
		os.Exit(1)
	}
	os.Stdout.Write(out.Bytes())
}
