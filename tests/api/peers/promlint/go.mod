// SPDX-License-Identifier: Apache-2.0
module vipguard.test/promlint

go 1.26.0

require github.com/prometheus/client_golang v1.23.2
