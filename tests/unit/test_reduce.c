/* SPDX-License-Identifier: Apache-2.0 */
/* Heads of all kinds, Services, Nodes, Leases. Others are in test_reduce_*.c. */
#include "reduce_case.h"

#define META "'metadata':{'namespace':'d','name':'web'"
#define LB "{" META "},'spec':{'type':'LoadBalancer'"
#define IP "'status':{'loadBalancer':{'ingress':[{'ip':'192.0.2.9'}]}}"
#define HAS "'addresses':[{'address':'192.0.2.9','from':'status'}]"

static void test_heads(void **state)
{
	static const struct reduce_case any[] = {
		{ "no kind", "{" META "}}", -EINVAL, "object: kind: expected a string, found nothing" },
		{ "null", "null", -EINVAL, "object: expected an object, found null" },
		{ "a list", "[]", -EINVAL, "object: expected an object, found a list" },
		{ "nobody's", "{'kind':'Widget'}", 0, "of nobody" },
		{ "a kind that is a number", "{'kind':1}", -EINVAL, "object: kind: expected a string" },
		{ "a Service of another group", "{'kind':'Service','apiVersion':'serving.knative.dev/v1'," META "}}", 0, "of nobody" },
		{ "a pool of the core group", "{'kind':'IPAddressPool','apiVersion':'v1'}", 0, "of nobody" },
		{ "a group that begins alike", "{'kind':'IPAddressPool','apiVersion':'metallb.io.x/v1'}", 0, "of nobody" },
		{ "nothing but a kind", "{'kind':'Service'}", -EINVAL, "Service: metadata.name: expected a string, found nothing" },
		{ "no namespace", "{'kind':'Service','metadata':{'name':'web'}}", -EINVAL,
		  "Service: metadata.namespace: expected a string, found nothing" },
		{ "name of a wrong type", "{'kind':'Node','metadata':{'name':7}}", -EINVAL,
		  "Node: metadata.name: expected a string, found a number" },
		{ "metadata of a wrong type", "{'kind':'Node','metadata':[]}", -EINVAL, "Node: metadata.name: expected a string, found nothing" },
		{ "an empty name", "{'kind':'Node','metadata':{'name':''}}", -EINVAL,
		  "Node: metadata.name: expected 1 to 253 characters without a slash, found \"\"" },
		{ "a slash", "{'kind':'Node','metadata':{'name':'a/b'}}", -EINVAL,
		  "Node: metadata.name: expected 1 to 253 characters without a slash, found \"a/b\"" },
		{ "a node", "{'kind':'Node','apiVersion':'v1','metadata':{'name':'cp1','resourceVersion':'12'}}", 1, "{'resourceVersion':'12'}" },
		{ "a duplicate key", "{'kind':'Node','kind':'Node','metadata':{'name':'cp1'}}", -EINVAL,
		  "no JSON that can be read: duplicate object key" },
		{ "not whole", "{'kind':", -EINVAL, "no JSON that can be read: unexpected token" },
		{ "not UTF-8", "{'kind':'\xff'}", -EINVAL, "no JSON that can be read: unable to decode byte 0xff" },
		{ "a number too large", "{'kind':'Node','metadata':{'name':'x','generation':99999999999999999999}}", -EINVAL,
		  "no JSON that can be read: too big integer" },
		{ "a NUL", "{'kind':'a\\u0000b'}", 0, "of nobody" },
	};
	static const struct reduce_case given[] = {
		{ "told", "{'metadata':{'name':'cp1'}}", 1, "{}" },
		{ "told twice", "{'kind':'Node','metadata':{'name':'cp1'}}", 1, "{}" },
		{ "null is nothing", "{'kind':null,'metadata':{'name':'cp1'}}", 1, "{}" },
		{ "told otherwise", "{'kind':'Pod'," META "}}", -EINVAL, "Node: kind and apiVersion: expected one, found something else" },
		{ "cluster-scoped", "{" META "}}", 1, "{}" },
	};

	(void)state;
	check_reduce_cases(VG_KIND_MAX, any);
	check_reduce_cases(VG_KIND_NODE, given);
}

static void test_long_names(void **state)
{
	VG_CLEANUP(vg_reducer_freep) struct vg_reducer *reducer = NULL;
	char text[512], name[260] = "";
	struct reduce_case c = { "253 characters", text, 1, "{}" };

	(void)state;
	assert_int_equal(vg_reducer_new(&reducer), 0);
	memset(name, 'n', 253);
	snprintf(text, sizeof(text), "{'metadata':{'name':'%s'}}", name);
	check_reduce_case(reducer, VG_KIND_NODE, &c);
	memset(name, 'n', 254);
	snprintf(text, sizeof(text), "{'metadata':{'name':'%s'}}", name);
	c = (struct reduce_case){ "254", text, -EINVAL,
				  "Node: metadata.name: expected 1 to 253 characters without a slash, found "
				  "\"nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn...\"" };
	check_reduce_case(reducer, VG_KIND_NODE, &c);
}

static void test_what_carries(void **state)
{
	static const struct reduce_case cases[] = {
		{ "status", LB "}," IP "}", 1, "{" HAS ",'flags':['load-balancer']}" },
		{ "nothing", LB "}}", 0, "d/web" },
		{ "no spec", "{" META "}," IP "}", 0, "d/web" },
		{ "not of that type", "{" META "},'spec':{'type':'NodePort','loadBalancerIP':'192.0.2.8'}," IP "}", 0, "d/web" },
		{ "ClusterIPs do not count", LB ",'clusterIP':'192.0.2.8','clusterIPs':['192.0.2.8']}}", 0, "d/web" },
		{ "a wish", LB ",'loadBalancerIP':'192.0.2.8'}}", 1,
		  "{'addresses':[{'address':'192.0.2.8','from':'spec'}],'flags':['load-balancer']}" },
		{ "external, of any type", "{" META "},'spec':{'type':'ClusterIP','externalIPs':['192.0.2.7','2001:db8::7']}}", 1,
		  "{'addresses':[{'address':'192.0.2.7','from':'external'},{'address':'2001:db8::7','from':'external'}]}" },
		{ "the first of an address wins", LB ",'loadBalancerIP':'192.0.2.9','externalIPs':['::ffff:192.0.2.9','192.0.2.1']}," IP "}", 1,
		  "{'addresses':[{'address':'192.0.2.9','from':'status'},{'address':'192.0.2.1','from':'external'}],'flags':['load-balancer']}" },
		{ "annotations",
		  "{'metadata':{'namespace':'d','name':'web','annotations':{'metallb.io/loadBalancerIPs':' 192.0.2.1 ,192.0.2.2',"
		  "'metallb.universe.tf/loadBalancerIPs':'192.0.2.3','purelb.io/addresses':'192.0.2.4,','kube-vip.io/loadbalancerIPs':"
		  "'192.0.2.5,192.0.2.1'}},'spec':{'type':'LoadBalancer'}}",
		  1,
		  "{'addresses':[{'address':'192.0.2.1','from':'annotation'},{'address':'192.0.2.2','from':'annotation'},"
		  "{'address':'192.0.2.3','from':'annotation'},{'address':'192.0.2.5','from':'annotation'},{'address':'192.0.2.4','from':"
		  "'annotation'}],'flags':['kube-vip-addresses','load-balancer']}" },
		{ "by DHCP",
		  "{'metadata':{'namespace':'d','name':'web','annotations':{'kube-vip.io/loadbalancerIPs':'0.0.0.0,::'}},'spec':{'type':"
		  "'LoadBalancer','loadBalancerIP':'0.0.0.0'}}",
		  1, "{'flags':['kube-vip-addresses','load-balancer']}" },
		{ "marks of another type are none",
		  "{'metadata':{'namespace':'d','name':'web','annotations':{'metallb.io/ip-allocated-from-pool':'p','kube-vip.io/loadbalancerIPs':"
		  "'192.0.2.1'},'labels':{'implementation':'kube-vip'}},'spec':{'type':'ClusterIP','loadBalancerClass':'x','externalIPs':"
		  "['192.0.2.7']}}",
		  1, "{'addresses':[{'address':'192.0.2.7','from':'external'}],'labels':{'implementation':'kube-vip'}}" },
	};

	(void)state;
	check_reduce_cases(VG_KIND_SERVICE, cases);
}

#define WITH(annotations) "{'metadata':{'namespace':'d','name':'web','annotations':{" annotations "}},'spec':{'type':'LoadBalancer'}," IP "}"
#define GIVES(flags) "{" HAS ",'flags':[" flags "]}"

static void test_service_marks(void **state)
{
	static const struct reduce_case cases[] = {
		{ "MetalLB", WITH("'metallb.io/ip-allocated-from-pool':'p'"), 1, "{" HAS ",'flags':['load-balancer'],'ip-allocated-from-pool':'p'}" },
		{ "the older key", WITH("'metallb.universe.tf/ip-allocated-from-pool':'q'"), 1,
		  "{" HAS ",'flags':['load-balancer'],'ip-allocated-from-pool':'q'}" },
		{ "both", WITH("'metallb.universe.tf/ip-allocated-from-pool':'q','metallb.io/ip-allocated-from-pool':'p'"), 1,
		  "{" HAS ",'flags':['load-balancer'],'ip-allocated-from-pool':'p'}" },
		{ "a trace", WITH("'kube-vip.io/vipHost':'cp1','kube-vip.io/active-endpoint-ipv6':'2001:db8::1'"), 1,
		  "{" HAS ",'flags':['kube-vip-trace','load-balancer'],'vipHost':'cp1'}" },
		{ "a lease", WITH("'kube-vip.io/leaseName':'ns/name'"), 1,
		  "{" HAS ",'flags':['kube-vip-wish','load-balancer'],'leaseName':'ns/name'}" },
		{ "egress", WITH("'kube-vip.io/egress':'true'"), 1, GIVES("'kube-vip-wish','load-balancer'") },
		{ "egress off", WITH("'kube-vip.io/egress':'false'"), 1, GIVES("'load-balancer'") },
		{ "egress ports", WITH("'kube-vip.io/egress-destination-ports':'tcp:53'"), 1, GIVES("'kube-vip-wish','load-balancer'") },
		{ "what kube-vip writes of egress", WITH("'kube-vip.io/egress-nftables-table':'x'"), 1, GIVES("'kube-vip-trace','load-balancer'") },
		{ "VLAN", WITH("'kube-vip.io/serviceVLAN':'100'"), 1, GIVES("'kube-vip-wish','load-balancer'") },
		{ "ignore", WITH("'kube-vip.io/ignore':'true'"), 1, GIVES("'kube-vip-ignore','load-balancer'") },
		{ "do not ignore", WITH("'kube-vip.io/ignore':'True'"), 1, GIVES("'load-balancer'") },
		{ "nobody's key", WITH("'kube-vip.io/flush-conntrack':'true','kube-vip.io/vipHostx':'a'"), 1, GIVES("'load-balancer'") },
		{ "OpenELB", WITH("'lb.kubesphere.io/v1alpha1':'openelb'"), 1, GIVES("'load-balancer','openelb'") },
		{ "OpenELB's Eip", WITH("'eip.openelb.kubesphere.io/v1alpha2':'e'"), 1, GIVES("'load-balancer','openelb'") },
		{ "Antrea", WITH("'service.antrea.io/external-ip-pool':'e'"), 1, GIVES("'antrea','load-balancer'") },
		{ "PureLB",
		  WITH("'purelb.io/allocated-by':'PureLB','purelb.io/pool-type':'remote','purelb.io/announcing-IPv4':'w1,eth0,192.0.2.9  "
		       "w2,eth1,192.0.2.10','purelb.io/announcing-IPv6':'w1,eth0,2001:db8::9'"),
		  1,
		  "{" HAS ",'announcing':[{'address':'192.0.2.9','node':'w1'},{'address':'192.0.2.10','node':'w2'},{'address':'2001:db8::9',"
		  "'node':'w1'}],'flags':['load-balancer','purelb','purelb-remote']}" },
		{ "PureLB, odd", WITH("'purelb.io/announcing-IPv4':'w1,eth0 w1,eth0,x w1,eth0,192.0.2.1,y w1,,192.0.2.1'"), 1,
		  GIVES("'load-balancer','odd'") },
		{ "values of wrong types", WITH("'kube-vip.io/egress':true,'kube-vip.io/vipHost':1,'metallb.io/ip-allocated-from-pool':{}"), 1,
		  GIVES("'load-balancer'") },
		{ "a class", LB ",'loadBalancerClass':'a/b'}," IP "}", 1, "{" HAS ",'flags':['load-balancer'],'loadBalancerClass':'a/b'}" },
		{ "a class of a wrong type", LB ",'loadBalancerClass':['a']}," IP "}", 1, GIVES("'load-balancer'") },
		{ "a claim without an address", "{" META ",'labels':{'implementation':'kube-vip'}},'spec':{'type':'LoadBalancer'}}", 1,
		  "{'flags':['kube-vip-label','load-balancer'],'labels':{'implementation':'kube-vip'}}" },
		{ "who wrote the status", LB "},'status':{'loadBalancer':{'ingress':[{'ip':'192.0.2.9','ipMode':'Proxy','ports':[{'port':80}]}]}}}",
		  1, GIVES("'ingress-ports','load-balancer','proxy-mode'") },
		{ "ServiceLB", "{" META ",'finalizers':['service.kubernetes.io/load-balancer-cleanup']},'spec':{'type':'LoadBalancer'}," IP "}", 1,
		  GIVES("'load-balancer','servicelb'") },
		{ "its finalizer beside a class",
		  "{" META ",'finalizers':['service.kubernetes.io/load-balancer-cleanup']},'spec':{'type':'LoadBalancer','loadBalancerClass':'c'}," IP
		  "}",
		  1, "{" HAS ",'flags':['load-balancer'],'loadBalancerClass':'c'}" },
		{ "head", "{" META ",'labels':{'b':'2','a':'1','c':3}},'spec':{'type':'LoadBalancer'}," IP "}", 1,
		  "{" HAS ",'flags':['load-balancer'],'labels':{'a':'1','b':'2'}}" },
	};

	(void)state;
	check_reduce_cases(VG_KIND_SERVICE, cases);
}

static void test_uid(void **state)
{
	VG_CLEANUP(vg_reducer_freep) struct vg_reducer *reducer = NULL;
	json_auto_t *json =
		json_loads("{\"metadata\":{\"namespace\":\"d\",\"name\":\"web\",\"uid\":\"u\"},\"spec\":{\"externalIPs\":[\"192.0.2.1\"]}}", 0, NULL);
	const struct vg_object *object;

	(void)state;
	assert_int_equal(vg_reducer_new(&reducer), 0);
	assert_int_equal(vg_reduce(reducer, VG_KIND_SERVICE, json, NULL, &object), 1);
	assert_true(((const struct vg_service *)object)->uid == vg_uid_hash("u"));
}

static void test_odd_addresses(void **state)
{
	static const struct reduce_case cases[] = {
		{ "all kinds of nonsense",
		  LB "},'status':{'loadBalancer':{'ingress':[{'ip':'not-an-ip'},{'ip':'192.0.2.010'},{'ip':'192.0.2.300'},{'ip':17},{'ip':"
		     "'fe80::1%eth0'},{'ip':'192.0.2.1/32'},'x',null,{'ip':'192.0.2.9'}]}}}",
		  1, GIVES("'load-balancer','odd'") },
		{ "hosts only", LB "},'status':{'loadBalancer':{'ingress':[{'hostname':'x.example.org'},{},{'ip':''},{'ip':null}]}}}", 0, "d/web" },
		{ "ingress of a wrong type", LB ",'externalIPs':['192.0.2.1']},'status':{'loadBalancer':{'ingress':'192.0.2.9'}}}", 1,
		  "{'addresses':[{'address':'192.0.2.1','from':'external'}],'flags':['load-balancer','odd']}" },
		{ "external of a wrong type", LB ",'externalIPs':{}}," IP "}", 1, GIVES("'load-balancer','odd'") },
		{ "null everywhere",
		  "{" META ",'annotations':null,'labels':null,'finalizers':null},'spec':{'type':'LoadBalancer','externalIPs':null},"
		  "'status':null}",
		  0, "d/web" },
		{ "status of a wrong type", LB "},'status':[{'loadBalancer':1}]}", 0, "d/web" },
		{ "spec of a wrong type", "{" META "},'spec':'LoadBalancer'," IP "}", 0, "d/web" },
	};

	(void)state;
	check_reduce_cases(VG_KIND_SERVICE, cases);
}

static void test_nodes(void **state)
{
	static const struct reduce_case cases[] = {
		{ "all of it",
		  "{'metadata':{'name':'w1','labels':{'kubernetes.io/hostname':'w1.example','node.kubernetes.io/exclude-from-external-load-balancers'"
		  ":''},'annotations':{'alpha.kubernetes.io/provided-node-ip':'192.0.2.3','k3s.io/internal-ip':'192.0.2.3,2001:db8::3',"
		  "'rke2.io/internal-ip':'192.0.2.4'}},'status':{'addresses':[{'type':'InternalIP','address':'192.0.2.1'},{'type':'InternalIP',"
		  "'address':'2001:db8::1'},{'type':'ExternalIP','address':'198.51.100.1'},{'type':'Hostname','address':'w1'},{'type':'InternalIP',"
		  "'address':'192.0.2.1'}],'images':[{'names':['x']}]}}",
		  1,
		  "{'ExternalIP':['198.51.100.1'],'InternalIP':['192.0.2.1','2001:db8::1'],'flags':['excluded'],'hostname':'w1.example',"
		  "'provided-node-ip':['192.0.2.3','2001:db8::3','192.0.2.4']}" },
		{ "nothing", "{'metadata':{'name':'w1'}}", 1, "{}" },
		{ "odd",
		  "{'metadata':{'name':'w1','labels':[],'annotations':7},'status':{'addresses':[1,null,{'type':'InternalIP'},{'type':'InternalIP',"
		  "'address':'x'},{'type':'InternalIP','address':[]}]}}",
		  1, "{}" },
		{ "addresses of a wrong type", "{'metadata':{'name':'w1'},'status':{'addresses':{}}}", 1, "{}" },
	};

	(void)state;
	check_reduce_cases(VG_KIND_NODE, cases);
}

static void test_leases(void **state)
{
	static const struct reduce_case cases[] = {
		{ "all of it",
		  "{" META "},'spec':{'holderIdentity':'cp1','acquireTime':'2026-11-20T09:59:59.782696Z','renewTime':'2026-11-22T09:59:59.338125Z',"
		  "'leaseDurationSeconds':5,'leaseTransitions':6}}",
		  1,
		  "{'acquireTime':'2026-11-20T09:59:59.782696Z','flags':['transitions-known'],'holderIdentity':'cp1','leaseDurationSeconds':5,"
		  "'leaseTransitions':6,'renewTime':'2026-11-22T09:59:59.338125Z'}" },
		{ "released", "{" META "},'spec':{'holderIdentity':'','leaseTransitions':0}}", 1, "{'flags':['transitions-known']}" },
		{ "no spec", "{" META "},'spec':null}", 1, "{}" },
		{ "odd",
		  "{" META "},'spec':{'holderIdentity':['cp1'],'acquireTime':'yesterday','renewTime':5,'leaseDurationSeconds':'fifteen',"
		  "'leaseTransitions':-1}}",
		  1, "{}" },
		{ "beyond int32", "{" META "},'spec':{'leaseDurationSeconds':2147483648,'leaseTransitions':2147483647}}", 1,
		  "{'flags':['transitions-known'],'leaseTransitions':2147483647}" },
		{ "kubelets'", "{'metadata':{'namespace':'kube-node-lease','name':'cp1'},'spec':{'holderIdentity':'cp1'}}", 0,
		  "kube-node-lease/cp1" },
	};

	(void)state;
	check_reduce_cases(VG_KIND_LEASE, cases);
}

/* What is cut out of the text does not decide anything, and is cut out of the right places only. */
static void test_cutting(void **state)
{
	static const struct reduce_case cases[] = {
		{ "white space and brackets in strings",
		  "{ 'metadata' : { 'managedFields' : [ {'a':'}]\\\"'} ] , 'namespace' : 'd' , 'name':'web' } , 'spec':{'type':'LoadBalancer'} ," IP
		  "}",
		  1, GIVES("'load-balancer'") },
		{ "first, middle and last",
		  "{'metadata':{'managedFields':[{'f':{}}],'name':'web','generateName':'w','namespace':'d','selfLink':'x'},'spec':{'ports':[],"
		  "'type':'LoadBalancer','selector':{}}," IP "}",
		  1, GIVES("'load-balancer'") },
		{ "labels of such names stay",
		  "{" META ",'labels':{'ports':'1','managedFields':'2','selector':'3'}},'spec':{'type':'LoadBalancer'}," IP "}", 1,
		  "{" HAS ",'flags':['load-balancer'],'labels':{'managedFields':'2','ports':'1','selector':'3'}}" },
		{ "an unbalanced rest is still refused", "{'metadata':{'managedFields':[}]},'spec':{}}", -EINVAL,
		  "no JSON that can be read: unexpected token" },
		{ "something behind", "{" META "}}x", -EINVAL, "no JSON that can be read: end of file expected" },
	};
	static const char nul[] = "{\"a\":\"\\u0000\",\"b\":\"c\"}";
	struct vg_error error;
	json_t *json;

	(void)state;
	check_reduce_cases(VG_KIND_SERVICE, cases);
	assert_null(vg_reduce_parse("", 0, &error));
	assert_null(vg_reduce_parse("{\"a\":\"\0\"}", 9, &error));
	/* anybody may write that into an annotation */
	json = vg_reduce_parse(nul, strlen(nul), &error);
	assert_string_equal(json_string_value(json_object_get(json, "b")), "c");
	json_decref(json);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_heads),	      cmocka_unit_test(test_long_names),    cmocka_unit_test(test_what_carries),
		cmocka_unit_test(test_service_marks), cmocka_unit_test(test_odd_addresses), cmocka_unit_test(test_uid),
		cmocka_unit_test(test_nodes),	      cmocka_unit_test(test_leases),	    cmocka_unit_test(test_cutting),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
