/* SPDX-License-Identifier: Apache-2.0 */
/* Pods: who plays a part, and how kube-vip is configured (pkg/kubevip/config_environment.go of kube-vip). */
#include "reduce_case.h"

#define POD(labels, containers) \
	"{'metadata':{'namespace':'ns','name':'p','labels':{" labels "}},'spec':{'nodeName':'w1','containers':[" containers "]},'status':{'phase':" \
	"'Running'}}"

static void test_metallb(void **state)
{
	static const struct reduce_case cases[] = {
		{ "by the manifest's labels", POD("'app':'metallb','component':'speaker'", "{'name':'speaker','args':['--port=7472']}"), 1,
		  "{'flags':['live','metallb-speaker'],'nodeName':'w1'}" },
		{ "by the chart's",
		  POD("'app.kubernetes.io/name':'metallb','app.kubernetes.io/component':'controller'", "{'args':['--lb-class=metallb.io/edge']}"), 1,
		  "{'flags':['live','metallb-controller'],'lb-class':'metallb.io/edge','nodeName':'w1'}" },
		{ "by the image", POD("'a':'b'", "{'image':'quay.io:443/metallb/speaker:v0.16.1@sha256:0','args':['-lb-class','x/y']}"), 1,
		  "{'flags':['live','metallb-speaker'],'lb-class':'x/y','nodeName':'w1'}" },
		{ "by a rebuilt image", POD("", "{'image':'registry:5000/bitnami/metallb-controller'}"), 1,
		  "{'flags':['live','metallb-controller'],'nodeName':'w1'}" },
		{ "the last flag counts",
		  POD("", "{'image':'metallb/speaker','command':['/speaker','--lb-class=a'],'args':['--lb-class=b','--lb-class=c']}"), 1,
		  "{'flags':['live','metallb-speaker'],'lb-class':'c','nodeName':'w1'}" },
		{ "a flag that begins alike", POD("", "{'image':'metallb/speaker','args':['--lb-classes=a','lb-class=b','--lb-class']}"), 1,
		  "{'flags':['live','metallb-speaker'],'nodeName':'w1'}" },
		{ "a speaker of something else", POD("'app':'sound','component':'speaker'", "{'image':'sound/metallb/speakers'}"),
		  VG_REDUCED_BYSTANDER, "{'nodeName':'w1'}" },
		{ "the FRR beside it",
		  POD("'app.kubernetes.io/name':'frr-k8s','app.kubernetes.io/component':'frr-k8s'", "{'image':'metallb/frr-k8s'}"),
		  VG_REDUCED_BYSTANDER, "{'nodeName':'w1'}" },
	};

	(void)state;
	check_reduce_cases(VG_KIND_POD, cases);
}

static void test_others(void **state)
{
	static const struct reduce_case cases[] = {
		{ "a web server", POD("'app':'web'", "{'image':'nginx:1.29'}"), VG_REDUCED_BYSTANDER, "{'nodeName':'w1'}" },
		{ "one that a cgroup names",
		  "{'metadata':{'namespace':'ns','name':'p','uid':'a5c1f8d5-1919-434d-add7-4afaafdaef89'},'spec':{'nodeName':'w1'}}",
		  VG_REDUCED_BYSTANDER, "{'nodeName':'w1','uid':'a5c1f8d5-1919-434d-add7-4afaafdaef89'}" },
		{ "a static one, which a cgroup names by its hash",
		  "{'metadata':{'namespace':'ns','name':'p','uid':'u','annotations':{'kubernetes.io/config.hash':'0d1c','kubernetes.io/"
		  "config.mirror':'0d1c'}}}",
		  VG_REDUCED_BYSTANDER, "{'config.hash':'0d1c','uid':'u'}" },
		{ "ServiceLB", POD("'svccontroller.k3s.cattle.io/svcname':'traefik'", "{'image':'rancher/klipper-lb:v0.4.17'}"), 1,
		  "{'balancer':'servicelb','flags':['live','other-balancer'],'nodeName':'w1'}" },
		{ "ServiceLB by name", "{'metadata':{'namespace':'kube-system','name':'svclb-x-1'}}", 1,
		  "{'balancer':'servicelb','flags':['live','other-balancer']}" },
		{ "Cilium", POD("", "{'name':'cilium-agent'}"), 1, "{'balancer':'cilium-agent','flags':['live','other-balancer'],'nodeName':'w1'}" },
		{ "PureLB", POD("", "{'image':'purelb/lbnodeagent:v1'}"), 1,
		  "{'balancer':'lbnodeagent','flags':['live','other-balancer'],'nodeName':'w1'}" },
		{ "OpenELB", POD("", "{'image':'kubesphere/openelb:v0.5.1'}"), 1,
		  "{'balancer':'openelb','flags':['live','other-balancer'],'nodeName':'w1'}" },
		{ "LoxiLB", POD("", "{'image':'loxilb-io/loxilb:latest'}"), 1,
		  "{'balancer':'loxilb','flags':['live','other-balancer'],'nodeName':'w1'}" },
		{ "Antrea", POD("", "{'name':'antrea-agent'}"), 1, "{'balancer':'antrea-agent','flags':['live','other-balancer'],'nodeName':'w1'}" },
		{ "ended",
		  "{'metadata':{'namespace':'n','name':'p'},'spec':{'containers':[{'image':'metallb/speaker'}]},'status':{'phase':'Succeeded'}}", 1,
		  "{'flags':['metallb-speaker']}" },
		{ "failed",
		  "{'metadata':{'namespace':'n','name':'p'},'spec':{'containers':[{'image':'metallb/speaker'}]},'status':{'phase':'Failed'}}", 1,
		  "{'flags':['metallb-speaker']}" },
		{ "being deleted",
		  "{'metadata':{'namespace':'n','name':'p','deletionTimestamp':'2026-11-22T10:00:00Z'},'spec':{'containers':[{'image':"
		  "'metallb/speaker'}]}}",
		  1, "{'flags':['metallb-speaker']}" },
		{ "odd", "{'metadata':{'namespace':'n','name':'p','labels':'x'},'spec':{'containers':{'image':'metallb/speaker'}}}",
		  VG_REDUCED_BYSTANDER, "{}" },
		{ "odd containers",
		  "{'metadata':{'namespace':'n','name':'p'},'spec':{'containers':[null,1,{'name':7,'image':[]},{'image':'kube-vip/"
		  "kube-vip','args':{},"
		  "'env':[1,{},{'name':3,'value':4}]}]}}",
		  1,
		  "{'flags':['kube-vip','live'],'lb-class':'kube-vip.io/kube-vip-class','lease-namespace':'n','svc_leasename':'plndr-svcs-lock'}" },
	};

	(void)state;
	check_reduce_cases(VG_KIND_POD, cases);
}

#define ENV(name, value) "{'name':'" name "','value':'" value "'}"
#define KUBE_VIP(args, env) POD("", "{'image':'ghcr.io/kube-vip/kube-vip:v1.2.3','args':['manager'" args "],'env':[" env "]}")
#define FROM(name) "{'name':'" name "','valueFrom':{'fieldRef':{'fieldPath':'x'}}}"
#define HIDDEN "{'flags':['kube-vip','live','settings-not-seen'],"
#define TAIL "'lease-namespace':'ns','nodeName':'w1','svc_leasename':'plndr-svcs-lock'}"
#define CLASS "'lb-class':'kube-vip.io/kube-vip-class',"

static void test_kube_vip_modes(void **state)
{
	static const struct reduce_case cases[] = {
		{ "nothing", KUBE_VIP("", ENV("x", "y")), 1, "{'flags':['kube-vip','live']," CLASS TAIL },
		{ "as documented",
		  KUBE_VIP("", ENV("vip_arp", "true") "," ENV("cp_enable", "true") "," ENV("svc_enable", "true") "," ENV(
				       "vip_leaderelection", "1") "," ENV("address", "192.0.2.2")),
		  1, "{'addresses':['192.0.2.2'],'flags':['cp_enable','kube-vip','live','svc_enable','vip_arp','vip_leaderelection']," CLASS TAIL },
		{ "by flags",
		  KUBE_VIP(",'--services','--arp=true','--bgp','--table=T','--leaderElection','--controlplane=false','--servicesElection'", ""), 1,
		  "{'flags':['bgp_enable','kube-vip','live','svc_election','svc_enable','vip_arp','vip_leaderelection','vip_routingtable']," CLASS
			  TAIL },
		{ "environment beats flags", KUBE_VIP(",'--services','--bgp=false'", ENV("svc_enable", "false") "," ENV("bgp_enable", "t")), 1,
		  "{'flags':['bgp_enable','kube-vip','live']," CLASS TAIL },
		{ "an empty variable does not", KUBE_VIP(",'--services'", ENV("svc_enable", "")), 1,
		  "{'flags':['kube-vip','live','svc_enable']," CLASS TAIL },
		{ "one from elsewhere is not known", KUBE_VIP(",'--services'", FROM("svc_enable")), 1,
		  "{'flags':['kube-vip','live','settings-not-seen','svc_enable']," CLASS TAIL },
		{ "no boolean", KUBE_VIP("", ENV("svc_enable", "yes") "," ENV("vip_arp", "TrUe")), 1, "{'flags':['kube-vip','live']," CLASS TAIL },
		{ "the last of a name counts", KUBE_VIP("", ENV("svc_enable", "true") "," ENV("svc_enable", "false")), 1,
		  "{'flags':['kube-vip','live']," CLASS TAIL },
		{ "by the container's name", POD("", "{'name':'kube-vip','image':'mirror/kv:1','env':[" ENV("svc_enable", "TRUE") "]}"), 1,
		  "{'flags':['kube-vip','live','svc_enable']," CLASS TAIL },
		{ "with iptables", POD("", "{'image':'kube-vip-iptables','env':[" ENV("svc_enable", "TRUE") "]}"), 1,
		  "{'flags':['kube-vip','live','svc_enable']," CLASS TAIL },
		{ "the cloud provider is none", POD("", "{'name':'kube-vip','image':'kube-vip/kube-vip-cloud-provider:v0.0.12'}"),
		  VG_REDUCED_BYSTANDER, "{'nodeName':'w1'}" },
		{ "two in one Pod",
		  POD("", "{'image':'kube-vip','env':[" ENV("address", "192.0.2.2") "]},{'image':'kube-vip','env':[" ENV(
				  "address", "2001:db8::2") "," ENV("svc_enable", "1") "]}"),
		  1, "{'addresses':['192.0.2.2','2001:db8::2'],'flags':['kube-vip','live','svc_enable']," CLASS TAIL },
	};

	(void)state;
	check_reduce_cases(VG_KIND_POD, cases);
}

/* What is read only beside env svc_enable. */
static void test_kube_vip_classes(void **state)
{
	static const struct reduce_case cases[] = {
		{ "class only", KUBE_VIP("", ENV("svc_enable", "true") "," ENV("lb_class_only", "true")), 1,
		  "{'flags':['kube-vip','lb_class_only','live','svc_enable']," CLASS TAIL },
		{ "not read", KUBE_VIP(",'--services'", ENV("lb_class_only", "true") "," ENV("svc_election", "true") "," ENV("lb_class_name", "x")),
		  1, "{'flags':['kube-vip','lb_class_only-not-read','live','svc_enable']," CLASS TAIL },
		{ "not read, but a flag", KUBE_VIP(",'--services','--lbClassOnly'", ENV("lb_class_only", "true")), 1,
		  "{'flags':['kube-vip','lb_class_only','live','svc_enable']," CLASS TAIL },
		{ "without Services it does not matter", KUBE_VIP("", ENV("lb_class_only", "true")), 1, "{'flags':['kube-vip','live']," CLASS TAIL },
		{ "strict, with a name",
		  KUBE_VIP("", ENV("svc_enable", "true") "," ENV("lb_class_legacy_handling", "false") "," ENV("lb_class_name", "a/b")), 1,
		  "{'flags':['kube-vip','lb_class_strict','live','svc_enable'],'lb-class':'a/b'," TAIL },
		{ "an empty name is one", KUBE_VIP("", ENV("svc_enable", "true") "," ENV("lb_class_name", "")), 1,
		  "{'flags':['kube-vip','live','svc_enable']," TAIL },
		{ "name by flag", KUBE_VIP(",'--lbClassName','a/c','--lbClassNameLegacyHandling=false'", ""), 1,
		  "{'flags':['kube-vip','lb_class_strict','live'],'lb-class':'a/c'," TAIL },
		{ "a lease, and elections", KUBE_VIP("", ENV("svc_enable", "f") "," ENV("svc_leasename", "ns/l") "," ENV("svc_election", "true")), 1,
		  "{'flags':['kube-vip','live','svc_election']," CLASS "'lease-namespace':'ns','nodeName':'w1','svc_leasename':'ns/l'}" },
		{ "a lease that is not read", KUBE_VIP("", ENV("svc_leasename", "ns/l")), 1, "{'flags':['kube-vip','live']," CLASS TAIL },
	};

	(void)state;
	check_reduce_cases(VG_KIND_POD, cases);
}

#define STATIC(env) \
	"{'metadata':{'namespace':'kube-system','name':'kube-vip-cp1','annotations':{'kubernetes.io/config.mirror':'x'}},'spec':{'containers':" \
	"[{'image':'kube-vip','env':[" env "]}]}}"

/* Which Services it serves, and how, comes from where it is not seen. */
static void test_kube_vip_settings(void **state)
{
	static const struct reduce_case cases[] = {
		{ "a file", KUBE_VIP(",'--config-file','/etc/kv.yaml'", ""), 1, HIDDEN CLASS TAIL },
		{ "a file by environment", KUBE_VIP("", ENV("config_file", "/etc/kv.yaml")), 1, HIDDEN CLASS TAIL },
		{ "no file", KUBE_VIP("", ENV("config_file", "")), 1, "{'flags':['kube-vip','live']," CLASS TAIL },
		{ "a file of a name from elsewhere", KUBE_VIP("", FROM("config_file")), 1, HIDDEN CLASS TAIL },
		{ "the election", KUBE_VIP("", FROM("svc_election")), 1, HIDDEN CLASS TAIL },
		{ "BGP", KUBE_VIP("", FROM("bgp_enable")), 1, HIDDEN CLASS TAIL },
		{ "the class", KUBE_VIP("", FROM("lb_class_name")), 1, HIDDEN CLASS TAIL },
		{ "the Lease", KUBE_VIP("", FROM("svc_leasename")), 1, HIDDEN CLASS TAIL },
		{ "its node's name does not matter", KUBE_VIP("", FROM("vip_nodename")), 1, "{'flags':['kube-vip','live']," CLASS TAIL },
		{ "nor does a namespace that is not read", KUBE_VIP("", FROM("cp_namespace")), 1, "{'flags':['kube-vip','live']," CLASS TAIL },
		{ "a static Pod's namespace does", STATIC(FROM("cp_namespace")), 1,
		  HIDDEN CLASS "'lease-namespace':'kube-system','svc_leasename':'plndr-svcs-lock'}" },
		{ "whatever a ConfigMap has", POD("", "{'image':'kube-vip','envFrom':[{'configMapRef':{'name':'kv'}}]}"), 1, HIDDEN CLASS TAIL },
		{ "no ConfigMap", POD("", "{'image':'kube-vip','envFrom':[]}"), 1, "{'flags':['kube-vip','live']," CLASS TAIL },
	};

	(void)state;
	check_reduce_cases(VG_KIND_POD, cases);
}

static void test_kube_vip_addresses(void **state)
{
	static const struct reduce_case cases[] = {
		{ "a list", KUBE_VIP("", ENV("address", "192.0.2.2, 2001:db8::2,vip.example.org")), 1,
		  "{'addresses':['192.0.2.2','2001:db8::2'],'flags':['kube-vip','live'],'hosts':['vip.example.org']," CLASS TAIL },
		{ "the deprecated variable, too", KUBE_VIP("", ENV("vip_address", "192.0.2.3") "," ENV("address", "192.0.2.2")), 1,
		  "{'addresses':['192.0.2.2','192.0.2.3'],'flags':['kube-vip','live']," CLASS TAIL },
		{ "flags", KUBE_VIP(",'--address','192.0.2.4','--vip=192.0.2.5'", ""), 1,
		  "{'addresses':['192.0.2.4','192.0.2.5'],'flags':['kube-vip','live']," CLASS TAIL },
		{ "a flag that is not effective", KUBE_VIP(",'--address=192.0.2.4'", ENV("address", "192.0.2.2")), 1,
		  "{'addresses':['192.0.2.2'],'flags':['kube-vip','live']," CLASS TAIL },
		{ "no address and no name", KUBE_VIP("", ENV("address", "192.0.2.300,$(HOST_IP),192.0.2.4/24,0.0.0.0")), 1,
		  "{'flags':['kube-vip','live']," CLASS TAIL },
		{ "a static Pod's leases", STATIC(ENV("cp_namespace", "vips")), 1,
		  "{'flags':['kube-vip','live']," CLASS "'lease-namespace':'vips','svc_leasename':'plndr-svcs-lock'}" },
		{ "by default", STATIC(ENV("x", "y")), 1,
		  "{'flags':['kube-vip','live']," CLASS "'lease-namespace':'kube-system','svc_leasename':'plndr-svcs-lock'}" },
	};

	(void)state;
	check_reduce_cases(VG_KIND_POD, cases);
}

/* For a bug report: of the container that gives the Pod its part, with its tag. */
static void test_images(void **state)
{
	static const struct {
		const char *name, *in, *image;
	} cases[] = {
		{ "behind a sidecar", POD("", "{'image':'envoy:1'},{'image':'registry:5000/kube-vip/kube-vip:v1.2.3@sha256:0'}"),
		  "registry:5000/kube-vip/kube-vip:v1.2.3@sha256:0" },
		{ "by the name", POD("", "{'image':'envoy:1'},{'name':'kube-vip','image':'mine:7'}"), "mine:7" },
		{ "MetalLB's", POD("'app':'metallb','component':'speaker'", "{'image':'frr:9'},{'image':'quay.io/metallb/speaker:v0.16.1'}"),
		  "quay.io/metallb/speaker:v0.16.1" },
		{ "by labels alone: the first", POD("'app':'metallb','component':'speaker'", "{'image':'mine:1'},{'image':'frr:9'}"), "mine:1" },
		{ "another balancer", POD("", "{'image':'x:1'},{'name':'cilium-agent','image':'cilium:2'}"), "cilium:2" },
		{ "none", POD("'app':'metallb','component':'speaker'", ""), "" },
		{ "a bystander's is not kept", POD("", "{'image':'nginx:1'}"), "" },
	};
	VG_CLEANUP(vg_reducer_freep) struct vg_reducer *reducer = NULL;

	assert_int_equal(vg_reducer_new(&reducer), 0);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_free_ char *in = with_quotes(cases[i].in);
		struct vg_error error = { "" };
		json_auto_t *json = vg_reduce_parse(in, strlen(in), &error);
		const struct vg_object *object = NULL;

		assert_case(cases[i].name, vg_reduce(reducer, VG_KIND_POD, json, &error, &object) > 0);
		assert_case(cases[i].name, strcmp(((const struct vg_pod *)object)->image, cases[i].image) == 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_metallb),
		cmocka_unit_test(test_images),
		cmocka_unit_test(test_others),
		cmocka_unit_test(test_kube_vip_modes),
		cmocka_unit_test(test_kube_vip_classes),
		cmocka_unit_test(test_kube_vip_settings),
		cmocka_unit_test(test_kube_vip_addresses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
