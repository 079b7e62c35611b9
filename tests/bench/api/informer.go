// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"context"
	"encoding/json"
	"os"
	"runtime/debug"
	"strings"
	"time"

	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/tools/clientcmd"
)

const informerAgent = "bench-informer"

// line is what both clients write on standard output; vipguard's have more keys.
type line struct {
	Event   string `json:"event"`
	Name    string `json:"name,omitempty"`
	Address string `json:"address,omitempty"`
	At      int64  `json:"at,omitempty"` // CLOCK_MONOTONIC, nanoseconds
}

// runInformer is a client as nearly all are written: a shared informer of typed, whole objects, with client-go's own choice of
// how to list and in what encoding. It says when its handler hears of the Services that the latency is measured with.
func runInformer(kubeconfig string) error {
	config, err := clientcmd.BuildConfigFromFlags("", kubeconfig)
	if err != nil {
		return err
	}
	config.UserAgent = informerAgent
	clientset, err := kubernetes.NewForConfig(config)
	if err != nil {
		return err
	}
	factory := informers.NewSharedInformerFactoryWithOptions(clientset, 0, informers.WithTweakListOptions(func(options *metav1.ListOptions) {
		options.FieldSelector = "spec.type=LoadBalancer"
	}))
	informer := factory.Core().V1().Services().Informer()
	out := json.NewEncoder(os.Stdout)
	_, err = informer.AddEventHandler(cache.ResourceEventHandlerFuncs{
		UpdateFunc: func(_, object any) {
			if service := object.(*v1.Service); strings.HasPrefix(service.Name, probePrefix) {
				at := now()
				out.Encode(line{Event: "handled", Name: service.Name, Address: addressOf(service), At: at})
			}
		},
	})
	if err != nil {
		return err
	}
	factory.Start(context.Background().Done())
	// WaitForCacheSync would look every 100 ms only
	for !informer.HasSynced() {
		time.Sleep(time.Millisecond)
	}
	out.Encode(line{Event: "ready"})
	for orders := bufio.NewScanner(os.Stdin); orders.Scan(); {
		debug.FreeOSMemory() // collects garbage first
		out.Encode(line{Event: "tidied"})
	}
	return nil
}

func addressOf(service *v1.Service) string {
	if ingress := service.Status.LoadBalancer.Ingress; len(ingress) > 0 {
		return ingress[0].IP
	}
	return ""
}
