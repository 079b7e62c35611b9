// SPDX-License-Identifier: Apache-2.0
module vipguard.test/bench

go 1.26.0

require (
	golang.org/x/sys v0.38.0
	k8s.io/api v0.35.4
	k8s.io/apimachinery v0.35.4
	k8s.io/client-go v0.35.4
)
