/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the reducers of all kinds share: reading a field that may be of any type, and building lists in the reducer's memory. A
 * reducer that finds no memory goes on with nothing; vg_reduce() tells at the end.
 */
#ifndef KUBE_REDUCE_PARTS_H
#define KUBE_REDUCE_PARTS_H

#include <jansson.h>

#include "core/arena.h"
#include "kube/reduce.h"

struct vg_reducer {
	struct vg_arena arena;
	size_t taken; /* from the arena, since it was emptied */
	bool no_memory;
	union {
		struct vg_object object;
		struct vg_service service;
		struct vg_node node;
		struct vg_lease lease;
		struct vg_pod pod;
		struct vg_claims claims;
		struct vg_advertisement advertisement;
		struct vg_placement placement;
	} view;
};

/* ---- one for each group of kinds: fills the view behind its head. 1, or 0: nothing that the judge needs. */

int vg_reduce_service(struct vg_reducer *reducer, const json_t *json);
int vg_reduce_node(struct vg_reducer *reducer, const json_t *json);
int vg_reduce_lease(struct vg_reducer *reducer, const json_t *json);
int vg_reduce_pod(struct vg_reducer *reducer, const json_t *json);
int vg_reduce_config_map(struct vg_reducer *reducer, const json_t *json);
int vg_reduce_infrastructure(struct vg_reducer *reducer, const json_t *json);
int vg_reduce_pool(struct vg_reducer *reducer, const json_t *json);
int vg_reduce_metallb_advertisement(struct vg_reducer *reducer, const json_t *json);
int vg_reduce_status(struct vg_reducer *reducer, const json_t *json);
int vg_reduce_configuration_state(struct vg_reducer *reducer, const json_t *json);
int vg_reduce_event(struct vg_reducer *reducer, const json_t *json);
int vg_reduce_cilium_policy(struct vg_reducer *reducer, const json_t *json);
int vg_reduce_cilium_pool(struct vg_reducer *reducer, const json_t *json);
int vg_reduce_purelb_group(struct vg_reducer *reducer, const json_t *json);
int vg_reduce_purelb_agent(struct vg_reducer *reducer, const json_t *json);
int vg_reduce_openelb_eip(struct vg_reducer *reducer, const json_t *json);
int vg_reduce_egress_ip(struct vg_reducer *reducer, const json_t *json);

/* ---- reading. json may be NULL or of any type everywhere. */

/* path: members with dots in between, each shorter than 32. NULL: not there. */
const json_t *vg_json_at(const json_t *json, const char *path);
const char *vg_json_text_of(const json_t *json); /* "" for what is no string */
const char *vg_json_text_at(const json_t *json, const char *path);
const char *vg_json_member(const json_t *json, const char *key); /* as text; key may hold dots */
uint64_t vg_json_time_at(const json_t *json, const char *path); /* RFC 3339; 0: not there, or none */
/* Not there, or null: what Go's API machinery takes for the same. */
bool vg_json_is_absent(const json_t *json);

/* ---- memory of the reducer */

void *vg_reducer_alloc(struct vg_reducer *reducer, size_t size); /* cleared; NULL: no memory, remembered */
char *vg_reducer_text(struct vg_reducer *reducer, const char *text, size_t n); /* "" without memory */
char *vg_reducer_join(struct vg_reducer *reducer, const char *namespace, const char *name); /* "namespace/name", or the name alone */
/* list of n items with room for one more; NULL: no memory. */
void *vg_reducer_grow(struct vg_reducer *reducer, const void *list, uint32_t n, size_t item);

/* ---- lists. odd (may be NULL) gets odd_flag where something cannot be read. */

void vg_add_text(struct vg_reducer *reducer, struct vg_texts *texts, const char *text);
/* Once, and not 0.0.0.0 or ::, which are nobody's. */
void vg_add_addr(struct vg_reducer *reducer, struct vg_addrs *addrs, const struct vg_addr *addr);
/* False: it is no address. */
bool vg_add_addr_text(struct vg_reducer *reducer, struct vg_addrs *addrs, const char *text);
/* A string, or a list of strings. */
void vg_add_addrs_of(struct vg_reducer *reducer, struct vg_addrs *addrs, const json_t *json, uint32_t *odd, uint32_t odd_flag);
/* "192.0.2.0/24" (host bits are cut), "first-last", and an address alone if that is allowed. */
bool vg_add_range(struct vg_reducer *reducer, struct vg_ranges *ranges, const char *text, bool alone);
void vg_add_ranges_of(struct vg_reducer *reducer, struct vg_ranges *ranges, const json_t *list, bool alone, uint32_t *odd);
/* An address to addrs, a name to hosts; anything else is false. */
bool vg_add_endpoint(struct vg_reducer *reducer, struct vg_addrs *addrs, struct vg_texts *hosts, const char *text);
/* "host", "host:port", "[address]:port", "https://host:port/path" */
bool vg_add_server(struct vg_reducer *reducer, struct vg_addrs *addrs, struct vg_texts *hosts, const char *text);
bool vg_addr_is_unspecified(const struct vg_addr *addr); /* 0.0.0.0 or :: */

/* The next part of a list with separators in between ("": all of it), without the white space around it. Empty ones are passed over.
 * NULL: no more. */
char *vg_next_part(struct vg_reducer *reducer, const char **at, const char *separators);

void vg_reduce_labels(struct vg_reducer *reducer, struct vg_labels *labels, const json_t *json);
/* A list of LabelSelectors, or one alone. */
void vg_reduce_selectors(struct vg_reducer *reducer, struct vg_selectors *selectors, const json_t *json, uint32_t *odd);
void vg_reduce_selector(struct vg_reducer *reducer, struct vg_selectors *selectors, const json_t *json, uint32_t *odd);

#endif
