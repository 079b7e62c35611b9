/* SPDX-License-Identifier: Apache-2.0 */
/* On which lines a static Pod's manifest says what kube-vip goes by: in the forms in which tools write it. */
#include "unit.h"

#include "conf/yaml_json.h"
#include "conf/yaml_lines.h"
#include "kube/manifest.h"

#define KEY "kube-system/kube-vip-cp1"

static const char block[] = "apiVersion: v1\n"
			    "kind: Pod\n"
			    "metadata:\n"
			    "  name: kube-vip\n"
			    "  namespace: kube-system\n"
			    "spec:\n"
			    "  containers:\n"
			    "  - name: beside\n"
			    "    image: registry.example.com/beside:v1\n"
			    "    env: [{name: svc_enable, value: \"other\"}]\n"
			    "  - args:\n"
			    "    - manager\n"
			    "    - --services\n"
			    "    env:\n"
			    "    - name: svc_enable\n"
			    "      value: \"true\"\n"
			    "    # what is said\n"
			    "    - value: \"false\"\n"
			    "      name: lb_class_only\n"
			    "    image: ghcr.io/kube-vip/kube-vip:v1.2.3\n"
			    "    name: kube-vip\n";

static const char flow[] = "---\nkind: ConfigMap\n---\n"
			   "{\"kind\": \"Pod\", \"metadata\": {\"name\": \"kube-vip\", \"namespace\": \"kube-system\"},\n"
			   " \"spec\": {\"containers\": [{\"name\": \"kube-vip\", \"image\": \"kube-vip\",\n"
			   "   \"args\": [\"manager\", \"--services=true\"],\n"
			   "   \"env\": [{\"name\": \"svc_enable\", \"value\": \"x\"}, {\"name\": \"svc_enable\",\n"
			   "     \"value\": \"true\"}]}]}}\n";

static const char bare[] =
	"kind: Pod\nmetadata: {name: kube-vip, namespace: kube-system}\nspec:\n  containers:\n  - image: kube-vip:v1\n    name: kube-vip\n";

static int find(const char *text, const char *key, struct vg_manifest *manifest)
{
	return vg_manifest_read(text, strlen(text), "kube-vip.yaml", "cp1", key, manifest);
}

static void is_at(const struct vg_manifest *manifest, enum vg_manifest_word word, unsigned first, unsigned last, unsigned line, const char *value)
{
	const struct vg_manifest_place *place = &manifest->of[word];

	if (place->first != first || place->last != last || place->line != line || strcmp(place->value, value))
		fail_msg("word %d: lines %u to %u, value on %u: \"%s\"", word, place->first, place->last, place->line, place->value);
}

static void test_lines_of_a_block(void **state)
{
	struct vg_manifest manifest;

	(void)state;
	assert_int_equal(find(block, KEY, &manifest), 1);
	assert_string_equal(manifest.path, "kube-vip.yaml");
	is_at(&manifest, VG_WORD_SVC_ENABLE, 15, 16, 16, "true");
	is_at(&manifest, VG_WORD_CLASS_ONLY, 18, 19, 18, "false");
	is_at(&manifest, VG_WORD_SERVICES, 13, 13, 13, "--services");
	is_at(&manifest, VG_WORD_ENV, 15, 19, 0, "");
	is_at(&manifest, VG_WORD_IMAGE, 20, 20, 20, "ghcr.io/kube-vip/kube-vip:v1.2.3");
}

static void test_lines_of_json_behind_other_documents(void **state)
{
	struct vg_manifest manifest;

	(void)state;
	assert_int_equal(find(flow, KEY, &manifest), 1);
	is_at(&manifest, VG_WORD_SVC_ENABLE, 7, 8, 8, "true"); /* the last one counts */
	is_at(&manifest, VG_WORD_SERVICES, 6, 6, 6, "--services=true");
	is_at(&manifest, VG_WORD_CLASS_ONLY, 0, 0, 0, "");
	is_at(&manifest, VG_WORD_ENV, 7, 8, 0, "");
}

static void test_what_is_not_there(void **state)
{
	static const char *const others[] = { "", "a: [", "kind: Pod\n", "[]", "kind: Pod\nmetadata: []\nspec: 3\n", "a: {b: c}\n---\n- 1\n" };
	struct vg_manifest manifest;

	(void)state;
	assert_int_equal(find(bare, KEY, &manifest), 1);
	is_at(&manifest, VG_WORD_ENV, 0, 0, 0, "");
	is_at(&manifest, VG_WORD_IMAGE, 5, 5, 5, "kube-vip:v1");
	assert_int_equal(find(bare, "kube-system/kube-vip-cp2", &manifest), 0);
	assert_int_equal(find(bare, "default/kube-vip-cp1", &manifest), 0);
	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		assert_case(others[i], find(others[i], KEY, &manifest) == 0);
	assert_int_equal(vg_manifest_find("/nowhere/at/all", "cp1", KEY, &manifest), 0);
}

/* The same shape: what is a value in one is a line in the other. */
static void same_shape(const json_t *json, const json_t *lines)
{
	const char *key;
	json_t *value;
	size_t i;

	assert_int_equal(json_array_size(json), json_array_size(lines));
	assert_int_equal(json_object_size(json), json_object_size(lines));
	assert_true(json_is_array(json) == json_is_array(lines) && json_is_object(json) == json_is_object(lines));
	json_array_foreach(json, i, value) same_shape(value, json_array_get(lines, i));
	json_object_foreach((json_t *)json, key, value) same_shape(value, json_object_get(lines, key));
}

static void test_lines_have_the_shape_of_the_text(void **state)
{
	static const char *const texts[] = { block, flow, bare, "", "a:\n  - ~\n  - |\n    b\n    c\n  - {}\n  - []\n" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		json_t *json = NULL, *lines = NULL;
		struct vg_error error;

		assert_int_equal(vg_yaml_to_json(texts[i], strlen(texts[i]), "t", &error, &json), 0);
		assert_int_equal(vg_yaml_lines(texts[i], strlen(texts[i]), "t", &error, &lines), 0);
		same_shape(json, lines);
		json_decref(json);
		json_decref(lines);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines_of_a_block),
		cmocka_unit_test(test_lines_of_json_behind_other_documents),
		cmocka_unit_test(test_what_is_not_there),
		cmocka_unit_test(test_lines_have_the_shape_of_the_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
