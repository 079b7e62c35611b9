/* SPDX-License-Identifier: Apache-2.0 */
#include "kern/answers.h"

#include <errno.h>
#include <string.h>

#include "base/log.h"
#include "base/time.h"
#include "kern/answer.h"

#define EXPECTED_MAX 64 /* beyond, the oldest is forgotten, and what it made is one more fact */
#define EXPECTED_NS (10 * VG_NS_PER_SEC) /* until the next look, whatever the dead-man's time is */

struct entry {
	struct vg_fact fact; /* of its bind; several routes of one address and link are one */
	bool present; /* used while a list is compared */
	bool removed; /* by us; if it is there at the next look, it is a new one */
	bool said; /* `judgement` is what was said of it last */
	struct vg_judgement judgement;
};

struct expected {
	struct vg_fact fact;
	uint64_t until_ns; /* 0: none */
	bool said;
	struct vg_judgement judgement;
};

struct vg_answers {
	struct vg_answers_config config;
	struct entry *entries;
	size_t n;
	size_t allocated;
	bool started;
	bool behind; /* the routes could not be listed: what was lost is to be found at the next look */
	struct expected expected[EXPECTED_MAX];
	size_t next_expected;
};

int vg_answers_new(const struct vg_answers_config *config, struct vg_answers **ret_answers)
{
	struct vg_answers *answers = calloc(1, sizeof(*answers));

	if (!answers)
		return -ENOMEM;
	answers->config = *config;
	*ret_answers = answers;
	return 0;
}

void vg_answers_free(struct vg_answers *answers)
{
	if (!answers)
		return;
	free(answers->entries);
	free(answers);
}

static bool is_same(const struct vg_fact *fact, enum vg_how as, const struct vg_addr *addr, uint32_t ifindex)
{
	return fact->as == as && fact->ifindex == ifindex && vg_addr_cmp(&fact->addr, addr) == 0;
}

static struct entry *find(const struct vg_answers *answers, enum vg_how as, const struct vg_addr *addr, uint32_t ifindex)
{
	for (size_t i = 0; i < answers->n; i++) {
		if (is_same(&answers->entries[i].fact, as, addr, ifindex))
			return &answers->entries[i];
	}
	return NULL;
}

static struct entry *add(struct vg_answers *answers, const struct vg_fact *fact)
{
	if (answers->n == answers->allocated) {
		size_t wanted = answers->allocated ? 2 * answers->allocated : 16;
		struct entry *entries = answers->n < VG_ANSWERS_MAX ? reallocarray(answers->entries, wanted, sizeof(*entries)) : NULL;

		if (!entries) {
			vg_stats_add(&answers->config.maps->stats->lost_binds, 1);
			return NULL;
		}
		answers->entries = entries;
		answers->allocated = wanted;
	}
	answers->entries[answers->n] = (struct entry){ .fact = *fact, .present = true };
	return &answers->entries[answers->n++];
}

static struct vg_fact fact_of(const struct vg_answers *answers, enum vg_how as, const struct vg_rt_answer *answer)
{
	struct vg_fact fact = {
		.kind = VG_FACT_BIND,
		.how = as,
		.as = as,
		.addr = answer->addr,
		.prefix = vg_addr_bits(&answer->addr),
		.ifindex = answer->ifindex,
		.netns = answers->config.netns,
		.time_ns = vg_time_boot_ns(),
		.count = 1,
	};

	snprintf(fact.ifname, sizeof(fact.ifname), "%s", vg_links_name(answers->config.links, answer->ifindex));
	return fact;
}

void vg_answers_expect(struct vg_answers *answers, const struct vg_fact *fact)
{
	answers->expected[answers->next_expected] = (struct expected){ .fact = *fact, .until_ns = vg_time_boot_ns() + EXPECTED_NS };
	answers->next_expected = (answers->next_expected + 1) % EXPECTED_MAX;
}

static struct expected *find_expected(struct vg_answers *answers, const struct vg_fact *fact)
{
	uint64_t now_ns = vg_time_boot_ns();

	for (size_t i = 0; i < EXPECTED_MAX; i++) {
		struct expected *expected = &answers->expected[i];

		if (now_ns < expected->until_ns && expected->fact.as == fact->as && vg_addr_cmp(&expected->fact.addr, &fact->addr) == 0)
			return expected;
	}
	return NULL;
}

/* Who asked for it is known then. False: nobody told of it. */
static bool take_expected(struct vg_answers *answers, struct entry *entry)
{
	struct expected *expected = find_expected(answers, &entry->fact);

	if (!expected)
		return false;
	expected->until_ns = 0;
	entry->fact.who = expected->fact.who;
	entry->said = expected->said;
	entry->judgement = expected->judgement;
	return true;
}

static void appear(struct vg_answers *answers, enum vg_how as, const struct vg_rt_answer *answer)
{
	struct entry *entry = find(answers, as, &answer->addr, answer->ifindex);
	struct vg_fact fact;

	if (entry && !entry->removed) {
		entry->present = true;
		return;
	}
	fact = fact_of(answers, as, answer);
	if (entry)
		*entry = (struct entry){ .fact = fact, .present = true };
	else
		entry = add(answers, &fact);
	if (!entry || take_expected(answers, entry))
		return;
	if (!answers->started)
		fact.how = VG_HOW_PREEXISTING;
	answers->config.fact(answers->config.ctx, &fact);
}

static void disappear(struct vg_answers *answers, size_t i)
{
	struct vg_fact fact = answers->entries[i].fact;

	answers->entries[i] = answers->entries[--answers->n];
	fact.kind = VG_FACT_UNBIND;
	fact.who = (struct vg_who){ .pid = 0 };
	fact.time_ns = vg_time_boot_ns();
	answers->config.fact(answers->config.ctx, &fact);
}

static void drop_absent(struct vg_answers *answers, enum vg_how as)
{
	size_t i = 0;

	while (i < answers->n) {
		if (answers->entries[i].fact.as == as && !answers->entries[i].present)
			disappear(answers, i);
		else
			i++;
	}
}

/* A fact handed out may end in a removal: what is taken away meanwhile is found absent at the next look, or by its notification. */
static int look_at(struct vg_answers *answers, enum vg_how as)
{
	_cleanup_free_ struct vg_rt_answer *list = NULL;
	size_t n = 0;
	int r;

	answers->config.drain(answers->config.ctx);
	r = vg_answer_list(answers->config.rtnl, as, &list, &n);
	if (as == VG_HOW_ROUTE)
		answers->behind = r < 0;
	if (r < 0)
		return r;
	for (size_t i = 0; i < answers->n; i++) {
		if (answers->entries[i].fact.as == as)
			answers->entries[i].present = false;
	}
	for (size_t i = 0; i < n; i++)
		appear(answers, as, &list[i]);
	drop_absent(answers, as);
	return 0;
}

void vg_answers_look(struct vg_answers *answers, bool all)
{
	static const enum vg_how kinds[] = { VG_HOW_PROXY, VG_HOW_ANYCAST, VG_HOW_ROUTE };
	size_t n = all || answers->behind ? ARRAY_SIZE(kinds) : ARRAY_SIZE(kinds) - 1;

	for (size_t i = 0; i < n && (answers->started || all); i++) {
		int r = look_at(answers, kinds[i]);

		if (r < 0)
			vg_log_errno(r, "cannot list what answers for an address by %s", kinds[i] == VG_HOW_ROUTE ? "a local route" : "proxy");
	}
}

void vg_answers_start(struct vg_answers *answers)
{
	vg_answers_look(answers, true);
	answers->started = true;
}

void vg_answers_route(struct vg_answers *answers, const struct vg_rt_msg *msg)
{
	if (!answers->started)
		return;
	/* what a hook knows of it is in the ring by now */
	answers->config.drain(answers->config.ctx);
	if (!msg->gone)
		appear(answers, VG_HOW_ROUTE, &msg->answer);
	else if (find(answers, VG_HOW_ROUTE, &msg->answer.addr, msg->answer.ifindex))
		(void)look_at(answers, VG_HOW_ROUTE); /* there may be another one of it */
}

bool vg_answers_note(struct vg_answers *answers, const struct vg_fact *fact, const struct vg_judgement *judgement)
{
	struct entry *entry = find(answers, fact->as, &fact->addr, fact->ifindex);
	struct expected *expected = entry ? NULL : find_expected(answers, fact);

	if (expected) {
		expected->said = true;
		expected->judgement = *judgement;
	}
	if (!entry)
		return false;
	entry->said = true;
	entry->judgement = *judgement;
	return true;
}

void vg_answers_removed(struct vg_answers *answers, const struct vg_fact *fact)
{
	struct entry *entry = find(answers, fact->as, &fact->addr, fact->ifindex);

	if (entry)
		entry->removed = true;
}

/* A copy: whoever is called may take one away. */
void vg_answers_for_each(const struct vg_answers *answers, void (*fn)(void *ctx, const struct vg_fact *fact, const struct vg_judgement *said),
			 void *ctx)
{
	for (size_t i = 0; i < answers->n; i++) {
		const struct entry entry = answers->entries[i];
		struct vg_fact fact = entry.fact;

		fact.how = VG_HOW_PREEXISTING;
		if (entry.removed)
			continue;
		fn(ctx, &fact, entry.said ? &entry.judgement : NULL);
	}
}
