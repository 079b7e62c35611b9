/* SPDX-License-Identifier: Apache-2.0 */
/* MetalLB's objects, Events, ConfigMaps, and those of other balancers. */
#include "reduce_case.h"

#define META "'metadata':{'namespace':'m','name':'x'}"

static void test_pools(void **state)
{
	static const struct reduce_case cases[] = {
		{ "all forms",
		  "{'metadata':{'namespace':'m','name':'x','labels':{'tier':'public'}},'spec':{'addresses':['192.0.2.240-192.0.2.250','192.0.2.10 - "
		  "192.0.2.10','198.51.100.0/24','2001:db8::f0 - 2001:db8::ff','2001:db8:1::/64','::ffff:192.0.2.0/120'],'autoAssign':false}}",
		  1,
		  "{'flags':['no-auto-assign'],'labels':{'tier':'public'},'ranges':['192.0.2.240-192.0.2.250','192.0.2.10-192.0.2.10',"
		  "'198.51.100.0-198.51.100.255','2001:db8::f0-2001:db8::ff','2001:db8:1::-2001:db8:1:0:ffff:ffff:ffff:ffff','192.0.2.0-192.0.2.255']"
		  "}" },
		{ "host bits are cut, as MetalLB does", "{" META ",'spec':{'addresses':['192.0.2.77/24','0.0.0.0/0','::/0']}}", 1,
		  "{'ranges':['192.0.2.0-192.0.2.255','0.0.0.0-255.255.255.255','::-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff']}" },
		{ "null", "{" META ",'spec':{'addresses':null}}", 1, "{}" },
		{ "an address alone", "{" META ",'spec':{'addresses':['192.0.2.1']}}", 1, "{'flags':['odd']}" },
		{ "odd",
		  "{" META ",'spec':{'addresses':['192.0.2.9-192.0.2.1','192.0.2.1-2001:db8::1','192.0.2.0/33','192.0.2.0/','/24','-','x',7,null,"
		  "'192.0.2.0/024','192.0.2.0/-1','2001:db8::/129','192.0.2.1-192.0.2.2-192.0.2.3','192.0.2.1/32']}}",
		  1, "{'flags':['odd'],'ranges':['192.0.2.1-192.0.2.1']}" },
		{ "of a wrong type", "{" META ",'spec':{'addresses':'192.0.2.0/24'}}", 1, "{'flags':['odd']}" },
	};

	(void)state;
	check_reduce_cases(VG_KIND_POOL, cases);
}

static void test_advertisements(void **state)
{
	static const struct reduce_case cases[] = {
		{ "everything", "{" META "}", 1, "{}" },
		{ "pools", "{" META ",'spec':{'ipAddressPools':['a','b']}}", 1, "{'ipAddressPools':['a','b']}" },
		{ "selectors",
		  "{" META
		  ",'spec':{'ipAddressPoolSelectors':[{'matchLabels':{'b':'2','a':'1'}},{}],'nodeSelectors':[{'matchExpressions':[{'key':'z',"
		  "'operator':'In','values':['x','y']},{'key':'e','operator':'Exists'}]}],'serviceSelectors':[{'matchExpressions':[{'key':'n','"
		  "operator'"
		  ":'NotIn','values':['q']},{'key':'m','operator':'DoesNotExist','values':[]}]}]}}",
		  1,
		  "{'ipAddressPoolSelectors':[[{'key':'a','operator':'In','values':['1']},{'key':'b','operator':'In','values':['2']}],[]],"
		  "'nodeSelectors':[[{'key':'e','operator':'Exists'},{'key':'z','operator':'In','values':['x','y']}]],"
		  "'serviceSelectors':[[{'key':'m','operator':'DoesNotExist'},{'key':'n','operator':'NotIn','values':['q']}]]}" },
		{ "an operator of nobody", "{" META ",'spec':{'nodeSelectors':[{'matchExpressions':[{'key':'a','operator':'Gt','values':['1']}]}]}}",
		  1, "{'flags':['odd'],'nodeSelectors':[[{'operator':'invalid'}]]}" },
		{ "In without values", "{" META ",'spec':{'nodeSelectors':[{'matchExpressions':[{'key':'a','operator':'In'}]}]}}", 1,
		  "{'flags':['odd'],'nodeSelectors':[[{'operator':'invalid'}]]}" },
		{ "Exists with values", "{" META ",'spec':{'nodeSelectors':[{'matchExpressions':[{'key':'a','operator':'Exists','values':['b']}]}]}}",
		  1, "{'flags':['odd'],'nodeSelectors':[[{'operator':'invalid'}]]}" },
		{ "labels of a wrong type",
		  "{" META ",'spec':{'nodeSelectors':[{'matchLabels':{'a':1}},{'matchLabels':['a']},null,'x',{'matchLabel':{}}]}}", 1,
		  "{'flags':['odd'],'nodeSelectors':[[{'key':'a','operator':'invalid','values':['']}],[{'operator':'invalid'}],[{'operator':'invalid'"
		  "}],"
		  "[{'operator':'invalid'}],[{'operator':'invalid'}]]}" },
		{ "selectors of a wrong type", "{" META ",'spec':{'serviceSelectors':{'matchLabels':{'a':'b'}},'ipAddressPoolSelectors':7}}", 1,
		  "{'flags':['odd'],'ipAddressPoolSelectors':[[{'operator':'invalid'}]],'serviceSelectors':[[{'key':'a','operator':'In','values':['b'"
		  "]}]]}" },
		{ "pools that are no list", "{" META ",'spec':{'ipAddressPools':'a'}}", 1, "{'flags':['odd']}" },
		{ "a pool that is no name", "{" META ",'spec':{'ipAddressPools':[1,'a']}}", 1, "{'flags':['odd'],'ipAddressPools':['','a']}" },
		{ "a spec that is none", "{" META ",'spec':[]}", 1, "{'flags':['odd']}" },
	};

	(void)state;
	check_reduce_cases(VG_KIND_L2_ADVERTISEMENT, cases);
	check_reduce_cases(VG_KIND_BGP_ADVERTISEMENT, cases);
}

#define LABELS(more) "{'metadata':{'namespace':'m','name':'x','labels':{'metallb.io/service-name':'web'" more "}}"

static void test_statuses(void **state)
{
	static const struct reduce_case cases[] = {
		{ "labels beat status", LABELS(",'metallb.io/service-namespace':'shop','metallb.io/node':'w2'") ",'status':{'node':'w1'}}", 1,
		  "{'node':'w2','service':'shop/web','status.node':'w1'}" },
		{ "of its own namespace", LABELS(",'metallb.io/node':'w2'") "}", 1, "{'node':'w2','service':'m/web'}" },
		{ "no label of a node", LABELS("") ",'status':{'node':'w1'}}", 1, "{'node':'w1','service':'m/web','status.node':'w1'}" },
		{ "no node at all", LABELS("") ",'status':{'node':5}}", 0, "m/x" },
		{ "no labels", "{" META ",'status':{'node':'w1'}}", 0, "m/x" },
	};
	static const struct reduce_case states[] = {
		{ "a speaker",
		  "{'metadata':{'namespace':'m','name':'x','labels':{'metallb.io/component-type':'speaker','metallb.io/node-name':'w1'}},'status':{"
		  "'result':'Valid'}}",
		  1, "{'node':'w1'}" },
		{ "the controller",
		  "{'metadata':{'namespace':'m','name':'x','labels':{'metallb.io/component-type':'controller','metallb.io/"
		  "node-name':'w1'}},'status':{"
		  "'result':'Invalid'}}",
		  1, "{'flags':['invalid']}" },
		{ "odd", "{" META ",'status':'Invalid'}", 1, "{}" },
	};

	(void)state;
	check_reduce_cases(VG_KIND_L2_STATUS, cases);
	check_reduce_cases(VG_KIND_BGP_STATUS, cases);
	check_reduce_cases(VG_KIND_CONFIGURATION_STATE, states);
}

#define EVENT(reason, message, more) \
	"{" META ",'reason':'" reason "','message':'announcing from node \\\"w1\\\" with protocol \\\"" message \
	"','involvedObject':{'kind':'Service','namespace':'d','name':'web'}" more "}"

static void test_events(void **state)
{
	static const struct reduce_case cases[] = {
		{ "layer2", EVENT("nodeAssigned", "layer2\\\"", ",'lastTimestamp':'2026-11-22T09:18:20Z','eventTime':null"), 1,
		  "{'flags':['layer2'],'node':'w1','service':'d/web','time':'2026-11-22T09:18:20.000000Z'}" },
		{ "bgp, of the newer form", EVENT("nodeAssigned", "bgp\\\"", ",'lastTimestamp':null,'eventTime':'2026-11-22T09:18:20.123456Z'"), 1,
		  "{'flags':['bgp'],'node':'w1','service':'d/web','time':'2026-11-22T09:18:20.123456Z'}" },
		{ "another reason", EVENT("announceFailed", "layer2\\\"", ""), 0, "m/x" },
		{ "another protocol", EVENT("nodeAssigned", "layer3\\\"", ""), 0, "m/x" },
		{ "something behind", EVENT("nodeAssigned", "layer2\\\" twice", ""), 0, "m/x" },
		{ "not of a Service",
		  "{" META ",'reason':'nodeAssigned','message':'announcing from node \\\"w1\\\" with protocol \\\"bgp\\\"','involvedObject':{"
		  "'kind':'Pod','namespace':'d','name':'web'}}",
		  0, "m/x" },
		{ "no node",
		  "{" META ",'reason':'nodeAssigned','message':'announcing from node \\\"\\\" with protocol \\\"bgp\\\"','involvedObject':{'kind':"
		  "'Service','namespace':'d','name':'web'}}",
		  0, "m/x" },
		{ "cut",
		  "{" META ",'reason':'nodeAssigned','message':'announcing from node \\\"w1','involvedObject':{'kind':'Service','name':'web'}}", 0,
		  "m/x" },
		{ "odd", "{" META ",'reason':1,'message':{},'involvedObject':7}", 0, "m/x" },
	};

	(void)state;
	check_reduce_cases(VG_KIND_EVENT, cases);
}

#define MAP(namespace, name, data) "{'metadata':{'namespace':'" namespace "','name':'" name "'},'data':{" data "}}"
#define KUBEADM(text) MAP("kube-system", "kubeadm-config", "'ClusterConfiguration':'" text "'")

static void test_config_maps(void **state)
{
	static const struct reduce_case cases[] = {
		{ "an address with a port", KUBEADM("apiServer: {}\\ncontrolPlaneEndpoint: 192.0.2.239:6443\\nkind: ClusterConfiguration\\n"), 1,
		  "{'addresses':['192.0.2.239'],'flags':['control-plane']}" },
		{ "IPv6 with a port", KUBEADM("controlPlaneEndpoint: \\\"[2001:db8::2]:6443\\\"\\n"), 1,
		  "{'addresses':['2001:db8::2'],'flags':['control-plane']}" },
		{ "IPv6 alone", KUBEADM("controlPlaneEndpoint: 2001:db8::2\\n"), 1, "{'addresses':['2001:db8::2'],'flags':['control-plane']}" },
		{ "an address alone", KUBEADM("controlPlaneEndpoint: 192.0.2.2\\n"), 1, "{'addresses':['192.0.2.2'],'flags':['control-plane']}" },
		{ "a name", KUBEADM("controlPlaneEndpoint: api.example.org:6443\\n"), 1, "{'flags':['control-plane'],'hosts':['api.example.org']}" },
		{ "none", KUBEADM("controlPlaneEndpoint: \\\"\\\"\\nkind: x\\n"), 0, "kube-system/kubeadm-config" },
		{ "no YAML", KUBEADM("a: [}\\n"), 1, "{'flags':['control-plane','odd']}" },
		{ "no endpoint", KUBEADM("controlPlaneEndpoint: [192.0.2.1]\\n"), 1, "{'flags':['control-plane','odd']}" },
		{ "a broken address", KUBEADM("controlPlaneEndpoint: 192.0.2.300:6443\\n"), 1, "{'flags':['control-plane','odd']}" },
		{ "cluster-info",
		  MAP("kube-public", "cluster-info",
		      "'kubeconfig':'apiVersion: v1\\nclusters:\\n- cluster:\\n    server: https://192.0.2.2:6443\\n  name: a\\n- cluster:\\n    "
		      "server: "
		      "https://[2001:db8::2]:6443/x\\n- cluster: {}\\n- cluster:\\n    server: https://api.example.org/\\n'"),
		  1, "{'addresses':['192.0.2.2','2001:db8::2'],'flags':['control-plane'],'hosts':['api.example.org']}" },
		{ "cluster-info without data", "{'metadata':{'namespace':'kube-public','name':'cluster-info'},'data':[]}", 0,
		  "kube-public/cluster-info" },
		{ "kube-vip's pools",
		  MAP("kube-system", "kubevip",
		      "'range-global':'192.0.2.100-192.0.2.120,2001:db8::1-2001:db8::2','cidr-a':'192.0.2.8/30, "
		      "0.0.0.0/32','allow-share-a':'true','x':"
		      "'192.0.2.0/24'"),
		  1, "{'flags':['kube-vip-pool'],'ranges':['192.0.2.8-192.0.2.11','192.0.2.100-192.0.2.120','2001:db8::1-2001:db8::2']}" },
		{ "broken pools", MAP("kube-system", "kubevip", "'range-a':'x','cidr-b':'192.0.2.1','cidr-c':5"), 1,
		  "{'flags':['kube-vip-pool','odd']}" },
		{ "no pools", MAP("kube-system", "kubevip", "'search-order':'desc'"), 0, "kube-system/kubevip" },
		{ "another map", MAP("default", "kubevip", "'cidr-b':'192.0.2.0/24'"), 0, "default/kubevip" },
	};

	(void)state;
	check_reduce_cases(VG_KIND_CONFIG_MAP, cases);
	assert_true(vg_reduce_wants_config_map("kube-system/kubevip") && vg_reduce_wants_config_map("kube-public/cluster-info"));
	assert_true(vg_reduce_wants_config_map("kube-system/kubeadm-config") && !vg_reduce_wants_config_map("kube-system/kubevip2"));
}

static void test_openshift(void **state)
{
	static const struct reduce_case cases[] = {
		{ "both forms",
		  "{'metadata':{'name':'cluster'},'status':{'platformStatus':{'type':'BareMetal','baremetal':{'apiServerInternalIP':'192.0.2.225',"
		  "'apiServerInternalIPs':['192.0.2.225','2001:db8::5'],'ingressIP':'192.0.2.226','ingressIPs':['192.0.2.226']}}}}",
		  1, "{'addresses':['192.0.2.225','2001:db8::5','192.0.2.226'],'flags':['control-plane']}" },
		{ "none", "{'metadata':{'name':'cluster'},'status':{'platformStatus':{'type':'None'}}}", 0, "cluster" },
		{ "odd", "{'metadata':{'name':'cluster'},'status':{'platformStatus':{'x':{'ingressIPs':{},'ingressIP':['192.0.2.1',7]}}}}", 1,
		  "{'addresses':['192.0.2.1'],'flags':['control-plane','odd']}" },
	};
	static const struct reduce_case egress[] = {
		{ "wished for and held",
		  "{'metadata':{'name':'e'},'spec':{'egressIPs':['192.0.2.1','2001:db8::1']},'status':{'items':[{'node':'w1','egressIP':"
		  "'192.0.2.1'},{'node':'w2','egressIP':'192.0.2.2'}]}}",
		  1, "{'addresses':['192.0.2.1','2001:db8::1','192.0.2.2']}" },
		{ "odd", "{'metadata':{'name':'e'},'spec':{'egressIPs':7},'status':{'items':[null,{'egressIP':'x'}]}}", 1, "{'flags':['odd']}" },
	};

	(void)state;
	check_reduce_cases(VG_KIND_INFRASTRUCTURE, cases);
	check_reduce_cases(VG_KIND_EGRESS_IP, egress);
}

static void test_cilium(void **state)
{
	static const struct reduce_case policies[] = {
		{ "nodes",
		  "{'metadata':{'name':'x'},'spec':{'nodeSelector':{'matchExpressions':[{'key':'cp','operator':'DoesNotExist'}]},'serviceSelector':{}"
		  "}}",
		  1, "{'nodeSelectors':[[{'key':'cp','operator':'DoesNotExist'}]],'serviceSelectors':[[]]}" },
		{ "everything", "{'metadata':{'name':'x'},'spec':{'nodeSelector':null}}", 1, "{}" },
	};
	static const struct reduce_case pools[] = {
		{ "blocks",
		  "{'metadata':{'name':'x'},'spec':{'blocks':[{'cidr':'192.0.2.64/"
		  "28'},{'start':'192.0.2.1','stop':'192.0.2.3'},{'start':'192.0.2.9'}]}}",
		  1, "{'ranges':['192.0.2.64-192.0.2.79','192.0.2.1-192.0.2.3','192.0.2.9-192.0.2.9']}" },
		{ "the older form", "{'metadata':{'name':'x'},'spec':{'cidrs':[{'cidr':'2001:db8::/127'}]}}", 1,
		  "{'ranges':['2001:db8::-2001:db8::1']}" },
		{ "odd", "{'metadata':{'name':'x'},'spec':{'blocks':[{},{'stop':'192.0.2.3'},7,{'cidr':7}]}}", 1, "{'flags':['odd']}" },
	};

	(void)state;
	check_reduce_cases(VG_KIND_CILIUM_POLICY, policies);
	check_reduce_cases(VG_KIND_CILIUM_POOL, pools);
}

static void test_purelb_and_openelb(void **state)
{
	static const struct reduce_case groups[] = {
		{ "pools of both families",
		  "{" META
		  ",'spec':{'local':{'v4pools':[{'pool':'192.0.2.64-192.0.2.79','subnet':'192.0.2.0/24'}],'v6pools':[{'pool':'2001:db8::/126'}]}}}",
		  1, "{'ranges':['192.0.2.64-192.0.2.79','2001:db8::-2001:db8::3']}" },
		{ "older forms", "{" META ",'spec':{'local':{'pool':'192.0.2.1'},'remote':{'v4pool':{'pool':'192.0.2.2/32'}}}}", 1,
		  "{'ranges':['192.0.2.1-192.0.2.1','192.0.2.2-192.0.2.2']}" },
		{ "odd", "{" META ",'spec':{'local':{'v4pools':[{'pool':'x'},7],'v6pools':{}}}}", 1, "{'flags':['odd']}" },
	};
	static const struct reduce_case agents[] = {
		{ "a name", "{" META ",'spec':{'local':{'dummyInterface':'lb0'}}}", 1, "{'interface':'lb0'}" },
		{ "in the first API", "{" META ",'spec':{'local':{'extlbint':'lb1'}}}", 1, "{'interface':'lb1'}" },
		{ "none", "{" META ",'spec':{'local':{}}}", 1, "{}" },
	};
	static const struct reduce_case eips[] = {
		{ "a range", "{'metadata':{'name':'x'},'spec':{'address':'192.0.2.64-192.0.2.71','interface':'eth0','protocol':'vip'}}", 1,
		  "{'interface':'eth0','protocol':'vip','ranges':['192.0.2.64-192.0.2.71']}" },
		{ "an address", "{'metadata':{'name':'x'},'spec':{'address':'192.0.2.64'}}", 1, "{'ranges':['192.0.2.64-192.0.2.64']}" },
		{ "odd", "{'metadata':{'name':'x'},'spec':{'address':['192.0.2.64']}}", 1, "{'flags':['odd']}" },
	};

	(void)state;
	check_reduce_cases(VG_KIND_PURELB_GROUP, groups);
	check_reduce_cases(VG_KIND_PURELB_AGENT, agents);
	check_reduce_cases(VG_KIND_OPENELB_EIP, eips);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pools),  cmocka_unit_test(test_advertisements),	  cmocka_unit_test(test_statuses),
		cmocka_unit_test(test_events), cmocka_unit_test(test_config_maps),	  cmocka_unit_test(test_openshift),
		cmocka_unit_test(test_cilium), cmocka_unit_test(test_purelb_and_openelb),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
