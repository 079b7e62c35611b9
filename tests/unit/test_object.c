/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include <errno.h>
#include <jansson.h>

#include "core/object.h"
#include "report/objects.h"

static const char *const pools[] = { "public", "" };
static const char *const values[] = { "a", "b" };
static const struct vg_requirement requirements[] = {
	{ "tier", VG_OP_IN, { values, 2 } },
	{ "zone", VG_OP_EXISTS, { NULL, 0 } },
};
static const struct vg_selector selectors[] = { { requirements, 2 }, { NULL, 0 } };
static const struct vg_label labels[] = { { "app", "web" }, { "tier", "b" } };

/* Every field of a shape gets a value of its type that is not empty, so that none can be forgotten by what walks the table. */
static void fill(struct vg_object *object, unsigned salt)
{
	static struct vg_addr addr[2];
	static struct vg_range range;
	static struct vg_carried carried[2];
	static struct vg_held held;
	const struct vg_shape *shape = vg_shape_of(object->kind);

	addr[0] = addr_of("192.0.2.1");
	addr[1] = addr_of("2001:db8::1");
	range = (struct vg_range){ addr[0], addr_of("192.0.2.9") };
	carried[0] = (struct vg_carried){ addr[0], VG_FROM_SPEC };
	carried[1] = (struct vg_carried){ addr[1], VG_FROM_EXTERNAL };
	held = (struct vg_held){ addr[0], "worker1" };
	for (size_t i = 0; i < shape->n; i++) {
		void *at = (char *)object + shape->fields[i].offset;

		switch (shape->fields[i].type) {
		case VG_FIELD_TEXT: *(const char **)at = salt & 1 ? "other" : "text"; break;
		case VG_FIELD_TEXTS: *(struct vg_texts *)at = (struct vg_texts){ pools, salt & 1 ? 1 : 2 }; break;
		case VG_FIELD_ADDRS: *(struct vg_addrs *)at = (struct vg_addrs){ addr, salt & 1 ? 1 : 2 }; break;
		case VG_FIELD_RANGES: *(struct vg_ranges *)at = (struct vg_ranges){ &range, salt & 1 ? 0 : 1 }; break;
		case VG_FIELD_LABELS: *(struct vg_labels *)at = (struct vg_labels){ labels, salt & 1 ? 1 : 2 }; break;
		case VG_FIELD_SELECTORS: *(struct vg_selectors *)at = (struct vg_selectors){ selectors, salt & 1 ? 1 : 2 }; break;
		case VG_FIELD_CARRIED: *(struct vg_carrieds *)at = (struct vg_carrieds){ carried, salt & 1 ? 1 : 2 }; break;
		case VG_FIELD_HELD: *(struct vg_helds *)at = (struct vg_helds){ &held, salt & 1 ? 0 : 1 }; break;
		case VG_FIELD_FLAGS:
		case VG_FIELD_COUNT: *(uint32_t *)at = salt & 1 ? 2 : 1; break;
		case VG_FIELD_HASH:
		case VG_FIELD_TIME:
		case VG_FIELD_DURATION: *(uint64_t *)at = salt & 1 ? 2000000000ULL : 1000000000ULL; break;
		}
	}
}

union any {
	struct vg_object object;
	struct vg_service service;
	struct vg_lease lease;
	struct vg_advertisement advertisement;
	char room[512];
};

static void make(enum vg_kind kind, union any *any)
{
	memset(any, 0, sizeof(*any));
	any->object = (struct vg_object){
		.kind = (uint8_t)kind, .namespace_len = 7, .key = "default/web", .version = "17", .created_ns = 5, .labels = { labels, 2 }
	};
	fill(&any->object, 0);
}

static void copies_itself_whole(enum vg_kind kind)
{
	_cleanup_free_ struct vg_object *copy = NULL, *again = NULL;
	union any any;

	make(kind, &any);
	copy = vg_object_copy(&any.object);
	assert_non_null(copy);
	assert_true(vg_object_equal(copy, &any.object, true));
	assert_string_equal(copy->version, "17");
	assert_ptr_not_equal(copy->key, any.object.key);
	again = vg_object_copy(copy);
	memset(copy, 0xa5, sizeof(*copy)); /* nothing of the first copy is borrowed */
	assert_true(vg_object_equal(again, &any.object, true));
}

static void test_every_kind_is_copied(void **state)
{
	(void)state;
	for (unsigned kind = 0; kind < VG_KIND_MAX; kind++)
		copies_itself_whole((enum vg_kind)kind);
}

static size_t size_of(enum vg_field_type type)
{
	if (type == VG_FIELD_FLAGS || type == VG_FIELD_COUNT)
		return sizeof(uint32_t);
	return type == VG_FIELD_TEXT || type >= VG_FIELD_HASH ? sizeof(uint64_t) : sizeof(struct vg_texts);
}

/* One field after the other becomes another one: each is seen by equal, and by what is printed. */
static void each_field_counts(enum vg_kind kind)
{
	const struct vg_shape *shape = vg_shape_of(kind);

	for (size_t i = 0; i < shape->n; i++) {
		const struct vg_field *field = &shape->fields[i];
		json_auto_t *json_a = NULL, *json_b = NULL;
		union any a, b, other;

		make(kind, &a);
		make(kind, &b);
		make(kind, &other);
		fill(&other.object, 1);
		memcpy(b.room + field->offset, other.room + field->offset, size_of(field->type));
		assert_case(field->name, !vg_object_equal(&a.object, &b.object, true));
		assert_case(field->name, vg_object_equal(&a.object, &b.object, false) == field->heartbeat);
		json_a = vg_object_to_json(&a.object, true);
		json_b = vg_object_to_json(&b.object, true);
		assert_case(field->name, json_a && json_b && !json_equal(json_a, json_b));
		assert_case(field->name, json_object_get(json_a, field->name));
	}
}

static void test_every_field_counts(void **state)
{
	(void)state;
	for (unsigned kind = 0; kind < VG_KIND_MAX; kind++)
		each_field_counts((enum vg_kind)kind);
}

static void test_head(void **state)
{
	union any a, b;

	(void)state;
	make(VG_KIND_SERVICE, &a);
	make(VG_KIND_SERVICE, &b);
	b.object.version = "18";
	b.object.created_ns = b.object.heard_ns = 9;
	assert_true(vg_object_equal(&a.object, &b.object, true));
	b.object.labels.n = 1;
	assert_false(vg_object_equal(&a.object, &b.object, true));
	make(VG_KIND_SERVICE, &b);
	b.object.key = "default/api";
	assert_false(vg_object_equal(&a.object, &b.object, true));
	make(VG_KIND_POOL, &b);
	assert_false(vg_object_equal(&a.object, &b.object, true));
}

static void test_heartbeat_alone_is_no_change(void **state)
{
	union any a, b;

	(void)state;
	make(VG_KIND_LEASE, &a);
	make(VG_KIND_LEASE, &b);
	b.lease.renewed_ns++;
	b.lease.fresh_ns = 99;
	assert_true(vg_object_equal(&a.object, &b.object, false));
	assert_false(vg_object_equal(&a.object, &b.object, true));
	b.lease.holder = "cp2";
	assert_false(vg_object_equal(&a.object, &b.object, false));
}

static void test_names(void **state)
{
	struct vg_object a = { .key = "default/web", .namespace_len = 7 }, b = { .key = "default/api", .namespace_len = 7 };
	struct vg_object node = { .key = "worker1" }, other = { .key = "defaults/web", .namespace_len = 8 };

	(void)state;
	assert_string_equal(vg_object_name(&a), "web");
	assert_string_equal(vg_object_name(&node), "worker1");
	assert_true(vg_object_in(&a, "default") && !vg_object_in(&a, "defaul") && !vg_object_in(&a, "defaults") && !vg_object_in(&node, "worker1"));
	assert_true(vg_object_in(&node, ""));
	assert_true(vg_object_same_namespace(&a, &b) && !vg_object_same_namespace(&a, &other) && !vg_object_same_namespace(&a, &node));
}

static void test_kinds(void **state)
{
	enum vg_kind kind;

	(void)state;
	for (unsigned i = 0; i < VG_KIND_MAX; i++) {
		assert_int_equal(vg_kind_from_str(vg_kind_to_str((enum vg_kind)i), &kind), 0);
		assert_int_equal(kind, i);
	}
	assert_int_equal(vg_kind_from_str("Services", &kind), -EINVAL);
	assert_string_equal(vg_kind_to_str(VG_KIND_MAX), "object");
}

static void test_uid_hash(void **state)
{
	(void)state;
	assert_true(vg_uid_hash("") == 0 && vg_uid_hash("a") != 0);
	assert_true(vg_uid_hash("fdbaabb5-93e6-558a-a2d6-675a2d56d428") != vg_uid_hash("fdbaabb5-93e6-558a-a2d6-675a2d56d429"));
	assert_true(vg_uid_hash("a") == vg_uid_hash("a"));
}

/* labels.Requirement.Matches of apimachinery, case by case, with app=web and tier=b. */
static void test_requirements(void **state)
{
	static const struct {
		const char *name, *key;
		enum vg_operator op;
		uint32_t n;
		bool matches;
	} cases[] = {
		{ "in", "tier", VG_OP_IN, 2, true },
		{ "in, another value", "tier", VG_OP_IN, 1, false },
		{ "in, not there", "zone", VG_OP_IN, 2, false },
		{ "not in", "tier", VG_OP_NOT_IN, 2, false },
		{ "not in, another value", "tier", VG_OP_NOT_IN, 1, true },
		{ "not in, not there", "zone", VG_OP_NOT_IN, 2, true },
		{ "exists", "app", VG_OP_EXISTS, 0, true },
		{ "exists, not there", "zone", VG_OP_EXISTS, 0, false },
		{ "does not exist", "app", VG_OP_DOES_NOT_EXIST, 0, false },
		{ "does not exist, not there", "zone", VG_OP_DOES_NOT_EXIST, 0, true },
		{ "invalid", "app", VG_OP_INVALID, 0, false },
		{ "invalid, not there", "zone", VG_OP_INVALID, 0, false },
	};
	const struct vg_labels two = { labels, 2 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct vg_requirement requirement = { cases[i].key, cases[i].op, { values, cases[i].n } };
		struct vg_selector selector = { &requirement, 1 };

		assert_case(cases[i].name, vg_selector_matches(&selector, &two) == cases[i].matches);
	}
}

static void test_selectors(void **state)
{
	const struct vg_labels two = { labels, 2 }, none = { NULL, 0 };
	const struct vg_selectors nobody = { NULL, 0 }, first = { selectors, 1 }, both = { selectors, 2 };

	(void)state;
	assert_string_equal(vg_labels_get(&two, "tier"), "b");
	assert_null(vg_labels_get(&two, "tie"));
	assert_null(vg_labels_get(&none, "tier"));
	assert_false(vg_selectors_match(&nobody, &two));
	assert_false(vg_selectors_match(&first, &two)); /* tier holds, zone does not */
	assert_true(vg_selectors_match(&both, &two) && vg_selectors_match(&both, &none)); /* the second one is of everything */
}

static void test_json(void **state)
{
	json_auto_t *json = NULL, *bare = NULL;
	union any any;
	char *text;

	(void)state;
	make(VG_KIND_SERVICE, &any);
	any.service.flags = VG_SERVICE_ODD | VG_SERVICE_LOAD_BALANCER | VG_SERVICE_PURELB | 1U << 31;
	any.service.uid = 0;
	json = vg_object_to_json(&any.object, false);
	text = json_dumps(json, JSON_SORT_KEYS | JSON_COMPACT);
	assert_string_equal(text,
			    "{\"addresses\":[{\"address\":\"192.0.2.1\",\"from\":\"spec\"},{\"address\":\"2001:db8::1\",\"from\":\"external\"}],"
			    "\"announcing\":[{\"address\":\"192.0.2.1\",\"node\":\"worker1\"}],\"flags\":[\"0x80000000\",\"load-balancer\",\"odd\","
			    "\"purelb\"],\"ip-allocated-from-pool\":\"text\",\"kind\":\"Service\",\"labels\":{\"app\":\"web\",\"tier\":\"b\"},"
			    "\"leaseName\":\"text\",\"loadBalancerClass\":\"text\",\"name\":\"web\",\"namespace\":\"default\",\"vipHost\":\"text\"}");
	free(text);
	any.object = (struct vg_object){ .kind = VG_KIND_LEASE, .key = "x", .version = "3" };
	memset(any.room + sizeof(struct vg_object), 0, sizeof(any.room) - sizeof(struct vg_object));
	any.lease.holder = "";
	any.lease.renewed_ns = 1000000000ULL;
	bare = vg_object_to_json(&any.object, false);
	assert_int_equal(json_object_size(bare), 2); /* kind and name */
	json_decref(bare);
	bare = vg_object_to_json(&any.object, true);
	assert_string_equal(json_string_value(json_object_get(bare, "resourceVersion")), "3");
	assert_string_equal(json_string_value(json_object_get(bare, "renewTime")), "1970-01-01T00:00:01.000000Z");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_kind_is_copied),
		cmocka_unit_test(test_every_field_counts),
		cmocka_unit_test(test_head),
		cmocka_unit_test(test_heartbeat_alone_is_no_change),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_kinds),
		cmocka_unit_test(test_uid_hash),
		cmocka_unit_test(test_requirements),
		cmocka_unit_test(test_selectors),
		cmocka_unit_test(test_json),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
