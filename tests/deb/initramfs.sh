#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# initramfs.sh OUT LABEL [SRC:DST]...: as tests/vm/initramfs.sh, and besides the folder $VG_DEB_ROOT as /deb, which takes over (take-over).
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
out=$1
"$here/../vm/initramfs.sh" "$out.base" "${@:2}" "$here/take-over:/take-over" "$here/../vm/guest-init:/guest-init"
# the kernel unpacks one archive after the other
(cd "${VG_DEB_ROOT%/*}" && find deb -print0 | cpio --quiet -0 -o -H newc -R 0:0) >"$out"
cat "$out.base" >>"$out"
rm "$out.base"
