/* SPDX-License-Identifier: Apache-2.0 */
/* Flags, environment and file: which one wins, and what each says of bad input. */
#include "unit.h"

#include <errno.h>

#include "app/options.h"
#include "base/time.h"

#define ARGS_MAX 32
#define FILE_BYTES_MAX 1024

struct parsed {
	struct vg_config_options *options;
	struct vg_error error;
	int r;
};

/* line: the command and its arguments, separated by spaces. */
static struct parsed parse(const char *line)
{
	struct parsed parsed = { 0 };
	_cleanup_free_ char *copy = strdup(line);
	char *argv[ARGS_MAX + 1] = { NULL }, *rest = NULL;
	int argc = 0;

	for (char *word = strtok_r(copy, " ", &rest); word && argc < ARGS_MAX; word = strtok_r(NULL, " ", &rest))
		argv[argc++] = word;
	parsed.r = vg_config_parse(argc, argv, vg_command_find(argv[0])->bit, &parsed.error, &parsed.options);
	return parsed;
}

static struct vg_config_options *parse_fine(const char *line)
{
	struct parsed parsed = parse(line);

	if (parsed.r != 0)
		fail_msg("%s: %s", line, parsed.error.text);
	return parsed.options;
}

#define _options_ VG_CLEANUP(vg_config_freep) struct vg_config_options *

static void assert_refused(const char *line, const char *text)
{
	struct parsed parsed = parse(line);

	vg_config_free(parsed.options);
	assert_case(line, parsed.r == -EINVAL);
	if (!strstr(parsed.error.text, text))
		fail_msg("%s: says \"%s\", not \"%s\"", line, parsed.error.text, text);
}

static int clear_environment(void **state)
{
	const struct vg_option *option;

	(void)state;
	unsetenv("NODE_NAME");
	for (size_t i = 0; (option = vg_option_at(i)); i++) {
		char name[64];

		snprintf(name, sizeof(name), "VIPGUARD_%s", option->name);
		for (char *c = name; *c; c++)
			*c = *c == '-' ? '_' : *c >= 'a' && *c <= 'z' ? (char)(*c - 'a' + 'A') : *c;
		unsetenv(name);
	}
	return 0;
}

/* A file with this text; the path to unlink() and free(). */
static char *new_file(const char *text)
{
	char *path = strdup("/tmp/vipguard-config-XXXXXX");
	int fd = mkstemp(path);
	size_t n = strlen(text);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, n), (ssize_t)n);
	close(fd);
	return path;
}

static void remove_file(char **path)
{
	unlink(*path);
	free(*path);
}

#define _file_ VG_CLEANUP(remove_file) char *

static struct parsed parse_with_file(const char *command, const char *text)
{
	_file_ path = new_file(text);
	char line[FILE_BYTES_MAX];

	snprintf(line, sizeof(line), "%s --config %s", command, path);
	return parse(line);
}

static void defaults(void **state)
{
	_options_ o = parse_fine("run");
	char host[256];

	(void)state;
	assert_int_equal(gethostname(host, sizeof(host)), 0);
	assert_int_equal(o->mode, VG_AUDIT);
	assert_true(o->deny && o->drop && o->remove && o->heal);
	assert_string_equal(o->node, host);
	assert_null(o->assignments);
	assert_int_equal(o->n_protect + o->interfaces.n + o->n_args, 0);
	assert_int_equal(o->grace_ns, 15 * VG_NS_PER_SEC);
	assert_int_equal(o->dead_man_ns, 10 * VG_NS_PER_SEC);
	assert_int_equal(o->period_ns, 60 * VG_NS_PER_SEC);
	assert_string_equal(o->pin_dir, VG_PIN_DIR_DEFAULT);
	assert_string_equal(o->socket, VG_SOCKET_DEFAULT);
	assert_int_equal(o->metrics.port, 9477);
	assert_false(o->metrics_vips);
	assert_true(o->kube_events);
	assert_int_equal(o->without, 0);
	assert_false(o->verbose);
}

static void every_flag(void **state)
{
	_options_ o = parse_fine("run --mode enforce --act=drop,remove --node cp1 --assignments a --protect 192.0.2.2 --protect=2001:db8::/64 "
				 "--interface eth0 --grace 1m --dead-man 30s");
	_options_ p = parse_fine("run --period 500ms --log-format text --pin-dir /sys/fs/bpf/x --socket s --without tcx --without deny -v");
	_options_ q = parse_fine("explain -o json --addresses b --now 1970-01-01T00:00:01Z 192.0.2.1 --link eth1 -- -x");

	(void)state;
	assert_int_equal(o->mode, VG_ENFORCE);
	assert_true(!o->deny && o->drop && o->remove && !o->heal);
	assert_string_equal(o->node, "cp1");
	assert_string_equal(o->assignments, "a");
	assert_int_equal(o->n_protect, 2);
	assert_int_equal(o->protect[1].len, 64);
	assert_int_equal(o->interfaces.n, 1);
	assert_string_equal(o->interfaces.list[0], "eth0");
	assert_int_equal(o->grace_ns, 60 * VG_NS_PER_SEC);
	assert_int_equal(o->dead_man_ns, 30 * VG_NS_PER_SEC);
	assert_int_equal(p->period_ns, VG_NS_PER_SEC / 2);
	assert_int_equal(p->log_format, VG_FORMAT_TEXT);
	assert_string_equal(p->pin_dir, "/sys/fs/bpf/x");
	assert_string_equal(p->socket, "s");
	assert_int_equal(p->without, 1U << VG_FEATURE_TCX | 1U << VG_FEATURE_DENY);
	assert_true(p->verbose);
	assert_int_equal(q->output, VG_OUTPUT_JSON);
	assert_string_equal(q->addresses, "b");
	assert_string_equal(q->link, "eth1");
	assert_int_equal(q->now_real_ns, VG_NS_PER_SEC);
	assert_int_equal(q->n_args, 2);
	assert_string_equal(q->args[0], "192.0.2.1");
	assert_string_equal(q->args[1], "-x");
}

static void short_forms(void **state)
{
	_options_ joined = parse_fine("check -ojson");
	_options_ apart = parse_fine("check -o json");
	_options_ switched_off = parse_fine("check --verbose=false");

	(void)state;
	assert_int_equal(joined->output, VG_OUTPUT_JSON);
	assert_int_equal(apart->output, VG_OUTPUT_JSON);
	assert_false(switched_off->verbose);
}

static void act_none(void **state)
{
	_options_ o = parse_fine("run --act none");

	(void)state;
	assert_true(!o->deny && !o->drop && !o->remove && !o->heal);
}

static void refused(void **state)
{
	static const struct {
		const char *line;
		const char *text;
	} cases[] = {
		{ "run --bogus", "unknown option \"--bogus\", expected one of vipguard run --help" },
		{ "run -x", "unknown option \"-x\"" },
		{ "run --mod audit", "unknown option \"--mod\"" }, /* no abbreviations */
		{ "run --mode", "--mode: found nothing, expected MODE" },
		{ "run --mode=", "--mode: found \"\", expected audit or enforce" },
		{ "run --mode Enforce", "--mode: found \"Enforce\", expected audit or enforce" },
		{ "run --act deny,,drop", "--act: found \"deny,,drop\"" },
		{ "run --act none,deny", "--act: " },
		{ "run --act none --act deny", "--act: " },
		{ "run --act deny --act none", "--act: " },
		{ "run --protect 192.0.2.1/24", "--protect: found \"192.0.2.1/24\"" },
		{ "run --protect 192.0.2.300", "--protect: found \"192.0.2.300\"" },
		{ "run --interface eth0/1", "--interface: " },
		{ "run --interface sixteen-letters-", "--interface: " },
		{ "run --grace 15", "--grace: found \"15\", expected a time such as" },
		{ "run --grace 2h", "--grace: found \"2h\", expected 0s to 3600s" },
		{ "run --dead-man 999ms", "--dead-man: found \"999ms\", expected 1s to 600s" },
		{ "run --dead-man 601s", "--dead-man: " },
		{ "run --period 1ms", "--period: found \"1ms\", expected 100ms to 3600s" },
		{ "run --log-format xml", "--log-format: found \"xml\", expected json or text" },
		{ "run --pin-dir x", "--pin-dir: found \"x\", expected an absolute path" },
		{ "run --without wings", "--without: found \"wings\", expected one of btf, " },
		{ "run --verbose=maybe", "--verbose: found \"maybe\", expected true or false" },
		{ "run --node a/b", "--node: found \"a/b\", expected the name of a node" },
		{ "run extra", "run: unexpected argument \"extra\"" },
		{ "check -o yaml", "--output: found \"yaml\", expected json or text" },
		{ "check --now yesterday", "--now: found \"yesterday\"" },
		{ "check --mode audit", "check takes no --mode" },
		{ "status --link eth0", "status takes no --link" },
		{ "explain", "explain: found no argument, expected ADDR" },
		{ "mode audit enforce", "mode: unexpected argument \"enforce\"" },
		{ "check --config /nonexistent/file", "/nonexistent/file" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_refused(cases[i].line, cases[i].text);
}

static void long_socket_path(void **state)
{
	char line[256] = "status --socket /";

	(void)state;
	memset(line + strlen(line), 'x', 107);
	assert_refused(line, "--socket: found \"/xxx");
}

static void node_name_of_the_pod(void **state)
{
	(void)state;
	setenv("NODE_NAME", "Worker-1", 1);
	_options_ from_pod = parse_fine("run");
	_options_ from_flag = parse_fine("run --node cp1");

	assert_string_equal(from_pod->node, "worker-1");
	assert_string_equal(from_flag->node, "cp1");
	setenv("NODE_NAME", "two words", 1);
	_options_ overruled = parse_fine("run --node cp1");

	assert_string_equal(overruled->node, "cp1");
	assert_refused("run", "NODE_NAME: found \"two words\", expected the name of a node");
}

/* Misspelt is not "not set"; what Kubernetes makes for a Service named like us is neither. */
static void unknown_variables(void **state)
{
	static const struct {
		const char *name;
		bool fine;
	} cases[] = {
		{ "VIPGUARD_ASSIGNMENT", false },
		{ "VIPGUARD_", false },
		{ "VIPGUARD_PORTS", false },
		{ "VIPGUARD_mode", false },
		{ "VIPGUARD", true },
		{ "VIPGUARD_PORT", true },
		{ "VIPGUARD_PORT_80_TCP_ADDR", true },
		{ "VIPGUARD_PORTAL_PORT", true },
		{ "VIPGUARD_SERVICE_HOST", true },
		{ "VIPGUARD_METRICS_SERVICE_PORT_HTTP", true },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct parsed parsed;

		setenv(cases[i].name, "1", 1);
		parsed = parse("status");
		unsetenv(cases[i].name);
		vg_config_free(parsed.options);
		assert_case(cases[i].name, parsed.r == (cases[i].fine ? 0 : -EINVAL));
		if (!cases[i].fine && !strstr(parsed.error.text, cases[i].name))
			fail_msg("\"%s\" does not name %s", parsed.error.text, cases[i].name);
	}
}

static void environment(void **state)
{
	(void)state;
	setenv("VIPGUARD_DEAD_MAN", "20s", 1);
	setenv("VIPGUARD_PROTECT", "192.0.2.2,192.0.2.3", 1);
	setenv("VIPGUARD_VERBOSE", "true", 1);
	setenv("VIPGUARD_MODE", "", 1); /* not set */
	setenv("VIPGUARD_PORT", "tcp://192.0.2.9:80", 1); /* Kubernetes makes it for a Service named vipguard */
	_options_ o = parse_fine("run");

	unsetenv("VIPGUARD_PORT");
	assert_int_equal(o->dead_man_ns, 20 * VG_NS_PER_SEC);
	assert_int_equal(o->n_protect, 2);
	assert_true(o->verbose);
	assert_int_equal(o->mode, VG_AUDIT);
}

static void bad_environment(void **state)
{
	(void)state;
	setenv("VIPGUARD_DEAD_MAN", "soon", 1);
	assert_refused("run", "VIPGUARD_DEAD_MAN: found \"soon\"");
	_options_ not_its_own = parse_fine("check"); /* takes no --dead-man */

	assert_non_null(not_its_own);
}

static void flag_beats_environment_beats_file(void **state)
{
	_file_ path = new_file("mode: enforce\nperiod: 1s\ngrace: 1s\nprotect: [192.0.2.1, 192.0.2.2, 192.0.2.3]\n"
			       "interface:\n  - eth0\n  - eth1\nact: [deny, drop]\n");
	char line[256];

	(void)state;
	snprintf(line, sizeof(line), "run --config %s --grace 3s --protect 198.51.100.1", path);
	setenv("VIPGUARD_PERIOD", "2s", 1);
	setenv("VIPGUARD_GRACE", "2s", 1);
	setenv("VIPGUARD_INTERFACE", "eth7", 1);
	_options_ o = parse_fine(line);

	assert_int_equal(o->mode, VG_ENFORCE);
	assert_int_equal(o->period_ns, 2 * VG_NS_PER_SEC);
	assert_int_equal(o->grace_ns, 3 * VG_NS_PER_SEC);
	assert_int_equal(o->n_protect, 1); /* the strongest place that has the list wins whole */
	assert_int_equal(o->interfaces.n, 1);
	assert_string_equal(o->interfaces.list[0], "eth7");
	assert_true(o->deny && o->drop && !o->remove && !o->heal);
	assert_string_equal(o->config, path);
}

static void file_by_environment(void **state)
{
	_file_ path = new_file("node: from-file\n");

	(void)state;
	setenv("VIPGUARD_CONFIG", path, 1);
	_options_ o = parse_fine("run");
	_options_ version = parse_fine("version");

	assert_string_equal(o->node, "from-file");
	assert_non_null(version);
}

static void bad_files(void **state)
{
	static const struct {
		const char *text;
		const char *says;
	} cases[] = {
		{ "mode: audit\ncolour: red\n", ":2: unknown key \"colour\"" },
		{ "config: other.yaml\n", ":1: unknown key \"config\"" },
		{ "node: a\nmode: loud\n", ":2: mode: found \"loud\", expected audit or enforce" },
		{ "act: [none, deny]\n", ":1: act: " },
		{ "act: []\n", ":1: act: found an empty list" },
		{ "node: [a, b]\n", ":1: node: found a list, expected one value" },
		{ "mode: {a: b}\n", ":1: " },
		{ "mode: audit\nmode: audit\n", ":2: " },
		{ "- mode\n", ":1: " },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct parsed parsed = parse_with_file("run", cases[i].text);

		vg_config_free(parsed.options);
		assert_case(cases[i].text, parsed.r == -EINVAL);
		if (!strstr(parsed.error.text, cases[i].says))
			fail_msg("%s says \"%s\", not \"%s\"", cases[i].text, parsed.error.text, cases[i].says);
	}
}

/* One file for every command: what a command does not take is checked and otherwise of no effect. */
static void one_file_for_all(void **state)
{
	struct parsed fine = parse_with_file("status", "mode: enforce\nsocket: /run/x\n");
	struct parsed bad = parse_with_file("status", "mode: loud\n");

	(void)state;
	assert_int_equal(fine.r, 0);
	assert_string_equal(fine.options->socket, "/run/x");
	assert_int_equal(bad.r, -EINVAL);
	vg_config_free(fine.options);
}

/* Setters that write through an offset must have one; every option says what it is for and belongs to a command. */
static void table_is_sound(void **state)
{
	const struct vg_option *option;

	(void)state;
	for (size_t i = 0; (option = vg_option_at(i)); i++) {
		assert_case(option->name, option->commands && option->help && option->set);
		assert_case(option->name, vg_option_find(option->name, strlen(option->name)) == option);
		assert_case(option->name, option->list == (option->reset != NULL));
		if (option->set == vg_set_text || option->set == vg_set_duration || option->set == vg_set_link || option->set == vg_set_pin_dir ||
		    option->set == vg_set_socket)
			assert_case(option->name, option->offset >= offsetof(struct vg_config_options, assignments));
	}
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup(f, clear_environment)
	const struct CMUnitTest tests[] = {
		TEST(defaults),
		TEST(every_flag),
		TEST(short_forms),
		TEST(act_none),
		TEST(refused),
		TEST(long_socket_path),
		TEST(node_name_of_the_pod),
		TEST(environment),
		TEST(bad_environment),
		TEST(unknown_variables),
		TEST(flag_beats_environment_beats_file),
		TEST(file_by_environment),
		TEST(bad_files),
		TEST(one_file_for_all),
		TEST(table_is_sound),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
