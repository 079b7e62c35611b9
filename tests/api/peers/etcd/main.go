// SPDX-License-Identifier: Apache-2.0

// etcd as its release has it: that module cannot be named to `go install`, because it has replace directives.
package main

import (
	"os"

	"go.etcd.io/etcd/server/v3/etcdmain"
)

func main() {
	etcdmain.Main(os.Args)
}
