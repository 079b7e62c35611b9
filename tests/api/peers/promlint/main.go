// SPDX-License-Identifier: Apache-2.0

// promlint: what `promtool check metrics` says of the text on standard input, by the same package, without the rest of Prometheus. One line a
// problem; exit 1 if there is one, 2 if the text cannot be parsed.
package main

import (
	"fmt"
	"os"

	"github.com/prometheus/client_golang/prometheus/testutil/promlint"
)

func main() {
	problems, err := promlint.New(os.Stdin).Lint()
	if err != nil {
		fmt.Fprintln(os.Stderr, "promlint:", err)
		os.Exit(2)
	}
	for _, problem := range problems {
		fmt.Println(problem.Metric+":", problem.Text)
	}
	if len(problems) > 0 {
		os.Exit(1)
	}
}
