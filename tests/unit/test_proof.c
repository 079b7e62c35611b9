/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include "kube/proof.h"

static void test_what_is_proof(void **state)
{
	struct vg_proof proof = { .max_age_ns = 100 };

	vg_proof_event(&proof, 5, "9", 1); /* it may have been written long ago */
	assert_int_equal(proof.word_ns, 0);
	vg_proof_read(&proof, 10, "20", 1);
	assert_int_equal(proof.word_ns, 10);
	vg_proof_event(&proof, 20, "20", 1); /* a bookmark of a server that hears nothing */
	vg_proof_event(&proof, 21, "9", 1); /* caught up with */
	vg_proof_event(&proof, 22, "21", 2); /* by another server, maybe */
	vg_proof_event(&proof, 23, "x", 1);
	vg_proof_event(&proof, 24, "", 1);
	assert_int_equal(proof.word_ns, 10);
	vg_proof_event(&proof, 30, "21", 1);
	assert_int_equal(proof.word_ns, 30);
	vg_proof_read(&proof, 25, "22", 0); /* asked for before, answered after */
	assert_int_equal(proof.word_ns, 30);
	vg_proof_event(&proof, 40, "23", 0); /* HTTP/1: nobody knows whose connection that is */
	assert_int_equal(proof.word_ns, 30);
}

static void test_a_gap(void **state)
{
	struct vg_proof proof = { .max_age_ns = 100 };

	assert_false(vg_proof_lapsed(&proof, 1000)); /* nothing was proven that could be out of date */
	vg_proof_read(&proof, 10, "20", 1);
	vg_proof_read(&proof, 110, "20", 1);
	assert_false(vg_proof_lapsed(&proof, 210));
	assert_true(vg_proof_lapsed(&proof, 211));
	assert_int_equal(vg_proof_covers(&proof, 50), 110);
	vg_proof_event(&proof, 211, "21", 1);
	assert_int_equal(vg_proof_covers(&proof, 50), 110); /* what came between is not known to be there */
	assert_int_equal(vg_proof_covers(&proof, 110), 110);
	assert_int_equal(vg_proof_covers(&proof, 205), 211); /* listed meanwhile */
	vg_proof_event(&proof, 300, "22", 1);
	assert_int_equal(vg_proof_covers(&proof, 50), 110);
	assert_int_equal(vg_proof_covers(&proof, 205), 300);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_what_is_proof), cmocka_unit_test(test_a_gap) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
