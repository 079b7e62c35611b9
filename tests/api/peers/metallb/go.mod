// SPDX-License-Identifier: Apache-2.0
module vipguard.test/metallb

go 1.26.0

require go.universe.tf/metallb v0.16.1
