// SPDX-License-Identifier: Apache-2.0
module vipguard.test/kube-vip

go 1.26.0
