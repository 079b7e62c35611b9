/* SPDX-License-Identifier: Apache-2.0 */
/* The frames of a bundle as packets, in order of time: each at the first time that it was seen, and at the last one if there was another. */
#include <string.h>

#include "base/cleanup.h"
#include "base/time.h"
#include "report/bundle.h"
#include "report/json.h"
#include "report/pcap.h"

#define MACS_LEN 12 /* what a VLAN tag comes behind (IEEE 802.1Q) */
#define TAG_LEN 4

struct packet {
	uint64_t real_ns;
	size_t number; /* of its frame: what is equal keeps its order */
	const json_t *frame;
};

static int digit(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* As many bytes as there are two digits for. */
static size_t read_hex(const char *text, uint8_t *out, size_t max)
{
	size_t n = 0;

	for (; n < max && text[0] && digit(text[0]) >= 0 && digit(text[1]) >= 0; text += 2)
		out[n++] = (uint8_t)(digit(text[0]) << 4 | digit(text[1]));
	return n;
}

static void put_packet(FILE *out, const struct packet *packet)
{
	json_int_t tag = json_integer_value(json_object_get(packet->frame, "tag"));
	json_int_t length = json_integer_value(json_object_get(packet->frame, "length"));
	uint8_t bytes[VG_FRAME_BYTES + TAG_LEN];
	size_t kept = read_hex(vg_json_get_text(packet->frame, "bytes"), bytes, VG_FRAME_BYTES);
	size_t len = length > VG_PCAP_FRAME_MAX - TAG_LEN ? VG_PCAP_FRAME_MAX - TAG_LEN : length < (json_int_t)kept ? kept : (size_t)length;

	if (tag > 0 && kept >= MACS_LEN) {
		const uint8_t tagged[TAG_LEN] = { (uint8_t)(tag >> 24), (uint8_t)(tag >> 16), (uint8_t)(tag >> 8), (uint8_t)tag };

		memmove(bytes + MACS_LEN + TAG_LEN, bytes + MACS_LEN, kept - MACS_LEN);
		memcpy(bytes + MACS_LEN, tagged, TAG_LEN);
		kept += TAG_LEN;
		len += TAG_LEN;
	}
	vg_pcap_put_frame(out, packet->real_ns, bytes, kept, len);
}

static int compare(const void *a, const void *b)
{
	const struct packet *x = a, *y = b;

	if (x->real_ns != y->real_ns)
		return x->real_ns < y->real_ns ? -1 : 1;
	return x->number < y->number ? -1 : x->number > y->number;
}

/* packets: room for two of each frame. */
static size_t collect(const json_t *frames, struct packet *packets)
{
	size_t i, n = 0;
	json_t *frame;

	json_array_foreach(frames, i, frame)
	{
		struct packet packet = { .number = i, .frame = frame };
		uint64_t first = 0;

		if (vg_time_parse_rfc3339(vg_json_get_text(frame, "first"), &first) < 0 || !*vg_json_get_text(frame, "bytes"))
			continue;
		packet.real_ns = first;
		packets[n++] = packet;
		if (vg_time_parse_rfc3339(vg_json_get_text(frame, "last"), &packet.real_ns) == 0 && packet.real_ns != first)
			packets[n++] = packet;
	}
	return n;
}

size_t vg_bundle_print_pcap(FILE *out, const json_t *frames)
{
	_cleanup_free_ struct packet *packets = calloc(2 * json_array_size(frames) + 1, sizeof(*packets));
	size_t n = packets ? collect(frames, packets) : 0;

	if (n > 1)
		qsort(packets, n, sizeof(*packets), compare);
	vg_pcap_put_head(out);
	for (size_t i = 0; i < n; i++)
		put_packet(out, &packets[i]);
	return n;
}
