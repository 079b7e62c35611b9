/* SPDX-License-Identifier: Apache-2.0 */
/* Which case a verdict is, what would change it and what cures it, where the corpus has no cluster for it. */
#include "cluster_world.h"

#define VIP "192.0.2.240"

/* As of the last assessment. */
static struct vg_explanation explain_then(struct world *world, const char *address)
{
	const struct vg_addr addr = addr_of(address);
	struct vg_explanation explanation;
	struct vg_question question = { .cluster = world->cluster, .config = &world->config, .now = &world->now, .addr = &addr };
	struct vg_answer answer;

	answer = judge(world, address);
	question.answer = &answer;
	assert_int_equal(vg_explain(&question, &explanation), 0);
	return explanation;
}

static struct vg_explanation explain(struct world *world, const char *address)
{
	assess(world);
	return explain_then(world, address);
}

static const struct vg_step *step(const struct vg_steps *steps, unsigned what)
{
	for (size_t i = 0; i < steps->n; i++) {
		if (steps->list[i].what == what)
			return &steps->list[i];
	}
	return NULL;
}

static const struct vg_evidence *clue(const struct vg_explanation *explanation, enum vg_clue which)
{
	for (size_t i = 0; i < explanation->n_evidence; i++) {
		if (explanation->evidence[i].clue == which)
			return &explanation->evidence[i];
	}
	return NULL;
}

static void put_l2(struct world *world)
{
	put_metallb(world);
	put_advertisement(world, VG_KIND_L2_ADVERTISEMENT, "metallb-system/all", NULL, NULL, NULL, 0);
	put_service(world, &(struct svc){ .key = "default/web", .address = VIP, .pool = "public" });
	put_status(world, VG_KIND_L2_STATUS, "metallb-system/l2-1", "default/web", "worker1");
}

#define END(world, explanation) \
	do { \
		vg_explanation_deinit(&(explanation)); \
		world_end(&(world)); \
	} while (0)

static void kube_vip_reads_no_class_filter(void **state)
{
	struct vg_explanation explanation;
	struct world world;

	(void)state;
	world_begin(&world);
	put_l2(&world);
	put_pod(&world, &(struct pod){ .key = "kube-system/kube-vip-cp1", .flags = KUBE_VIP_ARP | VG_POD_KV_CLASS_ONLY_IDLE });
	put_pod(&world, &(struct pod){ .key = "kube-system/kube-vip-cp2", .node = "cp2", .flags = KUBE_VIP_ARP });
	explanation = explain(&world, VIP);
	assert_non_null(step(&explanation.remedies, VG_REMEDY_KV_SERVICES_OFF));
	assert_non_null(step(&explanation.remedies, VG_REMEDY_KV_CLASS_IDLE));
	assert_string_equal(step(&explanation.remedies, VG_REMEDY_KV_SERVICES_OFF)->evidence.object->key, "kube-system/kube-vip-cp1");
	assert_true(step(&explanation.remedies, VG_REMEDY_KV_SERVICES_OFF)->bind && step(&explanation.remedies, VG_REMEDY_KV_SERVICES_OFF)->announce);
	assert_null(step(&explanation.remedies, VG_REMEDY_FIND_BINDER));
	assert_null(clue(&explanation, VG_CLUE_KV_AWAY));
	END(world, explanation);
}

/* A kube-vip that is not on this node, or leaves such Services alone, is not the one to be mended here. */
static void kube_vip_is_not_accused(void **state)
{
	static const struct pod pods[] = {
		{ .key = "kube-system/kube-vip-x", .node = "cp2", .flags = KUBE_VIP_ARP },
		{ .key = "kube-system/kube-vip-x", .flags = KUBE_VIP_ARP | VG_POD_KV_CLASS_ONLY },
		{ .key = "kube-system/kube-vip-x", .flags = VG_POD_KUBE_VIP | VG_POD_KV_CONTROL_PLANE },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(pods); i++) {
		struct vg_explanation explanation;
		struct world world;

		world_begin(&world);
		put_l2(&world);
		put_pod(&world, &pods[i]);
		explanation = explain(&world, VIP);
		assert_non_null(step(&explanation.remedies, VG_REMEDY_FIND_BINDER));
		assert_null(step(&explanation.remedies, VG_REMEDY_KV_SERVICES_OFF));
		END(world, explanation);
	}
}

static void ranges_overlap(void **state)
{
	struct vg_explanation explanation;
	const struct vg_evidence *overlap;
	struct vg_addr first = addr_of("192.0.2.250"), last = addr_of("192.0.2.255");
	struct world world;

	(void)state;
	world_begin(&world);
	put_l2(&world);
	put_claims(&world, VG_KIND_CONFIG_MAP, "kube-system/kubevip", "192.0.2.250", "198.51.100.9", VG_CLAIMS_KUBE_VIP_POOL);
	explanation = explain(&world, "192.0.2.251");
	assert_int_equal(explanation.bind.what, VG_RULE_CONFLICT_RANGES);
	assert_non_null(step(&explanation.remedies, VG_REMEDY_RANGES));
	overlap = &step(&explanation.remedies, VG_REMEDY_RANGES)->evidence;
	assert_string_equal(overlap->object->key, "kube-system/kubevip");
	assert_string_equal(overlap->about->key, "metallb-system/public");
	assert_true(!vg_addr_cmp(&overlap->range.first, &first) && !vg_addr_cmp(&overlap->range.last, &last));
	vg_explanation_deinit(&explanation);
	explanation = explain(&world, "192.0.2.249");
	assert_null(step(&explanation.remedies, VG_REMEDY_RANGES));
	END(world, explanation);
}

static void what_may_not_be_read_is_named(void **state)
{
	struct vg_explanation explanation;
	struct world world;

	(void)state;
	world_begin(&world);
	put_l2(&world);
	vg_cluster_set_knowledge(world.cluster, VG_KIND_POD, VG_KIND_FORBIDDEN);
	explanation = explain(&world, VIP);
	assert_non_null(clue(&explanation, VG_CLUE_UNTOLD));
	assert_int_equal(clue(&explanation, VG_CLUE_UNTOLD)->kind, VG_KIND_POD);
	assert_non_null(step(&explanation.remedies, VG_REMEDY_ROLE));
	END(world, explanation);
}

static void another_balancer_is_named(void **state)
{
	struct vg_explanation explanation;
	struct world world;

	(void)state;
	world_begin(&world);
	put_service(&world, &(struct svc){ .key = "default/web", .address = VIP });
	put_pod(&world, &(struct pod){ .key = "kube-system/keepalived-cp1", .balancer = "keepalived", .flags = VG_POD_OTHER_BALANCER });
	explanation = explain(&world, VIP);
	assert_int_equal(explanation.bind.what, VG_RULE_UNPROVEN);
	assert_string_equal(clue(&explanation, VG_CLUE_BALANCER)->value, "keepalived");
	assert_string_equal(clue(&explanation, VG_CLUE_BALANCER)->object->key, "kube-system/keepalived-cp1");
	END(world, explanation);
}

static void why_a_mark_proves_nothing(void **state)
{
	struct vg_explanation explanation;
	struct world world;

	(void)state;
	world_begin(&world);
	put_claims(&world, VG_KIND_POOL, "metallb-system/public", "192.0.2.240", "192.0.2.255", 0);
	put_service(&world, &(struct svc){ .key = "default/web", .address = VIP, .pool = "public" });
	explanation = explain(&world, VIP);
	assert_non_null(clue(&explanation, VG_CLUE_MARK_DEAD));
	assert_non_null(step(&explanation.remedies, VG_REMEDY_METALLB));
	vg_explanation_deinit(&explanation);
	put_pod(&world, &(struct pod){ .key = "metallb-system/speaker-a", .class = "example.com/lb", .flags = VG_POD_METALLB_SPEAKER });
	explanation = explain(&world, VIP);
	assert_non_null(clue(&explanation, VG_CLUE_MARK_CLASS));
	vg_explanation_deinit(&explanation);
	put_pod(&world, &(struct pod){ .key = "metallb-system/speaker-b", .flags = VG_POD_METALLB_SPEAKER });
	explanation = explain(&world, VIP);
	assert_non_null(clue(&explanation, VG_CLUE_MARK_MIXED));
	assert_non_null(step(&explanation.remedies, VG_REMEDY_MARK));
	END(world, explanation);
}

static void owners_that_claim_nothing_in_words(void **state)
{
	struct vg_explanation explanation;
	struct world world;

	(void)state;
	world_begin(&world);
	put_l2(&world);
	put_lease(&world, &(struct lease){ .key = "kube-system/cilium-l2announce-default-web", .holder = "worker2" });
	explanation = explain(&world, VIP);
	assert_int_equal(explanation.bind.what, VG_RULE_CONFLICT);
	assert_non_null(step(&explanation.changes, VG_CHANGE_ONE_OWNER));
	assert_non_null(step(&explanation.remedies, VG_REMEDY_ONE_OWNER));
	END(world, explanation);
}

static void a_class_of_two_owners(void **state)
{
	struct vg_explanation explanation;
	struct world world;

	(void)state;
	world_begin(&world);
	put_pod(&world, &(struct pod){ .key = "metallb-system/speaker-a", .class = "kube-vip.io/kube-vip-class", .flags = VG_POD_METALLB_SPEAKER });
	put_service(&world, &(struct svc){ .key = "default/web", .address = VIP, .class = "kube-vip.io/kube-vip-class" });
	explanation = explain(&world, VIP);
	assert_int_equal(explanation.bind.what, VG_RULE_CONFLICT_CLASS);
	assert_non_null(step(&explanation.remedies, VG_REMEDY_CLASS_APART));
	assert_null(step(&explanation.remedies, VG_REMEDY_ONE_OWNER));
	END(world, explanation);
}

static void a_balancer_that_is_gone(void **state)
{
	struct vg_explanation explanation;
	struct world world;

	(void)state;
	world_begin(&world);
	put_service(&world, &(struct svc){ .key = "default/web", .address = VIP, .flags = VG_SERVICE_PURELB, .held = "worker1" });
	explanation = explain(&world, VIP);
	assert_int_equal(explanation.bind.what, VG_RULE_UNPROVEN_BALANCER);
	assert_non_null(clue(&explanation, VG_CLUE_BALANCER_GONE));
	assert_non_null(step(&explanation.remedies, VG_REMEDY_MARK_OFF));
	vg_explanation_deinit(&explanation);
	put_purelb(&world);
	put_pod(&world, &(struct pod){ .key = "purelb/agent", .balancer = "lbnodeagent", .flags = VG_POD_OTHER_BALANCER });
	explanation = explain(&world, VIP);
	assert_int_equal(explanation.bind.what, VG_RULE_HOLDER_AGENT);
	assert_string_equal(clue(&explanation, VG_CLUE_BALANCER_PROVES)->object->key, "purelb/agent");
	assert_string_equal(clue(&explanation, VG_CLUE_AGENT_HERE)->object->key, "purelb/agent");
	END(world, explanation);
}

static void a_node_address_in_a_pool(void **state)
{
	struct vg_explanation explanation;
	struct world world;

	(void)state;
	world_begin(&world);
	put_l2(&world);
	put_node(&world, "cp1", "cp1", "192.0.2.245", NULL);
	explanation = explain(&world, "192.0.2.245");
	assert_int_equal(explanation.bind.what, VG_RULE_OWN_OBJECT);
	assert_non_null(step(&explanation.remedies, VG_REMEDY_POOL_WITHOUT));
	assert_null(step(&explanation.remedies, VG_REMEDY_NODE_IP));
	vg_explanation_deinit(&explanation);
	put_service(&world, &(struct svc){ .key = "default/taken", .address = "192.0.2.245", .pool = "public" });
	explanation = explain(&world, "192.0.2.245");
	assert_string_equal(step(&explanation.remedies, VG_REMEDY_NODE_IP)->evidence.object->key, "default/taken");
	END(world, explanation);
}

/* Asked between the moment it expires and the next assessment. */
static void a_lease_that_expired(void **state)
{
	struct world world;

	(void)state;
	world_begin(&world);
	put_service(&world, &(struct svc){ .key = "default/web", .address = VIP, .lease = "one", .flags = VG_SERVICE_KUBE_VIP_WISH });
	put_lease(&world, &(struct lease){ .key = "default/one", .holder = "cp2" });
	assess(&world);
	for (int i = 0; i < 2; i++) {
		struct vg_explanation explanation = explain_then(&world, VIP);

		assert_true(!clue(&explanation, VG_CLUE_LEASE_EXPIRED) == (i == 0));
		vg_explanation_deinit(&explanation);
		pass(&world, 15);
	}
	world_end(&world);
}

/* Evidence is in the order of its rank, whatever the rules asked first. */
static void in_order(void **state)
{
	struct vg_explanation explanation;
	struct world world;

	(void)state;
	world_begin(&world);
	put_l2(&world);
	put_kube_vip(&world);
	explanation = explain(&world, VIP);
	assert_true(explanation.n_evidence > 5);
	for (size_t i = 1; i < explanation.n_evidence; i++)
		assert_true(vg_clue_rank(explanation.evidence[i - 1].clue) <= vg_clue_rank(explanation.evidence[i].clue));
	END(world, explanation);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(kube_vip_reads_no_class_filter),
		cmocka_unit_test(kube_vip_is_not_accused),
		cmocka_unit_test(ranges_overlap),
		cmocka_unit_test(what_may_not_be_read_is_named),
		cmocka_unit_test(another_balancer_is_named),
		cmocka_unit_test(why_a_mark_proves_nothing),
		cmocka_unit_test(owners_that_claim_nothing_in_words),
		cmocka_unit_test(a_class_of_two_owners),
		cmocka_unit_test(a_balancer_that_is_gone),
		cmocka_unit_test(a_node_address_in_a_pool),
		cmocka_unit_test(a_lease_that_expired),
		cmocka_unit_test(in_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
