/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Frames as a file that tcpdump and Wireshark read: pcap, version 2.4, in microseconds, Ethernet (pcap-savefile(5), and
 * draft-ietf-opsawg-pcap). Always little-endian, which the readers tell by the first word.
 */
#ifndef REPORT_PCAP_H
#define REPORT_PCAP_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define VG_PCAP_FRAME_MAX 65535 /* bytes of one frame, kept or not */

void vg_pcap_put_head(FILE *out);
/* real_ns: since 1970. kept: how many bytes are there; len: how many the frame had, at least kept. Errors are out's. */
void vg_pcap_put_frame(FILE *out, uint64_t real_ns, const uint8_t *bytes, size_t kept, size_t len);

#endif
