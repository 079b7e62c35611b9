// SPDX-License-Identifier: Apache-2.0

// kube-apiserver as its release has it: that module cannot be named to `go install`, because it has replace directives.
package main

import (
	"os"

	"k8s.io/component-base/cli"
	"k8s.io/kubernetes/cmd/kube-apiserver/app"
)

func main() {
	os.Exit(cli.Run(app.NewAPIServerCommand()))
}
