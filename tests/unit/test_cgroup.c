/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include "core/cgroup.h"

#define UID "a5c1f8d5-1919-434d-add7-4afaafdaef89"
#define UID_ "a5c1f8d5_1919_434d_add7_4afaafdaef89"
#define HASH "0d1c6dcd6b4d4a9ed5f1f5a1d3d6f4a0"
#define ID "5eed917563583925ffdbd40a64efb2aaffe58638e57add8becaf460fe74f5b1c"
#define NODE "3350ade4226f0adcd9e4e9545d7c2a16a5aa362d12315f2a88e2024cea1246cf"
#define BURSTABLE "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod" UID_ ".slice/"

/* The forms that kubelets and runtimes write, with other digits. */
static const struct {
	const char *name, *path, *uid, *container;
} cases[] = {
	{ "containerd, systemd", BURSTABLE "cri-containerd-" ID ".scope", UID, ID },
	{ "CRI-O, systemd", BURSTABLE "crio-" ID ".scope", UID, ID },
	{ "Docker, systemd", BURSTABLE "docker-" ID ".scope", UID, ID },
	{ "guaranteed, systemd", "/kubepods.slice/kubepods-pod" UID_ ".slice/cri-containerd-" ID ".scope", UID, ID },
	{ "best effort, cgroupfs", "/kubepods/besteffort/pod" UID "/" ID, UID, ID },
	{ "guaranteed, cgroupfs", "/kubepods/pod" UID "/" ID, UID, ID },
	{ "CRI-O, cgroupfs", "/kubepods/burstable/pod" UID "/crio-" ID, UID, ID },
	{ "static Pod, systemd", "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod" HASH ".slice/cri-containerd-" ID ".scope", HASH,
	  ID },
	{ "static Pod, cgroupfs", "/kubepods/burstable/pod" HASH "/" ID, HASH, ID },
	{ "a cgroup of the container's own", BURSTABLE "crio-" ID ".scope/container", UID, ID },
	{ "systemd in the container", BURSTABLE "cri-containerd-" ID ".scope/system.slice/a.service", UID, ID },
	{ "kind, systemd",
	  "/kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-besteffort.slice/kubelet-kubepods-besteffort-pod" UID_ ".slice/cri-containerd-" ID
	  ".scope",
	  UID, ID },
	{ "kind, cgroupfs", "/kubelet/kubepods/besteffort/pod" UID "/" ID, UID, ID },
	{ "kind, seen from the host", "/docker/" NODE "/kubelet/kubepods/besteffort/pod" UID "/" ID, UID, ID },
	{ "kind, seen from a host with systemd",
	  "/system.slice/docker-" NODE ".scope/kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-pod" UID_ ".slice/cri-containerd-" ID ".scope",
	  UID, ID },
	{ "below another slice", "/system.slice/containerd.service/kubepods-burstable-pod" UID_ ".slice:cri-containerd:" ID, UID, ID },
	{ "systemd's words taken for a name", "/kubepods-besteffort-pod" UID_ ".slice:cri-containerd:" ID, UID, ID },
	{ "from another container, systemd", "/../../kubepods-burstable-pod" UID_ ".slice/cri-containerd-" ID ".scope", UID, ID },
	{ "from another container, cgroupfs", "/../../pod" UID "/" ID, UID, ID },
	{ "from another container of the Pod", "/../cri-containerd-" ID ".scope", "", ID },
	{ "a Pod in a container of a Pod is the outer one's", "/kubepods/pod" UID "/" ID "/kubelet/kubepods/pod" HASH "/" NODE, UID, ID },
	{ "the cgroup is gone", BURSTABLE "cri-containerd-" ID ".scope (deleted)", UID, ID },
	{ "with its newline", "/kubepods/pod" UID "/" ID "\n", UID, ID },
	{ "the monitor of CRI-O", BURSTABLE "crio-conmon-" ID ".scope", UID, "" },
	{ "the Pod's own", "/kubepods/burstable/pod" UID, UID, "" },
	{ "its slice", "/kubepods.slice/kubepods-pod" UID_ ".slice", UID, "" },
	{ "an id that is too long", "/kubepods/pod" UID "/" ID "0", UID, "" },
	{ "Docker", "/docker/" ID, "", ID },
	{ "Docker with systemd", "/system.slice/docker-" ID ".scope", "", ID },
	{ "Podman", "/machine.slice/libpod-" ID ".scope/container", "", ID },
	{ "a service", "/system.slice/keepalived.service", "", "" },
	{ "a session", "/user.slice/user-0.slice/session-1.scope", "", "" },
	{ "the root", "/", "", "" },
	{ "nothing", "", "", "" },
	{ "no uid", "/kubepods/podless/" ID, "", ID },
	{ "a uid cut short", "/kubepods/poda5c1f8d5-1919-434d-add7-4afaafdaef8/" ID, "", ID },
	{ "letters that are no digits", "/kubepods/podg5c1f8d5-1919-434d-add7-4afaafdaef89/x", "", "" },
	{ "somebody's slice", "/user-pod" UID_ ".slice/x", "", "" },
	{ "somebody's folder", "/my-pod" UID "/x", "", "" },
};

static void test_parse(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct vg_cgroup cgroup = vg_cgroup_parse(cases[i].path);

		assert_case(cases[i].name, !strcmp(cgroup.pod_uid, cases[i].uid));
		assert_case(cases[i].name, !strcmp(cgroup.container, cases[i].container));
	}
}

/* The path that tells most, of these lines. */
static const char *best_of(const char *const lines[])
{
	const char *best = NULL, *path;
	int most = -1;

	for (; *lines; lines++) {
		int weight = vg_cgroup_weigh_line(*lines, &path);

		if (weight > most) {
			most = weight;
			best = path;
		}
	}
	return best;
}

static void test_weigh(void **state)
{
	static const char *const unified[] = { "0::/kubepods/pod" UID "/" ID, NULL };
	static const char *const hybrid[] = { "12:rdma:/", "4:memory:/kubepods/pod" UID "/" ID, "1:name=systemd:/init.scope",
					      "0::/system.slice/k3s.service", NULL };
	static const char *const legacy[] = { "5:net_cls,net_prio:/", "1:name=systemd:/system.slice/frr.service", NULL };
	static const char *const plain[] = { "1:name=systemd:/system.slice/frr.service", "0::/", NULL };
	static const char *const colons[] = { "0::/kubepods-pod" UID_ ".slice:cri-containerd:" ID, NULL };
	static const char *const none[] = { "", "0", "0:", "/", NULL };

	(void)state;
	assert_string_equal(best_of(unified), "/kubepods/pod" UID "/" ID);
	assert_string_equal(best_of(hybrid), "/kubepods/pod" UID "/" ID);
	assert_string_equal(best_of(legacy), "/system.slice/frr.service");
	assert_string_equal(best_of(plain), "/");
	assert_string_equal(best_of(colons), "/kubepods-pod" UID_ ".slice:cri-containerd:" ID);
	assert_null(best_of(none));
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_parse), cmocka_unit_test(test_weigh) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
