/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What holds for every cluster, tried on thousands drawn at random: nothing that is protected, stale or only half seen is a violation, evidence for a
 * node never turns against it, and the picture follows from what is there, not from how it came to be.
 *
 * VG_SEED picks the first cluster (it is printed), VG_ROUNDS how many. A failure prints the smallest cluster that was found to fail.
 */
#include "random_world.h"

#include <time.h>

#define ROUNDS 10000

typedef const char *(*property_fn)(struct scenario *scenario); /* NULL: it holds; else what does not */

static const char *said(const char *what, const char *address, const struct vg_answer *before, const struct vg_answer *after)
{
	static char text[256];

	snprintf(text, sizeof(text), "%s: %s was %s/%s and is %s/%s", what, address, vg_reason_to_str(before->bind.reason),
		 vg_reason_to_str(before->announce.reason), vg_reason_to_str(after->bind.reason), vg_reason_to_str(after->announce.reason));
	return text;
}

/* ---- (a) what is protected is never a violation, and nothing else is called so */

/* By the contract, without a look at how it is done. */
static bool must_be_protected(const struct scenario *scenario, unsigned address)
{
	for (size_t i = 0; i < scenario->n; i++) {
		const struct thing *thing = &scenario->things[i];
		bool first = thing->first == address, second = thing->second == address;

		if (thing->kind == VG_KIND_NODE && !strcmp(thing->key, "cp1") && (first || (second && thing->odd_one)))
			return true;
		if (thing->kind == VG_KIND_POD && (thing->flags & VG_POD_KUBE_VIP) && thing->odd_one && first)
			return true;
		if ((thing->kind == VG_KIND_CONFIG_MAP || thing->kind == VG_KIND_INFRASTRUCTURE) && (thing->flags & VG_CLAIMS_CONTROL_PLANE) && first)
			return true;
	}
	return scenario->with_list && address == 2;
}

static const char *protected_is_no_violation(struct scenario *scenario)
{
	struct random_world it;
	const char *wrong = NULL;

	random_build(&it, scenario);
	for (unsigned i = 0; i < N_ADDRESSES && !wrong; i++) {
		struct vg_answer answer = answer_for(&it.world, address_texts[i], i % 2);
		bool must = must_be_protected(scenario, i);

		if (must != (answer.bind.verdict == VG_PROTECTED) || must != (answer.announce.verdict == VG_PROTECTED))
			wrong = said(must ? "not protected" : "protected", address_texts[i], &answer, &answer);
	}
	random_end(&it);
	return wrong;
}

/* What a Service asks for or carries is never "reserved, though no Service carries it". */
static const char *carried_is_not_reserved(struct scenario *scenario)
{
	struct random_world it;
	const char *wrong = NULL;

	random_build(&it, scenario);
	for (size_t i = 0; i < scenario->n && !wrong; i++) {
		const char *address = address_texts[scenario->things[i].first];
		struct vg_answer answer = settled_answer(&it.world, address);

		if (scenario->things[i].kind == VG_KIND_SERVICE && answer.announce.reason == VG_POOL_RESERVED)
			wrong = said("carried", address, &answer, &answer);
	}
	random_end(&it);
	return wrong;
}

/* ---- (b) what is not seen in full gives no violation that the whole would not give */

/* Without one of these the source is never fresh (kube/source.c): then nothing is a violation. */
static bool is_required(int kind)
{
	return kind == VG_KIND_SERVICE || kind == VG_KIND_NODE || kind == VG_KIND_LEASE || kind == VG_KIND_POD;
}

/* What the operator is told is not protected any more (kubeadm's address) is not asked about here. */
static const char *worse_than(const struct world *part, const struct world *whole)
{
	for (unsigned i = 0; i < N_ADDRESSES; i++) {
		struct vg_answer seen = settled_answer(part, address_texts[i]), full = settled_answer(whole, address_texts[i]);

		if (full.bind.verdict == VG_PROTECTED)
			continue;
		if ((seen.bind.verdict == VG_VIOLATION && full.bind.verdict != VG_VIOLATION) ||
		    (seen.announce.verdict == VG_VIOLATION && full.announce.verdict != VG_VIOLATION))
			return said("seen in part", address_texts[i], &full, &seen);
	}
	return NULL;
}

static const char *stale_violation(const struct world *world)
{
	for (unsigned i = 0; i < N_ADDRESSES; i++) {
		struct vg_answer answer = answer_for(world, address_texts[i], true);
		bool any = answer.bind.verdict == VG_VIOLATION || answer.announce.verdict == VG_VIOLATION;

		if (any && !answer.assignment->durable)
			return said("stale", address_texts[i], &answer, &answer);
	}
	return NULL;
}

static const char *a_part_is_milder(struct scenario *scenario)
{
	struct random_world whole, part;
	struct scenario less = *scenario;
	bool stale = chance(&less.random, 30);
	const char *wrong;

	for (int kind = 0; kind < VG_KIND_MAX; kind++)
		less.forbidden[kind] = chance(&less.random, 20) && (stale || !is_required(kind));
	random_build(&whole, scenario);
	random_build(&part, &less);
	wrong = stale_violation(&whole.world) ?: stale_violation(&part.world);
	if (!wrong && !stale)
		wrong = worse_than(&part.world, &whole.world);
	memcpy(scenario->lost, less.forbidden, sizeof(less.forbidden));
	random_end(&whole);
	random_end(&part);
	return wrong;
}

/* ---- (c) evidence that names this node is never turned against it */

static const char *evidence_lease(uint64_t *random, const char *service, char *key, size_t size)
{
	size_t n = strcspn(service, "/");

	if (chance(random, 50))
		snprintf(key, size, "%.*s/kubevip-%s", (int)n, service, service + n + 1);
	else
		snprintf(key, size, "cilium/cilium-l2announce-%.*s-%s", (int)n, service, service + n + 1);
	return key;
}

/* One thing more that names cp1 as a holder. */
static void add_evidence(struct world *world, uint64_t *random)
{
	struct thing thing = { .kind = VG_KIND_L2_STATUS, .key = "metallb-system/more", .a = PICK(random, services), .b = "cp1", .second = 1 };
	char key[128];

	if (vg_cluster_knowledge(world->cluster, VG_KIND_L2_STATUS) == VG_KIND_ABSENT)
		thing = (struct thing){ .kind = VG_KIND_EVENT, .key = "default/more", .a = thing.a, .b = "cp1" };
	if (chance(random, 60)) {
		thing.kind = VG_KIND_LEASE;
		thing.key = chance(random, 30) ? PICK(random, leases) : evidence_lease(random, thing.a, key, sizeof(key));
		thing.a = "cp1";
		put_random_lease(world, &thing, REAL0);
		return;
	}
	put_thing(world, &thing, "100");
}

static bool same_owner(const struct vg_answer *a, const struct vg_answer *b)
{
	return a->assignment && b->assignment && same_word(a->assignment->owner, b->assignment->owner);
}

static const char *turned_against(const struct vg_answer *before, const struct vg_answer *after, unsigned i)
{
	if (after->announce.verdict == VG_VIOLATION && before->announce.verdict != VG_VIOLATION)
		return said("announce, with more evidence", address_texts[i], before, after);
	/* another owner may be one that never binds */
	if (after->bind.verdict == VG_VIOLATION && before->bind.verdict == VG_ALLOWED && same_owner(before, after))
		return said("bind, with more evidence", address_texts[i], before, after);
	return NULL;
}

static const char *evidence_helps(struct scenario *scenario)
{
	struct vg_answer before[N_ADDRESSES];
	uint64_t random = scenario->random;
	const char *wrong = NULL;
	struct random_world it;

	random_build(&it, scenario);
	for (unsigned i = 0; i < N_ADDRESSES; i++)
		before[i] = settled_answer(&it.world, address_texts[i]);
	/* a copy: the entry may be another one afterwards */
	struct vg_assignment entries[N_ADDRESSES];

	for (unsigned i = 0; i < N_ADDRESSES; i++) {
		if (!before[i].assignment)
			continue;
		entries[i] = *before[i].assignment;
		before[i].assignment = &entries[i];
	}
	add_evidence(&it.world, &random);
	assess(&it.world);
	for (unsigned i = 0; i < N_ADDRESSES && !wrong; i++) {
		struct vg_answer after = settled_answer(&it.world, address_texts[i]);

		wrong = turned_against(&before[i], &after, i);
	}
	random_end(&it);
	return wrong;
}

/* ---- one Service more on an address never forbids what was allowed */

static const char *sharing_forbids_nothing(struct scenario *scenario)
{
	struct thing more = { .kind = VG_KIND_SERVICE, .key = "zzz/more" };
	uint64_t random = scenario->random;
	struct random_world alone, shared;
	const char *wrong = NULL;

	draw_version(&random, &more);
	more.key = chance(&random, 50) ? more.key : "aaa/more";
	random_build(&alone, scenario);
	random_begin(&shared, scenario);
	put_things(&shared.world, scenario, "100");
	put_thing(&shared.world, &more, "100");
	assess(&shared.world);
	for (unsigned i = 0; i < N_ADDRESSES && !wrong; i++) {
		struct vg_answer before = settled_answer(&alone.world, address_texts[i]), after = settled_answer(&shared.world, address_texts[i]);

		if ((after.announce.verdict == VG_VIOLATION && before.announce.verdict == VG_ALLOWED) ||
		    (after.bind.verdict == VG_VIOLATION && before.bind.verdict == VG_ALLOWED))
			wrong = said("shared", address_texts[i], &before, &after);
	}
	random_end(&alone);
	random_end(&shared);
	return wrong;
}

/* ---- (d), (f) only what is there counts, and an assessment of changes is one of everything */

static const char *not_as_from_scratch(struct world *world, const struct scenario *scenario)
{
	VG_CLEANUP(vg_snapshot_freep) struct vg_snapshot *fresh = new_snapshot(scenario);
	VG_CLEANUP(vg_changes_deinit) struct vg_changes changes = { 0 };
	bool unassessed = vg_cluster_is_dirty(world->cluster);

	/* what this one notes as the protections is the same */
	assert_int_equal(vg_assess(world->cluster, fresh, &world->config, &world->now, true, &changes), 0);
	return unassessed ? "still dirty" : picture_difference(fresh, world->snapshot);
}

static void disturb(struct world *world, const struct scenario *scenario, uint64_t *random)
{
	struct thing thing = scenario->things[draw(random, (uint32_t)scenario->n)];

	if (chance(random, 35)) {
		drop(world, thing.kind, thing.key);
		return;
	}
	if (chance(random, 70))
		draw_version(random, &thing);
	put_thing(world, &thing, "200");
}

/* In another order than they stand in. */
static void put_shuffled(struct world *world, const struct scenario *scenario, uint64_t *random)
{
	size_t order[THINGS_MAX];

	for (size_t i = 0; i < scenario->n; i++) {
		size_t j = draw(random, (uint32_t)i + 1);

		order[i] = order[j];
		order[j] = i;
	}
	for (size_t i = 0; i < scenario->n; i++) {
		put_thing(world, &scenario->things[order[i]], "300");
		if (chance(random, 10))
			assess(world);
	}
}

static const char *history_does_not_count(struct scenario *scenario)
{
	struct random_world straight, history;
	uint64_t random = scenario->random;
	const char *wrong = NULL;

	if (!scenario->n)
		return NULL;
	random_begin(&history, scenario);
	for (unsigned i = draw(&random, 60); i-- > 0 && !wrong;) {
		disturb(&history.world, scenario, &random);
		if (chance(&random, 60))
			continue;
		assess(&history.world);
		wrong = not_as_from_scratch(&history.world, scenario);
	}
	put_shuffled(&history.world, scenario, &random);
	assess(&history.world);
	random_build(&straight, scenario);
	wrong = wrong ?: not_as_from_scratch(&history.world, scenario) ?: picture_difference(straight.world.snapshot, history.world.snapshot);
	random_end(&straight);
	random_end(&history);
	return wrong;
}

/* Leases that are renewed, expire and come back while we look on. */
static const char *time_does_not_part_them(struct scenario *scenario)
{
	uint64_t random = scenario->random;
	const char *wrong = NULL;
	struct random_world it;

	random_build(&it, scenario);
	for (unsigned i = 0; i < 12 && !wrong; i++) {
		pass(&it.world, draw(&random, 12));
		for (size_t j = 0; j < scenario->n; j++) {
			if (scenario->things[j].kind == VG_KIND_LEASE && chance(&random, 40))
				put_random_lease(&it.world, &scenario->things[j], it.world.now.real_ns);
		}
		assess(&it.world);
		wrong = not_as_from_scratch(&it.world, scenario);
	}
	random_end(&it);
	return wrong;
}

/* ---- (e) a Service that shares nothing with it changes nothing */

static const char *others_do_not_matter(struct scenario *scenario)
{
	static const char *const elsewhere[] = { "203.0.113.77", "2001:db8:7::7", "192.0.2.253" };
	struct vg_answer before[N_ADDRESSES];
	uint64_t random = scenario->random;
	const char *wrong = NULL;
	struct random_world it;

	random_build(&it, scenario);
	for (unsigned i = 0; i < N_ADDRESSES; i++)
		before[i] = settled_answer(&it.world, address_texts[i]);
	for (unsigned step = 0; step < 4 && !wrong; step++) {
		struct thing thing = { .kind = VG_KIND_SERVICE, .key = "other/other" };

		draw_version(&random, &thing);
		put_service(&it.world,
			    &(struct svc){
				    .key = thing.key, .address = elsewhere[step % 3], .pool = thing.b, .class = thing.a, .flags = thing.flags });
		if (step == 3)
			drop(&it.world, VG_KIND_SERVICE, thing.key);
		assess(&it.world);
		for (unsigned i = 0; i < N_ADDRESSES && !wrong; i++) {
			struct vg_answer after = settled_answer(&it.world, address_texts[i]);

			if (after.bind.reason != before[i].bind.reason || after.announce.reason != before[i].announce.reason)
				wrong = said("another Service", address_texts[i], &before[i], &after);
		}
	}
	random_end(&it);
	return wrong;
}

/* ---- (g) renewals and new versions of the same are nothing */

static const char *heartbeats_are_nothing(struct scenario *scenario)
{
	const char *wrong = NULL;
	struct random_world it;

	random_build(&it, scenario);
	pass(&it.world, 3);
	put_things(&it.world, scenario, "101");
	for (size_t i = 0; i < scenario->n; i++) {
		const struct vg_object *there = vg_cluster_get(it.world.cluster, VG_KIND_LEASE, scenario->things[i].key);

		if (scenario->things[i].kind == VG_KIND_LEASE && ((const struct vg_lease *)there)->fresh_ns)
			put_random_lease(&it.world, &scenario->things[i], it.world.now.real_ns);
	}
	if (vg_cluster_is_dirty(it.world.cluster))
		wrong = "the same again is to be assessed";
	assess(&it.world);
	if (it.world.changes.n || it.world.changes.all || it.world.changes.protections)
		wrong = "the same again changes something";
	random_end(&it);
	return wrong;
}

/* ---- many of them */

#define TRIES 60

/* The same things, with other chances taken. */
static const char *fails_still(property_fn property, struct scenario *scenario)
{
	struct scenario try = *scenario;
	const char *wrong = property(&try);

	for (unsigned i = 0; i < TRIES && !wrong; i++) {
		draw(&scenario->random, 2);
		try = *scenario;
		wrong = property(&try);
	}
	if (wrong)
		*scenario = try;
	return wrong;
}

/* The first thing that is not needed goes, until all are. */
static void make_small(property_fn property, struct scenario *scenario)
{
	for (size_t i = 0; i < scenario->n;) {
		struct scenario less = *scenario;

		memmove(&less.things[i], &less.things[i + 1], (less.n - i - 1) * sizeof(*less.things));
		less.n--;
		if (!fails_still(property, &less)) {
			i++;
			continue;
		}
		*scenario = less;
		i = 0;
	}
}

static uint64_t number_of(const char *name, uint64_t otherwise)
{
	const char *text = getenv(name);

	return text ? strtoull(text, NULL, 0) : otherwise;
}

static uint64_t first_seed(void)
{
	static uint64_t seed;

	if (!seed)
		seed = number_of("VG_SEED", (uint64_t)time(NULL) << 16);
	return seed;
}

static void try_many(property_fn property)
{
	uint64_t rounds = number_of("VG_ROUNDS", ROUNDS), seed = first_seed();

	for (uint64_t i = 0; i < rounds; i++) {
		struct scenario scenario;
		const char *wrong;

		draw_scenario(seed + i, &scenario);
		if (!property(&scenario))
			continue;
		make_small(property, &scenario);
		wrong = property(&scenario);
		print_error("VG_SEED=%llu VG_ROUNDS=1: %s\n", (unsigned long long)(seed + i), wrong);
		print_scenario(&scenario);
		fail();
	}
}

#define TRY(property) \
	static void test_##property(void **state) \
	{ \
		(void)state; \
		try_many(property); \
	}

TRY(protected_is_no_violation)
TRY(carried_is_not_reserved)
TRY(a_part_is_milder)
TRY(evidence_helps)
TRY(sharing_forbids_nothing)
TRY(history_does_not_count)
TRY(time_does_not_part_them)
TRY(others_do_not_matter)
TRY(heartbeats_are_nothing)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_protected_is_no_violation), cmocka_unit_test(test_carried_is_not_reserved),
		cmocka_unit_test(test_a_part_is_milder),	  cmocka_unit_test(test_evidence_helps),
		cmocka_unit_test(test_sharing_forbids_nothing),	  cmocka_unit_test(test_history_does_not_count),
		cmocka_unit_test(test_time_does_not_part_them),	  cmocka_unit_test(test_others_do_not_matter),
		cmocka_unit_test(test_heartbeats_are_nothing),
	};

	print_message("VG_SEED=%llu\n", (unsigned long long)first_seed());
	return cmocka_run_group_tests(tests, NULL, NULL);
}
