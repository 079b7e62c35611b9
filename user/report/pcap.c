/* SPDX-License-Identifier: Apache-2.0 */
#include "report/pcap.h"

#include "base/time.h"

#define MAGIC 0xa1b2c3d4
#define LINKTYPE_ETHERNET 1

static void put16(FILE *out, uint16_t value)
{
	fputc(value & 0xff, out);
	fputc(value >> 8, out);
}

static void put32(FILE *out, uint32_t value)
{
	put16(out, (uint16_t)value);
	put16(out, (uint16_t)(value >> 16));
}

void vg_pcap_put_head(FILE *out)
{
	put32(out, MAGIC);
	put16(out, 2);
	put16(out, 4);
	put32(out, 0); /* zone: UTC */
	put32(out, 0);
	put32(out, VG_PCAP_FRAME_MAX);
	put32(out, LINKTYPE_ETHERNET);
}

void vg_pcap_put_frame(FILE *out, uint64_t real_ns, const uint8_t *bytes, size_t kept, size_t len)
{
	put32(out, (uint32_t)(real_ns / VG_NS_PER_SEC));
	put32(out, (uint32_t)(real_ns % VG_NS_PER_SEC / 1000));
	put32(out, (uint32_t)kept);
	put32(out, (uint32_t)len);
	fwrite(bytes, 1, kept, out);
}
